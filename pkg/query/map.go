package query

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Scope limits a map to connections that begin or end at certain pods.
type Scope struct {
	// Namespace of the pods; "" is all.
	Namespace string
	Labels    selector.Selector
}

func (s Scope) has(p *snapshot.Pod) bool {
	return (s.Namespace == "" || p.Namespace == s.Namespace) && s.Labels.Match(selector.Known(p.Labels)) == selector.Yes
}

// Map returns every connection that policies allow between workloads, between
// workloads and addresses outside, and through front doors, as sets of protocols
// and ports.
func Map(m *model.Model, s Scope, o Options) *report.Map {
	b := &mapper{engine: &engine{Model: m, Options: o}, scope: s, edges: map[[2]int]*edge{}, ids: map[string]int{}, fringes: map[string]*fringe{}, needs: map[string]bool{}}
	b.run()
	return &report.Map{
		Header: report.NewHeader("Map"), Enforcement: enforcement(m), Edges: b.report(), Gaps: b.gapsFor(b.needs),
	}
}

// mapper evaluates all pairs of classes for all ports at once.
type mapper struct {
	*engine
	scope Scope
	edges map[[2]int]*edge
	ids   map[string]int
	// fringes are the connections of each end with the outside.
	fringes map[string]*fringe
	needs   map[string]bool
	lens    lens
	// behaviours are those of network plugins that a strict map has to suit.
	behaviours []policy.Behaviour
	// ideal leaves out of account what was not read or is not modelled.
	ideal bool
}

// side is a class of parties with what is looked up for each pair.
type side struct {
	members []model.Party
	// as is the side as policies see it, by the address it uses.
	as              map[netip.Addr]*policy.Endpoint
	ends            []*sideEnd
	inScope         bool
	ingress, egress []*policy.Policy
	// ingressLimit and egressLimit open verdicts that something unread or not
	// modelled may decide otherwise.
	ingressLimit, egressLimit limit
}

// endpoint is [model.Model.Endpoint] of the side's first member, made once.
func (m *mapper) endpoint(s *side, p model.Party, addr netip.Addr) *policy.Endpoint {
	if s == nil || s.members[0].Pod != p.Pod {
		e := m.Endpoint(p, addr)
		return &e
	}
	e := s.as[addr]
	if e == nil {
		made := m.Endpoint(p, addr)
		e = &made
		s.as[addr] = e
	}
	return e
}

// sideEnd is what some members of a side are shown as, with the nodes they are on.
type sideEnd struct {
	id    int
	end   report.End
	count int
	nodes map[string]bool
}

// limit says what unread or unmodelled policies may change.
type limit struct {
	mayAllow, mayDeny bool
	// mayIsolate: what no policy isolates, an unread one may; what a rule
	// admits, it cannot close.
	mayIsolate bool
}

// edge collects the sets that the classes of two ends have.
type edge struct {
	ids      [2]int
	from, to report.End
	sets     []admitted
}

// admitted is a set of connections; partly when not all that the ends stand for
// have it.
type admitted struct {
	policy.Admitted
	partly bool
}

func (m *mapper) run() {
	if m.Strict && m.Plugin.Name == "" {
		for _, d := range m.Deviations {
			m.behaviours = append(m.behaviours, d.Behaviour)
		}
	}
	all := append(m.everyPod(), m.unseen()...)
	m.lens = m.lensForEverybody(all)
	var sides []*side
	for _, class := range fold(all, m.lens.key) {
		if present(class[0]) {
			sides = append(sides, m.side(class))
		}
	}
	for _, from := range sides {
		for _, to := range sides {
			if from.inScope || to.inScope {
				m.between(from, to)
			}
		}
	}
	outside := cut(m.outsideUniverse(m.lens), m.lens.cuts)
	for _, s := range sides {
		if s.inScope {
			m.withOutside(s, outside)
		}
	}
	m.addOutside(outside)
	m.doors()
}

// present tells whether a pod has an address, or would have one.
func present(p model.Party) bool { return len(p.Pod.IPs) > 0 || p.Pod.Expected() || p.Unseen }

func (m *mapper) lensForEverybody(all []model.Party) lens {
	namespaces := map[string]bool{}
	for _, p := range all {
		namespaces[p.Pod.Namespace] = true
	}
	return lens{cuts: m.blocksIn(namespaces)}
}

