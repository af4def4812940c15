package frontdoor

import (
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// OtherNeeds are the reads that follow an object of such a kind to what it names, and the
// Services that it leads to.
func OtherNeeds(s *snapshot.Snapshot, r reference.Reference) (needs []snapshot.Need, services []snapshot.Name) {
	name := snapshot.Name{Namespace: r.Namespace, Name: r.Name}
	m := model.New(s)
	switch found := snapshot.One[snapshot.Object](s, snapshot.Resource(r.Kind.Resource()), name).(type) {
	case *snapshot.HTTPProxy:
		if len(found.Spec.Includes) > 0 {
			needs = append(needs, snapshot.Need{Resource: snapshot.HTTPProxies})
		}
	case *snapshot.IngressRoute:
		for _, rule := range found.Spec.Routes {
			needs = append(needs, middlewareNeeds(s, rule.Middlewares, r.Namespace)...)
		}
		services = AskedByMiddlewares(s, needs)
	case *snapshot.VirtualService:
		for _, text := range found.Spec.Gateways {
			namespace, bare, ok := strings.Cut(text, "/")
			switch {
			case text == "mesh":
			case ok:
				needs = append(needs, snapshot.Need{Resource: snapshot.IstioGateways, Namespace: namespace, Name: bare})
			default:
				needs = append(needs, snapshot.Need{Resource: snapshot.IstioGateways, Namespace: r.Namespace, Name: text})
			}
		}
	}
	for _, d := range openOther(m, r, nil) {
		for _, route := range d.Routes {
			if route.Backend.Name != "" {
				services = append(services, snapshot.Name{Namespace: route.Backend.Namespace, Name: route.Backend.Name})
			}
		}
	}
	return needs, services
}

// mapping follows a Mapping: its service is [SCHEME://]NAME[.NAMESPACE][:PORT].
func (o *other) mapping(m *snapshot.Mapping) {
	host := m.Spec.Hostname
	if host == "" {
		host = m.Spec.Host
	}
	if host == "*" {
		host = ""
	}
	scheme, rest, has := strings.Cut(m.Spec.Service, "://")
	if !has {
		scheme, rest = "http", m.Spec.Service
	}
	target, text, _ := strings.Cut(rest, ":")
	name, namespace, _ := strings.Cut(target, ".")
	namespace, domain, _ := strings.Cut(namespace, ".")
	if namespace == "" {
		namespace = o.home
	}
	port := reference.Port{Number: 80}
	if scheme == "https" {
		port.Number = 443
	}
	if n, err := strconv.ParseUint(text, 10, 16); err == nil {
		port.Number = uint16(n)
	}
	if domain != "" && !strings.HasPrefix(domain, "svc") {
		o.broken("spec.service", []string{host}, m.Spec.Prefix, report.ResourceBackend, "host "+target)
		return
	}
	o.route("spec.service", []string{host}, m.Spec.Prefix, false, snapshot.Name{Namespace: namespace, Name: name}, port)
}
