package plan

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// gateway reads a Gateway, its class, and all that decides about its listeners. It
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
	p.listenerSets(gw)
	return gw
}

// listenerSets reads those of a Gateway that may have some: by default it takes none.
func (p *planner) listenerSets(gw *snapshot.Gateway) {
	from := gw.AllowedListeners.From
	if from == "" || from == "None" {
		return
	}
	if from == "Same" {
		p.want(snapshot.Need{Resource: snapshot.ListenerSets, Namespace: gw.Namespace})
	} else {
		p.wantAll(snapshot.ListenerSets)
	}
	for _, set := range p.setsOf(gw) {
		p.certificates(set.Listeners, set.Namespace)
		if from == "Selector" {
			p.want(snapshot.Need{Resource: snapshot.Namespaces, Name: set.Namespace})
		}
	}
}

func (p *planner) setsOf(gw *snapshot.Gateway) []*snapshot.ListenerSet {
	return slices.DeleteFunc(p.s.ListenerSets(), func(s *snapshot.ListenerSet) bool { return s.Gateway != gw.Name })
}

// listenersOf are a Gateway's listeners, and those of its ListenerSets.
func (p *planner) listenersOf(gw *snapshot.Gateway) []snapshot.Listener {
	out := slices.Clone(gw.Listeners)
	for _, set := range p.setsOf(gw) {
		out = append(out, set.Listeners...)
	}
	return out
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

// parentGateway reads the Gateway that a route's parent belongs to, which a ListenerSet
// names.
func (p *planner) parentGateway(parent snapshot.RouteParent) *snapshot.Gateway {
	name := snapshot.Name{Namespace: parent.Namespace, Name: parent.Name}
	switch parent.Kind {
	case "Gateway":
	case "ListenerSet":
		if !p.want(snapshot.Need{Resource: snapshot.ListenerSets, Namespace: name.Namespace, Name: name.Name}) {
			return nil
		}
		set := p.s.ListenerSet(name)
		if set == nil {
			return nil
		}
		name = set.Gateway
	default:
		return nil
	}
	return p.gateway(name)
}

// routes reads all routes that may attach to Gateways. Those of UDP only a listener of
// UDP takes, or of a protocol that is its controller's own; few servers have the kind.
func (p *planner) routes(gateways ...*snapshot.Gateway) {
	for _, r := range snapshot.RouteKinds() {
		takes := r != snapshot.UDPRoutes
		for _, gw := range gateways {
			takes = takes || slices.ContainsFunc(p.listenersOf(gw), func(l snapshot.Listener) bool {
				return l.Protocol == "UDP" || strings.Contains(l.Protocol, "/")
			})
		}
		if takes {
			p.wantAll(r)
		}
	}
}

// competitors reads the routes that may ask a Gateway for the same requests as one
// of a kind does.
func (p *planner) competitors(gw *snapshot.Gateway, kind reference.Kind) {
	resource := snapshot.Resource(kind.Resource())
	listeners := p.listenersOf(gw)
	if len(listeners) > len(gw.Listeners) || slices.ContainsFunc(listeners, func(l snapshot.Listener) bool { return l.Routes.From != "" && l.Routes.From != "Same" }) {
		p.wantAll(resource)
	} else {
		p.want(snapshot.Need{Resource: resource, Namespace: gw.Namespace})
	}
	byLabel := slices.ContainsFunc(listeners, func(l snapshot.Listener) bool { return l.Routes.From == "Selector" })
	for _, route := range p.s.Routes() {
		if byLabel && route.Kind == string(kind) && p.attaches(route, gw.Name) {
			p.want(snapshot.Need{Resource: snapshot.Namespaces, Name: route.Namespace})
		}
	}
}

// attaches tells whether a route names a Gateway as its parent, or a ListenerSet of it.
func (p *planner) attaches(route *snapshot.Route, gateway snapshot.Name) bool {
	return slices.ContainsFunc(route.Parents, func(parent snapshot.RouteParent) bool {
		name := snapshot.Name{Namespace: parent.Namespace, Name: parent.Name}
		set := p.s.ListenerSet(name)
		return name == gateway || parent.Kind == "ListenerSet" && set != nil && set.Gateway == gateway
	})
}

func (p *planner) routeBackends(route *snapshot.Route) {
	p.want(snapshot.Need{Resource: snapshot.Namespaces, Name: route.Namespace})
	for _, rule := range route.Rules {
		for _, b := range slices.Concat(rule.Backends, rule.Mirrors) {
			pool := b.Kind == "InferencePool.inference.networking.k8s.io"
			if b.Kind != "Service" && !pool {
				continue
			}
			if b.Namespace != route.Namespace {
				p.want(snapshot.Need{Resource: snapshot.ReferenceGrants, Namespace: b.Namespace})
			}
			if pool {
				p.pool(snapshot.Name{Namespace: b.Namespace, Name: b.Name})
				continue
			}
			if route.Kind != string(reference.UDPRoute) && route.Kind != string(reference.TCPRoute) {
				p.want(snapshot.Need{Resource: snapshot.BackendTLSPolicies, Namespace: b.Namespace})
			}
			p.backend(snapshot.Name{Namespace: b.Namespace, Name: b.Name})
		}
	}
}

// pool reads an InferencePool, its pods, and what picks one of them.
func (p *planner) pool(name snapshot.Name) {
	if !p.want(snapshot.Need{Resource: snapshot.InferencePools, Namespace: name.Namespace, Name: name.Name}) {
		return
	}
	pool := p.s.InferencePool(name)
	if pool == nil {
		return
	}
	p.policiesOf(name.Namespace)
	p.want(snapshot.Need{Resource: snapshot.Pods, Namespace: name.Namespace})
	if kind := pool.Spec.Picker.Kind; kind == "" || kind == "Service" {
		p.backend(snapshot.Name{Namespace: name.Namespace, Name: pool.Spec.Picker.Name})
	}
}
