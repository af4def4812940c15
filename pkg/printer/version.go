package printer

import (
	"bytes"
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// version prints one fact to a line, as `kubectl version` does.
func (t text) version(b *bytes.Buffer, r *report.Version) error {
	p, n := t.page(b), names{}
	fact := func(name, value string) {
		if value != "" {
			fmt.Fprintf(p.Buffer, "%s: %s\n", name, n.esc(value))
		}
	}
	fact("Client Version", r.Client)
	fact("Go Version", r.GoVersion)
	fact("Platform", r.Platform)
	fact("Server Version", r.Server)
	if e := r.Enforcement; e != nil {
		p.put("Network plugin: ", 2, n.plugin(*e))
		if e.Source != "" {
			p.para(2, n.esc(e.Source))
		}
	}
	if len(r.PolicyKinds) > 0 {
		p.put("Policies in use that netguard does not evaluate: ", 2, n.list(r.PolicyKinds, 0))
	}
	t.gaps(p, r.Gaps)
	return nil
}

func (n names) plugin(e report.Enforcement) string {
	if e.Plugin == "" {
		return "none recognised, so whether NetworkPolicies are enforced is not known"
	}
	text := n.esc(e.Plugin) + inParens(n.esc(e.Evidence))
	switch e.Enforced {
	case report.EnforcedYes:
		return text + ", enforces NetworkPolicy"
	case report.EnforcedNo:
		return text + ", does NOT enforce NetworkPolicy"
	case report.EnforcedUnknown:
	}
	return text + "; whether it enforces NetworkPolicy here is not known"
}
