package audit

import "github.com/kubectl-netguard/netguard/pkg/report"

func doorWrongPort() *Analyzer {
	return &Analyzer{
		Code: "NG012", Name: "door-to-a-port-that-is-not-there", Severity: report.High,
		Title: "A door leads to a port that the Service or its pods do not have",
		Doc:   "An Ingress or route names a port that the Service does not have, or the Service's targetPort is a name that no container of its pods declares.",
		Why:   "Clients see an error (503, or 500 with the Gateway API) whatever policies say.",
		Mend:  "Name the Service's own port in the route, and in targetPort a name that the container declares, or its number.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports",
		},
		Others: []string{"kube-linter invalid-target-ports", "popeye POP-1102"},
		Run: func(p *Pass) {
			reasons := []report.Reason{report.ServicePortMissing, report.TargetPortMissing, report.TargetPortProtocol, report.TargetPortEnded}
			p.brokenBackends(reasons, func(b *report.DoorBackend) string {
				switch b.Reason {
				case report.ServicePortMissing:
					return "the Service has no such port"
				case report.TargetPortProtocol:
					return "containers declare its targetPort " + b.Detail + " for another protocol"
				default:
					return "no container that serves declares its targetPort " + b.Detail
				}
			})
		},
	}
}
