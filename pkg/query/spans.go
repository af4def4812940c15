package query

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/policy"
)

// span is neighbouring units, to not included, that have one value.
type span struct{ from, to, value int32 }

// row gives every unit a value: base, but for those in spans, which ascend. Few
// spans say much, because the units of a namespace are neighbours.
type row struct {
	base  int32
	spans []span
}

// at is the value of a unit.
func (r *row) at(unit int32) int32 {
	low, high := 0, len(r.spans)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if r.spans[middle].to <= unit {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(r.spans) && r.spans[low].from <= unit {
		return r.spans[low].value
	}
	return r.base
}

// interval is neighbouring units, to not included.
type interval struct{ from, to int32 }

// intervals joins ascending units.
func intervals(units []int32) []interval {
	var out []interval
	for _, u := range units {
		if last := len(out) - 1; last >= 0 && out[last].to == u {
			out[last].to++
		} else {
			out = append(out, interval{u, u + 1})
		}
	}
	return out
}

// part is what one clause of a rule adds for some units, under one behaviour of
// network plugins. Its intervals may overlap.
type part struct {
	behaviour int
	sets      policy.Admitted
	where     []interval
}

// rowOf adds parts up, over n units. The value that most units have is the base.
func (v *values) rowOf(parts []part, n int32, behaviours int) row {
	type edge struct {
		at   int32
		part int32
		by   int32
	}
	var edges []edge
	for i, p := range parts {
		for _, w := range p.where {
			edges = append(edges, edge{w.from, int32(i), 1}, edge{w.to, int32(i), -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return int(a.at - b.at) })
	depth := make([]int32, len(parts))
	sum := make([]policy.Admitted, behaviours)
	var spans []span
	covered := map[int32]int32{}
	for i, at := 0, int32(0); at < n; {
		for i < len(edges) && edges[i].at == at {
			depth[edges[i].part] += edges[i].by
			i++
		}
		next := n
		if i < len(edges) {
			next = edges[i].at
		}
		clear(sum)
		for j, d := range depth {
			if d > 0 {
				s := &sum[parts[j].behaviour]
				s.Certain, s.Possible = s.Certain.Union(parts[j].sets.Certain), s.Possible.Union(parts[j].sets.Possible)
			}
		}
		value := v.of(sum)
		covered[value] += next - at
		if last := len(spans) - 1; last >= 0 && spans[last].value == value {
			spans[last].to = next
		} else {
			spans = append(spans, span{at, next, value})
		}
		at = next
	}
	out := row{base: none}
	for value, n := range covered {
		if n > covered[out.base] || n == covered[out.base] && value < out.base {
			out.base = value
		}
	}
	for _, s := range spans {
		if s.value != out.base {
			out.spans = append(out.spans, s)
		}
	}
	return out
}
