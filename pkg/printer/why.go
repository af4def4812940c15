package printer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Limits of what is shown of evidence, wide output aside: what is nearest to
// matching comes first, and the rest is summed up.
const (
	policiesShown = 3
	rulesShown    = 3
	clausesShown  = 3
)

// why prints the evidence of the hops that did not allow; wide, of all.
func (t text) why(p page, n names, a report.Answer) {
	var at []int
	for i, h := range a.Hops {
		if len(h.Policies) > 0 && (t.wide() || h.Verdict != report.Allowed) {
			at = append(at, i)
		}
	}
	for _, i := range at {
		h := a.Hops[i]
		p.gap()
		title := "Why"
		if len(at) > 1 {
			title = "Why, " + hopLabel(n, h, a)
		}
		p.WriteString(title + "\n")
		policies := slices.Clone(h.Policies)
		slices.SortStableFunc(policies, func(a, b report.PolicyEvidence) int { return nearest(a.Rules) - nearest(b.Rules) })
		shown := policies
		if !t.wide() && len(policies) > policiesShown+1 {
			shown = policies[:policiesShown]
		}
		for _, e := range shown {
			t.policy(p, n, h.Kind, e)
		}
		if more := len(policies) - len(shown); more > 0 {
			p.para(2, fmt.Sprintf("%d more policies: none of their rules allows it (-o wide lists them)", more))
		}
		if h.Verdict != report.Allowed && clientReplaced(a.Hops[:i]) && slices.ContainsFunc(h.Policies, byAddress) {
			p.para(2, "The pod does not see the client here: by "+report.ClientReplaced+" the node that takes the packet puts its own address in. "+
				"Local keeps the client's; then only nodes that have an endpoint answer.")
		}
	}
}

// byAddress tells whether a policy turned an address away.
func byAddress(e report.PolicyEvidence) bool {
	return slices.ContainsFunc(e.Rules, func(r report.RuleEvidence) bool {
		return slices.ContainsFunc(r.Peers, func(c report.ClauseEvidence) bool {
			return c.Mismatch != nil && (c.Mismatch.Reason == report.OutsideIPBlock || c.Mismatch.Reason == report.InExcept)
		})
	})
}

// clientReplaced tells whether the Service that a packet came through last has its
// client's address replaced.
func clientReplaced(before []report.Hop) bool {
	for _, h := range slices.Backward(before) {
		if h.Kind == report.HopService {
			return h.Detail == report.ClientReplaced
		}
	}
	return false
}

// missing counts what keeps a rule from matching, in halves: a side that may
// match counts one, a side that does not two.
func missing(r report.RuleEvidence) int {
	count := func(m report.Match) int {
		switch m {
		case report.Matches:
			return 0
		case report.Undetermined:
			return 1
		case report.DoesNotMatch:
		}
		return 2
	}
	return count(r.PeersMatch()) + count(r.PortsMatch())
}

// far is more than any rule can miss.
const far = 5

func nearest(rules []report.RuleEvidence) int {
	best := far
	for _, r := range rules {
		best = min(best, missing(r))
	}
	return best
}

// distance orders clauses of one rule: a label that differs is a likelier slip
// than an address or another kind of end.
func distance(c report.ClauseEvidence) int {
	if c.Mismatch == nil {
		return 0
	}
	switch c.Mismatch.Reason {
	case report.LabelsUnread, report.AddressUnread, report.PortUnread, report.ClauseUnclear:
		return 1
	case report.PodLabel, report.Port, report.PortName, report.InExcept:
		return 2
	case report.NamespaceDiffers, report.NamespaceLabel, report.Protocol:
		return 3
	case report.HostNetwork, report.NotAPod, report.PluginIdentity, report.NamedPortOutside, report.PodsNotInIPBlock, report.NodesNotInIPBlock, report.NotANode, report.EmptyPeer:
		return 4
	case report.OutsideIPBlock:
		return 5
	}
	return far
}

func (t text) policy(p page, n names, hop report.HopKind, e report.PolicyEvidence) {
	title := "networkpolicy " + names{}.policy(e.Policy)
	if e.Policy.Group != "" {
		title = names{}.policy(e.Policy)
	}
	p.put("  "+title, 4, "")
	t.location(p, e.Location)
	if len(e.Rules) == 0 {
		p.para(4, "has no "+strings.ToLower(string(hop))+" rules: by itself it lets nothing through")
		return
	}
	rules := slices.Clone(e.Rules)
	slices.SortStableFunc(rules, func(a, b report.RuleEvidence) int {
		if d := missing(a) - missing(b); d != 0 {
			return d
		}
		return closest(a) - closest(b)
	})
	shown := len(rules)
	if !t.wide() {
		shown = 0
		for shown < len(rules) && shown < rulesShown && (shown == 0 || missing(rules[shown]) < 4) {
			shown++
		}
		if len(rules) == shown+1 && missing(rules[shown]) < 4 {
			shown++
		}
	}
	for _, r := range rules[:shown] {
		t.rule(p, n, hop, r, e.Location)
	}
	if rest := rules[shown:]; len(rest) > 0 {
		p.para(4, fmt.Sprintf("%d more %s: %s", len(rest), plural(len(rest), "rule"), folded(rest, sidesOf(hop))))
	}
}

// closest is the distance of the clause that is nearest to matching.
func closest(r report.RuleEvidence) int {
	best := far
	for _, c := range slices.Concat(r.Peers, r.Ports) {
		if c.Match != report.Matches {
			best = min(best, distance(c))
		}
	}
	return best
}

