package query

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// folder tells a matrix in few rows. It asks about the targets that are alike for
// every source together, and never about pairs of ends: who of whom reaches them
// with which set is what a row says.
type folder struct {
	*stream
	limits foldLimits
	// sizes are the units of each place, hosts those on their node's network.
	sizes []int32
	hosts []int32
	known []nodesKnown
	// pods of each unit.
	pods []int32
	// crowds are different sets of sources, each once.
	crowds   []crowd
	crowdIDs map[string]int32
	seen     map[seenKey][]int32
	order    []seenKey
	// naming: where only some pods of a namespace are meant and they are few, their
	// workloads are told by name. endsByUnit are what the pods of a unit are shown as.
	naming     bool
	endsByUnit [][]int32
	told       map[int32]told
}

// crowd is a set of units, and what it is of each place.
type crowd struct {
	units  []interval
	shares []share
	// everywhere: it is all units.
	everywhere bool
}

// share is how much of a place a crowd is: so many units of it.
type share struct {
	place int32
	units int32
	every bool
}

// seenKey is a row in the making: a crowd that reaches units of one place. own: it
// is only the part of the crowd in that place; others: only the rest.
type seenKey struct {
	crowd       int32
	own, others bool
	set         int32
	partly      bool
	place       int32
}

// foldLimits say when less is told.
type foldLimits struct {
	// rows: with more than these, workloads are not told by name; nor are more than
	// ends of a namespace, or those of more than named namespaces in one row.
	rows, ends, named int
	// places: a crowd of more is told as one, its part in the target's own
	// namespace too.
	places int
}

// fold is the map in few rows.
func (x *matrix) fold() *report.FoldedMap {
	return x.foldWithin(foldLimits{rows: 100, ends: 4, named: 3, places: 8})
}

func (x *matrix) foldWithin(l foldLimits) *report.FoldedMap {
	f := &folder{
		limits: l,
		stream: newStream(x),
		sizes:  make([]int32, len(x.places)), crowdIDs: map[string]int32{}, seen: map[seenKey][]int32{},
	}
	for i := range x.units {
		f.sizes[x.units[i].place]++
		if x.units[i].host {
			f.hosts = append(f.hosts, int32(i))
		}
	}
	f.findNodes()
	for _, targets := range f.alikeTargets() {
		f.into(targets)
	}
	others := f.otherRows()
	// Names are worth telling where all rows still fit on a few pages.
	if f.naming = len(f.order) <= 8*l.rows; f.naming {
		if rows := f.rows(); len(rows)+len(others) <= l.rows {
			return f.folded(append(rows, others...))
		}
	}
	f.naming = false
	return f.folded(append(f.rows(), others...))
}

func (f *folder) folded(rows []report.FoldedRow) *report.FoldedMap {
	policed := func(b policy.Behaviour) bool { return b.OwnNodePoliced }
	return &report.FoldedMap{Rows: rows, OwnNode: f.ownNode(), OwnNodePoliced: slices.ContainsFunc(f.counted, policed)}
}

// ownNode tells whether it makes a difference who shares a node.
func (f *folder) ownNode() bool {
	isolated := func(list []*profile) bool {
		return slices.ContainsFunc(list, func(p *profile) bool { return p.isolated || !p.doubt.None() })
	}
	return len(f.hosts) > 0 && (isolated(f.ingress) || isolated(f.egress))
}

// alikeTargets sorts units by what every source has with them: their own profile
// and what the profiles of all sources say of them. Of the latter they have a
// sum, by two hashes of 64 bits with seeds of their own: that two of the sums are
// equal by chance is less likely than that the machine fails.
func (f *folder) alikeTargets() [][]int32 {
	seeds := [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	sums := make([][2]uint64, len(f.units)+1)
	for i, p := range f.egress {
		for plane := range planes {
			for _, s := range p.rows[plane].spans {
				for j, seed := range seeds {
					h := maphash.Comparable(seed, [3]int32{int32(i), int32(plane), s.value})
					sums[s.from][j] += h
					sums[s.to][j] -= h
				}
			}
		}
	}
	type key struct {
		ingress       int32
		in            [planes]bool
		host, inScope bool
		nodes         nodesKnown
		sum           [2]uint64
	}
	index := map[key]int{}
	var out [][]int32
	var sum [2]uint64
	for i := range f.units {
		u := &f.units[i]
		sum[0], sum[1] = sum[0]+sums[i][0], sum[1]+sums[i][1]
		k := key{u.ingress, u.in, u.host, u.inScope, f.known[i], sum}
		at, ok := index[k]
		if !ok {
			at = len(out)
			index[k] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], int32(i))
	}
	return out
}

// nodesKnown tells whether pods of a unit are on nodes that are known, and whether
// some are on one that is not.
type nodesKnown struct{ some, not bool }

func (f *folder) findNodes() {
	f.known, f.pods = make([]nodesKnown, len(f.units)), make([]int32, len(f.units))
	for _, e := range f.shown {
		for _, p := range e.pods {
			f.pods[p.unit] += p.count
			for _, n := range p.nodes {
				f.known[p.unit].some = f.known[p.unit].some || n != 0
				f.known[p.unit].not = f.known[p.unit].not || n == 0
			}
		}
	}
}

// cell is the different sets that units have with targets, ascending; -1 is none.
// There is more than one where IP families differ, or where the nodes of some pods
// are not known.
type cell [2 * planes]int32