func (m *mapper) side(class []model.Party) *side {
	s := &side{members: class, as: map[netip.Addr]*policy.Endpoint{}}
	index := map[string]*sideEnd{}
	for _, p := range class {
		s.inScope = s.inScope || m.scope.has(p.Pod) || p.Unseen && m.mayBeInScope(p.Pod.Namespace)
		end := m.partyEnd(p)
		if p.Unseen {
			end = report.End{Kind: "Namespace", Name: p.Pod.Namespace}
		}
		e := index[endKey(end)]
		if e == nil {
			e = &sideEnd{id: m.id(end), end: end, nodes: map[string]bool{}}
			index[endKey(end)] = e
			s.ends = append(s.ends, e)
		}
		e.count++
		if p.Unseen || p.Pod.Several() {
			e.count++
		}
		e.nodes[p.NodeName()] = true
	}
	if class[0].Unseen && m.ideal {
		return s
	}
	if class[0].Unseen {
		s.ingressLimit = limit{mayAllow: true, mayDeny: true}
		s.egressLimit = s.ingressLimit
		m.needs[snapshot.Need{Resource: snapshot.Pods, Namespace: class[0].Pod.Namespace}.Permission()] = true
		return s
	}
	if class[0].Host() {
		return s
	}
	s.ingress = m.Isolating(class[0].Pod, report.Ingress)
	s.egress = m.Isolating(class[0].Pod, report.Egress)
	if m.ideal {
		return s
	}
	l := m.limitOf(class[0].Pod.Namespace)
	s.ingressLimit, s.egressLimit = l, l
	return s
}

// mayBeInScope tells whether pods that could not be read, of a namespace or of any
// ("") that was not read, may be some that the question is about.
func (m *mapper) mayBeInScope(namespace string) bool {
	switch {
	case m.scope.Namespace == "" || m.scope.Namespace == namespace:
		return true
	case namespace == "":
		return !m.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: m.scope.Namespace})
	default:
		return false
	}
}

// limitOf is [engine.limits] for sets.
func (m *mapper) limitOf(namespace string) limit {
	var l limit
	if gap := m.PoliciesUnknown(namespace); gap != nil {
		l.mayAllow, l.mayIsolate = true, true
		m.needs[gap.Permission()] = true
	}
	others, gaps := m.Unevaluated(namespace)
	for _, g := range gaps {
		l.mayDeny = true
		l.mayAllow = l.mayAllow || !g.OnlyDenies
		m.needs[g.Permission()] = true
	}
	for _, u := range others {
		l.mayDeny = true
		l.mayAllow = l.mayAllow || !u.OnlyDenies
	}
	return l
}

func (l limit) apply(a policy.Admitted, isolated bool) policy.Admitted {
	if l.mayDeny || l.mayIsolate && !isolated {
		a.Certain = connset.Empty()
	}
	if l.mayAllow {
		a.Possible = connset.All()
	}
	return a
}

// between adds the edges from one class to another.
func (m *mapper) between(from, to *side) {
	m.eachPair(from, to, func(f, t *sideEnd, _ sample, sets []policy.Admitted) {
		for _, set := range sets {
			m.add(f, t, admitted{Admitted: set})
		}
	})
}

// sample is a pair of pods that stands for two classes in one case.
type sample struct {
	src, dst model.Party
	near     selector.Result
}

// eachPair visits the ends of two classes with the sets that they have. Where
// one of them is a node's, it matters who else is on that node, and each case is
// visited.
func (m *mapper) eachPair(from, to *side, visit func(f, t *sideEnd, of sample, sets []policy.Admitted)) {
	src, dst := from.members[0], to.members[0]
	if from == to {
		dst = to.members[len(to.members)-1]
	}
	links, ok := families(src, model.Destination{Party: dst})
	if !ok {
		return
	}
	cases := []selector.Result{selector.No}
	if src.Host() != dst.Host() {
		cases = []selector.Result{selector.No, selector.Undetermined, selector.Yes}
	}
	for _, near := range cases {
		var sets []policy.Admitted
		for _, f := range from.ends {
			for _, t := range to.ends {
				// A class speaks about its pods with each other; a single real
				// pod has nobody to talk to but itself.
				if from == to && f == t && f.count == 1 || len(cases) > 1 && !mayBe(near, src, f, t) {
					continue
				}
				if sets == nil {
					for _, l := range links {
						sets = append(sets, m.admits(from, to, src, dst, l, near))
					}
				}
				visit(f, t, sample{src, dst, near}, sets)
			}
		}
	}
}

