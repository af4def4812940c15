package query_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// brokenServices are a snapshot with each of its Services changed in one of the ways in which
// people break them.
func brokenServices(s *snapshot.Snapshot) []*snapshot.Snapshot {
	var out []*snapshot.Snapshot
	change := func(to func(*snapshot.Builder, *snapshot.Service)) {
		for _, service := range s.Services() {
			b := snapshot.NewBuilder(s)
			to(b, service)
			out = append(out, b.Snapshot())
		}
	}
	with := func(edit func(*snapshot.Service)) {
		change(func(b *snapshot.Builder, of *snapshot.Service) {
			made := *of
			made.Ports = slices.Clone(of.Ports)
			edit(&made)
			b.AddService(&made)
		})
	}
	with(func(s *snapshot.Service) { s.Selector = map[string]string{"no": "such"} })
	with(func(s *snapshot.Service) { s.Selector = map[string]string{"app": "b"} })
	with(func(s *snapshot.Service) { s.Ports[0].TargetPort = 9 })
	with(func(s *snapshot.Service) { s.Ports[0].Port = 8443 })
	change(func(b *snapshot.Builder, of *snapshot.Service) { b.DeleteService(of.Name) })
	return out
}

// TestDiffServicesLaw: where a Service alone differs, a row tells of a workload exactly where
// asking both states about it does.
func TestDiffServicesLaw(t *testing.T) {
	rows, asked := 0, 0
	for i := range seeds(t, 300) {
		g := generate(fmt.Appendf(nil, "%c services %d", rune(i%128), i))
		before := g.snapshot(t)
		for _, changed := range brokenServices(before) {
			m := model.New(before)
			n := m.With(changed)
			for _, pair := range [][2]*model.Model{{m, n}, {n, m}} {
				d := query.Diff(pair[0], pair[1], query.Options{})
				told := map[string]report.DiffChange{}
				for _, r := range d.Rows {
					if r.Kind == report.DiffConnections {
						t.Errorf("seed %d: a Service changed what policies allow: %+v", i, r)
					}
					for _, c := range r.Clients {
						told[fmt.Sprint(c.Kind, c.Namespace, c.Name, r.To.Namespace, r.To.Name, r.To.Port)] = r.Change
						rows++
					}
				}
				for key, want := range servicesAsked(t, pair[0], pair[1], &asked) {
					if told[key] != want {
						t.Errorf("seed %d: %s: told %q, and it is %q", i, key, told[key], want)
					}
				}
				if t.Failed() {
					t.Fatalf("%s", g.manifests(t))
				}
			}
		}
	}
	if t.Logf("%d asked, %d rows", asked, rows); rows < 100 && !testing.Short() {
		t.Errorf("only %d rows", rows)
	}
}

// servicesAsked is what differs between two states for workloads and ports of Services.
func servicesAsked(t *testing.T, before, after *model.Model, asked *int) map[string]report.DiffChange {
	t.Helper()
	type end struct{ kind, namespace, name string }
	ends := map[end]bool{}
	for _, p := range before.Pods() {
		kind, name := before.TopOwner(p)
		from := ref(t, name.Namespace+"/"+strings.ToLower(kind)+"/"+name.Name)
		// Of pods with two owners of one name, only one can be asked for.
		if _, err := query.CanReach(before, from, ref(t, "192.0.2.1:80"), query.Options{}); err == nil {
			ends[end{kind, name.Namespace, name.Name}] = true
		}
	}
	ports := map[[3]string]bool{}
	for _, m := range []*model.Model{before, after} {
		for _, s := range m.Services() {
			for _, p := range s.Ports {
				ports[[3]string{s.Namespace, s.Name.Name, fmt.Sprintf("%d/%s", p.Port, p.Protocol)}] = true
			}
		}
	}
	ask := func(m *model.Model, from end, to [3]string) (report.Verdict, bool) {
		*asked++
		p, err := query.CanReach(m, ref(t, from.namespace+"/"+strings.ToLower(from.kind)+"/"+from.name),
			ref(t, to[0]+"/svc/"+to[1]+":"+to[2]), query.Options{})
		if err != nil {
			return report.Denied, false // there is no such Service, or port
		}
		return p.Verdict, p.Partly
	}
	out := map[string]report.DiffChange{}
	for from := range ends {
		for to := range ports {
			was, wasPartly := ask(before, from, to)
			is, isPartly := ask(after, from, to)
			change := report.DiffGained
			switch {
			case was == is && wasPartly == isPartly:
				change = ""
			case was == report.Unknown || is == report.Unknown:
				change = report.DiffUndecided
			case was == report.Allowed || is == report.Denied && !isPartly:
				change = report.DiffLost
			}
			out[fmt.Sprint(from.kind, from.namespace, from.name, to[0], to[1], to[2])] = change
		}
	}
	return out
}
