package findings

import (
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Formats beside those that every report has.
const (
	SARIF    = "sarif"
	JUnit    = "junit"
	TAP      = "tap"
	GitHub   = "github"
	Markdown = "markdown"
	HTML     = "html"
)

// AuditFormats are the values of -o for audit.
func AuditFormats() []string {
	return []string{printer.Table, printer.JSON, printer.YAML, SARIF, JUnit, Markdown, HTML, GitHub}
}

// Audit prints the answer of audit. Version is netguard's.
func Audit(w io.Writer, r *report.Audit, o printer.Options, version string) error {
	if done, err := printer.Document(w, r, o); done {
		return err
	}
	switch o.Format {
	case SARIF:
		return sarif(w, "audit", version, r.Rules, auditResults(r, false))
	case JUnit:
		return junit(w, "netguard audit", auditResults(r, true))
	case GitHub:
		return annotations(w, auditResults(r, false))
	case Markdown:
		return auditMarkdown(w, r)
	case HTML:
		return auditHTML(w, r)
	default:
		return auditText(w, r, o)
	}
}

// auditResults are the findings; with passed, the codes of which there is none besides.
func auditResults(r *report.Audit, passed bool) []result {
	var out []result
	titles, seen := map[string]string{}, map[string]bool{}
	for _, rule := range r.Rules {
		titles[rule.Code] = rule.Title
	}
	add := func(f *report.Finding, justification string) {
		seen[f.Code] = true
		out = append(out, result{
			rule: f.Code, title: titles[f.Code] + " (" + objectName(f.Object) + ")", severity: f.Severity, text: f.Message, advice: remedy(f),
			object: f.Object, file: f.File, line: f.Line, fingerprint: f.Fingerprint, justification: justification,
		})
	}
	for i := range r.Findings {
		add(&r.Findings[i], "")
	}
	for i := range r.Suppressed {
		add(&r.Suppressed[i].Finding, r.Suppressed[i].Reason)
	}
	for _, rule := range r.Rules {
		if passed && !seen[rule.Code] {
			out = append(out, result{rule: rule.Code, title: rule.Title, passed: true})
		}
	}
	return out
}

// remedy is what mends a finding, in one line.
func remedy(f *report.Finding) string {
	if f.Fix != nil && len(f.Fix.Patches) > 0 {
		var all []string
		for _, p := range f.Fix.Patches {
			all = append(all, p.Command)
		}
		return strings.Join(all, " && ")
	}
	return f.Advice
}

func objectName(o report.Object) string {
	if o.Namespace == "" {
		return o.Kind + " " + o.Name
	}
	return o.Kind + " " + o.Namespace + "/" + o.Name
}

// counts is how many findings of each severity there are.
func counts(r *report.Audit) string {
	var parts []string
	for _, s := range report.Severities() {
		n := 0
		for _, f := range r.Findings {
			if f.Severity == s {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ToLower(string(s))))
		}
	}
	switch n := len(r.Findings); n {
	case 0:
		return "No findings"
	case 1:
		return "1 finding: " + parts[0]
	default:
		return fmt.Sprintf("%d findings: %s", n, strings.Join(parts, ", "))
	}
}

// besides is what is said of findings that are not shown.
func besides(r *report.Audit) string {
	var out string
	if r.Known > 0 {
		out += fmt.Sprintf("; %d known from the baseline", r.Known)
	}
	if n := len(r.Suppressed); n > 0 {
		out += fmt.Sprintf("; %d suppressed with a reason", n)
	}
	return out
}

