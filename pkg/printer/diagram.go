package printer

import (
	"bufio"
	"bytes"
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// graph is a map with its ends numbered, grouped by namespace in the order of
// their first appearance; ends without a namespace are in group "".
type graph struct {
	groups []group
	// places are the groups of namespaces, ids those of nodes, by name.
	places map[string]int
	ids    map[string]string
	nodes  nodes
}

type group struct {
	namespace string
	nodes     []node
}

type node struct{ id, label string }

func newGraph(r *report.Map) *graph {
	g := &graph{places: map[string]int{}, ids: map[string]string{}, nodes: newNodes(names{escape: same})}
	for e := range r.AllEdges() {
		g.add(e.From)
		g.add(e.To)
	}
	return g
}

func (g *graph) add(e report.End) {
	key := g.nodes.node(e)
	if g.ids[key] != "" {
		return
	}
	id := fmt.Sprintf("n%d", len(g.ids)+1)
	g.ids[key] = id
	at, ok := g.places[e.Namespace]
	if !ok {
		at = len(g.groups)
		g.places[e.Namespace] = at
		g.groups = append(g.groups, group{namespace: e.Namespace})
	}
	label := names{escape: same, local: e.Namespace}.node(e)
	g.groups[at].nodes = append(g.groups[at].nodes, node{id, label})
}

func (g *graph) id(e report.End) string { return g.ids[g.nodes.node(e)] }

// dot is Graphviz.
type dot struct{}

func (dot) connections(w *bufio.Writer, r *report.Map) error {
	var b bytes.Buffer
	g := newGraph(r)
	b.WriteString("digraph netguard {\n  rankdir=LR;\n  node [shape=box];\n")
	for i, group := range g.groups {
		indent := "  "
		if group.namespace != "" {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s;\n", i, quotedDOT(group.namespace))
			indent = "    "
		}
		for _, n := range group.nodes {
			fmt.Fprintf(&b, "%s%s [label=%s];\n", indent, n.id, quotedDOT(n.label))
		}
		if group.namespace != "" {
			b.WriteString("  }\n")
		}
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	for e := range r.AllEdges() {
		style := ""
		if e.Verdict != report.Allowed {
			style = ", style=dashed"
		}
		if _, err := fmt.Fprintf(w, "  %s -> %s [label=%s%s];\n", g.id(e.From), g.id(e.To), quotedDOT(edgeLabel(e)), style); err != nil {
			return err
		}
	}
	_, err := w.WriteString("}\n")
	return err
}

// mermaid is a flowchart as GitHub renders it.
type mermaid struct{}

func (mermaid) connections(w *bufio.Writer, r *report.Map) error {
	var b bytes.Buffer
	g := newGraph(r)
	b.WriteString("flowchart LR\n")
	for i, group := range g.groups {
		indent := "  "
		if group.namespace != "" {
			fmt.Fprintf(&b, "  subgraph g%d[%s]\n", i, quotedMermaid(group.namespace))
			indent = "    "
		}
		for _, n := range group.nodes {
			fmt.Fprintf(&b, "%s%s[%s]\n", indent, n.id, quotedMermaid(n.label))
		}
		if group.namespace != "" {
			b.WriteString("  end\n")
		}
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	for e := range r.AllEdges() {
		arrow := "-->"
		if e.Verdict != report.Allowed {
			arrow = "-.->"
		}
		if _, err := fmt.Fprintf(w, "  %s %s|%s| %s\n", g.id(e.From), arrow, quotedMermaid(edgeLabel(e)), g.id(e.To)); err != nil {
			return err
		}
	}
	return nil
}
