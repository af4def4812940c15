package printer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Names come from clusters and files and may hold anything. Each format has one
// function here through which every one of them passes.

// hidden reports whether a rune would act on a terminal, or go unseen, instead
// of showing: control characters, escapes, bidirectional and zero-width marks,
// fillers, and all but the plain space.
func hidden(r rune) bool {
	return !strconv.IsPrint(r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == '\u2800'
}

// plain is the text as it is, or quoted as Go quotes it when anything in it is hidden.
func plain(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case !hidden(r):
			b.WriteRune(r)
		case r < 0x80:
			// Quote knows \n, \t and their like.
			b.WriteString(strings.Trim(strconv.Quote(string(r)), `"`))
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[size:]
	}
	b.WriteByte('"')
	return b.String()
}

// prose is plain for messages of servers and parsers, which may have several lines.
func prose(s string) string { return plain(strings.Join(strings.Fields(s), " ")) }

// visibleJSON writes hidden runes of a JSON text, which stand in strings only,
// as the escapes that JSON has for them.
func visibleJSON(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r < utf8.RuneSelf && r != 0x7f, !hidden(r):
			out = append(out, data[:size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		data = data[size:]
	}
	return out
}

// quotedYAML is a double-quoted YAML scalar with its hidden runes escaped.
func quotedYAML(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case !hidden(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// cell is plain for spreadsheets, which take a cell that starts with one of
// =+-@ for a formula (OWASP, "CSV Injection"). encoding/csv quotes the rest.
func cell(s string) string {
	s = plain(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

// code is a Markdown code span for a cell of a GitHub table: in code neither
// markup nor mentions nor links have a meaning, and the few characters that end
// a span or a cell are written as entities.
func code(s string) string {
	s = plain(s)
	if s == "" {
		return ""
	}
	if !strings.ContainsAny(s, "`|\\") {
		return "`" + s + "`"
	}
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != ' ' && r != '-' && r != '/' && r != '.' {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return "<code>" + b.String() + "</code>"
}
