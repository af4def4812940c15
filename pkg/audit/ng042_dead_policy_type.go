package audit

import (
	"fmt"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func deadPolicyType() *Analyzer {
	return &Analyzer{
		Code: "NG042", Name: "rules-that-policytypes-switch-off", Severity: report.Medium, Security: true,
		Title: "A policy has rules of a direction that its policyTypes leave out",
		Doc:   "policyTypes is written out and lacks a direction for which the policy has rules. Where policyTypes is absent, the API adds what the rules need, and nothing is found.",
		Why:   "The rules do nothing, and in that direction the policy isolates nobody: what reads as a restriction is open.",
		Mend:  "Add the direction to policyTypes, or take the rules away.",
		Sources: []string{
			"https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/#NetworkPolicySpec",
			"https://github.com/zegl/kube-score/issues/180",
		},
		Run: func(p *Pass) {
			for _, x := range p.NetworkPolicies() {
				in := p.Policy(x.Name)
				if in == nil {
					continue
				}
				p.dead(x, in.Spec.PolicyTypes, networkingv1.PolicyTypeIngress, len(in.Spec.Ingress), "spec.ingress")
				p.dead(x, in.Spec.PolicyTypes, networkingv1.PolicyTypeEgress, len(in.Spec.Egress), "spec.egress")
			}
		},
	}
}

func (p *Pass) dead(x *policy.Policy, types []networkingv1.PolicyType, d networkingv1.PolicyType, rules int, path string) {
	if rules == 0 || len(types) == 0 || slices.Contains(types, d) {
		return
	}
	f := found{key: path}
	f.By = []report.RuleRef{ruleRef(x, path)}
	f.Ends = endsOf(p.selected(x))
	f.Message = fmt.Sprintf("policyTypes is %v: the rules in %s do nothing", types, path)
	p.reportClause(x, path, nil, f)
}
