package plan

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// behind reads what carries a door's traffic and, where everybody is asked about,
// who else gets to the pods behind it.
func (p *planner) behind(r reference.Reference) {
	one := p.q.Source != nil && p.q.Target != nil
	// Once begun, the wide reading goes on to its end.
	begun := snapshot.Need{Resource: snapshot.EndpointSlices}
	if !one && !p.q.Brief || p.s.Has(begun) || p.failed(begun) {
		p.dataPlane()
		return
	}
	needs := slices.Clone(p.needs)
	if !p.dataPlaneOf(r) {
		p.needs = needs
		p.dataPlane()
	}
}

// dataPlaneOf reads what the search for a door's data plane looks at, and what
// decides about whom it finds. It reports false where everything has to be read
// instead, or as much of it as can be.
func (p *planner) dataPlaneOf(r reference.Reference) bool {
	p.controllers()
	everybody := p.q.Source == nil
	if everybody && !p.policies() {
		return false
	}
	// By the addresses of Services and nodes the search begins.
	services := snapshot.Need{Resource: snapshot.Services}
	p.want(snapshot.Need{Resource: snapshot.Nodes})
	if !p.want(services) && p.failed(services) || p.s.Hidden(snapshot.Pods, "") != nil || p.s.Hidden(snapshot.EndpointSlices, "") != nil {
		return false
	}
	if len(p.needs) > 0 {
		return true
	}
	doors, err := frontdoor.Open(model.New(p.s), r, p.q.Controllers)
	if err != nil {
		return true // which is the answer
	}
	for _, n := range frontdoor.Unread(doors) {
		p.want(n)
	}
	for _, d := range doors {
		for _, party := range d.DataPlane.Parties {
			if party.Pod != nil {
				p.policiesOf(party.Pod.Namespace)
			}
		}
		if s := d.DataPlane.Entry; s != nil {
			p.policiesOf(s.Namespace)
		}
		for _, g := range d.Guards { // whom the controller asks, by its own settings too
			if g.Asks != nil {
				p.backend(snapshot.Name{Namespace: g.Asks.Namespace, Name: g.Asks.Name})
			}
		}
	}
	p.owners(p.s.Pods())
	if everybody {
		p.doorsBeside(doors)
	}
	return !everybody || p.besides(doors)
}

// doorsBeside reads the other Ingresses that lead to the pods of doors.
func (p *planner) doorsBeside(doors []*frontdoor.Door) {
	m := model.New(p.s)
	for _, d := range doors {
		for _, other := range frontdoor.Beside(m, d, p.q.Controllers) {
			for _, s := range ingressServices(p.s.Ingress(snapshot.Name{Namespace: other.Object.Namespace, Name: other.Object.Name})) {
				p.backend(s)
			}
			for _, n := range frontdoor.Unread([]*frontdoor.Door{other}) {
				p.want(n)
			}
			for _, party := range other.DataPlane.Parties {
				if party.Pod != nil {
					p.policiesOf(party.Pod.Namespace)
				}
			}
			if s := other.DataPlane.Entry; s != nil {
				p.policiesOf(s.Namespace)
			}
		}
	}
}

// besides reads who else gets to the pods behind doors, and on which ways around
// them. It reports false where all pods have to be read for that.
func (p *planner) besides(doors []*frontdoor.Door) bool {
	if p.failed(snapshot.Need{Resource: snapshot.Nodes}) {
		return false // whose addresses are nodes', all pods together tell
	}
	if len(p.needs) > 0 {
		return true
	}
	b := briefing{planner: p, ports: map[*snapshot.Pod]connset.Set{}, byPort: true}
	for _, d := range doors {
		for _, r := range d.Routes {
			if !b.backend(r.Destinations) {
				return false
			}
		}
	}
	if len(b.pods) == 0 {
		return true
	}
	for _, d := range doors {
		for _, party := range d.DataPlane.Parties {
			// Who is beside the controllers is told apart from them.
			if party.Pod != nil && !b.read(snapshot.Need{Resource: snapshot.Pods, Namespace: party.Pod.Namespace}) {
				return false
			}
		}
	}
	b.around()
	if !b.everybodyElse() {
		return false
	}
	p.owners(p.s.Pods())
	return true
}

// backend adds the pods that a door's route leads to. It reports false where it is
// not pods alone, or nodes decide.
func (b *briefing) backend(dsts []model.Destination) bool {
	pods, others := 0, 0
	for _, d := range dsts {
		switch {
		case d.Broken != "":
		case d.Pod == nil:
			others++
		case d.Service != nil && d.Service.InternalLocal:
			return false
		default:
			pods++
			ports := connset.All()
			if d.Port.Pod != 0 {
				ports = connset.Of(d.Port.Protocol, d.Port.Pod, d.Port.Pod)
			}
			b.target(d.Pod, ports)
		}
	}
	return pods == 0 || others == 0
}

// around reads the Services by which clients outside may get to the pods directly.
func (b *briefing) around() {
	homes := map[string][]*snapshot.Pod{}
	for _, pod := range b.pods {
		homes[pod.Namespace] = append(homes[pod.Namespace], pod)
	}
	for _, s := range b.s.Services() {
		outside := s.Type == snapshot.NodePort || s.Type == snapshot.LoadBalancer || len(s.ExternalIPs) > 0
		if !outside || len(s.Selector) == 0 {
			continue
		}
		selects := labels.SelectorFromSet(s.Selector)
		if slices.ContainsFunc(homes[s.Namespace], func(p *snapshot.Pod) bool { return selects.Matches(labels.Set(p.Labels)) }) {
			b.planner.backend(s.Name)
		}
	}
}

// controllers reads what the user says is behind doors. Labels are for the search.
func (p *planner) controllers() {
	for _, r := range p.q.Controllers {
		if r.Form != reference.FormLabels {
			p.end(r)
		}
	}
}

// configs reads, when all else is in, what doors' controllers take their settings from.
func (p *planner) configs() {
	if len(p.needs) > 0 {
		return
	}
	m := model.New(p.s)
	for _, n := range frontdoor.Configs(m) {
		p.want(n)
	}
}

// dataPlane reads the candidates for a door's data plane, and the Service and
// nodes by which clients arrive.
func (p *planner) dataPlane() {
	defer p.configs()
	p.controllers()
	p.wantAll(snapshot.Services)
	p.wantAll(snapshot.Pods)
	p.wantAll(snapshot.EndpointSlices)
	p.wantAll(snapshot.NetworkPolicies)
	p.wantAll(snapshot.Namespaces)
	p.wantAll(snapshot.PolicyKinds)
	p.want(snapshot.Need{Resource: snapshot.Nodes})
	p.owners(p.s.Pods())
}
