package query

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// nodePort is the port of a Service on every node, which stays open to clients
// that the load balancer refuses: kube-proxy holds source ranges against packets
// to the load balancer's address alone. "" when none is allocated.
func nodePort(p *snapshot.ServicePort) string {
	if p == nil || p.NodePort == 0 {
		return ""
	}
	return number(p.NodePort)
}

// cut splits outside parties so that every policy in play, and every source
// range of a load balancer, treats each part alike.
func cut(parties []model.Party, cuts []netip.Prefix) []model.Party {
	var out []model.Party
	var universe []address.Block
	for _, p := range parties {
		if p.Block.Prefix.IsValid() {
			universe = append(universe, p.Block)
		} else {
			out = append(out, p)
		}
	}
	for _, b := range address.Cut(universe, cuts) {
		out = append(out, model.Party{Block: b})
	}
	return out
}

// families of addresses, as far as they are known.
type familySet struct{ v4, v6 bool }

// bothFamilies is what may be, where nothing is known.
func bothFamilies() familySet { return familySet{v4: true, v6: true} }

// familiesOf returns the families in which any of the parties can be reached.
func familiesOf(lists ...[]netip.Addr) familySet {
	var out familySet
	for _, addrs := range lists {
		if len(addrs) == 0 {
			return bothFamilies()
		}
		for _, a := range addrs {
			out.v4 = out.v4 || a.Is4()
			out.v6 = out.v6 || a.Is6()
		}
	}
	if out == (familySet{}) {
		return bothFamilies()
	}
	return out
}

func destinationFamilies(dsts []model.Destination) familySet {
	var lists [][]netip.Addr
	for _, d := range dsts {
		// What could not be read about an end is not where it is.
		if d.Broken == "" || d.Broken == report.NotRead && len(d.Addresses) > 0 {
			lists = append(lists, d.Addresses)
		}
	}
	return familiesOf(lists...)
}

// internetTo is the internet, in the IP families of destinations.
func internetTo(dsts []model.Destination) []model.Party {
	return destinationFamilies(dsts).within(parties(address.Internet()))
}

func partyFamilies(parties []model.Party) familySet {
	var lists [][]netip.Addr
	for _, p := range parties {
		lists = append(lists, p.Addresses())
	}
	return familiesOf(lists...)
}

func (f familySet) union(o familySet) familySet { return familySet{f.v4 || o.v4, f.v6 || o.v6} }

func (f familySet) has(b address.Block) bool {
	if b.Prefix.Addr().Is4() {
		return f.v4
	}
	return f.v6
}

// within keeps the outside parties of these families. The internet has both; a
// cluster that speaks one is not denied to the other, it is not there for it.
func (f familySet) within(parties []model.Party) []model.Party {
	var out []model.Party
	for _, p := range parties {
		if !p.Block.Prefix.IsValid() || f.has(p.Block) {
			out = append(out, p)
		}
	}
	return out
}

// cutDestinations is [cut] for destinations: each outside one is split.
func cutDestinations(dsts []model.Destination, cuts []netip.Prefix) []model.Destination {
	var out []model.Destination
	for _, d := range dsts {
		if !d.Block.Prefix.IsValid() {
			out = append(out, d)
			continue
		}
		for _, b := range address.Cut([]address.Block{d.Block}, cuts) {
			part := d
			part.Party = model.Party{Block: b}
			out = append(out, part)
		}
	}
	return out
}

// blocksIn returns the CIDRs that policies name which may bind pods of the parties'
// namespaces.
func (e *engine) blocksIn(namespaces map[string]bool) []netip.Prefix {
	var out []netip.Prefix
	for ns := range namespaces {
		for _, p := range e.PoliciesIn(ns) {
			out = append(out, p.Blocks()...)
		}
	}
	for _, p := range e.Wide() {
		out = append(out, p.Blocks()...)
	}
	slices.SortFunc(out, netip.Prefix.Compare)
	return slices.Compact(out)
}
