// Package address holds sets of IP addresses as policies write them: a prefix, and a prefix minus others.
//
// The noun is [Block]. Its invariant: the functions here return blocks in canonical form, which is the smallest prefix
// and the fewest exceptions for the addresses it holds, so equal sets of addresses print alike. IPv4 and IPv6 never
// mix, and an IPv4 address written as IPv6 (::ffff:10.0.0.1) is the IPv4 address.
//
// [Cut] is how a question about very many addresses becomes a question about few blocks: no policy that mentions only
// the cuts can tell two addresses of one block apart.
//
// The package must not know policies, pods or what an address belongs to.
package address
