package query

import (
	"encoding/binary"
	"iter"
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// fringeChange is how what pods have with some outside blocks differs: the blocks of
// one change are those that differ alike.
type fringeChange struct {
	inbound bool
	pairChange
	a, b   extent
	blocks []int
	// end is what the blocks are shown as.
	end report.End
}

// outside compares what touched ends have with outside addresses.
func (d *differ) outside(ends []bothEnds) []report.DiffRow {
	var out []report.DiffRow
	for i := range ends {
		e := &ends[i]
		if !e.touched {
			continue
		}
		changes := d.fringe(e)
		for j := range changes {
			c := &changes[j]
			a := half{&c.a, d.before, d.before.fringeSamples(e.before, c.blocks[0], c.inbound)}
			b := half{&c.b, d.after, d.after.fringeSamples(e.after, c.blocks[0], c.inbound)}
			from, to := e.end, c.end
			if c.inbound {
				from, to = to, from
			}
			out = append(out, d.row(c.pairChange, a, b, from, to))
		}
	}
	sortDiff(out)
	return out
}

// fringe is how what an end has with outside blocks differs. Ends whose pods have
// the same profiles share it.
func (d *differ) fringe(e *bothEnds) []fringeChange {
	before, after := d.before.alikeOf(e.before), d.after.alikeOf(e.after)
	key := binary.AppendUvarint(nil, uint64(len(before)))
	key = appendAlike(appendAlike(key, before), after)
	out, ok := d.fringes[string(key)]
	if !ok {
		for _, inbound := range []bool{true, false} {
			out = append(out, d.fringeOf(e, before, after, inbound)...)
		}
		d.fringes[string(key)] = out
	}
	return out
}

// fringeOf joins the blocks with which an end has the same differences.
func (d *differ) fringeOf(e *bothEnds, before, after []alike, inbound bool) []fringeChange {
	type sameness struct {
		pairChange
		someA, someB, everyA, everyB connset.Set
	}
	index := map[sameness]int{}
	var out []fringeChange
	a, inA := d.before.around(before, inbound)
	b, inB := d.after.around(after, inbound)
	var rawA, rawB [][]int32
	for i := range a {
		c := d.compare(a[i], b[i])
		change := c.pairChange
		if !c.open.IsEmpty() {
			if rawA == nil {
				x, y := d.before.unlimited(), d.after.unlimited()
				rawA, _ = x.around(x.alikeOf(e.before), inbound)
				rawB, _ = y.around(y.alikeOf(e.after), inbound)
			}
			change = c.with(d.ideally(rawA[i], rawB[i]))
		}
		if change.none() {
			continue
		}
		key := sameness{change, c.a.some, c.b.some, c.a.every, c.b.every}
		at, ok := index[key]
		if !ok {
			at = len(out)
			index[key] = at
			out = append(out, fringeChange{inbound: inbound, pairChange: change, a: c.a, b: c.b})
		}
		out[at].blocks = append(out[at].blocks, i)
	}
	for i := range out {
		c := &out[i]
		blocks := make([]address.Block, len(c.blocks))
		for j, at := range c.blocks {
			blocks[j] = d.after.fringe.blocks[at].Block
		}
		slices.SortFunc(blocks, func(x, y address.Block) int { return x.Prefix.Compare(y.Prefix) })
		c.end = d.after.blocksEnd(blocks, inA.union(inB))
	}
	return out
}

// around are the sets that units have from each block, or to it, and the IP families
// in which they have any.
func (s *state) around(units []alike, inbound bool) ([][]int32, familySet) {
	sets, out, reachable := s.fringe.around(units)
	if !inbound {
		sets = out
	}
	for i, own := range s.own {
		if own {
			sets[i] = nil
		}
	}
	return sets, reachable
}

// alikeOf is [matrix.alike] for an end that the state may not have.
func (s *state) alikeOf(end int32) []alike {
	if end == absent {
		return nil
	}
	return s.alike(end)
}

// fringeSamples are the pods of an end, one for each of its units, with what they
// have from a block or to it.
func (s *state) fringeSamples(end int32, block int, inbound bool) iter.Seq[sampled] {
	return func(yield func(sampled) bool) {
		if end == absent || s.own[block] {
			return
		}
		for _, p := range s.shown[end].pods {
			u := &s.units[p.unit]
			if u.party.Unseen || !u.families.has(s.fringe.blocks[block].Block) {
				continue
			}
			of := sampled{u.party, s.fringe.blocks[block], s.leaving(u, block)}
			if inbound {
				of = sampled{of.dst, of.src, s.entering(u, block)}
			}
			if !yield(of) {
				return
			}
		}
	}
}

// entering is what a block has with the pods of a unit.
func (s *state) entering(u *unit, block int) policy.Admitted {
	return s.values.sets[s.fringe.sets(s.fringe.in, u.ingress, report.Ingress)[block]]
}

// leaving is what the pods of a unit have with a block.
func (s *state) leaving(u *unit, block int) policy.Admitted {
	return s.values.sets[s.fringe.sets(s.fringe.out, u.egress, report.Egress)[block]]
}

// ownBlocks tells which blocks are an address of the cluster's own.
func (m *mapper) ownBlocks(blocks []model.Party) []bool {
	single := map[netip.Addr]bool{}
	for _, b := range blocks {
		if p := b.Block.Prefix; p.IsSingleIP() {
			single[p.Addr()] = true
		}
	}
	inside := m.Inside(single)
	out := make([]bool, len(blocks))
	for i, b := range blocks {
		out[i] = b.Block.Prefix.IsSingleIP() && inside[b.Block.Prefix.Addr()]
	}
	return out
}
