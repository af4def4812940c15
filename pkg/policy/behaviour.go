package policy

// HostPeers tells how selectors of a peer treat hostNetwork pods.
type HostPeers uint8

// Ways in which network plugins treat hostNetwork pods as peers.
const (
	// HostPeersNever: the upstream suite's and most plugins' reading; a
	// hostNetwork pod is its node, and only an ipBlock can admit it.
	HostPeersNever HostPeers = iota
	// HostPeersWithPodSelector: OVN-Kubernetes matches hostNetwork pods by their
	// node's address where the peer has a podSelector.
	HostPeersWithPodSelector
	// HostPeersAlways: the AWS VPC CNI lists peers without excluding them.
	HostPeersAlways
)

// Behaviour is what the NetworkPolicy API leaves to the network plugin. The
// zero value is the specification as the upstream e2e suite tests it.
type Behaviour struct {
	// PodsEscapeIPBlocks: an ipBlock never matches a pod's address (Cilium).
	PodsEscapeIPBlocks bool
	// NodesEscapeIPBlocks: nor a node's (Cilium, unless its policy-cidr-match-mode has
	// nodes). An API server outside the cluster it matches.
	NodesEscapeIPBlocks bool
	// UnpolicedDenied: a pod that no policy applies to, in either direction, is denied
	// both ways (AWS VPC CNI in strict mode).
	UnpolicedDenied bool
	// HostNamespace: what nodes send counts as traffic of a namespace made for it, which
	// a namespaceSelector alone matches (OVN-Kubernetes).
	HostNamespace bool
	// ThroughNodesOpen: what a node passes on with its own address, as with
	// externalTrafficPolicy Cluster, is not subject to ingress policies (Azure NPM).
	ThroughNodesOpen bool
	// HostPeers: how selectors treat hostNetwork pods.
	HostPeers HostPeers
	// OwnNodePoliced: egress policies also bind traffic from a pod to its own
	// node, which the API documentation exempts (kube-router).
	OwnNodePoliced bool
	// HairpinPoliced: a pod that reaches itself through a Service is subject to
	// its policies (kube-router refuses it when the pod is isolated both ways).
	HairpinPoliced bool
	// LooseNames: names of ports are made numbers by the pods in question, and not on each
	// destination (kube-router); policies are compiled accordingly.
	LooseNames bool
	// BeforeMasquerade: on the node that a pod runs on, its policies see the client's own
	// address, where the node gives its own to what it passes on through a Service
	// (kube-router with kube-proxy; see [Behaviour.ThroughNodesOpen]).
	BeforeMasquerade bool
	// DirectionsMixed: between two pods that a policy of both directions selects, its rules
	// of either direction count for both (kube-router); policies are compiled accordingly.
	DirectionsMixed bool
	// Ignores are the APIs whose policies the plugin does not enforce.
	Ignores Dialect
}
