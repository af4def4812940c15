package cni

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// What detection reads of an object, for whoever passes objects on: images and
// arguments may say more about a cluster than somebody wants to show.

// switches are the arguments by which agents turn policies on and off.
func switches() []string {
	return []string{
		"enable-policy", "policy-audit-mode", "enable-k8s-networkpolicy", "run-firewall", "enable-network-policy", "network-policy",
		disableNetworkPolicy, cidrMatchMode, clusterPolicySwitch, "admin-network-policy", "baseline-admin-network-policy",
	}
}

// IsAgent reports whether a workload is a known network plugin's agent.
func IsAgent(w *snapshot.Workload) bool {
	return w.Kind == "DaemonSet" && slices.ContainsFunc(plugins(), func(r row) bool { return r.agent.matches(w) })
}

// KeptContainers are the containers of a known agent with the arguments that are
// read, and nothing of other workloads. Detection gives the same on either.
func KeptContainers(w *snapshot.Workload) []snapshot.Container {
	if !IsAgent(w) {
		return nil
	}
	out := make([]snapshot.Container, len(w.Containers))
	for i, c := range w.Containers {
		out[i] = snapshot.Container{Name: c.Name, Image: c.Image, Args: keptArguments(c.Args), Env: c.Env}
	}
	return out
}

func keptArguments(args []string) []string {
	var out []string
	for i, a := range args {
		name, _, joined := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		if !strings.HasPrefix(a, "--") || !slices.Contains(switches(), name) {
			continue
		}
		if !joined && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			a += "=" + args[i+1]
		}
		out = append(out, a)
	}
	return out
}

// KeptNodeArgs are the arguments of k3s on a node that are read, with its role.
func KeptNodeArgs(n *snapshot.Node) []string {
	if len(n.K3sArgs) == 0 {
		return nil
	}
	return append([]string{n.K3sArgs[0]}, keptArguments(n.K3sArgs[1:])...)
}

// KeptConfig is the part of Cilium's ConfigMap that is read.
func KeptConfig(data map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range data {
		if slices.Contains(switches(), key) {
			out[key] = value
		}
	}
	return out
}
