package dataplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"golang.org/x/sys/unix"
)

const (
	// asked is set where these tests are wanted: they take root and minutes.
	asked = "NETGUARD_DATAPLANE"
	// inside is set in the process that runs in namespaces of its own; it says where the programs are.
	inside = "NETGUARD_DATAPLANE_PROGRAMS"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv(asked) == "" {
		fmt.Printf("SKIPPED: packets are tried with %s=1 only\n", asked)
		return 0
	}
	if os.Getenv(inside) != "" {
		if err := furnishSandbox(); err != nil {
			fmt.Fprintln(os.Stderr, "furnish the namespaces:", err)
			return 1
		}
		return m.Run()
	}
	if why := notPermitted(); why != nil {
		fmt.Println("SKIPPED: this machine does not permit a data plane of namespaces:", why)
		return 0
	}
	programs, err := build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return enterSandbox(programs)
}

// sandbox is what a process has to itself.
func sandbox(c *exec.Cmd) *exec.Cmd {
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	return c
}

// notPermitted says what of all that the tests need cannot be had here, with the error of whoever said so.
func notPermitted() error {
	if os.Geteuid() != 0 {
		return errors.New("not root")
	}
	for _, program := range []string{"ip", "iptables", "iptables-restore", "ipset", "conntrack"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%w (Debian: apt-get install iproute2 iptables ipset conntrack)", err)
		}
	}
	script := strings.Join([]string{
		"ip link add veth-x type veth peer name veth-y",
		"iptables -t nat -A POSTROUTING -j MASQUERADE",
		"iptables -A FORWARD -m comment --comment x -m conntrack --ctstate NEW -j REJECT",
		"iptables -t nat -A OUTPUT -m statistic --mode random --probability 0.5 -j RETURN",
		"ipset create s hash:ip",
		"iptables -A FORWARD -m set --match-set s src -j ACCEPT",
	}, "\n")
	if out, err := sandbox(exec.Command("sh", "-exc", script)).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// build builds what runs in the namespaces while there is still a network to fetch modules from.
func build() (string, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if _, err := controlplane.Build(ctx, "", os.Stderr); err != nil {
		return "", err
	}
	dir, err := filepath.Abs("../.cache/bin")
	if err != nil {
		return "", err
	}
	for _, step := range []struct{ in, pkg string }{
		{".", "k8s.io/kubernetes/cmd/kube-proxy"},
		{".", "k8s.io/kubernetes/test/images/agnhost"},
		{"kuberouter", "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"},
		{"../..", "github.com/kubectl-netguard/netguard/cmd/kubectl-netguard"},
	} {
		c := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2", "-o", dir+"/", step.pkg)
		c.Dir = step.in
		if out, err := c.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", step.pkg, err, out)
		}
	}
	return dir, nil
}

// enterSandbox runs these tests again, as the first process of namespaces that end with it.
func enterSandbox(programs string) int {
	c := sandbox(exec.Command("/proc/self/exe", os.Args[1:]...))
	// Files, too, are where they end with the run.
	c.Env = append(os.Environ(), inside+"="+programs, "TMPDIR="+temporary)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if err := c.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "enter namespaces:", err)
		return 1
	}
	go func() {
		<-signals
		// The kernel ends every process of the namespaces with their first.
		_ = c.Process.Kill()
	}()
	err := c.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	default:
		fmt.Fprintln(os.Stderr, "the tests ended:", err)
		return 1
	}
}

// furnishSandbox gives the new namespaces their own /proc, /run and loopback; nothing that is mounted here is seen outside.
func furnishSandbox() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.Mount("run", "/run", "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	if err := os.Mkdir(temporary, 0o700); err != nil {
		return fmt.Errorf("make directory for temporary files: %w", err)
	}
	return ip("link", "set", "lo", "up")
}

// temporary is on the file system that the run has for itself.
const temporary = "/run/tmp"
