package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

func wrongNamespacePeer() *Analyzer {
	return &Analyzer{
		Code: "NG004", Name: "peer-in-another-namespace", Severity: report.Medium, Phase: remaining,
		Title: "A peer selects pods of the policy's own namespace, and those meant live in another",
		Doc:   "A from or to item has a podSelector alone, which looks in the policy's own namespace only. No pod there has the labels; pods of another namespace have.",
		Why:   "The rule allows nobody. Written for an Ingress controller or a monitoring system, it cuts off exactly those.",
		Mend:  "Add a namespaceSelector beside the podSelector, in the same item of the list (no second dash).",
		Sources: []string{
			"https://github.com/kubernetes/kubernetes/issues/112467",
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors",
		},
		Others: []string{"kube-linter dangling-networkpolicypeer-podselector"},
		Run: func(p *Pass) {
			p.peers(func(x *policy.Policy, _ *policy.Rule, peer *policy.Peer) {
				if peer.Namespaces != nil || peer.Pods == nil || peer.Pods.Empty() || p.mayMatch(peer) {
					return
				}
				elsewhere := p.labelled(peer.Pods)
				if len(elsewhere) == 0 {
					return
				}
				f := found{key: peer.Key()}
				f.Ends = endsOf(elsewhere)
				f.Message = fmt.Sprintf("%s looks in namespace %s only, where no pod has these labels; %s has",
					peer.String(), x.Namespace, endNames(f.Ends))
				f.By = []report.RuleRef{ruleRef(x, peer.Path)}
				f.Advice = fmt.Sprintf("add namespaceSelector: {matchLabels: {%s: %s}} to the same item", model.MetadataName, elsewhere[0].Namespace)
				p.reportClause(x, peer.Path, elsewhere, f)
			})
		},
	}
}

// peers are all clauses of NetworkPolicies that select pods and that no finding speaks of,
// of policies that select somebody. Nobody is asked where not everybody is known.
func (p *Pass) peers(each func(x *policy.Policy, r *policy.Rule, peer *policy.Peer)) {
	if !p.Whole() {
		return
	}
	for _, x := range p.NetworkPolicies() {
		if len(p.selected(x)) == 0 {
			continue
		}
		for _, rules := range [][]policy.Rule{x.Ingress.Rules, x.Egress.Rules} {
			for i := range rules {
				for j := range rules[i].Peers {
					peer := &rules[i].Peers[j]
					if peer.Labelled() && !peer.Addressed() && !peer.Conditional() && !p.claimed(x, peer.Path) {
						each(x, &rules[i], peer)
					}
				}
			}
		}
	}
}

// mayMatch tells whether some pod matches a peer, or may.
func (p *Pass) mayMatch(peer *policy.Peer) bool {
	for _, c := range p.candidates(peer) {
		e := p.endpoint(c)
		if peer.Match(&e, p.Plugin.Behaviour) != selector.No {
			return true
		}
	}
	return false
}

// labelled are the classes in the pod network that a selector of pods matches, wherever.
func (p *Pass) labelled(s *selector.Selector) []*model.Class {
	out, ok := p.withLabels[s.String()]
	if ok {
		return out
	}
	for _, c := range p.Classes() {
		if !c.Pods[0].HostNetwork && s.Match(selector.Known(c.Pods[0].Labels)) == selector.Yes {
			out = append(out, c)
		}
	}
	p.withLabels[s.String()] = out
	return out
}
