package query

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// profile is units that their own policies treat alike in one direction: the same
// rules, port names that stand for the same ports, the same things unread.
type profile struct {
	// binding is what binds the first unit, and rules are those of all its policies;
	// of a tier whose policies add up, each once. The policies of other units may have
	// other names.
	binding  policy.Stack
	rules    []placed
	isolated bool
	doubt    policy.Doubt
	first    int32
	// blocks: some rule has an ipBlock.
	blocks bool
	// rows are what the group has with each unit, by plane.
	rows [planes]row
	// ends that have units of it, and those that have some in the map's scope.
	ends, inScope []int32
}

// profiler sorts units into profiles. Matrices that are like each other share it, and
// profiles are the same where their rules are.
type profiler struct {
	*matrix
	direction report.Direction
	peers     *peerFinder
	list      []*profile
	index     map[string]int32
	free      map[policy.Doubt]int32
	rules     map[string]uint32
	ids       map[*policy.Rule]uint32
	// lists by their first tier: classes that the same policies bind share a stack.
	lists  map[*policy.Tier]*ruleList
	doubts map[int32]policy.Doubt
}

// placed is a rule in its place in a stack.
type placed struct {
	tier   int
	policy *policy.Policy
	rule   *policy.Rule
}

// ruleList is the rules of a stack.
type ruleList struct {
	rules []placed
	key   string
	// names are the port names that ingress rules name.
	names []*policy.Port
	// subjects are what rules say of the pods that they apply to.
	subjects []*policy.Peer
	// group of the units, where no port name may tell them apart; -1: none yet.
	group int32
}

func newProfiler(d report.Direction, peers *peerFinder) *profiler {
	return &profiler{
		direction: d, peers: peers, index: map[string]int32{}, free: map[policy.Doubt]int32{}, rules: map[string]uint32{}, ids: map[*policy.Rule]uint32{},
	}
}

func (x *matrix) findProfiles() {
	for _, g := range x.profilers {
		first := len(g.list)
		g.matrix, g.lists, g.doubts = x, map[*policy.Tier]*ruleList{}, map[int32]policy.Doubt{}
		for i := range x.units {
			id := g.of(int32(i))
			if g.direction == report.Egress {
				x.units[i].egress = id
			} else {
				x.units[i].ingress = id
			}
		}
		for _, p := range g.list[first:] {
			g.fill(p)
		}
	}
	x.ingress, x.egress = x.profilers[0].list, x.profilers[1].list
}

// of is the number of a unit's group.
func (g *profiler) of(at int32) int32 {
	u := &g.units[at]
	switch {
	case u.host:
		return g.unbound(at, policy.Doubt{}) // the node, which no policy selects
	case u.party.Unseen:
		return g.unbound(at, g.doubtOf(u.party))
	}
	doubt, ok := g.doubts[u.place]
	if !ok {
		doubt = g.doubtOf(u.party)
		g.doubts[u.place] = doubt
	}
	binding := g.classes[u.class].Ingress
	if g.direction == report.Egress {
		binding = g.classes[u.class].Egress
	}
	if len(binding) == 0 {
		return g.unbound(at, doubt)
	}
	list := g.lists[&binding[0]]
	if list == nil {
		list = g.rulesOf(binding)
		g.lists[&binding[0]] = list
	}
	if list.group >= 0 {
		return list.group
	}
	text := fmt.Sprint(list.key, doubt, g.resolved(list.names, at), g.applying(list.subjects, at))
	id, ok := g.index[text]
	if !ok {
		id = g.add(&profile{binding: binding, rules: list.rules, isolated: binding.Isolates(), doubt: doubt, first: at})
		g.index[text] = id
	}
	if len(list.names)+len(list.subjects) == 0 {
		list.group = id
	}
	return id
}

