package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

func misplacedPolicy() *Analyzer {
	return &Analyzer{
		Code: "NG009", Name: "policy-in-the-wrong-namespace", Severity: report.Medium, Security: true,
		Title: "A policy selects nobody in its namespace, and pods of another have the labels",
		Doc:   "No pod of the policy's namespace matches its podSelector, and pods of another namespace do. A policy selects pods of its own namespace only.",
		Why:   "The pods that it was written for are as open, or as shut, as if it did not exist.",
		Mend:  "Create the policy in the namespace of the pods (metadata.namespace, or -n).",
		Sources: []string{
			"https://github.com/projectcalico/calico/issues/1683",
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource",
		},
		Others: []string{"kube-linter dangling-networkpolicy"},
		Run: func(p *Pass) {
			for _, x := range p.idle() {
				elsewhere := p.labelled(&x.Subject)
				if len(elsewhere) == 0 {
					continue
				}
				f := found{key: "podSelector"}
				f.Ends = endsOf(elsewhere)
				f.Message = fmt.Sprintf("podSelector %s matches no pod of namespace %s; %s has these labels", x.Subject.String(), x.Namespace, endNames(f.Ends))
				f.Advice = fmt.Sprintf("set metadata.namespace: %s", elsewhere[0].Namespace)
				p.reportClause(x, subjectPath, elsewhere, f)
			}
		},
	}
}
