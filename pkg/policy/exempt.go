package policy

import (
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// Exempts tells whether a pod's policies leave a connection with a node alone. Near:
// the pod runs on that node.
//
// "Traffic to and from the node where a Pod is running is always allowed, regardless
// of the IP address of the Pod or the node" (NetworkPolicy docs), in either direction;
// a plugin may bind what leaves all the same ([Behaviour.OwnNodePoliced]).
func (b Behaviour) Exempts(d report.Direction, near selector.Result) selector.Result {
	if d == report.Egress && b.OwnNodePoliced {
		return selector.No
	}
	return near
}

// Exempt is what is let through where policies may not apply.
//
// That a pod's own node is left alone, the NetworkPolicy docs say of NetworkPolicies. The
// specification of ClusterNetworkPolicy and AdminNetworkPolicy does not say it of theirs, and
// lets them name nodes and networks (sigs.k8s.io/network-policy-api apis/v1alpha2
// ClusterNetworkPolicyEgressPeer): what these deny may be denied there too. Their rules for what
// enters a pod name namespaces and pods alone.
func (a Admitted) Exempt(d report.Direction, exempt selector.Result) Admitted {
	switch exempt {
	case selector.Yes:
		if d == report.Ingress {
			return Everything()
		}
		return Admitted{Certain: connset.All().Subtract(a.Near), Possible: connset.All()}
	case selector.Undetermined:
		a.Possible = connset.All()
	case selector.No:
	}
	return a
}
