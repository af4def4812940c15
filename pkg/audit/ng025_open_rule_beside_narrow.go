package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func openRuleBesideNarrow() *Analyzer {
	return &Analyzer{
		Code: "NG025", Name: "open-rule-beside-narrow-ones", Severity: report.Medium, Security: true,
		Title: "A rule without from or to makes the narrow rules beside it pointless",
		Doc:   "A policy has a rule that lists clients (or destinations), and another without from (or to) that allows everybody the same ports.",
		Why:   "Rules add up. The narrow rule reads as a restriction and is none: everybody gets in by the other. Often the indentation or a dash is wrong, so that from and ports became two rules.",
		Mend:  "Take the open rule away, or put its ports into the rule with from.",
		Sources: []string{
			"https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/#NetworkPolicySpec",
		},
		Others: []string{"cyclonus CheckTargetAllIngressAllowed, CheckTargetAllEgressAllowed"},
		Run: func(p *Pass) {
			for _, x := range p.NetworkPolicies() {
				p.openRules(x, x.Ingress.Rules, "from")
				p.openRules(x, x.Egress.Rules, "to")
			}
		},
	}
}

func (p *Pass) openRules(x *policy.Policy, rules []policy.Rule, word string) {
	for i := range rules {
		open := &rules[i]
		if !open.AnyPeer {
			continue
		}
		for j := range rules {
			narrow := &rules[j]
			if narrow.AnyPeer || !covers(open, narrow) {
				continue
			}
			f := found{key: open.Path}
			f.By = []report.RuleRef{ruleRef(x, open.Path), ruleRef(x, narrow.Path)}
			f.Message = fmt.Sprintf("%s has no %s and allows everybody %s, so that %s restricts nobody", open.Path, word, portsText(open), narrow.Path)
			p.reportClause(x, open.Path, nil, f)
			p.claims[report.RuleRef{Policy: x.Ref(), Path: narrow.Path}] = p.claims[report.RuleRef{Policy: x.Ref(), Path: open.Path}]
			break
		}
	}
}

func portsText(r *policy.Rule) string {
	if r.AnyPort {
		return "every port"
	}
	names := make([]string, len(r.Ports))
	for i := range r.Ports {
		names[i] = r.Ports[i].String()
	}
	return list(names)
}

// covers tells whether a rule allows all that another allows, whoever there is.
func covers(wide, narrow *policy.Rule) bool {
	if wide.Action != narrow.Action || wide.Unclear != "" || narrow.Unclear != "" || len(wide.NotPorts)+len(narrow.NotPorts) > 0 {
		return false
	}
	return coversPeers(wide, narrow) && coversPorts(wide, narrow)
}

func coversPeers(wide, narrow *policy.Rule) bool {
	if wide.AnyPeer || narrow.AnyPeer {
		return wide.AnyPeer
	}
	keys := map[string]bool{}
	for i := range wide.Peers {
		keys[wide.Peers[i].Key()] = true
	}
	for i := range narrow.Peers {
		if !keys[narrow.Peers[i].Key()] {
			return false
		}
	}
	return true
}

func coversPorts(wide, narrow *policy.Rule) bool {
	if wide.AnyPort || narrow.AnyPort {
		return wide.AnyPort
	}
	set, names := connset.Empty(), map[string]bool{}
	for _, x := range wide.Ports {
		if x.Name != "" {
			names[string(x.Protocol)+x.Name] = true
			continue
		}
		set = set.Union(numbered([]policy.Port{x}))
	}
	for _, x := range narrow.Ports {
		if x.Name != "" {
			if !names[string(x.Protocol)+x.Name] {
				return false
			}
			continue
		}
		if !numbered([]policy.Port{x}).Subtract(set).IsEmpty() {
			return false
		}
	}
	return true
}
