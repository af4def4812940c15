package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

func notIsolated() *Analyzer {
	return &Analyzer{
		Code: "NG022", Name: "workload-not-isolated", Severity: report.Medium, Security: true,
		Title: "A workload is not isolated, and others of its namespace are",
		Doc:   "No policy of any kind that is evaluated isolates a workload for ingress, while policies isolate others of its namespace. Workloads without a declared port and without a Service are left alone.",
		Why:   "Somebody meant to restrict the namespace and this workload was forgotten, or its labels have changed: every pod of the cluster can connect to it.",
		Mend:  "A default-deny policy for the namespace (empty podSelector), or a policy whose podSelector has the workload's labels.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation",
		},
		Others: []string{"kube-linter non-isolated-pod", "popeye POP-1204, POP-1208", "checkov CKV2_K8S_6"},
		Run: func(p *Pass) {
			if !p.Enforced() {
				return
			}
			for _, ns := range p.namespaces() {
				i := p.isolationOf(ns, report.Ingress)
				if systemNamespace(ns) || i.unknown || len(i.bound) == 0 {
					continue
				}
				for _, w := range i.open {
					if w.Classes[0].Ingress.Isolates() || !p.serves(w) || p.meantForPolicy(w) {
						continue
					}
					f := found{}
					f.Object, f.Ends = w.Object(), []report.End{w.End}
					f.Message = fmt.Sprintf("no policy isolates %s: every pod of the cluster can connect to it, unlike %s",
						endName(w.End), endName(i.bound[0].End))
					p.report(f)
				}
			}
		},
		Phase: outcomes,
	}
}

// serves tells whether a workload takes connections, as far as it or a Service says.
func (p *Pass) serves(w *Workload) bool {
	for _, c := range w.Classes {
		if len(c.Pods[0].Ports) > 0 || len(p.servicesOf(c)) > 0 {
			return true
		}
	}
	return false
}

// meantForPolicy tells whether a finding says already that a policy was meant for it.
func (p *Pass) meantForPolicy(w *Workload) bool {
	for ref, c := range p.claims {
		if ref.Path == subjectPath && c.meant[w.Classes[0].Pods[0].Name] {
			return true
		}
	}
	return false
}
