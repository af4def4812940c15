// Package stage sets up what tests of the plugin share: a control plane, the
// plugin as it is now, and kubectl that finds it.
package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/kubelet"
)

// Repository is the root of the repository, from a package of this module.
const Repository = "../.."

// Stage is a control plane with the plugin beside kubectl.
type Stage struct {
	*controlplane.ControlPlane
	// PluginDir holds the plugin, and its completion by the name under which
	// kubectl looks for it.
	PluginDir string
	// Admin is kubectl with the rights to everything, AdminKubeconfig what it uses.
	Admin           *controlplane.Kubectl
	AdminKubeconfig string
}

// Options of a stage.
type Options struct {
	// Tokens are further users.
	Tokens []controlplane.Token
	// Nodes run pods and give load balancers their addresses.
	Nodes bool
}

// Main runs the tests of a package on a stage, which furnish fills before, and
// returns the status with which the test process is to exit.
func Main(m *testing.M, o Options, furnish func(context.Context, *Stage) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	status, err := run(ctx, m, o, furnish)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

func run(ctx context.Context, m *testing.M, o Options, furnish func(context.Context, *Stage) error) (_ int, err error) {
	dir, err := os.MkdirTemp("", "netguard-plugin-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := build(ctx, dir); err != nil {
		return 0, err
	}
	cp, err := controlplane.Start(ctx, controlplane.Options{Tokens: o.Tokens, Log: os.Stderr})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, cp.Stop()) }()
	if o.Nodes {
		nodes, err := kubelet.Start(ctx, cp.AdminConfig(), kubelet.Options{AssignLoadBalancers: true, Log: os.Stderr})
		if err != nil {
			return 0, err
		}
		defer nodes.Stop()
	}
	s := &Stage{ControlPlane: cp, PluginDir: dir}
	if s.AdminKubeconfig, err = cp.Kubeconfig(controlplane.AdminUser); err != nil {
		return 0, err
	}
	s.Admin = cp.Kubectl(s.AdminKubeconfig, dir)
	if err := furnish(ctx, s); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// build builds the plugin: whatever stands in bin/ may be older than the code.
func build(ctx context.Context, dir string) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, "kubectl-netguard"), "./cmd/kubectl-netguard")
	c.Dir, c.Env = Repository, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build the plugin: %w\n%s", err, out)
	}
	return os.Symlink("kubectl-netguard", filepath.Join(dir, "kubectl_complete-netguard"))
}
