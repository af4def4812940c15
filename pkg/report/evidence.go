package report

// Object names an API object. Namespace is empty for cluster-scoped kinds.
type Object struct {
	// Kind of the API, such as NetworkPolicy.
	Kind string `json:"kind"`
	// Group of the API, of policies of other groups than networking.k8s.io alone.
	Group string `json:"group,omitempty"`
	// Namespace is empty for cluster-scoped kinds.
	Namespace string `json:"namespace,omitempty"`
	// Name of the object.
	Name string `json:"name"`
}

// Reason is a stable code for why a hop or an answer has its verdict.
type Reason string

// Reasons. docs/json.md lists them; a code never changes its meaning.
const (
	// NotIsolated: no policy selects the pod in this direction.
	NotIsolated Reason = "NotIsolated"
	// RuleAllows: a rule of a policy admits the connection.
	RuleAllows Reason = "RuleAllows"
	// NoRuleAllows: policies isolate the pod and none of their rules admits it.
	NoRuleAllows Reason = "NoRuleAllows"
	// RuleDenies: a rule of a policy denies the connection.
	RuleDenies Reason = "RuleDenies"
	// NoOwnLabels: no labels tell the pods from others of their namespace, so that
	// no policy can select just them; the detail is one of the others.
	NoOwnLabels Reason = "NoOwnLabels"
	// NoPeerMatches: the traffic comes from what no peer of a NetworkPolicy can
	// name; the detail is what it is called.
	NoPeerMatches Reason = "NoPeerMatches"
	// NotPoliced: the end is a node, a hostNetwork pod or an outside address,
	// which no NetworkPolicy selects.
	NotPoliced Reason = "NotPoliced"
	// SamePod: a pod always reaches itself.
	SamePod Reason = "SamePod"
	// SameNode: a node and its own pods always reach each other.
	SameNode Reason = "SameNode"

	// PodFinished: the pod has ended.
	PodFinished Reason = "PodFinished"
	// PodPending: the pod has not got an address yet.
	PodPending Reason = "PodPending"
	// NoAddress: the pod runs, and has no address.
	NoAddress Reason = "NoAddress"
	// NoPods: the workload, namespace or selector has no pods.
	NoPods Reason = "NoPods"
	// NoEndpoints: the Service has no endpoint that may receive traffic.
	NoEndpoints Reason = "NoEndpoints"
	// ServicePortMissing: the Service has no such port.
	ServicePortMissing Reason = "ServicePortMissing"
	// TargetPortMissing: targetPort is a name that no container of the pod declares.
	TargetPortMissing Reason = "TargetPortMissing"
	// TargetPortProtocol: containers declare the name of targetPort for another protocol.
	TargetPortProtocol Reason = "TargetPortProtocol"
	// TargetPortEnded: only an init container that ends declares the name of targetPort.
	TargetPortEnded Reason = "TargetPortEnded"
	// EndpointHostNames: the Service's EndpointSlices hold host names, which nothing
	// sends traffic to; the detail is one of the slices.
	EndpointHostNames Reason = "EndpointHostNames"
	// EndpointFamily: they hold addresses of an IP family that the Service does not have.
	EndpointFamily Reason = "EndpointFamily"
	// EndpointPortUnset: the port of the EndpointSlice has no number.
	EndpointPortUnset Reason = "EndpointPortUnset"
	// EndpointPortName: the ports of Service and EndpointSlice are not called alike.
	EndpointPortName Reason = "EndpointPortName"
	// EndpointPodMissing: the EndpointSlice names a pod that is not there, and nobody else
	// has the address; the detail is both their names.
	EndpointPodMissing Reason = "EndpointPodMissing"
	// OtherServiceProxy: the label service.kubernetes.io/service-proxy-name takes the
	// Service from kube-proxy; the detail is whose it is.
	OtherServiceProxy Reason = "OtherServiceProxy"
	// OutAndBack: the address is a load balancer's own (ipMode Proxy); packets leave the
	// cluster for it and come back with another source.
	OutAndBack Reason = "OutAndBack"
	// PortNameMissing: no container of the pod declares a port of the name asked for.
	PortNameMissing Reason = "PortNameMissing"
	// NoLocalEndpoint: a traffic policy Local and no endpoint on the node.
	NoLocalEndpoint Reason = "NoLocalEndpoint"
	// NoCommonIPFamily: one end has only IPv4, the other only IPv6 addresses.
	NoCommonIPFamily Reason = "NoCommonIPFamily"
	// NotExposed: the Service has no address outside the cluster.
	NotExposed Reason = "NotExposed"
	// SourceRangeDenied: the client is outside spec.loadBalancerSourceRanges. Detail
	// is the Service's NodePort, which they do not close.
	SourceRangeDenied Reason = "SourceRangeDenied"
	// Translated: a Service turned its address and port into the pod's.
	Translated Reason = "Translated"
	// TranslatedStale: it did, and the EndpointSlice names another pod than the one that has
	// the address; the detail is that pod's name and the slice's.
	TranslatedStale Reason = "TranslatedStale"
	// SourceUnknown: which address the packets have when they arrive is not known: they
	// come by the load balancer or node that the detail names.
	SourceUnknown Reason = "SourceUnknown"

	// NotRead: something the verdict depends on could not be read (see gaps).
	NotRead Reason = "NotRead"
	// NotModelled: a policy of a kind that netguard does not evaluate may decide.
	NotModelled Reason = "NotModelled"
	// LabelUnknown: a rule asks for a label whose value a controller is yet to make up.
	LabelUnknown Reason = "LabelUnknown"
	// NamespaceUndeclared: no file declares the peer's namespace, so that its labels are not known.
	NamespaceUndeclared Reason = "NamespaceUndeclared"
	// AddressUnknown: an ipBlock decides and the pod's address is not known.
	AddressUnknown Reason = "AddressUnknown"
	// PortUnknown: a rule admits some ports, and which one is meant, or which one
	// the destination calls by the rule's name, is not known.
	PortUnknown Reason = "PortUnknown"
	// NodeUnknown: the verdict depends on the node, which is not known.
	NodeUnknown Reason = "NodeUnknown"
	// LeavesCluster: the name or address is resolved outside what the API says.
	LeavesCluster Reason = "LeavesCluster"
	// PluginDenies: the network plugin denies what no policy applies to.
	PluginDenies Reason = "PluginDenies"
	// NameLookup: the name of the target cannot be looked up, and was asked to count.
	NameLookup Reason = "NameLookup"
	// NetworkIsolated: the ends are on networks that the network plugin keeps apart.
	NetworkIsolated Reason = "NetworkIsolated"
	// PolicyUnclear: what a policy says is not known: it has a field that netguard does
	// not know, or names what the API does not tell. Detail is the object, and which.
	PolicyUnclear Reason = "PolicyUnclear"
	// SamePriority: two policies of one tier have the same priority and answer
	// differently; which of them is asked first is not defined. Detail is both.
	SamePriority Reason = "SamePriority"
	// NetworkPluginDecides: network plugins differ here, and --strict was given, or which one
	// this is could not be read.
	NetworkPluginDecides Reason = "NetworkPluginDecides"
)

