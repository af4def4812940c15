package query

import (
	"net/netip"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// side is a class of parties with what is looked up for each pair.
type side struct {
	members []model.Party
	// as is the side as policies see it, by the address it uses.
	as              map[netip.Addr]*policy.Endpoint
	ends            []*sideEnd
	inScope         bool
	ingress, egress policy.Stack
	// ingressDoubt and egressDoubt open verdicts that something unread or not
	// modelled may decide otherwise.
	ingressDoubt, egressDoubt policy.Doubt
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
	end   report.End
	count int
	nodes map[string]bool
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
			e = &sideEnd{end: end, nodes: map[string]bool{}}
			index[endKey(end)] = e
			s.ends = append(s.ends, e)
		}
		e.count++
		if p.Unseen || p.Pod.Several() {
			e.count++
		}
		e.nodes[p.NodeName()] = true
	}
	if class[0].Host() {
		return s
	}
	s.ingressDoubt = m.doubtOf(class[0])
	s.egressDoubt = s.ingressDoubt
	if class[0].Unseen {
		return s
	}
	s.ingress = m.Binding(class[0].Pod, report.Ingress)
	s.egress = m.Binding(class[0].Pod, report.Egress)
	return s
}

// eachPair visits the ends of two classes with the sets that they have. Where
// one of them is a node's, it matters who else is on that node, and each case is
// visited.
func (m *mapper) eachPair(from, to *side, visit func(f, t *sideEnd, sets []policy.Admitted)) {
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
				visit(f, t, sets)
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
	if src.Host() {
		return policy.Everything()
	}
	set := policy.Everything()
	if len(from.egress) > 0 {
		c := policy.Connection{Direction: report.Egress, Subject: m.endpoint(from, src, l.src), Peer: m.endpoint(to, dst, l.dst), Ports: connset.All()}
		set = from.egress.Against(c, b, nil).Admitted
	}
	if dst.Host() && near == selector.Yes && !b.OwnNodePoliced {
		// What an administrator's policy denies may be denied here too.
		set = from.egressDoubt.Near(set, report.Egress)
		return policy.Admitted{Certain: connset.All().Subtract(set.Near), Possible: connset.All()}
	}
	if dst.Host() && near == selector.Undetermined {
		set.Possible = connset.All()
	}
	return from.egressDoubt.Apply(set, from.egress.Isolates())
}

func (m *mapper) entering(from, to *side, src, dst model.Party, l link, near selector.Result, b policy.Behaviour) policy.Admitted {
	if dst.Host() || src.Host() && near == selector.Yes {
		return policy.Everything()
	}
	set := policy.Everything()
	if len(to.ingress) > 0 {
		c := policy.Connection{Direction: report.Ingress, Subject: m.endpoint(to, dst, l.dst), Peer: m.endpoint(from, src, l.src), Ports: connset.All()}
		set = to.ingress.Against(c, b, nil).Admitted
	}
	if src.Host() && near == selector.Undetermined {
		set.Possible = connset.All()
	}
	return to.ingressDoubt.Apply(set, to.ingress.Isolates())
}

// NaiveExplain is [Explain], without a fix, asking about every node by itself.
func NaiveExplain(m *model.Model, source, target reference.Reference, o Options) (*report.Explanation, error) {
	out, _, err := (&engine{Model: m, Options: o, nodesAlike: eachNodeAlone(m)}).explain(source, target)
	return out, err
}

// NaiveWhoCanReach is [WhoCanReach], asking about every node by itself.
func NaiveWhoCanReach(m *model.Model, target reference.Reference, o Options) (*report.Reach, error) {
	return (&engine{Model: m, Options: o, nodesAlike: eachNodeAlone(m)}).whoCanReach(target)
}
