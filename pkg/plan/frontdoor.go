package plan

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// door reports whether references of the kind stand for a way in.
func door(k reference.Kind) bool {
	switch k {
	case reference.Ingress, reference.Gateway, reference.HTTPRoute, reference.GRPCRoute, reference.TLSRoute, reference.TCPRoute:
		return true
	default:
		return false
	}
}

// frontDoor reads an Ingress, Gateway or route, where it leads, and what may be
// its data plane. Pods of any namespace may be: the search for them takes lists
// of all Services and pods, unless the user has named them.
func (p *planner) frontDoor(r reference.Reference) {
	if !p.get(r) {
		return
	}
	name := nameOf(r)
	// addresses are those that the doors announce, door by door.
	var addresses [][]string
	switch r.Kind {
	case reference.Ingress:
		ing := p.s.Ingress(name)
		if ing == nil {
			p.suggest(r)
			return
		}
		p.want(snapshot.Need{Resource: snapshot.IngressClasses})
		for _, s := range ingressServices(ing) {
			p.backend(s)
		}
		addresses = append(addresses, ing.Addresses)
	case reference.Gateway:
		gw := p.s.Gateway(name)
		if gw == nil {
			p.suggest(r)
			return
		}
		p.gateway(name)
		addresses = append(addresses, gw.Addresses)
		for _, kind := range routeKinds() {
			p.wantAll(snapshot.Resource(kind.Resource()))
		}
		for _, route := range p.s.Routes() {
			for _, parent := range route.Parents {
				if parent.Namespace == name.Namespace && parent.Name == name.Name {
					p.routeBackends(route)
				}
			}
		}
	default:
		route := p.s.Route(string(r.Kind), name)
		if route == nil {
			p.suggest(r)
			return
		}
		for _, parent := range route.Parents {
			gateway := snapshot.Name{Namespace: parent.Namespace, Name: parent.Name}
			p.gateway(gateway)
			if gw := p.s.Gateway(gateway); gw != nil {
				addresses = append(addresses, gw.Addresses)
			}
		}
		p.routeBackends(route)
	}
	// Who else gets to the pods, and around the door, is asked of everybody.
	if p.q.Source != nil && p.q.Target != nil && p.announced(addresses) {
		p.want(snapshot.Need{Resource: snapshot.Nodes})
		return
	}
	p.dataPlane()
}

// announced reads what is behind the Services that have the doors' addresses. It
// reports whether that is all that carries their traffic, or not yet known: then
// nobody has to be searched for.
func (p *planner) announced(doors [][]string) bool {
	if len(p.q.Controllers) > 0 || len(doors) == 0 {
		return false
	}
	for _, addresses := range doors {
		if len(addresses) == 0 {
			return false
		}
	}
	all := snapshot.Need{Resource: snapshot.Services}
	if !p.want(all) {
		return !p.failed(all)
	}
	for _, addresses := range doors {
		found, settled := 0, true
		matching := 0
		for _, s := range p.s.Services() {
			if !hasAddress(s, addresses) {
				continue
			}
			before := len(p.needs)
			p.backend(s.Name)
			settled = settled && len(p.needs) == before
			matching++
			if p.hasPods(s) {
				found++
			}
		}
		if settled && (found == 0 || found < matching) {
			return false
		}
	}
	return true
}

func hasAddress(s *snapshot.Service, addresses []string) bool {
	for _, a := range addresses {
		if slices.Contains(s.LoadBalancerHostnames, a) {
			return true
		}
		for _, ip := range slices.Concat(s.LoadBalancerIPs, s.ExternalIPs, s.ClusterIPs) {
			if ip.String() == a {
				return true
			}
		}
	}
	return false
}

