package plan_test

import (
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/internal/recorded"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// What was read for a question and recorded answers it as before, what could not
// be read included.
func TestWhatWasReadCanBeRecorded(t *testing.T) {
	all := cluster(t)
	refusals := map[string]func(snapshot.Need) bool{
		"nothing":          nil,
		"other namespaces": func(n snapshot.Need) bool { return n.Namespace != "bank" },
		"policies":         func(n snapshot.Need) bool { return n.Resource == snapshot.NetworkPolicies },
		"pods":             func(n snapshot.Need) bool { return n.Resource == snapshot.Pods },
		"nodes":            func(n snapshot.Need) bool { return n.Resource == snapshot.Nodes || n.Resource == snapshot.DaemonSets },
		"policy kinds":     func(n snapshot.Need) bool { return n.Resource == snapshot.PolicyKinds },
	}
	for name, forbidden := range refusals {
		for _, q := range [][2]string{
			{"deploy/frontend", "svc/bankapp-service"}, {"", "svc/bankapp-service"}, {"frontend-1", ""}, {"", ""}, {"internet", "svc/edge"},
			{"ds/agent", "sts/db"}, {"cj/report", "svc/headless"}, {"app=frontend", "10.244.1.2"}, {"other/deploy/client", "svc/alias"},
			{"no/node-a", "finished"}, {"10.0.0.0/8", "ns/bank"}, {"missing-pod", "svc/missing"},
		} {
			source, target := ref(t, q[0]), ref(t, q[1])
			server := &server{t: t, all: all, forbidden: forbidden}
			s := server.load(plan.Question{Source: source, Target: target, Home: "bank"})
			if got, want := answer(t, recorded.Again(t, s), source, target), answer(t, s, source, target); got != want {
				t.Errorf("without %s, %s → %s, recorded:\n%s\nbefore:\n%s", name, q[0], q[1], got, want)
			}
		}
	}
}
