package frontdoor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// gatewayDoor is a Gateway with the routes that attach to it, or only one of
// them.
func gatewayDoor(m *model.Model, gw *snapshot.Gateway, only *snapshot.Route, controllers []reference.Reference) *Door {
	d := &Door{Object: report.Object{Kind: "Gateway", Namespace: gw.Namespace, Name: gw.Name.Name}, Class: gw.Class}
	f := &finder{m: m, plane: &d.DataPlane}
	d.Controller = f.gatewayClass(gw)
	e := enter(m, gw, d.Controller)
	for _, route := range e.attached(only) {
		e.open(m, d, route)
	}
	d.Ports = e.ports(d.Routes)
	d.DataPlane.Addresses = gw.Addresses
	f.find(gw.Addresses, gw, controllers)
	d.Guards = f.envoyGuards(d, gw)
	if f.stopped() {
		f.wait()
	}
	return d
}

// attached are the attachments of each route, or only of one. What names a ListenerSet
// that the Gateway does not take in is nothing of the Gateway's.
func (e *entrance) attached(only *snapshot.Route) [][]*attachment {
	var out [][]*attachment
	for _, a := range e.routes {
		switch last := len(out) - 1; {
		case only != nil && a.route != only, only == nil && a.apart:
		case last >= 0 && out[last][0].route == a.route:
			out[last] = append(out[last], a)
		default:
			out = append(out, []*attachment{a})
		}
	}
	return out
}

