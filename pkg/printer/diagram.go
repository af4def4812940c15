package printer

import (
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

type node struct{ id, label, kind string }

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
	g.groups[at].nodes = append(g.groups[at].nodes, node{id, label, e.Kind})
}

func (g *graph) id(e report.End) string { return g.ids[g.nodes.node(e)] }
