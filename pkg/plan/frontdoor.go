package plan

import (
	"cmp"

	"github.com/kubectl-netguard/netguard/pkg/annotations"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// frontDoor reads an Ingress, Gateway or route, where it leads, and what carries
// its traffic.
func (p *planner) frontDoor(r reference.Reference) {
	if !p.get(r) {
		return
	}
	name := nameOf(r)
	switch r.Kind {
	case reference.Ingress:
		ing := p.s.Ingress(name)
		if ing == nil {
			p.suggest(r)
			return
		}
		p.ingressClasses(ing)
		p.neighbours()
		if p.q.Source == nil {
			p.want(snapshot.Need{Resource: snapshot.TargetGroupBindings, Namespace: ing.Namespace})
		}
		for _, s := range append(ingressServices(ing), frontdoor.AskedBy(ing)...) {
			p.backend(s)
		}
		p.middlewares(ing)
	case reference.Gateway:
		gw := p.s.Gateway(name)
		if gw == nil {
			p.suggest(r)
			return
		}
		p.gateway(name)
		p.routes(gw)
		for _, route := range p.s.Routes() {
			if p.attaches(route, name) {
				p.routeBackends(route)
			}
		}
	default:
		if frontdoor.IsOther(r.Kind) {
			if !p.otherDoor(r) {
				p.suggest(r)
				return
			}
			break
		}
		route := p.s.Route(string(r.Kind), name)
		if route == nil {
			p.suggest(r)
			return
		}
		for _, parent := range route.Parents {
			if gw := p.parentGateway(parent); gw != nil {
				p.competitors(gw, r.Kind)
			}
		}
		p.routeBackends(route)
	}
	p.behind(r)
}

// allDoors reads every way in, and what is behind it.
func (p *planner) allDoors() {
	p.wantAll(snapshot.Ingresses)
	p.wantAll(snapshot.Gateways)
	if len(p.s.Ingresses()) > 0 {
		p.ingressClasses(p.s.Ingresses()...)
	}
	if len(p.s.Gateways()) > 0 {
		p.want(snapshot.Need{Resource: snapshot.GatewayClasses})
		for _, gw := range p.s.Gateways() {
			p.certificates(gw.Listeners, gw.Namespace)
			p.listenerSets(gw)
		}
		p.routes(p.s.Gateways()...)
		for _, route := range p.s.Routes() {
			p.routeBackends(route)
		}
	}
	others := p.otherDoors()
	for _, ing := range p.s.Ingresses() {
		p.middlewares(ing)
	}
	if len(p.s.Ingresses())+len(p.s.Gateways())+others > 0 {
		p.dataPlane()
	}
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
	for key, value := range ing.Annotations {
		if annotations.Of(key) == annotations.ServiceName {
			add(snapshot.IngressBackend{Service: value})
		}
	}
	for _, b := range frontdoor.Forwards(ing) {
		add(b)
	}
	for _, r := range ing.Rules {
		for _, path := range r.Paths {
			add(path.Backend)
		}
	}
	return out
}

// ingressClasses reads all classes, of which one may be the default, or where that is
// refused those that Ingresses name.
func (p *planner) ingressClasses(of ...*snapshot.Ingress) {
	all := snapshot.Need{Resource: snapshot.IngressClasses}
	if p.want(all) || !p.failed(all) {
		return
	}
	for _, ing := range of {
		if name := cmp.Or(ing.Class, ing.LegacyClass); name != "" {
			p.want(snapshot.Need{Resource: snapshot.IngressClasses, Name: name})
		}
	}
}

// neighbours reads the other Ingresses, of which one may claim the same: a controller
// serves them together, whatever namespace they are in.
func (p *planner) neighbours() { p.wantAll(snapshot.Ingresses) }

// backend reads a Service that a door leads to.
func (p *planner) backend(s snapshot.Name) {
	p.policiesOf(s.Namespace)
	p.service(reference.Reference{Kind: reference.Service, Namespace: s.Namespace, Name: s.Name}, 1)
}
