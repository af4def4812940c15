package model

import (
	"github.com/kubectl-netguard/netguard/pkg/policy"
)

// mixed is the policy as a plugin reads it that keeps a policy's rules of both directions
// in one chain (policy.Behaviour.DirectionsMixed): of a connection between two of the
// policy's own pods, a rule of either direction lets it in and out (kube-router, which
// names a chain by the policy alone: networkPolicyChainName; seen with packets, v2.1.0).
func mixed(p *policy.Policy) *policy.Policy {
	if !p.Ingress.Isolates || !p.Egress.Isolates || p.Wide != nil {
		return p
	}
	out := *p
	own := policy.Peer{Home: p.Namespace, Pods: &p.Subject}
	own.Complete()
	out.Ingress.Rules = append(append([]policy.Rule{}, p.Ingress.Rules...), turned(p.Egress.Rules, own)...)
	out.Egress.Rules = append(append([]policy.Rule{}, p.Egress.Rules...), turned(p.Ingress.Rules, own)...)
	return &out
}

// turned are rules of one direction as they count in the other: for connections with the
// policy's own pods, of those of its pods that the rule's peers match.
func turned(rules []policy.Rule, own policy.Peer) []policy.Rule {
	var out []policy.Rule
	for i := range rules {
		r := rules[i]
		peers := r.Peers
		r.Peers = []policy.Peer{own}
		if r.AnyPeer {
			r.AnyPeer = false
			out = append(out, r)
			continue
		}
		for j := range peers {
			of := r
			if peers[j].Addressed() {
				of.Unclear = "the network plugin lets a rule of the other direction count between the policy's own pods"
			} else {
				of.Subject = &peers[j]
			}
			out = append(out, of)
		}
	}
	return out
}
