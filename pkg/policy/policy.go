package policy

import (
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	netutils "k8s.io/utils/net"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Policy is a compiled NetworkPolicy.
type Policy struct {
	snapshot.Name
	// Subject selects the pods of the policy's namespace that it isolates.
	Subject selector.Selector
	// Ingress and Egress are the rules of each direction in which the policy
	// isolates its pods; Isolates tells whether it does.
	Ingress, Egress Rules
	Origin          snapshot.Origin
}

// Rules are a policy's rules in one direction. Isolates without any Rule admits
// nothing (the API: "If this field is empty then this NetworkPolicy does not
// allow any traffic").
type Rules struct {
	Isolates bool
	Rules    []Rule
}

// Rule admits a connection when any peer and any port matches.
type Rule struct {
	Path string
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

// Error is a policy that cannot be evaluated because a field is invalid.
type Error struct {
	Policy snapshot.Name
	Path   string
	Err    error
}

func (e *Error) Error() string {
	return fmt.Sprintf("networkpolicy %q in namespace %q: %s: %v", e.Policy.Name, e.Policy.Namespace, e.Path, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Compile compiles a NetworkPolicy. The error is an [*Error]; its checks are
// those of the API server's validation (pkg/apis/networking/validation), which
// a policy read from a file has not passed.
func Compile(in *snapshot.Policy) (*Policy, error) {
	c := compiler{name: in.Name}
	out := &Policy{Name: in.Name, Origin: in.Origin}
	out.Subject = c.selector("spec.podSelector", &in.Spec.PodSelector)

	out.Ingress.Isolates, out.Egress.Isolates = isolates(&in.Spec)
	for i, t := range in.Spec.PolicyTypes {
		if t != networkingv1.PolicyTypeIngress && t != networkingv1.PolicyTypeEgress {
			c.fail(fmt.Sprintf("spec.policyTypes[%d]", i), fmt.Errorf("%q is neither Ingress nor Egress", t))
		}
	}
	for i := range in.Spec.Ingress {
		r := &in.Spec.Ingress[i]
		out.Ingress.Rules = append(out.Ingress.Rules, c.rule(fmt.Sprintf("spec.ingress[%d]", i), "from", r.From, r.Ports))
	}
	for i := range in.Spec.Egress {
		r := &in.Spec.Egress[i]
		out.Egress.Rules = append(out.Egress.Rules, c.rule(fmt.Sprintf("spec.egress[%d]", i), "to", r.To, r.Ports))
	}
	if c.err != nil {
		return nil, c.err
	}
	return out, nil
}

// isolates applies the API's default for an absent policyTypes: Ingress always,
// Egress when there are egress rules (NetworkPolicySpec.policyTypes; upstream
// defaulting: SetDefaults_NetworkPolicy, where an empty non-nil egress list
// counts as none).
func isolates(spec *networkingv1.NetworkPolicySpec) (ingress, egress bool) {
	if len(spec.PolicyTypes) == 0 {
		return true, len(spec.Egress) > 0
	}
	for _, t := range spec.PolicyTypes {
		switch t {
		case networkingv1.PolicyTypeIngress:
			ingress = true
		case networkingv1.PolicyTypeEgress:
			egress = true
		}
	}
	return ingress, egress
}

// compiler keeps the first error, so that compiling reads as one straight pass.
type compiler struct {
	name snapshot.Name
	err  error
}

func (c *compiler) fail(path string, err error) {
	if c.err == nil {
		c.err = &Error{Policy: c.name, Path: path, Err: err}
	}
}

func (c *compiler) selector(path string, in *metav1.LabelSelector) selector.Selector {
	s, err := selector.Compile(in)
	if err != nil {
		c.fail(path, err)
	}
	return s
}

func (c *compiler) rule(path, side string, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) Rule {
	r := Rule{Path: path, AnyPeer: len(peers) == 0, AnyPort: len(ports) == 0}
	for i := range peers {
		r.Peers = append(r.Peers, c.peer(fmt.Sprintf("%s.%s[%d]", path, side, i), &peers[i]))
	}
	for i := range ports {
		r.Ports = append(r.Ports, c.port(fmt.Sprintf("%s.ports[%d]", path, i), &ports[i]))
	}
	return r
}

func (c *compiler) peer(path string, in *networkingv1.NetworkPolicyPeer) Peer {
	p := Peer{Path: path, Home: c.name.Namespace}
	selectors := in.PodSelector != nil || in.NamespaceSelector != nil
	switch {
	case in.IPBlock != nil && selectors:
		c.fail(path, fmt.Errorf("ipBlock cannot stand beside podSelector or namespaceSelector"))
	case in.IPBlock != nil:
		p.Block = c.block(path+".ipBlock", in.IPBlock)
	case !selectors:
		c.fail(path, fmt.Errorf("names neither podSelector, namespaceSelector nor ipBlock"))
	}
	if in.NamespaceSelector != nil {
		s := c.selector(path+".namespaceSelector", in.NamespaceSelector)
		p.Namespaces = &s
	}
	if in.PodSelector != nil {
		s := c.selector(path+".podSelector", in.PodSelector)
		p.Pods = &s
	}
	p.text = p.describe()
	return p
}

func (c *compiler) block(path string, in *networkingv1.IPBlock) *IPBlock {
	cidr := c.prefix(path+".cidr", in.CIDR)
	b := &IPBlock{CIDR: cidr}
	for i, e := range in.Except {
		at := fmt.Sprintf("%s.except[%d]", path, i)
		except := c.prefix(at, e)
		if c.err == nil && (except.Bits() <= cidr.Bits() || !cidr.Contains(except.Addr())) {
			c.fail(at, fmt.Errorf("%s is not a strict part of the cidr %s", e, in.CIDR))
		}
		b.Except = append(b.Except, except)
	}
	return b
}

// prefix parses a CIDR as leniently as the API server does for stored objects
// (leading zeros, host bits), and masks it.
func (c *compiler) prefix(path, text string) netip.Prefix {
	_, ipNet, err := netutils.ParseCIDRSloppy(text)
	if err != nil {
		c.fail(path, fmt.Errorf("%q is not a CIDR such as 10.0.0.0/8", text))
		return netip.Prefix{}
	}
	addr, _ := netip.AddrFromSlice(ipNet.IP)
	bits, size := ipNet.Mask.Size()
	if size == 32 {
		addr = addr.Unmap()
	}
	return netip.PrefixFrom(addr, bits)
}

func (c *compiler) port(path string, in *networkingv1.NetworkPolicyPort) Port {
	p := Port{Path: path, Protocol: connset.TCP}
	if in.Protocol != nil && *in.Protocol != "" {
		switch *in.Protocol {
		case corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP:
			p.Protocol = connset.Protocol(*in.Protocol)
		default:
			c.fail(path+".protocol", fmt.Errorf("%q is none of TCP, UDP, SCTP", *in.Protocol))
		}
	}
	switch {
	case in.Port == nil:
		if in.EndPort != nil {
			c.fail(path+".endPort", fmt.Errorf("endPort needs a numeric port"))
		}
	case in.Port.Type == intstr.String:
		p.Name = in.Port.StrVal
		if in.EndPort != nil {
			c.fail(path+".endPort", fmt.Errorf("endPort needs a numeric port, and port is the name %q", p.Name))
		}
		if p.Name == "" {
			c.fail(path+".port", fmt.Errorf("is an empty name"))
		}
	default:
		if in.Port.IntVal < 1 || in.Port.IntVal > 65535 {
			c.fail(path+".port", fmt.Errorf("%d is out of range 1-65535", in.Port.IntVal))
			break
		}
		p.First = uint16(in.Port.IntVal)
		p.Last = p.First
		if in.EndPort != nil {
			switch {
			case *in.EndPort < in.Port.IntVal:
				c.fail(path+".endPort", fmt.Errorf("%d is less than port %d", *in.EndPort, in.Port.IntVal))
			case *in.EndPort > 65535:
				c.fail(path+".endPort", fmt.Errorf("%d is out of range 1-65535", *in.EndPort))
			default:
				p.Last = uint16(*in.EndPort)
			}
		}
	}
	p.text = p.describe()
	return p
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
