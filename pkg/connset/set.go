package connset

import "strings"

// Set is an immutable set of (protocol, port) pairs, protocols TCP, UDP and SCTP, ports 1 to 65535. The zero value is
// empty. Sets with the same pairs are equal with ==.
type Set struct {
	ports [3]ports // by Protocol.slot
}

// Empty is the set without any pair; what an isolated pod with no rule accepts.
func Empty() Set { return Set{} }

// All is every port of every protocol; what a rule without ports allows.
func All() Set { return Set{[3]ports{everyPort, everyPort, everyPort}} }

// AllOf is every port of one protocol; what a NetworkPolicyPort without a port allows. It is empty for an unknown
// protocol.
func AllOf(p Protocol) Set { return Of(p, 1, 65535) }

// Of is the ports from first to last, both included, of one protocol. Port 0 is left out. It is empty if last comes
// before first or if the protocol is unknown; that includes "", since defaulting is up to the caller.
func Of(p Protocol, first, last uint16) Set {
	var s Set
	if i := p.slot(); i >= 0 {
		s.ports[i] = portRange(first, last)
	}
	return s
}

// Union is what is in s, in t or in both. NetworkPolicies add up by it.
func (s Set) Union(t Set) Set {
	for i := range s.ports {
		s.ports[i] = s.ports[i].union(t.ports[i])
	}
	return s
}

// Intersect is what is in both s and t. The two ends of a connection combine by it.
func (s Set) Intersect(t Set) Set {
	for i := range s.ports {
		s.ports[i] = s.ports[i].intersect(t.ports[i])
	}
	return s
}

// Subtract is what is in s and not in t.
func (s Set) Subtract(t Set) Set {
	for i := range s.ports {
		s.ports[i] = s.ports[i].subtract(t.ports[i])
	}
	return s
}

// Equal reports whether s and t hold the same pairs. It is the same as s == t.
func (s Set) Equal(t Set) bool { return s == t }

// IsEmpty reports whether s holds nothing.
func (s Set) IsEmpty() bool { return s == Set{} }

// IsAll reports whether s holds every port of every protocol.
func (s Set) IsAll() bool { return s == All() }

// Contains reports whether s holds the pair. No set contains port 0 or an unknown protocol.
func (s Set) Contains(p Protocol, port uint16) bool {
	i := p.slot()
	return i >= 0 && s.ports[i].covers(Range{port, port})
}

// ContainsAll reports whether s holds everything that t holds.
func (s Set) ContainsAll(t Set) bool {
	for i := range s.ports {
		if !s.ports[i].containsAll(t.ports[i]) {
			return false
		}
	}
	return true
}

// Ranges returns the ports of one protocol as ascending ranges with a gap between each two. The slice is the
// caller's own. It is empty if there are none or if the protocol is unknown.
func (s Set) Ranges(p Protocol) []Range {
	if i := p.slot(); i >= 0 {
		return s.ports[i].ranges()
	}
	return nil
}

// String is "all", "none", "all TCP" or a list such as "TCP 80,443,8000-9000; UDP 53".
func (s Set) String() string {
	switch {
	case s.IsAll():
		return "all"
	case s.IsEmpty():
		return "none"
	}
	var text strings.Builder
	for i, p := range Protocols() {
		if s.ports[i] == "" {
			continue
		}
		if text.Len() > 0 {
			text.WriteString("; ")
		}
		if s.ports[i] == everyPort {
			text.WriteString("all " + string(p))
			continue
		}
		text.WriteString(string(p))
		for j, r := range s.ports[i].ranges() {
			text.WriteByte(" ,"[min(j, 1)])
			text.WriteString(r.String())
		}
	}
	return text.String()
}
