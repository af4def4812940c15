package query

import (
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// doors adds the front doors: from the outside to each door where clients get
// in, and from the door to the backends that its data plane reaches. Nothing is
// drawn for a way that is broken or denied.
func (m *mapper) doors() {
	for _, r := range m.doorRefs() {
		m.door(r)
	}
	for _, r := range []snapshot.Resource{
		snapshot.Ingresses, snapshot.IngressClasses, snapshot.Gateways, snapshot.GatewayClasses,
		snapshot.HTTPRoutes, snapshot.GRPCRoutes, snapshot.TLSRoutes, snapshot.TCPRoutes, snapshot.UDPRoutes, snapshot.ListenerSets,
	} {
		if gap := m.Hidden(r, m.scope.Namespace); gap != nil {
			m.needs[gap.Permission()] = true
		}
	}
}

func (m *mapper) door(r reference.Reference) {
	doors, err := frontdoor.Open(m.Model, r, m.Controllers)
	if err != nil {
		return
	}
	for _, d := range doors {
		if d.DataPlane.Problem == report.NotRead {
			m.needs[d.DataPlane.Detail] = true
		}
		if d.DataPlane.Problem != "" {
			m.undecidedDoor(d)
			continue
		}
		seen := false
		for _, b := range backends(d) {
			if b.first().Broken == report.NotRead {
				m.needs[b.first().Detail] = true
			}
			for _, t := range b.first().Destinations {
				if t.Broken == report.NotRead {
					m.needs[t.Detail] = true
				}
			}
			if b.first().Broken != "" || !m.leadsInScope(d, b.first().Destinations) {
				continue
			}
			seen = m.edgesOf(m.leavingDoor(d, b), nil, endPointer(doorEnd(d))) || seen
		}
		if !seen && (m.scope.Namespace != "" && d.Object.Namespace != m.scope.Namespace) {
			continue
		}
		switch arrivals := m.arrivals(d); {
		case len(arrivals) > 0:
			m.edgesOf(m.arriving(d, m.clientsOf(d, arrivals), arrivals), endPointer(doorEnd(d)), nil)
		case seen && guardsClients(d): // who gets to the load balancer, its guards say
		case seen: // a load balancer outside, whose clients no policy of the cluster meets
			ports := connset.Empty()
			for _, p := range requestPorts(d) {
				ports = ports.Union(connset.Of(p.Protocol, p.Number, p.Number))
			}
			m.add(report.End{Kind: "Internet"}, doorEnd(d), admitted{Admitted: policy.Admitted{Certain: ports, Possible: ports}})
		}
	}
}

// undecidedDoor draws the ways of a door of which it is not known what carries its
// traffic: they may work.
func (m *mapper) undecidedDoor(d *frontdoor.Door) {
	if problemVerdict(d.DataPlane.Problem) != report.Unknown {
		return
	}
	for _, b := range backends(d) {
		for _, t := range b.first().Destinations {
			if t.Broken == "" && t.Pod != nil && m.scope.has(t.Pod) {
				set := admitted{Admitted: policy.Admitted{Possible: policy.At(t.Port.Protocol, t.Port.Pod)}}
				m.add(doorEnd(d), m.partyEnd(t.Party), set)
			}
		}
	}
}

func endPointer(e report.End) *report.End { return &e }

// leadsInScope tells whether a way begins or ends at what the map is about.
func (m *mapper) leadsInScope(d *frontdoor.Door, dsts []model.Destination) bool {
	for _, t := range dsts {
		if t.Pod != nil && m.scope.has(t.Pod) {
			return true
		}
	}
	for _, p := range d.DataPlane.Parties {
		if p.Pod != nil && m.scope.has(p.Pod) {
			return true
		}
	}
	return false
}

// edgesOf draws answers between the ends that they are about, or, where the door
// itself is one of them, with it in that end's place. It reports whether there
// was any.
func (m *mapper) edgesOf(drafts []*draft, to, from *report.End) bool {
	sets := map[string]*admitted{}
	ends := map[string][2]report.End{}
	var order []string
	for _, d := range drafts {
		answer := d.answer(reference.Reference{Form: reference.FormInternet}, reference.Reference{})
		source, target := answer.Source.End, answer.Target.End
		if from != nil {
			source = *from
		}
		if to != nil {
			target = *to
		}
		key := endKey(source) + "\x01" + endKey(target)
		set := sets[key]
		if set == nil {
			set = &admitted{}
			sets[key], ends[key] = set, [2]report.End{source, target}
			order = append(order, key)
		}
		noteNeeds(m.needs, d.hops)
		ports := connset.Empty()
		for _, p := range d.ports {
			ports = ports.Union(portsOf(p, to != nil))
		}
		switch d.verdict {
		case report.Allowed:
			set.Certain, set.Possible = set.Certain.Union(ports), set.Possible.Union(ports)
		case report.Unknown:
			set.Possible = set.Possible.Union(ports)
		case report.Denied:
			set.partly = true
		}
	}
	drawn := false
	for _, key := range order {
		if set := sets[key]; !set.Possible.IsEmpty() {
			m.add(ends[key][0], ends[key][1], admitted{Admitted: policy.Admitted{Certain: set.Certain, Possible: set.Possible}, partly: set.partly})
			drawn = true
		}
	}
	return drawn
}

// portsOf is a port as a client of the door asks for it, or as the pod sees it.
func portsOf(p report.PortMapping, asked bool) connset.Set {
	port := p.Pod
	if asked && p.Service != 0 {
		port = p.Service
	}
	if port == 0 {
		return connset.AllOf(p.Protocol)
	}
	return connset.Of(p.Protocol, port, port)
}
