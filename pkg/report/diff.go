package report

import "github.com/kubectl-netguard/netguard/pkg/connset"

// Diff is how connectivity differs between two states: before, and after what is
// proposed. It is empty for equal states, and the Diff of the states in the
// other order has Gained and Lost, Before and After exchanged.
type Diff struct {
	Header `json:",inline"`
	// Enforcement of the cluster after the change.
	Enforcement Enforcement `json:"enforcement"`
	// Rows are the pairs of ends whose connections differ; none for equal states.
	Rows []DiffRow `json:"rows"`
	// Gaps are what could not be read and leaves rows undecided.
	Gaps []Gap `json:"gaps,omitempty"`
}

// DiffRow is one pair of ends whose connections differ.
type DiffRow struct {
	// Kind tells what is compared: the connections between workloads and with
	// outside addresses as policies allow them, the way from a front door to a
	// backend, the way of clients outside into the cluster, or of those inside to a Service.
	Kind DiffKind `json:"kind"`
	// From is where the connections begin.
	From End `json:"from"`
	// To is where they end; with a Port for a Service of a door or an entry.
	To End `json:"to"`
	// Change sums the row up.
	Change DiffChange `json:"change"`
	// Clients are the workloads of which a row about a Service tells, which has the kind
	// Workloads in From.
	Clients []End `json:"clients,omitempty"`
	// Before and After are the connections that at least some pods of the ends
	// have for certain. Absent for doors and entries, which are one way each.
	Before *connset.Set `json:"before,omitempty"`
	// After is Before in the state that is proposed.
	After *connset.Set `json:"after,omitempty"`
	// Gained are connections that are new to at least one pod of the ends.
	Gained *Difference `json:"gained,omitempty"`
	// Lost are connections that at least one pod of the ends has no more.
	Lost *Difference `json:"lost,omitempty"`
	// Undecided are connections of which it is not known whether they differ.
	Undecided *Difference `json:"undecided,omitempty"`
}

// Difference is a set of connections with the reason for which they differ,
// shown on one of them.
type Difference struct {
	// Connections are absent for doors and entries.
	Connections *connset.Set `json:"connections,omitempty"`
	// Partly: some pods of the ends only.
	Partly bool `json:"partly,omitempty"`
	// Before is what decides about such a connection before.
	Before DiffCause `json:"before"`
	// After is what decides about it in the state that is proposed.
	After DiffCause `json:"after"`
}

// DiffCause is what decides about a connection in one state.
type DiffCause struct {
	// Verdict on the connection in this state.
	Verdict Verdict `json:"verdict"`
	// Reason for the verdict; absent where an end does not exist.
	Reason Reason `json:"reason,omitempty"`
	// Absent: an end does not exist in this state.
	Absent bool `json:"absent,omitempty"`
	// Hop is the stage that decided.
	Hop HopKind `json:"hop,omitempty"`
	// DecidedBy are the rules that admit or, for NoRuleAllows, the policies that
	// isolate the end.
	DecidedBy []RuleRef `json:"decidedBy,omitempty"`
	// Detail is what the reason is about, as a Hop has it.
	Detail string `json:"detail,omitempty"`
	// Needs are the permissions whose absence leaves it open.
	Needs []string `json:"needs,omitempty"`
}

// DiffKind is what a row compares.
type DiffKind string

// Kinds of rows.
const (
	// DiffConnections: between pods, and between pods and outside addresses.
	DiffConnections DiffKind = "Connections"
	// DiffDoor: from a front door's data plane to a backend's Service.
	DiffDoor DiffKind = "Door"
	// DiffEntry: from the internet to a front door, or to a Service of type
	// NodePort or LoadBalancer.
	DiffEntry DiffKind = "Entry"
	// DiffService: from workloads of the cluster to a Service whose endpoints differ.
	DiffService DiffKind = "Service"
)

// DiffChange sums a row up.
type DiffChange string

// Changes of a row.
const (
	// DiffGained: the ends had no connection before.
	DiffGained DiffChange = "Gained"
	// DiffLost: the ends have no connection any more.
	DiffLost DiffChange = "Lost"
	// DiffChanged: the ends have other connections.
	DiffChanged DiffChange = "Changed"
	// DiffUndecided: whether anything differs is not known.
	DiffUndecided DiffChange = "Undecided"
)
