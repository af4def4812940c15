package query

import (
	"cmp"
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

// Map returns every connection that policies allow between workloads, and
// between workloads and addresses outside, as sets of protocols and ports.
func Map(m *model.Model, s Scope, o Options) *report.Map {
	b := &mapper{engine: &engine{Model: m, Options: o}, scope: s, edges: map[string]*edge{}, needs: map[string]bool{}}
	b.run()
	return &report.Map{
		Header: report.NewHeader("Map"), Enforcement: enforcement(m), Edges: b.report(), Gaps: b.gapsFor(b.needs),
	}
}

// mapper evaluates all pairs of classes for all ports at once.
type mapper struct {
	*engine
	scope Scope
	edges map[string]*edge
	needs map[string]bool
	lens  lens
}

// side is a class of parties with what is looked up for each pair.
type side struct {
	members         []model.Party
	end             report.End
	inScope         bool
	ingress, egress []*policy.Policy
	// ingressLimit and egressLimit open verdicts that something unread or not
	// modelled may decide otherwise.
	ingressLimit, egressLimit limit
}

// limit says what an unread or unmodelled policy may change.
type limit struct{ mayAllow, mayDeny bool }

// edge collects the sets that the classes of two ends have.
type edge struct {
	from, to report.End
	sets     []policy.Admitted
}

func (m *mapper) run() {
	all := append(m.everyPod(), m.unseen()...)
	m.lens = m.lensForEverybody(all)
	var sides []*side
	for _, class := range fold(all, m.lens.key) {
		sides = append(sides, m.side(class))
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
}

func (m *mapper) lensForEverybody(all []model.Party) lens {
	namespaces := map[string]bool{}
	for _, p := range all {
		namespaces[p.Pod.Namespace] = true
	}
	return lens{cuts: m.blocksIn(namespaces)}
}

func (m *mapper) side(class []model.Party) *side {
	s := &side{members: class, end: m.partyEnd(class[0])}
	for _, p := range class {
		s.inScope = s.inScope || m.scope.has(p.Pod)
	}
	if class[0].Unseen {
		s.end = report.End{Kind: "Namespace", Name: class[0].Pod.Namespace}
		s.ingressLimit = limit{true, true}
		s.egressLimit = limit{true, true}
		m.needs[snapshot.Need{Resource: snapshot.Pods, Namespace: class[0].Pod.Namespace}.Permission()] = true
		return s
	}
	if class[0].Host() {
		return s
	}
	s.ingress = m.Isolating(class[0].Pod, report.Ingress)
	s.egress = m.Isolating(class[0].Pod, report.Egress)
	l := m.limitOf(class[0].Pod.Namespace)
	s.ingressLimit, s.egressLimit = l, l
	return s
}

// limitOf is [engine.limits] for sets.
func (m *mapper) limitOf(namespace string) limit {
	var l limit
	if gap := m.PoliciesUnknown(namespace); gap != nil {
		l = limit{true, true}
		m.needs[gap.Need.Permission()] = true
	}
	others, gap := m.Unevaluated(namespace)
	if gap != nil {
		l = limit{true, true}
		m.needs[gap.Message] = true
	}
	for _, u := range others {
		l.mayDeny = true
		l.mayAllow = l.mayAllow || !u.OnlyDenies
	}
	return l
}

func (l limit) apply(a policy.Admitted) policy.Admitted {
	if l.mayDeny {
		a.Certain = connset.Empty()
	}
	if l.mayAllow {
		a.Possible = connset.All()
	}
	return a
}

// between adds the edge from one class to another. Host ends are policed by
// neither side, and a node's own pods are always within its reach.
func (m *mapper) between(from, to *side) {
	src, dst := from.members[0], to.members[0]
	if from == to {
		// A class speaks about its pods with each other; a single real pod has
		// nobody to talk to but itself.
		if len(from.members) == 1 && !src.Pod.Several() {
			return
		}
		dst = to.members[len(to.members)-1]
	}
	links, ok := families(src, model.Destination{Party: dst})
	if !ok || len(src.Pod.IPs) == 0 && !src.Pod.Expected() && !src.Unseen || len(dst.Pod.IPs) == 0 && !dst.Pod.Expected() && !dst.Unseen {
		return
	}
	for _, l := range links {
		m.add(from.end, to.end, intersect(m.leaving(from, src, dst, l), m.entering(to, src, dst, l)))
	}
}

func (m *mapper) leaving(from *side, src, dst model.Party, l link) policy.Admitted {
	if src.Host() || dst.Host() && sameNode(src, dst) == selector.Yes && !m.Plugin.Behaviour.OwnNodePoliced {
		return everything()
	}
	subject, peer := m.Endpoint(src, l.src), m.Endpoint(dst, l.dst)
	set := policy.Admits(policy.Connection{Direction: report.Egress, Subject: &subject, Peer: &peer}, from.egress, m.Plugin.Behaviour)
	if dst.Host() && sameNode(src, dst) == selector.Undetermined {
		set.Possible = connset.All()
	}
	return from.egressLimit.apply(set)
}

func (m *mapper) entering(to *side, src, dst model.Party, l link) policy.Admitted {
	if dst.Host() || src.Host() && sameNode(src, dst) == selector.Yes {
		return everything()
	}
	subject, peer := m.Endpoint(dst, l.dst), m.Endpoint(src, l.src)
	set := policy.Admits(policy.Connection{Direction: report.Ingress, Subject: &subject, Peer: &peer}, to.ingress, m.Plugin.Behaviour)
	if src.Host() && sameNode(src, dst) == selector.Undetermined {
		set.Possible = connset.All()
	}
	return to.ingressLimit.apply(set)
}

func everything() policy.Admitted {
	return policy.Admitted{Certain: connset.All(), Possible: connset.All()}
}

func intersect(a, b policy.Admitted) policy.Admitted {
	return policy.Admitted{Certain: a.Certain.Intersect(b.Certain), Possible: a.Possible.Intersect(b.Possible)}
}

// withOutside adds the edges between a class and outside addresses.
func (m *mapper) withOutside(s *side, outside []model.Party) {
	pod := s.members[0]
	if pod.Unseen {
		return
	}
	in, out := map[policy.Admitted][]address.Block{}, map[policy.Admitted][]address.Block{}
	reachable := familiesOf(pod.Addresses())
	for _, o := range reachable.within(outside) {
		if links, ok := families(o, model.Destination{Party: pod}); ok {
			set := m.entering(s, o, pod, links[0])
			in[set] = append(in[set], o.Block)
		}
		if links, ok := families(pod, model.Destination{Party: o}); ok {
			set := m.leaving(s, pod, o, links[0])
			out[set] = append(out[set], o.Block)
		}
	}
	for set, blocks := range in {
		m.add(m.blocksEnd(blocks, reachable), s.end, set)
	}
	for set, blocks := range out {
		m.add(s.end, m.blocksEnd(blocks, reachable), set)
	}
}

// blocksEnd shows blocks as one end, by the name of the internet where they are
// the part of it that the pod's IP families reach.
func (m *mapper) blocksEnd(blocks []address.Block, f familySet) report.End {
	members := report.Members{End: report.End{Kind: "Addresses"}}
	for _, b := range blocks {
		members.End.Addresses = append(members.End.Addresses, b.String())
	}
	nameInternet(&members, m.lens, f)
	return members.End
}

func (m *mapper) add(from, to report.End, set policy.Admitted) {
	key := endKey(from) + "\x01" + endKey(to)
	e := m.edges[key]
	if e == nil {
		e = &edge{from: from, to: to}
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
	for _, e := range m.edges {
		for _, set := range e.sets {
			partly := len(e.sets) > 1
			if !set.Certain.IsEmpty() {
				out = append(out, report.Edge{From: e.from, To: e.to, Verdict: report.Allowed, Connections: set.Certain, Partly: partly})
			}
			if open := set.Possible.Subtract(set.Certain); !open.IsEmpty() {
				out = append(out, report.Edge{From: e.from, To: e.to, Verdict: report.Unknown, Connections: open, Partly: partly})
			}
		}
	}
	slices.SortFunc(out, func(a, b report.Edge) int {
		return cmp.Or(strings.Compare(edgeKey(a.From), edgeKey(b.From)), strings.Compare(edgeKey(a.To), edgeKey(b.To)),
			cmp.Compare(a.Verdict, b.Verdict), strings.Compare(a.Connections.String(), b.Connections.String()))
	})
	return out
}

// edgeKey orders ends by namespace and name, addresses last.
func edgeKey(e report.End) string {
	if e.Kind == "Internet" || e.Kind == "Addresses" {
		return "\x7f" + strings.Join(e.Addresses, ",")
	}
	return e.Namespace + "\x00" + e.Name + "\x00" + e.Kind
}
