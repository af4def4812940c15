package networkpolicy

import (
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	netutils "k8s.io/utils/net"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Compile compiles a NetworkPolicy. The error is a [*policy.Error]; its checks are
// those of the API server's validation (pkg/apis/networking/validation), which
// a policy read from a file has not passed.
func Compile(in *snapshot.Policy) (*policy.Policy, error) {
	c := compiler{name: in.Name}
	out := &policy.Policy{Name: in.Name, Origin: in.Origin}
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
		c.err = &policy.Error{Policy: c.name, Path: path, Err: err}
	}
}

func (c *compiler) selector(path string, in *metav1.LabelSelector) selector.Selector {
	s, err := selector.Compile(in)
	if err != nil {
		c.fail(path, err)
	}
	return s
}

func (c *compiler) rule(path, side string, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) policy.Rule {
	r := policy.Rule{Path: path, AnyPeer: len(peers) == 0, AnyPort: len(ports) == 0}
	for i := range peers {
		r.Peers = append(r.Peers, c.peer(fmt.Sprintf("%s.%s[%d]", path, side, i), &peers[i]))
	}
	for i := range ports {
		r.Ports = append(r.Ports, c.port(fmt.Sprintf("%s.ports[%d]", path, i), &ports[i]))
	}
	return r
}

func (c *compiler) peer(path string, in *networkingv1.NetworkPolicyPeer) policy.Peer {
	p := policy.Peer{Path: path, Home: c.name.Namespace}
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
	p.Complete()
	return p
}

func (c *compiler) block(path string, in *networkingv1.IPBlock) *policy.IPBlock {
	cidr := c.prefix(path+".cidr", in.CIDR)
	b := &policy.IPBlock{CIDR: cidr}
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

func (c *compiler) port(path string, in *networkingv1.NetworkPolicyPort) policy.Port {
	p := policy.Port{Path: path, Protocol: connset.TCP}
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
	p.Complete()
	return p
}

// DescribePeer is a peer clause in short, for one that is not compiled yet.
func DescribePeer(home string, peer networkingv1.NetworkPolicyPeer) string {
	c := compiler{name: snapshot.Name{Namespace: home}}
	p := c.peer("", &peer)
	return p.String()
}
