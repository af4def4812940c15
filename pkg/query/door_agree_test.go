package query_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// TestDoorsAgree asks the same of doors in different ways: who-can-reach, explain
// from outside, and explain as the controller.
func TestDoorsAgree(t *testing.T) {
	paths, err := filepath.Glob("../cmd/testdata/doors/*/*/cluster.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no clusters (%v)", err)
	}
	for _, path := range append(paths, "../plan/testdata/doors.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m := cluster(t, string(text))
		for _, ing := range m.Ingresses() {
			door := reference.Reference{Kind: reference.Ingress, Namespace: ing.Namespace, Name: ing.Name.Name}
			r, err := query.FrontDoor(m, door, query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			d := r.Doors[0]
			outside := Allowed
			for _, a := range d.Outside {
				outside = report.Both(outside, a.Verdict)
			}
			through := outside
			for _, b := range d.Backends {
				through = report.Both(through, b.Verdict)
				if b.Service.Name == "" || d.Problem != "" || d.Anywhere || b.Reason == report.BackendMissing {
					continue
				}
				as, err := query.Explain(m, door, ref(t, b.Service.Namespace+"/svc/"+b.Service.Name+":"+b.Port), query.Options{})
				if err != nil {
					t.Fatal(err)
				}
				// From a load balancer outside, the way to nodes and pods is its own.
				if inside := len(d.DataPlane) > 0 && d.DataPlane[0].End.Kind != "Addresses" && d.DataPlane[0].End.Kind != "Node"; inside && as.Verdict != b.Verdict {
					t.Errorf("%s %s → %s: who-can-reach %v, explain as the controller %v", path, door, b.Service.Name, b.Verdict, as.Verdict)
				}
			}
			x, err := query.Explain(m, reference.Reference{Form: reference.FormInternet}, door, query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if x.Verdict != through {
				t.Errorf("%s %s: who-can-reach says %v, explain from outside %v", path, door, through, x.Verdict)
			}
		}
	}
}

// TestDoorsNeedWhatDecides refuses one list after the other: whether clients get
// through a door is then what it is in truth, or open, and the answer says for want
// of what.
func TestDoorsNeedWhatDecides(t *testing.T) {
	paths, err := filepath.Glob("../cmd/testdata/doors/*/*/cluster.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no clusters (%v)", err)
	}
	open := map[snapshot.Resource]int{}
	for _, path := range append(paths, "../plan/testdata/doors.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all := snapshotOf(t, string(text))
		for _, r := range []snapshot.Resource{snapshot.IngressClasses, snapshot.Services, snapshot.Pods, snapshot.EndpointSlices, snapshot.Nodes, snapshot.Namespaces, snapshot.NetworkPolicies} {
			m := model.New(forbid(all, refused(r, "")))
			for _, ing := range all.Ingresses() {
				door := reference.Reference{Kind: reference.Ingress, Namespace: ing.Namespace, Name: ing.Name.Name}
				ask := func(m *model.Model) *report.Explanation {
					x, err := query.Explain(m, reference.Reference{Form: reference.FormInternet}, door, query.Options{})
					if err != nil {
						t.Fatal(err)
					}
					return x
				}
				switch got, truth := ask(m), ask(model.New(all)); {
				case got.Verdict == Unknown && truth.Verdict != Unknown:
					open[r]++
					if len(got.Gaps) == 0 {
						t.Errorf("%s %s without %s: it is not said what is missing", path, door, r)
					}
				case got.Verdict != truth.Verdict:
					t.Errorf("%s %s without %s: %v, in truth %v", path, door, r, got.Verdict, truth.Verdict)
				}
			}
		}
	}
	t.Logf("open for want of: %v", open)
	if open[snapshot.IngressClasses] == 0 || open[snapshot.Services] == 0 {
		t.Errorf("nothing was put to the test: %v", open)
	}
}
