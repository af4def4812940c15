package query

import (
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// What lies between two pods beside their policies: networks that are kept apart, and
// meshes that carry a connection to a port of their own.

// primaryNetwork is the label without which OVN-Kubernetes gives a namespace no primary
// network of its own (docs/features/user-defined-networks/user-defined-networks.md).
const primaryNetwork = "k8s.ovn.org/primary-user-defined-network"

// ownNetwork tells whether the pods of a namespace are on a primary network of their
// own: a UserDefinedNetwork, or a ClusterUserDefinedNetwork that several may share.
func (e *engine) ownNetwork(namespace string) bool {
	_, ok := e.NamespaceLabels(namespace).Set[primaryNetwork]
	return ok
}

// apart tells whether pods of two namespaces are on networks that do not reach each
// other, and why. A pod's default network stays closed but for ports that its annotation
// k8s.ovn.org/open-default-ports names, which is not read.
func (e *engine) apart(from, to string) (selector.Result, string) {
	if from == to || e.Plugin.Name != "" && e.Plugin.Name != "OVN-Kubernetes" {
		return selector.No, ""
	}
	a, b := e.ownNetwork(from), e.ownNetwork(to)
	switch {
	case a && b:
		return selector.Undetermined, "namespaces " + from + " and " + to + " have primary user-defined networks, which may be one"
	case b:
		return selector.Undetermined, "namespace " + to + " has a primary user-defined network, which only its pods' annotation k8s.ovn.org/open-default-ports opens"
	case a && !systemNamespaces(to):
		return selector.Yes, "namespace " + from + " has a primary user-defined network"
	default:
		return selector.No, ""
	}
}

// systemNamespaces are those whose services pods of every network reach: the cluster's
// DNS, beside the API server.
func systemNamespaces(name string) bool { return name == systemNamespace || name == "openshift-dns" }

// networkHop says that a connection crosses networks that are kept apart, or nil.
func (e *engine) networkHop(p pair) *report.Hop {
	src, dst := p.src.Pod, p.dst.Pod
	if src == nil || dst == nil || src.HostNetwork || dst.HostNetwork || p.src.Unseen || p.dst.Unseen {
		return nil
	}
	apart, why := e.apart(src.Namespace, dst.Namespace)
	hop := &report.Hop{Kind: report.HopEndpoint, Verdict: report.Denied, Reason: report.NetworkIsolated, Detail: why, Object: podObject(dst)}
	switch {
	case apart == selector.No:
		return nil
	case apart == selector.Undetermined, exposed(p.dst.Service): // node ports cross networks
		hop.Verdict = report.Unknown
	}
	return hop
}

// meshKind is how a mesh takes part in a pod's connections.
type meshKind uint8

const (
	noMesh meshKind = iota
	ambient
	sidecar
	linkerd
)

// Ports to which meshes carry connections between their pods.
const (
	// HBONE: "Sidecar workloads receiving traffic will also need to allow inbound traffic on
	// port 15008" (istio.io/docs/ambient/usage/networkpolicy).
	hbonePort = 15008
	// From Linkerd 2.18 on meshed pods are reached on their proxy's port; before, on
	// opaque ports alone (linkerd.io/2/reference/common-errors/network-policy).
	linkerdPort = 4143
)

// mesh is the mesh that a pod is part of, by its labels and its namespace's
// (istio.io/docs/ambient/usage/add-workloads, .../setup/additional-setup/sidecar-injection).
func (e *engine) mesh(p model.Party) meshKind {
	if p.Pod == nil || p.Pod.HostNetwork || p.Unseen {
		return noMesh
	}
	own, namespace := p.Pod.Labels, e.NamespaceLabels(p.Pod.Namespace).Set
	_, revision := namespace["istio.io/rev"]
	mode := own["istio.io/dataplane-mode"]
	if mode == "" {
		mode = namespace["istio.io/dataplane-mode"]
	}
	switch {
	case own["linkerd.io/control-plane-ns"] != "":
		return linkerd
	case own["security.istio.io/tlsMode"] == "istio", own["sidecar.istio.io/inject"] == "true":
		return sidecar
	case own["sidecar.istio.io/inject"] != "false" && p.Pod.Expected() && (namespace["istio-injection"] == "enabled" || revision && mode != "ambient"):
		return sidecar
	case mode == "ambient":
		return ambient
	default:
		return noMesh
	}
}

// carriedTo is the port on which a mesh makes a connection over TCP arrive, 0 where it
// leaves it alone, and whether that is certain.
func carriedTo(from, to meshKind) (port uint16, certain bool) {
	switch {
	case from == ambient && (to == ambient || to == sidecar):
		return hbonePort, true
	case from == linkerd && to == linkerd:
		return linkerdPort, false // which version runs is not known
	default:
		return 0, true
	}
}

// carried is what is let through where policies see a mesh's port in place of every
// other of TCP.
func carried(a policy.Admitted, port uint16, certain bool) policy.Admitted {
	tcp, at := connset.AllOf(connset.TCP), connset.Of(connset.TCP, port, port)
	through := func(s connset.Set) connset.Set {
		rest := s.Subtract(tcp)
		if s.Intersect(at).IsEmpty() {
			return rest
		}
		return rest.Union(tcp)
	}
	out := policy.Admitted{Certain: through(a.Certain), Possible: through(a.Possible), Near: a.Near}
	if !certain {
		out.Certain, out.Possible = out.Certain.Intersect(a.Certain), out.Possible.Union(a.Possible)
	}
	return out
}

// InMesh tells whether a pod's connections are taken by a mesh's proxy.
func InMesh(m *model.Model, pod *snapshot.Pod) bool {
	return (&engine{Model: m}).mesh(model.Party{Pod: pod}) != noMesh
}
