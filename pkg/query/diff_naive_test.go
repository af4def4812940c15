package query

import (
	"maps"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// NaiveDiff is the connections of [Diff], found by asking about every pair of classes
// in both states, and again as if nothing were open. Nothing explains the rows.
func NaiveDiff(before, after *model.Model, o Options) []report.DiffRow {
	d := &naiveDiff{l: lens{cuts: allCuts(before, after)}}
	for i, m := range []*model.Model{before, after} {
		d.states[i] = newNaiveState(m, o, d.l, false)
		d.ideal[i] = newNaiveState(m, o, d.l, true)
	}
	return append(d.connections(), d.outside()...)
}

type naiveDiff struct {
	l             lens
	states, ideal [2]*naiveState
}

// naiveState has the sets of ends with each other, and with single blocks.
type naiveState struct {
	*naive
	ends    map[string]report.End
	sets    map[[2]string][]policy.Admitted
	blocks  map[naiveBlock][]policy.Admitted
	outside []model.Party
	// reachable are the families in which an end has an outside.
	reachable map[string]familySet
}

type naiveBlock struct {
	end, block string
	inbound    bool
}

func newNaiveState(m *model.Model, o Options, l lens, ideal bool) *naiveState {
	s := &naiveState{
		naive: &naive{mapper: newMapper(m, o)}, ends: map[string]report.End{}, sets: map[[2]string][]policy.Admitted{},
		blocks: map[naiveBlock][]policy.Admitted{}, reachable: map[string]familySet{},
	}
	s.lens, s.mapper.ideal = l, ideal
	s.outside = cut(s.outsideUniverse(l), l.cuts)
	var sides []*side
	for _, class := range fold(append(s.everyPod(), s.unseen()...), l.key) {
		if present(class[0]) {
			sides = append(sides, s.side(class))
		}
	}
	for _, from := range sides {
		for _, e := range from.ends {
			s.ends[edgeKey(e.end)] = e.end
		}
		for _, to := range sides {
			s.eachPair(from, to, func(f, t *sideEnd, sets []policy.Admitted) {
				key := [2]string{edgeKey(f.end), edgeKey(t.end)}
				s.sets[key] = append(s.sets[key], sets...)
			})
		}
		s.addBlocks(from)
	}
	return s
}

func (s *naiveState) addBlocks(x *side) {
	pod := x.members[0]
	if pod.Unseen {
		return
	}
	for _, o := range familiesOf(pod.Addresses()).within(s.outside) {
		links, _ := families(o, model.Destination{Party: pod})
		in := s.always(func(b policy.Behaviour) policy.Admitted { return s.entering(nil, x, o, pod, links[0], selector.No, b) })
		out := s.always(func(b policy.Behaviour) policy.Admitted {
			return s.leaving(x, nil, pod, o, link{src: links[0].dst}, selector.No, b)
		})
		v4 := o.Block.Prefix.Addr().Is4()
		for _, e := range x.ends {
			key := edgeKey(e.end)
			s.reachable[key] = s.reachable[key].union(familySet{v4: v4, v6: !v4})
			s.blocks[naiveBlock{key, o.Block.String(), true}] = append(s.blocks[naiveBlock{key, o.Block.String(), true}], in)
			s.blocks[naiveBlock{key, o.Block.String(), false}] = append(s.blocks[naiveBlock{key, o.Block.String(), false}], out)
		}
	}
}

// hasAt tells whether a block is the address of a pod or a node.
func (s *naiveState) hasAt(o model.Party) bool {
	b := o.Block.Prefix
	return b.IsSingleIP() && (s.PodAt(b.Addr()) != nil || s.NodeAt(b.Addr()) != nil)
}

// endKeys are the keys of the ends of either state, in order.
func (d *naiveDiff) endKeys() []string {
	all := maps.Clone(d.states[0].ends)
	maps.Copy(all, d.states[1].ends)
	return slices.Sorted(maps.Keys(all))
}

func (d *naiveDiff) end(key string) report.End {
	if e, ok := d.states[0].ends[key]; ok {
		return e
	}
	return d.states[1].ends[key]
}

// compare compares what the states have, by the rule that [report.DiffRow] tells.
func (d *naiveDiff) compare(of func(*naiveState) []policy.Admitted) (*comparison, pairChange) {
	c := comparisonOf(extentOf(of(d.states[0])), extentOf(of(d.states[1])))
	x, y := extentOf(of(d.ideal[0])), extentOf(of(d.ideal[1]))
	return c, c.with(eitherOnly(x.maybe, y.maybe).Union(eitherOnly(x.some, y.some)).Union(eitherOnly(x.every, y.every)))
}

func (d *naiveDiff) connections() []report.DiffRow {
	var out []report.DiffRow
	for _, from := range d.endKeys() {
		for _, to := range d.endKeys() {
			c, change := d.compare(func(s *naiveState) []policy.Admitted { return s.sets[[2]string{from, to}] })
			if !change.none() {
				out = append(out, naiveRow(c, change, d.end(from), d.end(to)))
			}
		}
	}
	return out
}

func (d *naiveDiff) outside() []report.DiffRow {
	type joined struct {
		c      *comparison
		change pairChange
		blocks []address.Block
	}
	var out []report.DiffRow
	for _, key := range d.endKeys() {
		for _, inbound := range []bool{true, false} {
			var groups []*joined
			for _, o := range d.states[0].outside {
				if d.states[0].hasAt(o) || d.states[1].hasAt(o) {
					continue
				}
				c, change := d.compare(func(s *naiveState) []policy.Admitted { return s.blocks[naiveBlock{key, o.Block.String(), inbound}] })
				if change.none() {
					continue
				}
				at := slices.IndexFunc(groups, func(g *joined) bool {
					return g.change == change && g.c.a.some == c.a.some && g.c.b.some == c.b.some && g.c.a.every == c.a.every && g.c.b.every == c.b.every
				})
				if at < 0 {
					at = len(groups)
					groups = append(groups, &joined{c: c, change: change})
				}
				groups[at].blocks = append(groups[at].blocks, o.Block)
			}
			for _, g := range groups {
				slices.SortFunc(g.blocks, func(x, y address.Block) int { return x.Prefix.Compare(y.Prefix) })
				from := d.states[1].naiveBlocksEnd(g.blocks, d.states[0].reachable[key].union(d.states[1].reachable[key]))
				to := d.end(key)
				if !inbound {
					from, to = to, from
				}
				out = append(out, naiveRow(g.c, g.change, from, to))
			}
		}
	}
	sortDiff(out)
	return out
}

func naiveRow(c *comparison, change pairChange, from, to report.End) report.DiffRow {
	out := report.DiffRow{Kind: report.DiffConnections, From: from, To: to, Before: &c.a.some, After: &c.b.some}
	set := func(s connset.Set) *report.Difference {
		if s.IsEmpty() {
			return nil
		}
		return &report.Difference{Connections: &s}
	}
	out.Gained, out.Lost, out.Undecided = set(change.gained), set(change.lost), set(change.undecided)
	return out
}

// eachNodeAlone has every node asked about by itself, where a packet may enter by any.
func eachNodeAlone(m *model.Model) map[string][][]*snapshot.Node {
	var alone [][]*snapshot.Node
	for _, n := range m.Nodes() {
		alone = append(alone, []*snapshot.Node{n})
	}
	out := map[string][][]*snapshot.Node{"": alone}
	for _, p := range m.Pods() {
		out[p.Namespace] = alone
	}
	return out
}

// NaiveWays are the rows of [Diff] about ways into the cluster, found by asking about
// each in both states, by every node.
func NaiveWays(before, after *model.Model, o Options) []report.DiffRow {
	d := newDiffer(before, after, o)
	d.touched.all = true
	for _, s := range []*state{d.before, d.after} {
		s.few, s.nodesAlike = false, eachNodeAlone(s.Model)
	}
	return d.ways()
}