// unbound is the group of units that no policy isolates.
func (g *profiler) unbound(at int32, d policy.Doubt) int32 {
	id, ok := g.free[d]
	if !ok {
		id = g.add(&profile{first: at, doubt: d})
		g.free[d] = id
	}
	return id
}

func (g *profiler) add(of *profile) int32 {
	g.list = append(g.list, of)
	return int32(len(g.list) - 1)
}

// rulesOf collects the rules of a stack.
func (g *profiler) rulesOf(binding policy.Stack) *ruleList {
	out := &ruleList{group: -1}
	var key []byte
	for i := range binding {
		tier := &binding[i]
		var ids []uint32
		for _, p := range tier.Policies {
			if tier.Ordered {
				// Where the policy begins, and whether it counts.
				ids = append(ids, ^uint32(0), uint32(p.Rank), uint32(p.Dialect))
			}
			rules := p.In(g.direction).Rules
			for j := range rules {
				r := &rules[j]
				id := g.rule(r)
				if !tier.Ordered && p.Dialect == 0 && slices.Contains(ids, id) {
					continue
				}
				ids = append(ids, id)
				out.rules = append(out.rules, placed{i, p, r})
				out.named(g.direction, r)
			}
		}
		if !tier.Ordered {
			slices.Sort(ids)
		}
		key = append(key, byte(tier.Else), byte(len(ids)), byte(len(ids)>>8), byte(len(ids)>>16))
		if tier.Ordered {
			key = append(key, 1)
		}
		for _, id := range ids {
			key = binary.LittleEndian.AppendUint32(key, id)
		}
	}
	out.key = string(key)
	return out
}

// named notes the port names of a rule that stand for ports of the subject.
func (l *ruleList) named(d report.Direction, r *policy.Rule) {
	if r.Subject != nil {
		l.subjects = append(l.subjects, r.Subject)
	}
	for _, ports := range [][]policy.Port{r.Ports, r.NotPorts} {
		for i := range ports {
			if d == report.Ingress && ports[i].Name != "" {
				l.names = append(l.names, &ports[i])
			}
		}
	}
}

// applying tells which rules apply to a unit, on each plane.
func (g *profiler) applying(subjects []*policy.Peer, at int32) string {
	var b []byte
	for _, s := range subjects {
		for plane, used := range g.used {
			if used {
				b = append(b, byte(s.Match(&g.endpoints[plane][at], policy.Behaviour{})))
			}
		}
	}
	return string(b)
}

// rule numbers rules by what they say.
func (g *profiler) rule(r *policy.Rule) uint32 {
	if id, ok := g.ids[r]; ok {
		return id
	}
	var b strings.Builder
	b.WriteByte(byte(r.Action))
	fmt.Fprintf(&b, "%v %v %s\x00", r.AnyPeer, r.AnyPort, r.Unclear)
	for i := range r.Peers {
		b.WriteString("\x00" + r.Peers[i].Key() + "\x01")
	}
	b.WriteByte('\x02')
	for i := range r.Ports {
		b.WriteString(r.Ports[i].String() + "\x01")
	}
	for i := range r.NotPorts {
		b.WriteString("\x03" + r.NotPorts[i].String())
	}
	if r.Subject != nil {
		b.WriteString("\x04" + r.Subject.Key())
	}
	id, ok := g.rules[b.String()]
	if !ok {
		id = uint32(len(g.rules))
		g.rules[b.String()] = id
	}
	g.ids[r] = id
	return id
}

// resolved is what port names stand for on a unit.
func (g *profiler) resolved(names []*policy.Port, at int32) string {
	var b strings.Builder
	for _, name := range names {
		certain, _ := (&policy.Rule{Ports: []policy.Port{*name}}).Admits(g.endpoint(at))
		b.WriteString(certain.String() + "\x00")
	}
	return b.String()
}

