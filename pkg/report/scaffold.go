package report

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/connset"
)

// Scaffold is what scaffold proposes and what was proven about it: the policies
// were laid over what was read, and everything was evaluated again. It is no
// part of the JSON API: scaffold -o json prints the policies, and what they
// change is a [Diff].
type Scaffold struct {
	Header      `json:",inline"`
	Of          End         `json:"of"`
	Enforcement Enforcement `json:"enforcement"`
	// Verdict is Allowed when every connection that the policies must keep is
	// allowed and everything else is accounted for; Denied when something that
	// they cannot change is in the way, Unknown when something was not known.
	Verdict  Verdict          `json:"verdict"`
	Policies []ProposedPolicy `json:"policies"`
	// Failed are the connections that must be let through and are not (certainly):
	// each with the hop that fails and, where another policy is in the way, the fix.
	Failed []Explanation `json:"failed,omitempty"`
	Impact []ImpactRow   `json:"impact"`
	// Beside is what changes for other pods than those that the policies are for.
	Beside []BesideRow `json:"beside,omitempty"`
	// CutOff are the workloads inside the cluster that could connect before and
	// cannot any more: what --keep-current offers.
	CutOff  []End    `json:"cutOff,omitempty"`
	Notices []Notice `json:"notices,omitempty"`
	Gaps    []Gap    `json:"gaps,omitempty"`
}

// ProposedPolicy is a NetworkPolicy with the reasons for which it is as it is.
type ProposedPolicy struct {
	Policy  networkingv1.NetworkPolicy `json:"policy"`
	Purpose PolicyPurpose              `json:"purpose"`
	// Backends are the Services, or the workload, whose pods it selects; Pods are
	// those pods.
	Backends []Object  `json:"backends,omitempty"`
	Pods     []Members `json:"pods,omitempty"`
	// Replaces: a policy of that name exists, and this one takes its place.
	Replaces bool       `json:"replaces,omitempty"`
	Rules    []RuleNote `json:"rules,omitempty"`
}

// PolicyPurpose is a stable code for what a proposed policy is for.
type PolicyPurpose string

// Purposes.
const (
	ForBackends      PolicyPurpose = "Backends"
	ForDefaultDeny   PolicyPurpose = "DefaultDeny"
	ForSameNamespace PolicyPurpose = "SameNamespace"
)

// RuleNote says why a rule, or one peer of it, stands in a proposed policy.
type RuleNote struct {
	// Path of the rule (spec.ingress[0]) or of a peer (spec.ingress[0].from[1]).
	Path string  `json:"path"`
	Why  RuleWhy `json:"why"`
	// For is whom the rule admits, as the user or the front door names it.
	For *End `json:"for,omitempty"`
	// Door is the front door whose data plane is admitted.
	Door *Object `json:"door,omitempty"`
	// Detail is where an address comes from, or the Service port that a port
	// stands for.
	Detail string `json:"detail,omitempty"`
}

// RuleWhy is a stable code for the reason of a rule or peer.
type RuleWhy string

// Reasons of rules and peers.
const (
	// WhyDoor: the data plane of a front door.
	WhyDoor RuleWhy = "FrontDoor"
	// WhyAsked: named with --allow-from or --allow-to.
	WhyAsked RuleWhy = "Asked"
	// WhyKept: can connect today, and --keep-current keeps it.
	WhyKept RuleWhy = "Kept"
	// WhyDNS: the cluster's DNS pods; WhyNodeDNS: NodeLocal DNSCache.
	WhyDNS     RuleWhy = "DNS"
	WhyNodeDNS RuleWhy = "NodeLocalDNS"
	// WhyNodeAddress: a node's address, because a pod there uses its network.
	WhyNodeAddress RuleWhy = "NodeAddress"
	// WhyOutsideAddress: addresses of a data plane outside the cluster.
	WhyOutsideAddress RuleWhy = "OutsideAddress"
	// WhySameNamespace: every pod of the namespace.
	WhySameNamespace RuleWhy = "SameNamespace"
)

