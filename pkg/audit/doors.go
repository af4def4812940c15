package audit

import (
	"fmt"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Doors are the answers about all front doors that are of the audited namespaces, or lead
// there. Each is asked about once.
func (p *Pass) Doors() []*report.Door {
	if p.doorsDone {
		return p.doors
	}
	p.doorsDone = true
	var refs []reference.Reference
	for _, i := range p.Ingresses() {
		refs = append(refs, reference.Reference{Kind: reference.Ingress, Namespace: i.Namespace, Name: i.Name.Name})
	}
	for _, g := range p.Gateways() {
		refs = append(refs, reference.Reference{Kind: reference.Gateway, Namespace: g.Namespace, Name: g.Name.Name})
	}
	o := p.options.Options
	o.Alone = true
	for _, r := range append(refs, frontdoor.OtherRefs(p.Snapshot)...) {
		answer, err := query.FrontDoor(p.Model, r, o)
		if err != nil {
			continue
		}
		for i := range answer.Doors {
			d := &answer.Doors[i]
			if p.Audited(d.Object.Namespace) || slices.ContainsFunc(d.Backends, func(b report.DoorBackend) bool { return p.Audited(b.Service.Namespace) }) {
				p.doors = append(p.doors, d)
			}
		}
	}
	return p.doors
}

// maxFixes bounds for how many findings a fix is looked for: each is a question of its own,
// which evaluates the whole cluster again.
const maxFixes = 25

// howToFix is what to ask for a fix that was not looked for.
func howToFix(source, target *model.Class, port reference.Port) string {
	return fmt.Sprintf("kubectl netguard explain %s %s --fix", refOf(source, reference.Port{}), refOf(target, port))
}

// fix is what lets a source reach a port of a target, evaluated; nil where it does
// already, or no change of policies helps.
func (p *Pass) fix(source, target *model.Class, port reference.Port) *report.Fix {
	if p.fixes++; p.fixes > maxFixes {
		return nil
	}
	answer, err := query.Explain(p.Model, refOf(source, reference.Port{}), refOf(target, port), p.options.Options)
	if err != nil {
		return nil
	}
	return answer.Fix
}

// behind is the door's end, as findings name it.
func doorEnd(d *report.Door) report.End {
	return report.End{Kind: d.Object.Kind, Namespace: d.Object.Namespace, Name: d.Object.Name}
}

// disputed tells whether network plugins that the cluster may have answer otherwise: what is
// denied then is not denied for certain.
func disputed(answers []report.Answer) bool {
	return slices.ContainsFunc(answers, func(a report.Answer) bool {
		return a.Verdict == report.Denied && slices.ContainsFunc(a.Caveats, func(c report.Caveat) bool { return !c.Applied && c.Otherwise != report.Denied })
	})
}

// decided are the rules and policies that decide the denied answers.
func decided(answers []report.Answer) []report.RuleRef {
	var out []report.RuleRef
	for _, a := range answers {
		if a.Verdict != report.Denied {
			continue
		}
		for _, h := range a.Hops {
			if h.Verdict != report.Denied {
				continue
			}
			for _, e := range h.Policies {
				ref := report.RuleRef{Policy: e.Policy, Location: e.Location}
				if !slices.ContainsFunc(out, func(r report.RuleRef) bool { return r.Policy == ref.Policy }) {
					out = append(out, ref)
				}
			}
		}
	}
	return out
}

// cause is the finding that says already why answers are denied: a clause of it was meant
// for the source, or admits it but for the ports of which the finding speaks.
func (p *Pass) cause(answers []report.Answer) *report.Finding {
	for _, a := range answers {
		if f := p.idleFor(a.Target); a.Verdict == report.Denied && f != nil {
			return f
		}
		for _, h := range a.Hops {
			if a.Verdict != report.Denied || h.Verdict != report.Denied {
				continue
			}
			for _, e := range h.Policies {
				for _, r := range e.Rules {
					if f := p.causeIn(e.Policy, &r, &a); f != nil {
						return f
					}
				}
			}
		}
	}
	return nil
}

func (p *Pass) causeIn(of report.Object, r *report.RuleEvidence, a *report.Answer) *report.Finding {
	if r.PeersMatch() == report.Matches {
		for _, c := range r.Ports {
			if claim := p.claims[report.RuleRef{Policy: of, Path: c.Path}]; claim != nil {
				return &p.out.Findings[claim.at]
			}
		}
	}
	for _, c := range r.Peers {
		claim := p.claims[report.RuleRef{Policy: of, Path: c.Path}]
		if claim == nil {
			continue
		}
		ends := []report.Members{a.Source, a.Target}
		if a.Through != nil {
			ends = append(ends, *a.Through)
		}
		for _, m := range ends {
			for _, name := range m.Names {
				if claim.meant[snapshot.Name{Namespace: m.End.Namespace, Name: name}] {
					return &p.out.Findings[claim.at]
				}
			}
		}
	}
	return nil
}

// idleFor is the finding about a policy that was meant to select some of these pods.
func (p *Pass) idleFor(m report.Members) *report.Finding {
	first := -1
	for ref, c := range p.claims {
		for _, name := range m.Names {
			if ref.Path == subjectPath && c.meant[snapshot.Name{Namespace: m.End.Namespace, Name: name}] && (first < 0 || c.at < first) {
				first = c.at
			}
		}
	}
	if first < 0 {
		return nil
	}
	return &p.out.Findings[first]
}
