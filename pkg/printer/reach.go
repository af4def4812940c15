package printer

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// reach prints who can reach a target, or what a source can reach, as a table.
func (t text) reach(b *bytes.Buffer, r *report.Reach) error {
	p, n := t.page(b), names{local: t.Namespace}
	column := "SOURCE"
	if r.Direction == report.Egress {
		column = "TARGET"
	}
	if !t.NoHeaders {
		if line := n.enforcement(r.Enforcement); line != "" {
			p.put("", 2, line)
			p.gap()
		}
		t.reachTitle(p, r)
		p.gap()
	}
	withPorts := t.wide() || portsDiffer(r)
	head := []string{"VERDICT", column, "PORTS", "WHY"}
	if t.wide() {
		head = []string{"VERDICT", column, "PORTS", "WHY", "RULES"}
	}
	rows := make([][]string, 0, len(r.Rows))
	for _, row := range r.Rows {
		rows = append(rows, t.reachRow(n, r, row))
	}
	if !withPorts {
		head = without(head, 2)
		for i := range rows {
			rows[i] = without(rows[i], 2)
		}
	}
	if t.NoHeaders {
		head = nil
	}
	width := t.width()
	if t.wide() {
		width = 0
	}
	if len(rows) > 0 {
		if err := table(b, head, rows, width); err != nil {
			return err
		}
	}
	if t.NoHeaders {
		return nil
	}
	if len(rows) == 0 {
		p.WriteString("nothing\n")
	}
	t.rowNotes(p, n, r)
	t.unmatched(p, r.Unmatched)
	t.gaps(p, r.Gaps)
	return nil
}

func without(row []string, i int) []string {
	return append(row[:i:i], row[i+1:]...)
}

func (t text) reachTitle(p page, r *report.Reach) {
	n := names{}
	title := "Who can reach " + n.question(r.Of)
	if r.Direction == report.Egress {
		title = "What " + n.question(r.Of) + " can reach"
	}
	if len(r.Ports) > 0 {
		title += ", port " + n.ports(r.Ports, 0)
	}
	short := names{local: r.Of.Namespace}
	var pods []string
	for _, m := range r.Pods {
		// The question's own name needs no repeating, unless there is a count.
		if m.End.Kind != r.Of.Kind || m.End.Name != r.Of.Name || m.Total > 1 {
			pods = append(pods, short.stands(m))
		}
	}
	if len(pods) > 0 {
		title += ", on " + names{escape: same}.list(pods, 3)
	}
	p.put("", 2, title)
}

func same(s string) string { return s }

// stands is how many pods stand behind a question.
func (n names) stands(m report.Members) string {
	if m.End.Kind == "Pod" || m.Count < m.Total || m.Count == 0 {
		return n.members(m)
	}
	return fmt.Sprintf("%d %s of %s", m.Count, plural(m.Count, "pod"), n.end(m.End))
}

// portsDiffer tells whether the ports of the rows say more than the title.
func portsDiffer(r *report.Reach) bool {
	n := names{}
	for _, row := range r.Rows {
		if n.ports(row.Ports, 0) != n.ports(r.Ports, 0) && (len(row.Ports) > 0 || len(r.Ports) > 0) {
			return true
		}
	}
	return false
}

func (t text) reachRow(n names, r *report.Reach, row report.ReachRow) []string {
	ends := t.scope(n, row)
	if row.Of != nil {
		whose := "to "
		if r.Direction == report.Egress {
			whose = "from "
		}
		ends[len(ends)-1] += " (" + whose + t.memberNames(n, *row.Of) + ")"
	}
	cells := []string{
		t.paint(row.Verdict, capital(t.word(row.Verdict, r.Enforcement))),
		strings.Join(ends, "\n"),
		n.ports(row.Ports, 0),
		t.rowWhy(n, row),
	}
	if t.wide() {
		cells = append(cells, n.ruleList(row))
	}
	return cells
}