// hasPods tells whether a port of the Service leads to a pod for certain.
func (p *planner) hasPods(s *snapshot.Service) bool {
	for _, slice := range p.s.EndpointSlicesOf(s.Name) {
		served := slices.ContainsFunc(slice.Ports, func(sp snapshot.EndpointPort) bool {
			return slices.ContainsFunc(s.Ports, func(port snapshot.ServicePort) bool { return port.Name == sp.Name && port.Protocol == sp.Protocol })
		})
		for _, e := range slice.Endpoints {
			if served && e.Ready && e.Pod != "" && p.s.Pod(snapshot.Name{Namespace: s.Namespace, Name: e.Pod}) != nil {
				return true
			}
		}
	}
	return false
}

// allDoors reads every way in, and what is behind it.
func (p *planner) allDoors() {
	p.wantAll(snapshot.Ingresses)
	p.wantAll(snapshot.Gateways)
	if len(p.s.Ingresses()) > 0 {
		p.want(snapshot.Need{Resource: snapshot.IngressClasses})
	}
	if len(p.s.Gateways()) > 0 {
		p.want(snapshot.Need{Resource: snapshot.GatewayClasses})
		for _, kind := range routeKinds() {
			p.wantAll(snapshot.Resource(kind.Resource()))
		}
		for _, route := range p.s.Routes() {
			p.routeBackends(route)
		}
	}
	if len(p.s.Ingresses())+len(p.s.Gateways()) > 0 {
		p.dataPlane()
	}
}

func routeKinds() []reference.Kind {
	return []reference.Kind{reference.HTTPRoute, reference.GRPCRoute, reference.TLSRoute, reference.TCPRoute}
}

func ingressServices(ing *snapshot.Ingress) []snapshot.Name {
	var out []snapshot.Name
	add := func(b snapshot.IngressBackend) {
		if b.Service != "" {
			out = append(out, snapshot.Name{Namespace: ing.Namespace, Name: b.Service})
		}
	}
	if ing.Default != nil {
		add(*ing.Default)
	}
	for _, r := range ing.Rules {
		for _, path := range r.Paths {
			add(path.Backend)
		}
	}
	return out
}

// gateway reads a Gateway and its class.
func (p *planner) gateway(name snapshot.Name) {
	if !p.want(snapshot.Need{Resource: snapshot.Gateways, Namespace: name.Namespace, Name: name.Name}) {
		return
	}
	if gw := p.s.Gateway(name); gw != nil {
		p.want(snapshot.Need{Resource: snapshot.GatewayClasses, Name: gw.Class})
	}
}

func (p *planner) routeBackends(route *snapshot.Route) {
	p.want(snapshot.Need{Resource: snapshot.Namespaces, Name: route.Namespace})
	for _, rule := range route.Rules {
		for _, b := range rule.Backends {
			if b.Kind != "Service" {
				continue
			}
			if b.Namespace != route.Namespace {
				p.want(snapshot.Need{Resource: snapshot.ReferenceGrants, Namespace: b.Namespace})
			}
			p.backend(snapshot.Name{Namespace: b.Namespace, Name: b.Name})
		}
	}
}

// backend reads a Service that a door leads to.
func (p *planner) backend(s snapshot.Name) {
	p.policiesOf(s.Namespace)
	p.service(reference.Reference{Kind: reference.Service, Namespace: s.Namespace, Name: s.Name}, 1)
}

// dataPlane reads the candidates for a door's data plane, and the Service and
// nodes by which clients arrive.
func (p *planner) dataPlane() {
	for _, r := range p.q.Controllers {
		if r.Form != reference.FormLabels {
			p.end(r)
		}
	}
	p.wantAll(snapshot.Services)
	p.wantAll(snapshot.Pods)
	p.wantAll(snapshot.EndpointSlices)
	p.wantAll(snapshot.NetworkPolicies)
	p.wantAll(snapshot.Namespaces)
	p.wantAll(snapshot.PolicyKinds)
	p.want(snapshot.Need{Resource: snapshot.Nodes})
	p.owners(p.s.Pods())
}
