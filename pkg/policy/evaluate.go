package policy

import (
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// Connection is one direction of the question: may Subject, which policies
// select, talk with Peer? For Ingress the subject is the destination, for
// Egress the source.
type Connection struct {
	Direction report.Direction
	Subject   *Endpoint
	Peer      *Endpoint
	Protocol  connset.Protocol
	// Port is the destination's; 0 when it is not known.
	Port uint16
}

// destination is the end whose port is asked about.
func (c *Connection) destination() *Endpoint {
	if c.Direction == report.Egress {
		return c.Peer
	}
	return c.Subject
}

// Decision is the outcome of evaluating one direction. Policy and Rule name the
// rule that admitted the connection when Reason is RuleAllows.
type Decision struct {
	Verdict report.Verdict
	Reason  report.Reason
	Policy  *Policy
	Rule    *Rule
}

// Evaluate holds a connection against the policies that isolate its subject in
// its direction (see [Select]). Tiers are asked in order; the first that
// decides for certain ends the search, and a connection that no tier decides is
// allowed: Kubernetes' default without any policy. With evidence not nil, what
// each policy says is appended to it.
func Evaluate(c Connection, selected []*Policy, b Behaviour, evidence *[]report.PolicyEvidence) Decision {
	out := Decision{Reason: report.NotIsolated}
	possible := undecided
	for _, tier := range []tier{networkPolicyTier{selected}} {
		if possible&undecided == 0 {
			break
		}
		answers := tier.decide(&c, b, &out, evidence)
		possible = possible&^undecided | answers
	}
	out.Verdict = possible.verdict()
	return out
}

// answers are the decisions that a tier may turn out to make, given what is
// known. More than one bit means that it cannot be determined.
type answers uint8

const (
	undecided answers = 1 << iota
	allow
	deny
)

func (a answers) verdict() report.Verdict {
	switch {
	case a&deny == 0:
		return report.Allowed
	case a&(allow|undecided) == 0:
		return report.Denied
	default:
		return report.Unknown
	}
}

// tier is an ordered stage of policy evaluation. It says which answers are
// possible and, when it decides, fills in the decision's reason.
type tier interface {
	decide(c *Connection, b Behaviour, d *Decision, evidence *[]report.PolicyEvidence) answers
}

// networkPolicyTier is the tier of networking.k8s.io/v1. Its policies add up:
// a subject that any of them isolates may talk where any rule of any of them
// admits it, and nowhere else (NetworkPolicy docs, "Isolation"). It never
// passes an isolated subject on to a later tier.
type networkPolicyTier struct{ selected []*Policy }

func (t networkPolicyTier) decide(c *Connection, b Behaviour, d *Decision, evidence *[]report.PolicyEvidence) answers {
	if len(t.selected) == 0 {
		return undecided
	}
	d.Reason = report.NoRuleAllows
	result := deny
	for _, p := range t.selected {
		match, rule := p.match(c, b, evidence)
		switch match {
		case selector.Yes:
			if d.Policy == nil {
				d.Reason, d.Policy, d.Rule = report.RuleAllows, p, rule
			}
			if evidence == nil {
				return allow
			}
		case selector.Undetermined:
			result |= allow
		case selector.No:
		}
	}
	switch {
	case d.Policy != nil:
		return allow
	case result&allow != 0:
		d.Reason = report.NotRead
	}
	return result
}

// match holds the connection against the policy's rules, and returns the first
// that admits it.
func (p *Policy) match(c *Connection, b Behaviour, evidence *[]report.PolicyEvidence) (selector.Result, *Rule) {
	rules := p.In(c.Direction).Rules
	result, first := selector.No, (*Rule)(nil)
	var said *report.PolicyEvidence
	if evidence != nil {
		*evidence = append(*evidence, report.PolicyEvidence{
			Policy: p.Ref(), Rules: []report.RuleEvidence{}, Location: p.Origin.At("spec"),
		})
		said = &(*evidence)[len(*evidence)-1]
	}
	for i := range rules {
		match := rules[i].match(c, b, p, said)
		if match == selector.Yes && first == nil {
			first = &rules[i]
			if said == nil {
				return match, first
			}
		}
		result = either(result, match)
	}
	if said != nil {
		said.Match = outcome(result)
	}
	return result, first
}

// match is (any peer) AND (any port).
func (r *Rule) match(c *Connection, b Behaviour, p *Policy, said *report.PolicyEvidence) selector.Result {
	peers, ports := selector.No, selector.No
	if r.AnyPeer {
		peers = selector.Yes
	}
	if r.AnyPort {
		ports = selector.Yes
	}
	if said == nil {
		for i := 0; i < len(r.Peers) && peers != selector.Yes; i++ {
			match, _ := r.Peers[i].match(c.Peer, b)
			peers = either(peers, match)
		}
		if peers == selector.No {
			return selector.No
		}
		dst := c.destination()
		for i := 0; i < len(r.Ports) && ports != selector.Yes; i++ {
			match, _ := r.Ports[i].match(dst, c.Protocol, c.Port)
			ports = either(ports, match)
		}
		return both(peers, ports)
	}

	e := report.RuleEvidence{Path: r.Path, AnyPeer: r.AnyPeer, AnyPort: r.AnyPort, Location: p.Origin.At(r.Path)}
	for i := range r.Peers {
		peer := &r.Peers[i]
		match, failed := peer.match(c.Peer, b)
		clause := report.ClauseEvidence{Path: peer.Path, Clause: peer.text, Match: outcome(match), Location: p.Origin.At(peer.Path)}
		if match != selector.Yes {
			clause.Mismatch = peer.mismatch(c.Peer, failed)
			clause.Location = p.Origin.At(clause.Mismatch.Path)
		}
		e.Peers = append(e.Peers, clause)
		peers = either(peers, match)
	}
	dst := c.destination()
	for i := range r.Ports {
		port := &r.Ports[i]
		match, failed := port.match(dst, c.Protocol, c.Port)
		clause := report.ClauseEvidence{Path: port.Path, Clause: port.text, Match: outcome(match), Location: p.Origin.At(port.Path)}
		if match != selector.Yes {
			clause.Mismatch = port.mismatch(c.Protocol, c.Port, failed)
			clause.Location = p.Origin.At(clause.Mismatch.Path)
		}
		e.Ports = append(e.Ports, clause)
		ports = either(ports, match)
	}
	result := both(peers, ports)
	e.Match = outcome(result)
	said.Rules = append(said.Rules, e)
	return result
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

func both(a, b selector.Result) selector.Result {
	switch {
	case a == selector.No || b == selector.No:
		return selector.No
	case a == selector.Undetermined || b == selector.Undetermined:
		return selector.Undetermined
	default:
		return selector.Yes
	}
}

func outcome(r selector.Result) report.Match {
	switch r {
	case selector.Yes:
		return report.Matches
	case selector.No:
		return report.DoesNotMatch
	default:
		return report.Undetermined
	}
}

// Admitted is the set of connections that policies admit in one direction:
// certainly, and possibly (certain ones included), where the rest is not known.
type Admitted struct{ Certain, Possible connset.Set }

// Admits is [Evaluate] for all protocols and ports at once. Subject, Peer and
// Direction of c are used; its Protocol and Port are not.
func Admits(c Connection, selected []*Policy, b Behaviour) Admitted {
	if len(selected) == 0 {
		return Admitted{connset.All(), connset.All()}
	}
	var out Admitted
	dst := c.destination()
	for _, p := range selected {
		rules := p.In(c.Direction).Rules
		for i := range rules {
			r := &rules[i]
			peers := selector.No
			if r.AnyPeer {
				peers = selector.Yes
			}
			for j := 0; j < len(r.Peers) && peers != selector.Yes; j++ {
				match, _ := r.Peers[j].match(c.Peer, b)
				peers = either(peers, match)
			}
			if peers == selector.No {
				continue
			}
			certain, possible := r.Admits(dst)
			out.Possible = out.Possible.Union(possible)
			if peers == selector.Yes {
				out.Certain = out.Certain.Union(certain)
			}
		}
	}
	return out
}

// Admits is the set of ports of dst that the rule names: for certain, and all that
// it may name. Port names resolve on pods; on an end that may or may not be a pod
// they admit an unknown port.
func (r *Rule) Admits(dst *Endpoint) (certain, possible connset.Set) {
	if r.AnyPort {
		return connset.All(), connset.All()
	}
	for i := range r.Ports {
		p := &r.Ports[i]
		if p.Name != "" && (dst.Kind == UnknownEndpoint || dst.PortsUnknown) {
			possible = possible.Union(connset.AllOf(p.Protocol))
			continue
		}
		set := p.admits(dst)
		certain = certain.Union(set)
		possible = possible.Union(set)
	}
	return certain, possible
}

// Select returns the policies among those of the subject's namespace that
// isolate pods with these labels in the direction, in the given order.
func Select(inNamespace []*Policy, labels selector.Labels, d report.Direction) []*Policy {
	var out []*Policy
	for _, p := range inNamespace {
		if p.In(d).Isolates && p.Subject.Match(labels) == selector.Yes {
			out = append(out, p)
		}
	}
	return out
}
