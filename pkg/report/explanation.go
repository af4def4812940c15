package report

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/connset"
)

// APIVersion of every report.
const APIVersion = "netguard.dev/v1alpha1"

// Header starts every report, as it starts every Kubernetes object.
type Header struct {
	// APIVersion: the version, netguard.dev/v1alpha1.
	APIVersion string `json:"apiVersion"`
	// Kind says which report it is.
	Kind string `json:"kind"`
}

// NewHeader returns the header of a report of the given kind.
func NewHeader(kind string) Header { return Header{APIVersion: APIVersion, Kind: kind} }

// End is one end of a question, or of a class of connections.
type End struct {
	// Kind is an API kind (Pod, Deployment, Service, Namespace, Node, …), or
	// Labels (pods that carry them, existing or not), Addresses or Internet.
	Kind string `json:"kind"`
	// Namespace of the object, or in which Labels are looked for.
	Namespace string `json:"namespace,omitempty"`
	// Name of the object; empty for the namespaces that could not be read, and for
	// several nodes, or nodes that are not known.
	Name string `json:"name,omitempty"`
	// Labels of pods, for kind Labels.
	Labels map[string]string `json:"labels,omitempty"`
	// Addresses are blocks such as 10.0.0.0/8 except 10.1.0.0/16.
	Addresses []string `json:"addresses,omitempty"`
	// Port is what the user asked for; "" means every declared port.
	Port string `json:"port,omitempty"`
}

// Members are the pods (or nodes, or addresses) that one answer is about: Count
// of Total that the end stands for. Names are listed up to a limit.
type Members struct {
	// End is what the pods belong to.
	End End `json:"end"`
	// Names of the pods or nodes.
	Names []string `json:"names,omitempty"`
	// Nodes that they run on, where the answer depends on it; of outside addresses those
	// by which they come in (in a Reach, none where that is by every node).
	Nodes []string `json:"nodes,omitempty"`
	// Count of those that the answer is about.
	Count int `json:"count"`
	// Total of those that the end stands for, as far as they were read.
	Total int `json:"total"`
	// Incomplete: not all pods that the end may stand for were read.
	Incomplete bool `json:"incomplete,omitempty"`
	// Others: the pods of the namespace that are not listed one by one, in a table.
	Others bool `json:"others,omitempty"`
	// RestrictedBy, where Others are some only: those whose egress these policies
	// restrict, and no other.
	RestrictedBy []Object `json:"restrictedBy,omitempty"`
}

// PortMapping is a port as it was asked for and as the pod sees it. They differ behind
// a Service, whose port policies never see.
type PortMapping struct {
	// Protocol is TCP, UDP or SCTP.
	Protocol connset.Protocol `json:"protocol"`
	// Pod is the port number at the destination pod; 0 when it is not known.
	Pod uint16 `json:"pod"`
	// PodPortName is the name by which the pod declares it; "" when it has none.
	PodPortName string `json:"podPortName,omitempty"`
	// Service is the Service's port; 0 without a Service.
	Service uint16 `json:"service,omitempty"`
	// Node is the port of a node (nodePort or hostPort) by which it is reached; 0 otherwise.
	Node uint16 `json:"node,omitempty"`
	// Undeclared: no container declares the port. That is legal: declaring is
	// documentation, but it is often a mistake.
	Undeclared bool `json:"undeclared,omitempty"`
}

// HopKind is a stage of a connection's way.
type HopKind string

// Kinds of hop, in the order of the way.
const (
	// HopService: a Service turns its address and port into an endpoint's.
	HopService HopKind = "Service"
	// HopEndpoint: the pod, whether it can receive at all.
	HopEndpoint HopKind = "Endpoint"
	// HopEgress: what the source's policies say.
	HopEgress HopKind = "Egress"
	// HopIngress: what the target's policies say.
	HopIngress HopKind = "Ingress"
)

// ClientReplaced is the detail of a Service's hop where a node puts its own address in
// the place of the client's (Service docs, "Traffic policies").
const ClientReplaced = "externalTrafficPolicy: Cluster"

