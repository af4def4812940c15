package picture

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// DOT writes the picture for Graphviz.
func DOT(w io.Writer, p *Picture) error {
	b := bufio.NewWriter(w)
	put := func(format string, args ...any) bool {
		_, err := fmt.Fprintf(b, format, args...)
		return err == nil
	}
	put("digraph netguard {\n  rankdir=LR;\n  node [shape=box];\n")
	for i, group := range p.Groups {
		indent := "  "
		if group.Name != "" {
			put("  subgraph cluster_%d {\n    label=%s;\n", i, quotedDOT(group.Name))
			indent = "    "
		}
		for _, n := range group.Nodes {
			put("%s%s [label=%s];\n", indent, n.ID, quotedDOT(n.Label))
		}
		if group.Name != "" {
			put("  }\n")
		}
	}
	for l := range p.Lines {
		style := ""
		if l.Open {
			style = ", style=dashed"
		}
		if !put("  %s -> %s [label=%s%s];\n", l.From, l.To, quotedDOT(l.Label), style) {
			break
		}
	}
	put("}\n")
	return b.Flush()
}

// Mermaid writes the picture as a flowchart as GitHub renders it.
func Mermaid(w io.Writer, p *Picture) error {
	b := bufio.NewWriter(w)
	put := func(format string, args ...any) bool {
		_, err := fmt.Fprintf(b, format, args...)
		return err == nil
	}
	put("flowchart LR\n")
	for i, group := range p.Groups {
		indent := "  "
		if group.Name != "" {
			put("  subgraph g%d[%s]\n", i, quotedMermaid(group.Name))
			indent = "    "
		}
		for _, n := range group.Nodes {
			put("%s%s[%s]\n", indent, n.ID, quotedMermaid(n.Label))
		}
		if group.Name != "" {
			put("  end\n")
		}
	}
	for l := range p.Lines {
		arrow := "-->"
		if l.Open {
			arrow = "-.->"
		}
		if !put("  %s %s|%s| %s\n", l.From, arrow, quotedMermaid(l.Label), l.To) {
			break
		}
	}
	return b.Flush()
}

// quotedDOT is a quoted string of the DOT language, where a backslash starts an
// escape sequence (\N, \l) and a quote ends the string.
func quotedDOT(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// quotedMermaid is a quoted Mermaid label, in which entities stand for all that
// could end it or be taken for Markdown, HTML or a shape.
func quotedMermaid(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '"':
			b.WriteString("#quot;")
		case strings.ContainsRune("#&<>`[]{}|\\*_~%@", r):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}
