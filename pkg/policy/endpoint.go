package policy

import (
	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// EndpointKind is what an end of a connection is to a policy.
type EndpointKind uint8

// Kinds of endpoint.
const (
	// PodEndpoint is a pod with its own address: selectors apply to it.
	PodEndpoint EndpointKind = iota + 1
	// HostEndpoint is a node, or a hostNetwork pod, which is the node: policies
	// do not select it and, by the specification, selectors do not match it.
	HostEndpoint
	// AddressEndpoint is a set of addresses outside the cluster.
	AddressEndpoint
	// UnknownEndpoint is something outside what the API describes, such as a
	// DNS name: only rules for every peer are known to match it.
	UnknownEndpoint
)

// Endpoint is one end of a connection as policies see it.
type Endpoint struct {
	Kind      EndpointKind
	Namespace string
	// NamespaceLabels and Labels apply to pods, hostNetwork pods included.
	NamespaceLabels selector.Labels
	Labels          selector.Labels
	// HostNamespace are the labels of the namespace as whose traffic the network plugin
	// takes what nodes send; nil where there is none.
	HostNamespace *selector.Labels
	// Addresses are what the end may use on this connection: one address, or a
	// set that all policies in play treat alike; zero when unknown.
	Addresses address.Block
	// Ports are the declared ports, by which a destination resolves port names.
	Ports []snapshot.ContainerPort
	// PortsUnknown marks a pod that may declare ports under any name: one that
	// does not exist yet, or could not be read.
	PortsUnknown bool
}

// AddressKnown reports whether the endpoint's addresses are known.
func (e *Endpoint) AddressKnown() bool { return e.Addresses.Prefix.IsValid() }
