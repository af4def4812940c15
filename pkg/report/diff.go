package report

import "github.com/kubectl-netguard/netguard/pkg/connset"

// Diff is how connectivity differs between two states: before, and after what is
// proposed. It is empty for equal states, and the Diff of the states in the
// other order has Gained and Lost, Before and After exchanged.
type Diff struct {
	Header `json:",inline"`
	// Enforcement of the cluster after the change.
	Enforcement Enforcement `json:"enforcement"`
	Rows        []DiffRow   `json:"rows"`
	Gaps        []Gap       `json:"gaps,omitempty"`
}

// DiffRow is one pair of ends whose connections differ.
type DiffRow struct {
	// Kind tells what is compared: the connections between workloads and with
	// outside addresses as policies allow them, the way from a front door to a
	// backend, or the way of clients outside into the cluster.
	Kind DiffKind `json:"kind"`
	From End      `json:"from"`
	To   End      `json:"to"`
	// Change sums the row up.
	Change DiffChange `json:"change"`
	// Before and After are the connections that at least some pods of the ends
	// have for certain. Absent for doors and entries, which are one way each.
	Before *connset.Set `json:"before,omitempty"`
	After  *connset.Set `json:"after,omitempty"`
	// Gained are connections that After has more, for at least one pod that had
	// them not; Lost those that it has less.
	Gained *Difference `json:"gained,omitempty"`
	Lost   *Difference `json:"lost,omitempty"`
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
	// Before and After are what decides about such a connection in either state.
	Before DiffCause `json:"before"`
	After  DiffCause `json:"after"`
}

// DiffCause is what decides about a connection in one state.
type DiffCause struct {
	Verdict Verdict `json:"verdict"`
	// Reason is empty, and Absent true, where an end does not exist.
	Reason Reason `json:"reason,omitempty"`
	Absent bool   `json:"absent,omitempty"`
	// Hop is the stage that decided; DecidedBy the rules that admit or, for
	// NoRuleAllows, the policies that isolate the end. Detail is the Hop's.
	Hop       HopKind   `json:"hop,omitempty"`
	DecidedBy []RuleRef `json:"decidedBy,omitempty"`
	Detail    string    `json:"detail,omitempty"`
	Needs     []string  `json:"needs,omitempty"`
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
)

// DiffChange sums a row up.
type DiffChange string

// Changes of a row.
const (
	// DiffGained: the ends had no connection before. DiffLost: they have none any
	// more. DiffChanged: they have others.
	DiffGained    DiffChange = "Gained"
	DiffLost      DiffChange = "Lost"
	DiffChanged   DiffChange = "Changed"
	DiffUndecided DiffChange = "Undecided"
)
