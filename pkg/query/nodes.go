package query

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// entry is nodes by which a packet for one destination may enter. To a pod that is
// not on it, a node is no more than its addresses: those that the pod's policies see
// alike give the same answer, and of thousands only the first has to be asked about.
type entry struct {
	// node stands for all. It has no name when nodes are not known.
	node *snapshot.Node
	// alike are all of them, but for the destination's own node, which is an entry by
	// itself; none for that one.
	alike []*snapshot.Node
	own   string
}

// entriesFor are the nodes by which a packet for a destination may enter, in the order
// of those that stand for the others.
func (e *engine) entriesFor(d model.Destination) []*entry {
	if len(e.Nodes()) == 0 {
		return []*entry{{node: &snapshot.Node{}}}
	}
	namespace, own := "", e.Node(d.NodeName())
	if d.Pod != nil {
		namespace = d.Pod.Namespace
	}
	var out []*entry
	if own != nil {
		out = append(out, &entry{node: own})
	}
	for _, alike := range e.alikeTo(namespace) {
		first := alike[0]
		if first == own {
			if len(alike) == 1 {
				continue
			}
			first = alike[1]
		}
		out = append(out, &entry{node: first, alike: alike, own: d.NodeName()})
	}
	slices.SortFunc(out, func(a, b *entry) int { return strings.Compare(a.node.Name, b.node.Name) })
	return out
}

// alikeTo are all nodes, together with those that the policies of a namespace see
// alike.
func (e *engine) alikeTo(namespace string) [][]*snapshot.Node {
	out, ok := e.nodesAlike[namespace]
	if !ok {
		l := lens{cuts: e.blocksIn(map[string]bool{namespace: true})}
		out = fold(e.Nodes(), func(n *snapshot.Node) string { return l.where(model.Party{Node: n}) })
		if e.nodesAlike == nil {
			e.nodesAlike = map[string][][]*snapshot.Node{}
		}
		e.nodesAlike[namespace] = out
	}
	return out
}

// entryNodes are the nodes by which packets for destinations may enter: all, or as
// many as have to be asked about.
func (e *engine) entryNodes(dsts ...model.Destination) []*snapshot.Node {
	if len(e.Nodes()) > 0 && !e.few {
		return e.Nodes()
	}
	var out []*snapshot.Node
	for _, d := range slices.Concat(dsts, []model.Destination{{}}) { // there need be no destination
		for _, x := range e.entriesFor(d) {
			out = append(out, x.node)
		}
	}
	slices.SortFunc(out, func(a, b *snapshot.Node) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(out, func(a, b *snapshot.Node) bool { return a.Name == b.Name })
}

// entered collects nodes by which packets came in.
type entered struct {
	// alone are nodes by name.
	alone map[string]bool
	// alike are entries for several, by where their list begins.
	alike map[**snapshot.Node]entry
}

func (s *entered) add(x *entry) {
	switch {
	case x == nil || x.node.Name == "":
	case len(x.alike) == 0:
		if s.alone == nil {
			s.alone = map[string]bool{}
		}
		s.alone[x.node.Name] = true
	default:
		if s.alike == nil {
			s.alike = map[**snapshot.Node]entry{}
		}
		list, all := &x.alike[0], *x
		if have, ok := s.alike[list]; ok && have.own != x.own {
			all.own = "" // to each destination, the other's own node is one of them
		}
		s.alike[list] = all
	}
}

func (s *entered) addAll(o entered) {
	for name := range o.alone {
		s.add(&entry{node: &snapshot.Node{Name: name}})
	}
	for _, x := range o.alike {
		s.add(&x)
	}
}

// names of the nodes, in order.
func (s *entered) names() []string {
	out := sortedKeys(s.alone)
	for _, x := range s.alike {
		for _, n := range x.alike {
			if n.Name != x.own {
				out = append(out, n.Name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
