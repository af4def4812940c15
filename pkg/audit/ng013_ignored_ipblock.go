package audit

import (
	"fmt"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func ignoredIPBlock() *Analyzer {
	return &Analyzer{
		Code: "NG013", Name: "ipblock-means-pods-or-services", Severity: report.Medium,
		Title: "An ipBlock holds addresses of pods or Services that it does not match",
		Doc:   "An ipBlock holds nothing but addresses of Services, which policies never see; or it holds addresses of pods, and the cluster's network plugin matches no pod by its address (Cilium).",
		Why:   "The rule does not allow those that it was written for.",
		Mend:  "Select the pods by podSelector and namespaceSelector.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors",
			"https://docs.cilium.io/en/stable/network/kubernetes/policy/#known-issues",
			"https://github.com/cilium/cilium/issues/9998",
		},
		Run: func(p *Pass) {
			for _, x := range p.NetworkPolicies() {
				if len(p.selected(x)) == 0 {
					continue
				}
				for _, rules := range [][]policy.Rule{x.Ingress.Rules, x.Egress.Rules} {
					for i := range rules {
						for j := range rules[i].Peers {
							if peer := &rules[i].Peers[j]; peer.Block != nil {
								p.blockOfPods(x, peer)
							}
						}
					}
				}
			}
		},
	}
}

func (p *Pass) blockOfPods(x *policy.Policy, peer *policy.Peer) {
	if peer.Block.CIDR.Bits() < 8 && peer.Block.CIDR.Addr().Is4() || peer.Block.CIDR.Bits() < 16 && peer.Block.CIDR.Addr().Is6() {
		return // the world, in which there are pods, too
	}
	var pods []*model.Class
	unknown := false
	for _, c := range p.Classes() {
		for _, pod := range c.Pods {
			unknown = unknown || len(pod.IPs) == 0
			if slices.ContainsFunc(pod.IPs, peer.Block.CIDR.Contains) {
				pods = append(pods, c)
				break
			}
		}
	}
	f := found{key: peer.Key()}
	f.By = []report.RuleRef{ruleRef(x, peer.Path)}
	switch {
	case len(pods) > 0 && p.Plugin.Behaviour.PodsEscapeIPBlocks:
		f.Ends = endsOf(pods)
		f.Message = fmt.Sprintf("%s holds addresses of %s, and %s matches no pod by its address", peer.String(), endNames(f.Ends), p.Plugin.Name)
	case unknown && peer.Block.CIDR.Addr().Is4() && peer.Block.CIDR.Bits() < 16:
		return // pods, too, may have addresses in it
	case len(pods) == 0 && p.Whole():
		services := 0
		for _, s := range p.Services() {
			for _, ip := range s.ClusterIPs {
				if peer.Block.CIDR.Contains(ip) {
					if f.Ends = append(f.Ends, report.End{Kind: "Service", Namespace: s.Namespace, Name: s.Name.Name}); services < 3 {
						services++
					}
				}
			}
		}
		if services == 0 || p.nodesIn(peer) {
			return
		}
		f.Message = fmt.Sprintf("%s holds the address of %s, which policies never see: they see the pods behind it", peer.String(), endNames(f.Ends))
	default:
		return
	}
	p.reportClause(x, peer.Path, nil, f)
}

func (p *Pass) nodesIn(peer *policy.Peer) bool {
	for _, n := range p.Nodes() {
		for _, ip := range n.IPs {
			if peer.Block.CIDR.Contains(ip) {
				return true
			}
		}
	}
	return false
}
