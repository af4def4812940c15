package printer

import "github.com/kubectl-netguard/netguard/pkg/report"

// enforcement is the line about whether policies bind at all, or "".
func (n names) enforcement(e report.Enforcement) string {
	plugin := n.esc(e.Plugin) + inParens(n.esc(e.Evidence))
	switch e.Enforced {
	case report.EnforcedNo:
		return "NOT ENFORCED: " + plugin + " does not enforce NetworkPolicy. " +
			"The verdicts say what the policies ask for; traffic flows regardless."
	case report.EnforcedUnknown, "":
		if e.Plugin == "" {
			return ""
		}
		return "Note: whether " + plugin + " enforces NetworkPolicy here is not known."
	case report.EnforcedYes:
	}
	return ""
}

// gap says what could not be read, and what would help.
func (n names) gap(g report.Gap) string {
	message := ""
	if g.Message != "" {
		message = ": " + prose(g.Message)
	}
	switch g.Reason {
	case "Forbidden":
		return "netguard may not " + prose(g.Needs) + ": ask for that permission"
	case "Invalid":
		return "cannot be evaluated" + orElse(message, ": "+prose(g.Needs))
	default:
		return "could not " + prose(g.Needs) + message
	}
}
