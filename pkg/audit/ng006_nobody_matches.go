package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

func nobodyMatches() *Analyzer {
	return &Analyzer{
		Code: "NG006", Name: "peer-matches-nobody", Severity: report.Low, Phase: remaining,
		Title: "A peer of a rule matches nobody",
		Doc:   "No pod that exists matches a from or to item. Where a pod has nearly the labels that are asked for, the finding names them, and is of medium severity. In manifests only such near misses are found: who is meant may stand in others.",
		Why:   "The rule allows nobody. A label is misspelled, or has another key than the chart that was written for.",
		Mend:  "Correct the label; `kubectl get pods --show-labels` and `kubectl get ns --show-labels` show what there is.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
		},
		Others: []string{"kube-linter dangling-networkpolicypeer-podselector", "popeye POP-1206, POP-1207"},
		Run: func(p *Pass) {
			p.peers(func(x *policy.Policy, _ *policy.Rule, peer *policy.Peer) {
				if p.mayMatch(peer) || len(p.hostsOf(peer)) > 0 {
					return
				}
				n := p.nearestTo(peer)
				if n == nil && p.HasEverything() {
					return
				}
				f := found{key: peer.Key()}
				f.By = []report.RuleRef{ruleRef(x, peer.Path)}
				f.Message = peer.String() + " matches no pod"
				var meant []*model.Class
				if n != nil {
					meant = n.classes
					f.Severity, f.Ends = report.Medium, endsOf(n.classes)
					f.Message = fmt.Sprintf("%s matches no pod; %s has %s", peer.String(), endNames(f.Ends), n)
				}
				p.reportClause(x, peer.Path, meant, f)
			})
		},
	}
}

// nearestTo is what a peer may have meant.
func (p *Pass) nearestTo(peer *policy.Peer) *near {
	if peer.Namespaces == nil {
		return nearest(peer.Pods, p.ClassesIn(peer.Home))
	}
	var inside []*model.Class
	for _, ns := range p.Namespaces() {
		switch peer.Namespaces.Match(p.NamespaceLabels(ns.Name)) {
		case selector.Yes:
			inside = append(inside, p.ClassesIn(ns.Name)...)
		case selector.No:
			labels := ns.Labels
			if n := nearLabels(peer.Namespaces, labels); n != nil {
				for _, c := range p.ClassesIn(ns.Name) {
					if peer.Pods == nil || peer.Pods.Match(selector.Known(c.Pods[0].Labels)) == selector.Yes {
						n.classes = append(n.classes, c)
					}
				}
				if len(n.classes) > 0 {
					return n
				}
			}
		case selector.Undetermined:
		}
	}
	return nearest(peer.Pods, inside)
}