// scope is the other ends of a row, one to a line where they are listed.
func (t text) scope(n names, row report.ReachRow) []string {
	limit := 3
	if t.wide() {
		limit = 0
	}
	namespaces := make([]string, 0, len(row.Ends))
	for _, m := range row.Ends {
		namespaces = append(namespaces, orElse(m.End.Name, m.End.Namespace))
	}
	switch row.Scope {
	case report.ScopeEverywhere:
		return []string{"every pod in every namespace"}
	case report.ScopeOtherNamespaces:
		if !t.wide() {
			return []string{fmt.Sprintf("every pod of all %d other %s", len(namespaces), plural(len(namespaces), "namespace"))}
		}
		return []string{fmt.Sprintf("every pod of all %d other %s:", len(namespaces), plural(len(namespaces), "namespace")), n.list(namespaces, 0)}
	case report.ScopeNamespaces:
		return []string{"every pod of " + plural(len(namespaces), "namespace") + " " + n.list(namespaces, limit)}
	case report.ScopeNodes:
		if len(row.Ends) == 0 || row.Reason == report.SameNode {
			return []string{"each pod's own node (kubelet probes)"}
		}
	case report.ScopeWorkloads, report.ScopeAddresses:
	}
	var out []string
	for i, m := range row.Ends {
		if limit > 0 && i == limit && len(row.Ends) > limit+1 {
			return append(out, fmt.Sprintf("and %d more", len(row.Ends)-limit))
		}
		out = append(out, t.memberNames(n, m))
	}
	if len(out) == 0 {
		return []string{"nobody"}
	}
	return out
}

// rowWhy is the deciding rule of a row, or what came nearest to admitting it.
func (t text) rowWhy(n names, row report.ReachRow) string {
	if row.Nearest != nil && row.Verdict != report.Allowed {
		brief, full, _ := n.mismatch(*row.Nearest, sidesOf(row.Hop), "")
		if t.wide() {
			brief = full
		}
		switch len(row.DecidedBy) {
		case 0:
			return brief
		case 1:
			return n.policy(row.DecidedBy[0].Policy) + ": " + brief
		default:
			return fmt.Sprintf("%d policies; nearest: %s", len(row.DecidedBy), brief)
		}
	}
	c := cause{verdict: row.Verdict, reason: row.Reason, hop: row.Hop, rules: row.DecidedBy, detail: row.Detail}
	if row.Reason == report.NotRead {
		return "something it depends on was not read, see below"
	}
	for _, m := range row.Ends {
		c.end = m.End.Kind
	}
	return n.why(c)
}

// ruleList is every deciding rule, with its field and its place in a file.
func (n names) ruleList(row report.ReachRow) string {
	var out []string
	for _, r := range row.DecidedBy {
		text := n.rules([]report.RuleRef{r}) + inParens(plain(r.Location))
		if row.Nearest != nil && r.Path == "" && len(row.DecidedBy) == 1 {
			text = n.policy(r.Policy) + " " + n.esc(row.Nearest.Path) + inParens(plain(r.Location))
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

// rowNotes are the caveats of all rows, each once.
func (t text) rowNotes(p page, n names, r *report.Reach) {
	seen := map[string]bool{}
	for _, row := range r.Rows {
		for _, c := range row.Caveats {
			line := n.caveat(c)
			if c.Code == report.RoutedOutside {
				line = "policies allow the addresses above; whether anything routes them to the pods is not in the API"
			}
			if c.Source != "" {
				line += " (" + n.esc(c.Source) + ")"
			}
			who := strings.Join(t.scope(n, row), ", ")
			if c.Code != report.RoutedOutside {
				line = "for " + who + ", " + line
			}
			if seen[line] {
				continue
			}
			if len(seen) == 0 {
				p.gap()
			}
			seen[line] = true
			p.put("Note: ", 6, line)
		}
	}
}

// unmatched are peers of rules that admit nobody who exists.
func (t text) unmatched(p page, all []report.Unmatched) {
	if len(all) == 0 {
		return
	}
	n := names{}
	p.gap()
	p.WriteString("These entries of rules admit nobody, as no pod matches them; is one misspelt?\n")
	for _, u := range all {
		p.para(2, n.policy(u.Policy)+" "+n.esc(u.Path)+": "+n.esc(u.Clause))
		t.location(p, u.Location)
	}
}
