package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func sensitivePortInside() *Analyzer {
	return &Analyzer{
		Code: "NG023", Name: "database-open-to-every-namespace", Severity: report.High, Security: true,
		Title: "Every pod of every namespace can connect to a database or to an administration port",
		Doc:   "A pod takes connections at the port of a database, message broker, debugger or administration interface, policies isolate the pod, and they let in every pod of every namespace, those of namespaces that do not exist yet included. Where nothing isolates it at all, NG020 or NG022 says so.",
		Why:   "The policy reads as a protection, and data is one compromised container away.",
		Mend:  "List the clients in from: a podSelector, with a namespaceSelector where they live elsewhere. `kubectl netguard scaffold` proposes it from who connects today.",
		Sources: []string{
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
			"https://www.iana.org/assignments/service-names-port-numbers",
		},
		Others: []string{"Kubescape C-0299 (nearly)"},
		Run: func(p *Pass) {
			if !p.Enforced() {
				return
			}
			for _, w := range p.Workloads() {
				for _, c := range w.Classes {
					if !c.Ingress.Isolates() || !p.Certain(c.Namespace) {
						continue
					}
					for _, s := range p.sensitiveOf(c) {
						e, ports := stranger(), connset.Of(connset.TCP, s.port, s.port)
						d := p.Says(c, report.Ingress, &e, ports)
						if !admits(d, ports) {
							continue
						}
						f := found{key: fmt.Sprint(s.port)}
						f.Object, f.Ends = w.Object(), []report.End{w.End}
						f.Message = fmt.Sprintf("every pod of every namespace can connect to %s at TCP %d (%s)", endName(w.End), s.port, s.what)
						if d.Policy != nil && d.Rule != nil {
							f.Object, f.Path, f.where = d.Policy.Ref(), d.Rule.Path, d.Policy
							f.By = []report.RuleRef{ruleRef(d.Policy, d.Rule.Path)}
							f.Message += fmt.Sprintf(": %s of %s", d.Rule.Path, objectName(d.Policy.Ref()))
							if p.claimed(d.Policy, d.Rule.Path) {
								continue
							}
						}
						p.report(f)
					}
					break
				}
			}
		},
	}
}
