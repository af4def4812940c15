package printer

import (
	"bytes"
	"io"
)

// What package findings, which prints for programs that check, has in common with the
// printers here.

// Document prints a report as JSON, YAML or by a template; false where the format is
// another.
func Document(w io.Writer, r any, o Options) (bool, error) {
	var b bytes.Buffer
	var err error
	switch {
	case o.Template != nil:
		err = templateFormat{o.Template}.print(&b, r)
	case o.Format == JSON:
		err = asJSON(&b, r)
	case o.Format == YAML:
		err = asYAML(&b, r)
	default:
		return false, nil
	}
	if err == nil {
		_, err = w.Write(b.Bytes())
	}
	return true, err
}

// Plain is a text from a cluster as it may reach a terminal: quoted where anything in it is
// hidden, on one line.
func Plain(s string) string { return prose(s) }

// MarkdownCode is a text from a cluster as a code span of a Markdown table.
func MarkdownCode(s string) string { return code(s) }

// Wrapped are the lines of a text, indented, for a width of columns (0 means 80).
func Wrapped(s string, indent string, width int) string {
	if width <= 0 {
		width = 80
	}
	var b bytes.Buffer
	for _, line := range wrap(s, max(width-len(indent), 30), max(width-len(indent), 30)) {
		b.WriteString(indent + line + "\n")
	}
	return b.String()
}
