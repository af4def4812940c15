package printer

import (
	"bytes"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// doorRows are rows for programs: verdict, source, target and reason.
func (t text) doorRows(b *bytes.Buffer, r *report.FrontDoor) error {
	n := names{local: t.Namespace}
	var rows [][]string
	add := func(v report.Verdict, source, target, why string) {
		rows = append(rows, []string{t.paint(v, capital(t.word(v, r.Enforcement))), source, target, why})
	}
	for _, d := range r.Doors {
		for _, backend := range d.Backends {
			target := n.backend(backend)
			door := n.object(d.Object.Kind, d.Object.Namespace, d.Object.Name)
			c := cause{verdict: backend.Verdict, reason: backend.Reason, hop: report.HopIngress, detail: backend.Detail}
			for _, a := range backend.Answers {
				if a.Verdict == backend.Verdict {
					c.rules = ruleRefs(a.Hops)
					break
				}
			}
			add(backend.Verdict, door, target, n.why(c))
			inside := &report.Reach{Direction: report.Ingress, Enforcement: r.Enforcement, Of: report.End{Namespace: backend.Service.Namespace}}
			for _, row := range backend.Inside {
				cells := t.reachRow(n, inside, row)
				add(row.Verdict, strings.Join(cells.ends, ", "), target, cells.why)
			}
			for _, w := range backend.Around {
				add(w.Verdict, n.wayText(w), target, n.reason(cause{verdict: w.Verdict, reason: w.Reason, hop: report.HopIngress, rules: w.DecidedBy, subject: "the pods"}))
			}
		}
	}
	return table(b, nil, rows, 0)
}

func ruleRefs(hops []report.Hop) []report.RuleRef {
	var out []report.RuleRef
	for _, h := range hops {
		if h.DecidedBy != nil {
			out = append(out, *h.DecidedBy)
			continue
		}
		if h.Verdict == report.Denied {
			out = nil
			for _, p := range h.Policies {
				out = append(out, report.RuleRef{Policy: p.Policy})
			}
			return out
		}
	}
	return out
}

// frontDoor prints who gets to the pods: the door's data plane, and those inside.
func (f nameFormat) frontDoor(b *bytes.Buffer, r *report.FrontDoor) error {
	out := newLines(b)
	for _, d := range r.Doors {
		for _, backend := range d.Backends {
			for _, a := range backend.Answers {
				if a.Verdict == report.Allowed {
					for _, ref := range references(a.Source.End) {
						out.add(ref)
					}
				}
			}
			for _, row := range backend.Inside {
				allowedEnds(out, row)
			}
			for _, w := range backend.Around {
				switch {
				case w.Verdict != report.Allowed:
				case len(w.From) > 0:
					for _, from := range w.From {
						for _, cidr := range prefixes(from) {
							out.add(cidr)
						}
					}
				default:
					out.add("internet")
				}
			}
		}
	}
	return nil
}
