package query

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// way is one way through a front door or into the cluster.
type way struct {
	kind     report.DiffKind
	from, to report.End
	// door that it leads through, if any, and where it arrives.
	door *frontdoor.Door
	dsts []model.Destination
	// ask evaluates it; nil where there is no such way.
	ask func() *outcome
}

// ways compares front doors and exposed Services.
func (d *differ) ways() []report.DiffRow {
	rows := map[string]report.DiffRow{}
	for _, r := range either(d.before.doorRefs(), d.after.doorRefs(), compareRefs) {
		d.compareWays(d.before.throughDoor(r), d.after.throughDoor(r), rows)
	}
	for _, name := range either(d.before.entries(), d.after.entries(), snapshot.Name.Compare) {
		d.compareWays(d.before.throughService(name), d.after.throughService(name), rows)
	}
	var out []report.DiffRow
	for _, k := range slices.Sorted(maps.Keys(rows)) {
		out = append(out, rows[k])
	}
	return out
}

// either are the items of two lists, in order and each once.
func either[T any](a, b []T, compare func(T, T) int) []T {
	out := slices.Concat(a, b)
	slices.SortFunc(out, compare)
	return slices.CompactFunc(out, func(x, y T) bool { return compare(x, y) == 0 })
}

func compareRefs(a, b reference.Reference) int {
	return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
}

// compareWays adds the rows of ways that differ, by their keys.
func (d *differ) compareWays(before, after []way, rows map[string]report.DiffRow) {
	was, is := byKey(before), byKey(after)
	for k, b := range is {
		a, had := was[k]
		if !had {
			a = way{kind: b.kind, from: b.from, to: b.to}
		}
		d.addRow(k, a, b, rows)
	}
	for k, a := range was {
		if _, has := is[k]; !has {
			d.addRow(k, a, way{}, rows)
		}
	}
}

// byKey finds ways by what they are shown as; the first of those shown alike.
func byKey(ways []way) map[string]way {
	out := map[string]way{}
	for _, w := range ways {
		key := fmt.Sprint(w.kind, "\x01", endKey(w.from), "\x01", endKey(w.to), "\x01", w.to.Port)
		if _, seen := out[key]; !seen {
			out[key] = w
		}
	}
	return out
}

func (d *differ) addRow(key string, a, b way, rows map[string]report.DiffRow) {
	if d.cannotDiffer(a, b) {
		return
	}
	row := report.DiffRow{Kind: a.kind, From: a.from, To: a.to}
	difference := &report.Difference{}
	before, after := a.outcome(), b.outcome()
	switch x, y := verdictOf(before), verdictOf(after); {
	case x == y:
		return
	case x == report.Unknown || y == report.Unknown:
		row.Change, row.Undecided = report.DiffUndecided, difference
		difference.Before, difference.After = causeOf(before), causeOf(after)
	case y == report.Allowed:
		row.Change, row.Gained = report.DiffGained, difference
		difference.After, difference.Before = causes(after, before)
	default:
		row.Change, row.Lost = report.DiffLost, difference
		difference.Before, difference.After = causes(before, after)
	}
	rows[key] = row
}

func (w way) outcome() *outcome {
	if w.ask == nil {
		return nil
	}
	return w.ask()
}

func verdictOf(o *outcome) report.Verdict {
	if o == nil {
		return report.Denied
	}
	return o.verdict
}

// cannotDiffer tells that a way has the same answer in both states, without asking.
// An answer depends on the objects of the way (the door with its data plane, the
// Service, the pods where it arrives), on the policies that select these pods, on
// the labels of their namespaces and on what is not known of the policies there; on
// nodes, the network plugin and what else bears on every pod.
func (d *differ) cannotDiffer(a, b way) bool {
	return !d.touched.all && a.ask != nil && b.ask != nil && d.sameDoor(a.door, b.door) && reflect.DeepEqual(a.dsts, b.dsts) &&
		d.settled(d.before, a) && d.settled(d.after, b)
}

