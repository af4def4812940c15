// Package release tests what a release consists of, as a user gets it: an archive, installed by krew.
package release

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/test/controlplane"
)

const repository = "../.."

// version is what is built here; the index in plugins/ may offer another.
const version = "v9.8.7"

// archive is the file that a release has for this platform.
const archive = "kubectl-netguard_" + version + "_" + runtime.GOOS + "_" + runtime.GOARCH + ".tar.gz"

// run runs a program to success and returns what it printed.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	out, code := status(t, dir, env, name, args...)
	if code != 0 {
		t.Fatalf("%s %s: exit status %d\n%s", name, strings.Join(args, " "), code, out)
	}
	return out
}

// status runs a program and returns what it printed and its exit status.
func status(t *testing.T, dir string, env []string, name string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// build makes this platform's part of a release from the sources in a directory, and returns where it is.
func build(t *testing.T, sources string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the control plane's kubectl is not built on Windows")
	}
	dir := t.TempDir()
	run(t, sources, os.Environ(), "go", "run", "./cmd/release", "-version", version, "-dir", dir,
		"-platforms", runtime.GOOS+"/"+runtime.GOARCH)
	return dir
}

// Two builds, of sources in two places, are the same to the last byte.
func TestReleaseIsReproducible(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "some where")
	for _, name := range []string{"cmd", "pkg"} {
		if err := os.CopyFS(filepath.Join(elsewhere, name), os.DirFS(filepath.Join(repository, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum", "LICENSE"} {
		data, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(elsewhere, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	first, err := os.ReadFile(filepath.Join(build(t, repository), "checksums.txt"))
	if err != nil {
		t.Fatal(err)
	}
	// What somebody's environment says does not show in the result.
	for name, value := range map[string]string{"GOFLAGS": "-ldflags=-w", "GOAMD64": "v3", "CGO_ENABLED": "1", "TZ": "Asia/Tokyo", "USER": "somebody"} {
		t.Setenv(name, value)
	}
	second, err := os.ReadFile(filepath.Join(build(t, elsewhere), "checksums.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("two builds differ:\n%s\n%s", first, second)
	}
}

// TestInstallWithKrew takes the way of a new user: install with krew, link the completion as the caveats say, and ask.
func TestInstallWithKrew(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("krew needs git")
	}
	binaries, err := controlplane.Build(t.Context(), "", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	tools := t.TempDir()
	run(t, "../krew", os.Environ(), "go", "build", "-o", tools+string(filepath.Separator), "tool")
	if err := os.Rename(filepath.Join(tools, "krew"), filepath.Join(tools, "kubectl-krew")); err != nil {
		t.Fatal(err)
	}
	dist := build(t, repository)
	sums, err := os.ReadFile(filepath.Join(dist, "checksums.txt"))
	if err != nil {
		t.Fatal(err)
	}
	sum, _, found := strings.Cut(string(sums), "  "+archive+"\n")
	if !found {
		t.Fatalf("no checksum of %s in:\n%s", archive, sums)
	}

	// The manifest that is checked in, with this archive in place of the one published.
	data, err := os.ReadFile(filepath.Join(repository, "plugins", "netguard.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	published := regexp.MustCompile(`(?m)^  version: (.*)$`).FindStringSubmatch(string(data))
	if published == nil {
		t.Fatal("the index has no version")
	}
	text := strings.ReplaceAll(string(data), published[1], version)
	before, after, found := strings.Cut(text, archive+"\n    sha256: ")
	if !found {
		t.Fatalf("%s is not in the index", archive)
	}
	text = before + archive + "\n    sha256: " + sum[strings.LastIndex(sum, "\n")+1:] + after[64:]
	manifest := filepath.Join(t.TempDir(), "netguard.yaml")
	if err := os.WriteFile(manifest, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, "", os.Environ(), filepath.Join(tools, "validate-krew-manifest"), "-manifest", manifest, "-skip-install")

	home := t.TempDir()
	krewRoot := filepath.Join(home, ".krew")
	env := []string{
		"HOME=" + home,
		"PATH=" + strings.Join([]string{filepath.Join(krewRoot, "bin"), tools, filepath.Dir(binaries.Kubectl), os.Getenv("PATH")}, ":"),
	}
	kubectl := func(args ...string) (string, int) { return status(t, repository, env, binaries.Kubectl, args...) }
	out := run(t, "", env, binaries.Kubectl, "krew", "install", "--manifest", manifest, "--archive", filepath.Join(dist, archive))
	if !strings.Contains(out, "Installed plugin: netguard") {
		t.Errorf("krew says:\n%s", out)
	}

	if out, code := kubectl("netguard", "version"); code != 0 || !strings.Contains(out, version) {
		t.Errorf("version: exit status %d\n%s", code, out)
	}
	question := []string{"deploy/frontend", "svc/bankapp-service", "-n", "bank", "-f", "examples/bankapp"}
	if out, code := kubectl(append([]string{"netguard", "can-reach"}, question...)...); code != 1 || !strings.Contains(out, "no") {
		t.Errorf("can-reach: exit status %d\n%s", code, out)
	}
	if out, code := kubectl(append([]string{"netguard", "explain"}, question...)...); code != 0 || !strings.Contains(out, "8080") {
		t.Errorf("explain: exit status %d\n%s", code, out)
	}

	// The line in the caveats, as krew has just shown it, makes completion work.
	link := regexp.MustCompile(`ln -sf.*kubectl_complete-netguard"`).FindString(out)
	if link == "" {
		t.Fatalf("krew shows no line that links the completion:\n%s", out)
	}
	run(t, "", env, "sh", "-c", link)
	if out, _ := kubectl("__complete", "netguard", "exp"); !strings.Contains(out, "explain") {
		t.Errorf("completion: %s", out)
	}
}
