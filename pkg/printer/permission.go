package printer

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// permission prints one line, as `kubectl auth can-i` does: yes, or no and
// unknown with the reason.
func (t text) permission(b *bytes.Buffer, r *report.Permission) error {
	word := "unknown"
	switch r.Verdict {
	case report.Allowed:
		word = "yes"
	case report.Denied:
		word = "no"
	case report.Unknown:
	}
	b.WriteString(t.paint(r.Verdict, word))
	if r.Verdict != report.Allowed {
		n := names{}
		why := n.whyNoPermission(r, cause{
			verdict: r.Verdict, reason: r.Reason, hop: r.Hop, rules: r.DecidedBy, detail: r.Detail, needs: needs(r.Gaps),
		})
		b.WriteString(" - ")
		if r.Partly {
			b.WriteString("only partly: ")
		}
		b.WriteString(why)
		if r.Verdict == report.Unknown && r.Reason != report.NotRead && r.Reason != report.NetworkPluginDecides && len(r.Gaps) > 0 {
			b.WriteString("; " + n.notRead(needs(r.Gaps)))
		}
		if r.Verdict == report.Denied && r.Enforcement.Enforced == report.EnforcedNo {
			b.WriteString("; not enforced: " + n.esc(r.Enforcement.Plugin) + " ignores NetworkPolicy")
		}
	}
	if no := (names{local: r.Source.Namespace}).noLookup(r.Lookup); no != "" && r.Verdict == report.Allowed {
		b.WriteString(" - by address; " + no)
	}
	b.WriteByte('\n')
	return nil
}

// whyNoPermission is why the answer is not yes: by name, that may be the lookup.
func (n names) whyNoPermission(r *report.Permission, c cause) string {
	if no := (names{local: r.Source.Namespace}).noLookup(r.Lookup); no != "" && r.Reason == report.NameLookup {
		return no
	}
	return n.why(c)
}

func needs(gaps []report.Gap) []string {
	var out []string
	for _, g := range gaps {
		out = append(out, g.Needs)
	}
	return out
}

// why is the reason for an answer as a whole, which says whose policies it is
// about: those of the source or those of the target.
func (n names) why(c cause) string {
	c.subject = "the target"
	if c.hop == report.HopEgress {
		c.subject = "the source"
	}
	if c.reason == report.NoRuleAllows && len(c.rules) == 1 {
		rule := strings.TrimSpace(strings.ToLower(string(c.hop)) + " rule")
		return fmt.Sprintf("no %s of networkpolicy %s allows it", rule, n.policy(c.rules[0].Policy))
	}
	return n.reason(c)
}
