package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func shadowedRule() *Analyzer {
	return &Analyzer{
		Code: "NG040", Name: "rule-shadowed-by-another", Severity: report.Info, Phase: remaining,
		Title: "A rule allows what another allows already",
		Doc:   "All that a rule allows, another rule of the same policy allows to the same pods: its clients and ports are a part of the other's.",
		Why:   "Whoever takes the rule away, in the belief that it closes something, closes nothing.",
		Mend:  "Delete the narrower rule, or the wider one if that was not meant.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation",
		},
		Run: func(p *Pass) {
			for _, x := range p.NetworkPolicies() {
				p.shadowed(x, x.Ingress.Rules)
				p.shadowed(x, x.Egress.Rules)
			}
		},
	}
}

func (p *Pass) shadowed(x *policy.Policy, rules []policy.Rule) {
	for i := range rules {
		for j := range rules {
			if i == j || !covers(&rules[j], &rules[i]) || covers(&rules[i], &rules[j]) && i < j || p.claimed(x, rules[i].Path) {
				continue
			}
			f := found{key: rules[i].Path}
			f.By = []report.RuleRef{ruleRef(x, rules[i].Path), ruleRef(x, rules[j].Path)}
			f.Message = fmt.Sprintf("%s allows nothing that %s does not allow", rules[i].Path, rules[j].Path)
			p.reportClause(x, rules[i].Path, nil, f)
			break
		}
	}
}
