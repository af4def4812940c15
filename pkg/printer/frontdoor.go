package printer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// frontDoor tells whether a kind of end is a way in.
func frontDoor(kind string) bool { return reference.Kind(kind).IsDoor() }

// frontDoor prints, for each door, whether it works and why not, how to mend it,
// and then who else gets to the pods behind it.
func (t text) frontDoor(b *bytes.Buffer, r *report.FrontDoor) error {
	if t.NoHeaders {
		return t.doorRows(b, r)
	}
	p := t.page(b)
	if line := (names{}).enforcement(r.Enforcement); line != "" {
		p.put("", 2, line)
		p.gap()
	}
	for i := range r.Doors {
		if i > 0 {
			p.gap()
		}
		if err := t.door(b, r, &r.Doors[i]); err != nil {
			return err
		}
	}
	t.gaps(p, r.Gaps)
	return nil
}

func (t text) door(b *bytes.Buffer, r *report.FrontDoor, d *report.Door) error {
	p, n := t.page(b), names{local: d.Object.Namespace}
	title := names{}.object(d.Object.Kind, d.Object.Namespace, d.Object.Name)
	if len(d.Backends) == 1 && d.Backends[0].Service.Name != "" {
		title += " → " + n.backend(d.Backends[0])
	}
	head := t.verdict(d.Verdict, d.Partly, r)
	if d.Verdict == report.Allowed && someShutOut(d) {
		head = t.paint(report.Unknown, "ALLOWED for some clients")
	}
	p.put(head+"   ", 4, title)
	if len(d.Backends) == 0 && d.Problem == "" {
		p.para(2, "No route sends requests anywhere.")
	}
	if len(d.Backends) == 1 {
		t.requests(p, n, r, d, d.Backends[0])
	}
	t.behind(p, n, d)
	t.tls(p, n, d)
	t.guards(p, n, d)
	t.clients(p, n, r, d)
	for _, refused := range d.Refused {
		by := n.object(refused.By.Kind, refused.By.Namespace, refused.By.Name)
		p.fact("Refused", n.esc(refused.Field)+" of "+by+": "+prose(refused.Detail))
	}
	if len(d.Backends) > 1 {
		t.backendList(p, n, r, d)
	}
	for i := range d.Backends {
		t.doorBackend(p, n, r, d, &d.Backends[i])
	}
	told := map[string]string{}
	for i := range d.Backends {
		if err := t.besides(b, n, r, &d.Backends[i], told); err != nil {
			return err
		}
	}
	return nil
}

// verdict is a verdict as it heads a section.
func (t text) verdict(v report.Verdict, partly bool, r *report.FrontDoor) string {
	word := strings.ToUpper(t.word(v, r.Enforcement))
	if partly {
		word = "PARTLY " + word
	}
	return t.paint(v, word)
}

// backend is where requests go.
func (n names) backend(b report.DoorBackend) string {
	switch {
	case b.Reason == report.AnsweredByDoor:
		return "the controller itself"
	case b.Redirect != 0 && b.Verdict == report.Allowed:
		return "redirect " + fmt.Sprint(b.Redirect)
	case b.Service.Name == "":
		return "nowhere"
	}
	text := n.object(b.Service.Kind, b.Service.Namespace, b.Service.Name)
	if b.Port != "" {
		text += ":" + n.esc(b.Port)
	}
	return text
}

// requests says what becomes of the requests to a backend.
func (t text) requests(p page, n names, r *report.FrontDoor, d *report.Door, b report.DoorBackend) {
	word, why := "works", n.whyNot(b)
	switch {
	case b.Reason == report.AnsweredByDoor:
		word, why = "works", "the controller answers itself"+inParens(n.esc(b.Detail))
	case b.Verdict == report.Allowed && d.Verdict == report.Denied && len(d.Backends) == 1:
		word, why = "does not work", "clients outside do not get to the controller"
	case b.Verdict == report.Allowed && d.Verdict == report.Unknown && len(d.Guards) > 0:
		word = "works for clients that get in, see Entry"
	case b.Verdict == report.Allowed && d.Verdict == report.Unknown && len(d.Backends) == 1 && len(d.Outside) > 0:
		word = "works for clients that get in, see Entry"
	case b.Verdict == report.Allowed && someShutOut(d):
		word = "works for some clients, see Entry"
	case b.Verdict == report.Denied && r.Enforcement.Enforced == report.EnforcedNo:
		word = "would not work"
	case b.Verdict == report.Denied && b.Partly:
		word = "works only partly"
	case b.Verdict == report.Denied:
		word = "does not work"
	case b.Verdict == report.Unknown:
		word = "may or may not work"
	case b.Redirect != 0:
		word = fmt.Sprintf("works: the door answers it itself, with %d", b.Redirect)
	}
	if d.Problem != "" && d.Problem == b.Reason {
		why = "" // said of the controller
	}
	text := t.urls(n, b) + " " + word
	if b.Mirror {
		text = "Copies of " + t.urls(n, b) + " " + map[report.Verdict]string{
			report.Allowed: "get there", report.Denied: "do not get there", report.Unknown: "may or may not get there",
		}[b.Verdict]
	}
	if why != "" {
		text += ": " + why
	}
	text += "."
	if sees := n.clientSees(b); sees != "" {
		text += " " + sees
	}
	p.para(2, text)
}