// Hop is one stage of the way, with its own verdict and the evidence for it.
type Hop struct {
	// Kind of the stage.
	Kind HopKind `json:"kind"`
	// Verdict of this stage alone.
	Verdict Verdict `json:"verdict"`
	// Reason for the verdict.
	Reason Reason `json:"reason"`
	// Object is the Service, or the pod that policies select.
	Object *Object `json:"object,omitempty"`
	// Of is the workload (or whatever end) that the hop is about: the one behind
	// the Service, or whose policies speak.
	Of *End `json:"of,omitempty"`
	// Port that a Service translates.
	Port *PortMapping `json:"port,omitempty"`
	// MorePorts are further ports that it translates, where they are not the
	// answer's own.
	MorePorts []PortMapping `json:"morePorts,omitempty"`
	// Detail is the name or number that the reason is about, such as the
	// targetPort that no container declares or the traffic policy.
	Detail string `json:"detail,omitempty"`
	// Policies are all policies that isolate the object in this direction.
	Policies []PolicyEvidence `json:"policies,omitempty"`
	// DecidedBy is the rule that admits the connection.
	DecidedBy *RuleRef `json:"decidedBy,omitempty"`
	// Needs are the permissions whose absence leaves this hop open.
	Needs []string `json:"needs,omitempty"`
}

// RuleRef names a rule of a policy; Path is empty for the policy as a whole.
type RuleRef struct {
	// Policy that the rule is in.
	Policy Object `json:"policy"`
	// Path of the rule: spec.ingress[0]; absent for the policy as a whole.
	Path     string `json:"path,omitempty"`
	Location string `json:"-"`
}

// Caveat says where the verdict rests on a choice that network plugins make
// differently, and what those others answer.
type Caveat struct {
	// Code of the choice.
	Code CaveatCode `json:"code"`
	// Plugins that choose otherwise; with Applied, the cluster's own.
	Plugins []string `json:"plugins,omitempty"`
	// Otherwise is the verdict under those plugins or, with Applied, the one
	// that the specification alone would give.
	Otherwise Verdict `json:"otherwise"`
	// Applied: the cluster's own plugin is the one that does so, and its
	// behaviour decided the verdict.
	Applied bool `json:"applied,omitempty"`
	// Source is where the behaviour is documented.
	Source string `json:"source,omitempty"`
}

// CaveatCode is a stable code for a choice left to network plugins.
type CaveatCode string

// Codes of caveats.
const (
	// PodsInIPBlocks: whether an ipBlock matches pod addresses.
	PodsInIPBlocks CaveatCode = "PodsInIPBlocks"
	// HostNetworkPeers: whether selectors match hostNetwork pods.
	HostNetworkPeers CaveatCode = "HostNetworkPeers"
	// OwnNodeExempt: whether a pod's egress to its own node is policed.
	OwnNodeExempt CaveatCode = "OwnNodeExempt"
	// Hairpin: whether a pod reaches itself through a Service.
	Hairpin CaveatCode = "Hairpin"
	// LooseNames: how names of ports in policies are looked up.
	LooseNames CaveatCode = "LooseNames"
	// BeforeMasquerade: whether policies see a client's own address where its node, or the
	// node that takes the packet, puts its own in its place.
	BeforeMasquerade CaveatCode = "BeforeMasquerade"
	// DirectionsMixed: whether rules of one direction count in the other.
	DirectionsMixed CaveatCode = "DirectionsMixed"
	// NodesInIPBlocks: whether an ipBlock matches node addresses.
	NodesInIPBlocks CaveatCode = "NodesInIPBlocks"
	// HostNetworkNamespace: whether what nodes send counts as traffic of a namespace.
	HostNetworkNamespace CaveatCode = "HostNetworkNamespace"
	// DefaultDeny: whether a pod that no policy applies to is denied.
	DefaultDeny CaveatCode = "DefaultDeny"
	// ThroughNodes: whether ingress policies bind what a node passes on with its own address.
	ThroughNodes CaveatCode = "ThroughNodes"
	// ServiceSource: whether a node gives its own address to what pods send to an external
	// address of a Service.
	ServiceSource CaveatCode = "ServiceSource"
	// PoliciesIgnored: whether cluster-wide policies of Kubernetes' working group
	// (ClusterNetworkPolicy, AdminNetworkPolicy) are enforced.
	PoliciesIgnored CaveatCode = "PoliciesIgnored"
	// RoutedOutside: policies allow it; whether the address is routed there is
	// not in the API.
	RoutedOutside CaveatCode = "RoutedOutside"
)

