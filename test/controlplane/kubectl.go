package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Kubectl runs the real kubectl as a user would, cut off from the caller's own home and kubeconfig.
type Kubectl struct {
	path string
	env  []string
}

// Result is what a kubectl command left behind.
type Result struct {
	Stdout   string
	Stderr   string
	ExitCode int
}

// Kubectl returns a runner with the environment that Environment describes.
func (cp *ControlPlane) Kubectl(kubeconfig string, pathDirs ...string) *Kubectl {
	return &Kubectl{path: cp.binaries.Kubectl, env: cp.Environment(kubeconfig, pathDirs...)}
}

// Environment is what programs that talk to this control plane get instead of the caller's environment: the kubeconfig
// file, an empty home directory, and a PATH on which the given directories come first, then the real kubectl, so that
// kubectl finds the plugins in these directories. An empty kubeconfig means that KUBECONFIG is not set.
func (cp *ControlPlane) Environment(kubeconfig string, pathDirs ...string) []string {
	path := append(append([]string{}, pathDirs...), filepath.Dir(cp.binaries.Kubectl), os.Getenv("PATH"))
	env := []string{
		"PATH=" + strings.Join(path, string(filepath.ListSeparator)),
		"HOME=" + cp.home,
	}
	if kubeconfig != "" {
		env = append(env, "KUBECONFIG="+kubeconfig)
	}
	return env
}

// WithEnv returns a runner with more environment variables, each in the form NAME=value.
func (k *Kubectl) WithEnv(variables ...string) *Kubectl {
	more := *k
	more.env = append(append([]string{}, k.env...), variables...)
	return &more
}

// Run runs kubectl with the given arguments. A non-zero exit status is a Result; the error says that kubectl could not
// be run or was cut short.
func (k *Kubectl) Run(ctx context.Context, args ...string) (Result, error) {
	return k.RunWithInput(ctx, "", args...)
}

// RunWithInput is Run with something on stdin, for `-f -`.
func (k *Kubectl) RunWithInput(ctx context.Context, input string, args ...string) (Result, error) {
	var stdout, stderr strings.Builder
	cmd := exec.CommandContext(ctx, k.path, args...)
	cmd.Env = k.env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	err := cmd.Run()
	result := Result{Stdout: stdout.String(), Stderr: stderr.String(), ExitCode: cmd.ProcessState.ExitCode()}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		err = nil
	}
	if err != nil {
		return result, fmt.Errorf("run kubectl %s: %w", strings.Join(args, " "), err)
	}
	return result, nil
}

// Must runs kubectl with the given arguments and returns its stdout; a non-zero exit status is an error that carries
// what kubectl said.
func (k *Kubectl) Must(ctx context.Context, args ...string) (string, error) {
	result, err := k.Run(ctx, args...)
	if err == nil && result.ExitCode != 0 {
		err = fmt.Errorf("kubectl %s: exit status %d: %s", strings.Join(args, " "), result.ExitCode, strings.TrimSpace(result.Stderr))
	}
	return result.Stdout, err
}
