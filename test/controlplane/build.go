package controlplane

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	modulePath = "github.com/kubectl-netguard/netguard/test"

	etcdPackage              = "go.etcd.io/etcd/server/v3"
	apiServerPackage         = "k8s.io/kubernetes/cmd/kube-apiserver"
	controllerManagerPackage = "k8s.io/kubernetes/cmd/kube-controller-manager"
	kubectlPackage           = "k8s.io/kubernetes/cmd/kubectl"
)

// Binaries is where the programs of a control plane are.
type Binaries struct {
	Etcd              string
	APIServer         string
	ControllerManager string
	Kubectl           string
}

// Build compiles the programs of the control plane into dir and says where they are; an empty dir means .cache/bin of
// this module. It needs to run from within this module, as tests and `go run` do.
//
// It always asks `go build`, which rebuilds exactly what the versions in go.mod call for: minutes the first time, a
// second or two after that. Compiler flags are left at their defaults, so that the packages compiled for the plugin and
// for the tests are compiled once. Progress goes to log.
func Build(ctx context.Context, dir string, log io.Writer) (Binaries, error) {
	module, err := moduleDir(ctx)
	if err != nil {
		return Binaries{}, err
	}
	if dir == "" {
		dir = filepath.Join(module, ".cache", "bin")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return Binaries{}, fmt.Errorf("find directory %q: %w", dir, err)
	}
	unlock, err := lock(dir)
	if err != nil {
		return Binaries{}, err
	}
	defer unlock()

	version, err := goTool(ctx, module, nil, "list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes")
	if err != nil {
		return Binaries{}, err
	}
	b := Binaries{
		Etcd:              filepath.Join(dir, "etcd"),
		APIServer:         filepath.Join(dir, "kube-apiserver"),
		ControllerManager: filepath.Join(dir, "kube-controller-manager"),
		Kubectl:           filepath.Join(dir, "kubectl"),
	}
	if _, err := os.Stat(b.APIServer); err != nil {
		fmt.Fprintf(log, "Building etcd, kube-apiserver, kube-controller-manager and kubectl %s into %s: some minutes, this once.\n", version, dir)
	}
	flags := ldflags(version)
	if _, err := goTool(ctx, module, log, "build", "-ldflags", flags, "-o", b.Etcd, etcdPackage); err != nil {
		return Binaries{}, err
	}
	// One invocation for the three of them: most of a warm `go build` is loading packages, and they share nearly all.
	if _, err := goTool(ctx, module, log, "build", "-ldflags", flags, "-o", dir+string(filepath.Separator),
		apiServerPackage, controllerManagerPackage, kubectlPackage); err != nil {
		return Binaries{}, err
	}
	return b, nil
}

// ldflags leaves out the symbol tables, which nothing here reads, and stamps the version as the Kubernetes release
// build does, since `kubectl version` and the API server's /version would otherwise say v0.0.0-master.
func ldflags(version string) string {
	major, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	flags := []string{"-s", "-w"}
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, stamp := range []string{"gitVersion=" + version, "gitMajor=" + major, "gitMinor=" + minor} {
			flags = append(flags, "-X", pkg+"."+stamp)
		}
	}
	return strings.Join(flags, " ")
}

// moduleDir finds the module that this package belongs to from the working directory, which works for tests, for `go
// run` and with -trimpath alike.
func moduleDir(ctx context.Context) (string, error) {
	out, err := goTool(ctx, "", nil, "list", "-m", "-f", "{{.Dir}}", modulePath)
	if err != nil || out == "" {
		return "", fmt.Errorf("find module %s: run this from within it: %w", modulePath, err)
	}
	return out, nil
}

// goTool runs the go command in dir and returns what it printed. What it says on stderr goes to progress as it comes
// and into the error.
func goTool(ctx context.Context, dir string, progress io.Writer, args ...string) (string, error) {
	var stdout, stderr strings.Builder
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	if progress != nil {
		cmd.Stderr = io.MultiWriter(&stderr, progress)
	}
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(stdout.String()), nil
}

// lock makes dir and keeps other processes from building into it until the returned function is called: `go test`
// runs the tests of several packages at once, and a program that is being written cannot be started.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make directory for the control plane's programs: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return func() { _ = f.Close() }, nil // closing the file gives up the lock
}