func (c *cell) add(set int32) {
	for i, have := range c {
		switch {
		case have == set:
			return
		case have < 0:
			c[i] = set
			slices.Sort(c[:i+1])
			return
		}
	}
}

// into finds who reaches some targets that are alike, and with which sets.
func (f *folder) into(targets []int32) {
	first := targets[0]
	to := &f.units[first]
	found := map[cell][]interval{}
	leaving := map[[2]int32]int32{}
	ask := func(from int32) {
		u := &f.units[from]
		if !u.inScope && !to.inScope {
			return
		}
		c := cell{-1, -1, -1, -1}
		for plane, used := range f.used {
			if !used || !u.in[plane] || !to.in[plane] {
				continue
			}
			key := [2]int32{u.egress, int32(plane)}
			out, ok := leaving[key]
			if !ok {
				out = f.egress[u.egress].rows[plane].at(first)
				leaving[key] = out
			}
			in := f.ingress[to.ingress].rows[plane].at(from)
			if u.host == to.host || f.known[from].some && f.known[first].some {
				c.add(f.meet(out, in))
			}
			if u.host != to.host && (f.known[from].not || f.known[first].not) {
				if u.host {
					in = f.near(in, report.Ingress, selector.Undetermined)
				} else {
					out = f.near(out, report.Egress, selector.Undetermined)
				}
				c.add(f.meet(out, in))
			}
		}
		list := found[c]
		if last := len(list) - 1; last >= 0 && list[last].to == from {
			list[last].to++
			return
		}
		found[c] = append(list, interval{from, from + 1})
	}
	for _, w := range f.sourcesOf(first) {
		for u := w.from; u < w.to; u++ {
			ask(u)
		}
	}
	cells := make([]cell, 0, len(found))
	for c := range found {
		cells = append(cells, c)
	}
	slices.SortFunc(cells, func(a, b cell) int { return slices.Compare(a[:], b[:]) })
	for _, c := range cells {
		for _, set := range c {
			if set >= 0 && set != none {
				f.note(found[c], set, c[1] >= 0, targets)
			}
		}
	}
}

// sourcesOf are the units that may reach a target, ascending.
func (f *folder) sourcesOf(target int32) []interval {
	p := f.ingress[f.units[target].ingress]
	if f.openTo(p) {
		return []interval{{0, int32(len(f.units))}}
	}
	var out []interval
	for plane := range planes {
		for _, s := range p.rows[plane].spans {
			out = append(out, interval{s.from, s.to})
		}
	}
	for _, u := range f.hosts {
		// Where a node is not known, the host may be the target's.
		if f.known[u].not || f.known[target].not {
			out = append(out, interval{u, u + 1})
		}
	}
	slices.SortFunc(out, func(a, b interval) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	joined := out[:0]
	for _, w := range out {
		if last := len(joined) - 1; last >= 0 && w.from <= joined[last].to {
			joined[last].to = max(joined[last].to, w.to)
		} else {
			joined = append(joined, w)
		}
	}
	return joined
}

// note adds that some units have a set with targets.
func (f *folder) note(from []interval, set int32, partly bool, targets []int32) {
	id := f.crowd(from)
	c := &f.crowds[id]
	add := func(k seenKey, unit int32) {
		list, ok := f.seen[k]
		if !ok {
			f.order = append(f.order, k)
		}
		f.seen[k] = append(list, unit)
	}
	for _, t := range targets {
		k := seenKey{crowd: id, set: set, partly: partly, place: f.units[t].place}
		at, own := slices.BinarySearchFunc(c.shares, k.place, func(s share, p int32) int { return cmp.Compare(s.place, p) })
		// A single pod that is all of the crowd there has nobody to talk to but itself.
		alone := own && c.shares[at].units == 1 && f.pods[t] == 1 && contains(from, t)
		if !own || c.everywhere || len(c.shares) > f.limits.places {
			if !alone || len(c.shares) > 1 {
				add(k, t)
			}
			continue
		}
		if !alone {
			k.own = true
			add(k, t)
		}
		if len(c.shares) > 1 {
			k.own, k.others = false, true
			add(k, t)
		}
	}
}

// contains tells whether a unit is in some of these, which are ascending.
func contains(in []interval, unit int32) bool {
	at, found := slices.BinarySearchFunc(in, unit, func(w interval, u int32) int { return cmp.Compare(w.from, u) })
	return found || at > 0 && unit < in[at-1].to
}

func (f *folder) crowd(units []interval) int32 {
	key := make([]byte, 0, 8*len(units))
	for _, w := range units {
		key = binary.AppendUvarint(binary.AppendUvarint(key, uint64(w.from)), uint64(w.to))
	}
	if id, ok := f.crowdIDs[string(key)]; ok {
		return id
	}
	c := crowd{units: units, everywhere: len(units) == 1 && units[0] == interval{0, int32(len(f.units))}}
	counts := map[int32]int32{}
	for _, w := range units {
		for u := w.from; u < w.to; u++ {
			counts[f.units[u].place]++
		}
	}
	for p, n := range counts {
		c.shares = append(c.shares, share{p, n, n == f.sizes[p]})
	}
	slices.SortFunc(c.shares, func(a, b share) int { return cmp.Compare(a.place, b.place) })
	id := int32(len(f.crowds))
	f.crowdIDs[string(key)] = id
	f.crowds = append(f.crowds, c)
	return id
}
