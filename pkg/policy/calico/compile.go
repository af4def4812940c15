package calico

import (
	"math"
	"net/netip"
	"strconv"
	"strings"

	netutils "k8s.io/utils/net"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/fields"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Kinds of the dialect.
const (
	NetworkPolicy       = "NetworkPolicy"
	GlobalNetworkPolicy = "GlobalNetworkPolicy"
	TierKind            = "Tier"
	networkSet          = "NetworkSet"
	globalNetworkSet    = "GlobalNetworkSet"
)

// Of tells whether an object is of the dialect.
func Of(o *snapshot.PolicyObject) bool {
	return o.Group == "projectcalico.org" || o.Group == "crd.projectcalico.org"
}

// Decides tells whether an object is a policy; the others say in which order policies
// are asked, and what they mean.
func Decides(o *snapshot.PolicyObject) bool {
	return Of(o) && (o.Kind == NetworkPolicy || o.Kind == GlobalNetworkPolicy)
}

// DefaultTier is the tier of policies that name none, and of NetworkPolicies.
const DefaultTier = "default"

// Last is the order of tiers and policies that have none: they come last.
const Last = math.MaxFloat64

// KubernetesOrder is the order of NetworkPolicies in the default tier
// (libcalico-go/lib/backend/k8s/conversion, K8sNetworkPolicyToCalico).
const KubernetesOrder = 1000

// Tier is a tier.
type Tier struct {
	Name  string
	Order float64
	// Else is what becomes of what no rule of a policy that selects the pod decides.
	Else policy.Action
}

// Tiers are those that Calico makes, as they are declared or else as it makes them, and
// all others: by order, then name. Of the cluster policies of Kubernetes' working group,
// v1alpha2 stands in kube-admin and kube-baseline (from 3.32 on), v1alpha1 in
// adminnetworkpolicy and baselineadminnetworkpolicy.
func Tiers(objects []*snapshot.PolicyObject) map[string]Tier {
	out := map[string]Tier{
		DefaultTier:                  {DefaultTier, 1_000_000, policy.Deny},
		"kube-admin":                 {"kube-admin", 1_000, policy.Pass},
		"kube-baseline":              {"kube-baseline", 10_000_000, policy.Pass},
		"adminnetworkpolicy":         {"adminnetworkpolicy", 1_000, policy.Pass},
		"baselineadminnetworkpolicy": {"baselineadminnetworkpolicy", 10_000_000, policy.Pass},
	}
	for _, o := range objects {
		if !Of(o) || o.Kind != TierKind {
			continue
		}
		var reader fields.Reader
		spec := reader.Object("spec", o.Spec)
		t := Tier{Name: o.Name.Name, Order: Last, Else: policy.Deny}
		if order, there := spec.Real("order"); there {
			t.Order = order
		}
		if spec.Text("defaultAction") == "Pass" {
			t.Else = policy.Pass
		}
		out[t.Name] = t
	}
	return out
}

// Policy is a policy in its place.
type Policy struct {
	*policy.Policy
	Tier  string
	Order float64
}

// Compiler compiles the policies of a cluster.
type Compiler struct {
	sets []*snapshot.PolicyObject
	// labels of a namespace.
	labels func(namespace string) selector.Labels
}

// NewCompiler makes a compiler of policies that may name sets among these objects.
func NewCompiler(objects []*snapshot.PolicyObject, labels func(namespace string) selector.Labels) *Compiler {
	c := &Compiler{labels: labels}
	for _, o := range objects {
		if Of(o) && (o.Kind == networkSet || o.Kind == globalNetworkSet) {
			c.sets = append(c.sets, o)
		}
	}
	return c
}

// compiler compiles one policy.
type compiler struct {
	*Compiler
	name   string
	home   string
	reader fields.Reader
}

// Compile compiles a policy; nil for one that never binds pods.
func (all *Compiler) Compile(in *snapshot.PolicyObject) *Policy {
	c := compiler{Compiler: all, name: in.Kind + " " + in.Name.Name, home: in.Namespace}
	spec := c.reader.Object("spec", in.Spec)
	spec.Ignore("performanceHints", "applyOnForward")
	out := &Policy{Tier: spec.Text("tier"), Order: Last}
	if out.Tier == "" {
		out.Tier = DefaultTier
	}
	if order, there := spec.Real("order"); there {
		out.Order = order
	}
	// "doNotTrack" and "preDNAT" policies apply to host endpoints alone.
	untracked, _ := spec.Flag("doNotTrack")
	early, _ := spec.Flag("preDNAT")
	if untracked || early {
		return nil
	}
	p := &policy.Policy{
		Name: in.Name, Kind: in.Kind, Group: in.Group, Origin: in.Origin, Dialect: policy.CalicoPolicies,
	}
	p.Wide = c.subject(spec)
	ingress, egress := spec.List("ingress"), spec.List("egress")
	for _, item := range ingress {
		p.Ingress.Rules = append(p.Ingress.Rules, c.rule(item, "source", "destination")...)
	}
	for _, item := range egress {
		p.Egress.Rules = append(p.Egress.Rules, c.rule(item, "destination", "source")...)
	}
	types := spec.Texts("types")
	p.Ingress.Isolates, p.Egress.Isolates = len(ingress) > 0 || len(egress) == 0, len(egress) > 0
	if len(types) > 0 {
		p.Ingress.Isolates, p.Egress.Isolates = false, false
	}
	for _, t := range types {
		switch t {
		case "Ingress":
			p.Ingress.Isolates = true
		case "Egress":
			p.Egress.Isolates = true
		default:
			c.reader.Fail("spec.types", "has %q", t)
		}
	}
	spec.Done()
	if why := c.reader.Unclear(); why != "" {
		p = p.Perhaps(c.tell(why))
		for _, rules := range []*policy.Rules{&p.Ingress, &p.Egress} {
			rules.Isolates = true
			rules.Rules = append(rules.Rules, anything("spec", c.tell(why))...)
		}
	}
	out.Policy = p
	return out
}

func (c *compiler) tell(why string) string { return c.name + ": " + why }

// anything are rules that may allow and may deny everything.
func anything(path, why string) []policy.Rule {
	return []policy.Rule{
		{Path: path, Action: policy.Allow, AnyPeer: true, AnyPort: true, Unclear: why},
		{Path: path, Action: policy.Deny, AnyPeer: true, AnyPort: true, Unclear: why},
	}
}

// subject selects the pods that a policy binds.
func (c *compiler) subject(spec *fields.Object) *policy.Peer {
	reader := spec.Reader
	var own fields.Reader
	spec.Reader = &own
	where := c.condition(spec, "selector", "namespaceSelector", true)
	if spec.Text("serviceAccountSelector") != "" {
		own.Fail("spec.serviceAccountSelector", "selects by service accounts, which netguard does not read")
	}
	spec.Reader = reader
	out := &policy.Peer{Path: "spec", Where: where, NoHosts: true}
	if where != nil {
		where.Sets = nil
	}
	if why := own.Unclear(); why != "" {
		out = &policy.Peer{Path: "spec", Unclear: c.tell(why)}
	}
	out.Complete()
	return out
}

// rule compiles a rule: none where it decides nothing about TCP, UDP and SCTP.
func (c *compiler) rule(item fields.Item, peer, subject string) []policy.Rule {
	var reader fields.Reader
	o := reader.Object(item.Path, item.Value)
	o.Ignore("metadata")
	r := policy.Rule{Path: item.Path}
	switch action := o.Text("action"); strings.ToLower(action) {
	case "allow":
	case "deny":
		r.Action = policy.Deny
	case "pass", "next-tier":
		r.Action = policy.Pass
	case "log":
		return nil // it decides nothing, and the next rule is asked
	default:
		reader.Fail(item.Path+".action", "is %q", action)
		return anything(item.Path, c.tell(reader.Unclear()))
	}
	if o.Has("http") {
		o.Ignore("http")
		reader.Fail(item.Path+".http", "decides about requests, not connections")
	}
	o.Ignore("icmp", "notICMP")
	protocols, some := c.protocols(o)
	if len(protocols) == 0 && reader.Unclear() == "" {
		return nil // of ICMP, or another protocol that no port is of
	}
	version, _ := o.Number("ipVersion")
	from, to := o.Sub("source"), o.Sub("destination")
	c.ports(&r, to, protocols, some)
	if from != nil && (from.Has("ports") || from.Has("notPorts")) {
		from.Ignore("ports", "notPorts")
		reader.Fail(from.At("ports"), "are those that clients send from, which are not known")
	}
	sides := map[string]*fields.Object{"source": from, "destination": to}
	if p := c.entity(sides[peer], item.Path+"."+peer, int(version)); p != nil {
		r.Peers = []policy.Peer{*p}
	} else {
		r.AnyPeer = true
	}
	r.Subject = c.entity(sides[subject], item.Path+"."+subject, 0)
	o.Done()
	if why := reader.Unclear(); why != "" {
		return []policy.Rule{{
			Path: item.Path, Action: r.Action, AnyPeer: true, AnyPort: true, Unclear: c.tell(why),
		}}
	}
	return []policy.Rule{r}
}

// protocols are those of TCP, UDP and SCTP that a rule is about; some, unless that is all.
func (c *compiler) protocols(o *fields.Object) (out []connset.Protocol, some bool) {
	of := func(key string) (connset.Protocol, bool) {
		v := o.Any(key)
		if v == nil {
			return "", false
		}
		if n, ok := fields.Whole(v); ok {
			return map[int64]connset.Protocol{6: connset.TCP, 17: connset.UDP, 132: connset.SCTP}[n], true
		}
		text, ok := v.(string)
		if n, err := strconv.Atoi(text); err == nil {
			return map[int]connset.Protocol{6: connset.TCP, 17: connset.UDP, 132: connset.SCTP}[n], true
		}
		switch strings.ToUpper(text) {
		case "TCP", "UDP", "SCTP":
			return connset.Protocol(strings.ToUpper(text)), true
		case "ICMP", "ICMPV6", "UDPLITE":
			return "", true
		}
		if !ok || text != "" {
			o.Fail(o.At(key), "is a protocol that netguard does not know")
		}
		return "", true
	}
	only, onlyThere := of("protocol")
	not, notThere := of("notProtocol")
	for _, p := range connset.Protocols() {
		if (!onlyThere || p == only) && (!notThere || p != not) {
			out = append(out, p)
		}
	}
	return out, onlyThere || notThere
}

// ports compiles the ports of the destination.
func (c *compiler) ports(r *policy.Rule, to *fields.Object, protocols []connset.Protocol, some bool) {
	var ports, not []fields.Item
	if to != nil {
		ports, not = to.List("ports"), to.List("notPorts")
	}
	clauses := func(items []fields.Item) []policy.Port {
		var out []policy.Port
		for _, item := range items {
			for _, p := range protocols {
				port := policy.Port{Path: item.Path, Protocol: p}
				if !readPort(&port, item.Value) {
					to.Fail(item.Path, "is no port")
				}
				port.Complete()
				out = append(out, port)
			}
		}
		return out
	}
	r.Ports, r.NotPorts = clauses(ports), clauses(not)
	if len(ports) == 0 && some {
		for _, p := range protocols {
			port := policy.Port{Path: r.Path + ".protocol", Protocol: p}
			port.Complete()
			r.Ports = append(r.Ports, port)
		}
	}
	r.AnyPort = len(r.Ports) == 0
}

// readPort reads a number, a range first:last, or a name.
func readPort(into *policy.Port, value any) bool {
	if n, ok := fields.Whole(value); ok {
		into.First, into.Last = uint16(n), uint16(n)
		return n > 0 && n <= math.MaxUint16
	}
	text, _ := value.(string)
	first, last, ranged := strings.Cut(text, ":")
	a, err := strconv.ParseUint(first, 10, 16)
	switch {
	case err != nil && !ranged && text != "":
		into.Name = text
		return true
	case err != nil:
		return false
	case !ranged:
		into.First, into.Last = uint16(a), uint16(a)
		return a > 0
	}
	b, err := strconv.ParseUint(last, 10, 16)
	into.First, into.Last = uint16(max(a, 1)), uint16(b)
	return err == nil && b >= a && b > 0
}

// entity compiles source or destination; nil where it matches everything.
func (c *compiler) entity(o *fields.Object, path string, version int) *policy.Peer {
	out := &policy.Peer{Path: path, NoHosts: true}
	if o != nil {
		out.Networks, out.NotNetworks = nets(o, "nets"), nets(o, "notNets")
		out.Where = c.condition(o, "selector", "namespaceSelector", false)
		if text := o.Text("notSelector"); text != "" {
			out.Nor = c.conditionOf(o, "notSelector", text, "", false)
		}
		for key, what := range map[string]string{
			"serviceAccounts": "selects by service accounts, which netguard does not read", "services": "names Services, whose addresses netguard does not look up here",
			"domains": "are names, whose addresses are not known",
		} {
			if v, ok := o.Any(key).(map[string]any); o.Has(key) && (!ok || len(v) > 0) {
				o.Fail(o.At(key), "%s", what)
			}
		}
		o.Done()
	}
	switch version {
	case 4, 6:
		out.Networks = ofFamily(out.Networks, version == 4)
	case 0:
	}
	if out.Where == nil && out.Nor == nil && out.Networks == nil && out.NotNetworks == nil {
		return nil
	}
	out.Complete()
	return out
}

// ofFamily are the networks of an IP family; all of it where there is no other condition.
func ofFamily(networks []netip.Prefix, v4 bool) []netip.Prefix {
	if networks == nil {
		if v4 {
			return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
		}
		return []netip.Prefix{netip.MustParsePrefix("::/0")}
	}
	out := []netip.Prefix{}
	for _, n := range networks {
		if n.Addr().Is4() == v4 {
			out = append(out, n)
		}
	}
	return out
}

func nets(o *fields.Object, key string) []netip.Prefix {
	if !o.Has(key) {
		return nil
	}
	texts := o.Texts(key)
	if len(texts) == 0 {
		return nil
	}
	out := []netip.Prefix{}
	for _, text := range texts {
		if n, ok := network(text); ok {
			out = append(out, n)
		} else {
			o.Fail(o.At(key), "has %q, which is no network", text)
		}
	}
	return out
}

// network is a CIDR or one address.
func network(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), true
	}
	_, n, err := netutils.ParseCIDRSloppy(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	prefix, err := netip.ParsePrefix(n.String())
	if err != nil {
		return netip.Prefix{}, false
	}
	return address.Canonical(prefix), true
}
