package report

import "github.com/kubectl-netguard/netguard/pkg/connset"

// Reach answers "who can reach TARGET" (Direction Ingress) and "what can SOURCE
// reach" (Direction Egress).
type Reach struct {
	Header      `json:",inline"`
	Of          End         `json:"of"`
	Direction   Direction   `json:"direction"`
	Enforcement Enforcement `json:"enforcement"`
	// Ports of the target, for who-can-reach.
	Ports []PortMapping `json:"ports,omitempty"`
	// Pods are the pods behind Of, by workload.
	Pods []Members  `json:"pods"`
	Rows []ReachRow `json:"rows"`
	// Unmatched are rules' peers that admit nobody who exists.
	Unmatched []Unmatched `json:"unmatched,omitempty"`
	Gaps      []Gap       `json:"gaps,omitempty"`
}

// ReachRow is a set of other ends that get the same answer for the same reason.
type ReachRow struct {
	Verdict Verdict `json:"verdict"`
	Reason  Reason  `json:"reason"`
	// Scope says how Ends is to be read.
	Scope RowScope  `json:"scope"`
	Ends  []Members `json:"ends"`
	// Of counts the pods of the question's own end that this row is about, when
	// they differ: 2 of 3.
	Of *Members `json:"of,omitempty"`
	// Ports the row is about.
	Ports []PortMapping `json:"ports"`
	// Connections are what is admitted to addresses, for reachable-from.
	Connections *connset.Set `json:"connections,omitempty"`
	// Hop is the stage that decided, without its evidence.
	Hop       HopKind   `json:"hop,omitempty"`
	DecidedBy []RuleRef `json:"decidedBy,omitempty"`
	// Detail is what the reason is about, as a Hop has it.
	Detail string `json:"detail,omitempty"`
	// Nearest is the mismatch of the rule that was closest to admitting.
	Nearest *Mismatch `json:"nearest,omitempty"`
	Caveats []Caveat  `json:"caveats,omitempty"`
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
	Clause  string `json:"clause"`
}

// Map is every allowed connection between workloads, and with the outside.
type Map struct {
	Header      `json:",inline"`
	Enforcement Enforcement `json:"enforcement"`
	Edges       []Edge      `json:"edges"`
	Gaps        []Gap       `json:"gaps,omitempty"`
}

// Edge is the set of connections allowed from one end to another. Verdict is
// Allowed, or Unknown for connections that may be allowed.
type Edge struct {
	From        End         `json:"from"`
	To          End         `json:"to"`
	Verdict     Verdict     `json:"verdict"`
	Connections connset.Set `json:"connections"`
	// Partly: only some pods of the workloads have these connections.
	Partly bool `json:"partly,omitempty"`
}

// Version is the answer of version.
type Version struct {
	Header      `json:",inline"`
	Client      string       `json:"client"`
	GoVersion   string       `json:"goVersion"`
	Platform    string       `json:"platform"`
	Server      string       `json:"server,omitempty"`
	Enforcement *Enforcement `json:"enforcement,omitempty"`
	// PolicyKinds are kinds of policies in use that are not evaluated.
	PolicyKinds []string `json:"policyKinds,omitempty"`
	Gaps        []Gap    `json:"gaps,omitempty"`
}
