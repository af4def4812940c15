package reference

import (
	"strconv"
	"unicode/utf8"
)

// ParseError says why a text is not a reference. Problem and Hint quote whatever they repeat of the text, so that
// neither can carry a control character to a terminal, and both are single lines.
type ParseError struct {
	Text    string // what was typed, untouched: quote it before showing it
	Problem string // what is wrong, for instance `unknown type "ingres" in "ingres/x"`
	Hint    string // the way out, for instance `did you mean "ingress"?`; may be empty
}

// Error is the problem, followed by the hint if there is one.
func (e *ParseError) Error() string {
	if e.Hint == "" {
		return e.Problem
	}
	return e.Problem + ": " + e.Hint
}

// typed is the whole text of the user, which every error names.
type typed string

func (t typed) quoted() string { return quote(string(t)) }

func (t typed) wrong(problem, hint string) error {
	return &ParseError{Text: string(t), Problem: problem, Hint: hint}
}

func quote(text string) string { return strconv.Quote(abbreviate(text)) }

// abbreviate cuts a text after 80 characters.
func abbreviate(text string) string {
	const limit = 80
	end := 0
	for range limit {
		if end == len(text) {
			return text
		}
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	if end == len(text) {
		return text
	}
	return text[:end] + "…"
}
