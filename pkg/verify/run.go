package verify

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// maxFailures bounds how many failures of one intent are listed, and maxFixes for how many
// in all a fix is kept.
const maxFailures = 20

// Question is what has to be read for intents. Selectors and "only" are about everybody.
func Question(intents []Intent, home string) plan.Question {
	q := plan.Question{Home: home}
	var refs []reference.Reference
	for i := range intents {
		x := &intents[i]
		if x.Expect == Works {
			refs = append(refs, x.Door)
			continue
		}
		for _, e := range slices.Concat(x.From, x.To) {
			if e.Ref == nil || x.Expect == Only {
				return plan.Question{Home: home, Services: true}
			}
			refs = append(refs, *e.Ref)
		}
	}
	if len(refs) == 0 {
		return plan.Question{Home: home, Services: true}
	}
	q.Source, q.Target, q.More = &refs[0], &refs[0], refs[1:]
	return q
}

// verifier asks.
type verifier struct {
	*model.Model
	options query.Options
	gaps    map[report.Gap]bool
	// enforced: policies bind.
	enforced bool
}

// Run holds a model against intents.
func Run(m *model.Model, intents []Intent, o query.Options) *report.Verification {
	out := &report.Verification{Header: report.NewHeader("Verification"), Enforcement: *query.Enforcement(m), Results: []report.IntentResult{}}
	v := &verifier{Model: m, options: o, gaps: map[report.Gap]bool{}, enforced: out.Enforcement.Enforced != report.EnforcedNo}
	for i := range intents {
		out.Results = append(out.Results, v.verify(&intents[i]))
	}
	for g := range v.gaps {
		out.Gaps = append(out.Gaps, g)
	}
	slices.SortFunc(out.Gaps, func(a, b report.Gap) int {
		if a.Needs < b.Needs {
			return -1
		}
		return 1
	})
	return out
}

func (v *verifier) verify(x *Intent) report.IntentResult {
	out := report.IntentResult{Name: x.Name, Expect: x.Expect, Outcome: report.Holds, File: x.File, Line: x.Line}
	if x.Expect == Works {
		v.door(x, &out)
		return out
	}
	from, err := v.expand(x.From)
	if err == nil {
		var to []reference.Reference
		if to, err = v.expand(x.To); err == nil {
			if x.Expect == Only {
				for _, t := range to {
					if err = v.only(from, t, &out); err != nil {
						break
					}
				}
			} else {
				err = v.pairs(x, from, to, &out)
			}
		}
	}
	if err != nil {
		v.problem(&out, err)
	}
	return out
}

// problem is an end about which nothing can be asked: one that does not exist breaks the
// intent, one that could not be read leaves it open.
func (v *verifier) problem(out *report.IntentResult, err error) {
	out.Problem, out.Outcome = err.Error(), report.Broken
	var unreadable *model.UnreadableError
	if errors.As(err, &unreadable) {
		out.Outcome = report.Undecided
		v.gaps[report.Gap{Needs: unreadable.Gap.Permission(), Reason: string(unreadable.Gap.Reason), Message: unreadable.Gap.Message}] = true
	}
}