// whyNot is the reason for which requests do not get to a backend, for people
// who do not know yet what is wrong.
func (n names) whyNot(b report.DoorBackend) string {
	c := cause{verdict: b.Verdict, reason: b.Reason, detail: b.Detail, subject: "it", option: b.Option}
	switch {
	case b.Verdict == report.Allowed:
		return ""
	case n.askedFirst(b) != "" && b.Reason.ByPolicy():
		return "the controller asks " + n.askedFirst(b) + " before it passes a request on, and policies keep it from there"
	case n.askedFirst(b) != "":
		return "the controller asks " + n.askedFirst(b) + " before it passes a request on, and that does not work"
	case b.Reason.ByPolicy():
		for _, a := range b.Answers {
			for _, h := range a.Hops {
				if h.Verdict != report.Denied {
					continue
				}
				if frontDoor(a.Source.End.Kind) || a.Source.End.Kind == kindAddresses || a.Source.End.Kind == kindNode {
					return "the pods' policies do not let the load balancer in"
				}
				if h.Kind == report.HopEgress {
					return "the controller's own policies do not let it out to the pods"
				}
			}
		}
		return "the pods' policies do not let the controller in"
	case b.Reason == report.NotRead:
		return "what decides it was not read, see below"
	}
	for _, a := range b.Answers {
		if hop := len(a.Hops) - 1; hop >= 0 && a.Verdict == b.Verdict {
			c.hop, c.needs = a.Hops[hop].Kind, a.Hops[hop].Needs
		}
	}
	return n.reason(c)
}

// factText is the column of what stands beside a label.
const factText = 14

func (p page) fact(label, text string) { p.put(pad("  "+label, factText), factText, text) }

// behind says who carries the traffic and by which evidence; wide, all of it.
func (t text) behind(p page, n names, d *report.Door) {
	p.gap()
	if len(d.DataPlane) == 0 && d.Problem == "" {
		return
	}
	var who []string
	for _, m := range d.DataPlane {
		switch {
		case len(m.End.Addresses) == 0 && m.End.Kind == kindAddresses:
			who = append(who, n.esc(orElse(d.ControllerName, "an address outside")))
		case m.End.Kind == kindAddresses, m.End.Kind == kindNode:
			who = append(who, n.end(m.End))
		default:
			who = append(who, n.stands(m))
		}
	}
	text := names{escape: same}.list(who, 3)
	if d.Problem != "" {
		c := cause{reason: d.Problem, detail: d.Detail, subject: "it", option: d.Option}
		switch {
		case d.Problem == report.NotRead:
			c.needs = []string{d.Detail}
		case d.Problem == report.ControllerUnknown && len(d.Evidence) > 0:
			c.detail = "" // what was tried stands below
		}
		text = t.paint(report.Unknown, "unknown") + ": " + n.reason(c)
		switch {
		case d.RefusedBy != nil && d.Verdict == report.Denied:
			text = n.object(d.RefusedBy.Kind, d.RefusedBy.Namespace, d.RefusedBy.Name)
			if name := n.esc(d.ControllerName); name != "" && !strings.Contains(text, name) {
				text += " (" + name + ")"
			}
			text = t.paint(report.Denied, "none") + ": " + text + " is there, but " + n.reason(c)
		case d.Verdict == report.Denied && d.Problem != report.NotRead:
			text = t.paint(report.Denied, "none") + ": " + n.reason(c)
		}
	} else {
		if name := n.esc(d.ControllerName); name != "" && !strings.Contains(text, name) {
			text += " (" + name + ")"
		}
		for _, e := range slices.Backward(d.Evidence) {
			if e.Found {
				text += ", found " + n.found(e.Step)
				break
			}
		}
		if d.Anywhere {
			text += ". Its addresses are not known: --controller CIDR tells them"
		}
	}
	p.fact("Controller", text)
	if t.wide() || d.Problem != "" && d.Problem != report.NotRead {
		for _, e := range d.Evidence {
			mark := "no"
			if e.Found {
				mark = "ok"
			}
			verdict := report.Denied
			if e.Found {
				verdict = report.Allowed
			}
			p.put(pad("", factText)+t.paint(verdict, mark)+"  ", factText+4, n.stepName(e.Step)+": "+n.esc(e.Detail))
		}
	}
	if t.wide() && d.Source != "" {
		p.fact("", "see "+n.esc(d.Source))
	}
}

