package frontdoor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// gatewayDoor is a Gateway with the routes that attach to it, or only one of
// them.
func gatewayDoor(m *model.Model, gw *snapshot.Gateway, only *snapshot.Route, controllers []reference.Reference) *Door {
	d := &Door{Object: report.Object{Kind: "Gateway", Namespace: gw.Namespace, Name: gw.Name.Name}, Class: gw.Class}
	routes := m.Routes()
	if only != nil {
		routes = []*snapshot.Route{only}
	}
	for _, r := range routes {
		for _, p := range r.Parents {
			if p.Kind == "Gateway" && p.Namespace == gw.Namespace && p.Name == gw.Name.Name {
				d.Routes = append(d.Routes, attach(m, gw, r, p)...)
			}
		}
	}
	f := &finder{m: m, plane: &d.DataPlane}
	d.Controller = f.gatewayClass(gw)
	d.DataPlane.Addresses = gw.Addresses
	f.find(gw.Addresses, gw, controllers)
	return d
}

// routeDoors are the doors of a route: one for each Gateway it names.
func routeDoors(m *model.Model, r *snapshot.Route, controllers []reference.Reference) []*Door {
	var out []*Door
	by := report.Object{Kind: r.Kind, Namespace: r.Namespace, Name: r.Name.Name}
	seen := map[snapshot.Name]bool{}
	for i, p := range r.Parents {
		name := snapshot.Name{Namespace: p.Namespace, Name: p.Name}
		if seen[name] || p.Kind != "Gateway" {
			continue
		}
		seen[name] = true
		if gw := m.Gateway(name); gw != nil {
			out = append(out, gatewayDoor(m, gw, r, controllers))
			continue
		}
		broken, detail := report.ParentMissing, p.Kind+" "+name.String()
		if gap := m.GapFor(snapshot.Need{Resource: snapshot.Gateways, Namespace: p.Namespace, Name: p.Name}); gap != nil {
			broken, detail = report.NotRead, gap.Need.Permission()
		}
		out = append(out, &Door{
			Object: report.Object{Kind: p.Kind, Namespace: p.Namespace, Name: p.Name},
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
			Object:    by,
			Routes:    []Route{{By: by, Field: "spec.parentRefs[0]", Hosts: r.Hostnames, Weight: -1, Broken: report.ControllerUnknown, Detail: detail}},
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

// attach follows a route from one of its parents to its backends.
func attach(m *model.Model, gw *snapshot.Gateway, r *snapshot.Route, parent snapshot.RouteParent) []Route {
	by := report.Object{Kind: r.Kind, Namespace: r.Namespace, Name: r.Name.Name}
	attached, broken, detail := accepted(m, gw, r, parent)
	if broken != "" {
		return []Route{{By: by, Field: "spec.parentRefs", Hosts: r.Hostnames, Weight: -1, Broken: broken, Detail: detail}}
	}
	hosts, tls := attachedHosts(attached, r.Hostnames)
	var out []Route
	for i, rule := range r.Rules {
		paths := rule.Paths
		if len(paths) == 0 {
			paths = []snapshot.RoutePath{{}}
		}
		base := Route{By: by, Field: fmt.Sprintf("spec.rules[%d].backendRefs", i), Hosts: hosts, TLS: tls, Weight: -1}
		var routes []Route
		for j, b := range rule.Backends {
			if b.Weight == 0 {
				// "If weight is set to 0, no traffic should be forwarded for
				// this entry" (BackendRef docs).
				continue
			}
			route := base
			route.Field, route.Weight, route.Port = fmt.Sprintf("spec.rules[%d].backendRefs[%d]", i, j), b.Weight, strconv.Itoa(int(b.Port))
			routes = append(routes, routeBackend(m, r, route, b))
		}
		if len(routes) == 0 && !rule.Answers {
			base.Broken = report.BackendMissing
			routes = append(routes, base)
		}
		for _, route := range routes {
			for _, p := range paths {
				route.Path, route.PathType = p.Path, p.Type
				out = append(out, route)
			}
		}
	}
	return out
}

// routeBackend follows one backend of a route.
func routeBackend(m *model.Model, r *snapshot.Route, route Route, b snapshot.RouteBackend) Route {
	switch {
	case b.Kind != "Service":
		route.Broken, route.Detail = report.ResourceBackend, b.Kind+"/"+b.Name
	case b.Namespace != r.Namespace && !granted(m, r, b):
		// A cross-namespace reference needs a ReferenceGrant in the Service's
		// namespace (GEP-709).
		route.Backend = report.Object{Kind: "Service", Namespace: b.Namespace, Name: b.Name}
		route.Broken, route.Detail = report.GrantMissing, b.Namespace
		if gap := m.Hidden(snapshot.ReferenceGrants, b.Namespace); gap != nil {
			route.Broken, route.Detail = report.NotRead, gap.Need.Permission()
		}
	default:
		follow(m, &route, snapshot.Name{Namespace: b.Namespace, Name: b.Name}, reference.Port{Number: b.Port, Protocol: connset.TCP})
	}
	return route
}

// attachedHosts are the host names under which requests get to a route: its own
// as far as listeners have them, or the listeners'; and those that have TLS.
func attachedHosts(listeners []snapshot.Listener, own []string) (hosts, tls []string) {
	add := func(list []string, h string) []string {
		if slices.Contains(list, h) {
			return list
		}
		return append(list, h)
	}
	for _, l := range listeners {
		of := own
		if len(of) == 0 {
			of = []string{""}
		}
		for _, h := range of {
			switch {
			case h == "" || l.Hostname != "" && covers(h, l.Hostname) && h != l.Hostname:
				h = l.Hostname
			case l.Hostname == "" || covers(l.Hostname, h):
			default:
				continue
			}
			hosts = add(hosts, h)
			if l.TLS {
				tls = add(tls, h)
			}
		}
	}
	if len(hosts) == 1 && hosts[0] == "" {
		hosts = nil
	}
	if hosts == nil && len(listeners) == 0 {
		hosts = own
	}
	return hosts, tls
}

func granted(m *model.Model, r *snapshot.Route, b snapshot.RouteBackend) bool {
	for _, g := range m.ReferenceGrantsIn(b.Namespace) {
		from := slices.ContainsFunc(g.From, func(f snapshot.GrantFrom) bool { return f.Kind == r.Kind && f.Namespace == r.Namespace })
		to := slices.ContainsFunc(g.To, func(t snapshot.GrantTo) bool { return t.Kind == "Service" && (t.Name == "" || t.Name == b.Name) })
		if from && to {
			return true
		}
	}
	return false
}

// accepted returns the listeners that a route attaches to. Whether it does at
// all is the controller's own word in the route's status, and else follows from
// the listeners' allowedRoutes.
func accepted(m *model.Model, gw *snapshot.Gateway, r *snapshot.Route, parent snapshot.RouteParent) ([]snapshot.Listener, report.Reason, string) {
	if why, rejected := r.Rejected[parent.Key()]; rejected {
		return nil, report.RouteNotAccepted, why
	}
	var out []snapshot.Listener
	var why string
	for _, l := range gw.Listeners {
		if parent.SectionName != "" && l.Name != parent.SectionName || parent.Port != 0 && l.Port != parent.Port {
			continue
		}
		switch {
		case !takesKind(l, r.Kind):
			why = fmt.Sprintf("listener %q takes no %s", l.Name, r.Kind)
		case !takesNamespace(m, gw, l, r.Namespace):
			why = fmt.Sprintf("listener %q takes no routes from namespace %q (allowedRoutes.namespaces.from: %s)", l.Name, r.Namespace, l.From)
		case !commonHost(l.Hostname, r.Hostnames):
			why = fmt.Sprintf("no hostname of the route matches %q of listener %q", l.Hostname, l.Name)
		default:
			out = append(out, l)
		}
	}
	switch {
	case len(out) > 0 || r.Accepted[parent.Key()]:
		return out, "", ""
	case why == "":
		why = "no listener of the Gateway has that name or port"
	}
	return nil, report.RouteNotAccepted, why
}

// takesKind follows Listener.allowedRoutes.kinds, which default by protocol.
func takesKind(l snapshot.Listener, kind string) bool {
	if len(l.Kinds) > 0 {
		return slices.Contains(l.Kinds, kind)
	}
	switch l.Protocol {
	case "HTTP", "HTTPS":
		return kind == "HTTPRoute" || kind == "GRPCRoute"
	case "TLS":
		return kind == "TLSRoute" || kind == "TCPRoute"
	case "TCP":
		return kind == "TCPRoute"
	default:
		return false
	}
}

func takesNamespace(m *model.Model, gw *snapshot.Gateway, l snapshot.Listener, namespace string) bool {
	switch l.From {
	case "All":
		return true
	case "Selector":
		parsed, err := metav1.ParseToLabelSelector(l.Selector)
		if err != nil {
			return false
		}
		compiled, err := selector.Compile(parsed)
		return err == nil && compiled.Match(m.NamespaceLabels(namespace)) != selector.No
	case "None":
		return false
	default:
		return gw.Namespace == namespace
	}
}

// commonHost tells whether a listener's hostname and a route's intersect; a
// wildcard label matches one or more labels (HTTPRoute.spec.hostnames docs).
func commonHost(listener string, hosts []string) bool {
	if listener == "" || len(hosts) == 0 {
		return true
	}
	for _, h := range hosts {
		if covers(listener, h) || covers(h, listener) {
			return true
		}
	}
	return false
}

func covers(pattern, host string) bool {
	if suffix, wildcard := strings.CutPrefix(pattern, "*"); wildcard {
		return strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	}
	return pattern == host
}
