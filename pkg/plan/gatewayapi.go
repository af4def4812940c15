package plan

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// routeKinds are the kinds of objects that say where a Gateway's requests go.
func routeKinds() []reference.Kind {
	return []reference.Kind{reference.HTTPRoute, reference.GRPCRoute, reference.TLSRoute, reference.TCPRoute}
}

// gateway reads a Gateway, its class, and what decides about its listeners. It
// returns the Gateway once it was read.
func (p *planner) gateway(name snapshot.Name) *snapshot.Gateway {
	if !p.want(snapshot.Need{Resource: snapshot.Gateways, Namespace: name.Namespace, Name: name.Name}) {
		return nil
	}
	gw := p.s.Gateway(name)
	if gw == nil {
		return nil
	}
	p.want(snapshot.Need{Resource: snapshot.GatewayClasses, Name: gw.Class})
	p.certificates(gw.Listeners, gw.Namespace)
	return gw
}

// certificates reads the grants of the namespaces that listeners have theirs from.
func (p *planner) certificates(listeners []snapshot.Listener, home string) {
	for _, l := range listeners {
		for _, c := range l.Certificates {
			if c.Namespace != home {
				p.want(snapshot.Need{Resource: snapshot.ReferenceGrants, Namespace: c.Namespace})
			}
		}
	}
}

// competitors reads the routes that may ask a Gateway for the same requests as one
// of a kind does.
func (p *planner) competitors(gw *snapshot.Gateway, kind reference.Kind) {
	resource := snapshot.Resource(kind.Resource())
	if slices.ContainsFunc(gw.Listeners, func(l snapshot.Listener) bool { return l.Routes.From != "" && l.Routes.From != "Same" }) {
		p.wantAll(resource)
	} else {
		p.want(snapshot.Need{Resource: resource, Namespace: gw.Namespace})
	}
	byLabel := slices.ContainsFunc(gw.Listeners, func(l snapshot.Listener) bool { return l.Routes.From == "Selector" })
	for _, route := range p.s.Routes() {
		if byLabel && route.Kind == string(kind) && names(route, gw.Name) {
			p.want(snapshot.Need{Resource: snapshot.Namespaces, Name: route.Namespace})
		}
	}
}

// names tells whether a route has a parent of that name.
func names(route *snapshot.Route, parent snapshot.Name) bool {
	return slices.ContainsFunc(route.Parents, func(p snapshot.RouteParent) bool { return p.Namespace == parent.Namespace && p.Name == parent.Name })
}

func (p *planner) routeBackends(route *snapshot.Route) {
	p.want(snapshot.Need{Resource: snapshot.Namespaces, Name: route.Namespace})
	for _, rule := range route.Rules {
		for _, b := range slices.Concat(rule.Backends, rule.Mirrors) {
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