// mayBe tells whether pods of two ends, one of them on its node's network, are in
// this case: on one node, on two, or on a node that is not known.
func mayBe(near selector.Result, src model.Party, from, to *sideEnd) bool {
	host, others := from, to
	if !src.Host() {
		host, others = to, from
	}
	var node string // all of a host end are on one node
	for n := range host.nodes {
		node = n
	}
	elsewhere := len(others.nodes)
	for _, n := range []string{"", node} {
		if others.nodes[n] && (n != "" || node != "") {
			elsewhere--
		}
	}
	switch {
	case node == "":
		return near == selector.Undetermined
	case near == selector.Yes:
		return others.nodes[node]
	case near == selector.Undetermined:
		return others.nodes[""]
	default:
		return elsewhere > 0
	}
}

// admits is what both sides let through. In a strict map it is certain only if
// it is so under every network plugin.
func (m *mapper) admits(from, to *side, src, dst model.Party, l link, near selector.Result) policy.Admitted {
	set := func(b policy.Behaviour) policy.Admitted {
		return intersect(m.leaving(from, to, src, dst, l, near, b), m.entering(from, to, src, dst, l, near, b))
	}
	out := set(m.Plugin.Behaviour)
	for _, b := range m.behaviours {
		other := set(b)
		out.Certain, out.Possible = out.Certain.Intersect(other.Certain), out.Possible.Union(other.Possible)
	}
	return out
}

// leaving is what the source's policies let out. Host ends are policed by
// neither side, and a node's own pods are always within its reach.
func (m *mapper) leaving(from, to *side, src, dst model.Party, l link, near selector.Result, b policy.Behaviour) policy.Admitted {
	if src.Host() || dst.Host() && near == selector.Yes && !b.OwnNodePoliced {
		return everything()
	}
	set := everything()
	if len(from.egress) > 0 {
		c := policy.Connection{Direction: report.Egress, Subject: m.endpoint(from, src, l.src), Peer: m.endpoint(to, dst, l.dst)}
		set = policy.Admits(c, from.egress, b)
	}
	if dst.Host() && near == selector.Undetermined {
		set.Possible = connset.All()
	}
	return from.egressLimit.apply(set, len(from.egress) > 0)
}

func (m *mapper) entering(from, to *side, src, dst model.Party, l link, near selector.Result, b policy.Behaviour) policy.Admitted {
	if dst.Host() || src.Host() && near == selector.Yes {
		return everything()
	}
	set := everything()
	if len(to.ingress) > 0 {
		c := policy.Connection{Direction: report.Ingress, Subject: m.endpoint(to, dst, l.dst), Peer: m.endpoint(from, src, l.src)}
		set = policy.Admits(c, to.ingress, b)
	}
	if src.Host() && near == selector.Undetermined {
		set.Possible = connset.All()
	}
	return to.ingressLimit.apply(set, len(to.ingress) > 0)
}

func everything() policy.Admitted {
	return policy.Admitted{Certain: connset.All(), Possible: connset.All()}
}

func intersect(a, b policy.Admitted) policy.Admitted {
	return policy.Admitted{Certain: a.Certain.Intersect(b.Certain), Possible: a.Possible.Intersect(b.Possible)}
}

// fringe is what an end has with each outside block: the sets of its classes.
type fringe struct {
	end       *sideEnd
	reachable familySet
	in, out   map[string][]policy.Admitted
}

// withOutside notes the connections between a class and outside addresses.
func (m *mapper) withOutside(s *side, outside []model.Party) {
	pod := s.members[0]
	if pod.Unseen {
		return
	}
	reachable := familiesOf(pod.Addresses())
	for _, o := range reachable.within(outside) {
		block := o.Block.String()
		var in, out []policy.Admitted
		if links, ok := families(o, model.Destination{Party: pod}); ok {
			in = []policy.Admitted{m.entering(nil, s, o, pod, links[0], selector.No, m.Plugin.Behaviour)}
		}
		if links, ok := families(pod, model.Destination{Party: o}); ok {
			out = []policy.Admitted{m.leaving(s, nil, pod, o, links[0], selector.No, m.Plugin.Behaviour)}
		}
		for _, e := range s.ends {
			f := m.fringes[endKey(e.end)]
			if f == nil {
				f = &fringe{end: e, in: map[string][]policy.Admitted{}, out: map[string][]policy.Admitted{}}
				m.fringes[endKey(e.end)] = f
			}
			f.reachable = f.reachable.union(reachable)
			f.in[block] = union(f.in[block], in)
			f.out[block] = union(f.out[block], out)
		}
	}
}

func union(list, more []policy.Admitted) []policy.Admitted {
	for _, set := range more {
		if !slices.Contains(list, set) {
			list = append(list, set)
		}
	}
	return list
}

