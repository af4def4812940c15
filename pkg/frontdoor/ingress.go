package frontdoor

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func ingressDoor(m *model.Model, ing *snapshot.Ingress, controllers []reference.Reference) *Door {
	d := &Door{Object: ingressObject(ing)}
	f := &finder{m: m, plane: &d.DataPlane, ing: ing}
	d.Class, d.Controller = f.ingressClass(ing)
	d.DataPlane.Addresses = ing.Addresses
	f.find(ing.Addresses, nil, controllers)
	q := f.asked(ing)
	f.readIngress(q, d)
	switch {
	case f.known == nil:
		d.Guards = doubtful(q, d)
	case f.known.ingress != nil && f.known.ingress.guards != nil:
		d.Guards = f.known.ingress.guards(q)
	}
	f.readStreams(q)
	if f.stopped() {
		f.wait()
	}
	return d
}

func ingressObject(ing *snapshot.Ingress) report.Object {
	return report.Object{Kind: "Ingress", Namespace: ing.Namespace, Name: ing.Name.Name}
}

// readIngress follows the rules of an Ingress as its controller reads them.
func (f *finder) readIngress(q *asked, d *Door) {
	ing, read := q.ing, plainReader()
	if f.known != nil && f.known.ingress != nil {
		read = f.known.ingress
	}
	if ing.Default != nil {
		r := read.route(q, "spec.defaultBackend", "", snapshot.IngressPath{Backend: *ing.Default})
		for i := range r {
			r[i].Default = true
			r[i].Hosts = slices.Concat(bareHosts(ing), []string{""})
		}
		d.Routes = append(d.Routes, r...)
	}
	for i, rule := range ing.Rules {
		for j, p := range rule.Paths {
			d.Routes = append(d.Routes, read.route(q, fmt.Sprintf("spec.rules[%d].http.paths[%d]", i, j), rule.Host, p)...)
		}
	}
	tls := specTLS
	if read.tls != nil {
		tls = read.tls
	}
	hosts := tls(q)
	for i := range d.Routes {
		d.Routes[i].TLS, d.Routes[i].TLSBy, d.Routes[i].Passed = hosts.hosts, hosts.by, hosts.passed
	}
	if t := read.together; t != nil && d.DataPlane.Problem == "" {
		t.settle(q, d.Routes)
	}
	neverAsked(d.Routes)
	d.DataPlane.NoEndpoints, d.DataPlane.NoService = read.noEndpoints, read.noService
	if f.known != nil && f.known.name == "Traefik" {
		d.DataPlane.NoEndpoints = traefikNoEndpoints(q)
	}
	if d.DataPlane.NotFound = read.notFound; d.DataPlane.Problem != "" && f.known != nil && f.known.outside != nil {
		d.DataPlane.NotFound = "" // there is no load balancer of it to ask
	}
	if d.DataPlane.Problem == "" && read.throughNodes != nil && !f.byUserSaid && f.known.outside != nil {
		f.throughNodes(q, read, d)
	}
}

// throughNodes: a load balancer outside may send to nodes for some Services, and to
// pods for others.
func (f *finder) throughNodes(q *asked, read *reader, d *Door) {
	plane, o := &d.DataPlane, f.known.outside
	toPods, toNodes := false, false
	for _, r := range d.Routes {
		switch {
		case r.Broken == report.NotRead: // a Service that may say so
			plane.Problem, plane.Detail, plane.Parties = report.NotRead, r.Detail, nil
			return
		case r.ThroughNodes:
			toNodes = true
		case len(r.Destinations) > 0:
			toPods = true
		}
	}
	if !toPods && !toNodes {
		toPods = !read.throughNodes(q, &snapshot.Service{}).nodes
	}
	plane.ThroughNodes = !toPods
	if !plane.ThroughNodes && len(o.ranges) == 0 {
		plane.Anywhere, plane.Direct = true, true
		plane.Parties = []model.Party{{External: o.why}}
	}
}

