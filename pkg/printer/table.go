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
	used := 0
	for column := range len(rows0(head, rows)) - 1 {
		widest := 0
		for _, row := range append([][]string{head}, rows...) {
			if column < len(row) {
				for line := range strings.SplitSeq(row[column], "\n") {
					widest = max(widest, columns(line))
				}
			}
		}
		used += widest + gutter
	}
	room := max(width-used, readable)
	for _, row := range rows {
		last := len(row) - 1
		row[last] = strings.Join(wrap(row[last], room, room), "\n")
	}
}

func rows0(head []string, rows [][]string) []string {
	if len(rows) > 0 {
		return rows[0]
	}
	return head
}
