package query

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// foldKey is what rows that are told together share.
type foldKey struct {
	from   string
	set    int32
	partly bool
}

// foldedRow is a row in the making; weight is how much it says.
type foldedRow struct {
	report.FoldedRow
	set    int32
	weight int
	// to are the units of each place that the row leads to, every the places to all
	// of whose units it does.
	to    map[int32][]int32
	every map[int32]bool
	// key orders rows of equal weight.
	key string
}

// rows tells who reaches whom: rows whose sources are told in the same words, with
// the same set, become one.
func (f *folder) rows() []report.FoldedRow {
	f.told = map[int32]told{}
	index := map[foldKey]int{}
	var out []*foldedRow
	for _, k := range f.order {
		units := f.seen[k]
		from := f.sources(k)
		key := foldKey{from.words, k.set, k.partly || from.partly}
		at, ok := index[key]
		if !ok {
			at = len(out)
			index[key] = at
			row := &foldedRow{set: k.set, to: map[int32][]int32{}, every: map[int32]bool{}}
			row.From, row.Partly = from.crowd, key.partly
			out = append(out, row)
		}
		row := out[at]
		row.weight += len(units)
		// Different sources may be told alike, and lead to different units.
		row.to[k.place] = append(row.to[k.place], units...)
		if int32(len(units)) == f.sizes[k.place] {
			row.every[k.place] = true
		}
	}
	for _, row := range out {
		places := slices.Sorted(maps.Keys(row.to))
		some := len(places) - len(row.every)
		for _, place := range places {
			if row.every[place] {
				row.To.Every = append(row.To.Every, f.places[place].name)
			} else if f.tell(&row.To, place, row.to[place], some) {
				row.Partly = true
			}
		}
		tidy(&row.To)
		row.To.Everywhere = len(row.every) == len(f.places)
	}
	return f.finish(out)
}

// tidy puts the names of a crowd in order.
func tidy(c *report.Crowd) {
	slices.Sort(c.Every)
	slices.Sort(c.Some)
}

// told is sources in words, which are the same for those that are told alike.
type told struct {
	crowd  report.Crowd
	words  string
	partly bool
}

// sources tells the sources of a row.
func (f *folder) sources(k seenKey) told {
	c := &f.crowds[k.crowd]
	if c.everywhere {
		return told{crowd: report.Crowd{Everywhere: true}, words: "everywhere"}
	}
	whole := !k.own && !k.others
	if whole {
		if out, ok := f.told[k.crowd]; ok {
			return out
		}
	}
	var out told
	some := 0
	for _, s := range c.shares {
		if !s.every {
			some++
		}
	}
	for _, s := range c.shares {
		switch {
		case k.own && s.place != k.place, k.others && s.place == k.place:
		case s.every && k.own:
			out.crowd.Same, out.crowd.SameEvery = true, true
		case s.every:
			out.crowd.Every = append(out.crowd.Every, f.places[s.place].name)
		default:
			before := len(out.crowd.Some)
			out.partly = f.tell(&out.crowd, s.place, f.within(c, s.place), some) || out.partly
			if k.own && len(out.crowd.Some) > before {
				out.crowd.Some, out.crowd.Same = nil, true
			}
		}
	}
	tidy(&out.crowd)
	out.words = fmt.Sprint(out.crowd)
	if whole {
		f.told[k.crowd] = out
	}
	return out
}

// tell adds some units of a place to a crowd: by name where they are few and of
// few places, or all but a few. It returns whether an end that is named has other
// pods, about which the row says nothing.
func (f *folder) tell(c *report.Crowd, place int32, units []int32, places int) bool {
	name := f.places[place].name
	if !f.naming || places > f.limits.named {
		c.Some = append(c.Some, name)
		return false
	}
	if ends, partly := f.endsOf(units); ends != nil {
		c.Named = append(c.Named, ends...)
		return partly
	}
	if ends, partly := f.endsOf(f.without(place, units)); ends != nil && !partly {
		c.Every, c.Except = append(c.Every, name), append(c.Except, ends...)
		return false
	}
	c.Some = append(c.Some, name)
	return false
}

// without are the other units of a place.
func (f *folder) without(place int32, units []int32) []int32 {
	var out []int32
	p := &f.places[place]
	for u := p.units.from; u < p.units.to; u++ {
		if !slices.Contains(units, u) {
			out = append(out, u)
		}
	}
	if p.unseen >= 0 && !slices.Contains(units, p.unseen) {
		out = append(out, p.unseen)
	}
	return out
}

// within are the units of a crowd in one place; only asked for names.
func (f *folder) within(c *crowd, place int32) []int32 {
	if !f.naming {
		return nil
	}
	var out []int32
	for _, w := range c.units {
		for u := w.from; u < w.to; u++ {
			if f.units[u].place == place {
				out = append(out, u)
			}
		}
	}
	return out
}

