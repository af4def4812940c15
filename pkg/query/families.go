package query

import (
	"net/netip"

	"github.com/kubectl-netguard/netguard/pkg/model"
)

// link is the pair of addresses a connection uses; zero addresses are unknown.
type link struct{ src, dst netip.Addr }

// families pairs the addresses of both ends by IP family; false when both are
// known and have no family in common.
func families(src model.Party, dst model.Destination) ([]link, bool) {
	from, to := src.Addresses(), dst.Addresses
	if len(to) == 0 && dst.Pod != nil {
		to = dst.Party.Addresses()
	}
	outside := func(b netip.Prefix, addrs []netip.Addr, mine bool) ([]link, bool) {
		if len(addrs) == 0 {
			return []link{{}}, true
		}
		for _, a := range addrs {
			if a.Is4() == b.Addr().Is4() {
				if mine {
					return []link{{dst: a}}, true
				}
				return []link{{src: a}}, true
			}
		}
		return nil, false
	}
	switch {
	case src.Block.Prefix.IsValid():
		return outside(src.Block.Prefix, to, true)
	case dst.Block.Prefix.IsValid():
		return outside(dst.Block.Prefix, from, false)
	case len(from) == 0 && len(to) == 0:
		return []link{{}}, true
	}
	var out []link
	for _, v4 := range []bool{true, false} {
		a, b := firstOf(from, v4), firstOf(to, v4)
		switch {
		case len(from) == 0 && b.IsValid(), len(to) == 0 && a.IsValid(), a.IsValid() && b.IsValid():
			out = append(out, link{a, b})
		}
	}
	return out, len(out) > 0
}

func firstOf(addrs []netip.Addr, v4 bool) netip.Addr {
	for _, a := range addrs {
		if a.Is4() == v4 {
			return a
		}
	}
	return netip.Addr{}
}

// String is the family, where it is a single one.
func (f familySet) String() string {
	return map[familySet]string{{v4: true}: "IPv4", {v6: true}: "IPv6"}[f]
}

// family is that of the addresses of a link.
func (l link) family() familySet {
	if l == (link{}) {
		return bothFamilies()
	}
	v4 := l.src.IsValid() && l.src.Is4() || l.dst.IsValid() && l.dst.Is4()
	return familySet{v4: v4, v6: !v4}
}
