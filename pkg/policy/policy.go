package policy

import (
	"net/netip"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Policy is a policy object of any dialect, compiled.
type Policy struct {
	snapshot.Name
	// Subject selects the pods that the policy binds, in its own namespace.
	Subject selector.Selector
	// Ingress and Egress are the rules of each direction in which the policy
	// binds its pods; Isolates tells whether it does.
	Ingress, Egress Rules
	// Rank orders the policies of an ordered tier: lower is asked first, and
	// policies of the same rank in no order that anybody knows.
	Rank   int32
	Origin snapshot.Origin
}

// Rules are a policy's rules in one direction. Isolates without any Rule admits
// nothing (the API: "If this field is empty then this NetworkPolicy does not
// allow any traffic").
type Rules struct {
	Isolates bool
	Rules    []Rule
}

// Action is what a rule, or the end of a tier, does with a connection.
type Action uint8

// Actions. The zero value is Allow, which is all that a NetworkPolicy's rule does.
const (
	// Allow lets the connection through, and ends the search.
	Allow Action = iota
	// Deny drops it, and ends the search.
	Deny
	// Pass leaves it to the next tier.
	Pass
)

// Rule says what becomes of a connection of which any peer and any port matches.
type Rule struct {
	Path   string
	Action Action
	// AnyPeer: from (or to) is absent or empty, which the API defines as all
	// sources (or destinations). AnyPort likewise for ports.
	AnyPeer bool
	AnyPort bool
	Peers   []Peer
	Ports   []Port
}

// Peer is one item of from or to: an ipBlock, or selectors.
type Peer struct {
	Path  string
	Block *IPBlock
	// Namespaces nil means the policy's own namespace; Pods nil means every pod
	// of the selected namespaces.
	Namespaces *selector.Selector
	Pods       *selector.Selector
	// Home is the policy's namespace.
	Home string
	text string
}

// IPBlock is a CIDR without its exceptions.
type IPBlock struct {
	CIDR   netip.Prefix
	Except []netip.Prefix
}

// Port is one item of ports. Without Name and with First 0 it is every port of
// the protocol.
type Port struct {
	Path        string
	Protocol    connset.Protocol
	Name        string
	First, Last uint16
	text        string
	// numbered are the ports, where they have no name.
	numbered connset.Set
}

// In returns the rules of one direction.
func (p *Policy) In(d report.Direction) *Rules {
	if d == report.Egress {
		return &p.Egress
	}
	return &p.Ingress
}

// Ref names the policy in a report.
func (p *Policy) Ref() report.Object {
	return report.Object{Kind: "NetworkPolicy", Namespace: p.Namespace, Name: p.Name.Name}
}

// HasBlocks reports whether any rule of the policy has an ipBlock.
func (p *Policy) HasBlocks() bool { return len(p.Blocks()) > 0 }

// Blocks returns every CIDR and exception that the policy's rules name. They
// cut the address space into parts that the policy treats alike.
func (p *Policy) Blocks() []netip.Prefix {
	var out []netip.Prefix
	for _, rules := range []*Rules{&p.Ingress, &p.Egress} {
		for i := range rules.Rules {
			for _, peer := range rules.Rules[i].Peers {
				if peer.Block != nil {
					out = append(out, peer.Block.CIDR)
					out = append(out, peer.Block.Except...)
				}
			}
		}
	}
	return out
}
