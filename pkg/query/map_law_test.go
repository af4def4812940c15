package query_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func FuzzMapLaw(f *testing.F) {
	for i := range 32 {
		f.Add([]byte(fmt.Sprint("map ", i)))
	}
	f.Fuzz(func(t *testing.T, data []byte) { mapLaw(t, data) })
}

func TestMapLawOnSeeds(t *testing.T) {
	edges := 0
	for i := range seeds(t, 120) {
		edges += mapLaw(t, fmt.Appendf(nil, "%c map %d", rune(i%128), i))
		if t.Failed() {
			t.Fatalf("seed %d", i)
		}
	}
	t.Logf("%d edges compared", edges)
}

// mapLaw: a map has the edges that asking about every pair of classes finds, in the
// same order, whatever was not read, strict or not, of everything or of a part.
func mapLaw(t testing.TB, data []byte) int {
	g := generate(data)
	whole := g.snapshot(t)
	snapshots := []*snapshot.Snapshot{whole}
	ns := pick(g, g.namespaces...).Name
	snapshots = append(snapshots, forbid(whole, g.refusal(ns)))
	snapshots = append(snapshots, unplaced(g, whole))
	labels, err := selector.Compile(g.selector())
	if err != nil {
		t.Fatal(err)
	}
	scopes := []query.Scope{{Labels: selector.Everything()}, {Namespace: ns, Labels: selector.Everything()}, {Labels: labels}, {Namespace: ns, Labels: labels}}
	count := 0
	for i, s := range snapshots {
		m := model.New(s)
		for _, scope := range scopes {
			for _, strict := range []bool{false, true} {
				o := query.Options{Strict: strict}
				what := fmt.Sprintf("snapshot %d, scope %v, strict %v", i, scope, strict)
				r := query.Map(m, scope, o)
				count += sameEdges(t, what, r, query.NaiveMap(m, scope, o))
				foldIsTrue(t, what, m, r, r.Fold().Rows)
				foldIsTrue(t, what+", by namespace", m, r, query.FoldByNamespace(m, scope, o).Rows)
			}
		}
	}
	if t.Failed() {
		t.Logf("the cluster:\n%s", g.manifests(t))
	}
	return count
}

// unplaced has some pods without address, without node, only expected, or on the
// network of another node.
func unplaced(g *generator, s *snapshot.Snapshot) *snapshot.Snapshot {
	b := snapshot.NewBuilder(nil)
	b.ReadEverything()
	for _, o := range s.Namespaces() {
		b.AddNamespace(o)
	}
	for _, o := range s.Nodes() {
		b.AddNode(o)
	}
	for _, o := range s.Policies() {
		b.AddPolicy(o)
	}
	for _, o := range s.Pods() {
		p := *o
		switch g.n(6) {
		case 0:
			p.Phase, p.IPs, p.HostIPs, p.Node = snapshot.PhaseExpected, nil, nil, ""
		case 1:
			p.Phase, p.IPs, p.HostIPs, p.Node = snapshot.PhaseExpected, nil, nil, ""
			p.Name.Name += "-*"
		case 2:
			p.Node = ""
		case 3:
			p.Node = pick(g, s.Nodes()...).Name
		case 4:
			p.HostNetwork, p.Owner = true, snapshot.Owner{Kind: "DaemonSet", Name: "agent"}
		}
		b.AddPod(&p)
	}
	return b.Snapshot()
}

func sameEdges(t testing.TB, what string, r *report.Map, want []report.Edge) int {
	t.Helper()
	got := slices.Collect(r.Edges)
	for i := range max(len(got), len(want)) {
		var a, b string
		if i < len(got) {
			a = edgeText(got[i])
		}
		if i < len(want) {
			b = edgeText(want[i])
		}
		if a != b {
			t.Errorf("%s: edge %d:\n got %s\nwant %s", what, i, a, b)
			break
		}
	}
	if open := slices.ContainsFunc(want, func(e report.Edge) bool { return e.Verdict == report.Unknown }); r.Undecided != open {
		t.Errorf("%s: undecided %v, want %v", what, r.Undecided, open)
	}
	return len(want)
}

func edgeText(e report.Edge) string { return fmt.Sprintf("%+v", e) }
