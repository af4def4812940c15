package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

func splitSelector() *Analyzer {
	return &Analyzer{
		Code: "NG005", Name: "selector-split-by-a-dash", Severity: report.Medium, Security: true,
		Title: "A dash splits namespaceSelector and podSelector, which makes OR of AND",
		Doc:   "Two items of a list follow each other, a namespaceSelector alone and a podSelector alone. No pod of the policy's own namespace has the pod's labels, and pods of the selected namespaces have: both were meant to hold at once.",
		Why:   "The first item lets in every pod of the namespaces; the second nobody. The rule is wider than it reads.",
		Mend:  "Take away the second dash, so that both selectors are one item.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors",
			"https://github.com/ahmetb/kubernetes-network-policy-recipes/pull/27",
		},
		Run: func(p *Pass) {
			p.peers(func(x *policy.Policy, r *policy.Rule, pods *policy.Peer) {
				if pods.Namespaces != nil || pods.Pods == nil || pods.Pods.Empty() || p.mayMatch(pods) {
					return
				}
				for i := range r.Peers {
					ns := &r.Peers[i]
					beside := i > 0 && &r.Peers[i-1] == pods || i+1 < len(r.Peers) && &r.Peers[i+1] == pods
					if !beside || ns.Namespaces == nil || ns.Pods != nil || ns.Addressed() {
						continue
					}
					var meant, more []*model.Class
					for _, c := range p.matched(ns, 0) {
						if pods.Pods.Match(selector.Known(c.Pods[0].Labels)) == selector.Yes {
							meant = append(meant, c)
						} else {
							more = append(more, c)
						}
					}
					if len(meant) == 0 {
						continue
					}
					f := found{key: ns.Key() + pods.Key()}
					f.Ends = endsOf(more)
					f.Message = fmt.Sprintf("%s and %s are two items, of which either is enough; both together mean %s",
						ns.String(), pods.String(), endNames(endsOf(meant)))
					if len(more) > 0 {
						f.Message += fmt.Sprintf(", and as it stands %s matches, too", endNames(f.Ends))
					}
					f.By = []report.RuleRef{ruleRef(x, ns.Path), ruleRef(x, pods.Path)}
					f.Advice = "make one item of both: take away the dash before podSelector"
					p.reportClause(x, pods.Path, meant, f)
					return
				}
			})
		},
	}
}
