package query

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// askedFor is what the question is about.
type askedFor struct {
	pods []*snapshot.Pod
	// ends are the connections between workloads, blocks those with addresses.
	ends   map[[2]string]connset.Set
	blocks []askedBlock
	// labelled are the connections of which an end is whoever carries some labels.
	labelled []askedPair
}

type askedPair struct {
	src, dst model.Party
	ports    connset.Set
}

type askedBlock struct {
	block   address.Block
	end     string
	inbound bool
	ports   connset.Set
}

// connectionsOf is what answers are about.
func connectionsOf(e *engine, found []*draft) *askedFor {
	a := &askedFor{ends: map[[2]string]connset.Set{}}
	seen := map[*snapshot.Pod]bool{}
	for _, d := range found {
		legs := d.legs
		if len(legs) == 0 {
			legs = []*draft{d}
		}
		for _, leg := range legs {
			ports := connset.Empty()
			for _, p := range leg.ports {
				ports = ports.Union(mapped(p))
			}
			targets := make([]model.Party, len(leg.targets))
			for i := range leg.targets {
				targets[i] = leg.targets[i].Party
			}
			for _, src := range distinct(leg.sources) {
				a.pod(src, seen)
				for _, dst := range distinct(targets) {
					a.pod(dst, seen)
					a.add(e, src, dst, ports)
				}
			}
		}
	}
	return a
}

// mapped is the pods' port of a mapping; all of the protocol where it is not known.
func mapped(p report.PortMapping) connset.Set {
	switch {
	case p.Protocol == "":
		return connset.All()
	case p.Pod == 0:
		return connset.AllOf(p.Protocol)
	default:
		return connset.Of(p.Protocol, p.Pod, p.Pod)
	}
}

func (a *askedFor) pod(p model.Party, seen map[*snapshot.Pod]bool) {
	if p.Pod != nil && !p.Unseen && !p.Hypothetical && !seen[p.Pod] {
		seen[p.Pod] = true
		a.pods = append(a.pods, p.Pod)
	}
}

func (a *askedFor) add(e *engine, src, dst model.Party, ports connset.Set) {
	switch {
	case src.Hypothetical || dst.Hypothetical:
		a.labelled = append(a.labelled, askedPair{src, dst, ports})
	case src.Block.Prefix.IsValid():
		a.blocks = append(a.blocks, askedBlock{src.Block, endKey(e.partyEnd(dst)), true, ports})
	case dst.Block.Prefix.IsValid():
		a.blocks = append(a.blocks, askedBlock{dst.Block, endKey(e.partyEnd(src)), false, ports})
	default:
		for _, x := range addressBlocks(src) {
			a.blocks = append(a.blocks, askedBlock{x, endKey(e.partyEnd(dst)), true, ports})
		}
		for _, x := range addressBlocks(dst) {
			a.blocks = append(a.blocks, askedBlock{x, endKey(e.partyEnd(src)), false, ports})
		}
		key := [2]string{endKey(e.partyEnd(src)), endKey(e.partyEnd(dst))}
		a.ends[key] = a.ends[key].Union(ports)
	}
}

// addressBlocks are the addresses of what policies know by its address alone.
func addressBlocks(p model.Party) []address.Block {
	if !p.Host() {
		return nil
	}
	var out []address.Block
	for _, x := range p.Addresses() {
		out = append(out, address.Block{Prefix: netip.PrefixFrom(x, x.BitLen())})
	}
	return out
}

// between is what was asked of two ends, which are the pods.
func (a *askedFor) between(from, to report.End, src, dst []*snapshot.Pod) connset.Set {
	out := a.ends[[2]string{endKey(from), endKey(to)}]
	for _, b := range a.blocks {
		other, end := src, to
		if !b.inbound {
			other, end = dst, from
		}
		// Pods whose addresses were asked for, or may be theirs.
		if b.end == endKey(end) && !slices.ContainsFunc(other, func(p *snapshot.Pod) bool {
			addresses := model.Party{Pod: p}.Addresses()
			return len(addresses) > 0 && !slices.ContainsFunc(addresses, b.block.Contains)
		}) {
			out = out.Union(b.ports)
		}
	}
	for _, l := range a.labelled {
		if isAll(l.src, src) && isAll(l.dst, dst) {
			out = out.Union(l.ports)
		}
	}
	return out
}

// isAll tells whether pods are what a party of a question is: of its workload, or
// carriers of its labels.
func isAll(asked model.Party, pods []*snapshot.Pod) bool {
	if asked.Pod == nil || len(pods) == 0 {
		return false
	}
	return !slices.ContainsFunc(pods, func(p *snapshot.Pod) bool {
		if asked.Hypothetical {
			return p.Namespace != asked.Pod.Namespace || selector.OfSet(asked.Pod.Labels).Match(selector.Known(p.Labels)) != selector.Yes
		}
		return p.Name != asked.Pod.Name && (p.Namespace != asked.Pod.Namespace || asked.Pod.Owner.Name == "" || p.Owner != asked.Pod.Owner)
	})
}

// outside is what was asked of a block with an end.
func (a *askedFor) outside(b address.Block, end report.End, inbound bool) connset.Set {
	out := connset.Empty()
	for _, x := range a.blocks {
		if x.end == endKey(end) && x.inbound == inbound && covers(x.block, b) {
			out = out.Union(x.ports)
		}
	}
	return out
}

// covers tells whether all addresses of one block are in another.
func covers(whole, part address.Block) bool {
	all := whole.Prefixes()
	return !slices.ContainsFunc(part.Prefixes(), func(p netip.Prefix) bool {
		return !slices.ContainsFunc(all, func(q netip.Prefix) bool { return q.Bits() <= p.Bits() && q.Contains(p.Addr()) })
	})
}
