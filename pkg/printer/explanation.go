package printer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/reference"
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
	short := t.below(r)
	t.headline(p, full, r)
	if len(r.Answers) > 1 {
		if line := short.partly(r.Answers); line != "" {
			p.para(2, line)
		}
	}
	t.answers(p, short, r)
	t.lookup(p, short, r)
	if r.Fix != nil && len(r.Fix.Patches) > 0 {
		p.gap()
		t.fix(p, short, r.Fix)
	}
	if l := r.Lookup; l != nil && l.Fix != nil && len(l.Fix.Patches) > 0 {
		p.gap()
		what := "Fix of the lookup"
		if r.Fix != nil {
			what = "And so that the name can be looked up"
		}
		t.patches(p, short, l.Fix, what)
	}
	t.gaps(p, r.Gaps)
	return nil
}

// Limits of how many answers are shown, wide output aside: with more than a few,
// what is allowed has its title only, and in the end there are only counts.
const (
	answersInFull = 4
	answersShown  = 8
)

func (t text) answers(p page, n names, r *report.Explanation) {
	answers := slices.Clone(r.Answers)
	slices.SortStableFunc(answers, func(a, b report.Answer) int { return urgency(a.Verdict) - urgency(b.Verdict) })
	shown := len(answers)
	if !t.wide() && shown > answersShown+1 {
		shown = answersShown
	}
	// told has each account of why by the answer that gave it first.
	told := map[string]string{}
	for i, a := range answers[:shown] {
		titleOnly := len(answers) > answersInFull && a.Verdict == report.Allowed && !t.wide()
		if !titleOnly || i == 0 || answers[i-1].Verdict != report.Allowed {
			p.gap()
		}
		if len(answers) > 1 {
			t.answerTitle(p, n, r, a)
		}
		if titleOnly {
			continue
		}
		t.hops(p, n, r, a)
		var why bytes.Buffer
		t.why(t.page(&why), n, a)
		switch first, seen := told[why.String()]; {
		case seen && why.Len() > 0:
			p.gap()
			p.para(0, "Why: as above, "+first)
		default:
			told[why.String()] = t.about(n, r, a)
			p.Write(why.Bytes())
		}
		t.notes(p, n, a)
	}
	if rest := answers[shown:]; len(rest) > 0 {
		count := map[report.Verdict]int{}
		for _, a := range rest {
			count[a.Verdict]++
		}
		var parts []string
		for _, v := range []report.Verdict{report.Denied, report.Unknown, report.Allowed} {
			if count[v] > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", count[v], t.word(v, r.Enforcement)))
			}
		}
		p.gap()
		p.para(0, fmt.Sprintf("%d more cases (%s): -o wide lists them", len(rest), strings.Join(parts, ", ")))
	}
}

// urgency orders answers: what is denied comes first.
func urgency(v report.Verdict) int {
	switch v {
	case report.Denied:
		return 0
	case report.Allowed:
		return 2
	case report.Unknown:
	}
	return 1
}

// below names things below the headline, which has named both ends in full:
// their namespaces need no repeating, unless the names would be the same.
func (t text) below(r *report.Explanation) names {
	from, to := r.Source, r.Target
	if from.Namespace != to.Namespace && from.Kind == to.Kind && from.Name == to.Name {
		return names{local: t.Namespace}
	}
	return names{local: from.Namespace, other: to.Namespace}
}

func (t text) headline(p page, n names, r *report.Explanation) {
	word := strings.ToUpper(t.word(r.Verdict, r.Enforcement))
	if r.Partly {
		word = "PARTLY " + word
	}
	target := r.Target
	if target.Port == "" && !frontDoor(target.Kind) {
		target.Port = onlyPort(r.Answers)
	}
	text := n.question(r.Source) + " → " + n.question(target)
	if columns(word)+3+columns(text) > p.width {
		text = n.question(r.Source) + " →\n" + strings.Repeat(" ", columns(word)+3) + n.question(target)
	}
	if no := (names{local: r.Source.Namespace}).noLookup(r.Lookup); no != "" && r.Verdict == report.Allowed {
		p.put("", 2, t.paint(r.Verdict, word)+" by address, but "+no)
		p.gap()
		fmt.Fprintf(p.Buffer, "  %s → %s\n", n.question(r.Source), n.question(target))
		return
	}
	fmt.Fprintf(p.Buffer, "%s   %s\n", t.paint(r.Verdict, word), text)
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

// onlyPort is the port that all answers are about, or "" when they differ.
func onlyPort(answers []report.Answer) string {
	port := ""
	for i, m := range allPorts(answers) {
		if i > 0 && asked(m) != port {
			return ""
		}
		port = asked(m)
	}
	return port
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
	// A label that would leave too little room has a line of its own.
	widest := 0
	for _, l := range lines {
		if n := columns(l.label); n <= p.width/2-10 {
			widest = max(widest, n)
		}
	}
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
	end := hopEnd(h, a).Kind
	outside := end == kindAddresses || end == kindInternet || end == kindNode || frontDoor(end)
	return !t.wide() && len(a.Hops) > 1 && h.Reason == report.NotPoliced && outside
}

// hopEnd is the end that a hop is about: on the way through a front door there
// are more than the two of the question.
func hopEnd(h report.Hop, a report.Answer) report.End {
	switch {
	case h.Of != nil && h.Of.Kind != "" && (h.Of.Kind != kindAddresses || len(h.Of.Addresses) > 0):
		return *h.Of
	case h.Kind == report.HopEgress:
		return a.Source.End
	default:
		return a.Target.End
	}
}

func hopLabel(n names, h report.Hop, a report.Answer) string {
	switch h.Kind {
	case report.HopEgress:
		return "leaving " + n.end(hopEnd(h, a))
	case report.HopIngress:
		end := hopEnd(h, a)
		if end.Kind == "Service" {
			return "entering its pods"
		}
		return "entering " + n.end(end)
	case report.HopService, report.HopEndpoint, report.HopRoute, report.HopGuard:
		if h.Object != nil {
			return n.object(h.Object.Kind, h.Object.Namespace, h.Object.Name)
		}
		if h.Reason == report.NoPods && a.Source.Total == 0 && reference.Kind(a.Source.End.Kind).Resource() != "" {
			return n.end(a.Source.End)
		}
	}
	return n.end(a.Target.End)
}

func (t text) hop(n names, h report.Hop, a report.Answer, e report.Enforcement) string {
	if h.Reason == report.Translated {
		return n.translation(h, a)
	}
	c := cause{
		verdict: h.Verdict, reason: h.Reason, hop: h.Kind, subject: "it", detail: h.Detail, needs: h.Needs, end: hopEnd(h, a).Kind,
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
	switch h.Reason {
	case report.RuleAllows:
		return word + " by " + n.reason(c)
	case report.Routed, report.GuardAsked:
		return n.reason(c)
	default:
	}
	return word + ": " + n.reason(c)
}

// translation is what a Service makes of a connection.
func (n names) translation(h report.Hop, a report.Answer) string {
	text := "passes it on"
	if of := hopEnd(h, a); h.Port != nil && n.end(of) != n.end(a.Target.End) {
		ports := append([]report.PortMapping{*h.Port}, h.MorePorts...)
		return n.ports(ports, 3) + " on " + n.end(of) + inParens(n.esc(h.Detail))
	}
	switch {
	case len(a.Ports) > 1:
		text = n.ports(a.Ports, 3)
	case h.Port != nil:
		text = n.port(*h.Port)
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
