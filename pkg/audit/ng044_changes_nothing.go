package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func changesNothing() *Analyzer {
	return &Analyzer{
		Code: "NG044", Name: "policy-that-changes-nothing", Severity: report.Info, Phase: remaining,
		Title: "A policy changes no connection",
		Doc:   "Another policy of the namespace selects all the same pods (the same podSelector, or an empty one) and isolates them in the same directions, and every rule of this one is covered by a rule of that one.",
		Why:   "The cluster would behave the same without it. Whoever relies on it relies on the other.",
		Mend:  "Delete it, or correct what it was meant to allow.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation",
		},
		Run: func(p *Pass) {
			for _, ns := range p.namespaces() {
				policies := p.PoliciesIn(ns)
				for _, x := range policies {
					if p.claimed(x, "spec") || p.claimed(x, subjectPath) || x.Kind != "" || len(p.selected(x)) == 0 {
						continue
					}
					for _, other := range policies {
						if other == x || other.Kind != "" || p.claimed(other, "spec") || !contains(other, x) {
							continue
						}
						f := found{key: "spec"}
						f.By = []report.RuleRef{ruleRef(x, "spec"), ruleRef(other, "spec")}
						f.Message = fmt.Sprintf("changes no connection: %s selects the same pods and allows all of this", objectName(other.Ref()))
						p.reportClause(x, "spec", nil, f)
						break
					}
				}
			}
		},
	}
}

// contains tells whether a policy selects all pods that another selects, isolates them in
// its directions, and allows all that it allows.
func contains(wide, narrow *policy.Policy) bool {
	if !wide.Subject.Empty() && wide.Subject.String() != narrow.Subject.String() {
		return false
	}
	return containsRules(&wide.Ingress, &narrow.Ingress) && containsRules(&wide.Egress, &narrow.Egress)
}

func containsRules(wide, narrow *policy.Rules) bool {
	if !narrow.Isolates {
		return true
	}
	if !wide.Isolates {
		return false
	}
	for i := range narrow.Rules {
		covered := false
		for j := range wide.Rules {
			covered = covered || covers(&wide.Rules[j], &narrow.Rules[i])
		}
		if !covered {
			return false
		}
	}
	return true
}
