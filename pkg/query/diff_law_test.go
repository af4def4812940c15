package query_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// A diff says just what the oracle sees change, nothing for equal states, and
// mirrors the diff of the states in the other order.
func TestDiffAgainstOracle(t *testing.T) {
	rows, checks := 0, 0
	for i := range seeds(t, 250) {
		r, c := diffClusters(t, fmt.Appendf(nil, "%c diff %d", rune(i%128), i))
		rows, checks = rows+r, checks+c
		if t.Failed() {
			t.Fatalf("seed %d", i)
		}
	}
	t.Logf("%d rows, %d comparisons", rows, checks)
}

func FuzzDiff(f *testing.F) {
	for i := range 16 {
		f.Add([]byte(fmt.Sprint("diff ", i)))
	}
	f.Fuzz(func(t *testing.T, data []byte) { diffClusters(t, data) })
}

// changed is a cluster with other policies, and sometimes other labels.
func (g *generator) changed() *generator {
	out := *g
	out.policies = slices.Clone(g.policies)
	for range 1 + g.n(2) {
		switch {
		case len(out.policies) > 0 && g.one(2):
			at := g.n(len(out.policies))
			out.policies = slices.Delete(out.policies, at, at+1)
		default:
			p := g.policy(10)
			p.Name = fmt.Sprintf("new%d", g.n(2))
			out.policies = slices.DeleteFunc(out.policies, func(q networkingv1.NetworkPolicy) bool { return q.Namespace == p.Namespace && q.Name == p.Name })
			out.policies = append(out.policies, p)
		}
	}
	if g.one(4) {
		out.pods = slices.Clone(g.pods)
		out.pods[g.n(len(out.pods))].Labels = g.labels()
	}
	return &out
}

// TestDiffLawOnSeeds: a diff has the rows that asking about every pair of classes
// finds, in the same order, whatever was not read, strict or not, and whether the
// states were read each by itself or one is laid over the other.
func TestDiffLawOnSeeds(t *testing.T) {
	rows := 0
	for i := range seeds(t, 120) {
		rows += diffLaw(t, fmt.Appendf(nil, "%c diff law %d", rune(i%128), i))
		if t.Failed() {
			t.Fatalf("seed %d", i)
		}
	}
	t.Logf("%d rows compared", rows)
}

func FuzzDiffLaw(f *testing.F) {
	for i := range 16 {
		f.Add([]byte(fmt.Sprint("diff law ", i)))
	}
	f.Fuzz(func(t *testing.T, data []byte) { diffLaw(t, data) })
}

func diffLaw(t testing.TB, data []byte) int {
	a := generate(data)
	b := a.changed()
	before, after := a.snapshot(t), b.snapshot(t)
	laid := withPolicies(before, after)
	ns := pick(a, a.namespaces...).Name
	need := a.refusal(ns)
	odd := unplaced(a, before)
	count := 0
	for i, s := range [][2]*snapshot.Snapshot{
		{before, after}, {before, laid}, {forbid(before, need), after}, {forbid(before, need), withPolicies(forbid(before, need), after)},
		{odd, unplaced(a, after)}, {odd, withPolicies(odd, after)}, {forbid(odd, need), withPolicies(forbid(odd, need), after)},
	} {
		for _, strict := range []bool{false, true} {
			o := query.Options{Strict: strict}
			m := model.New(s[0])
			n := m.With(s[1])
			what := fmt.Sprintf("pair %d, strict %v", i, strict)
			d := query.Diff(m, n, o)
			count += sameRows(t, what, d, query.NaiveDiff(m, n, o))
			sameWays(t, what, d, query.NaiveWays(m, n, o))
		}
	}
	if t.Failed() {
		t.Logf("before:\n%s\nafter:\n%s", a.manifests(t), b.manifests(t))
	}
	return count
}

