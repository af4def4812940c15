package printer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// A table names the policies of this many namespaces in rows of their own; more,
// which differ in nothing else, share a row.
const foldFrom = 5

// foldedReach are the rows of a table. Where every namespace's own policies decide
// alike, a person is told so once; programs, and -o wide, get each row.
func (t text) foldedReach(n names, r *report.Reach) []reachRow {
	kin := map[string][]report.ReachRow{}
	for _, row := range r.Rows {
		key := t.kin(r, row)
		kin[key] = append(kin[key], row)
	}
	var out []reachRow
	said := map[string]bool{}
	for _, row := range r.Rows {
		switch key := t.kin(r, row); {
		case key == "" || len(kin[key]) < foldFrom:
			out = append(out, t.reachRow(n, r, row))
		case !said[key]:
			said[key] = true
			out = append(out, t.foldedRow(n, r, kin[key]))
		}
	}
	return out
}

// kin identifies rows that may share one: those that policies of the other end's
// own namespace decide. "" is a row for itself.
func (t text) kin(r *report.Reach, row report.ReachRow) string {
	if t.wide() || t.NoHeaders || len(row.DecidedBy) == 0 || len(row.Ends) == 0 || row.Of != nil ||
		row.Scope != report.ScopeWorkloads && row.Scope != report.ScopeNamespaces {
		return ""
	}
	own := report.HopEgress
	if r.Direction == report.Egress {
		own = report.HopIngress
	}
	if row.Hop != own {
		return ""
	}
	if namespaceOf(row.Ends[0]) == r.Of.Namespace {
		return ""
	}
	for _, rule := range row.DecidedBy {
		if rule.Policy.Namespace != namespaceOf(row.Ends[0]) {
			return ""
		}
	}
	return fmt.Sprint(row.Verdict, row.Reason, names{}.rowPorts(row), len(row.Caveats))
}

func (t text) foldedRow(n names, r *report.Reach, rows []report.ReachRow) reachRow {
	var namespaces, policies []string
	which := "some"
	for _, row := range rows {
		for _, m := range row.Ends {
			if m.Others || m.Incomplete {
				which = "restricted" // there may be none
			}
			if ns := namespaceOf(m); !slices.Contains(namespaces, ns) {
				namespaces = append(namespaces, ns)
			}
		}
		for _, rule := range row.DecidedBy {
			if p := n.policy(rule.Policy); !slices.Contains(policies, p) {
				policies = append(policies, p)
			}
		}
	}
	out := t.reachRow(n, r, rows[0])
	out.ends = []string{fmt.Sprintf("%s pods of %d namespaces:", which, len(namespaces)), "  " + n.list(namespaces, 3)}
	does := "keep them out"
	switch {
	case r.Direction == report.Ingress && rows[0].Verdict == report.Denied:
		does = "do not let them out"
	case rows[0].Verdict == report.Allowed:
		does = "allow it"
	case rows[0].Verdict == report.Unknown:
		does = "leave it open"
	}
	out.why = fmt.Sprintf("policies of their own namespaces %s: %s (-o wide has all)", does, names{escape: same}.list(policies, 2))
	return out
}

// apart divides the ends of a row into those with names, and the pods of
// namespaces that are not listed.
func apart(ends []report.Members) (named, others []report.Members) {
	for _, m := range ends {
		if m.Others {
			others = append(others, m)
		} else {
			named = append(named, m)
		}
	}
	return named, others
}

// others are the pods of namespaces that are not listed one by one.
func (n names) others(all []report.Members, limit int) string {
	var plain, some []string
	for _, m := range all {
		if len(m.RestrictedBy) == 0 {
			plain = append(plain, m.End.Name)
			continue
		}
		var by []string
		for _, p := range m.RestrictedBy {
			by = append(by, n.esc(p.Name))
		}
		some = append(some, fmt.Sprintf("other pods of namespace %s whose egress only %s %s",
			n.esc(m.End.Name), strings.Join(by, " and "), verb(len(by), "restricts")))
	}
	var out []string
	if len(plain) > 0 {
		out = append(out, "all other pods of "+plural(len(plain), "namespace")+" "+n.list(plain, limit))
	}
	if len(some) > 0 {
		out = append(out, names{escape: same}.list(some, limit))
	}
	return strings.Join(out, ", ")
}

// verb is a verb for one or several.
func verb(n int, one string) string {
	if n == 1 {
		return one
	}
	return strings.TrimSuffix(one, "s")
}

func namespaceOf(m report.Members) string {
	if m.End.Kind == "Namespace" {
		return m.End.Name
	}
	return m.End.Namespace
}
