package printer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// reach prints who can reach a target, or what a source can reach, as a table.
func (t text) reach(b *bytes.Buffer, r *report.Reach) error {
	p, n := t.page(b), names{local: t.Namespace}
	if !t.NoHeaders {
		if line := n.enforcement(r.Enforcement); line != "" {
			p.put("", 2, line)
			p.gap()
		}
		t.reachTitle(p, r)
		p.gap()
	}
	rows := t.foldedReach(n, r)
	if len(rows) == 0 && !t.NoHeaders {
		p.WriteString("(nothing to show)\n")
	} else if err := t.reachTable(b, r, rows); err != nil || t.NoHeaders {
		return err
	}
	t.rowNotes(p, n, r)
	t.unmatched(p, r.Unmatched)
	t.gaps(p, r.Gaps)
	return nil
}

func (t text) reachTitle(p page, r *report.Reach) {
	n, short := names{}, names{local: r.Of.Namespace}
	title := "Who can reach " + n.question(r.Of) + "?"
	if r.Direction == report.Egress {
		title = "What can " + n.question(r.Of) + " reach?"
	}
	p.put("", 2, title)
	var pods []string
	for _, m := range r.Pods {
		// The question's own name needs no repeating.
		switch {
		case m.End.Kind != r.Of.Kind || m.End.Name != r.Of.Name:
			pods = append(pods, short.stands(m))
		case m.Count > 1 && m.Count == m.Total:
			pods = append(pods, fmt.Sprintf("%d pods", m.Count))
		}
	}
	behind := names{escape: same}.list(pods, 3)
	ports := n.ports(r.Ports, 0)
	if ports != "" && behind != "" {
		behind = ports + " on " + behind
	}
	if text := orElse(behind, ports); text != "" {
		p.para(2, text)
	}
}

// stands is how many pods stand behind a question.
func (n names) stands(m report.Members) string {
	if m.End.Kind == "Pod" || m.Count < m.Total || m.Count == 0 {
		return n.members(m)
	}
	if len(m.Names) == 1 && strings.HasSuffix(m.Names[0], "*") {
		return n.end(m.End) // of a manifest: the one stands for all its pods
	}
	return fmt.Sprintf("%d %s of %s", m.Count, plural(m.Count, "pod"), n.end(m.End))
}

// rowPorts is what a row is about: ports, or the connections admitted.
func (n names) rowPorts(row report.ReachRow) string {
	if row.Connections != nil {
		return row.Connections.String()
	}
	return n.ports(row.Ports, 0)
}

// portsDiffer tells whether the ports of the rows say more than the title.
func portsDiffer(r *report.Reach) bool {
	n := names{}
	for _, row := range r.Rows {
		if row.Scope != report.ScopeNodes && n.rowPorts(row) != n.ports(r.Ports, 0) {
			return true
		}
	}
	return false
}

// reachRow is a row of the table, cell by cell.
type reachRow struct {
	verdict, ports, why string
	// ends and rules have a line for each of the row's own.
	ends, rules []string
}

func (t text) reachRow(n names, r *report.Reach, row report.ReachRow) reachRow {
	out := reachRow{
		verdict: t.paint(row.Verdict, capital(t.word(row.Verdict, r.Enforcement))),
		ports:   n.rowPorts(row),
		ends:    t.scope(n, row),
		why:     names{local: r.Of.Namespace}.rowWhy(row),
		rules:   n.ruleList(row),
	}
	if of := row.Of; of != nil {
		text := fmt.Sprintf("to %d of %d pods", of.Count, of.Total)
		if r.Direction == report.Egress {
			text = fmt.Sprintf("from %d of %d pods", of.Count, of.Total)
		}
		if t.wide() && len(of.Names) > 0 {
			text += ": " + n.list(of.Names, 0)
		}
		out.ends[len(out.ends)-1] += " (" + text + ")"
	}
	return out
}

// The least room for WHY beside the other columns; with less, it goes below them.
const beside = 34

