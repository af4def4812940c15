package cni

import (
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// disableNetworkPolicy is the switch of k3s' servers, which "must be set to the same
// value on all servers" (docs.k3s.io, k3s server, critical configuration values).
const disableNetworkPolicy = "disable-network-policy"

// k3sServers are the nodes that k3s' servers run on, unless with --disable-agent.
func k3sServers() snapshot.Need {
	return snapshot.Need{Resource: snapshot.Nodes, Labels: "node-role.kubernetes.io/control-plane"}
}

// server is a node that tells the arguments of a k3s server; nil where none does.
func server(nodes []*snapshot.Node) *snapshot.Node {
	for _, n := range nodes {
		if len(n.K3sArgs) > 0 && n.K3sArgs[0] == "server" {
			return n
		}
	}
	return nil
}

// k3s runs kube-router's policy controller on every node unless its servers are told
// not to. Where no server's arguments are known it is taken at its default, alone;
// beside another network that enforces nothing it may have been switched off for
// it, or not.
func k3s(s *snapshot.Snapshot, n *snapshot.Node, alone bool) state {
	kubelet := "kubelet " + n.KubeletVersion + "; "
	if told := server(s.Nodes()); told != nil {
		if v, ok := argument(told.K3sArgs, disableNetworkPolicy); ok && isTrue(v) {
			return enforcedIf(false, kubelet+"server "+told.Name+" runs with --"+disableNetworkPolicy)
		}
		return enforcedIf(true, kubelet+"server "+told.Name+" runs without --"+disableNetworkPolicy)
	}
	out := enforcedIf(true, kubelet+"its servers' --"+disableNetworkPolicy+" was not read")
	if !alone {
		out.enforced = report.EnforcedUnknown
	}
	out.gap = s.GapFor(k3sServers())
	return out
}
