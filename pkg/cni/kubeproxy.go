package cni

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Cilium is how the plugin is called in answers.
const Cilium = "Cilium"

// SocketLoadBalancing is where Cilium documents that it translates the addresses of
// Services when a pod opens a socket: "Socket LoadBalancer Bypass in Pod Namespace".
const SocketLoadBalancing = "https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/"

// ReplacesKubeProxy tells whether Cilium carries the addresses of Services itself, by its
// kube-proxy-replacement switch; known is false where the switch was not read.
func ReplacesKubeProxy(s *snapshot.Snapshot) (replaces, known bool) {
	data, ok := s.ConfigMap(snapshot.Name{Namespace: "kube-system", Name: "cilium-config"})
	if !ok {
		return false, false
	}
	switch strings.ToLower(data["kube-proxy-replacement"]) {
	case "true", "strict":
		return true, true
	default:
		return false, true
	}
}
