package query

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// fewNodes stands for all nodes by few. To a pod that is not on it, a node is no more
// than its addresses: those that the pod's policies see alike get the same answers,
// and of thousands only the first and those that the pods are on have to be asked
// about.
type fewNodes struct {
	*engine
	// firsts are, by namespace, the first two nodes that its policies see alike: one
	// of them may be the one that a pod is on.
	firsts map[string][]*snapshot.Node
}

func newFewNodes(m *model.Model) *fewNodes {
	return &fewNodes{engine: &engine{Model: m}, firsts: map[string][]*snapshot.Node{}}
}

// some are the nodes to ask about for destinations, in the order of all.
func (f *fewNodes) some(dsts []model.Destination) []*snapshot.Node {
	var out []*snapshot.Node
	namespaces := map[string]bool{"": true} // there need be no pod
	for _, d := range dsts {
		if n := f.Node(d.NodeName()); n != nil {
			out = append(out, n)
		}
		if d.Pod != nil {
			namespaces[d.Pod.Namespace] = true
		}
	}
	for ns := range namespaces {
		out = append(out, f.first(ns)...)
	}
	slices.SortFunc(out, func(a, b *snapshot.Node) int { return strings.Compare(a.Name, b.Name) })
	return slices.Compact(out)
}

func (f *fewNodes) first(namespace string) []*snapshot.Node {
	out, ok := f.firsts[namespace]
	if !ok {
		l := lens{cuts: f.blocksIn(map[string]bool{namespace: true})}
		for _, alike := range fold(f.Nodes(), func(n *snapshot.Node) string { return l.where(model.Party{Node: n}) }) {
			out = append(out, alike[:min(2, len(alike))]...)
		}
		f.firsts[namespace] = out
	}
	return out
}