// withPolicies is a snapshot with the policies of another in place of its own.
func withPolicies(s, of *snapshot.Snapshot) *snapshot.Snapshot {
	b := snapshot.NewBuilder(s)
	for _, p := range s.Policies() {
		b.DeletePolicy(p.Name)
	}
	for _, p := range of.Policies() {
		b.AddPolicy(p)
	}
	return b.Snapshot()
}

// sameRows holds the connections of a diff, but for what explains them, against rows.
func sameRows(t testing.TB, what string, d *report.Diff, want []report.DiffRow) int {
	t.Helper()
	bare := func(x *report.Difference) string {
		if x == nil {
			return "none"
		}
		return x.Connections.String()
	}
	text := func(rows []report.DiffRow) []string {
		var out []string
		for _, r := range rows {
			if r.Kind == report.DiffConnections {
				out = append(out, fmt.Sprint(r.From, " -> ", r.To, ": ", r.Before, " ", r.After, ", +", bare(r.Gained), " -", bare(r.Lost), " ?", bare(r.Undecided)))
			}
		}
		return out
	}
	got, wanted := text(d.Rows), text(want)
	for i := range max(len(got), len(wanted)) {
		switch {
		case i == len(got):
			t.Errorf("%s: row %d is missing: %s", what, i, wanted[i])
		case i == len(wanted):
			t.Errorf("%s: row %d is too much: %s", what, i, got[i])
		case got[i] != wanted[i]:
			t.Errorf("%s: row %d:\n got %s\nwant %s", what, i, got[i], wanted[i])
		default:
			continue
		}
		break
	}
	return len(want)
}

// sameWays holds the ways of a diff, with what explains them, against rows.
func sameWays(t testing.TB, what string, d *report.Diff, want []report.DiffRow) {
	t.Helper()
	got := slices.DeleteFunc(slices.Clone(d.Rows), func(r report.DiffRow) bool { return r.Kind == report.DiffConnections || r.Kind == report.DiffService })
	if !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 {
		t.Errorf("%s: ways\n got %+v\nwant %+v", what, got, want)
	}
}

// TestDiffWaysOfDoors: what a policy changes about front doors is found without asking
// about those that it leaves alone.
func TestDiffWaysOfDoors(t *testing.T) {
	paths, err := filepath.Glob("../cmd/testdata/doors/*/*/cluster.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no clusters (%v)", err)
	}
	rows := 0
	for _, path := range append(paths, "../plan/testdata/doors.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m := cluster(t, string(text))
		for _, s := range otherPolicies(m.Snapshot) {
			for _, pair := range [][2]*model.Model{{m, m.With(s)}, {model.New(s), m}} {
				d := query.Diff(pair[0], pair[1], query.Options{})
				sameWays(t, path, d, query.NaiveWays(pair[0], pair[1], query.Options{}))
				rows += len(d.Rows)
			}
		}
	}
	t.Logf("%d rows", rows)
}

// otherPolicies are a snapshot without each of its policies, and with each namespace
// isolated.
func otherPolicies(s *snapshot.Snapshot) []*snapshot.Snapshot {
	var out []*snapshot.Snapshot
	for _, p := range s.Policies() {
		b := snapshot.NewBuilder(s)
		b.DeletePolicy(p.Name)
		out = append(out, b.Snapshot())
	}
	for _, ns := range s.Namespaces() {
		b := snapshot.NewBuilder(s)
		b.AddPolicy(&snapshot.Policy{
			Name: snapshot.Name{Namespace: ns.Name, Name: "isolated"},
			Spec: networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}},
		})
		out = append(out, b.Snapshot())
	}
	return out
}

