package hostile

import (
	"context"
	"os"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"

	"github.com/kubectl-netguard/netguard/test/stage"
)

// Exit statuses, as every --help promises.
const (
	yes       = 0
	no        = 1
	failed    = 2
	undecided = 3
)

// cluster is what the tests share. Nothing in it changes, unless a test that runs alone changes it back.
var cluster *stage.Stage

func TestMain(m *testing.M) {
	klog.SetLogger(logr.Discard()) // as main does
	os.Exit(stage.Main(m, stage.Options{Nodes: true}, furnish))
}

// furnish applies the example, a Gateway, and policy kinds without objects, and waits until all is in place.
func furnish(ctx context.Context, s *stage.Stage) error {
	cluster = s
	for _, args := range [][]string{
		{"apply", "-f", "../frontdoor/testdata/gateway-crds.yaml", "-f", "../e2e/testdata/crds.yaml"},
		{"wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"},
		{"apply", "-f", "../../examples/bankapp", "-f", "testdata/gateway.yaml"},
		{"wait", "--for=condition=Available", "deployments", "--all", "-A", "--timeout=120s"},
		{"wait", "--for=condition=Ready", "pods", "--all", "-A", "--timeout=120s"},
		{"wait", "-n", "ingress-nginx", "svc/ingress-nginx-controller", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}", "--timeout=60s"},
		{"wait", "-n", "infra", "svc/edge-nginx", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}", "--timeout=60s"},
	} {
		if _, err := cluster.Admin.Must(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// background outlives a test, for what is done after it.
func background() context.Context { return context.Background() }
