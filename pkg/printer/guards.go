package printer

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// guards says what a door has of its own to keep clients out.
func (t text) guards(p page, n names, d *report.Door) {
	for _, g := range d.Guards {
		p.fact("Guard", n.guard(g)+" ("+n.guardPlace(g, d.Object)+")")
		if t.wide() && g.Source != "" {
			p.fact("", "see "+n.esc(g.Source))
		}
	}
}

// guard is what a guard does.
func (n names) guard(g report.Guard) string {
	others := ""
	if g.ClientSees != "" {
		others = "; others see " + n.esc(g.ClientSees)
	}
	switch g.Effect {
	case report.GuardInside:
		return "internal: not from the internet, only from where its address is routed"
	case report.GuardAddresses:
		switch {
		case len(g.Allow) == 0:
			return "not from " + n.list(g.Deny, 3) + strings.Replace(others, "others", "they", 1)
		case len(g.Deny) == 0:
			return "only from " + n.list(g.Allow, 3) + others
		default:
			return "only from " + n.list(g.Allow, 3) + ", not from " + n.list(g.Deny, 3) + others
		}
	case report.GuardAsks:
		who := "a service outside of the cluster"
		if g.Asks != nil {
			who = n.object(g.Asks.Kind, g.Asks.Namespace, g.Asks.Name)
		}
		return "asks " + who + " before it passes a request on"
	case report.GuardAnswers:
		return "the controller answers itself"
	case report.GuardUnknown:
	}
	return "unknown: " + n.doubt(g.Doubt)
}

// doubt is why the effect of a guard is not known.
func (n names) doubt(d report.GuardDoubt) string {
	switch d {
	case report.DoubtInvalid:
		return "its value is none that the controller takes"
	case report.DoubtElsewhere:
		return "whom it lets in is kept outside of the cluster's API"
	case report.DoubtMissing:
		return "what it names does not exist"
	case report.DoubtUnread:
		return "what it depends on could not be read"
	case report.DoubtNotEvaluated:
	}
	return "netguard does not evaluate what it says"
}

// guardPlace is where a guard is written: its object too, if that is not the door itself.
func (n names) guardPlace(g report.Guard, door report.Object) string {
	place := n.esc(g.Field)
	if g.Object != door {
		place += " of " + n.object(g.Object.Kind, g.Object.Namespace, g.Object.Name)
	}
	if g.Value != "" {
		place += ": " + n.esc(g.Value)
	}
	return place
}

// byGuards tells whether guards alone decide which clients outside get in, so that what is said of
// the guards says it all.
func byGuards(answers []report.Answer) bool {
	return !slices.ContainsFunc(answers, func(a report.Answer) bool {
		return a.Verdict != report.Allowed && !slices.ContainsFunc(a.Hops, func(h report.Hop) bool {
			return h.Kind == report.HopGuard && h.Verdict == a.Verdict
		})
	})
}

// whoGetsIn says for whom the guards of a door let the rest of the way be.
func (n names) whoGetsIn(d *report.Door) string {
	var in, out, open []string
	for _, a := range d.Outside {
		where := a.Source.End.Addresses
		if a.Source.End.Kind == kindInternet {
			where = []string{"the internet"}
		}
		for _, w := range where {
			list := &out
			switch a.Verdict {
			case report.Allowed:
				list = &in
			case report.Unknown:
				list = &open
			case report.Denied:
			}
			if rest, _, cut := strings.Cut(w, " except "); cut && (rest == "0.0.0.0/0" || rest == "2000::/3") || w == "64:ff9b::/96" {
				w = "the rest of the internet"
			}
			if w = n.esc(w); !slices.Contains(*list, w) {
				*list = append(*list, w)
			}
		}
	}
	const most = 3
	bare := names{escape: same}
	var parts []string
	if len(in) > 0 {
		parts = append(parts, "from "+bare.list(in, most)+" yes")
	}
	if len(out) > 0 {
		parts = append(parts, "from "+bare.list(out, most)+" no")
	}
	if len(open) > 0 {
		parts = append(parts, "from "+bare.list(open, most)+" it is not known")
	}
	return capital(strings.Join(parts, ", ")) + "."
}

// caveatLines are the notes of several answers, each once.
func (n names) caveatLines(answers []report.Answer) []string {
	var out []string
	for _, a := range answers {
		for _, c := range a.Caveats {
			if line := n.caveat(c); line != "" && !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	return out
}

// askedFirst is the Service that a controller asks before a backend, where that is where it
// fails.
func (n names) askedFirst(b report.DoorBackend) string {
	for _, a := range b.Answers {
		if a.Verdict != b.Verdict || len(a.Hops) < 2 || a.Hops[0].Reason != report.GuardAsked {
			continue
		}
		for _, h := range a.Hops {
			if h.Kind == report.HopRoute || h.Kind == report.HopService && h.Object != nil && h.Object.Name == b.Service.Name && h.Object.Namespace == b.Service.Namespace {
				return ""
			}
			if h.Kind == report.HopService && h.Object != nil {
				return n.object(h.Object.Kind, h.Object.Namespace, h.Object.Name)
			}
		}
	}
	return ""
}