func diffClusters(t testing.TB, data []byte) (rows, checks int) {
	a := generate(data)
	b := a.changed()
	before, after := model.New(a.snapshot(t)), model.New(b.snapshot(t))
	d := query.Diff(before, after, query.Options{})
	if same := query.Diff(before, model.New(a.snapshot(t)), query.Options{}); len(same.Rows) > 0 {
		t.Errorf("equal states differ: %+v", same.Rows[0])
	}
	mirrored(t, d, query.Diff(after, before, query.Options{}))
	was, now := &judge{TB: t, generator: a}, &judge{TB: t, generator: b}
	was.findEnds()
	now.findEnds()
	for i, src := range was.ends {
		for j, dst := range was.ends {
			if src.node != nil || dst.node != nil || src.pod == nil && dst.pod == nil || i == j {
				continue
			}
			for _, protocol := range []corev1.Protocol{"TCP", "UDP"} {
				for _, port := range []int32{80, 8080, 65535} {
					checks++
					x, y := was.edge(i, j, protocol, port), now.edge(i, j, protocol, port)
					if len(x) == 0 {
						continue
					}
					gained, lost, undecided := told(now, d, src, dst, protocol, port)
					what := fmt.Sprintf("%s -> %s %s/%d: was %v, is %v, the diff has gained %v, lost %v, undecided %v",
						nameOfEnd(src), nameOfEnd(dst), protocol, port, x, y, gained, lost, undecided)
					some := func(v []report.Verdict, w report.Verdict) bool { return slices.Contains(v, w) }
					if some(x, report.Unknown) || some(y, report.Unknown) {
						continue
					}
					wantGained := some(y, report.Allowed) && !some(x, report.Allowed) || some(x, report.Denied) && !some(y, report.Denied)
					wantLost := some(x, report.Allowed) && !some(y, report.Allowed) || some(y, report.Denied) && !some(x, report.Denied)
					if gained != wantGained || lost != wantLost || undecided {
						t.Error(what)
					}
				}
			}
		}
	}
	if t.Failed() {
		t.Logf("before:\n%s\nafter:\n%s", a.manifests(t), b.manifests(t))
	}
	return len(d.Rows), checks
}

// edge are the verdicts on all pairs that a row shows as this one.
func (j *judge) edge(src, dst int, protocol corev1.Protocol, port int32) []report.Verdict {
	var out []report.Verdict
	for _, s := range j.sameEnd(j.ends[src]) {
		for _, d := range j.sameEnd(j.ends[dst]) {
			if s.pod == nil || s.pod != d.pod {
				out = append(out, j.outcomes(s, d, protocol, port)...)
			}
		}
	}
	return out
}

func told(j *judge, d *report.Diff, src, dst oracleEnd, protocol corev1.Protocol, port int32) (gained, lost, undecided bool) {
	has := func(x *report.Difference) bool {
		return x != nil && x.Connections.Contains(connset.Protocol(protocol), uint16(port))
	}
	for _, r := range d.Rows {
		if r.Kind == report.DiffConnections && j.isEnd(r.From, src) && j.isEnd(r.To, dst) {
			gained, lost, undecided = gained || has(r.Gained), lost || has(r.Lost), undecided || has(r.Undecided)
		}
	}
	return gained, lost, undecided
}

// mirrored holds a diff against that of the states in the other order.
func mirrored(t testing.TB, d, m *report.Diff) {
	t.Helper()
	if len(d.Rows) != len(m.Rows) {
		t.Errorf("%d rows one way, %d the other", len(d.Rows), len(m.Rows))
		return
	}
	text := func(x *report.Difference, swap bool) string {
		if x == nil {
			return ""
		}
		a, b := x.Before, x.After
		if swap {
			a, b = b, a
		}
		return fmt.Sprint(x.Connections, x.Partly, a, b)
	}
	line := func(r report.DiffRow, swap bool) string {
		before, after, gained, lost := r.Before, r.After, r.Gained, r.Lost
		if swap {
			before, after, gained, lost = after, before, lost, gained
		}
		return fmt.Sprint(r.Kind, r.From, r.To, before, after, text(gained, swap), text(lost, swap), text(r.Undecided, swap))
	}
	var one, other []string
	for i := range d.Rows {
		one, other = append(one, line(d.Rows[i], false)), append(other, line(m.Rows[i], true))
	}
	slices.Sort(one)
	slices.Sort(other)
	for i := range one {
		if one[i] != other[i] {
			t.Errorf("not mirrored:\n%s\n%s", one[i], other[i])
			return
		}
	}
}
