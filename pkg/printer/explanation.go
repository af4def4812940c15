package printer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// explanation prints the verdict, then for each answer the way hop by hop and
// why, then the fix, then what could not be read.
func (t text) explanation(b *bytes.Buffer, r *report.Explanation) error {
	p, full := t.page(b), names{}
	if line := full.enforcement(r.Enforcement); line != "" {
		p.put("", 2, line)
		p.gap()
	}
	short := names{local: t.localTo(r)}
	t.headline(p, full, r)
	if len(r.Answers) > 1 {
		if line := short.partly(r.Answers); line != "" {
			p.para(2, line)
		}
	}
	answers := slices.Clone(r.Answers)
	slices.SortStableFunc(answers, func(a, b report.Answer) int { return urgency(a.Verdict) - urgency(b.Verdict) })
	for _, a := range answers {
		p.gap()
		if len(answers) > 1 {
			t.answerTitle(p, short, r, a)
		}
		t.hops(p, short, r, a)
		t.why(p, short, a)
		t.notes(p, short, a)
	}
	if r.Fix != nil && len(r.Fix.Patches) > 0 {
		p.gap()
		t.fix(p, short, r.Fix)
	}
	t.gaps(p, r.Gaps)
	return nil
}

// urgency orders answers: what is denied comes first.
func urgency(v report.Verdict) int {
	switch v {
	case report.Denied:
		return 0
	case report.Allowed:
		return 2
	default:
		return 1
	}
}

// localTo is the namespace that need not be repeated below the headline: the
// one that both ends share, or else the user's own.
func (t text) localTo(r *report.Explanation) string {
	switch {
	case r.Source.Namespace == r.Target.Namespace, r.Target.Namespace == "":
		return orElse(r.Source.Namespace, t.Namespace)
	case r.Source.Namespace == "":
		return r.Target.Namespace
	default:
		return t.Namespace
	}
}

func (t text) headline(p page, n names, r *report.Explanation) {
	word := strings.ToUpper(t.word(r.Verdict, r.Enforcement))
	if r.Partly {
		word += ", partly"
	}
	target := r.Target
	if ports := n.ports(allPorts(r.Answers), 0); target.Port == "" && len(r.Answers) > 0 && !strings.Contains(ports, ",") {
		if m := r.Answers[0].Ports; len(m) > 0 {
			target.Port = asked(m[0])
		}
	}
	text := n.question(r.Source) + " → " + n.question(target)
	if columns(word)+3+columns(text) > p.width {
		text = n.question(r.Source) + " →\n" + strings.Repeat(" ", columns(word)+3) + n.question(target)
	}
	fmt.Fprintf(p, "%s   %s\n", t.paint(r.Verdict, word), text)
}

// asked is a port as a client of the target names it.
func asked(m report.PortMapping) string {
	switch {
	case m.Service != 0:
		return fmt.Sprintf("%d/%s", m.Service, m.Protocol)
	case m.Pod != 0:
		return fmt.Sprintf("%d/%s", m.Pod, m.Protocol)
	default:
		return ""
	}
}

func allPorts(answers []report.Answer) []report.PortMapping {
	var out []report.PortMapping
	for _, a := range answers {
		out = append(out, a.Ports...)
	}
	return out
}

// hops prints the way, one numbered line for each stage.
func (t text) hops(p page, n names, r *report.Explanation, a report.Answer) {
	type line struct{ label, text string }
	var lines []line
	for _, h := range a.Hops {
		if t.idle(h, a) {
			continue
		}
		lines = append(lines, line{hopLabel(n, h, a), t.hop(n, h, a, r.Enforcement)})
	}
	widest := 0
	for _, l := range lines {
		widest = max(widest, columns(l.label))
	}
	widest = min(widest, p.width/2-10)
	for i, l := range lines {
		prefix := fmt.Sprintf("  %d. %s", i+1, l.label)
		if columns(l.label) > widest {
			p.WriteString(prefix + "\n")
			prefix = ""
		}
		p.put(pad(prefix, 5+widest+3), 5+widest+3, l.text)
	}
}

