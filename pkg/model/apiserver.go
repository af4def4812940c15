package model

import (
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// apiServer is the Service that every cluster has for its API server, which keeps its
// EndpointSlices itself (kubernetes/pkg/controlplane/controller/kubernetesservice).
func apiServer() snapshot.Name { return snapshot.Name{Namespace: "default", Name: "kubernetes"} }

// withoutService is who stands for a Service that is not there: for the API server's,
// which manifests rarely hold, the control plane's nodes, where they show, or else an
// end of which nothing is known. The error is that of [Model.Absent].
func (m *Model) withoutService(r reference.Reference) ([]Party, error) {
	err := m.Absent(r)
	if apiServer() != (snapshot.Name{Namespace: r.Namespace, Name: r.Name}) || m.mayStillExist(err) || !m.HasEverything() {
		return nil, err
	}
	var out []Party
	for _, n := range m.Nodes() {
		if isControlPlane(n) {
			out = append(out, Party{Node: n})
		}
	}
	if len(out) == 0 {
		out = append(out, Party{External: "kube-apiserver"})
	}
	return out, nil
}

// isControlPlane tells by the labels that kubeadm and its like give to nodes
// (k8s.io/docs/reference/labels-annotations-taints); the second is of before 1.24.
func isControlPlane(n *snapshot.Node) bool {
	for _, label := range []string{"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"} {
		if _, ok := n.Labels[label]; ok {
			return true
		}
	}
	return false
}
