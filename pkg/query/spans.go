package query

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
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

// part is the ports of which one rule matches for some units, under one behaviour of
// network plugins: for certain, and possibly. Its intervals may overlap.
type part struct {
	behaviour int
	rule      int // its place in the profile
	sets      policy.Admitted
	where     []interval
}

// rowOf resolves the rules of a profile for each of n units. Parts are in the order of
// behaviours and, for each, of rules. The value that most units have is the base.
func (v *values) rowOf(of *profile, parts []part, n int32, counted []policy.Behaviour) row {
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
	behaviours := len(counted)
	sum := make([]policy.Admitted, behaviours)
	var active []*part
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
		for b, j := 0, 0; b < behaviours; b++ {
			active = active[:0]
			for ; j < len(parts) && parts[j].behaviour == b; j++ {
				if depth[j] > 0 {
					active = append(active, &parts[j])
				}
			}
			sum[b] = of.resolve(active, counted[b].Ignores)
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

// resolve is what the policies of a profile let through, given the rules that match,
// where the network plugin ignores some APIs.
func (of *profile) resolve(active []*part, ignores policy.Dialect) policy.Admitted {
	r := policy.Resolve(connset.All())
	for i := range of.binding {
		r.Tier(&of.binding[i])
		var last *policy.Policy
		for len(active) > 0 && of.rules[active[0].rule].tier == i {
			at := &of.rules[active[0].rule]
			if at.policy.Dialect&ignores != 0 {
				active = active[1:]
				continue
			}
			if at.policy != last {
				r.Policy(at.policy)
				last = at.policy
			}
			r.Rule(at.rule, active[0].sets.Certain, active[0].sets.Possible)
			active = active[1:]
		}
	}
	return r.Admitted()
}
