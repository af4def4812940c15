package findings

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// VerificationFormats are the values of -o for verify.
func VerificationFormats() []string {
	return []string{printer.Table, printer.JSON, printer.YAML, JUnit, TAP, SARIF, GitHub}
}

// Verification prints the answer of verify. Version is netguard's.
func Verification(w io.Writer, r *report.Verification, o printer.Options, version string) error {
	if done, err := printer.Document(w, r, o); done {
		return err
	}
	switch o.Format {
	case JUnit:
		return junit(w, "netguard verify", intentResults(r))
	case TAP:
		return tap(w, intentResults(r))
	case SARIF:
		return sarif(w, "verify", version, intentRules(), intentResults(r))
	case GitHub:
		return annotations(w, intentResults(r))
	default:
		return verificationText(w, r, o)
	}
}

// Codes of intents that do not hold.
const (
	brokenIntent    = "NGV001"
	undecidedIntent = "NGV002"
)

func intentRules() []report.FindingRule {
	source := []string{"https://kubernetes.io/docs/concepts/services-networking/network-policies/"}
	return []report.FindingRule{
		{
			Code: brokenIntent, Name: "broken-intent", Title: "An intent is broken", Severity: report.High, Security: true, Sources: source,
			Help: "A connection is not as an intent says.\n\nThe message names the rules that decide it.\n\n**To mend it:** change the policy, or the intent.",
		},
		{
			Code: undecidedIntent, Name: "undecided-intent", Title: "Whether an intent holds is not known", Severity: report.Medium, Sources: source,
			Help: "Something that an intent depends on could not be read, or is not modelled.\n\nUnknown never passes.\n\n**To mend it:** give the permission that is named, or pass --allow-unknown.",
		},
	}
}

func intentResults(r *report.Verification) []result {
	var out []result
	for i := range r.Results {
		x := &r.Results[i]
		sum := sha256.Sum256([]byte(x.Name + "\x00" + x.Expect + "\x00" + x.File))
		out = append(out, result{
			rule: brokenIntent, title: x.Name, severity: report.High, passed: x.Outcome == report.Holds, open: x.Outcome == report.Undecided,
			text: x.Name + ": " + outcomeText(x), advice: intentFix(x), object: report.Object{Kind: "Intents", Name: x.Name},
			file: x.File, line: x.Line, fingerprint: hex.EncodeToString(sum[:16]),
		})
		if x.Outcome == report.Undecided {
			out[i].rule, out[i].severity = undecidedIntent, report.Medium
		}
	}
	return out
}

// outcomeText is what became of an intent, in a line.
func outcomeText(x *report.IntentResult) string {
	switch {
	case x.Problem != "":
		return x.Problem
	case x.Outcome == report.Holds:
		return "holds"
	case len(x.Failures) == 0:
		return "not known"
	}
	text := failureText(&x.Failures[0])
	if n := len(x.Failures) + x.More - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

func failureText(f *report.IntentFailure) string {
	verdict := map[report.Verdict]string{report.Allowed: "is allowed", report.Denied: "is denied", report.Unknown: "is not known"}[f.Verdict]
	if f.Partly {
		verdict += " for some, and not for others"
	}
	text := fmt.Sprintf("%s to %s %s", endName(f.From), endName(f.To), verdict)
	if f.Reason != "" {
		text += " (" + string(f.Reason)
		if f.Detail != "" {
			text += ": " + f.Detail
		}
		text += ")"
	}
	var by []string
	for _, r := range f.DecidedBy {
		name := objectName(r.Policy)
		if r.Path != "" {
			name += " " + r.Path
		}
		if r.Location != "" {
			name += " at " + r.Location
		}
		by = append(by, name)
	}
	if len(by) > 0 {
		text += " by " + strings.Join(by, ", ")
	}
	return text
}

func endName(e report.End) string {
	var text string
	switch {
	case e.Kind == "Internet":
		text = "the internet"
	case e.Kind == "Addresses":
		text = strings.Join(e.Addresses, ", ")
	case e.Kind == "Labels":
		var labels []string
		for _, k := range slices.Sorted(maps.Keys(e.Labels)) {
			labels = append(labels, k+"="+e.Labels[k])
		}
		text = "pods of " + e.Namespace + " with " + strings.Join(labels, ",")
	case e.Name == "":
		text = "every " + strings.ToLower(e.Kind)
	case e.Namespace == "":
		text = e.Kind + " " + e.Name
	default:
		text = e.Kind + " " + e.Namespace + "/" + e.Name
	}
	if e.Port != "" {
		text += ":" + e.Port
	}
	return text
}

// intentFix is what mends a broken intent, where a change of policies does.
func intentFix(x *report.IntentResult) string {
	for i := range x.Failures {
		if f := x.Failures[i].Fix; f != nil && len(f.Patches) > 0 {
			return remedy(&report.Finding{Fix: f})
		}
	}
	return ""
}

func verificationText(w io.Writer, r *report.Verification, o printer.Options) error {
	var b strings.Builder
	count := map[report.Outcome]int{}
	for i := range r.Results {
		x := &r.Results[i]
		count[x.Outcome]++
		head := fmt.Sprintf("%-9s  %s  (%s:%d)", x.Outcome, printer.Plain(x.Name), printer.Plain(x.File), x.Line)
		if severity := map[report.Outcome]report.Severity{report.Broken: report.High, report.Undecided: report.Medium}[x.Outcome]; severity != "" {
			head = paint(o, severity, head)
		}
		b.WriteString(head + "\n")
		if x.Problem != "" {
			b.WriteString(printer.Wrapped(printer.Plain(x.Problem), "           ", o.Width))
		}
		for j := range x.Failures {
			f := &x.Failures[j]
			b.WriteString(printer.Wrapped(printer.Plain(failureText(f)), "           ", o.Width))
			if f.Fix != nil && len(f.Fix.Patches) > 0 {
				b.WriteString("           Fix: " + printer.Plain(remedy(&report.Finding{Fix: f.Fix})) + "\n")
			}
		}
		if x.More > 0 {
			fmt.Fprintf(&b, "           and %d more\n", x.More)
		}
	}
	if !o.NoHeaders {
		fmt.Fprintf(&b, "\n%d of %d intents hold", count[report.Holds], len(r.Results))
		if n := count[report.Broken]; n > 0 {
			fmt.Fprintf(&b, ", %d broken", n)
		}
		if n := count[report.Undecided]; n > 0 {
			fmt.Fprintf(&b, ", %d undecided", n)
		}
		b.WriteString(".\n")
		for i, g := range r.Gaps {
			if i == 0 {
				b.WriteString("\nNot complete:\n")
			}
			b.WriteString("  cannot " + printer.Plain(g.Needs) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