func auditText(w io.Writer, r *report.Audit, o printer.Options) error {
	var b strings.Builder
	for i := range r.Findings {
		f := &r.Findings[i]
		head := fmt.Sprintf("%-8s  %s  %s", f.Severity, f.Code, printer.Plain(objectName(f.Object)))
		if f.Path != "" {
			head += "  " + printer.Plain(f.Path)
		}
		if f.File != "" {
			head += fmt.Sprintf("  (%s:%d)", printer.Plain(f.File), f.Line)
		}
		b.WriteString(paint(o, f.Severity, head) + "\n")
		b.WriteString(printer.Wrapped(printer.Plain(f.Message), "          ", o.Width))
		if fix := remedy(f); fix != "" {
			// A command is for copying, and not wrapped.
			b.WriteString("          Fix: " + printer.Plain(fix) + "\n")
		}
	}
	if !o.NoHeaders {
		if len(r.Findings) > 0 {
			b.WriteString("\n")
		}
		b.WriteString(counts(r) + besides(r) + ".\n")
		if len(r.Findings) > 0 {
			fmt.Fprintf(&b, "What a code means: kubectl netguard audit --explain %s\n", r.Findings[0].Code)
		}
		for i, g := range r.Gaps {
			if i == 0 {
				b.WriteString("\nNot complete; findings may be missing:\n")
			}
			b.WriteString("  cannot " + printer.Plain(g.Needs) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func paint(o printer.Options, s report.Severity, text string) string {
	if !o.Color {
		return text
	}
	colour := map[report.Severity]string{report.Critical: "1;31", report.High: "31", report.Medium: "33", report.Low: "36", report.Info: "2"}[s]
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func auditMarkdown(w io.Writer, r *report.Audit) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## netguard audit\n\n%s%s.\n", counts(r), besides(r))
	if len(r.Findings) > 0 {
		b.WriteString("\n| Severity | Code | Object | What is wrong | Fix |\n|---|---|---|---|---|\n")
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		where := printer.MarkdownCode(objectName(f.Object))
		if f.File != "" {
			where += " " + printer.MarkdownCode(fmt.Sprintf("%s:%d", f.File, f.Line))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.Severity, f.Code, where, printer.MarkdownCode(f.Message), printer.MarkdownCode(remedy(f)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const htmlHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>netguard audit</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
article { border-left: .4rem solid #888; padding: .2rem 1rem; margin: 1rem 0; }
.Critical { border-color: #a00000; } .High { border-color: #d03000; } .Medium { border-color: #b07000; } .Low { border-color: #2070a0; }
h2 { font-size: 1rem; margin: .3rem 0; } p { margin: .3rem 0; overflow-wrap: anywhere; }
code, pre { font: .9em ui-monospace, monospace; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>netguard audit</h1>
`

// auditHTML is one page without scripts, and without anything from elsewhere.
func auditHTML(w io.Writer, r *report.Audit) error {
	esc := func(s string) string { return html.EscapeString(printer.Plain(s)) }
	var b strings.Builder
	b.WriteString(htmlHead)
	fmt.Fprintf(&b, "<p>%s%s.</p>\n", esc(counts(r)), esc(besides(r)))
	for i := range r.Findings {
		f := &r.Findings[i]
		fmt.Fprintf(&b, "<article class=%q>\n<h2>%s %s: %s</h2>\n", string(f.Severity), f.Severity, f.Code, esc(objectName(f.Object)))
		if at := slices.IndexFunc(r.Rules, func(x report.FindingRule) bool { return x.Code == f.Code }); at >= 0 {
			fmt.Fprintf(&b, "<p><strong>%s</strong></p>\n", esc(r.Rules[at].Title))
		}
		fmt.Fprintf(&b, "<p>%s</p>\n", esc(f.Message))
		if f.Path != "" || f.File != "" {
			where := f.Path
			if f.File != "" {
				where = strings.TrimSpace(fmt.Sprintf("%s %s:%d", where, f.File, f.Line))
			}
			fmt.Fprintf(&b, "<p><code>%s</code></p>\n", esc(where))
		}
		if fix := remedy(f); fix != "" {
			fmt.Fprintf(&b, "<pre>%s</pre>\n", esc(fix))
		}
		b.WriteString("</article>\n")
	}
	b.WriteString("</body>\n</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// Rule prints what a code means.
func Rule(w io.Writer, rule report.FindingRule, o printer.Options) error {
	if done, err := printer.Document(w, rule, o); done {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s (%s)\n%s\n\n", rule.Code, rule.Name, strings.ToLower(string(rule.Severity)), rule.Title)
	for _, p := range strings.Split(strings.ReplaceAll(rule.Help, "**", ""), "\n\n") {
		b.WriteString(printer.Wrapped(p, "", o.Width) + "\n")
	}
	for _, s := range rule.Sources {
		b.WriteString("Source: " + s + "\n")
	}
	if len(rule.Others) > 0 {
		b.WriteString("Elsewhere: " + strings.Join(rule.Others, "; ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