// expand makes references of ends: of selectors, one for each namespace that they select.
func (v *verifier) expand(all []End) ([]reference.Reference, error) {
	var out []reference.Reference
	for i := range all {
		e := &all[i]
		if e.Ref != nil {
			out = append(out, *e.Ref)
			continue
		}
		namespaces := []string{e.Namespace}
		if e.Namespace == "" {
			namespaces = nil
			for _, ns := range v.Namespaces() {
				if selector.Includes(v.NamespaceLabels(ns.Name).Set, e.Namespaces) {
					namespaces = append(namespaces, ns.Name)
				}
			}
		}
		before := len(out)
		for _, ns := range namespaces {
			switch {
			case len(e.Pods) == 0 && (e.Namespace != "" || len(v.PodsIn(ns)) > 0):
				out = append(out, reference.Reference{Form: reference.FormObject, Kind: reference.Namespace, Name: ns, Port: e.Port})
			case len(e.Pods) > 0 && len(v.Selected(ns, e.Pods)) > 0:
				out = append(out, reference.Reference{Form: reference.FormLabels, Namespace: ns, Labels: maps.Clone(e.Pods), Port: e.Port})
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("nobody is %s", e)
		}
	}
	return out, nil
}

// pairs asks about every source with every target.
func (v *verifier) pairs(x *Intent, from, to []reference.Reference, out *report.IntentResult) error {
	for _, f := range from {
		for _, t := range to {
			answer, err := query.Explain(v.Model, f, t, v.options)
			if err != nil {
				return err
			}
			out.Connections++
			outcome := v.judge(x.Expect, answer)
			if outcome == report.Holds {
				continue
			}
			for _, g := range answer.Gaps {
				v.gaps[g] = true
			}
			failure := report.IntentFailure{From: answer.Source, To: answer.Target, Verdict: answer.Verdict, Partly: answer.Partly}
			if x.Expect == Allow {
				failure.Fix = answer.Fix
			}
			evidence(&failure, answer, x.Expect)
			fail(out, outcome, failure)
		}
	}
	return nil
}

// judge says whether an answer is as expected.
func (v *verifier) judge(expect string, a *report.Explanation) report.Outcome {
	count := map[report.Verdict]int{}
	for _, x := range a.Answers {
		verdict := x.Verdict
		if verdict == report.Denied && x.Reason.ByPolicy() && !v.enforced {
			verdict = report.Allowed // nothing drops it
		}
		count[verdict]++
	}
	if len(a.Answers) == 0 {
		count[a.Verdict]++
	}
	switch {
	case expect == Unknown && count[report.Unknown] > 0:
		return report.Holds
	case expect == Unknown:
		return report.Broken
	case expect == Allow && count[report.Denied] > 0, expect == Deny && count[report.Allowed] > 0:
		return report.Broken
	case count[report.Unknown] > 0:
		return report.Undecided
	default:
		return report.Holds
	}
}

// evidence takes from an answer what decides against the expectation.
func evidence(f *report.IntentFailure, a *report.Explanation, expect string) {
	against := report.Denied
	if expect == Deny {
		against = report.Allowed
	}
	pick := -1
	for i, x := range a.Answers {
		if x.Verdict == against || pick < 0 && x.Verdict == report.Unknown {
			if pick = i; x.Verdict == against {
				break
			}
		}
	}
	if pick < 0 {
		return
	}
	x := a.Answers[pick]
	f.Reason = x.Reason
	if against == report.Allowed {
		f.Verdict = x.Verdict
	}
	for _, h := range x.Hops {
		if h.Verdict != x.Verdict {
			continue
		}
		if h.Verdict == report.Allowed {
			if h.DecidedBy != nil {
				f.DecidedBy = append(f.DecidedBy, *h.DecidedBy)
			}
			continue
		}
		f.Detail = h.Detail
		for _, p := range h.Policies {
			f.DecidedBy = append(f.DecidedBy, report.RuleRef{Policy: p.Policy, Location: p.Location})
		}
		break
	}
}

// fail notes a failure.
func fail(out *report.IntentResult, outcome report.Outcome, f report.IntentFailure) {
	if out.Outcome != report.Broken {
		out.Outcome = outcome
	}
	if len(out.Failures) == maxFailures {
		out.More++
		return
	}
	out.Failures = append(out.Failures, f)
}

// door asks whether a door works.
func (v *verifier) door(x *Intent, out *report.IntentResult) {
	o := v.options
	o.Alone = true
	answer, err := query.FrontDoor(v.Model, x.Door, o)
	if err != nil {
		v.problem(out, err)
		return
	}
	for _, g := range answer.Gaps {
		v.gaps[g] = true
	}
	if len(answer.Doors) == 0 {
		out.Outcome, out.Problem = report.Broken, x.Door.String()+" leads nowhere"
	}
	for i := range answer.Doors {
		d := &answer.Doors[i]
		out.Connections += len(d.Backends)
		if d.Verdict == report.Allowed {
			continue
		}
		outcome := report.Undecided
		if d.Verdict == report.Denied {
			outcome = report.Broken
		}
		failed := false
		for _, b := range d.Backends {
			if b.Verdict == report.Allowed || b.Mirror {
				continue
			}
			failed = true
			f := report.IntentFailure{
				From: answer.Of, To: report.End{Kind: b.Service.Kind, Namespace: b.Service.Namespace, Name: b.Service.Name, Port: b.Port},
				Verdict: b.Verdict, Partly: b.Partly, Reason: b.Reason, Detail: b.Detail, Fix: b.Fix, DecidedBy: deciders(b.Answers),
			}
			fail(out, outcome, f)
		}
		if !failed {
			f := report.IntentFailure{From: report.End{Kind: "Internet"}, To: answer.Of, Verdict: d.Verdict, Reason: d.Problem, Detail: d.Detail, Fix: d.Fix, DecidedBy: deciders(d.Outside)}
			for _, a := range d.Outside {
				if f.Reason == "" && a.Verdict != report.Allowed {
					f.Reason = a.Reason
				}
			}
			fail(out, outcome, f)
		}
	}
}

func deciders(answers []report.Answer) []report.RuleRef {
	var out []report.RuleRef
	for _, a := range answers {
		for _, h := range a.Hops {
			if a.Verdict != report.Denied || h.Verdict != report.Denied {
				continue
			}
			for _, p := range h.Policies {
				ref := report.RuleRef{Policy: p.Policy, Location: p.Location}
				if !slices.Contains(out, ref) {
					out = append(out, ref)
				}
			}
		}
	}
	return out
}