// ImpactRow is a set of ends that keep, lose or gain connections with the pods
// of a proposed policy, or that get in for a reason nobody asked for.
type ImpactRow struct {
	// Policy is the proposed policy whose pods the row is about. Of are the
	// workloads of those pods, where the policy is the whole namespace's.
	Policy Object       `json:"policy"`
	Of     []End        `json:"of,omitempty"`
	Change ImpactChange `json:"change"`
	// Direction is Ingress for connections to the pods, Egress for those from them.
	Direction Direction `json:"direction"`
	Ends      []Members `json:"ends"`
	// Connections are limited to ports that the pods declare or a Service targets
	// in rows that compare before and after.
	Connections connset.Set `json:"connections"`
	// Undeclared: no container declares any of these ports.
	Undeclared bool `json:"undeclared,omitempty"`
	// Maybe: it is not known whether they are admitted.
	Maybe bool `json:"maybe,omitempty"`
	// By are the policies that open it, for StillOpen.
	By []Object `json:"by,omitempty"`
}

// BesideRow is connections that some ends gain or lose with another.
type BesideRow struct {
	// Change is Gains or Loses.
	Change ImpactChange `json:"change"`
	// From are the ends where the connections begin, To where they end.
	From        []End       `json:"from"`
	To          End         `json:"to"`
	Connections connset.Set `json:"connections"`
}

// ImpactChange is a stable code for what happens to connections.
type ImpactChange string

// Changes.
const (
	// Keeps: allowed before and after. Loses: allowed before only. Gains: after only.
	Keeps ImpactChange = "Keeps"
	Loses ImpactChange = "Loses"
	Gains ImpactChange = "Gains"
	// StillOpen: not asked for, and allowed because another policy opens it.
	StillOpen ImpactChange = "StillOpen"
	// AlsoAdmitted: not asked for, and allowed because it looks like what was: it
	// has the same labels or addresses.
	AlsoAdmitted ImpactChange = "AlsoAdmitted"
)

// Notice is something that the policies cannot say and a reader should know.
type Notice struct {
	Code NoticeCode `json:"code"`
	// Objects that the notice is about.
	Objects []Object `json:"objects,omitempty"`
	// Of is the front door or end that it concerns.
	Of *End `json:"of,omitempty"`
	// Detail is a name, number or address that the notice is about.
	Detail string `json:"detail,omitempty"`
}

// NoticeCode is a stable code for a notice.
type NoticeCode string

// Codes of notices.
const (
	// KubeletProbes: the node's own probes of its pods are always allowed.
	KubeletProbes NoticeCode = "KubeletProbes"
	// NodePeers: node addresses stand for pods on their node's network.
	NodePeers NoticeCode = "NodePeers"
	// Scrapers: Prometheus pods that cannot reach the pods any more.
	Scrapers NoticeCode = "Scrapers"
	// ACMESolvers: cert-manager's HTTP-01 solver pods are reached by the door, too.
	ACMESolvers NoticeCode = "ACMESolvers"
	// Webhooks: pods that the API server calls, which is no pod.
	Webhooks NoticeCode = "Webhooks"
	// AmbientMesh: Istio ambient delivers to port 15008.
	AmbientMesh NoticeCode = "AmbientMesh"
	// OtherDoor: another front door leads to the same pods and would be blocked.
	OtherDoor NoticeCode = "OtherDoor"
	// DoorShut: clients outside cannot reach the door itself.
	DoorShut NoticeCode = "DoorShut"
	// DoorAnswers: a door whose controller answers requests itself, so that it has no backend.
	DoorAnswers NoticeCode = "DoorAnswers"
	// OutsideBackend: a backend outside the cluster, which no policy concerns.
	OutsideBackend NoticeCode = "OutsideBackend"
	// NoPolicyFor: workloads of the namespace that no Service selects.
	NoPolicyFor NoticeCode = "NoPolicyFor"
	// DNSNotFound: the DNS rule is a convention, nothing was found to prove it on.
	DNSNotFound NoticeCode = "DNSNotFound"
	// DoorsUnread: front doors could not be read, and may be shut out.
	DoorsUnread NoticeCode = "DoorsUnread"
	// AllPorts: the pods declare no port, so that every port is admitted.
	AllPorts NoticeCode = "AllPorts"
	// HostNetworkOpen: endpoints of a Service on their nodes' network, which no policy binds.
	HostNetworkOpen NoticeCode = "HostNetworkOpen"
	// PortNotServed: a port that was asked for, and that no container declares; Services have
	// it, and lead to others of the pods.
	PortNotServed NoticeCode = "PortNotServed"
	// NotKept: who connects today and cannot be named in a rule, and so is not kept.
	NotKept NoticeCode = "NotKept"
	// EgressOnlyDNS: the pods may talk to nothing but DNS and what was named.
	EgressOnlyDNS NoticeCode = "EgressOnlyDNS"
)