// reachTable picks the columns: all of them, or those that say something new,
// or, on a narrow terminal, the reason on a line of its own.
func (t text) reachTable(b *bytes.Buffer, r *report.Reach, rows []reachRow) error {
	who, ports := "SOURCE", portsDiffer(r)
	if r.Direction == report.Egress {
		who = "TARGET"
	}
	head, cells := []string{"VERDICT", who}, make([][]string, len(rows))
	separator := "\n"
	if t.NoHeaders {
		// Rows for programs: each has one line.
		separator = ", "
	}
	for i, row := range rows {
		cells[i] = []string{row.verdict, strings.Join(row.ends, separator)}
	}
	column := func(name string, of func(reachRow) string) {
		head = append(head, name)
		for i, row := range rows {
			cells[i] = append(cells[i], of(row))
		}
	}
	if ports || t.wide() {
		column("PORTS", func(row reachRow) string { return row.ports })
	}
	width := t.width()
	switch {
	case t.wide():
		width = 0
		column("WHY", func(row reachRow) string { return row.why })
		column("RULES", func(row reachRow) string { return strings.Join(row.rules, separator) })
	case t.NoHeaders:
		width = 0
		column("WHY", func(row reachRow) string { return row.why })
	case width-used(head, cells) >= beside:
		column("WHY", func(row reachRow) string { return row.why })
	default:
		head, cells, width = []string{"VERDICT", who + ", WHY"}, below(rows, width, ports), 0
	}
	if t.NoHeaders {
		head = nil
	}
	return table(b, head, cells, width)
}

// below has the reasons, and the ports, under the ends that they are about.
func below(rows []reachRow, width int, ports bool) [][]string {
	verdicts := make([][]string, len(rows))
	for i, row := range rows {
		verdicts[i] = []string{row.verdict}
	}
	room := width - used([]string{"VERDICT"}, verdicts)
	out := make([][]string, len(rows))
	for i, row := range rows {
		var cell []string
		for _, end := range row.ends {
			cell = append(cell, wrap(end, room, room)...)
		}
		text := row.why
		if ports && row.ports != "" {
			text = row.ports + ": " + text
		}
		for _, line := range wrap(text, room-2, room-2) {
			cell = append(cell, "  "+line)
		}
		out[i] = []string{row.verdict, strings.Join(cell, "\n")}
	}
	return out
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
	if len(row.Ends) == 1 && row.Ends[0].End.Kind == "Namespace" && row.Ends[0].End.Name == "" {
		return []string{n.members(row.Ends[0])}
	}
	every := func(which string) string { return which + " (every pod)" }
	incomplete := slices.ContainsFunc(row.Ends, func(m report.Members) bool { return m.Incomplete })
	if incomplete {
		// There may be none.
		every = func(which string) string { return "any pod of " + which }
	}
	switch row.Scope {
	case report.ScopeEverywhere:
		if incomplete {
			return []string{"any pod in any namespace"}
		}
		return []string{"every pod in every namespace"}
	case report.ScopeOtherNamespaces:
		if len(namespaces) == 1 {
			return []string{every("namespace " + n.esc(namespaces[0]))}
		}
		text := fmt.Sprintf("all %d other namespaces", len(namespaces))
		if incomplete {
			text = "any other namespace"
		}
		if t.wide() {
			return []string{every(text), "  " + n.list(namespaces, 0)}
		}
		return []string{every(text)}
	case report.ScopeNamespaces:
		return []string{every(plural(len(namespaces), "namespace") + " " + n.list(namespaces, limit))}
	case report.ScopeNodes:
		if len(row.Ends) == 0 || row.Reason == report.SameNode {
			return []string{"each pod's own node (kubelet probes)"}
		}
	case report.ScopeWorkloads, report.ScopeAddresses:
	}
	var out []string
	ends, others := apart(row.Ends)
	for i, m := range ends {
		if limit > 0 && i == limit && len(ends) > limit+1 {
			out = append(out, fmt.Sprintf("and %d more", len(ends)-limit))
			break
		}
		nodes := nodeMatters(row.Reason) || row.Nearest != nil && row.Nearest.Reason == report.HostNetwork
		out = append(out, t.memberNames(n, m, nodes && (m.Count < m.Total || m.Incomplete)))
	}
	if len(others) > 0 {
		out = append(out, n.others(others, limit))
	}
	if len(out) == 0 {
		return []string{"nobody"}
	}
	return out
}

