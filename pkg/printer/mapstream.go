package printer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// A map has up to millions of edges. In JSON and YAML it looks as if it had been
// written whole, and is written edge by edge.

func (jsonFormat) connections(w *bufio.Writer, r *report.Map) error {
	var b bytes.Buffer
	if err := asJSON(&b, withoutEdges(r)); err != nil {
		return err
	}
	// A string could not hold this: its quotes are escaped.
	head, tail, _ := strings.Cut(b.String(), `"edges": []`)
	if _, err := w.WriteString(head + `"edges": [`); err != nil {
		return err
	}
	separator, end := "\n    ", "]"
	for e := range r.AllEdges() {
		data, err := json.MarshalIndent(e, "    ", "  ")
		if err != nil {
			return err
		}
		if _, err := w.WriteString(separator); err != nil {
			return err
		}
		if _, err := w.Write(visibleJSON(data)); err != nil {
			return err
		}
		separator, end = ",\n    ", "\n  ]"
	}
	_, err := w.WriteString(end + tail)
	return err
}

func (yamlFormat) connections(w *bufio.Writer, r *report.Map) error {
	var b bytes.Buffer
	if err := asYAML(&b, withoutEdges(r)); err != nil {
		return err
	}
	const none = "\nedges: []\n"
	head, tail, _ := strings.Cut(b.String(), none)
	if _, edges := firstEdges(r, 0); !edges {
		_, err := w.WriteString(b.String())
		return err
	}
	const list = "edges:\n"
	if _, err := w.WriteString(head + "\n" + list); err != nil {
		return err
	}
	for e := range r.AllEdges() {
		b.Reset()
		if err := asYAML(&b, map[string][]report.Edge{"edges": {e}}); err != nil {
			return err
		}
		if _, err := w.WriteString(strings.TrimPrefix(b.String(), list)); err != nil {
			return err
		}
	}
	_, err := w.WriteString(tail)
	return err
}

func withoutEdges(r *report.Map) *report.Map {
	out := *r
	out.Edges = nil
	return &out
}
