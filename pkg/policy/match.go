package policy

import (
	"net/netip"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// failure is why a clause does not (or may not) match, without any text: texts
// are made by mismatch, and only where evidence is asked for.
type failure struct {
	reason report.MismatchReason
	// requirement of a selector that failed.
	requirement *selector.Requirement
	// except is the index of the exception that holds the address.
	except int
	// named is the port that the name stands for on the destination.
	named uint16
	// text is the condition that fails.
	text string
}

// match tells whether the peer clause admits the endpoint, and what fails.
func (p *Peer) match(e *Endpoint, b Behaviour) (selector.Result, failure) {
	switch {
	case p.Nobody:
		return selector.No, failure{reason: report.EmptyPeer}
	case e.Kind == UnknownEndpoint:
		return selector.Undetermined, failure{reason: report.AddressUnread}
	}
	result, failed := p.matchAddress(e, b)
	if result == selector.No {
		return result, failed
	}
	if p.Labelled() {
		labels, why := p.matchLabels(e, b)
		switch {
		case labels == selector.No:
			return labels, why
		case labels == selector.Undetermined && result == selector.Yes:
			result, failed = labels, why
		}
	}
	if p.Where != nil || p.Nor != nil || p.NotNetworks != nil {
		more, why := p.conditions(e)
		switch {
		case more == selector.No:
			return more, why
		case more == selector.Undetermined && result == selector.Yes:
			result, failed = more, why
		}
	}
	if result == selector.Yes && p.Unclear != "" {
		return selector.Undetermined, failure{reason: report.ClauseUnclear}
	}
	return result, failed
}

// matchAddress holds the clause's conditions on addresses against the endpoint's.
func (p *Peer) matchAddress(e *Endpoint, b Behaviour) (selector.Result, failure) {
	switch {
	case p.Block != nil:
		return p.Block.match(e, b)
	case p.Networks != nil:
		return within(p.Networks, e, b)
	case p.Nodes != nil && e.Kind == PodEndpoint:
		return selector.No, failure{reason: report.NotANode}
	case p.Nodes != nil:
		return p.Nodes.match(e)
	}
	return selector.Yes, failure{}
}

// match holds the addresses of the nodes against the endpoint's.
func (n *Nodes) match(e *Endpoint) (selector.Result, failure) {
	result, failed := within(n.Addresses, e, Behaviour{})
	switch {
	case result == selector.No && n.Unread:
		return selector.Undetermined, failure{reason: report.AddressUnread}
	case result == selector.No:
		return result, failure{reason: report.NotANode}
	}
	return result, failed
}

// within tells whether one of some CIDRs holds the endpoint's addresses.
func within(networks []netip.Prefix, e *Endpoint, b Behaviour) (selector.Result, failure) {
	if e.Kind == PodEndpoint && b.PodsEscapeIPBlocks {
		return selector.No, failure{reason: report.PodsNotInIPBlock}
	}
	if e.Kind == HostEndpoint && b.NodesEscapeIPBlocks {
		return selector.No, failure{reason: report.NodesNotInIPBlock}
	}
	if !e.AddressKnown() {
		return selector.Undetermined, failure{reason: report.AddressUnread}
	}
	open := false
	for _, n := range networks {
		switch e.Addresses.Relation(n) {
		case address.Inside:
			return selector.Yes, failure{}
		case address.Partly:
			open = true
		case address.Outside:
		}
	}
	if open {
		return selector.Undetermined, failure{reason: report.AddressUnread}
	}
	return selector.No, failure{reason: report.OutsideIPBlock}
}

// matchLabels holds the clause's selectors against the endpoint.
func (p *Peer) matchLabels(e *Endpoint, b Behaviour) (selector.Result, failure) {
	switch {
	case e.Kind == AddressEndpoint:
		if !e.AddressKnown() {
			return selector.No, failure{reason: report.PluginIdentity}
		}
		return selector.No, failure{reason: report.NotAPod}
	case e.Kind == HostEndpoint && b.HostNamespace && p.Pods == nil && p.Namespaces != nil && e.HostNamespace != nil:
		switch result, requirement := p.Namespaces.Explain(*e.HostNamespace); result {
		case selector.Yes:
			return selector.Yes, failure{}
		case selector.Undetermined:
			return selector.Undetermined, failure{reason: report.LabelsUnread, requirement: requirement}
		case selector.No:
			return selector.No, failure{reason: report.HostNetwork}
		}
	case e.Kind == HostEndpoint && !p.takesHosts(e, b):
		return selector.No, failure{reason: report.HostNetwork}
	}

	// namespaceSelector and podSelector in one peer are ANDed; a podSelector
	// alone selects in the policy's own namespace (NetworkPolicyPeer docs).
	namespace, failed := p.matchNamespace(e)
	if namespace == selector.No || p.Pods == nil {
		return namespace, failed
	}
	switch pods, requirement := p.Pods.Explain(e.Labels); pods {
	case selector.Yes:
		return namespace, failed
	case selector.No:
		return selector.No, failure{reason: report.PodLabel, requirement: requirement}
	default:
		return selector.Undetermined, failure{reason: report.LabelsUnread, requirement: requirement}
	}
}

// takesHosts tells whether selectors of this peer can match a hostNetwork pod.
// A bare node has no namespace, and so nothing that a selector could match.
func (p *Peer) takesHosts(e *Endpoint, b Behaviour) bool {
	if e.Namespace == "" || p.NoHosts {
		return false
	}
	switch b.HostPeers {
	case HostPeersAlways:
		return true
	case HostPeersWithPodSelector:
		return p.Pods != nil
	default:
		return false
	}
}

func (p *Peer) matchNamespace(e *Endpoint) (selector.Result, failure) {
	if p.Namespaces == nil {
		if e.Namespace == p.Home {
			return selector.Yes, failure{}
		}
		return selector.No, failure{reason: report.NamespaceDiffers}
	}
	switch result, requirement := p.Namespaces.Explain(e.NamespaceLabels); result {
	case selector.Yes:
		return selector.Yes, failure{}
	case selector.No:
		return selector.No, failure{reason: report.NamespaceLabel, requirement: requirement}
	default:
		return selector.Undetermined, failure{reason: report.LabelsUnread, requirement: requirement}
	}
}

// match holds the block against the endpoint's addresses. Whether an ipBlock
// matches pods is left to the network plugin (NetworkPolicyPeer.ipBlock docs).
func (b *IPBlock) match(e *Endpoint, behaviour Behaviour) (selector.Result, failure) {
	if e.Kind == PodEndpoint && behaviour.PodsEscapeIPBlocks {
		return selector.No, failure{reason: report.PodsNotInIPBlock}
	}
	if e.Kind == HostEndpoint && behaviour.NodesEscapeIPBlocks {
		return selector.No, failure{reason: report.NodesNotInIPBlock}
	}
	if !e.AddressKnown() {
		return selector.Undetermined, failure{reason: report.AddressUnread}
	}
	result := selector.Yes
	switch e.Addresses.Relation(b.CIDR) {
	case address.Outside:
		return selector.No, failure{reason: report.OutsideIPBlock}
	case address.Partly:
		result = selector.Undetermined
	case address.Inside:
	}
	for i, except := range b.Except {
		switch e.Addresses.Relation(except) {
		case address.Inside:
			return selector.No, failure{reason: report.InExcept, except: i}
		case address.Partly:
			result = selector.Undetermined
		case address.Outside:
		}
	}
	if result == selector.Undetermined {
		return result, failure{reason: report.AddressUnread}
	}
	return result, failure{}
}

// match tells whether the port clause admits a connection to a port of dst.
// A name resolves on the destination pod, protocol included.
func (p *Port) match(dst *Endpoint, protocol connset.Protocol, port uint16) (selector.Result, failure) {
	switch {
	case p.Protocol != protocol:
		return selector.No, failure{reason: report.Protocol}
	case p.Name != "":
		return p.matchName(dst, port)
	case p.First == 0 || p.First <= port && port <= p.Last, port == 0 && p.First == 1 && p.Last == 65535:
		return selector.Yes, failure{}
	case port == 0:
		return selector.Undetermined, failure{reason: report.PortUnread}
	default:
		return selector.No, failure{reason: report.Port}
	}
}

func (p *Port) matchName(dst *Endpoint, port uint16) (selector.Result, failure) {
	switch dst.Kind {
	case PodEndpoint:
		if dst.PortsUnknown {
			return selector.Undetermined, failure{reason: report.PortUnread}
		}
	case UnknownEndpoint:
		return selector.Undetermined, failure{reason: report.AddressUnread}
	default:
		return selector.No, failure{reason: report.NamedPortOutside}
	}
	failed := failure{reason: report.PortName}
	for i := range dst.Ports {
		d := &dst.Ports[i]
		if d.Name != p.Name || d.Protocol != p.Protocol {
			continue
		}
		switch port {
		case d.Port:
			return selector.Yes, failure{}
		case 0:
			return selector.Undetermined, failure{reason: report.PortUnread}
		}
		failed = failure{reason: report.Port, named: d.Port}
	}
	return selector.No, failed
}

// admits is the set of connections to dst that the port clause admits.
func (p *Port) admits(dst *Endpoint) connset.Set {
	if p.Name == "" {
		return p.numbered
	}
	var out connset.Set
	if dst.Kind != PodEndpoint {
		return out
	}
	for i := range dst.Ports {
		d := &dst.Ports[i]
		if d.Name == p.Name && d.Protocol == p.Protocol {
			out = out.Union(connset.Of(d.Protocol, d.Port, d.Port))
		}
	}
	return out
}

// Admits reports whether the peer clause admits the endpoint for certain.
func (p *Peer) Admits(e *Endpoint, b Behaviour) bool {
	match, _ := p.match(e, b)
	return match == selector.Yes
}

// Match tells whether the peer clause admits the endpoint.
func (p *Peer) Match(e *Endpoint, b Behaviour) selector.Result {
	match, _ := p.match(e, b)
	return match
}

func either(a, b selector.Result) selector.Result {
	switch {
	case a == selector.Yes || b == selector.Yes:
		return selector.Yes
	case a == selector.Undetermined || b == selector.Undetermined:
		return selector.Undetermined
	default:
		return selector.No
	}
}