// Answer is a class of connections with one verdict for one reason.
type Answer struct {
	// Verdict on these connections.
	Verdict Verdict `json:"verdict"`
	// Reason for the verdict: that of the hop that decides.
	Reason Reason `json:"reason"`
	// Source is who of the source the answer is about.
	Source Members `json:"source"`
	// Target is who of the target the answer is about.
	Target Members `json:"target"`
	// Through is the data plane of the front door that the way leads through.
	Through *Members `json:"through,omitempty"`
	// Ports that the answer is about.
	Ports []PortMapping `json:"ports"`
	// Family is IPv4 or IPv6, where dual-stack ends get different answers by their addresses.
	Family string `json:"family,omitempty"`
	// Hops in the order of the way.
	Hops []Hop `json:"hops"`
	// Caveats where network plugins differ.
	Caveats []Caveat `json:"caveats,omitempty"`
}

// Explanation answers "can SOURCE reach TARGET, and why".
type Explanation struct {
	Header `json:",inline"`
	// Source as it was asked for.
	Source End `json:"source"`
	// Target as it was asked for.
	Target End `json:"target"`
	// Verdict is Allowed only when every answer is; Partly says that some are.
	Verdict Verdict `json:"verdict"`
	// Partly: some connections are allowed, although the verdict is Denied.
	Partly bool `json:"partly,omitempty"`
	// Enforcement says whether anything enforces the verdict.
	Enforcement Enforcement `json:"enforcement"`
	// Answers are all connections, by verdict and reason; those denied first.
	Answers []Answer `json:"answers"`
	// Lookup is whether the source can look the target's name up, which the verdict leaves
	// out; none where the target has no name, or nothing restricts the source's egress.
	Lookup *Lookup `json:"lookup,omitempty"`
	// Fix is the smallest change that allows it, for a verdict Denied.
	Fix *Fix `json:"fix,omitempty"`
	// Gaps are what left an answer open.
	Gaps []Gap `json:"gaps,omitempty"`
}

// Lookup is whether policies let the source ask the cluster's DNS.
type Lookup struct {
	// Verdict on asking; Unknown also where it depends on which of several servers is asked.
	Verdict Verdict `json:"verdict"`
	// Partly: some of the source's pods can ask, although the verdict is Denied.
	Partly bool `json:"partly,omitempty"`
	// Reason for the verdict.
	Reason Reason `json:"reason"`
	// DNS is the Service that is asked.
	DNS Object `json:"dns"`
	// NodeLocal: NodeLocal DNSCache runs in the cluster, and may be who is asked.
	NodeLocal bool `json:"nodeLocal,omitempty"`
	// Hop is the stage that decided.
	Hop HopKind `json:"hop,omitempty"`
	// DecidedBy are the rules that admit it or the policies that isolate the end.
	DecidedBy []RuleRef `json:"decidedBy,omitempty"`
	// Needs are the permissions whose absence leaves it open.
	Needs []string `json:"needs,omitempty"`
	// Fix is the change that lets the name be looked up, on top of the Fix of the connection;
	// for a verdict Denied.
	Fix *Fix `json:"fix,omitempty"`
}

// Fix is a change to policies that makes the verdict Allowed. It has been
// applied to the model and re-evaluated before it is reported.
type Fix struct {
	// Patches in the order in which they have to be applied.
	Patches []Patch `json:"patches"`
	// Verdict after all patches, as re-evaluated.
	Verdict Verdict `json:"verdict"`
	// Also is what the patches open beside what was asked for, as diff finds it.
	Also []Opening `json:"also,omitempty"`
	// Closes is what they close.
	Closes []Opening `json:"closes,omitempty"`
	// Unread are permissions whose absence may hide more that they open.
	Unread []string `json:"unread,omitempty"`
	// Manifests are NetworkPolicies that do the same as the patches, each an object of
	// its own to be applied and kept in a repository: what is there already is not
	// touched. None where they would open more.
	Manifests []networkingv1.NetworkPolicy `json:"manifests,omitempty"`
	// BearsOn are the pods that tell what it opens.
	BearsOn []Selected `json:"-"`
}

// Opening is what a change opens or closes between two ends.
type Opening struct {
	// From is the source.
	From End `json:"from"`
	// To is the target.
	To End `json:"to"`
	// Connections by protocol and port; absent for a way through a front door or an
	// exposed Service.
	Connections *connset.Set `json:"connections,omitempty"`
	// Maybe: not denied any more, and not known to be allowed either.
	Maybe bool `json:"maybe,omitempty"`
	// Undeclared, of what is closed: no container of the target declares these ports.
	Undeclared bool `json:"undeclared,omitempty"`
}

