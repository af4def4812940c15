package source

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// policyKind is a kind whose objects decide about connections and that netguard
// does not evaluate. Adding a kind is adding a row to policyKinds.
type policyKind struct {
	Group, Kind string
	Namespaced  bool
	// OnlyDenies: an object can take a connection away but never admits one that
	// a NetworkPolicy refuses.
	OnlyDenies bool
	// RootNamespace is the namespace whose objects apply to all namespaces.
	RootNamespace string
	// Mirrors names a group that serves the same objects again.
	Mirrors string
}

// policyKinds are the kinds that sources look for. Calico's and Antrea's staged
// or tier objects are not in it: they enforce nothing by themselves.
func policyKinds() []policyKind {
	return []policyKind{
		// sigs.k8s.io/network-policy-api: v1alpha2, and v1alpha1 before it.
		{Group: "policy.networking.k8s.io", Kind: "ClusterNetworkPolicy"},
		{Group: "policy.networking.k8s.io", Kind: "AdminNetworkPolicy"},
		{Group: "policy.networking.k8s.io", Kind: "BaselineAdminNetworkPolicy"},
		{Group: "cilium.io", Kind: "CiliumNetworkPolicy", Namespaced: true},
		{Group: "cilium.io", Kind: "CiliumClusterwideNetworkPolicy"},
		// Calico stores its policies as CRDs in crd.projectcalico.org; its API
		// server, where installed, shows the same objects in projectcalico.org.
		{Group: "projectcalico.org", Kind: "NetworkPolicy", Namespaced: true, Mirrors: "crd.projectcalico.org"},
		{Group: "projectcalico.org", Kind: "GlobalNetworkPolicy", Mirrors: "crd.projectcalico.org"},
		{Group: "crd.projectcalico.org", Kind: "NetworkPolicy", Namespaced: true},
		{Group: "crd.projectcalico.org", Kind: "GlobalNetworkPolicy"},
		{Group: "crd.antrea.io", Kind: "NetworkPolicy", Namespaced: true},
		{Group: "crd.antrea.io", Kind: "ClusterNetworkPolicy"},
		// "If no rule matches (or no EgressFirewall is present) then the traffic
		// will be allowed by default"; NetworkPolicies apply beside it.
		{Group: "k8s.ovn.org", Kind: "EgressFirewall", Namespaced: true, OnlyDenies: true},
		{Group: "networking.gke.io", Kind: "FQDNNetworkPolicy", Namespaced: true},
		{Group: "networking.k8s.aws", Kind: "ClusterNetworkPolicy"},
		{Group: "networking.k8s.aws", Kind: "ApplicationNetworkPolicy", Namespaced: true},
		// Meshes authorize above the network: a connection needs both to allow it.
		// Istio: "If namespace is set to root namespace (configured via
		// MeshConfig), the policy applies to all namespaces in a mesh"; the root
		// namespace is istio-system unless configured otherwise.
		{Group: "security.istio.io", Kind: "AuthorizationPolicy", Namespaced: true, OnlyDenies: true, RootNamespace: "istio-system"},
		{Group: "policy.linkerd.io", Kind: "Server", Namespaced: true, OnlyDenies: true},
		{Group: "policy.linkerd.io", Kind: "AuthorizationPolicy", Namespaced: true, OnlyDenies: true},
	}
}

func (k *policyKind) object(name snapshot.Name) snapshot.Unmodelled {
	return snapshot.Unmodelled{
		Group: k.Group, Kind: k.Kind, Name: name,
		OnlyDenies: k.OnlyDenies, ClusterWide: k.clusterWide(name.Namespace),
	}
}

// clusterWide reports whether an object of the kind reaches beyond its namespace.
func (k *policyKind) clusterWide(namespace string) bool {
	return !k.Namespaced || k.RootNamespace != "" && namespace == k.RootNamespace
}

// mirrored reports whether a name is one under which Calico shows a Kubernetes
// policy (NetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy,
// ClusterNetworkPolicy) as its own: the object itself is read elsewhere.
func (k *policyKind) mirrored(name string) bool {
	if k.Group != "projectcalico.org" && k.Group != "crd.projectcalico.org" {
		return false
	}
	for _, prefix := range []string{"knp.default.", "kanp.", "kbanp.", "kcnp."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
