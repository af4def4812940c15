package policy

import (
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Admitted is the set of connections that policies let through in one direction:
// certainly, and possibly (certain ones included), where the rest is not known.
type Admitted struct {
	Certain, Possible connset.Set
	// Near are those that would be denied even between a pod and its own node, were the
	// policies of cluster administrators to bind it there ([Admitted.Exempt]).
	Near connset.Set
}

// Everything is what is let through where no policy binds.
func Everything() Admitted { return Admitted{Certain: connset.All(), Possible: connset.All()} }

// Verdict on all of some ports: Allowed or Denied only if each of them is, for certain.
func (a Admitted) Verdict(asked connset.Set) report.Verdict {
	switch {
	case a.Certain.ContainsAll(asked):
		return report.Allowed
	case a.Possible.Intersect(asked).IsEmpty():
		return report.Denied
	default:
		return report.Unknown
	}
}

// Resolution is how the rules of a stack add up for some ports. It is told of each
// tier in order and, within it, of the policies and of the rules that may match, in
// theirs; who matches is for others to find. Every port is in as many of its sets as
// there are answers that it may still get.
type Resolution struct {
	// allow and deny are ports that an earlier tier, or an earlier rule of an ordered
	// one, may have decided so.
	allow, deny connset.Set
	// near are those of deny that an administrator's policy denies.
	near connset.Set
	// open are ports that nothing has decided for certain; passed are those that
	// this tier may leave to the next.
	open, passed connset.Set
	// tier that is being asked.
	tier *Tier
	// group: of an ordered tier, policies of one rank are all asked about what was
	// open before them, and left is what none of them decides for certain.
	group, left connset.Set
	rank        int32
	policy      *Policy
	// Of an unordered tier, what its rules match.
	certain, possible [Pass]connset.Set
	by                [Pass]cause
	// allowedBy and deniedBy are the first rules that decided a port for certain.
	allowedBy, deniedBy cause
	// unclear is the first reason, of those that [Resolution.Rule] was told, that a port
	// is open; tie, two policies of one rank that differ.
	unclear string
	tie     Tie
	// Of the policies of one rank: what each action is sure to be given, and by whom
	// first.
	sure    [Pass + 1]connset.Set
	firstOf [Pass + 1]*Policy
}

// Tie is two policies that nothing puts in an order, and that answer differently.
type Tie [2]*Policy

// cause is a rule that decides.
type cause struct {
	policy *Policy
	rule   *Rule
}

// Resolve begins with some ports, about which nothing is decided.
func Resolve(asked connset.Set) Resolution { return Resolution{open: asked} }

// Tier goes on to the next tier, and closes the one before.
func (r *Resolution) Tier(t *Tier) {
	r.end()
	r.tier, r.policy = t, nil
}

// Policy goes on to the next policy of the tier.
func (r *Resolution) Policy(p *Policy) {
	if r.tier.Ordered {
		if r.policy != nil {
			r.left = r.left.Intersect(r.open)
			r.open = r.group
		}
		if r.policy == nil || p.Rank != r.rank {
			r.closeGroup()
			r.sure, r.firstOf = [Pass + 1]connset.Set{}, [Pass + 1]*Policy{}
			r.group, r.left, r.rank = r.open, r.open, p.Rank
		}
	}
	r.policy = p
}

// closeGroup goes on with what no policy of the last rank has decided. Which of
// several the plugin would ask first is not known, so each answer is possible.
func (r *Resolution) closeGroup() {
	if r.policy != nil {
		r.open = r.left
	}
}

// Rule takes in a rule of the policy that matches some ports for certain, and some
// possibly.
func (r *Resolution) Rule(rule *Rule, certain, possible connset.Set) {
	r.ruleWhy(rule, certain, possible, rule.Unclear)
}

// ruleWhy is [Resolution.Rule] with what is unclear about the rule.
func (r *Resolution) ruleWhy(rule *Rule, certain, possible connset.Set, why string) {
	if possible.IsEmpty() {
		return
	}
	if rule.Unclear != "" {
		certain = connset.Empty()
	}
	if why != "" && r.unclear == "" && !possible.Subtract(certain).Intersect(r.open).IsEmpty() {
		r.unclear = why
	}
	if !r.tier.Ordered {
		a := rule.Action
		if r.by[a].rule == nil && !certain.Intersect(r.open).IsEmpty() {
			r.by[a] = cause{r.policy, rule}
		}
		r.certain[a], r.possible[a] = r.certain[a].Union(certain), r.possible[a].Union(possible)
		return
	}
	r.decide(rule.Action, certain, possible, cause{r.policy, rule})
}

// decide gives open ports an answer.
func (r *Resolution) decide(a Action, certain, possible connset.Set, by cause) {
	hit := r.open.Intersect(possible)
	if hit.IsEmpty() {
		return
	}
	certain = certain.Intersect(r.open)
	sure := !certain.IsEmpty()
	if sure && by.policy != nil && r.tier.Ordered {
		r.compare(a, certain, by.policy)
	}
	switch a {
	case Allow:
		r.allow = r.allow.Union(hit)
		if sure && r.allowedBy.rule == nil {
			r.allowedBy = by
		}
	case Deny:
		r.deny = r.deny.Union(hit)
		if by.policy != nil && by.policy.Dialect&(AdminPolicies|ClusterPolicies) != 0 {
			r.near = r.near.Union(hit)
		}
		if sure && r.deniedBy.rule == nil {
			r.deniedBy = by
		}
	case Pass:
		r.passed = r.passed.Union(hit)
	}
	r.open = r.open.Subtract(certain)
}

// compare holds what a policy is sure to do with some ports against what those of the
// same rank are.
func (r *Resolution) compare(a Action, certain connset.Set, by *Policy) {
	for other, set := range r.sure {
		if Action(other) != a && r.tie == (Tie{}) && !set.Intersect(certain).IsEmpty() {
			r.tie = Tie{r.firstOf[other], by}
		}
	}
	if r.firstOf[a] == nil {
		r.firstOf[a] = by
	}
	r.sure[a] = r.sure[a].Union(certain)
}

// settled tells whether no further rule of the tier can change anything.
func (r *Resolution) settled() bool {
	if r.tier.Ordered {
		return r.open.IsEmpty()
	}
	return !r.tier.Denies && r.certain[Allow].ContainsAll(r.open) || r.certain[Deny].ContainsAll(r.open)
}

// settledBefore tells whether neither a policy nor those after it can change anything.
func (r *Resolution) settledBefore(p *Policy) bool {
	if r.tier.Ordered && r.policy != nil {
		return p.Rank != r.rank && r.left.Intersect(r.open).IsEmpty()
	}
	return r.settled()
}

// end closes a tier.
func (r *Resolution) end() {
	if r.tier == nil {
		return
	}
	if r.tier.Ordered {
		if r.policy != nil {
			r.left = r.left.Intersect(r.open)
		}
		r.closeGroup()
	} else {
		for _, a := range [...]Action{Deny, Allow} {
			r.decide(a, r.certain[a], r.possible[a], r.by[a])
			r.certain[a], r.possible[a], r.by[a] = connset.Empty(), connset.Empty(), cause{}
		}
	}
	r.decide(r.tier.Else, r.open, r.open, cause{})
	r.open, r.passed = r.passed, connset.Empty()
	r.tier = nil
}

// Admitted closes the last tier, and says what is let through: also what no tier
// has decided.
func (r *Resolution) Admitted() Admitted {
	r.end()
	allowed := r.allow.Union(r.open)
	return Admitted{Certain: allowed.Subtract(r.deny), Possible: allowed, Near: r.near}
}
