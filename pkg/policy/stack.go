package policy

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// Tier is one stage of the policies that bind a subject in a direction.
type Tier struct {
	// Policies that bind the subject; in an ordered tier by [Policy.Rank].
	Policies []*Policy
	// Ordered: the first rule that matches decides. Otherwise the policies add up:
	// what any rule denies is denied, and what any other rule allows is allowed.
	Ordered bool
	// Denies: some rule does. Of an unordered tier, all have to be asked then.
	Denies bool
	// Else is what becomes of connections that no rule decides: Deny, or Pass to
	// the next tier.
	Else Action
}

// Stack is all that binds a subject in one direction, in the order in which the
// network plugin asks. What passes every tier is allowed: Kubernetes' default
// without any policy.
type Stack []Tier

// Connection is one direction of the question: may Subject, which policies bind,
// talk with Peer? For Ingress the subject is the destination, for Egress the source.
type Connection struct {
	Direction report.Direction
	Subject   *Endpoint
	Peer      *Endpoint
	// Ports of the destination that are asked about.
	Ports connset.Set
}

// At is the set of a question about one port: that port, or every port of the
// protocol where the number is not known (0).
func At(protocol connset.Protocol, port uint16) connset.Set {
	if port == 0 {
		return connset.AllOf(protocol)
	}
	return connset.Of(protocol, port, port)
}

// destination is the end whose ports are asked about.
func (c *Connection) destination() *Endpoint {
	if c.Direction == report.Egress {
		return c.Peer
	}
	return c.Subject
}

// Decision is what policies say about the ports of a connection.
type Decision struct {
	Admitted
	// Verdict on all of the ports that were asked about.
	Verdict report.Verdict
	Reason  report.Reason
	// Policy and Rule decide where Reason is RuleAllows or RuleDenies.
	Policy *Policy
	Rule   *Rule
	// Unclear and Tie say why the verdict is Unknown, where that is not for what is not
	// known of the ends.
	Unclear string
	Tie     Tie
}

// Against is what the stack says about connections with a peer. It is the only code
// that says what policies mean: for all ports at once or for one (a set of one, see
// [At]). A trace, where one is given, is told of every rule on the way and has no say.
// What is not known of the ends leaves ports open ([Admitted]).
func (s Stack) Against(c Connection, b Behaviour, t *Trace) Decision {
	dst := c.destination()
	r := Resolve(c.Ports)
	for i := range s {
		if r.Tier(&s[i]); r.open.IsEmpty() {
			break
		}
		for _, p := range s[i].Policies {
			if p.Dialect&b.Ignores != 0 {
				continue
			}
			if t == nil && r.settledBefore(p) {
				break
			}
			r.Policy(p)
			t.policy(p)
			rules := p.In(c.Direction).Rules
			for j := range rules {
				certain, possible, unclear := rules[j].hits(&c, dst, b, t)
				r.ruleWhy(&rules[j], certain, possible, unclear)
				if t == nil && r.settled() {
					break
				}
			}
		}
	}
	return r.decision(c.Ports, len(s) > 0)
}

// decision is the outcome. Bound: some policy binds the subject.
func (r *Resolution) decision(asked connset.Set, bound bool) Decision {
	out := Decision{Admitted: r.Admitted()}
	out.Verdict = out.Admitted.Verdict(asked)
	switch {
	case out.Verdict == report.Unknown:
		out.Reason, out.Unclear, out.Tie = report.NotRead, r.unclear, r.tie
	case out.Verdict == report.Allowed && r.allowedBy.rule != nil:
		out.Reason, out.Policy, out.Rule = report.RuleAllows, r.allowedBy.policy, r.allowedBy.rule
	case out.Verdict == report.Allowed:
		out.Reason = report.NotIsolated
	case r.deniedBy.rule != nil:
		out.Reason, out.Policy, out.Rule = report.RuleDenies, r.deniedBy.policy, r.deniedBy.rule
	case bound:
		out.Reason = report.NoRuleAllows
	}
	return out
}

