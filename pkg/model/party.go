package model

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Party is one concrete end of a connection: one of Pod, Node, Block and External is set.
type Party struct {
	// Pod is a pod; Hypothetical marks one that exists only in the question.
	Pod          *snapshot.Pod
	Hypothetical bool
	// Unseen marks a pod that stands for those of its namespace that could not
	// be read: its labels are not known. Its namespace is "" where even that is not.
	Unseen bool
	// Rest, with Unseen, is what is known of the pods all the same: they were not
	// asked for, because this is enough. Nil for pods that could not be read.
	Rest *Rest
	// Node is a node itself; a node without a name is any node.
	Node *snapshot.Node
	// Block is a set of addresses outside the cluster.
	Block address.Block
	// External is a DNS name that is resolved outside what the API says.
	External string
	// Identity: External is no name but what the network plugin calls the party,
	// which is no pod and has no address of its own that a policy could name.
	Identity bool
}

// Rest is the pods of a namespace that a question does not need one by one.
type Rest struct {
	// Not are pod selectors that none of them matches: those that do were read.
	Not []selector.Selector
	// Isolated: exactly the policies of Egress isolate them for egress. Without
	// it, it is not known which do.
	Isolated bool
	Egress   []*policy.Policy
}

// Host reports whether the party is a node or lives in a node's network.
func (p Party) Host() bool { return p.Node != nil || p.Pod != nil && p.Pod.HostNetwork }

// NodeName is the node the party is on; "" when unknown or none.
func (p Party) NodeName() string {
	switch {
	case p.Node != nil:
		return p.Node.Name
	case p.Pod != nil:
		return p.Pod.Node
	default:
		return ""
	}
}

// Addresses are the party's own addresses; none when they are not known. For
// outside addresses see Block.
func (p Party) Addresses() []netip.Addr {
	switch {
	case p.Node != nil:
		return p.Node.IPs
	case p.Pod == nil:
		return nil
	default:
		return p.Pod.Addresses()
	}
}

// findNodeAddresses is the smallest block that holds the address of every node: what is
// decided alike for all of it is decided for a node, whichever that is. Without nodes it
// is any address of the IP family that everything has, IPv4 unless something says
// otherwise, as for a cluster's defaults. It is the zero block where there are two families.
func (m *Model) findNodeAddresses() address.Block {
	if m.Hidden(snapshot.Nodes, "") != nil || !m.Has(snapshot.Need{Resource: snapshot.Nodes}) {
		return address.Block{}
	}
	var out netip.Prefix
	for _, n := range m.Nodes() {
		if len(n.IPs) == 0 {
			return address.Block{}
		}
		for _, ip := range n.IPs {
			switch {
			case !out.IsValid():
				out = netip.PrefixFrom(ip, ip.BitLen())
			case out.Addr().Is4() != ip.Is4():
				return address.Block{}
			}
			for !out.Contains(ip) {
				out = netip.PrefixFrom(out.Addr(), out.Bits()-1).Masked()
			}
		}
	}
	if out.IsValid() || len(m.Nodes()) > 0 || m.speaksIPv6() {
		return address.Block{Prefix: out}
	}
	return address.Block{Prefix: netip.PrefixFrom(netip.IPv4Unspecified(), 0)}
}

// speaksIPv6: some pod or Service has an IPv6 address.
func (m *Model) speaksIPv6() bool {
	v6 := func(ip netip.Addr) bool { return ip.Is6() }
	return slices.ContainsFunc(m.Pods(), func(p *snapshot.Pod) bool { return slices.ContainsFunc(p.IPs, v6) }) ||
		slices.ContainsFunc(m.Services(), func(s *snapshot.Service) bool {
			return slices.ContainsFunc(s.ClusterIPs, v6) || slices.Contains(s.Families, false)
		})
}

// Endpoint is the party as policies see it when it uses the address (zero:
// unknown) on a connection.
func (m *Model) Endpoint(p Party, addr netip.Addr) policy.Endpoint {
	e := policy.Endpoint{}
	if addr.IsValid() {
		e.Addresses = address.Block{Prefix: netip.PrefixFrom(addr, addr.BitLen())}
	}
	if !addr.IsValid() && p.Host() {
		e.Addresses = m.nodeAddresses()
	}
	switch {
	case p.Pod != nil:
		e.Kind = policy.PodEndpoint
		if p.Pod.HostNetwork {
			e.Kind, e.HostNamespace = policy.HostEndpoint, m.hostNamespace()
		}
		e.Namespace = p.Pod.Namespace
		e.NamespaceLabels = m.NamespaceLabels(p.Pod.Namespace)
		e.Labels = selector.Labels{Set: p.Pod.Labels, Partial: p.Unseen}
		if p.Rest != nil {
			e.Labels.Not = p.Rest.Not
		}
		if !addr.IsValid() && p.Pod.Expected() && !p.Unseen {
			e.Addresses = m.anyAddress()
		}
		e.Ports, e.PortsUnknown = p.Pod.Ports, p.Hypothetical || p.Unseen
	case p.Node != nil:
		e.Kind, e.HostNamespace = policy.HostEndpoint, m.hostNamespace()
	case p.Identity:
		e.Kind = policy.AddressEndpoint
	case p.External != "":
		e.Kind = policy.UnknownEndpoint
	default:
		e.Kind = policy.AddressEndpoint
		e.Addresses = p.Block
	}
	return e
}

// findHostNamespace are the labels of the namespace as whose traffic OVN-Kubernetes
// takes what nodes send: by default ovn-host-network, on OpenShift
// openshift-host-network (cluster-network-operator
// bindata/network/ovn-kubernetes/common/openshift-host-network-ns.yaml).
func (m *Model) findHostNamespace() *selector.Labels {
	for _, name := range []string{"openshift-host-network", "ovn-host-network"} {
		if m.Namespace(name) != nil || m.GapFor(snapshot.Need{Resource: snapshot.Namespaces, Name: name}) != nil {
			out := m.NamespaceLabels(name)
			return &out
		}
	}
	return nil
}
