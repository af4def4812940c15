package frontdoor

import (
	"fmt"
	"strconv"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func ingressDoor(m *model.Model, ing *snapshot.Ingress, controllers []reference.Reference) *Door {
	d := &Door{Object: report.Object{Kind: "Ingress", Namespace: ing.Namespace, Name: ing.Name.Name}}
	if ing.Default != nil {
		d.Routes = append(d.Routes, ingressRoute(m, ing, "spec.defaultBackend", "", snapshot.IngressPath{Backend: *ing.Default}))
	}
	for i, rule := range ing.Rules {
		for j, p := range rule.Paths {
			field := fmt.Sprintf("spec.rules[%d].http.paths[%d]", i, j)
			d.Routes = append(d.Routes, ingressRoute(m, ing, field, rule.Host, p))
		}
	}
	f := &finder{m: m, plane: &d.DataPlane}
	d.Class, d.Controller = f.ingressClass(ing)
	d.DataPlane.Addresses = ing.Addresses
	f.direct = ing.TargetType == "ip"
	f.find(ing.Addresses, nil, controllers)
	return d
}

// ingressTLS are the hosts with TLS. An entry without hosts stands for all: they
// "default to the wildcard host setting" (IngressTLS docs).
func ingressTLS(ing *snapshot.Ingress) []string {
	var out []string
	for _, t := range ing.TLS {
		if len(t.Hosts) == 0 {
			out = append(out, "")
		}
		out = append(out, t.Hosts...)
	}
	return out
}

func ingressRoute(m *model.Model, ing *snapshot.Ingress, field, host string, p snapshot.IngressPath) Route {
	out := Route{
		By: report.Object{Kind: "Ingress", Namespace: ing.Namespace, Name: ing.Name.Name}, Field: field,
		Path: p.Path, PathType: p.Type, Weight: -1, TLS: ingressTLS(ing),
	}
	if host != "" {
		out.Hosts = []string{host}
	}
	b := p.Backend
	if b.Resource != "" {
		out.Broken, out.Detail = report.ResourceBackend, b.Resource
		return out
	}
	port := reference.Port{Number: b.PortNumber, Name: b.PortName, Protocol: connset.TCP}
	out.Port = port.Name
	if port.Number != 0 {
		out.Port = strconv.Itoa(int(port.Number))
	}
	follow(m, &out, snapshot.Name{Namespace: ing.Namespace, Name: b.Service}, port)
	return out
}

// follow resolves a route's Service and port.
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