// addOutside adds the edges of every end with the blocks of outside addresses
// that have the same connections with all, or with some, of its pods.
func (m *mapper) addOutside(outside []model.Party) {
	for _, f := range m.fringes {
		for _, blocks := range groupBlocks(outside, f.in) {
			m.add(m.blocksEnd(blocks.list, f.reachable), f.end, blocks.admitted)
		}
		for _, blocks := range groupBlocks(outside, f.out) {
			m.add(f.end, m.blocksEnd(blocks.list, f.reachable), blocks.admitted)
		}
	}
}

type blockGroup struct {
	admitted
	list []address.Block
}

func groupBlocks(outside []model.Party, sets map[string][]policy.Admitted) []*blockGroup {
	var out []*blockGroup
	index := map[admitted]*blockGroup{}
	for _, o := range outside {
		have := sets[o.Block.String()]
		for _, set := range have {
			key := admitted{set, len(have) > 1}
			g := index[key]
			if g == nil {
				g = &blockGroup{admitted: key}
				index[key] = g
				out = append(out, g)
			}
			g.list = append(g.list, o.Block)
		}
	}
	return out
}

// blocksEnd shows blocks as one end, by the name of the internet where they are
// the part of it that the pod's IP families reach.
func (m *mapper) blocksEnd(blocks []address.Block, f familySet) *sideEnd {
	members := report.Members{End: report.End{Kind: "Addresses"}}
	for _, b := range blocks {
		members.End.Addresses = append(members.End.Addresses, b.String())
	}
	nameInternet(&members, m.lens, f)
	return m.shown(members.End)
}

// id numbers the ends, so that edges are found without spelling them out.
func (m *mapper) id(end report.End) int {
	key := endKey(end)
	id, ok := m.ids[key]
	if !ok {
		id = len(m.ids)
		m.ids[key] = id
	}
	return id
}

// shown is an end that is no side's.
func (m *mapper) shown(end report.End) *sideEnd { return &sideEnd{id: m.id(end), end: end} }

func (m *mapper) add(from, to *sideEnd, set admitted) {
	key := [2]int{from.id, to.id}
	e := m.edges[key]
	if e == nil {
		e = &edge{from: from.end, to: to.end}
		m.edges[key] = e
	}
	if !slices.Contains(e.sets, set) {
		e.sets = append(e.sets, set)
	}
}

// report turns each edge into one row per set that it has: what all classes
// have, and what only some do.
func (m *mapper) report() []report.Edge {
	out := []report.Edge{}
	for _, e := range m.sorted() {
		for _, set := range e.sets {
			partly := len(e.sets) > 1 || set.partly
			if !set.Certain.IsEmpty() {
				out = append(out, report.Edge{From: e.from, To: e.to, Verdict: report.Allowed, Connections: set.Certain, Partly: partly})
			}
			if open := set.Possible.Subtract(set.Certain); !open.IsEmpty() {
				out = append(out, report.Edge{From: e.from, To: e.to, Verdict: report.Unknown, Connections: open, Partly: partly})
			}
		}
	}
	return out
}

// sorted orders the edges by their ends, and the sets of each. The ends are
// compared once each, not once an edge.
func (m *mapper) sorted() []*edge {
	keys := make([]string, len(m.ids))
	edges := make([]*edge, 0, len(m.edges))
	order := make([]int, len(m.ids))
	for id, e := range m.edges {
		keys[id[0]], keys[id[1]] = edgeKey(e.from), edgeKey(e.to)
		e.ids = id
		edges = append(edges, e)
		slices.SortFunc(e.sets, func(a, b admitted) int {
			return cmp.Or(strings.Compare(a.Certain.String(), b.Certain.String()), strings.Compare(a.Possible.String(), b.Possible.String()))
		})
	}
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	rank := make([]int, len(order))
	for at, id := range order {
		rank[id] = at
	}
	slices.SortFunc(edges, func(a, b *edge) int {
		return cmp.Or(cmp.Compare(rank[a.ids[0]], rank[b.ids[0]]), cmp.Compare(rank[a.ids[1]], rank[b.ids[1]]))
	})
	return edges
}

// edgeKey orders ends by namespace and name, addresses last.
func edgeKey(e report.End) string {
	if e.Kind == "Internet" || e.Kind == "Addresses" {
		return "\x7f" + strings.Join(e.Addresses, ",")
	}
	return e.Namespace + "\x00" + e.Name + "\x00" + e.Kind
}
