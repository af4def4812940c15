package plan_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
)

// cluster is a dump of a cluster: Deployments with ReplicaSets and pods, a
// CronJob's Job, Services of every type, dual-stack addresses, policies.
func cluster(t *testing.T) *snapshot.Snapshot {
	t.Helper()
	text, err := os.ReadFile("testdata/cluster.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := files.New(files.Options{Filenames: []string{"-"}, Namespace: "bank", In: strings.NewReader(string(text))})
	if err != nil {
		t.Fatal(err)
	}
	snap, err := s.Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func ref(t *testing.T, text string) *reference.Reference {
	t.Helper()
	if text == "" {
		return nil
	}
	r, err := reference.Parse(text, "bank")
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

// answer is everything that is said to a question, as JSON.
func answer(t *testing.T, s *snapshot.Snapshot, source, target *reference.Reference) string {
	t.Helper()
	m := model.New(s)
	var out any
	var err error
	switch {
	case source != nil && target != nil:
		out, err = query.Explain(m, *source, *target, query.Options{})
	case target != nil:
		out, err = query.WhoCanReach(m, *target, query.Options{})
	case source != nil:
		out, err = query.ReachableFrom(m, *source, query.Options{})
	default:
		out = query.Map(m, query.Scope{Labels: selector.Everything()}, query.Options{})
	}
	if err != nil {
		return err.Error()
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What is read for a question is enough: the answer is the one that the whole
// cluster gives.
func TestThePlanReadsEnough(t *testing.T) {
	all := cluster(t)
	ends := []string{
		"frontend-1", "pod/frontend-2", "deploy/frontend", "rs/frontend-abc", "deploy/bankapp", "sts/db", "ds/agent", "cj/report", "job/report-1",
		"svc/bankapp-service", "svc/headless", "svc/manual", "svc/alias", "svc/outside", "svc/edge", "ns/bank", "ns/other", "no/node-a",
		"internet", "10.0.0.0/8", "10.244.1.2", "fd00:10:244:1::2", "10.96.0.10", "203.0.113.7", "10.0.0.11", "198.51.100.9",
		"app=frontend", "deploy/missing", "missing-pod", "svc/missing", "other/deploy/client", "finished",
	}
	for _, source := range append(ends, "") {
		for _, target := range append(ends, "") {
			s, d := ref(t, source), ref(t, target)
			if s == nil && d == nil && source != target {
				continue
			}
			server := &server{t: t, all: all}
			got := answer(t, server.load(plan.Question{Source: s, Target: d, Home: "bank"}), s, d)
			if want := answer(t, all, s, d); got != want {
				t.Errorf("%q → %q:\nfrom what the plan reads:\n%s\nfrom the whole cluster:\n%s", source, target, got, want)
			}
		}
	}
}

// A question between named ends costs what its ends cost, however big the
// cluster is: no list of all pods, Services or policies.
func TestQuestionsBetweenNamedEndsListNothingWhole(t *testing.T) {
	all := cluster(t)
	for _, target := range []string{"deploy/bankapp", "svc/bankapp-service", "bankapp-1", "10.244.1.2", "10.96.0.10:80", "internet"} {
		for _, source := range []string{"frontend-1", "deploy/frontend", "app=frontend", "other/deploy/client"} {
			server := &server{t: t, all: all}
			server.load(plan.Question{Source: ref(t, source), Target: ref(t, target), Home: "bank"})
			for _, n := range server.asked {
				switch n.Resource {
				case snapshot.Pods, snapshot.Services, snapshot.EndpointSlices, snapshot.NetworkPolicies:
					if n.Namespace == "" && n.Fields == "" {
						t.Errorf("%s → %s: the plan wants to %s", source, target, n.Permission())
					}
				case snapshot.Nodes:
					if n.Name == "" {
						t.Errorf("%s → %s: the plan lists nodes", source, target)
					}
				default:
				}
			}
		}
	}
}

// What may not be read in all namespaces is read in those that the question
// names, and nothing is asked for twice.
func TestForbiddenListsFallBack(t *testing.T) {
	all := cluster(t)
	server := &server{t: t, all: all, forbidden: func(n snapshot.Need) bool { return n.Namespace != "bank" }}
	s := server.load(plan.Question{Target: ref(t, "svc/bankapp-service"), Home: "bank"})
	if len(s.PodsIn("bank")) == 0 || len(s.PodsIn("other")) != 0 {
		t.Errorf("read %d pods of bank and %d of other", len(s.PodsIn("bank")), len(s.PodsIn("other")))
	}
	if s.GapFor(snapshot.Need{Resource: snapshot.Pods, Namespace: "other"}) == nil {
		t.Error("no gap tells that the pods of other could not be read")
	}
	if !s.Has(snapshot.Need{Resource: snapshot.NetworkPolicies, Namespace: "bank"}) {
		t.Error("the policies of bank were not read")
	}
}
