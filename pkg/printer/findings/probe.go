package findings

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// ProbeFormats are the values of -o for probe.
func ProbeFormats() []string { return []string{printer.Table, printer.JSON, printer.YAML, JUnit, TAP} }

// Probe prints the answer of probe.
func Probe(w io.Writer, r *report.Probe, o printer.Options) error {
	if done, err := printer.Document(w, r, o); done {
		return err
	}
	switch o.Format {
	case JUnit:
		return junit(w, "netguard probe", probeResults(r))
	case TAP:
		return tap(w, probeResults(r))
	default:
		return probeText(w, r, o)
	}
}

func probeResults(r *report.Probe) []result {
	var out []result
	for i := range r.Tries {
		t := &r.Tries[i]
		if t.Role != report.RoleTarget {
			continue
		}
		title := trySource(t) + " to " + tryTarget(t)
		if t.Intent != "" {
			title = t.Intent + ": " + title
		}
		out = append(out, result{
			rule: "probe", title: title, severity: report.High, text: title + ": " + tryText(t), object: t.Source,
			passed: t.Agreement == report.Agree, open: t.Agreement == report.Inconclusive,
		})
	}
	return out
}

func trySource(t *report.Try) string {
	if t.Source.Name == "" {
		return "this machine"
	}
	return t.Source.Namespace + "/pod/" + t.Source.Name
}

func tryTarget(t *report.Try) string {
	if t.URL != "" {
		return t.Target + " (" + t.URL + ")"
	}
	return t.Target
}

// tryText is what was predicted, what happened, and what that means.
func tryText(t *report.Try) string {
	text := fmt.Sprintf("predicted %s, %s", strings.ToLower(t.Predicted.String()), outcomeWords(t))
	if means := meaning(t.Meaning); means != "" {
		text += "; " + means
	}
	return text
}

func outcomeWords(t *report.Try) string {
	words := map[report.TryOutcome]string{
		report.TryNone: "not tried", report.TryOpen: "open", report.TryRefused: "refused", report.TryTimeout: "timed out", report.TryReset: "reset",
		report.TryDNS: "name not found", report.TryFailed: "failed", report.TryUntestable: "cannot be tried",
	}[t.Outcome]
	if t.Detail != "" && t.Outcome != report.TryTimeout && t.Outcome != report.TryRefused {
		words += " (" + t.Detail + ")"
	}
	return words
}

// meaning is a code in words.
func meaning(m report.Meaning) string {
	switch m {
	case report.NotEnforced:
		return "what policies deny got through: the network plugin does not enforce them for this pod, or reads them otherwise"
	case report.Dropped:
		return "what policies allow was dropped: by a firewall or security group that is not in the API, by a policy kind that is not evaluated, or by the network plugin"
	case report.NobodyListens:
		return "somebody answered no: most often nothing listens on that port of the pod; some network plugins reject so, too"
	case report.RefusedAsDenied:
		return "the network plugin rejects, or nothing listens there: it did not get through"
	case report.NoControl:
		return "nothing that the prediction allows got through from this pod, so that this proves nothing"
	case report.EverythingAnswers:
		return "a port that nothing serves was open as well: something in between, such as a mesh's proxy, answers for everybody"
	case report.MeshAnswers:
		return "the pod is in a mesh, whose proxy accepts connections that never arrive"
	case report.NameNotFound:
		return "the name was not found: look at DNS, and at egress to it"
	case report.NoAnswer:
		return "a datagram without an answer may have arrived"
	case report.NotPredicted:
		return "the prediction is Unknown, and what happened stands alone"
	case report.DoorFails:
		return "the front door answers that it does not get to what is behind it"
	case report.CannotTry:
		return "it could not be tried"
	}
	return ""
}

func probeText(w io.Writer, r *report.Probe, o printer.Options) error {
	var b strings.Builder
	count := map[report.Agreement]int{}
	all := 0
	for i := range r.Tries {
		t := &r.Tries[i]
		head := string(t.Agreement)
		if t.Role == report.RoleTarget {
			count[t.Agreement]++
			all++
		} else {
			head = "control"
		}
		line := fmt.Sprintf("%-12s  %s -> %s", head, printer.Plain(trySource(t)), printer.Plain(tryTarget(t)))
		if t.Role == report.RoleTarget {
			if s := map[report.Agreement]report.Severity{report.Disagree: report.High, report.Inconclusive: report.Medium}[t.Agreement]; s != "" {
				line = paint(o, s, line)
			}
		}
		b.WriteString(line + "\n")
		text := tryText(t)
		switch t.Role {
		case report.RoleOpen:
			text = "predicted allowed, to see that packets leave this pod: " + outcomeWords(t)
		case report.RoleNothing:
			text = "a port that nothing serves: " + outcomeWords(t)
		case report.RoleTarget:
		}
		b.WriteString(printer.Wrapped(printer.Plain(text), "              ", o.Width))
	}
	if !o.NoHeaders {
		fmt.Fprintf(&b, "\n%d of %d tries agree with the prediction", count[report.Agree], all)
		if n := count[report.Disagree]; n > 0 {
			fmt.Fprintf(&b, ", %d disagree", n)
		}
		if n := count[report.Inconclusive]; n > 0 {
			fmt.Fprintf(&b, ", %d are inconclusive", n)
		}
		b.WriteString(".\n")
		for _, c := range r.Created {
			if c.Left != "" {
				where := c.Object.Namespace + "/pod/" + c.Object.Name
				if c.Container != "" {
					where += ", container " + c.Container
				}
				b.WriteString(printer.Wrapped(printer.Plain("Left behind: "+where+": "+c.Left), "", o.Width))
			}
		}
		if r.Bundle != "" {
			b.WriteString("What was read and tried is in " + printer.Plain(r.Bundle) + ", for a bug report.\n")
		}
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
