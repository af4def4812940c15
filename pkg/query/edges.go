package query

import (
	"cmp"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// edges makes the edges one after the other, by their ends: one for each set
// that an edge has, which all classes of its ends have, or only some.
func (x *matrix) edges(yield func(report.Edge) bool) {
	s := newStream(x)
	others := x.others
	for from := range x.shown {
		n := 0
		for n < len(others) && others[n].from == int32(from) {
			n++
		}
		if !s.from(int32(from), others[:n], yield) {
			return
		}
		others = others[n:]
	}
}

// stream is what making edges needs to remember. They may be made again, and within
// each other, but not by several goroutines: the numbers of new sets are shared.
type stream struct {
	*matrix
	meets    map[[2]int32]int32
	nears    map[nearKey]int32
	more, to []int32
	found    []int32
	sets     []admitted
}

func newStream(x *matrix) *stream {
	return &stream{matrix: x, meets: map[[2]int32]int32{}, nears: map[nearKey]int32{}}
}

type nearKey struct {
	value     int32
	direction bool
	near      selector.Result
}

// from makes the edges of one end: those to pods, and the others.
func (s *stream) from(from int32, others []otherEdge, yield func(report.Edge) bool) bool {
	to := s.targets(from)
	for len(to) > 0 || len(others) > 0 {
		next := int32(len(s.shown))
		if len(others) > 0 {
			next = others[0].to
		}
		s.sets = s.sets[:0]
		if len(to) > 0 && to[0] <= next {
			next, to = to[0], to[1:]
			for _, id := range s.between(from, next) {
				s.sets = append(s.sets, admitted{Admitted: s.values.sets[id]})
			}
		}
		for len(others) > 0 && others[0].to == next {
			set := admitted{s.values.sets[others[0].set], others[0].partly}
			if !slices.Contains(s.sets, set) {
				s.sets = append(s.sets, set)
			}
			others = others[1:]
		}
		if !s.yield(from, next, yield) {
			return false
		}
	}
	return true
}

// yield turns the sets of two ends into edges.
func (s *stream) yield(from, to int32, yield func(report.Edge) bool) bool {
	if len(s.sets) > 1 {
		slices.SortFunc(s.sets, func(a, b admitted) int {
			return cmp.Or(strings.Compare(a.Certain.String(), b.Certain.String()), strings.Compare(a.Possible.String(), b.Possible.String()))
		})
	}
	for _, set := range s.sets {
		e := report.Edge{From: s.shown[from].end, To: s.shown[to].end, Partly: len(s.sets) > 1 || set.partly}
		if !set.Certain.IsEmpty() {
			e.Verdict, e.Connections = report.Allowed, set.Certain
			if !yield(e) {
				return false
			}
		}
		if open := set.Possible.Subtract(set.Certain); !open.IsEmpty() {
			e.Verdict, e.Connections = report.Unknown, open
			if !yield(e) {
				return false
			}
		}
	}
	return true
}

// targets are all ends of pods to which an end may have an edge, and some more.
func (s *stream) targets(from int32) []int32 {
	open, of := s.reach.openInScope, func(g *profile) []int32 { return g.inScope }
	pods := s.shown[from].pods
	if len(pods) == 0 {
		return nil
	}
	if slices.ContainsFunc(pods, func(p presence) bool { return s.units[p.unit].inScope }) {
		open, of = s.reach.open, func(g *profile) []int32 { return g.ends }
	}
	s.more = s.more[:0]
	for _, p := range pods {
		u := &s.units[p.unit]
		for _, id := range s.reach.admitting[u.place] {
			g := s.ingress[id]
			if g.rows[0].at(p.unit) != none || g.rows[1].at(p.unit) != none {
				s.more = append(s.more, of(g)...)
			}
		}
		if !u.host {
			continue
		}
		// Everything on the same node is within reach, or may be.
		for _, n := range p.nodes {
			if n == 0 {
				for _, ends := range s.reach.onNode {
					s.more = append(s.more, ends...)
				}
			}
			s.more = append(s.more, s.reach.onNode[n]...)
		}
		s.more = append(s.more, s.reach.onNode[0]...)
	}
	slices.Sort(s.more)
	s.to = s.to[:0]
	for i, j := 0, 0; i < len(open) || j < len(s.more); {
		switch {
		case j == len(s.more) || i < len(open) && open[i] <= s.more[j]:
			note(&s.to, open[i])
			i++
		default:
			note(&s.to, s.more[j])
			j++
		}
	}
	return s.to
}

// between are the different sets that the pods of two ends have.
func (s *stream) between(from, to int32) []int32 {
	s.found = s.found[:0]
	for i := range s.shown[from].pods {
		p := &s.shown[from].pods[i]
		for j := range s.shown[to].pods {
			if q := &s.shown[to].pods[j]; s.asked(p, q) {
				s.pair(p, q)
			}
		}
	}
	return s.found
}

// asked tells whether what pods of two units have is part of the answer. Pods of a
// unit, which are all of one end, are asked about with each other; a single real pod
// has nobody to talk to but itself.
func (s *stream) asked(p, q *presence) bool {
	return (s.units[p.unit].inScope || s.units[q.unit].inScope) && (p.unit != q.unit || p.count > 1)
}

func (s *stream) pair(p, q *presence) {
	if s.units[p.unit].host == s.units[q.unit].host {
		s.meetAt(p.unit, q.unit, selector.No)
		return
	}
	for _, near := range together(p, q, &s.units[p.unit]) {
		s.meetAt(p.unit, q.unit, near)
	}
}

// together are the cases that there are of pods of two units, of which one is on
// its nodes' network, sharing a node.
func together(p, q *presence, u *unit) []selector.Result {
	if u.host {
		return nearness(p, q)
	}
	return nearness(q, p)
}

// meetAt notes what pods of two units have in one case.
func (s *stream) meetAt(from, to int32, near selector.Result) {
	u, v := &s.units[from], &s.units[to]
	for plane, used := range s.used {
		if !used || !u.in[plane] || !v.in[plane] {
			continue
		}
		leaving := s.egress[u.egress].rows[plane].at(to)
		entering := s.ingress[v.ingress].rows[plane].at(from)
		if u.host {
			entering = s.near(entering, report.Ingress, near)
		} else {
			leaving = s.near(leaving, report.Egress, near)
		}
		if leaving, entering, ok := s.crossed(u, v, leaving, entering); ok {
			s.find(leaving, entering)
		}
	}
}

// crossed is what two sides let through of what lies between the units; false where they
// do not reach each other.
func (s *stream) crossed(u, v *unit, leaving, entering int32) (int32, int32, bool) {
	if port, sure := carriedTo(u.mesh, v.mesh); port != 0 {
		through := func(_ int, a policy.Admitted) policy.Admitted { return carried(a, port, sure) }
		leaving, entering = s.values.change(leaving, through), s.values.change(entering, through)
	}
	if u.place == v.place || u.host || v.host || u.party.Unseen || v.party.Unseen {
		return leaving, entering, true
	}
	switch apart, _ := s.apart(s.places[u.place].name, s.places[v.place].name); apart {
	case selector.Yes:
		return leaving, entering, false
	case selector.Undetermined:
		open := func(_ int, a policy.Admitted) policy.Admitted { return policy.Admitted{Possible: a.Possible} }
		return s.values.change(leaving, open), entering, true
	default:
		return leaving, entering, true
	}
}

// nearness tells whether pods of a unit that is on its nodes' network share a node
// with pods of another: some do, some do not, of some it is not known.
func nearness(host, other *presence) []selector.Result {
	var out []selector.Result
	hosts, others := host.nodes, other.nodes
	unknown := hosts[0] == 0 || others[0] == 0
	if hosts[0] == 0 {
		hosts = hosts[1:]
	}
	if others[0] == 0 {
		others = others[1:]
	}
	if len(hosts) > 0 && len(others) > 0 && (len(hosts) > 1 || len(others) > 1 || hosts[0] != others[0]) {
		out = append(out, selector.No)
	}
	if unknown {
		out = append(out, selector.Undetermined)
	}
	few, many := hosts, others
	if len(few) > len(many) {
		few, many = many, few
	}
	for _, n := range few {
		if _, ok := slices.BinarySearch(many, n); ok {
			return append(out, selector.Yes)
		}
	}
	return out
}

func (s *stream) near(value int32, d report.Direction, near selector.Result) int32 {
	if near == selector.No {
		return value
	}
	key := nearKey{value, d == report.Ingress, near}
	out, ok := s.nears[key]
	if !ok {
		out = s.nearOf(value, d, near)
		s.nears[key] = out
	}
	return out
}

// meet is the set that two sides let through.
func (s *stream) meet(leaving, entering int32) int32 {
	key := [2]int32{leaving, entering}
	set, ok := s.meets[key]
	if !ok {
		set = s.values.meet(leaving, entering)
		s.meets[key] = set
	}
	return set
}

// find notes what two sides let through.
func (s *stream) find(leaving, entering int32) {
	if set := s.meet(leaving, entering); !slices.Contains(s.found, set) {
		s.found = append(s.found, set)
	}
}