// ports are those of the listeners by which requests for routes come; where no route
// gets any, of all listeners.
func (e *entrance) ports(routes []Route) []Port {
	var out []Port
	add := func(p Port) {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	for _, broken := range []bool{false, true} {
		for _, r := range routes {
			for _, l := range r.Listeners {
				if len(out) == 0 || (r.Broken != "") == broken {
					add(Port{l.Port, transportOf(l.Scheme)})
				}
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	for _, l := range e.listeners {
		if !l.state.refused() {
			add(Port{l.Port, l.transport()})
		}
	}
	return out
}

// routeDoors are the doors of a route: one for each Gateway it names, by itself or by
// a ListenerSet.
func routeDoors(m *model.Model, r *snapshot.Route, controllers []reference.Reference) []*Door {
	var out []*Door
	by := routeObject(r)
	seen := map[snapshot.Name]bool{}
	for i, p := range r.Parents {
		if p.Kind != "Gateway" && p.Kind != "ListenerSet" {
			continue
		}
		name, known := parentGateway(m, p)
		missing := report.Object{Kind: "Gateway", Namespace: name.Namespace, Name: name.Name}
		if !known {
			missing = report.Object{Kind: p.Kind, Namespace: p.Namespace, Name: p.Name}
		}
		if gw := m.Gateway(name); known && gw != nil {
			if !seen[name] {
				seen[name] = true
				out = append(out, gatewayDoor(m, gw, r, controllers))
			}
			continue
		}
		broken, detail := report.ParentMissing, missing.Kind+" "+missing.Namespace+"/"+missing.Name
		resource := snapshot.Gateways
		if !known {
			resource = snapshot.ListenerSets
		}
		if gap := m.GapFor(snapshot.Need{Resource: resource, Namespace: missing.Namespace, Name: missing.Name}); gap != nil {
			broken, detail = report.NotRead, gap.Need.Permission()
		}
		out = append(out, &Door{
			Object: missing,
			Routes: []Route{{
				By: by, Field: fmt.Sprintf("spec.parentRefs[%d]", i), Hosts: r.Hostnames, Weight: -1, Broken: broken, Detail: detail,
			}},
			DataPlane: DataPlane{Problem: broken, Detail: detail},
		})
	}
	switch {
	case len(out) > 0:
	case len(r.Parents) > 0:
		// A Service is the parent of routes of a mesh (GAMMA, GEP-1426), which
		// are no way in; other kinds are an implementation's own.
		p := r.Parents[0]
		detail := fmt.Sprintf("its parent %s %s/%s is no Gateway", p.Kind, p.Namespace, p.Name)
		out = append(out, &Door{
			Object: by,
			Routes: []Route{{
				By: by, Field: "spec.parentRefs[0]", Hosts: r.Hostnames, Weight: -1, Broken: report.ControllerUnknown, Undecided: true, Detail: detail,
			}},
			DataPlane: DataPlane{Problem: report.ControllerUnknown, Detail: detail},
		})
	default:
		out = append(out, &Door{
			Object:    by,
			Routes:    []Route{{By: by, Field: "spec.parentRefs", Hosts: r.Hostnames, Weight: -1, Broken: report.ParentMissing}},
			DataPlane: DataPlane{Problem: report.ParentMissing},
		})
	}
	return out
}

func routeObject(r *snapshot.Route) report.Object {
	return report.Object{Kind: r.Kind, Namespace: r.Namespace, Name: r.Name.Name}
}

// open follows a route from the listeners that take it to its backends.
func (e *entrance) open(m *model.Model, d *Door, parents []*attachment) {
	r := parents[0].route
	by := routeObject(r)
	var bound []binding
	for _, a := range parents {
		for _, b := range a.bound {
			if i := slices.IndexFunc(bound, func(o binding) bool { return o.listener == b.listener }); i < 0 {
				bound = append(bound, b)
			} else if b.state.none() {
				bound[i] = b
			}
		}
	}
	for _, a := range parents {
		switch {
		case len(a.bound) > 0:
		case len(bound) > 0:
			d.Refused = append(d.Refused, Refusal{By: by, Field: a.field(), Detail: a.refused.detail})
		default:
			d.Routes = append(d.Routes, Route{
				By: by, Field: a.field(), Hosts: r.Hostnames, Weight: -1,
				Broken: a.refused.reason, Detail: a.refused.detail, Undecided: a.refused.undecided,
			})
		}
	}
	if len(bound) == 0 {
		return
	}
	for i := range r.Rules {
		d.Routes = append(d.Routes, e.rule(m, r, i, bound)...)
	}
}

// rule follows one rule of a route: for each backend, the requests of each match that
// get to it, and those that do not.
func (e *entrance) rule(m *model.Model, r *snapshot.Route, i int, bound []binding) []Route {
	rule := r.Rules[i]
	var asked []Route // one for each match and what becomes of its requests
	for _, match := range matchesOf(rule) {
		for _, g := range e.requests(r, i, match, bound) {
			base := Route{
				By: routeObject(r), Weight: -1, Path: match.Path.Path, PathType: match.Path.Type, Conditions: conditionsOf(match),
				Broken: g.reason, Detail: g.detail, Undecided: g.undecided, Listeners: g.listeners,
			}
			base.Hosts, base.TLS = listenerHosts(g.listeners)
			asked = append(asked, base)
		}
	}
	var out []Route
	add := func(field string, finish func(*Route)) {
		for _, base := range asked {
			base.Field = field
			finish(&base)
			out = append(out, base)
		}
	}
	backend := func(b snapshot.RouteBackend, field string, mirror bool) {
		for _, to := range e.backends(m, r, b) {
			add(field, func(route *Route) {
				route.Backend, route.Port, route.Mirror = to.Backend, to.Port, mirror
				if !mirror {
					route.Weight = b.Weight
				}
				if of := (finding{route.Broken, route.Detail, route.Undecided}).worse(finding{to.Broken, to.Detail, to.Undecided}); !of.none() {
					route.broken(of)
					return
				}
				route.Destinations = to.Destinations
			})
		}
	}
	for j, b := range rule.Mirrors {
		backend(b, fmt.Sprintf("spec.rules[%d].filters.requestMirror[%d]", i, j), true)
	}
	if rule.Redirect != 0 {
		add(fmt.Sprintf("spec.rules[%d].filters", i), func(route *Route) { route.Redirect = rule.Redirect })
		return out
	}
	used := false
	for j, b := range rule.Backends {
		if b.Weight != 0 {
			// "If weight is set to 0, no traffic should be forwarded for this
			// entry" (BackendRef docs).
			used = true
			backend(b, fmt.Sprintf("spec.rules[%d].backendRefs[%d]", i, j), false)
		}
	}
	if used {
		return out
	}
	none := finding{reason: report.NoBackends}
	if len(rule.Backends) > 0 {
		none.detail = "of weight 0"
	}
	field := fmt.Sprintf("spec.rules[%d].backendRefs", i)
	if rule.Extension != "" {
		none, field = finding{reason: report.FilterUnknown, detail: rule.Extension, undecided: true}, fmt.Sprintf("spec.rules[%d].filters", i)
	}
	add(field, func(route *Route) {
		if of := (finding{route.Broken, route.Detail, route.Undecided}).worse(none); !of.none() {
			route.broken(of)
		}
	})
	return out
}

// group are requests of which the same becomes, with the listeners they come by.
type group struct {
	finding
	listeners []Listener
}

// requests sorts those of a match by what becomes of them.
func (e *entrance) requests(r *snapshot.Route, rule int, match snapshot.RouteMatch, bound []binding) []group {
	all := make([]*listening, 0, len(bound))
	for _, b := range bound {
		all = append(all, b.listener)
	}
	var out []group
	for _, b := range bound {
		l := b.listener
		for _, h := range b.hosts {
			of := l.state.worse(b.state)
			if !of.refused() {
				key := claimed{l, r.Kind, strings.ToLower(h.host), matchKey(match)}
				of = of.worse(e.claims.loses(key, contender{route: r, rule: rule, own: h.own})).worse(e.isolated(l, h.host, all))
			}
			if of.reason == report.ListenerNotReady {
				of.detail = l.name() + ": " + of.detail
			}
			i := slices.IndexFunc(out, func(g group) bool { return g.finding == of })
			if i < 0 {
				i, out = len(out), append(out, group{finding: of})
			}
			out[i].add(l, r.Kind, h.host)
		}
	}
	return out
}

func (g *group) add(l *listening, kind, host string) {
	i := slices.IndexFunc(g.listeners, func(o Listener) bool { return o.Name == l.Name && o.Port == l.Port })
	if i < 0 {
		i, g.listeners = len(g.listeners), append(g.listeners, Listener{Name: l.Name, Scheme: schemeOf(l, kind), Port: l.Port})
	}
	if host != "" && !slices.Contains(g.listeners[i].Hosts, host) {
		g.listeners[i].Hosts = append(g.listeners[i].Hosts, host)
	}
}

// schemeOf is how requests for a kind of route come to a listener.
func schemeOf(l *listening, kind string) string {
	switch {
	case l.Protocol == "HTTP", l.Protocol == "HTTPS", l.Protocol == "TLS", l.Protocol == "TCP", l.Protocol == "UDP":
		return strings.ToLower(l.Protocol)
	case kind == "TLSRoute":
		return "tls"
	case kind == "TCPRoute":
		return "tcp"
	case kind == "UDPRoute":
		return "udp"
	case l.TLS:
		return "https"
	default:
		return "http"
	}
}

// listenerHosts are the hosts of listeners, and those for which TLS ends at the door.
func listenerHosts(listeners []Listener) (hosts, tls []string) {
	add := func(list []string, h string) []string {
		if slices.Contains(list, h) {
			return list
		}
		return append(list, h)
	}
	for _, l := range listeners {
		of := l.Hosts
		if len(of) == 0 {
			of = []string{""}
		}
		for _, h := range of {
			hosts = add(hosts, h)
			if l.Scheme == "https" {
				tls = add(tls, h)
			}
		}
	}
	if len(hosts) == 1 && hosts[0] == "" {
		hosts = nil
	}
	return hosts, tls
}