// Patch is one change of one policy, or a new one.
type Patch struct {
	// Policy that is changed or made.
	Policy Object `json:"policy"`
	// Patch is a JSON patch (RFC 6902), as kubectl patch --type=json takes it; none for a
	// new policy.
	Patch string `json:"patch,omitempty"`
	// Manifest is the new policy.
	Manifest *networkingv1.NetworkPolicy `json:"manifest,omitempty"`
	// Command is the kubectl command that applies it.
	Command string `json:"command"`
	// Change says what it does: AddPort, ReplacePort, AddPeer, AddRule, NewPolicy.
	Change ChangeCode `json:"change"`
	// Rule is the path of the rule that is changed or added.
	Rule string `json:"rule"`
	// Direction of the rule.
	Direction Direction `json:"direction"`
	// Subject is the selector of the pods that the policy selects; empty for every pod of its
	// namespace.
	Subject string `json:"subject"`
	// Peers that the changed or added rule newly admits; empty is everybody.
	Peers []string `json:"peers"`
	// Ports that the rule newly admits, as in TCP 8080; empty is every port.
	Ports []string `json:"ports"`
	// Nodes: some peers are addresses of nodes, which all that is on their network shares,
	// and what comes in by their NodePorts.
	Nodes bool `json:"nodes,omitempty"`
}

// ChangeCode is a stable code for a kind of change.
type ChangeCode string

// Codes of changes.
const (
	// AddPort: a port is added to a rule.
	AddPort ChangeCode = "AddPort"
	// ReplacePort: a port of a rule is replaced.
	ReplacePort ChangeCode = "ReplacePort"
	// AddPeer: a peer is added to a rule.
	AddPeer ChangeCode = "AddPeer"
	// AddRule: a rule is added.
	AddRule ChangeCode = "AddRule"
	// NewPolicy: a policy is added, which selects just the pods that were asked about.
	NewPolicy ChangeCode = "NewPolicy"
)

// Enforcement says whether anything in the cluster enforces policies.
type Enforcement struct {
	// Plugin is the network plugin found; "" when none was recognised.
	Plugin string `json:"plugin,omitempty"`
	// Enforced is Yes, No or Unknown.
	Enforced Enforced `json:"enforced"`
	// Evidence is the object that told.
	Evidence string `json:"evidence,omitempty"`
	// Needs is the permission that would tell more, where it is missing.
	Needs string `json:"needs,omitempty"`
	// Source is where the plugin's behaviour is documented.
	Source string `json:"source,omitempty"`
}

// Enforced says whether policies bind. The zero value is EnforcedUnknown.
type Enforced string

// Values of Enforced.
const (
	// EnforcedUnknown: no network plugin was recognised, or it does not tell.
	EnforcedUnknown Enforced = "Unknown"
	// EnforcedYes: the network plugin enforces policies.
	EnforcedYes Enforced = "Yes"
	// EnforcedNo: nothing enforces policies: traffic flows regardless.
	EnforcedNo Enforced = "No"
)

// Gap is something the answer depends on that could not be read.
type Gap struct {
	// Needs is the permission, in words: list pods in all namespaces.
	Needs string `json:"needs"`
	// Reason is Forbidden, Failed or Invalid (read, and not to be made sense of).
	Reason string `json:"reason"`
	// Message is the server's own account.
	Message string `json:"message,omitempty"`
}

// Permission is the answer of can-reach, for scripts.
type Permission struct {
	Header `json:",inline"`
	// Source as it was asked for.
	Source End `json:"source"`
	// Target as it was asked for.
	Target End `json:"target"`
	// Verdict is Allowed only when every connection is.
	Verdict Verdict `json:"verdict"`
	// Partly: some connections are allowed, although the verdict is Denied.
	Partly bool `json:"partly,omitempty"`
	// Reason for the verdict.
	Reason Reason `json:"reason"`
	// Hop is the stage that decided.
	Hop HopKind `json:"hop,omitempty"`
	// DecidedBy is the rule that admits or, for NoRuleAllows, the policies that isolate the end.
	DecidedBy []RuleRef `json:"decidedBy,omitempty"`
	// Detail is what the reason is about, as a Hop has it.
	Detail string `json:"detail,omitempty"`
	// Lookup is whether the source can look the target's name up.
	Lookup *Lookup `json:"lookup,omitempty"`
	// Enforcement says whether anything enforces the verdict.
	Enforcement Enforcement `json:"enforcement"`
	// Gaps are what left the verdict open.
	Gaps []Gap `json:"gaps,omitempty"`
}