// endsOf are the ends that some units are shown as, and whether an end has pods in
// other units; none where they are too many to tell.
func (f *folder) endsOf(units []int32) ([]report.End, bool) {
	if f.endsByUnit == nil {
		f.endsByUnit = make([][]int32, len(f.units))
		for i, e := range f.shown {
			for _, p := range e.pods {
				f.endsByUnit[p.unit] = append(f.endsByUnit[p.unit], int32(i))
			}
		}
	}
	var ids []int32
	for _, u := range units {
		ids = append(ids, f.endsByUnit[u]...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) > f.limits.ends {
		return nil, false
	}
	var out []report.End
	partly := false
	for _, id := range ids {
		e := &f.shown[id]
		out = append(out, e.end)
		partly = partly || slices.ContainsFunc(e.pods, func(p presence) bool { return !slices.Contains(units, p.unit) })
	}
	return out, partly
}

// otherRows tells the edges with outside addresses and front doors.
func (f *folder) otherRows() []report.FoldedRow {
	ends := map[string]int{}
	for _, e := range f.shown {
		if len(e.pods) > 0 {
			ends[f.placeOf(&e)]++
		}
	}
	// Outside addresses are told one by one, everything else by what it is.
	type key struct {
		from, to string
		outside  int32
		outbound bool
		set      int32
		partly   bool
	}
	index := map[key]int{}
	var out []*foldedRow
	counts := map[*foldedRow]map[string]map[int32]bool{}
	for _, e := range f.others {
		from, to := &f.shown[e.from], &f.shown[e.to]
		row := &foldedRow{set: e.set}
		row.Partly = e.partly
		row.From, row.To = f.otherCrowd(from, to), f.otherCrowd(to, nil)
		k := key{to: row.To.Kind, outside: -1, set: e.set, partly: e.partly}
		many := to // whose places are counted
		switch {
		case row.To.Outside != nil:
			k.from, k.outside, k.outbound, many = row.From.Kind, e.to, true, from
		case row.From.Outside != nil:
			k.outside = e.from
		default:
			k.from = fmt.Sprint(row.From)
		}
		at, ok := index[k]
		if !ok {
			at = len(out)
			index[k] = at
			out = append(out, row)
			counts[row] = map[string]map[int32]bool{}
		}
		row = out[at]
		row.weight++
		place := f.placeOf(many)
		if counts[row][place] == nil {
			counts[row][place] = map[int32]bool{}
		}
		id := e.to
		if row.To.Outside != nil {
			id = e.from
		}
		counts[row][place][id] = true
	}
	for _, row := range out {
		c := &row.To
		if row.To.Outside != nil {
			c = &row.From
		}
		c.Every, c.Some = nil, nil
		for _, place := range slices.Sorted(maps.Keys(counts[row])) {
			if c.Kind == "" && len(counts[row][place]) == ends[place] {
				c.Every = append(c.Every, place)
			} else {
				c.Some = append(c.Some, place)
			}
		}
		c.Everywhere = c.Kind == "" && len(c.Every) == len(f.places)
	}
	return f.finish(out)
}

// placeOf is the namespace of an end.
func (f *folder) placeOf(e *shownEnd) string {
	if e.end.Kind == "Namespace" {
		return e.end.Name
	}
	return e.end.Namespace
}

// otherCrowd is an end as a crowd; to is where it leads, if it is a source.
func (f *folder) otherCrowd(e, to *shownEnd) report.Crowd {
	switch {
	case e.end.Kind == "Internet" || e.end.Kind == "Addresses":
		return report.Crowd{Outside: &e.end}
	case len(e.pods) == 0 && to != nil && e.end.Namespace == f.placeOf(to):
		return report.Crowd{Kind: e.end.Kind, Same: true}
	case len(e.pods) == 0:
		return report.Crowd{Kind: e.end.Kind, Some: []string{e.end.Namespace}}
	default:
		return report.Crowd{Some: []string{f.placeOf(e)}}
	}
}

// crowdKey orders rows that say as much as each other.
func crowdKey(c report.Crowd) string {
	outside := ""
	if c.Outside != nil {
		outside = endKey(*c.Outside)
	}
	c.Outside = nil
	return fmt.Sprint(c, outside)
}

// finish puts the rows that say most first, and splits what is certain from what
// is not known.
func (f *folder) finish(rows []*foldedRow) []report.FoldedRow {
	for _, r := range rows {
		set := f.values.sets[r.set]
		r.key = strings.Join([]string{crowdKey(r.From), crowdKey(r.To), set.Certain.String(), set.Possible.String()}, "\x00")
	}
	slices.SortStableFunc(rows, func(a, b *foldedRow) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), strings.Compare(a.key, b.key))
	})
	out := make([]report.FoldedRow, 0, len(rows))
	for _, r := range rows {
		set := f.values.sets[r.set]
		if !set.Certain.IsEmpty() {
			row := r.FoldedRow
			row.Verdict, row.Connections = report.Allowed, set.Certain
			out = append(out, row)
		}
		if open := set.Possible.Subtract(set.Certain); !open.IsEmpty() {
			row := r.FoldedRow
			row.Verdict, row.Connections = report.Unknown, open
			out = append(out, row)
		}
	}
	return out
}
