package audit

import (
	"fmt"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

func aroundTheDoor() *Analyzer {
	return &Analyzer{
		Code: "NG027", Name: "exposed-round-the-door", Severity: report.Medium, Security: true,
		Title: "Pods behind an Ingress or Gateway are exposed by another route, too",
		Doc:   "A Service of type NodePort or LoadBalancer, an external IP or a hostPort leads clients outside to the same pods as an Ingress or Gateway, and nothing keeps them out.",
		Why:   "What the door does for its backend does not happen: TLS, authentication, lists of addresses, limits and logs.",
		Mend:  "type: ClusterIP for the Service, no hostPort; or a policy that lets in the door's controller only.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
		Others: []string{"Kubescape C-0044 (hostPort), C-0256", "popeye POP-1104"},
		Run: func(p *Pass) {
			kinds := []report.WayKind{report.WayNodePort, report.WayLoadBalancer, report.WayExternalIP, report.WayHostPort}
			seen := map[string]bool{}
			for _, d := range p.Doors() {
				for _, b := range d.Backends {
					for _, way := range b.Around {
						key := fmt.Sprint(way.Object, way.Kind, way.Port)
						if way.Verdict != report.Allowed || !slices.Contains(kinds, way.Kind) || seen[key] || !p.Enforced() && way.Kind == "" {
							continue
						}
						seen[key] = true
						f := found{key: string(way.Kind) + way.Port}
						f.Object, f.Ends, f.By = way.Object, []report.End{doorEnd(d)}, way.DecidedBy
						f.Message = fmt.Sprintf("clients outside get to the pods behind %s round it, by %s of %s port %s", objectName(d.Object), way.Kind, objectName(way.Object), way.Port)
						p.report(f)
					}
				}
			}
		},
	}
}
