package connset

import (
	"fmt"
	"strings"
)

// Protocol is a transport protocol that NetworkPolicy and Service ports can name, spelled as core/v1 spells it.
type Protocol string

// The protocols of core/v1. A Protocol with another value has no place in a Set.
const (
	TCP  Protocol = "TCP"
	UDP  Protocol = "UDP"
	SCTP Protocol = "SCTP"
)

// Protocols returns every protocol, in the order in which sets list them.
func Protocols() []Protocol {
	return []Protocol{TCP, UDP, SCTP}
}

// ParseProtocol reads a protocol name in any case. The empty string is an error: which default applies depends on
// where the protocol was left out, and only the caller knows.
func ParseProtocol(text string) (Protocol, error) {
	for _, p := range Protocols() {
		if strings.EqualFold(text, string(p)) {
			return p, nil
		}
	}
	return "", fmt.Errorf("unknown protocol %.40q: use TCP, UDP or SCTP", text)
}

// slot is the protocol's index in Set.ports, or -1 if the protocol is unknown.
func (p Protocol) slot() int {
	switch p {
	case TCP:
		return 0
	case UDP:
		return 1
	case SCTP:
		return 2
	}
	return -1
}
