package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// foldKey is what rows that are told together share.
type foldKey struct {
	from, named string
	set         int32
	partly      bool
}

// foldedRow is a row in the making; weight is how much it says.
type foldedRow struct {
	report.FoldedRow
	set    int32
	weight int
}

// rows tells who reaches whom: rows whose sources are told in the same words, with
// the same set, become one.
func (f *folder) rows() []report.FoldedRow {
	f.told = map[int32]told{}
	index := map[foldKey]int{}
	var out []*foldedRow
	for _, k := range f.order {
		units := f.seen[k]
		every := int32(len(units)) == f.sizes[k.place]
		from := f.sources(k)
		key := foldKey{from: from.words, set: k.set, partly: k.partly || from.partly}
		var to []report.End
		if !every {
			ends, some := f.endsOf(units)
			key.partly = key.partly || some
			if to = ends; to != nil {
				key.named = fmt.Sprint(k.place, to)
			}
		}
		at, ok := index[key]
		if !ok {
			at = len(out)
			index[key] = at
			row := &foldedRow{set: k.set}
			row.From, row.Partly = from.crowd, key.partly
			out = append(out, row)
		}
		row := out[at]
		row.weight += len(units)
		name := f.places[k.place].name
		switch {
		case every:
			row.To.Every = append(row.To.Every, name)
		case to != nil:
			row.To.Named = to
		default:
			row.To.Some = append(row.To.Some, name)
		}
	}
	for _, row := range out {
		// Different sources that are told alike may have come with one namespace.
		row.To.Every, row.To.Some = distinct(row.To.Every), distinct(row.To.Some)
		row.To.Some = slices.DeleteFunc(row.To.Some, func(ns string) bool {
			_, every := slices.BinarySearch(row.To.Every, ns)
			return every
		})
		row.To.Everywhere = len(row.To.Every) == len(f.places)
	}
	return f.finish(out)
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
	to := &out.crowd
	for _, s := range c.shares {
		name := f.places[s.place].name
		switch {
		case k.own && s.place != k.place, k.others && s.place == k.place:
			continue
		case s.every && k.own:
			to.Same, to.SameEvery = true, true
			continue
		case s.every:
			to.Every = append(to.Every, name)
			continue
		}
		ends, partly := f.endsOf(f.within(c, s.place))
		out.partly = out.partly || partly
		switch {
		case ends != nil:
			to.Named = append(to.Named, ends...)
		case k.own:
			to.Same = true
		default:
			to.Some = append(to.Some, name)
		}
	}
	slices.Sort(to.Every)
	slices.Sort(to.Some)
	out.words = fmt.Sprint(out.crowd)
	if whole {
		f.told[k.crowd] = out
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
	if !f.naming {
		return nil, false
	}
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
	type key struct {
		from, to string
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
		k := key{fmt.Sprint(row.From), row.To.Kind + fmt.Sprint(row.To.Outside), e.set, e.partly}
		if row.From.Outside != nil {
			k.from = edgeKey(*row.From.Outside)
		}
		many := to // whose places are counted
		if row.To.Outside != nil {
			k.from, k.to, many = row.From.Kind, edgeKey(*row.To.Outside), from
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
		for _, place := range sortedNames(counts[row]) {
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

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func sortedNames[T any](of map[string]T) []string {
	out := make([]string, 0, len(of))
	for k := range of {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
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

// finish puts the rows that say most first, and splits what is certain from what
// is not known.
func (f *folder) finish(rows []*foldedRow) []report.FoldedRow {
	slices.SortStableFunc(rows, func(a, b *foldedRow) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), strings.Compare(fmt.Sprint(a.From), fmt.Sprint(b.From)))
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
