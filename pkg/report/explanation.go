package report

import "github.com/kubectl-netguard/netguard/pkg/connset"

// APIVersion of every report.
const APIVersion = "netguard.dev/v1alpha1"

// Header starts every report, as it starts every Kubernetes object.
type Header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

// NewHeader returns the header of a report of the given kind.
func NewHeader(kind string) Header { return Header{APIVersion: APIVersion, Kind: kind} }

// End is one end of a question, or of a class of connections.
type End struct {
	// Kind is an API kind (Pod, Deployment, Service, Namespace, Node, …), or
	// Labels (pods that carry them, existing or not), Addresses or Internet.
	Kind      string            `json:"kind"`
	Namespace string            `json:"namespace,omitempty"`
	Name      string            `json:"name,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
	// Addresses are blocks such as 10.0.0.0/8 except 10.1.0.0/16.
	Addresses []string `json:"addresses,omitempty"`
	// Port is what the user asked for; "" means every declared port.
	Port string `json:"port,omitempty"`
}

// Members are the pods (or nodes, or addresses) that one answer is about: Count
// of Total that the end stands for. Names are listed up to a limit.
type Members struct {
	End   End      `json:"end"`
	Names []string `json:"names,omitempty"`
	Nodes []string `json:"nodes,omitempty"`
	Count int      `json:"count"`
	Total int      `json:"total"`
}

// PortMapping is a port as it was asked for and as the pod sees it. They differ behind
// a Service, whose port policies never see.
type PortMapping struct {
	Protocol connset.Protocol `json:"protocol"`
	// Pod is the port number at the destination pod; 0 when it is not known.
	Pod uint16 `json:"pod"`
	// PodPortName is the name by which the pod declares it; "" when it has none.
	PodPortName string `json:"podPortName,omitempty"`
	// Service is the Service's port; 0 without a Service.
	Service uint16 `json:"service,omitempty"`
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
	// HopEgress and HopIngress: what the policies of either end say.
	HopEgress  HopKind = "Egress"
	HopIngress HopKind = "Ingress"
)

// Hop is one stage of the way, with its own verdict and the evidence for it.
type Hop struct {
	Kind    HopKind `json:"kind"`
	Verdict Verdict `json:"verdict"`
	Reason  Reason  `json:"reason"`
	// Object is the Service, or the pod that policies select.
	Object *Object `json:"object,omitempty"`
	// Of is the workload (or whatever end) that the hop is about: the one behind
	// the Service, or whose policies speak.
	Of *End `json:"of,omitempty"`
	// Port of the Service hop: what it translates.
	Port *PortMapping `json:"port,omitempty"`
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
	Policy   Object `json:"policy"`
	Path     string `json:"path,omitempty"`
	Location string `json:"-"`
}

// Caveat says where the verdict rests on a choice that network plugins make
// differently, and what those others answer.
type Caveat struct {
	Code    CaveatCode `json:"code"`
	Plugins []string   `json:"plugins,omitempty"`
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
	// RoutedOutside: policies allow it; whether the address is routed there is
	// not in the API.
	RoutedOutside CaveatCode = "RoutedOutside"
)

// Answer is a class of connections with one verdict for one reason.
type Answer struct {
	Verdict Verdict       `json:"verdict"`
	Reason  Reason        `json:"reason"`
	Source  Members       `json:"source"`
	Target  Members       `json:"target"`
	Ports   []PortMapping `json:"ports"`
	Hops    []Hop         `json:"hops"`
	Caveats []Caveat      `json:"caveats,omitempty"`
}

// Explanation answers "can SOURCE reach TARGET, and why".
type Explanation struct {
	Header `json:",inline"`
	Source End `json:"source"`
	Target End `json:"target"`
	// Verdict is Allowed only when every answer is; Partly says that some are.
	Verdict     Verdict     `json:"verdict"`
	Partly      bool        `json:"partly,omitempty"`
	Enforcement Enforcement `json:"enforcement"`
	Answers     []Answer    `json:"answers"`
	Fix         *Fix        `json:"fix,omitempty"`
	Gaps        []Gap       `json:"gaps,omitempty"`
}

// Fix is a change to policies that makes the verdict Allowed. It has been
// applied to the model and re-evaluated before it is reported.
type Fix struct {
	Patches []Patch `json:"patches"`
	// Verdict after all patches, as re-evaluated.
	Verdict Verdict `json:"verdict"`
}

// Patch is one change of one policy.
type Patch struct {
	Policy Object `json:"policy"`
	// Patch is a JSON patch (RFC 6902), as kubectl patch --type=json takes it.
	Patch string `json:"patch"`
	// Command applies it.
	Command string `json:"command"`
	// Change says what it does: AddPort, ReplacePort, AddPeer, AddRule.
	Change ChangeCode `json:"change"`
	Rule   string     `json:"rule"`
	// Direction of the rule, and Subject: the pods that the policy selects, ""
	// for every pod of its namespace.
	Direction Direction `json:"direction"`
	Subject   string    `json:"subject"`
	// Peers and Ports are all that the changed or added rule newly admits;
	// "" peers is everything.
	Peers []string `json:"peers"`
	Ports []string `json:"ports"`
}

// ChangeCode is a stable code for a kind of change.
type ChangeCode string

// Codes of changes.
const (
	// AddPort and AddPeer: a rule gets one more of these.
	AddPort ChangeCode = "AddPort"
	AddPeer ChangeCode = "AddPeer"
	// ReplacePort: a rule gets another port in place of one that admits nothing.
	ReplacePort ChangeCode = "ReplacePort"
	// AddRule: a policy gets one more rule.
	AddRule ChangeCode = "AddRule"
)

// Enforcement says whether anything in the cluster enforces policies.
type Enforcement struct {
	// Plugin is the network plugin found; "" when none was recognised.
	Plugin string `json:"plugin,omitempty"`
	// Enforced is Yes, No or Unknown.
	Enforced Enforced `json:"enforced"`
	// Evidence is the object that told.
	Evidence string `json:"evidence,omitempty"`
	// Source is where the plugin's behaviour is documented.
	Source string `json:"source,omitempty"`
}

// Enforced says whether policies bind. The zero value is EnforcedUnknown.
type Enforced string

// Values of Enforced.
const (
	EnforcedUnknown Enforced = "Unknown"
	EnforcedYes     Enforced = "Yes"
	EnforcedNo      Enforced = "No"
)

// Gap is something the answer depends on that could not be read.
type Gap struct {
	// Needs is the permission, in words: list pods in all namespaces.
	Needs   string `json:"needs"`
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
}

// Permission is the answer of can-reach, for scripts.
type Permission struct {
	Header  `json:",inline"`
	Source  End     `json:"source"`
	Target  End     `json:"target"`
	Verdict Verdict `json:"verdict"`
	Partly  bool    `json:"partly,omitempty"`
	Reason  Reason  `json:"reason"`
	// Hop is the stage that decided; DecidedBy is the rule that admits or, for
	// NoRuleAllows, the policies that isolate the end; Detail is the Hop's.
	Hop         HopKind     `json:"hop,omitempty"`
	DecidedBy   []RuleRef   `json:"decidedBy,omitempty"`
	Detail      string      `json:"detail,omitempty"`
	Enforcement Enforcement `json:"enforcement"`
	Gaps        []Gap       `json:"gaps,omitempty"`
}
