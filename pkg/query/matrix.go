package query

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// matrix is what all pods have with each other, kept as the two sides of it: what
// the policies of each group of targets let in from each unit, and what those of
// each group of sources let out to each. A connection needs both, and edges are
// made from them one by one; see [matrix.edges].
type matrix struct {
	*mapper
	values *values
	// counted are the behaviours of network plugins that a value has a set for.
	counted []policy.Behaviour
	units   []unit
	classes []*model.Class
	// endpoints are the units as policies see them, by plane.
	endpoints [planes][]policy.Endpoint
	used      [planes]bool
	places    []place
	placeIDs  map[string]int32

	ingress, egress []*profile
	// profilers made them, and make those of matrices like this one.
	profilers [2]*profiler

	// shown are all ends, in the order in which edges have them once they are
	// joined; endIDs finds them by their key.
	shown  []shownEnd
	endIDs map[string]int32
	// others are the edges with ends that are no pods, by their from and to.
	others []otherEdge

	reach reachable
}

// otherEdge is a set that an end has with one that is no pod.
type otherEdge struct {
	from, to int32
	set      int32
	partly   bool
}

// matrix evaluates all pods against all, told apart by the mapper's lens.
func (m *mapper) matrix() *matrix {
	x := &matrix{
		mapper: m, counted: append([]policy.Behaviour{m.Plugin.Behaviour}, m.behaviours...),
		placeIDs: map[string]int32{}, endIDs: map[string]int32{},
	}
	x.values = newValues(len(x.counted))
	x.findUnits()
	peers := newPeerFinder(x)
	x.profilers = [2]*profiler{newProfiler(report.Ingress, peers), newProfiler(report.Egress, peers)}
	x.findProfiles()
	return x
}

// like is the matrix of another mapper, of the same pods, namespaces and network plugin
// ([sameGround]): units, ends, values and profiles have the same numbers in both, and
// only profiles that this one has not are found.
func (x *matrix) like(m *mapper) *matrix {
	m.lens = x.lens
	y := *x
	y.mapper, y.units, y.classes = m, slices.Clone(x.units), m.Classes()
	y.findProfiles()
	return &y
}

// sameGround tells whether models differ in their policies alone, and in what may be
// said of them.
func sameGround(a, b *engine) bool {
	unread := func(p, q model.Party) bool { return p.Pod.Namespace == q.Pod.Namespace }
	return a.SamePods(b.Model) && reflect.DeepEqual(a.Plugin, b.Plugin) && slices.EqualFunc(a.unseen(), b.unseen(), unread)
}

// lensForEverybody has the CIDRs of all policies that may bind somebody.
func (m *mapper) lensForEverybody() lens {
	namespaces := map[string]bool{}
	for _, c := range m.Classes() {
		namespaces[c.Pods[0].Namespace] = true
	}
	for _, p := range m.unseen() {
		namespaces[p.Pod.Namespace] = true
	}
	return lens{cuts: m.blocksIn(namespaces)}
}

// endpoint is a unit as policies see it, whatever its address.
func (x *matrix) endpoint(unit int32) *policy.Endpoint {
	for plane := range planes {
		if x.used[plane] {
			return &x.endpoints[plane][unit]
		}
	}
	return nil
}

// end numbers an end.
func (x *matrix) end(e report.End) int32 {
	key := edgeKey(e)
	id, ok := x.endIDs[key]
	if !ok {
		id = int32(len(x.shown))
		x.endIDs[key] = id
		x.shown = append(x.shown, shownEnd{end: e})
	}
	return id
}

// join takes in the edges of front doors, puts the ends in order and prepares for
// finding the targets of each.
func (x *matrix) join() {
	for _, e := range x.mapper.edges {
		from, to := x.end(e.from), x.end(e.to)
		for _, s := range e.sets {
			x.others = append(x.others, otherEdge{from, to, x.values.set(s.Admitted), s.partly})
		}
	}
	keys := make([]string, len(x.shown))
	for key, id := range x.endIDs {
		keys[id] = key
	}
	order := make([]int32, len(x.shown))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(keys[a], keys[b]) })
	shown, rank := make([]shownEnd, len(order)), make([]int32, len(order))
	for at, id := range order {
		shown[at], rank[id] = x.shown[id], int32(at)
	}
	x.shown, x.endIDs = shown, nil
	for i := range x.others {
		e := &x.others[i]
		e.from, e.to = rank[e.from], rank[e.to]
	}
	slices.SortFunc(x.others, func(a, b otherEdge) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	x.findReachable()
}

// reachable finds the ends to which a unit may have an edge.
type reachable struct {
	// open ends are those that may let anybody in; admitting are the groups that
	// let in nobody but some, by the namespaces of those.
	open, openInScope []int32
	admitting         [][]int32
	// onNode are the ends with pods on a node.
	onNode [][]int32
}

func (x *matrix) findReachable() {
	r := &x.reach
	r.admitting = make([][]int32, len(x.places))
	for i, e := range x.shown {
		at := int32(i)
		for _, p := range e.pods {
			u := &x.units[p.unit]
			g := x.ingress[u.ingress]
			note(&g.ends, at)
			if u.inScope {
				note(&g.inScope, at)
			}
			if x.openTo(g) {
				note(&r.open, at)
				if u.inScope {
					note(&r.openInScope, at)
				}
			}
			for _, n := range p.nodes {
				for int(n) >= len(r.onNode) {
					r.onNode = append(r.onNode, nil)
				}
				note(&r.onNode[n], at)
			}
		}
	}
	for i, g := range x.ingress {
		if x.openTo(g) {
			continue
		}
		for plane := range planes {
			for _, s := range g.rows[plane].spans {
				for u := s.from; u < s.to; u++ {
					note(&r.admitting[x.units[u].place], int32(i))
				}
			}
		}
	}
	for i := range r.admitting {
		slices.Sort(r.admitting[i])
		r.admitting[i] = slices.Compact(r.admitting[i])
	}
}

// note appends to an ascending list what is not its last item.
func note(list *[]int32, item int32) {
	if n := len(*list); n == 0 || (*list)[n-1] != item {
		*list = append(*list, item)
	}
}

// openTo tells whether a group lets in anybody but some.
func (x *matrix) openTo(g *profile) bool {
	for plane, used := range x.used {
		if used && g.rows[plane].base != none {
			return true
		}
	}
	return false
}

// undecided tells whether some edge is Unknown.
func (x *matrix) undecided() bool {
	open := len(x.counted) > 1 || slices.ContainsFunc(x.values.sets, func(a policy.Admitted) bool { return a.Certain != a.Possible || !a.Near.IsEmpty() }) ||
		len(x.reach.onNode) > 0 && len(x.reach.onNode[0]) > 0
	if !open {
		return false
	}
	for e := range x.edges {
		if e.Verdict == report.Unknown {
			return true
		}
	}
	return false
}

// nearOf is a value of a side that has not the host's end, by whether the ends
// share a node.
func (x *matrix) nearOf(value int32, d report.Direction, near selector.Result) int32 {
	if near == selector.No {
		return value
	}
	return x.values.change(value, func(b int, a policy.Admitted) policy.Admitted { return a.Exempt(d, x.counted[b].Exempts(d, near)) })
}
