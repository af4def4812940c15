package printer

import (
	"bytes"
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// graph is a map with its ends numbered, grouped by namespace in the order of
// their first appearance; ends without a namespace are in group "".
type graph struct {
	groups []group
	ids    map[string]string
}

type group struct {
	namespace string
	nodes     []node
}

type node struct{ id, label string }

func newGraph(r *report.Map) *graph {
	g := &graph{ids: map[string]string{}}
	for _, e := range r.Edges {
		g.add(e.From)
		g.add(e.To)
	}
	return g
}

func (g *graph) add(e report.End) {
	key := names{escape: same}.node(e)
	if g.ids[key] != "" {
		return
	}
	id := fmt.Sprintf("n%d", len(g.ids)+1)
	g.ids[key] = id
	at := 0
	for at < len(g.groups) && g.groups[at].namespace != e.Namespace {
		at++
	}
	if at == len(g.groups) {
		g.groups = append(g.groups, group{namespace: e.Namespace})
	}
	label := names{escape: same, local: e.Namespace}.node(e)
	g.groups[at].nodes = append(g.groups[at].nodes, node{id, label})
}

func (g *graph) id(e report.End) string { return g.ids[names{escape: same}.node(e)] }

// dot is Graphviz.
type dot struct{}

func (dot) connections(b *bytes.Buffer, r *report.Map) error {
	g := newGraph(r)
	b.WriteString("digraph netguard {\n  rankdir=LR;\n  node [shape=box];\n")
	for i, group := range g.groups {
		indent := "  "
		if group.namespace != "" {
			fmt.Fprintf(b, "  subgraph cluster_%d {\n    label=%s;\n", i, quotedDOT(group.namespace))
			indent = "    "
		}
		for _, n := range group.nodes {
			fmt.Fprintf(b, "%s%s [label=%s];\n", indent, n.id, quotedDOT(n.label))
		}
		if group.namespace != "" {
			b.WriteString("  }\n")
		}
	}
	for _, e := range r.Edges {
		style := ""
		if e.Verdict != report.Allowed {
			style = ", style=dashed"
		}
		fmt.Fprintf(b, "  %s -> %s [label=%s%s];\n", g.id(e.From), g.id(e.To), quotedDOT(edgeLabel(e)), style)
	}
	b.WriteString("}\n")
	return nil
}

// mermaid is a flowchart as GitHub renders it.
type mermaid struct{}

func (mermaid) connections(b *bytes.Buffer, r *report.Map) error {
	g := newGraph(r)
	b.WriteString("flowchart LR\n")
	for i, group := range g.groups {
		indent := "  "
		if group.namespace != "" {
			fmt.Fprintf(b, "  subgraph g%d[%s]\n", i, quotedMermaid(group.namespace))
			indent = "    "
		}
		for _, n := range group.nodes {
			fmt.Fprintf(b, "%s%s[%s]\n", indent, n.id, quotedMermaid(n.label))
		}
		if group.namespace != "" {
			b.WriteString("  end\n")
		}
	}
	for _, e := range r.Edges {
		arrow := "-->"
		if e.Verdict != report.Allowed {
			arrow = "-.->"
		}
		fmt.Fprintf(b, "  %s %s|%s| %s\n", g.id(e.From), arrow, quotedMermaid(edgeLabel(e)), g.id(e.To))
	}
	return nil
}
