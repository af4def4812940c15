package hostile

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

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/kubelet"
)

// Exit statuses, as every --help promises.
const (
	yes       = 0
	no        = 1
	failed    = 2
	undecided = 3
)

// cluster is what the tests share. Nothing in it changes, unless a test that runs alone changes it back.
var cluster struct {
	*controlplane.ControlPlane
	pluginDir string
	admin     *controlplane.Kubectl
}

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	klog.SetLogger(logr.Discard()) // as main does
	status, err := runTests(ctx, m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
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
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, "kubectl-netguard"), "./cmd/kubectl-netguard")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the plugin: %w\n%s", err, out)
	}
	cp, err := controlplane.Start(ctx, controlplane.Options{Log: os.Stderr})
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

// furnish applies the example, a Gateway, and policy kinds without objects, and waits until all is in place.
func furnish(ctx context.Context) error {
	for _, args := range [][]string{
		{"apply", "-f", "../frontdoor/testdata/gateway-crds.yaml", "-f", "../e2e/testdata/crds.yaml"},
		{"wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"},
		{"apply", "-f", "../../examples/bankapp", "-f", "testdata/gateway.yaml"},
		{"wait", "--for=condition=Available", "deployments", "--all", "-A", "--timeout=120s"},
		{"wait", "--for=condition=Ready", "pods", "--all", "-A", "--timeout=120s"},
		{"wait", "-n", "ingress-nginx", "svc/ingress-nginx-controller", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}", "--timeout=60s"},
		{"wait", "-n", "infra", "svc/edge-nginx", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}", "--timeout=60s"},
	} {
		if _, err := cluster.admin.Must(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// background outlives a test, for what is done after it.
func background() context.Context { return context.Background() }
