package model

import (
	"net/netip"
	"slices"
	"sort"

	"github.com/kubectl-netguard/netguard/pkg/address"
)

// addressed is an address of a pod, and the number of the pod's class.
type addressed struct {
	netip.Addr
	class int
}

// Divided returns the numbers of the classes whose pods a CIDR may tell apart by
// their addresses: those with one in it. Where it holds every address that pods have
// of its IP family, or none, it tells nobody apart, and there are none. The addresses
// are put in order on first use.
func (m *Model) Divided(by netip.Prefix) []int {
	by = address.Canonical(by)
	v4, v6 := m.addresses()
	all := v6
	if by.Addr().Is4() {
		all = v4
	}
	from, _ := slices.BinarySearchFunc(all, by.Addr(), func(a addressed, first netip.Addr) int { return a.Compare(first) })
	within := all[from:]
	within = within[:sort.Search(len(within), func(i int) bool { return !by.Contains(within[i].Addr) })]
	if len(within) == len(all) {
		return nil
	}
	out := make([]int, len(within))
	for i, a := range within {
		out[i] = a.class
	}
	return out
}

func (m *Model) sortAddresses() (v4, v6 []addressed) {
	for _, c := range m.Classes() {
		for _, p := range c.Pods {
			for _, a := range p.Addresses() {
				if a.Is4() {
					v4 = append(v4, addressed{a, c.Number})
				} else {
					v6 = append(v6, addressed{a, c.Number})
				}
			}
		}
	}
	byAddress := func(a, b addressed) int { return a.Compare(b.Addr) }
	slices.SortFunc(v4, byAddress)
	slices.SortFunc(v6, byAddress)
	return v4, v6
}

// findAnyAddress is the address of a pod that does not exist yet: some address of the
// IP family that the cluster's pods, nodes and Services have, and of IPv4 where nothing
// tells. It is no block where they have both.
func (m *Model) findAnyAddress() address.Block {
	var v4, v6 bool
	note := func(addrs []netip.Addr) {
		for _, a := range addrs {
			v4, v6 = v4 || a.Is4(), v6 || a.Is6()
		}
	}
	for _, p := range m.Pods() {
		note(p.IPs)
	}
	for _, n := range m.Nodes() {
		note(n.IPs)
	}
	for _, s := range m.Services() {
		note(s.ClusterIPs)
	}
	switch {
	case v4 && v6:
		return address.Block{}
	case v6:
		return address.Block{Prefix: netip.MustParsePrefix("::/0")}
	default:
		return address.Block{Prefix: netip.MustParsePrefix("0.0.0.0/0")}
	}
}
