package findings

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// result is one finding, or one intent, as programs that check have it.
type result struct {
	rule, title   string
	severity      report.Severity
	text, advice  string
	object        report.Object
	file          string
	line          int
	fingerprint   string
	justification string
	passed        bool
	// open: it is neither passed nor failed; why stands in text.
	open bool
}

func (r *result) message() string {
	if r.advice == "" {
		return r.text
	}
	return r.text + ". To mend it: " + r.advice
}

func (r *result) where() string {
	switch {
	case r.file == "":
		return ""
	case r.line == 0:
		return r.file
	default:
		return fmt.Sprintf("%s:%d", r.file, r.line)
	}
}

// JUnit's XML, as far as readers agree on it
// (https://github.com/testmoapp/junitxml).
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitMessage `xml:"failure"`
		Error   *junitMessage `xml:"error"`
		Skipped *junitMessage `xml:"skipped"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

func junit(w io.Writer, suite string, all []result) error {
	s := junitSuite{Name: suite}
	for _, r := range all {
		c := junitCase{Class: r.rule, Name: printer.Plain(r.title), File: printer.Plain(r.file), Line: r.line}
		text := &junitMessage{Message: printer.Plain(r.text), Type: string(r.severity), Text: printer.Plain(strings.TrimSpace(r.where() + " " + r.message()))}
		switch {
		case r.justification != "":
			text.Message = printer.Plain(r.justification)
			c.Skipped = text
			s.Skipped++
		case r.passed:
		case r.open:
			c.Error = text
			s.Errors++
		default:
			c.Failure = text
			s.Failures++
		}
		s.Tests++
		s.Cases = append(s.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Suites: []junitSuite{s}}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// tap writes the Test Anything Protocol, version 14 (https://testanything.org/tap-version-14-specification.html).
func tap(w io.Writer, all []result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 14\n1..%d\n", len(all))
	for i, r := range all {
		status := "ok"
		if !r.passed {
			status = "not ok"
		}
		title := strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(printer.Plain(r.title))
		fmt.Fprintf(&b, "%s %d - %s\n", status, i+1, title)
		if !r.passed {
			fmt.Fprintf(&b, "  ---\n  message: %q\n  severity: %s\n", printer.Plain(r.message()), strings.ToLower(string(r.severity)))
			if r.where() != "" {
				fmt.Fprintf(&b, "  at: %q\n", printer.Plain(r.where()))
			}
			b.WriteString("  ...\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// annotations are workflow commands of GitHub
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
func annotations(w io.Writer, all []result) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	var b strings.Builder
	for _, r := range all {
		if r.passed || r.justification != "" {
			continue
		}
		command := map[string]string{"error": "error", "warning": "warning"}[level(r.severity)]
		if command == "" {
			command = "notice"
		}
		b.WriteString("::" + command + " title=" + property.Replace(printer.Plain(strings.TrimSpace(r.rule+" "+r.title))))
		if r.file != "" && r.file != "-" {
			fmt.Fprintf(&b, ",file=%s,line=%d", property.Replace(printer.Plain(r.file)), max(r.line, 1))
		}
		b.WriteString("::" + data.Replace(printer.Plain(r.message())) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
