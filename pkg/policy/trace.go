package policy

import (
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// Trace records what each policy on the way said about one port. It is told, and
// decides nothing; nil records nothing.
type Trace struct {
	// Protocol and Port of the question; a port of 0 is not known.
	Protocol connset.Protocol
	Port     uint16
	// Policies in the order in which they were asked.
	Policies []report.PolicyEvidence
	at       *Policy
}

// policy begins what a policy says.
func (t *Trace) policy(p *Policy) {
	if t == nil {
		return
	}
	t.at = p
	t.Policies = append(t.Policies, report.PolicyEvidence{
		Policy: p.Ref(), Match: report.DoesNotMatch, Rules: []report.RuleEvidence{}, Location: p.Origin.At("spec"),
	})
}

// rule begins what a rule of the policy says.
func (t *Trace) rule(r *Rule) {
	if t == nil {
		return
	}
	said := &t.Policies[len(t.Policies)-1]
	said.Rules = append(said.Rules, report.RuleEvidence{
		Path: r.Path, Action: t.at.actionOf(r), AnyPeer: r.AnyPeer, AnyPort: r.AnyPort, Location: t.at.Origin.At(r.Path),
	})
}

// actionOf is what a rule does, for policies whose rules may do several things.
func (p *Policy) actionOf(r *Rule) report.Action {
	switch {
	case p.Dialect == 0:
		return ""
	case r.Action == Deny:
		return report.ActionDeny
	case r.Action == Pass:
		return report.ActionPass
	default:
		return report.ActionAllow
	}
}

// current is the rule that was begun last.
func (t *Trace) current() *report.RuleEvidence {
	rules := t.Policies[len(t.Policies)-1].Rules
	return &rules[len(rules)-1]
}

// peer records a clause of the rule, and what of it fails.
func (t *Trace) peer(p *Peer, e *Endpoint, match selector.Result, failed failure) {
	if t == nil {
		return
	}
	clause := report.ClauseEvidence{Path: p.Path, Clause: p.text, Match: matched(match), Location: t.at.Origin.At(p.Path)}
	if match != selector.Yes {
		clause.Mismatch = p.mismatch(e, failed)
		clause.Location = t.at.Origin.At(clause.Mismatch.Path)
	}
	rule := t.current()
	rule.Peers = append(rule.Peers, clause)
}

// ports records each port clause of the rule, held against the port of the question.
func (t *Trace) ports(r *Rule, dst *Endpoint) {
	if t == nil {
		return
	}
	rule := t.current()
	for i := range r.Ports {
		p := &r.Ports[i]
		match, failed := p.match(dst, t.Protocol, t.Port)
		clause := report.ClauseEvidence{Path: p.Path, Clause: p.text, Match: matched(match), Location: t.at.Origin.At(p.Path)}
		if match != selector.Yes {
			clause.Mismatch = p.mismatch(t.Protocol, t.Port, failed)
			clause.Location = t.at.Origin.At(clause.Mismatch.Path)
		}
		rule.Ports = append(rule.Ports, clause)
	}
}

// matched ends the rule with what of the ports it matches, and so the policy as far
// as it has gone.
func (t *Trace) matched(asked, certain, possible connset.Set) {
	if t == nil {
		return
	}
	rule := t.current()
	switch (Admitted{Certain: certain, Possible: possible}).Verdict(asked) {
	case report.Allowed:
		rule.Match = report.Matches
	case report.Denied:
		rule.Match = report.DoesNotMatch
	case report.Unknown:
		rule.Match = report.Undetermined
	}
	said := &t.Policies[len(t.Policies)-1]
	if rule.Match == report.Matches || said.Match == report.DoesNotMatch {
		said.Match = rule.Match
	}
}

func matched(r selector.Result) report.Match {
	switch r {
	case selector.Yes:
		return report.Matches
	case selector.No:
		return report.DoesNotMatch
	default:
		return report.Undetermined
	}
}
