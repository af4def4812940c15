package printer

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// A folded map has no more rows than pagesOfRows, those that say most. So many of
// them may be about outside addresses and front doors even where pods fill all.
const (
	pagesOfRows  = 100
	rowsOfOthers = 40
)

// rowsToShow are those that fit, in their order.
func rowsToShow(rows []report.FoldedRow) []report.FoldedRow {
	others := func(c report.Crowd) bool { return c.Outside != nil || c.Kind != "" }
	var list [2][]report.FoldedRow
	for _, row := range rows {
		if others(row.From) || others(row.To) {
			list[1] = append(list[1], row)
		} else {
			list[0] = append(list[0], row)
		}
	}
	pods := min(len(list[0]), max(pagesOfRows-rowsOfOthers, pagesOfRows-len(list[1])))
	return append(list[0][:pods:pods], list[1][:min(len(list[1]), pagesOfRows-pods)]...)
}

// folded prints a big map in few rows.
func (t text) folded(b *bytes.Buffer, n names, r *report.FoldedMap) error {
	rows := rowsToShow(r.Rows)
	labels := make([][]string, len(rows))
	for i, row := range rows {
		labels[i] = []string{connectionLabel(row.Connections, row.Partly, row.Verdict)}
	}
	// The ends share what the connections leave.
	room := max(readable, (t.width()-min(used(connectionHead()[2:], labels), t.width()/3)-gutter)/2)
	cells := make([][]string, len(rows))
	for i, row := range rows {
		cells[i] = []string{n.crowd(row.From, room), n.crowd(row.To, room), labels[i][0]}
	}
	if err := table(b, connectionHead(), cells, t.width()); err != nil {
		return err
	}
	p := t.page(b)
	p.gap()
	if hidden := len(r.Rows) - len(rows); hidden > 0 {
		p.put("", 2, fmt.Sprintf("%d more rows say less and are left out.", hidden))
	}
	switch {
	case r.OwnNode && r.OwnNodePoliced:
		p.put("", 2, "hostNetwork pods also reach all pods of their own node; rows about them leave that out.")
	case r.OwnNode:
		p.put("", 2, "hostNetwork pods also reach all pods of their own node, and these reach them; rows about them leave that out.")
	}
	p.put("", 2, "Folded by namespace. One row for each connection: -o wide, or -o csv; less: -n NAMESPACE or -l LABELS.")
	return nil
}

// crowd is many ends, in lines of at most width columns.
func (n names) crowd(c report.Crowd, width int) string {
	var lines []string
	add := func(text string) {
		for i, line := range wrap(text, width-2, width) {
			if i > 0 {
				line = "  " + line
			}
			lines = append(lines, line)
		}
	}
	pods := "pods"
	if c.Kind != "" {
		pods = plural(2, n.esc(c.Kind))
	}
	every := "every pod"
	switch {
	case c.Outside != nil:
		add(n.node(*c.Outside))
	case c.Everywhere:
		add(every)
	case c.Same && c.SameEvery:
		add(every + " of the same namespace")
	case c.Same:
		add("some " + pods + " of the same namespace")
	}
	if len(c.Every) > 0 && !c.Everywhere {
		text := every + " of " + n.namespaces(c.Every)
		if len(c.Except) > 0 {
			text += " but " + n.ends(c.Except)
		}
		add(text)
	}
	if len(c.Some) > 0 {
		add("some " + pods + " of " + n.namespaces(c.Some))
	}
	if len(c.Named) > 0 {
		add(n.ends(c.Named))
	}
	return strings.Join(lines, "\n")
}

func (n names) ends(list []report.End) string {
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = n.node(e)
	}
	return strings.Join(texts, ", ")
}

// namespaces is a few namespaces, and how many more.
func (n names) namespaces(list []string) string {
	const most = 3
	texts := make([]string, 0, most)
	for _, name := range list[:min(len(list), most)] {
		if name == "" {
			name = "namespaces that could not be read"
		}
		texts = append(texts, n.esc(name))
	}
	text := strings.Join(texts, ", ")
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
