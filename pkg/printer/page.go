package printer

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// text prints for eyes.
type text struct{ Options }

// page lays text out between the left margin and a width.
type page struct {
	*bytes.Buffer
	width int
}

func (t text) page(b *bytes.Buffer) page { return page{b, t.width()} }

// put writes text after a prefix and breaks it between words; further lines are
// indented by hang. A word is never broken, even when it is too long, but a list
// of labels may be, after a comma.
func (p page) put(prefix string, hang int, s string) {
	p.WriteString(prefix)
	for i, line := range wrap(s, p.width-hang, p.width-columns(prefix)) {
		if i > 0 {
			p.WriteString(strings.Repeat(" ", hang))
		}
		p.WriteString(line)
		p.WriteByte('\n')
	}
}

// para is put with an indentation for all lines.
func (p page) para(indent int, s string) { p.put(strings.Repeat(" ", indent), indent, s) }

func (p page) gap() { p.WriteByte('\n') }

// wrap breaks text into lines of at most width columns; the first line may have
// another width. The result has at least one line.
func wrap(s string, width, first int) []string {
	var lines []string
	line, room := "", first
	add := func(space, word string) {
		switch {
		case line == "":
			line = word
		case columns(line)+len(space)+columns(word) > room:
			lines = append(lines, line)
			line, room = word, width
		default:
			line += space + word
		}
	}
	for _, word := range strings.Fields(s) {
		if columns(word) <= width {
			add(" ", word)
			continue
		}
		space := " "
		for part := range strings.SplitAfterSeq(word, ",") {
			add(space, part)
			space = ""
		}
	}
	return unwidow(append(lines, line), width)
}

// unwidow gives a last line of one short word the word before it for company.
func unwidow(lines []string, width int) []string {
	last := len(lines) - 1
	if last < 1 || columns(lines[last]) > 3 {
		return lines
	}
	at := strings.LastIndexByte(lines[last-1], ' ')
	if at < 0 || columns(lines[last-1][at:])+columns(lines[last]) > width {
		return lines
	}
	lines[last-1], lines[last] = lines[last-1][:at], lines[last-1][at+1:]+" "+lines[last]
	return lines
}

// columns counts what a text takes on the terminal, colours aside.
func columns(s string) int {
	n := utf8.RuneCountInString(s)
	for rest := s; ; {
		_, after, ok := strings.Cut(rest, "\x1b")
		if !ok {
			return n
		}
		code, tail, _ := strings.Cut(after, "m")
		n -= len(code) + 2
		rest = tail
	}
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-columns(s)))
}

// paint colours a word by a verdict.
func (t text) paint(v report.Verdict, s string) string {
	if !t.Color {
		return s
	}
	color := "33"
	switch v {
	case report.Allowed:
		color = "32"
	case report.Denied:
		color = "31"
	case report.Unknown:
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

// word is the verdict as a word; nothing is denied where nothing enforces it.
func (t text) word(v report.Verdict, e report.Enforcement) string {
	if v == report.Denied && e.Enforced == report.EnforcedNo {
		return "would be denied"
	}
	return strings.ToLower(v.String())
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
