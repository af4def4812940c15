package frontdoor

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
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