// PolicyEvidence is what one policy that selects an end says of a connection.
type PolicyEvidence struct {
	// Policy that selects the end.
	Policy Object `json:"policy"`
	// Match: one of the rules matches, none does, or it cannot be determined.
	Match Match `json:"match"`
	// Rules in the policy's order.
	Rules []RuleEvidence `json:"rules"`
	// Location is the file and line for policies read from files. It is not
	// part of the API: the same objects give the same JSON from every source.
	Location string `json:"-"`
}

// Action is what a rule does with a connection that it matches.
type Action string

// Actions.
const (
	// ActionAllow: lets it through, and no further policy is asked.
	ActionAllow Action = "Allow"
	// ActionDeny: drops it, and no further policy is asked.
	ActionDeny Action = "Deny"
	// ActionPass: leaves it to the policies of the next tier.
	ActionPass Action = "Pass"
)

// RuleEvidence is what one rule says. A rule matches when any peer and any port
// does; no peers (or no ports) in the rule means every peer (or port).
type RuleEvidence struct {
	// Path of the rule: spec.ingress[0].
	Path string `json:"path"`
	// Action is what the rule does with what it matches; absent where, as in a
	// NetworkPolicy, all that rules do is to allow.
	Action Action `json:"action,omitempty"`
	// Match is Matches when a peer and a port match.
	Match Match `json:"match"`
	// AnyPeer: the rule lists no peers, which admits everybody.
	AnyPeer bool `json:"anyPeer,omitempty"`
	// AnyPort: the rule lists no ports, which admits every port.
	AnyPort bool `json:"anyPort,omitempty"`
	// Peers of the rule, in its order.
	Peers []ClauseEvidence `json:"peers,omitempty"`
	// Ports of the rule, in its order.
	Ports    []ClauseEvidence `json:"ports,omitempty"`
	Location string           `json:"-"`
}

// PeersMatch tells whether the rule's peers admit the other end.
func (r RuleEvidence) PeersMatch() Match { return anyOf(r.AnyPeer, r.Peers) }

