package plan_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
)

func read(t *testing.T, path string) *snapshot.Snapshot {
	t.Helper()
	s, err := files.New(files.Options{Filenames: []string{path}, Namespace: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	snap, err := s.Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// doorAnswer is what is said to a question about doors, as JSON.
func doorAnswer(t *testing.T, s *snapshot.Snapshot, q plan.Question) string {
	t.Helper()
	m, o := model.New(s), query.Options{Controllers: q.Controllers}
	var out any
	var err error
	switch {
	case q.Source != nil && q.Target != nil:
		out, err = query.Explain(m, *q.Source, *q.Target, o)
	case q.Source != nil:
		out, err = query.ReachableFrom(m, *q.Source, o)
	case q.Target != nil && frontdoor.IsDoor(q.Target.Kind):
		out, err = query.FrontDoor(m, *q.Target, o)
	default:
		out = query.Map(m, query.Scope{Labels: selector.Everything()}, o)
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

func shop(t *testing.T, text string) *reference.Reference {
	t.Helper()
	r, err := reference.Parse(text, "shop")
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

// doorClusters are the clusters of the real cases of doors, and one of every way
// of finding a data plane.
func doorClusters(t *testing.T) []string {
	t.Helper()
	out, err := filepath.Glob("../cmd/testdata/doors/*/*/cluster.yaml")
	if err != nil || len(out) == 0 {
		t.Fatalf("no clusters (%v)", err)
	}
	return append(out, "testdata/doors.yaml")
}

// What is read for a question about a door is enough: the answer is the one that
// the whole cluster gives.
func TestThePlanReadsEnoughForDoors(t *testing.T) {
	for _, path := range doorClusters(t) {
		t.Run(path, func(t *testing.T) {
			all := read(t, path)
			var doors []string
			for _, o := range all.Ingresses() {
				doors = append(doors, o.Namespace+"/ingress/"+o.Name.Name)
			}
			for _, o := range all.Gateways() {
				doors = append(doors, o.Namespace+"/gateway/"+o.Name.Name)
			}
			for _, o := range all.Routes() {
				doors = append(doors, o.Namespace+"/"+strings.ToLower(o.Kind)+"/"+o.Name.Name)
			}
			doors = append(doors, "ingress/missing", "gateway/missing", "httproute/missing")
			check := func(name string, q plan.Question) {
				t.Helper()
				q.Home = "shop"
				server := &server{t: t, all: all}
				got := doorAnswer(t, server.load(q), q)
				if want := doorAnswer(t, all, q); got != want {
					t.Errorf("%s:\nfrom what the plan reads:\n%s\nfrom the whole cluster:\n%s", name, got, want)
				}
			}
			for _, d := range doors {
				for _, source := range []string{"internet", "198.51.100.7", "ns/shop", "app=x"} {
					check(source+" → "+d, plan.Question{Source: shop(t, source), Target: shop(t, d)})
				}
				for _, target := range []string{"svc/web", "ns/shop", "internet"} {
					check(d+" → "+target, plan.Question{Source: shop(t, d), Target: shop(t, target)})
				}
				check("who-can-reach "+d, plan.Question{Target: shop(t, d)})
				check("reachable-from "+d, plan.Question{Source: shop(t, d)})
				for _, c := range []string{"10.0.0.0/8", "app=edge", "edge/deploy/proxy", "edge/deploy/missing"} {
					controllers := []reference.Reference{*shop(t, c)}
					check("internet → "+d+" through "+c, plan.Question{Source: shop(t, "internet"), Target: shop(t, d), Controllers: controllers})
				}
			}
			check("map", plan.Question{Doors: true})
		})
	}
}

// Where an address in the status, or labels, tell what carries a door's traffic, one
// connection through it takes no list of all pods.
func TestWhatTellsTheDataPlaneSparesTheSearch(t *testing.T) {
	all := read(t, "testdata/doors.yaml")
	for question, whole := range map[[2]string]bool{
		{"internet", "ingress/by-address"}:   false,
		{"internet", "ingress/by-host"}:      false,
		{"ingress/by-address", "svc/web"}:    false,
		{"internet", "gateway/by-address"}:   false,
		{"internet", "gateway/by-label"}:     false,
		{"internet", "httproute/web"}:        false,
		{"internet", "ingress/by-node"}:      false,
		{"internet", "ingress/by-arguments"}: true,
		{"internet", "ingress/by-nobody"}:    true,
	} {
		server := &server{t: t, all: all}
		server.load(plan.Question{Source: shop(t, question[0]), Target: shop(t, question[1]), Home: "shop"})
		listed := false
		for _, n := range server.asked {
			listed = listed || n == snapshot.Need{Resource: snapshot.Pods}
		}
		if listed != whole {
			t.Errorf("%v: all pods are listed: %v, want %v", question, listed, whole)
		}
	}
}

// Lists that are forbidden leave a question open, and are no errors.
func TestForbiddenListsOfDoors(t *testing.T) {
	all := read(t, "testdata/doors.yaml")
	for _, r := range []snapshot.Resource{
		snapshot.Pods, snapshot.Services, snapshot.EndpointSlices, snapshot.IngressClasses, snapshot.NetworkPolicies, snapshot.Nodes,
	} {
		for _, door := range all.Ingresses() {
			q := plan.Question{Source: shop(t, "internet"), Target: shop(t, "ingress/"+door.Name.Name), Home: "shop"}
			whole, err := query.Explain(model.New(all), *q.Source, *q.Target, query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			server := &server{t: t, all: all, forbidden: func(n snapshot.Need) bool { return n.Resource == r && n.Namespace == "" }}
			x, err := query.Explain(model.New(server.load(q)), *q.Source, *q.Target, query.Options{})
			if err != nil {
				t.Errorf("%s without %s: %v", door.Name, r, err)
				continue
			}
			if x.Verdict != whole.Verdict && x.Verdict != report.Unknown {
				t.Errorf("%s without %s: %v, and it is %v", door.Name, r, x.Verdict, whole.Verdict)
			}
		}
	}
	q := plan.Question{Doors: true, Home: "shop"}
	server := &server{t: t, all: all, forbidden: func(n snapshot.Need) bool { return n.Resource == snapshot.Ingresses }}
	got := query.Map(model.New(server.load(q)), query.Scope{Labels: selector.Everything()}, query.Options{})
	if len(got.Gaps) == 0 || !strings.Contains(got.Gaps[0].Needs, "ingresses") {
		t.Errorf("gaps of the map: %+v", got.Gaps)
	}
}
