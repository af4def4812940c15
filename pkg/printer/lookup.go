package printer

import (
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// noLookup says that, and why, a name cannot be looked up; "" where it can, or that is not known.
func (n names) noLookup(l *report.Lookup) string {
	if l == nil || l.Verdict != report.Denied {
		return ""
	}
	text := "the name cannot be looked up: "
	if l.Partly {
		text = "not all its pods can look the name up: "
	}
	policies := make([]report.Object, 0, len(l.DecidedBy))
	for _, r := range l.DecidedBy {
		policies = append(policies, r.Policy)
	}
	if len(policies) == 0 {
		return text + "policies let no DNS " + outOrIn(l.Hop)
	}
	word, verb := "policy ", " lets no DNS "
	if len(policies) > 1 {
		word, verb = "policies ", " let no DNS "
	}
	return text + word + n.policiesIn(policies, 3) + verb + outOrIn(l.Hop)
}

func outOrIn(hop report.HopKind) string {
	if hop == report.HopIngress {
		return "in"
	}
	return "out"
}

// lookup says of the name what the headline does not.
func (t text) lookup(p page, n names, r *report.Explanation) {
	l := r.Lookup
	if l == nil || l.Verdict == report.Allowed || l.Verdict == report.Denied && r.Verdict == report.Allowed {
		return
	}
	p.gap()
	if no := n.noLookup(l); no != "" {
		p.put("Note: ", 6, no+".")
		return
	}
	why := "it depends on which DNS server is asked"
	switch {
	case len(l.Needs) > 0:
		why = n.notRead(l.Needs)
	case !l.NodeLocal && l.Reason != "":
		why = n.reason(cause{verdict: l.Verdict, reason: l.Reason, hop: l.Hop, subject: "DNS", needs: l.Needs})
	}
	p.put("Note: ", 6, "whether the name can be looked up is not known: "+why+".")
}
