package plan_test

import (
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// What may not be read leaves a verdict open, and makes none that the whole cluster
// does not give: neither on a door nor on a connection through one or from one.
func TestRefusedListsMakeNoVerdictsOnDoors(t *testing.T) {
	certain := map[string]int{}
	// A controller among pods that were not read, a load balancer that was not, one that
	// the status names, and who serves Ingresses without a class.
	seeds := []int64{97, 112, 197, 245}
	for seed := range drawn(12) {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		all := announcingTheirOwn(t, doorWorld(seed))
		for _, r := range refusals() {
			for _, door := range worldDoors() {
				for _, ends := range [][2]string{{"", door}, {"pod/pod0", door}, {"internet", door}, {door, "svc/svc"}} {
					q := plan.Question{Source: ref(t, ends[0]), Target: ref(t, ends[1]), Home: "bank"}
					server := &server{t: t, all: all, forbidden: r.forbidden}
					got, truth := doorVerdicts(t, model.New(server.load(q)), q), doorVerdicts(t, model.New(all), q)
					for i, v := range got {
						switch {
						case v == report.Unknown:
						case i >= len(truth) || v != truth[i]:
							t.Errorf("seed %d, %q → %q without %s: %v, in truth %v", seed, ends[0], ends[1], r.name, got, truth)
						default:
							certain[r.name]++
						}
					}
				}
			}
		}
	}
	t.Logf("verdicts that what was refused does not matter for: %v", certain)
}

// announcingTheirOwn are doors that announce no address of the cluster where what
// serves them is outside: status and class then never tell different stories.
func announcingTheirOwn(t *testing.T, all *snapshot.Snapshot) *snapshot.Snapshot {
	t.Helper()
	b, m := snapshot.NewBuilder(all), model.New(all)
	for _, ing := range all.Ingresses() {
		doors, err := frontdoor.Open(m, reference.Reference{Kind: reference.Ingress, Namespace: ing.Namespace, Name: ing.Name.Name}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if parties := doors[0].DataPlane.Parties; len(parties) > 0 && parties[0].Pod == nil {
			own := *ing
			own.Addresses = []string{"lb.outside.example"}
			b.Add(&own)
		}
	}
	return b.Snapshot()
}

// doorVerdicts is the verdict on each door, or on a connection; none where the
// question has no answer.
func doorVerdicts(t *testing.T, m *model.Model, q plan.Question) []report.Verdict {
	t.Helper()
	var out []report.Verdict
	if q.Source == nil {
		r, err := query.FrontDoor(m, *q.Target, query.Options{})
		if err != nil {
			return nil
		}
		for _, d := range r.Doors {
			out = append(out, d.Verdict)
		}
		return out
	}
	x, err := query.Explain(m, *q.Source, *q.Target, query.Options{})
	if err != nil {
		return nil
	}
	return []report.Verdict{x.Verdict}
}
