package clusternetworkpolicy

import (
	"fmt"
	"net/netip"

	netutils "k8s.io/utils/net"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/fields"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Group is the API group of the kinds.
const Group = "policy.networking.k8s.io"

// Kinds of the group.
const (
	ClusterNetworkPolicy       = "ClusterNetworkPolicy"
	AdminNetworkPolicy         = "AdminNetworkPolicy"
	BaselineAdminNetworkPolicy = "BaselineAdminNetworkPolicy"
)

// Nodes finds the nodes that a selector selects.
type Nodes func(selector.Selector) *policy.Nodes

// Compile compiles a policy of one of the kinds.
func Compile(in *snapshot.PolicyObject, nodes Nodes) *policy.Policy {
	out := &policy.Policy{
		Name: snapshot.Name{Name: in.Name.Name}, Kind: in.Kind, Group: in.Group, Origin: in.Origin,
		Dialect: policy.AdminPolicies, Stage: policy.Admin,
	}
	c := compiler{nodes: nodes, kind: in.Kind, name: in.Kind + " " + in.Name.Name}
	spec := c.reader.Object("spec", in.Spec)
	switch in.Kind {
	case ClusterNetworkPolicy:
		out.Dialect = policy.ClusterPolicies
		switch tier := spec.Text("tier"); tier {
		case "Admin":
		case "Baseline":
			out.Stage = policy.Baseline
		default:
			c.reader.Fail("spec.tier", "is %q, neither Admin nor Baseline", tier)
		}
		out.Rank = c.priority(spec)
	case BaselineAdminNetworkPolicy:
		out.Stage = policy.Baseline
	default:
		out.Rank = c.priority(spec)
	}
	out.Wide = c.subject(spec)
	out.Ingress.Rules = c.rules(spec, "ingress", "from")
	out.Egress.Rules = c.rules(spec, "egress", "to")
	spec.Done()
	if why := c.reader.Unclear(); why != "" {
		// Whatever it is may decide anything.
		out = out.Perhaps(c.tell(why))
		for _, rules := range []*policy.Rules{&out.Ingress, &out.Egress} {
			rules.Rules = append(rules.Rules, anything("spec", c.tell(why))...)
		}
	}
	out.Ingress.Isolates, out.Egress.Isolates = len(out.Ingress.Rules) > 0, len(out.Egress.Rules) > 0
	return out
}

// anything are rules that may allow and may deny everything.
func anything(path, why string) []policy.Rule {
	return []policy.Rule{
		{Path: path, Action: policy.Allow, AnyPeer: true, AnyPort: true, Unclear: why},
		{Path: path, Action: policy.Deny, AnyPeer: true, AnyPort: true, Unclear: why},
	}
}

type compiler struct {
	nodes      Nodes
	kind, name string
	// reader is for what is about all of the policy; each rule has one of its own.
	reader fields.Reader
}

// tell says of which object something is not clear.
func (c *compiler) tell(why string) string { return c.name + ": " + why }

func (c *compiler) priority(spec *fields.Object) int32 {
	n, there := spec.Number("priority")
	if !there || n < 0 || n > 1000 {
		c.reader.Fail("spec.priority", "is no number from 0 to 1000")
	}
	return int32(n)
}

// subject selects pods; never those in their node's network ("Note that host-networked
// pods are not included in subject selection"), which [policy.Policy.Binds] sees to.
func (c *compiler) subject(spec *fields.Object) *policy.Peer {
	out := &policy.Peer{Path: "spec.subject", NoHosts: true}
	var reader fields.Reader
	if s := spec.Sub("subject"); s == nil {
		reader.Fail("spec.subject", "is missing")
	} else {
		s.Reader = &reader
		switch {
		case s.Len() != 1:
			reader.Fail("spec.subject", "has not exactly one of namespaces and pods")
		case s.Has("namespaces"):
			c.namespaces(s, out)
		case s.Has("pods"):
			c.pods(s, out)
		}
		s.Done()
	}
	if why := reader.Unclear(); why != "" {
		out = &policy.Peer{Path: "spec.subject", Unclear: c.tell(why)}
	}
	out.Complete()
	return out
}

func (c *compiler) namespaces(o *fields.Object, out *policy.Peer) {
	out.Namespaces, out.NamespacesAt = o.Selector("namespaces"), "namespaces"
}

// pods selects pods of selected namespaces; a selector that is empty, or absent,
// selects all.
func (c *compiler) pods(o *fields.Object, out *policy.Peer) {
	all := selector.Everything()
	pods := o.Sub("pods")
	out.NamespacesAt, out.PodsAt = "pods.namespaceSelector", "pods.podSelector"
	if out.Namespaces = pods.Selector("namespaceSelector"); out.Namespaces == nil {
		out.Namespaces = &all
	}
	if out.Pods = pods.Selector("podSelector"); out.Pods == nil {
		out.Pods = &all
	}
	pods.Done()
}

func (c *compiler) rules(spec *fields.Object, direction, side string) []policy.Rule {
	var out []policy.Rule
	for _, item := range spec.List(direction) {
		out = append(out, c.rule(item, side)...)
	}
	return out
}

// rule compiles a rule: one, unless its action is not known.
func (c *compiler) rule(item fields.Item, side string) []policy.Rule {
	var reader fields.Reader
	o := reader.Object(item.Path, item.Value)
	o.Ignore("name")
	r := policy.Rule{Path: item.Path}
	switch action := o.Text("action"); {
	case action == "Accept" && c.kind == ClusterNetworkPolicy, action == "Allow" && c.kind != ClusterNetworkPolicy:
	case action == "Deny":
		r.Action = policy.Deny
	case action == "Pass" && c.kind != BaselineAdminNetworkPolicy:
		r.Action = policy.Pass
	default:
		reader.Fail(item.Path+".action", "is %q", action)
		return anything(item.Path, c.tell(reader.Unclear()))
	}
	peers := o.List(side)
	if len(peers) == 0 {
		reader.Fail(item.Path+"."+side, "names no peer")
	}
	for _, p := range peers {
		if peer, known := c.peer(p, side); known {
			r.Peers = append(r.Peers, peer)
			continue
		}
		// "If an implementation sees no fields are set then it can infer that the
		// deployed CRD is of an incompatible version with an unknown field. In that case
		// it should fail closed. For Accept rules: treat the rule as matching no traffic.
		// For Deny and Pass rules: treat the rule as a Deny all rule."
		closed := policy.Peer{Path: p.Path, Nobody: true}
		closed.Complete()
		if r.Action == policy.Allow {
			return []policy.Rule{{Path: item.Path, Peers: []policy.Peer{closed}, AnyPort: true}}
		}
		return []policy.Rule{{Path: item.Path, Action: policy.Deny, AnyPeer: true, AnyPort: true}}
	}
	c.ports(o, &r)
	o.Done()
	if why := reader.Unclear(); why != "" {
		r.Unclear, r.AnyPort, r.Ports = c.tell(why), true, nil
		if len(peers) == 0 {
			r.AnyPeer = true
		}
	}
	return []policy.Rule{r}
}

// peer compiles an item of from or to. Known is false where none of its fields is one
// that the API has.
func (c *compiler) peer(item fields.Item, side string) (out policy.Peer, known bool) {
	var reader fields.Reader
	o := reader.Object(item.Path, item.Value)
	out = policy.Peer{Path: item.Path, NoHosts: true}
	found := 0
	for _, key := range []string{"namespaces", "pods", "networks", "nodes", "domainNames"} {
		if !o.Has(key) || side == "from" && key != "namespaces" && key != "pods" {
			continue
		}
		found++
		switch key {
		case "namespaces":
			c.namespaces(o, &out)
		case "pods":
			c.pods(o, &out)
		case "networks":
			out.Networks = networks(o)
		case "nodes":
			if s := o.Selector("nodes"); s != nil {
				out.Nodes = c.nodes(*s)
			}
		case "domainNames":
			// Which addresses a name has, no API says.
			o.Ignore("domainNames")
			reader.Fail(item.Path+".domainNames", "are names, whose addresses are not known")
		}
	}
	if found == 0 && reader.Unclear() == "" {
		return out, false
	}
	o.Done()
	if found > 1 {
		reader.Fail(item.Path, "names several things at once")
	}
	if why := reader.Unclear(); why != "" {
		out = policy.Peer{Path: item.Path, Unclear: c.tell(why)}
	}
	out.Complete()
	return out, true
}

func networks(o *fields.Object) []netip.Prefix {
	out := []netip.Prefix{}
	for i, text := range o.Texts("networks") {
		_, n, err := netutils.ParseCIDRSloppy(text)
		if err != nil {
			o.Fail(fmt.Sprintf("%s[%d]", o.At("networks"), i), "is no CIDR such as 10.0.0.0/8")
			continue
		}
		prefix, err := netip.ParsePrefix(n.String())
		if err != nil {
			o.Fail(fmt.Sprintf("%s[%d]", o.At("networks"), i), "is no CIDR such as 10.0.0.0/8")
			continue
		}
		out = append(out, address.Canonical(prefix))
	}
	return out
}

// ports compiles protocols of v1alpha2, and ports of v1alpha1. Neither, or an empty
// list, is all: "If unspecified, protocol-specific attributes will not be used to match
// traffic".
func (c *compiler) ports(o *fields.Object, r *policy.Rule) {
	key, one := "ports", portOf
	if c.kind == ClusterNetworkPolicy {
		key, one = "protocols", protocolOf
	}
	items := o.List(key)
	r.AnyPort = len(items) == 0
	for _, item := range items {
		r.Ports = append(r.Ports, one(o.Object(item.Path, item.Value))...)
	}
	for i := range r.Ports {
		r.Ports[i].Complete()
	}
}
