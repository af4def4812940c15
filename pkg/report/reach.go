package report

import "github.com/kubectl-netguard/netguard/pkg/connset"

// Reach answers "who can reach TARGET" (Direction Ingress) and "what can SOURCE
// reach" (Direction Egress).
type Reach struct {
	Header `json:",inline"`
	// Of is the end that was asked about.
	Of End `json:"of"`
	// Direction is Ingress for who-can-reach and Egress for reachable-from.
	Direction Direction `json:"direction"`
	// Enforcement says whether anything enforces the verdicts.
	Enforcement Enforcement `json:"enforcement"`
	// Ports of the target, for who-can-reach.
	Ports []PortMapping `json:"ports,omitempty"`
	// Pods are the pods behind Of, by workload.
	Pods []Members `json:"pods"`
	// Rows are the other ends, allowed ones first.
	Rows []ReachRow `json:"rows"`
	// Unmatched are selectors of policies that match nobody who exists.
	Unmatched []Unmatched `json:"unmatched,omitempty"`
	// Gaps are what left a verdict open, or ends unlisted.
	Gaps []Gap `json:"gaps,omitempty"`
}

// ReachRow is a set of other ends that get the same answer for the same reason.
type ReachRow struct {
	// Verdict on these ends.
	Verdict Verdict `json:"verdict"`
	// Reason for the verdict.
	Reason Reason `json:"reason"`
	// Scope says how Ends is to be read.
	Scope RowScope `json:"scope"`
	// Ends are who gets this answer.
	Ends []Members `json:"ends"`
	// Of counts the pods of the question's own end that this row is about, when
	// they differ: 2 of 3.
	Of *Members `json:"of,omitempty"`
	// Ports the row is about.
	Ports []PortMapping `json:"ports"`
	// Connections are what is admitted to addresses, for reachable-from.
	Connections *connset.Set `json:"connections,omitempty"`
	// Hop is the stage that decided, without its evidence.
	Hop HopKind `json:"hop,omitempty"`
	// DecidedBy are the rules that admit or the policies that isolate.
	DecidedBy []RuleRef `json:"decidedBy,omitempty"`
	// Detail is what the reason is about, as a Hop has it.
	Detail string `json:"detail,omitempty"`
	// NoLookup: these pods are let through by address, and their egress policies let them ask no
	// DNS for the target's name.
	NoLookup bool `json:"noLookup,omitempty"`
	// Nearest is the mismatch of the rule that was closest to admitting.
	Nearest *Mismatch `json:"nearest,omitempty"`
	// Caveats where network plugins differ.
	Caveats []Caveat `json:"caveats,omitempty"`
}

// RowScope tells what a row's ends stand for.
type RowScope string

// Scopes.
const (
	// ScopeWorkloads: the workloads (or bare pods) listed.
	ScopeWorkloads RowScope = "Workloads"
	// ScopeNamespaces: every pod of the namespaces listed.
	ScopeNamespaces RowScope = "Namespaces"
	// ScopeOtherNamespaces: every pod of all namespaces that have no row of
	// their own; they are listed.
	ScopeOtherNamespaces RowScope = "OtherNamespaces"
	// ScopeEverywhere: every pod of every namespace.
	ScopeEverywhere RowScope = "Everywhere"
	// ScopeAddresses: addresses outside the cluster.
	ScopeAddresses RowScope = "Addresses"
	// ScopeNodes: the nodes listed, or all when the row lists none.
	ScopeNodes RowScope = "Nodes"
)

// Unmatched is a selector that no existing pod matches, often a typo: a peer of a
// rule, or the podSelector of a policy that would select the target, were it in
// the target's namespace.
type Unmatched struct {
	RuleRef `json:",inline"`
	// Clause is the selector in short.
	Clause string `json:"clause"`
	// HostNetwork: pods carry the labels, and all of them are in the network of their
	// nodes, where no selector matches them.
	HostNetwork bool `json:"hostNetwork,omitempty"`
}

// Version is the answer of version.
type Version struct {
	Header `json:",inline"`
	// Client is netguard's version.
	Client string `json:"client"`
	// GoVersion that built it.
	GoVersion string `json:"goVersion"`
	// Platform that it runs on, as in linux/amd64.
	Platform string `json:"platform"`
	// Server is the API server's version.
	Server string `json:"server,omitempty"`
	// Enforcement is the network plugin, with --cluster.
	Enforcement *Enforcement `json:"enforcement,omitempty"`
	// PolicyKinds are kinds of policies in use that are not evaluated.
	PolicyKinds []string `json:"policyKinds,omitempty"`
	// Access is what the user may not read, with --cluster.
	Access *Access `json:"access,omitempty"`
	// Gaps are what could not be read, with --cluster.
	Gaps []Gap `json:"gaps,omitempty"`
}

// Access is what the user may not read of what netguard may need, as the API
// server says.
type Access struct {
	// Namespace is that of -n, for which was asked besides all of them.
	Namespace string `json:"namespace"`
	// Missing are permissions that questions may need; what depends on them is
	// Unknown then.
	Missing []MissingPermission `json:"missing"`
	// Unchecked is why it is not known of some permissions whether they are held.
	Unchecked string `json:"unchecked,omitempty"`
}

// MissingPermission is a permission that the user does not have.
type MissingPermission struct {
	// Needs is the permission in the words of an RBAC rule.
	Needs string `json:"needs"`
	// InNamespace: in the one namespace it is held.
	InNamespace bool `json:"inNamespace,omitempty"`
}
