package query

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// bothEnds is an end with its numbers in the states.
type bothEnds struct {
	key           string
	end           report.End
	before, after int32
	touched       bool
}

// ends are those of either state, in the order of their keys.
func (d *differ) ends() []bothEnds {
	var out []bothEnds
	for key, id := range d.before.endIDs {
		after, ok := d.after.endIDs[key]
		if !ok {
			after = absent
		}
		out = append(out, bothEnds{key: key, end: d.before.shown[id].end, before: id, after: after})
	}
	for key, id := range d.after.endIDs {
		if _, ok := d.before.endIDs[key]; !ok {
			out = append(out, bothEnds{key: key, end: d.after.shown[id].end, before: absent, after: id})
		}
	}
	slices.SortFunc(out, func(a, b bothEnds) int { return strings.Compare(a.key, b.key) })
	for i := range out {
		out[i].touched = d.mayDiffer(&out[i])
	}
	return out
}

// connections compares the pairs of ends of which one is touched.
func (d *differ) connections(ends []bothEnds) []report.DiffRow {
	var out []report.DiffRow
	touched := slices.DeleteFunc(slices.Clone(ends), func(e bothEnds) bool { return !e.touched })
	for i := range ends {
		from, to := &ends[i], touched
		if from.touched {
			to = ends
		}
		for j := range to {
			c, change := d.pair(from, &to[j])
			if change.none() {
				continue
			}
			a := half{&c.a, d.before, d.before.samples(from.before, to[j].before)}
			b := half{&c.b, d.after, d.after.samples(from.after, to[j].after)}
			out = append(out, d.row(change, a, b, from.end, to[j].end))
		}
	}
	return out
}

// half is what two ends have in one state.
type half struct {
	*extent
	in      *state
	samples iter.Seq[sampled]
}

// pair compares what two ends have.
func (d *differ) pair(from, to *bothEnds) (*comparison, pairChange) {
	c := d.compare(d.before.between(from.before, to.before), d.after.between(from.after, to.after))
	if c.open.IsEmpty() {
		return c, c.pairChange
	}
	a, b := d.before.unlimited(), d.after.unlimited()
	return c, c.with(d.ideally(a.between(from.before, to.before), b.between(from.after, to.after)))
}

// pairChange is how what two ends have differs.
type pairChange struct{ gained, lost, undecided connset.Set }

func (c pairChange) none() bool {
	return c.gained.IsEmpty() && c.lost.IsEmpty() && c.undecided.IsEmpty()
}

// comparison is of what two ends have before and after. What is open in either state
// is undecided where it is not as open in the other, or where the states differ if
// nothing is held to be open.
type comparison struct {
	a, b extent
	pairChange
	// open in either state, and neither gained nor lost.
	open connset.Set
}

// compare compares sets of both states, by their numbers.
func (d *differ) compare(before, after []int32) *comparison {
	key := pairKey(before, after)
	c, ok := d.compared[string(key)]
	if !ok {
		c = comparisonOf(d.before.values.extent(before), d.after.values.extent(after))
		d.compared[string(key)] = c
	}
	return c
}

func comparisonOf(a, b extent) *comparison {
	c := &comparison{a: a, b: b}
	c.gained = b.some.Subtract(a.maybe).Union(b.every.Subtract(a.most))
	c.lost = a.some.Subtract(b.maybe).Union(a.every.Subtract(b.most))
	c.open = a.open.Union(b.open).Subtract(c.gained).Subtract(c.lost)
	return c
}

// with is the change, where the ends differ so if nothing is held to be open.
func (c *comparison) with(ideally connset.Set) pairChange {
	out := c.pairChange
	out.undecided = c.open.Intersect(eitherOnly(c.a.open, c.b.open).Union(ideally))
	return out
}

// ideally is how a pair differs when nothing is held to be open, by the numbers of
// sets of the unlimited states.
func (d *differ) ideally(before, after []int32) connset.Set {
	key := pairKey(before, after)
	out, ok := d.ideal[string(key)]
	if !ok {
		a, b := d.before.raw.values.extent(before), d.after.raw.values.extent(after)
		out = eitherOnly(a.maybe, b.maybe).Union(eitherOnly(a.some, b.some)).Union(eitherOnly(a.every, b.every))
		d.ideal[string(key)] = out
	}
	return out
}

// eitherOnly is what is in one set only.
func eitherOnly(a, b connset.Set) connset.Set { return a.Subtract(b).Union(b.Subtract(a)) }

func pairKey(before, after []int32) []byte {
	key := binary.AppendUvarint(make([]byte, 0, 16), uint64(len(before)))
	for _, list := range [][]int32{before, after} {
		for _, id := range list {
			key = binary.AppendUvarint(key, uint64(id))
		}
	}
	return key
}

func sortDiff(rows []report.DiffRow) {
	slices.SortStableFunc(rows, func(a, b report.DiffRow) int {
		return cmp.Or(strings.Compare(edgeKey(a.From), edgeKey(b.From)), strings.Compare(edgeKey(a.To), edgeKey(b.To)))
	})
}