// sameDoor compares doors with all their routes: once for the ways through them, which
// are as many.
func (d *differ) sameDoor(a, b *frontdoor.Door) bool {
	if a == b {
		return true
	}
	if pair := [2]*frontdoor.Door{a, b}; d.doors != pair {
		d.doors, d.doorsSame = pair, reflect.DeepEqual(a, b)
	}
	return d.doorsSame
}

// settled tells whether the pods of a way are known and nothing about them differs.
func (d *differ) settled(in *state, w way) bool {
	open := func(p model.Party) bool { return p.Pod != nil && (p.Unseen || d.touched.has(in.partyEnd(p))) }
	return !slices.ContainsFunc(w.dsts, func(t model.Destination) bool { return t.Broken == report.NotRead || open(t.Party) }) &&
		(w.door == nil || !slices.ContainsFunc(w.door.DataPlane.Parties, open))
}

// throughDoor are the ways through a front door: of clients to it, and from it to
// each backend.
func (s *state) throughDoor(r reference.Reference) []way {
	doors, err := frontdoor.Open(s.Model, r, s.Controllers)
	if err != nil {
		return nil
	}
	var out []way
	for _, d := range doors {
		end := doorEnd(d)
		if arrivals := s.arrivals(d); len(arrivals) > 0 && d.DataPlane.Problem == "" {
			out = append(out, way{
				kind: report.DiffEntry, from: report.End{Kind: "Internet"}, to: end, door: d, dsts: arrivals,
				ask: func() *outcome { return ofAll(s.arriving(d, internetTo(arrivals), arrivals)) },
			})
		}
		for _, b := range backends(d) {
			r := b.first()
			to := report.End{Kind: r.Backend.Kind, Namespace: r.Backend.Namespace, Name: r.Backend.Name, Port: r.Port}
			if r.Backend.Name == "" {
				to = report.End{Kind: r.By.Kind, Namespace: r.By.Namespace, Name: r.By.Name}
			}
			w := way{kind: report.DiffDoor, from: end, to: to, door: d, dsts: r.Destinations}
			if w.ask = func() *outcome { return ofAll(s.leavingDoor(d, b)) }; d.DataPlane.Problem != "" {
				w.ask = func() *outcome { return &s.doorProblem(d, reference.Reference{}).outcome }
			}
			out = append(out, w)
		}
	}
	return out
}

// entries are the Services by which clients outside get in.
func (s *state) entries() []snapshot.Name {
	var out []snapshot.Name
	for _, service := range s.Services() {
		if exposed(service) {
			out = append(out, service.Name)
		}
	}
	return out
}

// throughService are the ways into the cluster by an exposed Service.
func (s *state) throughService(name snapshot.Name) []way {
	service := s.Service(name)
	if service == nil || !exposed(service) {
		return nil
	}
	var out []way
	for i := range service.Ports {
		port := reference.Port{Number: service.Ports[i].Port, Protocol: service.Ports[i].Protocol}
		w := way{
			kind: report.DiffEntry, from: report.End{Kind: "Internet"},
			to:  report.End{Kind: "Service", Namespace: name.Namespace, Name: name.Name, Port: port.String()},
			ask: func() *outcome { return &outcome{} },
		}
		dsts, err := s.Destinations(reference.Reference{Kind: reference.Service, Namespace: name.Namespace, Name: name.Name, Port: port})
		if err == nil {
			w.dsts, w.ask = dsts, func() *outcome { return ofAll(s.answers(internetTo(dsts), dsts)) }
		}
		out = append(out, w)
	}
	return out
}

// ofAll is an outcome with the one-word answer.
func ofAll(drafts []*draft) *outcome {
	v, _ := overall(drafts)
	for _, d := range drafts {
		if d.verdict == v {
			return &d.outcome
		}
	}
	return &outcome{verdict: v}
}
