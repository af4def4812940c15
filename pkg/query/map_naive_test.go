package query

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// NaiveMap is the edges of [Map], found by asking about every pair of classes.
func NaiveMap(m *model.Model, s Scope, o Options) []report.Edge {
	b := &naive{mapper: newMapper(m, o), fringes: map[string]*naiveFringe{}}
	b.scope = s
	b.run()
	return b.report()
}

// FoldByNamespace is the fold of [Map] for a big cluster: nothing is told by name,
// and crowds of more than one namespace as one.
func FoldByNamespace(m *model.Model, s Scope, o Options) *report.FoldedMap {
	b := newMapper(m, o)
	b.scope, b.lens = s, b.lensForEverybody()
	x := b.matrix()
	x.findOutside()
	b.doors()
	x.join()
	return x.foldWithin(foldLimits{places: 1})
}

// naive evaluates all pairs of classes, one by one.
type naive struct {
	*mapper
	// fringes are the connections of each end with the outside.
	fringes map[string]*naiveFringe
}

func (m *naive) run() {
	all := append(m.everyPod(), m.unseen()...)
	m.lens = m.lensForEverybody()
	var sides []*side
	for _, class := range fold(all, m.lens.key) {
		if present(class[0]) {
			sides = append(sides, m.side(class))
		}
	}
	for _, from := range sides {
		for _, to := range sides {
			if from.inScope || to.inScope {
				m.between(from, to)
			}
		}
	}
	outside := cut(m.outsideUniverse(m.lens), m.lens.cuts)
	for _, s := range sides {
		if s.inScope {
			m.withOutside(s, outside)
		}
	}
	m.addOutside(outside)
	m.doors()
}

// between adds the edges from one class to another.
func (m *naive) between(from, to *side) {
	m.eachPair(from, to, func(f, t *sideEnd, sets []policy.Admitted) {
		for _, set := range sets {
			m.add(f.end, t.end, admitted{Admitted: set})
		}
	})
}

// report turns each edge into one row per set that it has: what all classes
// have, and what only some do.
func (m *naive) report() []report.Edge {
	out := []report.Edge{}
	for _, e := range m.sorted() {
		for _, set := range e.sets {
			partly := len(e.sets) > 1 || set.partly
			if !set.Certain.IsEmpty() {
				out = append(out, report.Edge{From: e.from, To: e.to, Verdict: report.Allowed, Connections: set.Certain, Partly: partly})
			}
			if open := set.Possible.Subtract(set.Certain); !open.IsEmpty() {
				out = append(out, report.Edge{From: e.from, To: e.to, Verdict: report.Unknown, Connections: open, Partly: partly})
			}
		}
	}
	return out
}

// sorted orders the edges by their ends, and the sets of each.
func (m *naive) sorted() []*edge {
	edges := slices.Collect(maps.Values(m.edges))
	for _, e := range edges {
		slices.SortFunc(e.sets, func(a, b admitted) int {
			return cmp.Or(strings.Compare(a.Certain.String(), b.Certain.String()), strings.Compare(a.Possible.String(), b.Possible.String()))
		})
	}
	slices.SortFunc(edges, func(a, b *edge) int {
		return cmp.Or(strings.Compare(edgeKey(a.from), edgeKey(b.from)), strings.Compare(edgeKey(a.to), edgeKey(b.to)))
	})
	return edges
}

// naiveFringe is what an end has with each outside block: the sets of its classes.
type naiveFringe struct {
	end       *sideEnd
	reachable familySet
	in, out   map[string][]policy.Admitted
}

// withOutside notes the connections between a class and outside addresses.
func (m *naive) withOutside(s *side, outside []model.Party) {
	pod := s.members[0]
	if pod.Unseen {
		return
	}
	reachable := familiesOf(pod.Addresses())
	for _, o := range reachable.within(outside) {
		block := o.Block.String()
		var in, out []policy.Admitted
		if links, ok := families(o, model.Destination{Party: pod}); ok {
			in = []policy.Admitted{m.always(func(b policy.Behaviour) policy.Admitted { return m.entering(nil, s, o, pod, links[0], selector.No, b) })}
		}
		if links, ok := families(pod, model.Destination{Party: o}); ok {
			out = []policy.Admitted{m.always(func(b policy.Behaviour) policy.Admitted { return m.leaving(s, nil, pod, o, links[0], selector.No, b) })}
		}
		for _, e := range s.ends {
			f := m.fringes[endKey(e.end)]
			if f == nil {
				f = &naiveFringe{end: e, in: map[string][]policy.Admitted{}, out: map[string][]policy.Admitted{}}
				m.fringes[endKey(e.end)] = f
			}
			f.reachable = f.reachable.union(reachable)
			f.in[block] = union(f.in[block], in)
			f.out[block] = union(f.out[block], out)
		}
	}
}

// always is a set that is certain only if it is so under every behaviour that counts.
func (m *mapper) always(set func(policy.Behaviour) policy.Admitted) policy.Admitted {
	out := set(m.Plugin.Behaviour)
	for _, b := range m.behaviours {
		other := set(b)
		out.Certain, out.Possible = out.Certain.Intersect(other.Certain), out.Possible.Union(other.Possible)
	}
	return out
}

func union(list, more []policy.Admitted) []policy.Admitted {
	for _, set := range more {
		if !slices.Contains(list, set) {
			list = append(list, set)
		}
	}
	return list
}

// addOutside adds the edges of every end with the blocks of outside addresses
// that have the same connections with all, or with some, of its pods.
func (m *naive) addOutside(outside []model.Party) {
	for _, f := range m.fringes {
		for _, blocks := range groupBlocks(outside, f.in) {
			m.add(m.naiveBlocksEnd(blocks.list, f.reachable), f.end.end, blocks.admitted)
		}
		for _, blocks := range groupBlocks(outside, f.out) {
			m.add(f.end.end, m.naiveBlocksEnd(blocks.list, f.reachable), blocks.admitted)
		}
	}
}

type blockGroup struct {
	admitted
	list []address.Block
}

func groupBlocks(outside []model.Party, sets map[string][]policy.Admitted) []*blockGroup {
	var out []*blockGroup
	index := map[admitted]*blockGroup{}
	for _, o := range outside {
		have := sets[o.Block.String()]
		for _, set := range have {
			key := admitted{set, len(have) > 1}
			g := index[key]
			if g == nil {
				g = &blockGroup{admitted: key}
				index[key] = g
				out = append(out, g)
			}
			g.list = append(g.list, o.Block)
		}
	}
	return out
}

// naiveBlocksEnd shows blocks as one end.
func (m *naive) naiveBlocksEnd(blocks []address.Block, f familySet) report.End {
	members := report.Members{End: report.End{Kind: "Addresses"}}
	for _, b := range blocks {
		members.End.Addresses = append(members.End.Addresses, b.String())
	}
	nameInternet(&members, m.lens, f)
	return members.End
}
