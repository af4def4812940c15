package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

func hostNetworkPeer() *Analyzer {
	return &Analyzer{
		Code: "NG007", Name: "peer-is-on-its-nodes-network", Severity: report.Medium,
		Title: "A peer selects pods on their node's network, which no selector matches",
		Doc:   "The only pods with the labels of a from or to item have hostNetwork: true. Their traffic has the node's address, and selectors do not match it (but for few network plugins, under which this is not found).",
		Why:   "The rule allows nobody: often an Ingress controller or a metrics scraper that runs on the nodes' network.",
		Mend:  "Allow the nodes' addresses by ipBlock, or run the pods in the pod network.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods",
			"https://github.com/projectcalico/calico/issues/4493",
		},
		Run: func(p *Pass) {
			if p.Plugin.Behaviour.HostPeers != policy.HostPeersNever {
				return
			}
			p.peers(func(x *policy.Policy, _ *policy.Rule, peer *policy.Peer) {
				if p.mayMatch(peer) {
					return
				}
				hosts := p.hostsOf(peer)
				if len(hosts) == 0 {
					return
				}
				f := found{key: peer.Key()}
				f.Ends, f.By = endsOf(hosts), []report.RuleRef{ruleRef(x, peer.Path)}
				f.Message = fmt.Sprintf("%s means %s, which is on its node's network: no selector matches it", peer.String(), endNames(f.Ends))
				p.reportClause(x, peer.Path, hosts, f)
			})
		},
	}
}

// hostsOf are classes on their node's network that have the labels a peer asks for.
func (p *Pass) hostsOf(peer *policy.Peer) []*model.Class {
	if peer.Pods == nil || peer.Pods.Empty() {
		return nil
	}
	var out []*model.Class
	for _, c := range p.Classes() {
		if !c.Pods[0].HostNetwork || peer.Pods.Match(selector.Known(c.Pods[0].Labels)) != selector.Yes {
			continue
		}
		if peer.Namespaces == nil && c.Namespace == peer.Home ||
			peer.Namespaces != nil && peer.Namespaces.Match(p.NamespaceLabels(c.Namespace)) == selector.Yes {
			out = append(out, c)
		}
	}
	return out
}
