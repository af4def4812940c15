package guard

import (
	"net/netip"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Guard is what decides who gets to a door, or on through it, whatever the policies
// say. It says where that is written and which addresses it lets in; families of
// guards make them, each in a file of its own, and the query walks through them.
type Guard struct {
	report.Guard
	// Only are the addresses that are let in; nil is everybody. Except are those that
	// are turned away, also of these.
	Only, Except []netip.Prefix
	// Controller: the door's controller holds the list against the address that it sees
	// itself, which is not the client's where a node has put its own in its place.
	Controller bool
	// Asked is where the controller asks first, for a guard that asks somebody; none
	// where that is outside of the cluster.
	Asked []model.Destination
	// AskedOutside is the host that is asked, outside of the cluster.
	AskedOutside string
	// Needs is the permission that is missing to know the guard.
	Needs string
}

// Field is a guard that is written in a field of an object.
func Field(o report.Object, name, value, source string) Guard {
	const most = 120
	if len(value) > most {
		value = value[:most] + "…"
	}
	return Guard{Guard: report.Guard{Object: o, Field: name, Value: strings.TrimSpace(value), Source: source}}
}

// Annotation is a guard that is written in an annotation.
func Annotation(o report.Object, key, value, source string) Guard {
	return Field(o, "annotation "+key, value, source)
}

// inside is the guard as one that keeps the internet out.
func (g Guard) Inside() Guard {
	g.Effect = report.GuardInside
	return g
}

// unknown is the guard as one whose effect is not known.
func (g Guard) Unknown(why report.GuardDoubt) Guard {
	g.Effect, g.Doubt = report.GuardUnknown, why
	return g
}

// ranges is the guard as lists of addresses that may come, and that may not. Nil is no list.
func (g Guard) Ranges(only, except []netip.Prefix) Guard {
	g.Effect, g.Only, g.Except = report.GuardAddresses, only, except
	for _, p := range only {
		g.Allow = append(g.Allow, p.String())
	}
	for _, p := range except {
		g.Deny = append(g.Deny, p.String())
	}
	return g
}

// Private are the addresses that no router of the internet knows: private use (RFC 1918,
// RFC 4193) and shared (RFC 6598). An internal load balancer has clients of these alone.
func Private() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
	}
}

// IsPrivate tells whether an address is one of those.
func IsPrivate(a netip.Addr) bool {
	for _, p := range Private() {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// Cuts are the prefixes by which a guard tells clients apart.
func (g *Guard) Cuts() []netip.Prefix {
	if g.Effect == report.GuardInside {
		return Private()
	}
	return append(append([]netip.Prefix(nil), g.Only...), g.Except...)
}

// Admits tells whether the guard lets in clients outside with the addresses of a block that
// its [Guard.Cuts] do not divide.
func (g *Guard) Admits(b address.Block) report.Verdict {
	within := func(list []netip.Prefix) bool {
		for _, p := range list {
			if b.Relation(p) == address.Inside {
				return true
			}
		}
		return false
	}
	switch g.Effect {
	case report.GuardInside:
		if within(Private()) {
			return report.Allowed
		}
		return report.Denied
	case report.GuardAddresses:
		if within(g.Except) || g.Only != nil && !within(g.Only) {
			return report.Denied
		}
		return report.Allowed
	case report.GuardUnknown:
		// What the guard lets in for certain, it lets in.
		if g.Only != nil && within(g.Only) {
			return report.Allowed
		}
		return report.Unknown
	case report.GuardAsks, report.GuardAnswers:
	}
	return report.Allowed
}

// CIDRs reads a list of addresses and CIDRs, parted by commas, blanks or lines. It is not ok
// where one of them is neither.
func CIDRs(text string) (out []netip.Prefix, ok bool) {
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' || r == ';' }) {
		p, ok := CIDR(item)
		if !ok {
			return nil, false
		}
		out = append(out, p)
	}
	return out, len(out) > 0
}

func CIDR(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	return address.Canonical(p.Masked()), true
}

// CIDRList is [cidrs] of items that stand by themselves.
func CIDRList(items []string) ([]netip.Prefix, bool) { return CIDRs(strings.Join(items, ",")) }

func ObjectOf(kind string, n snapshot.Name) report.Object {
	return report.Object{Kind: kind, Namespace: n.Namespace, Name: n.Name}
}

// asks is the guard as one that asks a Service before each request.
func (g Guard) AsksService(m *model.Model, service snapshot.Name, port reference.Port) Guard {
	g.Effect = report.GuardAsks
	to := ObjectOf("Service", service)
	g.Asks = &to
	dsts, err := m.Destinations(reference.Reference{Kind: reference.Service, Namespace: service.Namespace, Name: service.Name, Port: port})
	switch err := err.(type) { //nolint:errorlint // Destinations returns the types themselves
	case nil:
		g.Asked = dsts
	case *model.UnreadableError:
		g.Asked = []model.Destination{{Broken: report.NotRead, Detail: err.Gap.Permission()}}
	default:
		g.Asked = []model.Destination{{Broken: report.BackendMissing, Detail: service.String()}}
	}
	return g
}