// hits are the ports that were asked about of which a rule matches: for certain,
// and all that it may match, and what is unclear about the rule.
func (r *Rule) hits(c *Connection, dst *Endpoint, b Behaviour, t *Trace) (certain, possible connset.Set, unclear string) {
	t.rule(r)
	peers, unclear := selector.No, r.Unclear
	if r.AnyPeer {
		peers = selector.Yes
	}
	for i := range r.Peers {
		if t == nil && peers == selector.Yes {
			break
		}
		p := &r.Peers[i]
		match, failed := p.match(c.Peer, b)
		t.peer(p, c.Peer, match, failed)
		if failed.reason == report.ClauseUnclear && unclear == "" {
			unclear = p.Unclear
		}
		peers = either(peers, match)
	}
	if t == nil && peers == selector.No {
		return certain, possible, ""
	}
	t.ports(r, dst)
	certain, possible = r.ports(dst, c.Ports)
	if r.Subject != nil {
		if about, _ := r.Subject.match(c.Subject, Behaviour{}); about != selector.Yes && peers != selector.No {
			peers = about
		}
	}
	if r.Unclear != "" && peers == selector.Yes {
		peers = selector.Undetermined
	}
	switch peers {
	case selector.Yes:
	case selector.Undetermined:
		certain = connset.Empty()
	case selector.No:
		certain, possible = connset.Empty(), connset.Empty()
	}
	t.matched(c.Ports, certain, possible)
	return certain, possible, unclear
}

// Admits is the set of ports of dst that the rule names: for certain, and all that
// it may name. Port names resolve on pods; on an end that may or may not be a pod
// they name an unknown port.
func (r *Rule) Admits(dst *Endpoint) (certain, possible connset.Set) {
	return r.ports(dst, connset.All())
}

// ports are those of some ports that the rule names.
func (r *Rule) ports(dst *Endpoint, asked connset.Set) (certain, possible connset.Set) {
	certain, possible = asked, asked
	if !r.AnyPort {
		certain, possible = portsOf(r.Ports, dst, asked)
	}
	if len(r.NotPorts) > 0 {
		sure, maybe := portsOf(r.NotPorts, dst, asked)
		certain, possible = certain.Subtract(maybe), possible.Subtract(sure)
	}
	return certain, possible
}

// portsOf are those of some ports that clauses name, for certain and possibly.
func portsOf(clauses []Port, dst *Endpoint, asked connset.Set) (certain, possible connset.Set) {
	for i := range clauses {
		p := &clauses[i]
		if p.Name != "" && (dst.Kind == UnknownEndpoint || dst.PortsUnknown) {
			possible = possible.Union(connset.AllOf(p.Protocol).Intersect(asked))
			continue
		}
		set := p.admits(dst).Intersect(asked)
		certain = certain.Union(set)
		possible = possible.Union(set)
	}
	return certain, possible
}

// Select returns the policies among those of the subject's namespace that bind pods
// with these labels in the direction, in the given order.
func Select(inNamespace []*Policy, labels selector.Labels, d report.Direction) []*Policy {
	var out []*Policy
	for _, p := range inNamespace {
		if p.In(d).Isolates && p.Subject.Match(labels) == selector.Yes {
			out = append(out, p)
		}
	}
	return out
}

// AddUp is the stack of policies of networking.k8s.io/v1 that bind a subject: one
// tier that denies what no rule of any of them allows.
func AddUp(policies []*Policy) Stack {
	if len(policies) == 0 {
		return nil
	}
	return Stack{{Policies: policies, Else: Deny}}
}

// Policies are those of all tiers, in order.
func (s Stack) Policies() []*Policy {
	if len(s) == 1 {
		return s[0].Policies
	}
	var out []*Policy
	for i := range s {
		out = append(out, s[i].Policies...)
	}
	return out
}

// Isolates tells whether a NetworkPolicy is among them, or another policy that denies
// what none of its tier allows.
func (s Stack) Isolates() bool {
	return slices.ContainsFunc(s, func(t Tier) bool { return t.Else == Deny })
}
