package address

import (
	"net/netip"
	"slices"
)

// Canonical returns the prefix with its host bits cleared, and as IPv4 if it is IPv4 written as IPv6: it turns
// ::ffff:10.1.2.3/104 into 10.0.0.0/8. An invalid prefix stays invalid.
func Canonical(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

// within reports whether every address of inner is in outer.
func within(inner, outer netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

func withinAny(inner netip.Prefix, outer []netip.Prefix) bool {
	return slices.ContainsFunc(outer, func(o netip.Prefix) bool { return within(inner, o) })
}

// parent is the prefix one bit shorter. The prefix must not be /0.
func parent(p netip.Prefix) netip.Prefix {
	return netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked()
}

// halves splits a prefix of more than one address in two, the lower half first.
func halves(p netip.Prefix) (low, high netip.Prefix) {
	low = netip.PrefixFrom(p.Addr(), p.Bits()+1)
	bytes := p.Addr().AsSlice()
	bytes[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	top, _ := netip.AddrFromSlice(bytes)
	return low, netip.PrefixFrom(top, p.Bits()+1)
}

// merge returns the fewest disjoint prefixes with the same addresses, ascending. Invalid prefixes hold no address.
func merge(prefixes []netip.Prefix) []netip.Prefix {
	sorted := make([]netip.Prefix, 0, len(prefixes))
	for _, p := range prefixes {
		if p = Canonical(p); p.IsValid() {
			sorted = append(sorted, p)
		}
	}
	slices.SortFunc(sorted, netip.Prefix.Compare) // a prefix comes right before what it holds
	var out []netip.Prefix
	for _, p := range sorted {
		if len(out) > 0 && within(p, out[len(out)-1]) {
			continue
		}
		out = append(out, p)
		for len(out) > 1 && siblings(out[len(out)-2], out[len(out)-1]) {
			out = append(out[:len(out)-2], parent(out[len(out)-1]))
		}
	}
	return out
}

func siblings(a, b netip.Prefix) bool {
	return a.Bits() == b.Bits() && a.Bits() > 0 && a.Addr().Is4() == b.Addr().Is4() && parent(a) == parent(b)
}
