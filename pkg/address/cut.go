package address

import (
	"net/netip"
	"slices"
)

// Cut splits the universe into the coarsest blocks that no cut divides: each block is Inside or Outside of every cut.
// The blocks are disjoint, hold together exactly the addresses of the universe, are canonical, and come in ascending
// order, IPv4 first. What a cut holds beyond the universe is ignored, as are invalid prefixes. The blocks of the
// universe may overlap; those that are disjoint stay apart, so the caller chooses how the answer is laid out.
//
// It rests on prefixes being nested or disjoint, never crossing: the addresses that agree on every cut are then one
// prefix minus the prefixes directly below it.
func Cut(universe []Block, cuts []netip.Prefix) []Block {
	isCut := map[netip.Prefix]bool{}
	var edges []netip.Prefix
	for _, c := range cuts {
		isCut[Canonical(c)] = true
		edges = append(edges, c)
	}
	for _, u := range universe {
		edges = append(append(edges, u.Prefix), u.Except...)
	}
	for i, e := range edges {
		edges[i] = Canonical(e)
	}
	edges = slices.DeleteFunc(edges, func(e netip.Prefix) bool { return !e.IsValid() })
	slices.SortFunc(edges, netip.Prefix.Compare) // outer before inner
	edges = slices.Compact(edges)

	var nodes []node
	var path []int // the nodes around the current edge, outermost first
	for _, e := range edges {
		for len(path) > 0 && !within(e, nodes[path[len(path)-1]].Prefix) {
			path = path[:len(path)-1]
		}
		in := inUniverse(e, universe)
		inAround := len(path) > 0 && nodes[path[len(path)-1]].in
		if in == inAround && !(in && isCut[e]) {
			continue // nothing changes at this edge
		}
		if len(path) > 0 {
			around := &nodes[path[len(path)-1]]
			around.Except = append(around.Except, e)
		}
		path = append(path, len(nodes))
		nodes = append(nodes, node{Block{Prefix: e}, in})
	}

	var out []Block
	for _, n := range nodes {
		if b := n.canonical(); n.in && b.Prefix.IsValid() {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b Block) int { return a.Prefix.Compare(b.Prefix) })
	return out
}

// node is the addresses between one edge and the edges directly inside it, and whether they are in the universe.
type node struct {
	Block
	in bool
}

// inUniverse reports whether the addresses of the prefix that are in no smaller edge belong to the universe.
func inUniverse(p netip.Prefix, universe []Block) bool {
	return slices.ContainsFunc(universe, func(u Block) bool {
		return within(p, Canonical(u.Prefix)) &&
			!slices.ContainsFunc(u.Except, func(e netip.Prefix) bool { return within(p, Canonical(e)) })
	})
}
