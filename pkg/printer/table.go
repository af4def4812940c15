package printer

import (
	"bytes"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// The columns between two columns of a table, as in kubectl's.
const gutter = 3

// table writes rows as kubectl does: no borders, columns padded with blanks, no
// blanks at the end of a line. Cells may have several lines. With a width, the
// last column is wrapped to it, though never below a readable minimum.
func table(b *bytes.Buffer, head []string, rows [][]string, width int) error {
	if width > 0 {
		fitLast(head, rows, width)
	}
	var raw bytes.Buffer
	out := tablewriter.NewTable(&raw,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithPadding(tw.Padding{Right: strings.Repeat(" ", gutter), Overwrite: true}),
	)
	if head != nil {
		out.Header(head)
	}
	for _, row := range rows {
		if err := out.Append(row); err != nil {
			return err
		}
	}
	if err := out.Render(); err != nil {
		return err
	}
	for line := range strings.Lines(raw.String()) {
		b.WriteString(strings.TrimRight(line, " \n"))
		b.WriteByte('\n')
	}
	return nil
}

// readable is the least width that is left to the last column.
const readable = 24

func fitLast(head []string, rows [][]string, width int) {
	last := len(head) - 1
	if head == nil && len(rows) > 0 {
		last = len(rows[0]) - 1
	}
	others := make([][]string, 0, len(rows))
	for _, row := range rows {
		others = append(others, row[:last])
	}
	room := max(width-used(head[:min(last, len(head))], others), readable)
	for _, row := range rows {
		row[last] = strings.Join(wrap(row[last], room, room), "\n")
	}
}

// used is the width of columns, gutters included.
func used(head []string, rows [][]string) int {
	sum := 0
	widths := map[int]int{}
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			for line := range strings.SplitSeq(cell, "\n") {
				sum -= widths[i]
				widths[i] = max(widths[i], columns(line))
				sum += widths[i]
			}
		}
	}
	return sum + gutter*len(widths)
}
