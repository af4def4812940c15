package scale

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// sections are the sections of the rows, in order, each once.
func sections(rows []Row) []string {
	var out []string
	for _, r := range rows {
		if !slices.Contains(out, r.Section) {
			out = append(out, r.Section)
		}
	}
	return out
}

// of returns the rows of a section: question by question, each at all sizes.
func of(rows []Row, section string) []Row {
	var out []Row
	for i, r := range rows {
		if r.Section != section {
			continue
		}
		first := slices.IndexFunc(rows, func(o Row) bool { return o.Section == section && o.Question == r.Question && o.figure() == r.figure() })
		if first < i {
			continue // it stands with the first of its kind
		}
		for _, o := range rows {
			if o.Section == section && o.Question == r.Question && o.figure() == r.figure() {
				out = append(out, o)
			}
		}
	}
	return out
}

// Table prints rows for a terminal.
func Table(w io.Writer, rows []Row) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, section := range sections(rows) {
		fmt.Fprintf(table, "\n%s\n%s\n", section, strings.Join(headers(), "\t"))
		for _, r := range of(rows, section) {
			fmt.Fprintln(table, strings.Join(r.cells(), "\t"))
		}
	}
	return table.Flush()
}

// markdown is the rows of a section as a Markdown table.
func markdown(rows []Row) string {
	var out strings.Builder
	line := func(cells []string) {
		fmt.Fprintf(&out, "| %s |\n", strings.Join(cells, " | "))
	}
	line(headers())
	line(slices.Repeat([]string{"---"}, len(headers())))
	for _, r := range rows {
		cells := r.cells()
		for i := range cells {
			cells[i] = strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(cells[i])
		}
		line(cells)
	}
	return out.String()
}
