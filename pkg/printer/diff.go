package printer

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Diff prints the answer of diff.
func Diff(w io.Writer, r *report.Diff, o Options) error {
	if o.Format == MD {
		return write(w, o, KindDiff, r, markdown{}.diff)
	}
	return write(w, o, KindDiff, r, o.format().diff)
}

func (jsonFormat) diff(b *bytes.Buffer, r *report.Diff) error { return asJSON(b, r) }
func (yamlFormat) diff(b *bytes.Buffer, r *report.Diff) error { return asYAML(b, r) }

// diff as names are the policies responsible.
func (nameFormat) diff(b *bytes.Buffer, r *report.Diff) error {
	out := newLines(b)
	for _, row := range r.Rows {
		for _, d := range []*report.Difference{row.Gained, row.Lost, row.Undecided} {
			if d == nil {
				continue
			}
			for _, c := range []report.DiffCause{d.Before, d.After} {
				for _, rule := range c.DecidedBy {
					out.policy(rule.Policy)
				}
			}
		}
	}
	return nil
}

// diff as a table has one line for each difference: + gained, - lost, ? undecided.
func (t text) diff(b *bytes.Buffer, r *report.Diff) error {
	p, n := t.page(b), names{local: t.Namespace}
	if line := n.enforcement(r.Enforcement); line != "" && !t.NoHeaders {
		p.put("", 2, line)
		p.gap()
	}
	if len(r.Rows) == 0 {
		if !t.NoHeaders {
			p.WriteString(noDifference(r) + "\n")
			t.gaps(p, r.Gaps)
		}
		return nil
	}
	// The reasons are sentences: below the line that they are about or, where
	// each line has to stand for itself, in a column of their own.
	column := t.wide() || t.NoHeaders
	head := []string{"", "FROM", "TO", "CONNECTIONS"}
	if column {
		head = append(head, "BECAUSE")
	}
	var rows [][]string
	var reasons []string
	for _, row := range r.Rows {
		for _, d := range differences(row) {
			cells := []string{t.paint(d.verdict, d.sign), n.diffFrom(row, t.wide()), n.question(row.To), d.connections()}
			reason := n.because(d)
			if column {
				cells = append(cells, reason)
			}
			rows, reasons = append(rows, cells), append(reasons, reason)
		}
	}
	if t.NoHeaders {
		head = nil
	}
	var lines bytes.Buffer
	if err := table(&lines, head, rows, 0); err != nil {
		return err
	}
	at := -1
	if t.NoHeaders {
		at = 0
	}
	for line := range strings.Lines(lines.String()) {
		b.WriteString(line)
		if at >= 0 && !column {
			p.para(4, reasons[at])
		}
		at++
	}
	if !t.NoHeaders {
		t.gaps(p, r.Gaps)
	}
	return nil
}

// noDifference is said where there are no rows.
func noDifference(r *report.Diff) string {
	if len(r.Gaps) > 0 {
		return "no connection is gained or lost between what could be read"
	}
	return "no connection is gained or lost"
}

// shownDifference is a difference with its sign.
type shownDifference struct {
	*report.Difference
	kind    report.DiffKind
	sign    string
	verdict report.Verdict
}

func differences(row report.DiffRow) []shownDifference {
	var out []shownDifference
	if row.Gained != nil {
		out = append(out, shownDifference{row.Gained, row.Kind, "+", report.Allowed})
	}
	if row.Lost != nil {
		out = append(out, shownDifference{row.Lost, row.Kind, "-", report.Denied})
	}
	if row.Undecided != nil {
		out = append(out, shownDifference{row.Undecided, row.Kind, "?", report.Unknown})
	}
	return out
}

func (d shownDifference) connections() string {
	text := "the way in"
	if d.kind == report.DiffService {
		text = "through the Service"
	}
	if d.Connections != nil {
		text = setText(*d.Connections)
	}
	if d.Partly {
		text += " (some pods)"
	}
	return text
}

// setText shows a set of all ports but a few as that.
func setText(s connset.Set) string {
	if rest := connset.All().Subtract(s); !s.IsAll() && len(rest.String()) < len(s.String()) {
		return "all but " + rest.String()
	}
	return s.String()
}

// diffFrom is where the connections of a row begin.
func (n names) diffFrom(row report.DiffRow, all bool) string {
	if row.Kind != report.DiffService {
		return n.node(row.From)
	}
	const most = 3
	clients := make([]string, len(row.Clients))
	for i, c := range row.Clients {
		clients[i] = n.node(c)
	}
	if len(clients) > most && !all {
		return plural(len(clients), "workload")
	}
	return strings.Join(clients, ", ")
}

// because is what decides, before and after.
func (n names) because(d shownDifference) string {
	before, after := n.diffCause(d.Before), n.diffCause(d.After)
	switch {
	case d.Before.Absent && d.After.Absent:
		return "not known"
	case before == after:
		return after
	default:
		return after + "; before: " + before
	}
}

func (n names) diffCause(c report.DiffCause) string {
	if c.Absent {
		return "not there"
	}
	var policies []report.Object
	for _, r := range c.DecidedBy {
		policies = append(policies, r.Policy)
	}
	why := n.reason(cause{
		verdict: c.Verdict, reason: c.Reason, hop: c.Hop, subject: "it", policies: policies, rules: c.DecidedBy, detail: c.Detail, needs: c.Needs,
	})
	if c.Reason == report.NoRuleAllows && len(policies) > 0 {
		return "no " + strings.ToLower(string(c.Hop)) + " rule of networkpolicy " + n.policiesIn(policies, 3) + " allows it"
	}
	return why
}

// diff as Markdown is fit for a comment on a pull request.
func (markdown) diff(b *bytes.Buffer, r *report.Diff) error {
	n := names{escape: same}
	if len(r.Rows) == 0 {
		b.WriteString(capital(noDifference(r)) + ".\n")
		return nil
	}
	count := map[string]int{}
	for _, row := range r.Rows {
		for _, d := range differences(row) {
			count[d.sign]++
		}
	}
	fmt.Fprintf(b, "**Connectivity changes**: %d gained, %d lost", count["+"], count["-"])
	if count["?"] > 0 {
		fmt.Fprintf(b, ", %d undecided", count["?"])
	}
	b.WriteString("\n\n| | From | To | Connections | Because |\n| --- | --- | --- | --- | --- |\n")
	for _, row := range r.Rows {
		for _, d := range differences(row) {
			sign := map[string]string{"+": "➕ gained", "-": "➖ lost", "?": "❔ undecided"}[d.sign]
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", sign, code(n.diffFrom(row, false)), code(n.question(row.To)),
				d.connections(), cellText(names{}.because(d)))
		}
	}
	return nil
}

// cellText keeps a sentence from acting as Markdown: a bar would end its cell,
// and names may hold anything.
func cellText(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`).Replace(s)
}
