package printer

import (
	"bytes"
	"fmt"
	"strings"

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
	if r.Access != nil {
		t.access(p, *r.Access)
	}
	t.gaps(p, r.Gaps)
	return nil
}

// access lists missing permissions, the verbs and kinds that lack alike together.
func (t text) access(p page, a report.Access) {
	n := names{}
	var own, everywhere []string
	for _, m := range a.Missing {
		needs := strings.TrimSuffix(m.Needs, " in all namespaces")
		if m.InNamespace {
			own = append(own, needs)
		} else {
			everywhere = append(everywhere, needs)
		}
	}
	if len(a.Missing) == 0 && a.Unchecked == "" {
		p.put("Permissions: ", 2, "all that questions may need")
		return
	}
	if len(everywhere) > 0 {
		p.put("Permissions missing: ", 2, n.list(byResource(everywhere), 0))
	}
	if len(own) > 0 {
		p.put("Permissions held in namespace "+n.esc(a.Namespace)+" only: ", 2, n.list(byResource(own), 0))
	}
	if a.Unchecked != "" {
		p.put("Permissions not known: ", 2, prose(a.Unchecked))
	}
	if len(a.Missing) > 0 {
		p.para(2, "What depends on them is Unknown. docs/rbac of netguard has roles that hold them all.")
	}
}

// byResource joins the verbs of permissions on one resource: "get and list pods".
func byResource(needs []string) []string {
	var out []string
	last := ""
	for _, need := range needs {
		verb, resource, _ := strings.Cut(need, " ")
		if resource == last {
			before := strings.TrimSuffix(out[len(out)-1], " "+resource)
			out[len(out)-1] = before + " and " + verb + " " + resource
			continue
		}
		out, last = append(out, need), resource
	}
	return out
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