// fill finds what a group has with each unit.
func (g *profiler) fill(of *profile) {
	for _, r := range of.rules {
		of.blocks = of.blocks || r.rule.Subject != nil && r.rule.Subject.Addressed() || slices.ContainsFunc(r.rule.Peers, func(p policy.Peer) bool { return p.Addressed() })
	}
	done := -1
	for plane := range planes {
		switch {
		case !g.used[plane]:
		case done >= 0 && !of.blocks:
			of.rows[plane] = of.rows[done]
		default:
			of.rows[plane], done = g.row(of, plane), plane
		}
	}
}

func (g *profiler) row(of *profile, plane int) row {
	out := row{base: all}
	if len(of.binding) > 0 {
		var parts []part
		for b, behaviour := range g.counted {
			for i := range of.rules {
				parts = append(parts, g.parts(of, i, plane, b, behaviour)...)
			}
		}
		out = g.values.rowOf(of, parts, int32(len(g.units)), g.counted)
	}
	if of.doubt.None() {
		return out
	}
	doubted := func(_ int, a policy.Admitted) policy.Admitted {
		return of.doubt.Near(of.doubt.Apply(a, of.isolated), g.direction)
	}
	out.base = g.values.change(out.base, doubted)
	for i := range out.spans {
		out.spans[i].value = g.values.change(out.spans[i].value, doubted)
	}
	return out
}

// parts is what one rule matches, by whom.
func (g *profiler) parts(of *profile, at, plane, b int, behaviour policy.Behaviour) []part {
	r := of.rules[at].rule
	about := selector.Yes
	if r.Subject != nil {
		about = r.Subject.Match(&g.endpoints[plane][of.first], policy.Behaviour{})
	}
	if about == selector.No {
		return nil
	}
	var found peerUnits
	if r.AnyPeer {
		found.yes = []interval{{0, int32(len(g.units))}}
	}
	for i := range r.Peers {
		p := g.peers.find(&r.Peers[i], plane, behaviour)
		found.yes, found.maybe = append(found.yes, p.yes...), append(found.maybe, p.maybe...)
	}
	if about == selector.Undetermined {
		found.maybe, found.yes = append(found.maybe, found.yes...), nil
	}
	var out []part
	add := func(certain, possible connset.Set, where peerUnits) {
		if len(where.yes) > 0 {
			out = append(out, part{b, at, policy.Admitted{Certain: certain, Possible: possible}, where.yes})
		}
		if len(where.maybe) > 0 {
			out = append(out, part{b, at, policy.Admitted{Possible: possible}, where.maybe})
		}
	}
	isNamed := func(p policy.Port) bool { return p.Name != "" }
	named := slices.ContainsFunc(r.Ports, isNamed) || slices.ContainsFunc(r.NotPorts, isNamed)
	if g.direction == report.Ingress || !named {
		certain, possible := r.Admits(g.endpoint(of.first))
		add(certain, possible, found)
		return out
	}
	// Each unit resolves the names for itself.
	index := map[policy.Admitted]int{}
	var sets []policy.Admitted
	var where []peerUnits
	resolve := func(list []interval, to func(*peerUnits) *[]interval) {
		for _, w := range list {
			for u := w.from; u < w.to; u++ {
				certain, possible := r.Admits(g.endpoint(u))
				set := policy.Admitted{Certain: certain, Possible: possible}
				at, ok := index[set]
				if !ok {
					at = len(sets)
					index[set] = at
					sets, where = append(sets, set), append(where, peerUnits{})
				}
				units := to(&where[at])
				if last := len(*units) - 1; last >= 0 && (*units)[last].to == u {
					(*units)[last].to++
				} else {
					*units = append(*units, interval{u, u + 1})
				}
			}
		}
	}
	resolve(found.yes, func(p *peerUnits) *[]interval { return &p.yes })
	resolve(found.maybe, func(p *peerUnits) *[]interval { return &p.maybe })
	for i := range sets {
		add(sets[i].Certain, sets[i].Possible, where[i])
	}
	return out
}
