package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func duplicatePolicy() *Analyzer {
	return &Analyzer{
		Code: "NG041", Name: "duplicate-policy", Severity: report.Info,
		Title: "Two policies say the same",
		Doc:   "Two NetworkPolicies of a namespace select the same pods, in the same directions, with the same rules.",
		Why:   "Whoever changes or deletes one of them, in the belief that it closes something, closes nothing.",
		Mend:  "Delete one of them.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation",
		},
		Others: []string{"cyclonus CheckSourceDuplicatePolicyName (nearly)"},
		Run: func(p *Pass) {
			for _, pair := range p.duplicates() {
				f := found{key: "spec"}
				f.By = []report.RuleRef{ruleRef(pair[0], "spec"), ruleRef(pair[1], "spec")}
				f.Message = fmt.Sprintf("says the same as %s", objectName(pair[0].Ref()))
				p.reportClause(pair[1], "spec", nil, f)
			}
		},
	}
}

// duplicates are policies that say what another says, after that other.
func (p *Pass) duplicates() [][2]*policy.Policy {
	var out [][2]*policy.Policy
	first := map[string]*policy.Policy{}
	for _, x := range p.NetworkPolicies() {
		key := append([]byte(x.Namespace+"\x00"+x.Subject.String()+"\x00"), fmt.Sprint(x.Ingress.Isolates, x.Egress.Isolates)...)
		key = x.AppendWords(append(key, 0), report.Ingress)
		key = x.AppendWords(append(key, 0), report.Egress)
		if first[string(key)] == nil {
			first[string(key)] = x
			continue
		}
		out = append(out, [2]*policy.Policy{first[string(key)], x})
	}
	return out
}
