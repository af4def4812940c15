package e2e

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
	"github.com/kubectl-netguard/netguard/test/kubelet"
)

const (
	// bankReader may read namespace bank only (docs/rbac/role.yaml); nobody may do nothing at all.
	bankReader = "bank-reader"
	nobody     = "nobody"
)

// cluster is what the tests share.
var cluster struct {
	*controlplane.ControlPlane
	pluginDir string
	admin     *controlplane.Kubectl
}

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	status, err := runTests(ctx, m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		status = 1
	}
	os.Exit(status)
}

func runTests(ctx context.Context, m *testing.M) (_ int, err error) {
	dir, err := os.MkdirTemp("", "netguard-plugin-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := buildPlugin(ctx, dir); err != nil {
		return 0, err
	}
	cp, err := controlplane.Start(ctx, controlplane.Options{
		Tokens: []controlplane.Token{{User: bankReader, Token: "bank-reader-token"}, {User: nobody, Token: "nobody-token"}},
		Log:    os.Stderr,
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, cp.Stop()) }()
	nodes, err := kubelet.Start(ctx, cp.AdminConfig(), kubelet.Options{AssignLoadBalancers: true, Log: os.Stderr})
	if err != nil {
		return 0, err
	}
	defer nodes.Stop()
	kubeconfig, err := cp.Kubeconfig(controlplane.AdminUser)
	if err != nil {
		return 0, err
	}
	cluster.ControlPlane, cluster.pluginDir, cluster.admin = cp, dir, cp.Kubectl(kubeconfig, dir)
	if err := furnish(ctx); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// buildPlugin builds the plugin as it is now: whatever stands in bin/ may be older than the code.
func buildPlugin(ctx context.Context, dir string) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, "kubectl-netguard"), "./cmd/kubectl-netguard")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the plugin: %w\n%s", err, out)
	}
	return nil
}

// furnish applies the example, the documented roles and this package's own objects, and waits until their pods run.
func furnish(ctx context.Context) error {
	steps := [][]string{
		{"apply", "-f", "../../examples/bankapp"},
		{"apply", "-f", "../../docs/rbac/clusterrole.yaml"},
		{"apply", "-n", "bank", "-f", "../../docs/rbac/role.yaml"},
		{"apply", "-f", "testdata/users.yaml"},
		{"apply", "-f", "testdata/kinds.yaml", "-f", "testdata/services.yaml", "-f", "testdata/hosts.yaml"},
		{"create", "job", "-n", "kinds", "cronjob-1", "--from=cronjob/cronjob"},
		{"wait", "--for=condition=Available", "deployments", "--all", "-A", "--timeout=120s"},
		{"rollout", "status", "-n", "hosts", "daemonset/agent", "--timeout=120s"},
		{"rollout", "status", "-n", "kinds", "daemonset/daemonset", "--timeout=120s"},
		{"wait", "--for=condition=Ready", "pods", "--all", "-A", "--timeout=120s"},
	}
	for _, args := range steps {
		if _, err := cluster.admin.Must(ctx, args...); err != nil {
			return err
		}
	}
	for _, workload := range []string{"rs/replicaset", "sts/statefulset", "job/job", "job/cronjob-1", "rc/replicationcontroller"} {
		path := "{.status.readyReplicas}"
		if strings.HasPrefix(workload, "job/") {
			path = "{.status.ready}"
		}
		if _, err := cluster.admin.Must(ctx, "wait", "-n", "kinds", workload, "--for=jsonpath="+path, "--timeout=120s"); err != nil {
			return err
		}
	}
	return nil
}
