package query

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// fringe finds the edges of pods with outside addresses. Which they are depends
// on the groups that the pods are in, and is found once for each combination.
type fringe struct {
	*matrix
	blocks []model.Party
	// in and out are the sets that a group has with each block.
	in, out map[int32][]int32
	known   map[string][]outsideEdge
	ends    map[string]int32
}

// outsideEdge is a set that pods have with some blocks.
type outsideEdge struct {
	end     int32
	inbound bool
	set     int32
	partly  bool
}

// alike is what outside edges depend on.
type alike struct {
	ingress, egress int32
	families        familySet
}

func newFringe(x *matrix) *fringe {
	return &fringe{
		matrix: x, blocks: cut(x.outsideUniverse(x.lens), x.lens.cuts), in: map[int32][]int32{}, out: map[int32][]int32{},
		known: map[string][]outsideEdge{}, ends: map[string]int32{},
	}
}

func (x *matrix) findOutside() {
	f := newFringe(x)
	for at := range len(x.shown) {
		units := x.alike(int32(at))
		if len(units) == 0 {
			continue
		}
		for _, e := range f.edgesOf(units) {
			other := otherEdge{from: int32(at), to: e.end, set: e.set, partly: e.partly}
			if e.inbound {
				other.from, other.to = other.to, other.from
			}
			x.others = append(x.others, other)
		}
	}
}

// alike is what the outside edges of an end depend on, in order.
func (x *matrix) alike(end int32) []alike {
	var out []alike
	for _, p := range x.shown[end].pods {
		u := &x.units[p.unit]
		a := alike{u.ingress, u.egress, u.families}
		if u.inScope && !u.party.Unseen && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b alike) int {
		return cmp.Or(cmp.Compare(a.ingress, b.ingress), cmp.Compare(a.egress, b.egress), cmp.Compare(a.families.number(), b.families.number()))
	})
	return out
}

func appendAlike(key []byte, units []alike) []byte {
	for _, u := range units {
		key = binary.LittleEndian.AppendUint32(key, uint32(u.ingress))
		key = binary.LittleEndian.AppendUint32(key, uint32(u.egress))
		key = append(key, u.families.number())
	}
	return key
}

func (f *fringe) edgesOf(units []alike) []outsideEdge {
	key := appendAlike(nil, units)
	if out, ok := f.known[string(key)]; ok {
		return out
	}
	in, out, reachable := f.around(units)
	edges := append(f.join(in, reachable, true), f.join(out, reachable, false)...)
	f.known[string(key)] = edges
	return edges
}

// around are the different sets that units have with each block, from it and to it,
// and the IP families in which they have any.
func (f *fringe) around(units []alike) (in, out [][]int32, reachable familySet) {
	in, out = make([][]int32, len(f.blocks)), make([][]int32, len(f.blocks))
	for _, u := range units {
		reachable = reachable.union(u.families)
		entering, leaving := f.sets(f.in, u.ingress, report.Ingress), f.sets(f.out, u.egress, report.Egress)
		for i, b := range f.blocks {
			if u.families.has(b.Block) {
				in[i], out[i] = with(in[i], entering[i]), with(out[i], leaving[i])
			}
		}
	}
	return in, out, reachable
}

func (f familySet) number() byte {
	var out byte
	if f.v4 {
		out = 1
	}
	if f.v6 {
		out |= 2
	}
	return out
}

func with(list []int32, item int32) []int32 {
	if slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}

// sets are what a group has with each block. In a strict map it is certain only if it
// is so under every network plugin.
func (f *fringe) sets(known map[int32][]int32, id int32, d report.Direction) []int32 {
	if out, ok := known[id]; ok {
		return out
	}
	profiles := f.ingress
	if d == report.Egress {
		profiles = f.egress
	}
	g := profiles[id]
	out := make([]int32, len(f.blocks))
	for i, b := range f.blocks {
		if i > 0 && !g.blocks {
			// Without an ipBlock all addresses are alike.
			out[i] = out[0]
			continue
		}
		peer := f.Endpoint(b, netip.Addr{})
		c := policy.Connection{Direction: d, Subject: f.endpoint(g.first), Peer: &peer, Ports: connset.All()}
		set := g.binding.Against(c, f.counted[0], nil).Admitted
		for _, b := range f.counted[1:] {
			set = bothWays(set, g.binding.Against(c, b, nil).Admitted)
		}
		out[i] = f.values.set(g.doubt.Apply(set, g.isolated))
	}
	known[id] = out
	return out
}

// join shows the blocks that have the same set with all, or with some, of the
// pods as one end.
func (f *fringe) join(sets [][]int32, reachable familySet, inbound bool) []outsideEdge {
	type joined struct {
		set    int32
		partly bool
		blocks []byte
		list   []address.Block
	}
	var groups []*joined
	for i, have := range sets {
		for _, set := range have {
			at := slices.IndexFunc(groups, func(g *joined) bool { return g.set == set && g.partly == (len(have) > 1) })
			if at < 0 {
				at = len(groups)
				groups = append(groups, &joined{set: set, partly: len(have) > 1})
			}
			groups[at].list = append(groups[at].list, f.blocks[i].Block)
			groups[at].blocks = binary.AppendUvarint(groups[at].blocks, uint64(i))
		}
	}
	out := make([]outsideEdge, 0, len(groups))
	for _, g := range groups {
		key := string(append(g.blocks, reachable.number()))
		end, ok := f.ends[key]
		if !ok {
			end = f.end(f.blocksEnd(g.list, reachable))
			f.ends[key] = end
		}
		out = append(out, outsideEdge{end, inbound, g.set, g.partly})
	}
	return out
}

// blocksEnd shows blocks as one end, by the name of the internet where they are
// the part of it that the pod's IP families reach.
func (m *mapper) blocksEnd(blocks []address.Block, f familySet) report.End {
	internet := m.internetIn(f)
	var rest []string
	for _, b := range blocks {
		if text := b.String(); !internet[text] {
			rest = append(rest, text)
		}
	}
	switch {
	case len(blocks)-len(rest) < len(internet):
		rest = rest[:0]
		for _, b := range blocks {
			rest = append(rest, b.String())
		}
		return report.End{Kind: "Addresses", Addresses: rest}
	case len(rest) == 0:
		return report.End{Kind: "Internet"}
	default:
		return report.End{Kind: "Addresses", Addresses: append([]string{"internet"}, rest...)}
	}
}

// internetIn are the blocks that are the internet for some IP families, as policies
// cut it; found once.
func (m *mapper) internetIn(f familySet) map[string]bool {
	out, ok := m.internet[f]
	if !ok {
		out = map[string]bool{}
		for _, p := range f.within(cut(parties(address.Internet()), m.lens.cuts)) {
			out[p.Block.String()] = true
		}
		m.internet[f] = out
	}
	return out
}
