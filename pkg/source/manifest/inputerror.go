package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// InputError is something in a manifest that cannot be read or understood.
type InputError struct {
	// File as the user typed it, "-" for standard input.
	File string
	// Line in the file; 0 when unknown.
	Line int
	// Document counts from 1 within the file; 0 when the file has only one, or
	// the error is about the file as a whole.
	Document int
	Message  string
}

// Error is one line: `bank/policy.yaml:12 (document 3): message`.
func (e *InputError) Error() string {
	return e.Place() + ": " + e.Message
}

func (e *InputError) Place() string {
	var b strings.Builder
	b.WriteString(Printable(e.File))
	if e.Line > 0 {
		b.WriteString(":" + strconv.Itoa(e.Line))
	}
	if e.Document > 0 {
		fmt.Fprintf(&b, " (document %d)", e.Document)
	}
	return b.String()
}

// maxReported bounds how many errors of one input are printed.
const maxReported = 10

// Errors joins the errors of one input in the order of their places.
func Errors(errs []error) error {
	var in []*InputError
	for _, err := range errs {
		var e *InputError
		if !errors.As(err, &e) {
			return err
		}
		in = append(in, e)
	}
	slices.SortStableFunc(in, func(x, y *InputError) int {
		if c := strings.Compare(x.File, y.File); c != 0 {
			return c
		}
		return x.Line - y.Line
	})
	out := make([]error, 0, maxReported+1)
	for i, e := range in {
		if i == maxReported && len(in) > maxReported+1 {
			out = append(out, fmt.Errorf("and %d more errors", len(in)-i))
			break
		}
		out = append(out, e)
	}
	return errors.Join(out...)
}

// Printable quotes a name that would not print as itself.
func Printable(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}