// folded says of rules that are not shown what they have in common.
func folded(rules []report.RuleEvidence, s sides) string {
	peers, ports := true, true
	for _, r := range rules {
		peers = peers && r.PeersMatch() == report.DoesNotMatch
		ports = ports && r.PortsMatch() == report.DoesNotMatch
	}
	switch {
	case peers && ports && len(rules) == 1:
		return "matches neither this " + s.peer + " nor this port"
	case peers && ports:
		return "none matches this " + s.peer + " or this port"
	case peers:
		return none(rules) + " this " + s.peer
	case ports:
		return none(rules) + " this port"
	default:
		return none(rules) + " both this " + s.peer + " and this port"
	}
}

func none(rules []report.RuleEvidence) string {
	if len(rules) == 1 {
		return "does not match"
	}
	return "none matches"
}

func (t text) rule(p page, n names, hop report.HopKind, r report.RuleEvidence, policy string) {
	s := sidesOf(hop)
	p.WriteString("    " + n.esc(r.Path) + ": " + summary(r, s) + "\n")
	peers, more := t.clauses(r.Peers, r.PeersMatch())
	t.clauseLines(p, n, s, r, peers, policy)
	if more > 0 {
		p.para(10, fmt.Sprintf("%d more %s: none matches this %s", more, plural(more, "entry"), s.peer))
	}
	ports, more := t.clauses(r.Ports, r.PortsMatch())
	t.clauseLines(p, n, s, r, ports, policy)
	if more > 0 {
		p.para(10, fmt.Sprintf("%d more %s: none matches this port", more, plural(more, "port")))
	}
}

// summary is what a rule says, in words.
func summary(r report.RuleEvidence, s sides) string {
	peers, ports := r.PeersMatch(), r.PortsMatch()
	side := func(any bool, m report.Match, noun string) string {
		switch {
		case any:
			return "any " + noun + " matches"
		case m == report.Matches:
			return "the " + noun + " matches"
		case m == report.Undetermined:
			return "the " + noun + " may match"
		default:
			return "the " + noun + " does not"
		}
	}
	switch {
	case peers == report.Matches && ports == report.Matches && r.Match != report.Matches:
		return "may match this"
	case peers == report.Matches && ports == report.Matches:
		switch r.Action {
		case report.ActionDeny:
			return "denies this"
		case report.ActionPass:
			return "passes this on to the next tier"
		case report.ActionAllow:
		}
		return "allows this"
	case peers == report.DoesNotMatch && ports == report.DoesNotMatch:
		return "neither the " + s.peer + " nor the port matches"
	case peers == report.DoesNotMatch:
		return side(r.AnyPort, ports, "port") + ", " + side(false, peers, s.peer)
	default:
		return side(r.AnyPeer, peers, s.peer) + ", " + side(r.AnyPort, ports, "port")
	}
}

// clauses picks those of one side of a rule that are worth a line: the one that
// matches, or else the nearest.
func (t text) clauses(all []report.ClauseEvidence, m report.Match) (shown []report.ClauseEvidence, more int) {
	if t.wide() {
		return all, 0
	}
	if m == report.Matches {
		for _, c := range all {
			if c.Match == report.Matches {
				return []report.ClauseEvidence{c}, 0
			}
		}
		return nil, 0
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b report.ClauseEvidence) int { return distance(a) - distance(b) })
	if len(sorted) <= clausesShown+1 {
		return sorted, 0
	}
	return sorted[:clausesShown], len(sorted) - clausesShown
}

// The columns of a clause's line: its mark, its field, and what it says.
const (
	clauseText = 29
	clauseHang = 10
)

func (t text) clauseLines(p page, n names, s sides, r report.RuleEvidence, clauses []report.ClauseEvidence, policy string) {
	var hints []string
	for _, c := range clauses {
		field, says, hint := n.esc(strings.TrimPrefix(c.Path, r.Path+".")), n.esc(c.Clause), ""
		if c.Mismatch != nil {
			var full string
			_, full, hint = n.mismatch(*c.Mismatch, s, c.Clause)
			says += ": " + full
			exact := n.esc(strings.TrimPrefix(c.Mismatch.Path, r.Path+"."))
			if t.wide() || columns(exact) <= clauseText-clauseHang-2 {
				field = exact
			}
			if c.Location != "" {
				says += " " + place(c.Location, policy)
			}
		}
		prefix := "      " + t.mark(c.Match) + "  " + field
		if columns(prefix) > clauseText-2 {
			p.WriteString(prefix + "\n")
			p.para(clauseHang, says)
		} else {
			p.put(pad(prefix, clauseText), clauseText, says)
		}
		if hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
			p.para(clauseHang, hint)
		}
	}
}

// place is where a clause stands: without folders, if that is the policy's own file.
func place(location, policy string) string {
	file := func(s string) string { return s[:max(0, strings.LastIndexByte(s, ':'))] }
	if policy != "" && file(location) == file(policy) {
		location = location[strings.LastIndexAny(location, `/\`)+1:]
	}
	return "(" + plain(location) + ")"
}

func (t text) mark(m report.Match) string {
	switch m {
	case report.Matches:
		return t.paint(report.Allowed, "ok")
	case report.DoesNotMatch:
		return t.paint(report.Denied, "no")
	case report.Undetermined:
	}
	return t.paint(report.Unknown, "??")
}

// location puts file:line at the end of the line before, if it fits.
func (t text) location(p page, location string) {
	if location == "" {
		return
	}
	text := "(" + plain(location) + ")"
	written := strings.TrimSuffix(p.String(), "\n")
	last := written[strings.LastIndexByte(written, '\n')+1:]
	p.Truncate(len(written))
	if columns(last)+2+columns(text) <= p.width {
		p.WriteString("  " + text + "\n")
		return
	}
	p.WriteString("\n          " + text + "\n")
}
