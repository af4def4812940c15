package address

import "net/netip"

// Internet returns what the source or target "internet" means: the unicast addresses that are reachable from
// anywhere, as one block for IPv4 and two for IPv6. [Block.Prefixes] turns them into plain prefixes.
//
// It is the address space minus what the IANA special-purpose address registries (RFC 6890 and its updates) mark as
// not globally reachable, and minus multicast. On purpose it differs from them in four points:
//
//   - The documentation ranges (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20) are part of
//     it, since examples everywhere use them as public addresses.
//   - 192.0.0.0/24 and 2001::/23 are left out whole, although a few anycast and relay addresses in them are reachable.
//   - Of IPv6, only 2000::/3 is in it, the one range from which unicast addresses have been handed out (IANA IPv6
//     address space registry), and 64:ff9b::/96, through which IPv6-only clusters reach the IPv4 internet (RFC 6052).
//   - The retired 6to4 ranges 192.88.99.0/24 and 2002::/16, about which the registries say nothing, are in it.
func Internet() []Block {
	return []Block{
		{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Except: prefixes(
			"0.0.0.0/8",      // this network, RFC 791
			"10.0.0.0/8",     // private use, RFC 1918
			"100.64.0.0/10",  // carrier-grade NAT, RFC 6598
			"127.0.0.0/8",    // loopback, RFC 1122
			"169.254.0.0/16", // link local, RFC 3927; cloud metadata services
			"172.16.0.0/12",  // private use, RFC 1918
			"192.0.0.0/24",   // protocol assignments, RFC 6890
			"192.168.0.0/16", // private use, RFC 1918
			"198.18.0.0/15",  // benchmarking, RFC 2544
			"224.0.0.0/3",    // multicast, RFC 5771; reserved and broadcast, RFC 1112 and RFC 8190
		)},
		{Prefix: netip.MustParsePrefix("64:ff9b::/96")}, // IPv4 translation, RFC 6052
		{Prefix: netip.MustParsePrefix("2000::/3"), Except: prefixes( // global unicast, RFC 4291
			"2001::/23", // protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID
		)},
	}
}

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}
