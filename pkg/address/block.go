package address

import (
	"net/netip"
	"slices"
	"strings"
)

// Block is the addresses of Prefix without those of Except: what an ipBlock of a NetworkPolicy selects. Exceptions
// outside the prefix take nothing away. The zero Block holds no address.
type Block struct {
	Prefix netip.Prefix   `json:"cidr"`
	Except []netip.Prefix `json:"except,omitempty"`
}

// Relation says how the addresses of a block lie to a CIDR. The zero value claims nothing about any one of them.
type Relation uint8

const (
	// Partly means that some addresses of the block are in the CIDR and some are not.
	Partly Relation = iota
	// Inside means that all addresses of the block are in the CIDR.
	Inside
	// Outside means that no address of the block is in the CIDR.
	Outside
)

// String is "partly", "inside" or "outside".
func (r Relation) String() string {
	switch r {
	case Inside:
		return "inside"
	case Outside:
		return "outside"
	default:
		return "partly"
	}
}

// Contains reports whether the address is in the block. A zone is ignored: ipBlocks cannot name one.
func (b Block) Contains(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	holds := func(p netip.Prefix) bool { return Canonical(p).Contains(a) }
	return holds(b.Prefix) && !slices.ContainsFunc(b.Except, holds)
}

// Relation tells how the block lies to a CIDR. A block without addresses is Outside of every CIDR.
func (b Block) Relation(cidr netip.Prefix) Relation {
	cidr = Canonical(cidr)
	if !Canonical(b.Prefix).Overlaps(cidr) {
		return Outside // nearly every pair; the rest need a closer look
	}
	b = b.canonical()
	switch {
	case !b.Prefix.Overlaps(cidr), withinAny(cidr, b.Except):
		return Outside
	case within(b.Prefix, cidr):
		return Inside
	}
	return Partly
}

// Prefixes returns the fewest disjoint prefixes that together hold the addresses of the block, ascending.
func (b Block) Prefixes() []netip.Prefix {
	b = b.canonical()
	if !b.Prefix.IsValid() {
		return nil
	}
	return without(nil, b.Prefix, b.Except)
}

// without appends the addresses of p that are in none of the exceptions, as prefixes.
func without(out []netip.Prefix, p netip.Prefix, except []netip.Prefix) []netip.Prefix {
	switch {
	case withinAny(p, except):
		return out
	case !slices.ContainsFunc(except, p.Overlaps):
		return append(out, p)
	}
	low, high := halves(p)
	return without(without(out, low, except), high, except)
}

// String is "10.0.0.0/8 except 10.1.0.0/16, 10.2.0.0/16", or "none" for the zero Block.
func (b Block) String() string {
	if !b.Prefix.IsValid() {
		return "none"
	}
	var text strings.Builder
	text.WriteString(b.Prefix.String())
	for i, e := range b.Except {
		text.WriteString([]string{" except ", ", "}[min(i, 1)])
		text.WriteString(e.String())
	}
	return text.String()
}

// canonical returns the same addresses with the smallest prefix and the fewest exceptions, or the zero Block.
func (b Block) canonical() Block {
	p := Canonical(b.Prefix)
	except := merge(b.Except)
	if withinAny(p, except) || !p.IsValid() {
		return Block{}
	}
	except = slices.DeleteFunc(except, func(e netip.Prefix) bool { return !within(e, p) })
	for {
		i := slices.IndexFunc(except, func(e netip.Prefix) bool { return e.Bits() == p.Bits()+1 })
		if i < 0 {
			break
		}
		low, high := halves(p) // one half is gone as a whole, so the other one says it all
		if p = low; except[i] == low {
			p = high
		}
		except = slices.Delete(except, i, i+1)
	}
	if len(except) == 0 {
		except = nil
	}
	return Block{Prefix: p, Except: except}
}
