package audit

import (
	"fmt"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

func doorWithoutEndpoints() *Analyzer {
	return &Analyzer{
		Code: "NG011", Name: "door-without-endpoints", Severity: report.High,
		Title: "A door leads to a Service that does not exist, or that has no pods",
		Doc:   "An Ingress or route sends requests to a Service that does not exist, that selects no pod, or whose pods are not ready.",
		Why:   "Clients see an error (503, or 500 with the Gateway API) whatever policies say.",
		Mend:  "Correct the name of the Service in the route, or the Service's selector.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors",
			"https://kubernetes.io/docs/concepts/services-networking/ingress/#resource-backend",
		},
		Others: []string{"kube-linter dangling-ingress, dangling-service", "popeye POP-1100"},
		Run: func(p *Pass) {
			p.brokenBackends([]report.Reason{report.BackendMissing, report.NoEndpoints, report.NoPods}, func(b *report.DoorBackend) string {
				if b.Reason == report.BackendMissing {
					return objectName(b.Service) + " does not exist"
				}
				return objectName(b.Service) + " has no endpoint that takes requests"
			})
		},
	}
}

// brokenBackends are those that fail for certain reasons, with what is said of them.
func (p *Pass) brokenBackends(reasons []report.Reason, say func(*report.DoorBackend) string) {
	for _, d := range p.Doors() {
		for i := range d.Backends {
			b := &d.Backends[i]
			if b.Mirror || b.Verdict != report.Denied || !slices.Contains(reasons, b.Reason) || len(b.Routes) == 0 {
				continue
			}
			f := found{key: objectName(b.Service) + ":" + b.Port}
			f.Object, f.Path = b.Routes[0].By, b.Routes[0].Field
			f.Ends = []report.End{{Kind: "Service", Namespace: b.Service.Namespace, Name: b.Service.Name, Port: b.Port}}
			f.Message = fmt.Sprintf("%s sends requests to %s port %s: %s", objectName(d.Object), objectName(b.Service), b.Port, say(b))
			if b.ClientSees != "" {
				f.Message += "; clients see " + b.ClientSees
			}
			p.report(f)
		}
	}
}
