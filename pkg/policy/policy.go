package policy

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Policy is a policy object of any dialect, compiled.
type Policy struct {
	snapshot.Name
	// Kind and Group of the object; "" is NetworkPolicy of networking.k8s.io.
	Kind, Group string
	// Dialect is the API that the object is of.
	Dialect Dialect
	// Subject selects the pods that the policy binds, in its own namespace.
	Subject selector.Selector
	// Wide selects the pods that the policy binds, of all namespaces; nil where
	// Subject does.
	Wide *Peer
	// Stage is the tier in which the policy stands.
	Stage Stage
	// Ingress and Egress are the rules of each direction in which the policy
	// binds its pods; Isolates tells whether it does.
	Ingress, Egress Rules
	// Rank orders the policies of an ordered tier: lower is asked first, and
	// policies of the same rank in no order that anybody knows.
	Rank   int32
	Origin snapshot.Origin
}

// Dialect is an API of policies. It is a set, too.
type Dialect uint8

// Dialects. That of NetworkPolicies, which every plugin that enforces anything
// enforces, is 0.
const (
	// AdminPolicies are AdminNetworkPolicy and BaselineAdminNetworkPolicy, v1alpha1.
	AdminPolicies Dialect = 1 << iota
	// ClusterPolicies are ClusterNetworkPolicy, v1alpha2.
	ClusterPolicies
)

// Stage is a tier among those that Kubernetes' own APIs have: "Admin tier,
// NetworkPolicy tier, Baseline tier" are asked in this order
// (sigs.k8s.io/network-policy-api apis/v1alpha2, ClusterNetworkPolicySpec.tier).
type Stage uint8

// Stages. The zero value is that of NetworkPolicies.
const (
	Normal Stage = iota
	Admin
	Baseline
)

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
	// Unclear says why it is not known whether the rule matches what its clauses do;
	// "" where it is.
	Unclear string
	// AnyPeer: from (or to) is absent or empty, which the API defines as all
	// sources (or destinations). AnyPort likewise for ports.
	AnyPeer bool
	AnyPort bool
	Peers   []Peer
	Ports   []Port
}

// Peer is one item of from or to: an ipBlock, or selectors. Of a peer with several
// conditions, all have to hold.
type Peer struct {
	Path  string
	Block *IPBlock
	// Networks are CIDRs of which one has to hold the address; nil is no condition.
	Networks []netip.Prefix
	// Nodes are the addresses of the nodes that a clause selects; nil where none does.
	Nodes *Nodes
	// NoHosts: whatever the network plugin does with peers of NetworkPolicies,
	// selectors never match pods in their node's network.
	NoHosts bool
	// Nobody: the clause is one that its API says matches nothing.
	Nobody bool
	// Unclear says why it is not known what the clause matches; "" where it is.
	Unclear string
	// Namespaces nil means the policy's own namespace; Pods nil means every pod
	// of the selected namespaces.
	Namespaces *selector.Selector
	Pods       *selector.Selector
	// Home is the policy's namespace.
	Home string
	// NamespacesAt and PodsAt are the fields of the clause that hold Namespaces and
	// Pods; "" is namespaceSelector, and podSelector.
	NamespacesAt, PodsAt string

	text, key string
}

// Nodes are nodes that a clause selects by their labels.
type Nodes struct {
	Selector  selector.Selector
	Addresses []netip.Prefix
	// Unread: nodes were not read, and others may be among them.
	Unread bool
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
	kind := p.Kind
	if kind == "" {
		kind = "NetworkPolicy"
	}
	return report.Object{Kind: kind, Group: p.Group, Namespace: p.Namespace, Name: p.Name.Name}
}

// Binds tells whether the policy binds a pod, in the directions for which it has
// rules. Pods in their node's network are bound by none: they are the node.
func (p *Policy) Binds(e *Endpoint) selector.Result {
	switch {
	case e.Kind == HostEndpoint:
		return selector.No
	case p.Wide != nil:
		result, _ := p.Wide.match(e, Behaviour{})
		return result
	case e.Namespace != p.Namespace:
		return selector.No
	default:
		return p.Subject.Match(e.Labels)
	}
}

// Perhaps is the policy where it is not known whether it binds: none of its rules
// matches for certain.
func (p *Policy) Perhaps(why string) *Policy {
	out := *p
	for _, rules := range []*Rules{&out.Ingress, &out.Egress} {
		rules.Rules = slices.Clone(rules.Rules)
		for i := range rules.Rules {
			if rules.Rules[i].Unclear == "" {
				rules.Rules[i].Unclear = why
			}
		}
	}
	return &out
}

// HasBlocks reports whether any rule of the policy names addresses.
func (p *Policy) HasBlocks() bool { return len(p.Blocks()) > 0 }

// Blocks returns every CIDR and exception that the policy's rules name. They
// cut the address space into parts that the policy treats alike.
func (p *Policy) Blocks() []netip.Prefix {
	var out []netip.Prefix
	for _, rules := range []*Rules{&p.Ingress, &p.Egress} {
		for i := range rules.Rules {
			for j := range rules.Rules[i].Peers {
				out = append(out, rules.Rules[i].Peers[j].Cuts()...)
			}
		}
	}
	return out
}

// Cuts are the CIDRs that the clause names. They cut the address space into parts
// that it treats alike.
func (p *Peer) Cuts() []netip.Prefix {
	var out []netip.Prefix
	if p.Block != nil {
		out = append(append(out, p.Block.CIDR), p.Block.Except...)
	}
	out = append(out, p.Networks...)
	if p.Nodes != nil {
		out = append(out, p.Nodes.Addresses...)
	}
	return out
}

// Addressed tells whether addresses have a say in what the clause matches.
func (p *Peer) Addressed() bool { return p.Block != nil || p.Networks != nil || p.Nodes != nil }

// Labelled tells whether labels, or the namespace, have a say.
func (p *Peer) Labelled() bool { return p.Namespaces != nil || p.Pods != nil }
