package printer

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// connections prints a map as a table.
func (t text) connections(b *bytes.Buffer, r *report.Map) error {
	p, n := t.page(b), names{local: t.Namespace}
	if line := n.enforcement(r.Enforcement); line != "" && !t.NoHeaders {
		p.put("", 2, line)
		p.gap()
	}
	head := []string{"FROM", "TO", "CONNECTIONS"}
	if t.NoHeaders {
		head = nil
	}
	rows := make([][]string, 0, len(r.Edges))
	for _, e := range r.Edges {
		rows = append(rows, []string{n.node(e.From), n.node(e.To), edgeLabel(e)})
	}
	width := t.width()
	if t.wide() || t.NoHeaders {
		width = 0
	}
	if len(rows) > 0 {
		if err := table(b, head, rows, width); err != nil {
			return err
		}
	} else if len(r.Gaps) == 0 && !t.NoHeaders {
		p.WriteString("no connection is allowed\n")
	}
	if !t.NoHeaders {
		t.gaps(p, r.Gaps)
	}
	return nil
}

// node is one end of an edge.
func (n names) node(e report.End) string {
	if e.Kind == kindInternet && len(e.Addresses) > 0 {
		return n.members(report.Members{End: e})
	}
	return n.end(e)
}

// edgeLabel is the connections of an edge and what limits them.
func edgeLabel(e report.Edge) string {
	text := e.Connections.String()
	if e.Partly {
		text += " (some pods)"
	}
	if e.Verdict != report.Allowed {
		text += " (" + strings.ToLower(e.Verdict.String()) + ")"
	}
	return text
}

// csvFormat is RFC 4180, one record for each protocol of an edge.
type csvFormat struct{}

func (csvFormat) connections(b *bytes.Buffer, r *report.Map) error {
	w, n := csv.NewWriter(b), names{escape: same}
	w.UseCRLF = true
	if err := w.Write([]string{"from", "to", "protocol", "ports", "verdict", "partly"}); err != nil {
		return err
	}
	for _, e := range r.Edges {
		for _, protocol := range connset.Protocols() {
			ranges := e.Connections.Ranges(protocol)
			if len(ranges) == 0 {
				continue
			}
			record := []string{
				cell(n.node(e.From)), cell(n.node(e.To)), string(protocol), portList(ranges), e.Verdict.String(), fmt.Sprint(e.Partly),
			}
			if err := w.Write(record); err != nil {
				return err
			}
		}
	}
	w.Flush()
	return w.Error()
}

func portList(ranges []connset.Range) string {
	if slices.Equal(ranges, connset.AllOf(connset.TCP).Ranges(connset.TCP)) {
		return "all"
	}
	texts := make([]string, 0, len(ranges))
	for _, r := range ranges {
		texts = append(texts, r.String())
	}
	return strings.Join(texts, ",")
}

// markdown is a table as GitHub renders it.
type markdown struct{}

func (markdown) connections(b *bytes.Buffer, r *report.Map) error {
	n := names{escape: same}
	b.WriteString("| From | To | Connections |\n| --- | --- | --- |\n")
	for _, e := range r.Edges {
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(n.node(e.From)), code(n.node(e.To)), edgeLabel(e))
	}
	return nil
}
