package printer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// foldOver: maps with more edges than these are folded, in the table for eyes.
const foldOver = 100

// connections prints a map as a table.
func (t text) connections(w *bufio.Writer, r *report.Map) error {
	var b bytes.Buffer
	p, n := t.page(&b), names{local: t.Namespace}
	if line := n.enforcement(r.Enforcement); line != "" && !t.NoHeaders {
		p.put("", 2, line)
		p.gap()
	}
	edges, many := firstEdges(r, foldOver)
	switch {
	case r.Nobody && !t.NoHeaders:
		p.WriteString("the manifests hold policies and no workload: give the workloads, too (-f takes several files)\n")
	case len(edges) == 0 && len(r.Gaps) == 0 && !t.NoHeaders:
		p.WriteString("no connection is allowed\n")
	case many && !t.wide() && !t.NoHeaders && r.Fold != nil:
		if err := t.folded(&b, n, r.Fold()); err != nil {
			return err
		}
	case many:
		if _, err := w.Write(b.Bytes()); err != nil {
			return err
		}
		b.Reset()
		if err := t.unfolded(w, n, r); err != nil {
			return err
		}
	case len(edges) > 0:
		if err := t.connectionTable(&b, n, edges); err != nil {
			return err
		}
	}
	if !t.NoHeaders {
		t.gaps(p, r.Gaps)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// firstEdges are the first edges of a map, and whether there are more.
func firstEdges(r *report.Map, limit int) (edges []report.Edge, more bool) {
	for e := range r.AllEdges() {
		if len(edges) == limit {
			return edges, true
		}
		edges = append(edges, e)
	}
	return edges, false
}

func connectionHead() []string { return []string{"FROM", "TO", "CONNECTIONS"} }

func (t text) connectionTable(b *bytes.Buffer, n names, edges []report.Edge) error {
	head, width := connectionHead(), t.width()
	if t.NoHeaders {
		head = nil
	}
	if t.wide() || t.NoHeaders {
		width = 0
	}
	rows := make([][]string, 0, len(edges))
	for _, e := range edges {
		rows = append(rows, []string{n.node(e.From), n.node(e.To), edgeLabel(e)})
	}
	return table(b, head, rows, width)
}

// unfolded prints a table of any length as [table] would, and holds none of it: it
// goes over the edges twice, the first time to see how wide the columns are.
func (t text) unfolded(w *bufio.Writer, n names, r *report.Map) error {
	cached := newNodes(n)
	var widths [2]int
	if !t.NoHeaders {
		widths = [2]int{columns(connectionHead()[0]), columns(connectionHead()[1])}
	}
	for e := range r.AllEdges() {
		widths[0] = max(widths[0], columns(cached.node(e.From)))
		widths[1] = max(widths[1], columns(cached.node(e.To)))
	}
	var err error
	row := func(from, to, label string) {
		_, err = w.WriteString(pad(from, widths[0]+gutter) + pad(to, widths[1]+gutter) + label + "\n")
	}
	if !t.NoHeaders {
		row(connectionHead()[0], connectionHead()[1], connectionHead()[2])
	}
	for e := range r.AllEdges() {
		if row(cached.node(e.From), cached.node(e.To), edgeLabel(e)); err != nil {
			break
		}
	}
	return err
}

// node is one end of an edge.
func (n names) node(e report.End) string {
	if e.Kind == kindInternet && len(e.Addresses) > 0 {
		return n.members(report.Members{End: e})
	}
	return n.end(e)
}

// nodes remembers the names of ends: each is in many edges.
type nodes struct {
	names
	known map[report.Object]string
}

func newNodes(n names) nodes { return nodes{n, map[report.Object]string{}} }

func (n nodes) node(e report.End) string {
	if len(e.Addresses) > 0 || len(e.Labels) > 0 {
		return n.names.node(e)
	}
	key := report.Object{Kind: e.Kind, Namespace: e.Namespace, Name: e.Name}
	text, ok := n.known[key]
	if !ok {
		text = n.names.node(e)
		n.known[key] = text
	}
	return text
}

// edgeLabel is the connections of an edge and what limits them.
func edgeLabel(e report.Edge) string { return connectionLabel(e.Connections, e.Partly, e.Verdict) }

func connectionLabel(c connset.Set, partly bool, v report.Verdict) string {
	text := c.String()
	if partly {
		text += " (some pods)"
	}
	if v != report.Allowed {
		text += " (" + strings.ToLower(v.String()) + ")"
	}
	return text
}

// csvFormat is RFC 4180, one record for each protocol of an edge.
type csvFormat struct{}

func (csvFormat) connections(b *bufio.Writer, r *report.Map) error {
	w, n := csv.NewWriter(b), newNodes(names{escape: same})
	w.UseCRLF = true
	if err := w.Write([]string{"from", "to", "protocol", "ports", "verdict", "partly"}); err != nil {
		return err
	}
	for e := range r.AllEdges() {
		for _, protocol := range connset.Protocols() {
			ranges := e.Connections.Ranges(protocol)
			if len(ranges) == 0 {
				continue
			}
			record := []string{
				cell(n.node(e.From)), cell(n.node(e.To)), string(protocol), portList(ranges), e.Verdict.String(), strconv.FormatBool(e.Partly),
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

func (markdown) connections(b *bufio.Writer, r *report.Map) error {
	n := newNodes(names{escape: same})
	if _, err := b.WriteString("| From | To | Connections |\n| --- | --- | --- |\n"); err != nil {
		return err
	}
	for e := range r.AllEdges() {
		if _, err := fmt.Fprintf(b, "| %s | %s | %s |\n", code(n.node(e.From)), code(n.node(e.To)), edgeLabel(e)); err != nil {
			return err
		}
	}
	return nil
}