// rowWhy is the deciding rule of a row, or what came nearest to admitting it.
func (n names) rowWhy(row report.ReachRow) string {
	if row.Nearest != nil && row.Verdict == report.Denied {
		brief, _, _ := n.mismatch(*row.Nearest, sidesOf(row.Hop), "")
		switch len(row.DecidedBy) {
		case 0:
			return brief
		case 1:
			return n.policy(row.DecidedBy[0].Policy) + ": " + brief
		default:
			return fmt.Sprintf("none of %d policies allows it; nearest: %s", len(row.DecidedBy), brief)
		}
	}
	c := cause{verdict: row.Verdict, reason: row.Reason, hop: row.Hop, rules: row.DecidedBy, detail: row.Detail}
	if row.Reason == report.NotRead {
		return "what decides it was not read, see below"
	}
	for _, m := range row.Ends {
		c.end = m.End.Kind
	}
	if row.NoLookup {
		return n.why(c) + "; by address only: no DNS is let out"
	}
	return n.why(c)
}

// ruleList is every deciding rule, with its field and its place in a file.
func (n names) ruleList(row report.ReachRow) []string {
	var out []string
	for _, r := range row.DecidedBy {
		text := n.rules([]report.RuleRef{r}) + inParens(plain(r.Location))
		if row.Nearest != nil && r.Path == "" && len(row.DecidedBy) == 1 {
			text = n.policy(r.Policy) + " " + n.esc(row.Nearest.Path) + inParens(plain(r.Location))
		}
		out = append(out, text)
	}
	return out
}

// rowNotes are the caveats of all rows, each once. One that as many rows share as a
// table folds is not repeated for each.
func (t text) rowNotes(p page, n names, r *report.Reach) {
	shared := map[string]int{}
	for _, row := range r.Rows {
		for _, c := range row.Caveats {
			shared[n.rowCaveat(c)]++
		}
	}
	seen := map[string]bool{}
	for _, row := range r.Rows {
		for _, c := range row.Caveats {
			line := n.rowCaveat(c)
			switch {
			case c.Code == report.RoutedOutside:
			case shared[line] >= foldFrom && !t.wide():
				line = fmt.Sprintf("for %d answers above, %s", shared[line], line)
			default:
				line = "for " + strings.Join(t.scope(n, row), ", ") + ", " + line
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

// rowCaveat is a caveat of a row, with its source.
func (n names) rowCaveat(c report.Caveat) string {
	line := n.caveat(c)
	if c.Code == report.RoutedOutside {
		line = "policies allow the addresses above; whether anything routes them to the pods is not in the API"
	}
	if c.Source != "" {
		line += " (" + n.esc(c.Source) + ")"
	}
	return line
}

// unmatched are peers of rules that admit nobody who exists.
func (t text) unmatched(p page, all []report.Unmatched) {
	if len(all) == 0 {
		return
	}
	n := names{}
	list := func(title string, hosts bool) {
		if !slices.ContainsFunc(all, func(u report.Unmatched) bool { return u.HostNetwork == hosts }) {
			return
		}
		p.gap()
		p.para(0, title)
		for _, u := range all {
			if u.HostNetwork == hosts {
				p.para(2, n.policy(u.Policy)+" "+n.esc(u.Path)+": "+n.esc(u.Clause))
				t.location(p, u.Location)
			}
		}
	}
	list("No pod matches these selectors; is one misspelt, or in the wrong namespace?", false)
	list("All pods that these selectors mean are hostNetwork pods, which no selector matches:", true)
}
