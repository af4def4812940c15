package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func bystanders() *Analyzer {
	return &Analyzer{
		Code: "NG018", Name: "policy-shuts-bystanders-off", Severity: report.Medium,
		Title: "A policy for one workload selects the whole namespace, and shuts the others off",
		Doc:   "A policy with an empty podSelector has ingress rules for ports that some workload of the namespace has, and another workload, which has a port of its own and which no other policy selects, can be connected to at none of its ports. Policies without any rule are default-deny, and meant so.",
		Why:   "The policy was written, or installed by a chart, for one application; whatever else runs in the namespace stops to answer.",
		Mend:  "Give the policy the application's labels as podSelector; and a policy without rules, where the namespace is meant to be closed.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource",
			"https://github.com/nextcloud/all-in-one/pull/5024",
		},
		Run: func(p *Pass) {
			if !p.Enforced() {
				return
			}
			for _, x := range p.NetworkPolicies() {
				if x.Subject.Empty() && x.Ingress.Isolates && len(x.Ingress.Rules) > 0 && p.Certain(x.Namespace) {
					p.bystandersOf(x)
				}
			}
		},
	}
}

func (p *Pass) bystandersOf(x *policy.Policy) {
	var meant, shut []*model.Class
	for _, c := range p.selected(x) {
		subject := p.endpoint(c)
		admitted, have := connset.Empty(), connset.Empty()
		for i := range x.Ingress.Rules {
			r := &x.Ingress.Rules[i]
			if r.AnyPort {
				return // for everybody there
			}
			_, possible := r.Admits(&subject)
			admitted = admitted.Union(possible)
		}
		for _, port := range c.Pods[0].Ports {
			have = have.Union(connset.Of(port.Protocol, port.Port, port.Port))
		}
		switch {
		case have.IsEmpty():
		case !have.Intersect(admitted).IsEmpty():
			meant = append(meant, c)
		case len(c.Ingress.Policies()) == 1:
			shut = append(shut, c)
		}
	}
	if len(meant) == 0 || len(shut) == 0 {
		return
	}
	f := found{key: "podSelector"}
	f.Ends, f.By = endsOf(shut), []report.RuleRef{ruleRef(x, subjectPath)}
	f.Message = fmt.Sprintf("podSelector is empty, and the rules fit %s alone: nobody can connect to %s", endNames(endsOf(meant)), endNames(f.Ends))
	p.reportClause(x, subjectPath, nil, f)
}