// someShutOut tells whether some clients outside get in and others do not.
func someShutOut(d *report.Door) bool {
	verdicts := map[report.Verdict]int{}
	for _, a := range d.Outside {
		verdicts[a.Verdict]++
	}
	return verdicts[report.Denied] > 0 && verdicts[report.Denied] < len(d.Outside)
}

// clients says whether clients outside get to the door.
func (t text) clients(p page, n names, r *report.FrontDoor, d *report.Door) {
	if len(d.Outside) == 0 {
		return
	}
	at := ""
	if d.Entry != nil {
		at = " at " + n.object(d.Entry.Kind, d.Entry.Namespace, d.Entry.Name)
	}
	if len(d.Addresses) > 0 {
		at += inParens(n.list(d.Addresses, 3))
	}
	verdicts := map[report.Verdict]int{}
	for _, a := range d.Outside {
		verdicts[a.Verdict]++
	}
	word, text := report.Allowed, "clients outside get in"
	switch {
	case verdicts[report.Denied] == len(d.Outside):
		word, text = report.Denied, "clients outside do not get in"
	case verdicts[report.Denied] > 0:
		word, text = report.Unknown, "only some clients outside get in"
	case verdicts[report.Unknown] > 0:
		word, text = report.Unknown, "whether clients outside get in"
	}
	label := t.strong(word, r)
	if someShutOut(d) {
		label = "PARTLY"
	}
	p.fact("Entry", t.paint(word, label)+": "+text+at)
	if verdicts[report.Allowed] == len(d.Outside) && !t.wide() {
		return
	}
	if len(d.Guards) > 0 && byGuards(d.Outside) && !t.wide() {
		p.para(factText, n.whoGetsIn(d))
		for _, line := range n.caveatLines(d.Outside) {
			p.put(pad("", factText)+"Note: ", factText+6, line)
		}
		return
	}
	out := &report.Explanation{Source: report.End{Kind: kindInternet}, Enforcement: r.Enforcement, Answers: d.Outside}
	if line := n.partly(out.Answers); line != "" {
		p.para(factText, line)
		if source, target, ports := varies(out.Answers); source && !target && !ports && !n.byNode(out.Answers) && !t.wide() {
			return // by address, as somebody meant it
		}
	}
	t.answers(p, n, out)
	if d.Fix != nil {
		p.gap()
		t.fix(p, n, d.Fix)
	}
}

// strong is a verdict in the middle of text: in capitals, if it is no good news.
func (t text) strong(v report.Verdict, r *report.FrontDoor) string {
	if v == report.Allowed {
		return "allowed"
	}
	return strings.ToUpper(t.word(v, r.Enforcement))
}

// backendList sums up the backends of a door that has several.
func (t text) backendList(p page, n names, r *report.FrontDoor, d *report.Door) {
	p.gap()
	for _, v := range []report.Verdict{report.Denied, report.Unknown, report.Allowed} {
		for _, b := range d.Backends {
			text := t.urls(n, b) + " → " + n.backend(b)
			if b.Mirror {
				text += " (copies)"
			}
			switch {
			case b.Verdict != v:
			case unused(d, &b):
				p.put("  UNUSED  ", 6, text+": "+n.whyNot(b))
			default:
				p.put("  "+t.verdict(v, b.Partly, r)+"  ", 6, text)
			}
		}
	}
}

// unused: a default backend that no request gets to, beside others.
func unused(d *report.Door, b *report.DoorBackend) bool {
	return b.Reason == report.NeverAsked && len(d.Backends) > 1
}