// plainReader is how a controller is taken to read an Ingress of which nothing is known.
func plainReader() *reader {
	return &reader{
		backends:    backends{},
		noEndpoints: "503", noService: "503",
	}
}

// bareHosts are the hosts of rules without paths: all their requests go to the default
// backend (IngressRule docs).
func bareHosts(ing *snapshot.Ingress) []string {
	var out []string
	for _, r := range ing.Rules {
		if len(r.Paths) == 0 && r.Host != "" {
			out = append(out, r.Host)
		}
	}
	return out
}

// neverAsked marks a default backend that gets no request: some rule takes every host
// and path ("If no rules match, or there are no rules, then all traffic is sent to the
// default backend", Ingress docs).
func neverAsked(routes []Route) {
	whole := slices.ContainsFunc(routes, func(r Route) bool {
		return !r.Default && r.host() == "" && clean(r.Path) == "/" && r.PathType != "Exact"
	})
	for i := range routes {
		if routes[i].Default && whole && len(routes[i].Hosts) == 1 {
			routes[i].lose(report.NeverAsked, "")
		}
	}
}

// route follows one path to its backends.
func (read *reader) route(q *asked, field, host string, p snapshot.IngressPath) []Route {
	base := Route{By: ingressObject(q.ing), Field: field, Path: p.Path, PathType: p.Type, Weight: -1}
	if host != "" {
		base.Hosts = []string{host}
	}
	b := p.Backend
	if b.Resource != "" {
		base.Broken, base.Detail = report.ResourceBackend, b.Resource
		return []Route{base}
	}
	if read.answers != nil && read.answers(q, b) {
		base.Broken, base.Detail = report.AnsweredByDoor, b.Service
		return []Route{base}
	}
	to := []snapshot.IngressBackend{b}
	if read.forwards != nil {
		if more := read.forwards(q.ing, b); len(more) > 0 {
			to = more
		}
	}
	var out []Route
	for _, b := range to {
		r := base
		r.named = b.Service
		port := reference.Port{Number: b.PortNumber, Name: b.PortName, Protocol: connset.TCP}
		r.Port = port.Name
		if port.Number != 0 {
			r.Port = strconv.Itoa(int(port.Number))
		}
		name := snapshot.Name{Namespace: q.ing.Namespace, Name: b.Service}
		read.lead(q, &r, name, port)
		out = append(out, r)
	}
	return out
}

// lead takes a route to its Service: by the pods' addresses, or by the nodes' ports.
func (read *reader) lead(q *asked, r *Route, name snapshot.Name, port reference.Port) {
	s := q.f.m.Service(name)
	if read.throughNodes == nil || s == nil || s.Type == snapshot.ExternalName || q.f.byUserSaid {
		read.backends.follow(q, r, name, port)
		return
	}
	way := read.throughNodes(q, s)
	switch {
	case way.open:
		r.Backend = report.Object{Kind: "Service", Namespace: name.Namespace, Name: name.Name}
		r.refuse(undecided(way.takes))
	case way.nodes:
		r.ThroughNodes = true
		follow(q.f.m, r, name, port)
	default:
		read.backends.follow(q, r, name, port)
	}
}

// follow resolves a route's Service and port as kube-proxy does.
func follow(m *model.Model, out *Route, service snapshot.Name, port reference.Port) {
	out.Backend = report.Object{Kind: "Service", Namespace: service.Namespace, Name: service.Name}
	r := reference.Reference{Kind: reference.Service, Namespace: service.Namespace, Name: service.Name, Port: port}
	dsts, err := m.Destinations(r)
	if err != nil {
		out.Broken = report.BackendMissing
		if u, ok := err.(*model.UnreadableError); ok { //nolint:errorlint // Destinations returns the type itself
			out.Broken, out.Detail = report.NotRead, u.Gap.Need.Permission()
		}
		return
	}
	out.Destinations = dsts
}