// idle hops say nothing: no policy could apply to an end outside.
func (t text) idle(h report.Hop, a report.Answer) bool {
	end := a.Source.End.Kind
	if h.Kind == report.HopIngress {
		end = a.Target.End.Kind
	}
	outside := end == kindAddresses || end == kindInternet || end == "Node"
	return !t.wide() && len(a.Hops) > 1 && h.Reason == report.NotPoliced && outside
}

func hopLabel(n names, h report.Hop, a report.Answer) string {
	switch h.Kind {
	case report.HopEgress:
		return "leaving " + n.end(a.Source.End)
	case report.HopIngress:
		if a.Target.End.Kind == "Service" {
			return "entering its pods"
		}
		return "entering " + n.end(a.Target.End)
	case report.HopService, report.HopEndpoint:
		if h.Object != nil {
			return n.object(h.Object.Kind, h.Object.Namespace, h.Object.Name)
		}
	}
	return n.end(a.Target.End)
}

func (t text) hop(n names, h report.Hop, a report.Answer, e report.Enforcement) string {
	if h.Reason == report.Translated {
		return n.translation(h, a)
	}
	c := cause{
		verdict: h.Verdict, reason: h.Reason, hop: h.Kind, subject: "it", detail: h.Detail, needs: h.Needs, end: a.Target.End.Kind,
	}
	if h.Kind == report.HopEgress {
		c.end = a.Source.End.Kind
	}
	for _, p := range h.Policies {
		c.policies = append(c.policies, p.Policy)
	}
	if h.DecidedBy != nil {
		c.rules = []report.RuleRef{*h.DecidedBy}
	}
	word := t.word(h.Verdict, e)
	if h.Verdict != report.Allowed {
		word = strings.ToUpper(word)
	}
	word = t.paint(h.Verdict, word)
	if h.Reason == report.RuleAllows {
		return word + " " + n.reason(c)
	}
	return word + ": " + n.reason(c)
}

// translation is what a Service makes of a connection.
func (n names) translation(h report.Hop, a report.Answer) string {
	text := "passes it on"
	if h.Port != nil && h.Port.Pod != 0 && h.Port.Service != h.Port.Pod && h.Port.Service != 0 {
		text = fmt.Sprintf("port %d/%s becomes %s", h.Port.Service, h.Port.Protocol, n.podPort(*h.Port))
	} else if h.Port != nil {
		text = "port " + n.port(*h.Port)
	}
	if m := a.Target; m.Count > 0 && m.End.Kind != "Service" {
		on := n.end(m.End)
		switch {
		case m.Count < m.Total:
			on = n.members(m)
		case m.Count > 1 && m.End.Kind != "Pod":
			on = fmt.Sprintf("%d pods of %s", m.Count, on)
		}
		text += " on " + on
	}
	return text + inParens(n.esc(h.Detail))
}

// notes are what one should know beside the verdict.
func (t text) notes(p page, n names, a report.Answer) {
	var lines []string
	for _, m := range a.Ports {
		if m.Undeclared && m.Pod != 0 {
			lines = append(lines, "no container declares port "+n.podPort(m)+". That is legal, but often a mistake.")
		}
	}
	for _, c := range a.Caveats {
		line := n.caveat(c)
		if c.Source != "" {
			line += " (" + n.esc(c.Source) + ")"
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		p.gap()
	}
	for _, line := range lines {
		p.put("Note: ", 6, line)
	}
}

func (t text) gaps(p page, gaps []report.Gap) {
	if len(gaps) == 0 {
		return
	}
	p.gap()
	p.WriteString("Not read\n")
	for _, g := range gaps {
		p.para(2, names{}.gap(g))
		if t.wide() && g.Message != "" && g.Reason == "Forbidden" {
			p.para(4, prose(g.Message))
		}
	}
}
