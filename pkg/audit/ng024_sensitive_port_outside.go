package audit

import (
	"fmt"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func sensitivePortOutside() *Analyzer {
	return &Analyzer{
		Code: "NG024", Name: "database-open-to-the-internet", Severity: report.Critical, Security: true,
		Title: "Clients on the internet can connect to a database or to an administration port",
		Doc:   "A Service of type LoadBalancer, or with external IPs, leads to the port of a database, message broker, debugger or administration interface, and clients on the internet get to the pods: neither policies nor source ranges keep them out.",
		Why:   "Such ports are scanned for all the time, and many of them ask for no password, or for one that everybody knows.",
		Mend:  "type: ClusterIP, an internal load balancer, or loadBalancerSourceRanges and a policy with the clients' ipBlock.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer",
			"https://www.iana.org/assignments/service-names-port-numbers",
		},
		Others: []string{"Kubescape C-0256 (nearly)"},
		Run: func(p *Pass) {
			if !p.Enforced() {
				return // NG029 says that nothing is protected
			}
			for _, w := range p.Workloads() {
				for _, c := range w.Classes {
					ports := p.sensitiveOf(c)
					for _, s := range p.servicesOf(c) {
						if s.Type != snapshot.LoadBalancer && len(s.ExternalIPs) == 0 {
							continue
						}
						for _, sp := range s.Ports {
							at := slices.IndexFunc(ports, func(x sensitive) bool { return x.port == targetOf(&sp, c.Pods[0]) })
							if at >= 0 {
								p.openOutside(w, s, &sp, ports[at])
							}
						}
					}
				}
			}
		},
	}
}

func (p *Pass) openOutside(w *Workload, s *snapshot.Service, sp *snapshot.ServicePort, what sensitive) {
	target := reference.Reference{
		Form: reference.FormObject, Kind: reference.Service, Namespace: s.Namespace, Name: s.Name.Name,
		Port: reference.Port{Number: sp.Port, Protocol: sp.Protocol},
	}
	answer, err := query.Explain(p.Model, reference.Reference{Form: reference.FormInternet}, target, p.options.Options)
	if err != nil || answer.Verdict != report.Allowed {
		return
	}
	f := found{key: fmt.Sprint(sp.Port)}
	f.Object = serviceObject(s)
	f.Path = "spec.ports"
	f.Ends = []report.End{w.End}
	f.Message = fmt.Sprintf("clients on the internet can connect to %s by %s: %s port %d is that of %s",
		endName(w.End), objectName(f.Object), sp.Protocol, what.port, what.what)
	p.report(f)
}
