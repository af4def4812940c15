package plan_test

import (
	"bytes"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/internal/recorded"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
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

// A state that was recorded for one question does not know what another needs:
// that stays unknown, and is nothing that does not exist.
func TestAnotherQuestionOfARecordedStateIsOpen(t *testing.T) {
	source, target := ref(t, "deploy/frontend"), ref(t, "svc/bankapp-service")
	server := &server{t: t, all: cluster(t)}
	asked := plan.Question{Source: source, Target: target, Home: "bank"}
	state := recorded.Text(t, server.load(asked))
	load := func(q plan.Question) *snapshot.Snapshot {
		m, err := files.New(files.Options{Filenames: []string{"-"}, Namespace: "bank", In: bytes.NewReader(state)})
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.Load(t.Context(), func(s *snapshot.Snapshot) []snapshot.Need { return plan.Next(q, s) })
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if gaps := load(asked).Gaps(); len(gaps) > 0 {
		t.Errorf("the same question: %v", gaps)
	}
	r, err := query.WhoCanReach(model.New(load(plan.Question{Target: target, Home: "bank"})), *target, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Gaps) == 0 {
		t.Error("who-can-reach is complete, although not all pods were recorded")
	}
	missing := ref(t, "sts/db")
	_, err = query.ReachableFrom(model.New(load(plan.Question{Source: missing, Home: "bank"})), *missing, query.Options{})
	if err != nil {
		t.Errorf("sts/db was not recorded, which does not say that it is not there: %v", err)
	}
}

// What was read for a question about a door answers it as before, recorded.
func TestWhatWasReadForADoorCanBeRecorded(t *testing.T) {
	all := read(t, "testdata/doors.yaml")
	for _, r := range append(refusals(), refusal{"nothing", nil}) {
		for _, ing := range all.Ingresses() {
			door := shop(t, "ingress/"+ing.Name.Name)
			for _, q := range []plan.Question{{Target: door, Brief: true}, {Source: shop(t, "internet"), Target: door}, {Source: door, Target: shop(t, "svc/web")}} {
				q.Home = "shop"
				server := &server{t: t, all: all, forbidden: r.forbidden}
				s := server.load(q)
				if got, want := doorAnswer(t, recorded.Again(t, s), q), doorAnswer(t, s, q); got != want {
					t.Fatalf("%s without %s, recorded:\n%s", door, r.name, firstDifference(got, want))
				}
			}
		}
	}
}
