package e2e

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/stage"
)

const (
	// bankReader may read namespace bank only (docs/rbac/role.yaml); nobody may do nothing at all.
	bankReader = "bank-reader"
	nobody     = "nobody"
)

// cluster is what the tests share.
var cluster *stage.Stage

func TestMain(m *testing.M) {
	os.Exit(stage.Main(m, stage.Options{
		Tokens: []controlplane.Token{{User: bankReader, Token: "bank-reader-token"}, {User: nobody, Token: "nobody-token"}},
		Nodes:  true,
	}, furnish))
}

// furnish applies the example, the documented roles and this package's own objects, and waits until their pods run.
func furnish(ctx context.Context, s *stage.Stage) error {
	cluster = s
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
		if _, err := cluster.Admin.Must(ctx, args...); err != nil {
			return err
		}
	}
	for _, workload := range []string{"rs/replicaset", "sts/statefulset", "job/job", "job/cronjob-1", "rc/replicationcontroller"} {
		path := "{.status.readyReplicas}"
		if strings.HasPrefix(workload, "job/") {
			path = "{.status.ready}"
		}
		if _, err := cluster.Admin.Must(ctx, "wait", "-n", "kinds", workload, "--for=jsonpath="+path, "--timeout=120s"); err != nil {
			return err
		}
	}
	return nil
}
