package reference

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
)

// looksLikeAddress reports whether the text can only be meant as an address: it starts with a bracket, or what comes
// before any slash, zone or (for IPv4) port is digits with dots, or hexadecimal digits with two colons or more. Object
// names may look like IPv4 addresses; addresses win.
func looksLikeAddress(text string) bool {
	if strings.HasPrefix(text, "[") {
		return true
	}
	head := text
	if end := strings.IndexAny(text, "/%"); end >= 0 {
		head = text[:end]
	}
	if strings.Count(head, ":") >= 2 {
		return strings.Trim(head, "0123456789abcdefABCDEF:.") == ""
	}
	head, _, _ = strings.Cut(head, ":")
	return strings.Contains(head, ".") && strings.Trim(head, "0123456789.") == ""
}

// address reads an address or CIDR and the port after it. IPv6 with a port stands in brackets, except that a CIDR
// needs none, since its length ends it.
func (t typed) address() (Reference, error) {
	text, portText, hasPort, ok := t.splitAddress()
	if !ok {
		return Reference{}, t.wrong(fmt.Sprintf("%s has a bracket without its partner", t.quoted()),
			"write [fd00::1]:80 or [fd00::/8]:80")
	}
	prefix, err := t.prefix(text)
	if err != nil {
		return Reference{}, err
	}
	port, err := t.port(portText, hasPort)
	if err != nil {
		return Reference{}, err
	}
	return Reference{Form: FormAddress, Prefix: prefix, Port: port}, nil
}

// splitAddress separates the port. It is not ok if the brackets do not match.
func (t typed) splitAddress() (text, port string, hasPort, ok bool) {
	text = string(t)
	if inner, bracketed := strings.CutPrefix(text, "["); bracketed {
		inner, after, closed := strings.Cut(inner, "]")
		port, hasPort = strings.CutPrefix(after, ":")
		return inner, port, hasPort, closed && (hasPort || after == "")
	}
	length := strings.Index(text, "/")
	if colons := strings.Count(text, ":"); length < 0 && colons > 1 {
		return text, "", false, true
	}
	start := max(length, 0)
	if v4 := strings.Index(text, ":"); v4 >= 0 && strings.Contains(text[:v4], ".") {
		start = 0 // 10.0.0.1:80/TCP, where the slash belongs to the port
	}
	before, port, hasPort := strings.Cut(text[start:], ":")
	return text[:start] + before, port, hasPort, true
}

// prefix reads an address or a CIDR without a port.
func (t typed) prefix(text string) (netip.Prefix, error) {
	bare, length, isCIDR := strings.Cut(text, "/")
	a, err := netip.ParseAddr(bare)
	switch {
	case a.Zone() != "":
		return netip.Prefix{}, t.wrong(fmt.Sprintf("%s has a zone", t.quoted()), "leave out the % and what follows; policies know no zones")
	case err != nil:
		hint := "an address is for instance 10.0.0.1 or fd00::1"
		if isSubdomain(bare) {
			hint += "; a pod of that name is pod/" + bare
		}
		return netip.Prefix{}, t.wrong(fmt.Sprintf("%s in %s is not an IP address", quote(bare), t.quoted()), hint)
	case !isCIDR:
		return address.Canonical(netip.PrefixFrom(a, a.BitLen())), nil
	}
	p, err := netip.ParsePrefix(bare + "/" + length)
	if err != nil {
		return netip.Prefix{}, t.wrong(fmt.Sprintf("%s in %s is not a prefix length", quote(length), t.quoted()),
			fmt.Sprintf("use 0-%d", a.BitLen()))
	}
	if network := address.Canonical(p); p.Masked() != p {
		return netip.Prefix{}, t.wrong(fmt.Sprintf("%s has host bits set", t.quoted()), fmt.Sprintf("did you mean %s?", network))
	}
	return address.Canonical(p), nil
}