// PortsMatch tells whether the rule's ports admit the connection's port.
func (r RuleEvidence) PortsMatch() Match { return anyOf(r.AnyPort, r.Ports) }

func anyOf(all bool, clauses []ClauseEvidence) Match {
	if all {
		return Matches
	}
	out := DoesNotMatch
	for _, c := range clauses {
		switch c.Match {
		case Matches:
			return Matches
		case Undetermined:
			out = Undetermined
		case DoesNotMatch:
		}
	}
	return out
}

// ClauseEvidence is what one peer or port clause says.
type ClauseEvidence struct {
	// Path of the clause: spec.ingress[0].from[0].
	Path string `json:"path"`
	// Clause is the clause in short: podSelector app=frontend, TCP 80.
	Clause string `json:"clause"`
	// Match of this clause alone.
	Match Match `json:"match"`
	// Mismatch says what fails, for a clause that does not match.
	Mismatch *Mismatch `json:"mismatch,omitempty"`
	Location string    `json:"-"`
}

// MismatchReason is a stable code for the part of a clause that failed.
type MismatchReason string

// Reasons of a mismatch.
const (
	// NamespaceDiffers: a podSelector alone selects in the policy's namespace only.
	NamespaceDiffers MismatchReason = "NamespaceDiffers"
	// NamespaceLabel: a label requirement on the namespace fails.
	NamespaceLabel MismatchReason = "NamespaceLabel"
	// PodLabel: a label requirement on the pod fails.
	PodLabel MismatchReason = "PodLabel"
	// OutsideIPBlock: the address is not in the CIDR.
	OutsideIPBlock MismatchReason = "OutsideIPBlock"
	// InExcept: the address is in the CIDR and excepted from it.
	InExcept MismatchReason = "InExcept"
	// NodesNotInIPBlock: the network plugin never matches nodes by ipBlock.
	NodesNotInIPBlock MismatchReason = "NodesNotInIPBlock"
	// PodsNotInIPBlock: the network plugin never matches pods by ipBlock.
	PodsNotInIPBlock MismatchReason = "PodsNotInIPBlock"
	// NotAPod: a selector cannot match an outside address.
	NotAPod MismatchReason = "NotAPod"
	// PluginIdentity: the end is what the network plugin calls by a name of its own,
	// which no peer of a NetworkPolicy matches.
	PluginIdentity MismatchReason = "PluginIdentity"
	// HostNetwork: a selector cannot match a node or a hostNetwork pod.
	HostNetwork MismatchReason = "HostNetwork"
	// Protocol: the protocol is another.
	Protocol MismatchReason = "Protocol"
	// Port: the port number is another.
	Port MismatchReason = "Port"
	// PortName: no container declares a port of that name.
	PortName MismatchReason = "PortName"
	// NamedPortOutside: port names resolve on pods, and the destination is none.
	NamedPortOutside MismatchReason = "NamedPortOutside"
	// NotANode: the end is no node that the clause selects.
	NotANode MismatchReason = "NotANode"
	// EmptyPeer: the clause has no field that the API knows, and so matches nothing.
	EmptyPeer MismatchReason = "EmptyPeer"
	// ClauseUnclear: what the clause matches is not known; Want says of what.
	ClauseUnclear MismatchReason = "ClauseUnclear"
	// ConditionFails: a condition of the clause, which Want is, does not hold.
	ConditionFails MismatchReason = "ConditionFails"
	// LabelsUnread: the namespace's labels could not be read.
	LabelsUnread MismatchReason = "LabelsUnread"
	// AddressUnread: the end's address is not known.
	AddressUnread MismatchReason = "AddressUnread"
	// PortUnread: the destination's port, or what it calls by a name, is not known.
	PortUnread MismatchReason = "PortUnread"
)

// Mismatch is the part of a clause that failed: what it wants beside what is.
type Mismatch struct {
	// Reason is the part that fails.
	Reason MismatchReason `json:"reason"`
	// Path of the exact field that fails.
	Path string `json:"path"`
	// Key of the label that differs.
	Key string `json:"key,omitempty"`
	// Want is the value that the clause asks for.
	Want string `json:"want,omitempty"`
	// Got is the actual value.
	Got string `json:"got,omitempty"`
	// Absent: there is no actual value: the label is missing.
	Absent bool `json:"absent,omitempty"`
	// ServicePort: the port named is the Service's, not the pod's.
	ServicePort bool `json:"servicePort,omitempty"`
}

// ByPolicy tells whether policies deny what has the reason: packets are dropped, and
// whoever sent them waits.
func (r Reason) ByPolicy() bool { return r == NoRuleAllows || r == RuleDenies }
