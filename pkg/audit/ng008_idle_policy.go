package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func idlePolicy() *Analyzer {
	return &Analyzer{
		Code: "NG008", Name: "policy-selects-nobody", Severity: report.Low, Phase: remaining,
		Title: "A policy selects no pod",
		Doc:   "No pod of the policy's namespace matches its podSelector. Where one has nearly the labels that are asked for, the finding names them, and is of medium severity. In manifests only such near misses are found. An empty podSelector is every pod there will be, and never found.",
		Why:   "The policy protects nobody and allows nothing, whatever its rules say.",
		Mend:  "Correct the labels of podSelector, or delete the policy.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource",
		},
		Others: []string{"kube-linter dangling-networkpolicy", "popeye POP-1200"},
		Run: func(p *Pass) {
			for _, x := range p.idle() {
				if len(p.labelled(&x.Subject)) > 0 {
					continue // NG009
				}
				n := nearest(&x.Subject, p.ClassesIn(x.Namespace))
				if n == nil && p.HasEverything() {
					continue
				}
				f := found{key: "podSelector"}
				f.Message = fmt.Sprintf("podSelector %s matches no pod of namespace %s", x.Subject.String(), x.Namespace)
				var meant []*model.Class
				if n != nil {
					meant = n.classes
					f.Severity, f.Ends = report.Medium, endsOf(n.classes)
					f.Message += fmt.Sprintf("; %s has %s", endNames(f.Ends), n)
				}
				p.reportClause(x, subjectPath, meant, f)
			}
		},
	}
}

const subjectPath = "spec.podSelector"

// idle are the NetworkPolicies that select nobody for certain.
func (p *Pass) idle() []*policy.Policy {
	var out []*policy.Policy
	for _, x := range p.Idle() {
		if x.Kind == "" && !x.Subject.Empty() && p.Audited(x.Namespace) &&
			p.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: x.Namespace}) {
			out = append(out, x)
		}
	}
	return out
}
