package report

import (
	"encoding/json"
	"iter"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
)

// Map is every allowed connection between workloads, and with the outside.
type Map struct {
	Header `json:",inline"`
	// Enforcement says whether anything enforces policies.
	Enforcement Enforcement `json:"enforcement"`
	// Edges by namespace and name of their ends.
	Edges iter.Seq[Edge] `json:"edges"`
	// Gaps are what left an edge open.
	Gaps []Gap `json:"gaps,omitempty"`
	// Nobody: there are policies, and no workload that has any connection.
	Nobody bool `json:"-"`
	// Undecided: some edge is Unknown.
	Undecided bool `json:"-"`
	// Fold is the map in few rows.
	Fold func() *FoldedMap `json:"-"`
}

// Edge is the set of connections allowed from one end to another. Verdict is
// Allowed, or Unknown for connections that may be allowed.
type Edge struct {
	// From is the source.
	From End `json:"from"`
	// To is the target.
	To End `json:"to"`
	// Verdict is Allowed, or Unknown for connections that may be allowed.
	Verdict Verdict `json:"verdict"`
	// Connections are the protocols and ports.
	Connections connset.Set `json:"connections"`
	// Partly: only some pods of the workloads have these connections.
	Partly bool `json:"partly,omitempty"`
}

// AllEdges is Edges, and no edge where there are none: big clusters have millions,
// which are made as they are asked for, every time anew. It is for one goroutine.
func (m *Map) AllEdges() iter.Seq[Edge] {
	if m.Edges == nil {
		return func(func(Edge) bool) {}
	}
	return m.Edges
}

// MarshalJSON holds all edges in memory; printers write them one by one.
func (m *Map) MarshalJSON() ([]byte, error) {
	edges := []Edge{}
	for e := range m.AllEdges() {
		edges = append(edges, e)
	}
	return m.with(edges)
}

// with is the map in JSON with these edges.
func (m *Map) with(edges []Edge) ([]byte, error) {
	return json.Marshal(struct {
		Header      `json:",inline"`
		Enforcement Enforcement `json:"enforcement"`
		Edges       []Edge      `json:"edges"`
		Gaps        []Gap       `json:"gaps,omitempty"`
	}{m.Header, m.Enforcement, edges, m.Gaps})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Map) UnmarshalJSON(data []byte) error {
	var in struct {
		Header      `json:",inline"`
		Enforcement Enforcement `json:"enforcement"`
		Edges       []Edge      `json:"edges"`
		Gaps        []Gap       `json:"gaps,omitempty"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*m = Map{Header: in.Header, Enforcement: in.Enforcement, Edges: slices.Values(in.Edges), Gaps: in.Gaps}
	return nil
}