// doorBackend prints why a backend is reached or not.
func (t text) doorBackend(p page, n names, r *report.FrontDoor, d *report.Door, backend *report.DoorBackend) {
	if backend.Verdict == report.Allowed && !t.wide() || unused(d, backend) {
		return
	}
	if ns := backend.Service.Namespace; ns != "" {
		n.other = ns
	}
	if len(d.Backends) > 1 {
		p.gap()
		p.put(t.verdict(backend.Verdict, backend.Partly, r)+"   ", 4, n.backend(*backend))
		t.requests(p, n, r, d, *backend)
	}
	if !toldInSentence(backend) {
		x := &report.Explanation{
			Source:  report.End{Kind: d.Object.Kind, Namespace: d.Object.Namespace, Name: d.Object.Name},
			Target:  report.End{Kind: backend.Service.Kind, Namespace: backend.Service.Namespace, Name: backend.Service.Name},
			Answers: backend.Answers, Enforcement: r.Enforcement,
		}
		if line := n.partly(x.Answers); len(x.Answers) > 1 && line != "" {
			p.gap()
			p.para(2, line)
		}
		t.answers(p, n, x)
	}
	if backend.Fix != nil && len(backend.Fix.Patches) > 0 {
		p.gap()
		t.fix(p, n, backend.Fix)
	}
}

// toldInSentence: a way of one hop says no more than its reason.
func toldInSentence(b *report.DoorBackend) bool {
	return len(b.Answers) == 0 || len(b.Answers) == 1 && len(b.Answers[0].Hops) == 1 && len(b.Answers[0].Hops[0].Policies) == 0
}

// besides prints who else gets to a backend's pods; backends may share pods.
func (t text) besides(b *bytes.Buffer, n names, r *report.FrontDoor, backend *report.DoorBackend, told map[string]string) error {
	if len(backend.Inside) == 0 && len(backend.Around) == 0 {
		return nil
	}
	if ns := backend.Service.Namespace; ns != "" {
		n.other = ns
	}
	p, name := t.page(b), n.object(backend.Service.Kind, backend.Service.Namespace, backend.Service.Name)
	var section bytes.Buffer
	inside := &report.Reach{
		Of:        report.End{Kind: backend.Service.Kind, Namespace: backend.Service.Namespace, Name: backend.Service.Name},
		Direction: report.Ingress, Enforcement: r.Enforcement, Rows: backend.Inside,
	}
	for _, row := range backend.Inside {
		for _, port := range row.Ports {
			if !slices.Contains(inside.Ports, port) {
				inside.Ports = append(inside.Ports, port)
			}
		}
	}
	rows := make([]reachRow, 0, len(backend.Inside))
	for _, row := range backend.Inside {
		rows = append(rows, t.reachRow(n, inside, row))
	}
	if len(rows) > 0 {
		if err := t.reachTable(&section, inside, rows); err != nil {
			return err
		}
		t.rowNotes(t.page(&section), n, inside)
	}
	t.around(t.page(&section), n, r, backend)
	p.gap()
	if first, seen := told[section.String()]; seen {
		p.para(0, "Other sources of "+name+": as "+first+", above")
		return nil
	}
	told[section.String()] = name
	if len(rows) > 0 {
		p.para(0, "Other sources of "+name)
		p.Write(section.Bytes())
	} else {
		p.Write(bytes.TrimPrefix(section.Bytes(), []byte("\n")))
	}
	for _, m := range backend.Meant {
		p.gap()
		p.para(0, "A rule was meant to allow "+n.end(m.End)+"; only its port is wrong.")
		t.fix(p, n, &m.Fix)
	}
	return nil
}

// around prints the ways past the door.
func (t text) around(p page, n names, r *report.FrontDoor, b *report.DoorBackend) {
	p.gap()
	if len(b.Around) == 0 {
		p.para(0, "Other exposed routes to these pods: none")
		return
	}
	p.para(0, "Other exposed routes to these pods")
	for _, w := range b.Around {
		word := t.verdict(w.Verdict, w.Partly, r)
		why := names{local: n.local, other: n.other}.reason(cause{
			verdict: w.Verdict, reason: w.Reason, hop: report.HopIngress, rules: w.DecidedBy, subject: "the pods",
		})
		if w.Reason == report.RuleAllows {
			why = "by " + why
		}
		p.put("  "+word+"  ", 6, n.wayText(w)+": "+why)
	}
}
