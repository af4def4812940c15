package query

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// mostPatches bounds a fix. One that needs more is a redesign, not a fix.
const mostPatches = 8

// fix proposes the change of policies that makes the verdict Allowed and opens the
// least besides. It goes end by end: for the first that denies, all changes within
// reach are made ([fixer.candidates]), each is compared with what was there before as
// [Diff] compares, and the one is kept that opens the fewest connections that were not
// asked for. The whole question is then asked again, so that what is printed is what
// was evaluated. It returns nil where something other than a policy is in the way.
func fix(m *model.Model, o Options, found []*draft, ask asking) *report.Fix {
	f := newFixer(m, o, found)
	if f.run(found, ask) != report.Allowed {
		return nil
	}
	return f.report(ask)
}

// asking asks a question of a model.
type asking func(*model.Model) ([]*draft, error)

// run makes steps until the question is answered with yes; any other verdict says
// that there is no fix.
func (f *fixer) run(found []*draft, ask asking) report.Verdict {
	for len(f.steps) < mostPatches {
		if !f.step(f.next(found)) {
			return report.Unknown
		}
		var err error
		if found, err = ask(f.model); err != nil {
			return report.Unknown
		}
		if verdict, _ := overall(found); verdict != report.Denied {
			return verdict
		}
	}
	return report.Unknown
}

// fixer looks for the fix of one question.
type fixer struct {
	Options
	// base is the model as it is, model the one with the steps so far.
	base, model *model.Model
	asked       *askedFor
	steps       []*candidate
	// own are the steps as policies of their own, as long as each has one.
	own []*candidate
	// bearsOn are the pods that decide between candidates.
	bearsOn []report.Selected
}

func newFixer(m *model.Model, o Options, found []*draft) *fixer {
	return &fixer{Options: o, base: m, model: m, asked: connectionsOf(&engine{Model: m, Options: o}, found)}
}

// step makes the change for one end that opens the least; false when there is none.
func (f *fixer) step(wants []*want) bool {
	var all []*candidate
	for _, w := range wants {
		all = append(all, f.candidates(w)...)
	}
	before := f.steps
	best, own := f.choose(f.model, before, all)
	if best == nil {
		return false
	}
	f.model, f.steps = best.model, append(slices.Clone(before), best)
	if own != nil && len(f.own) == len(before) {
		f.own = append(f.own, own)
	}
	return true
}

// choose evaluates candidates and returns the best, and the best among those that
// are a policy of their own.
func (f *fixer) choose(m *model.Model, before []*candidate, all []*candidate) (best, own *candidate) {
	for _, c := range all {
		if !c.apply(m) {
			continue
		}
		f.lookAt(c)
		if !f.weigh(c, before, best) {
			continue
		}
		if best == nil || c.before(best) {
			best = c
		}
		if c.created && (own == nil || c.before(own)) {
			own = c
		}
	}
	return best, own
}

// report is the fix as it was found.
func (f *fixer) report(ask asking) *report.Fix {
	out := &report.Fix{Verdict: report.Allowed}
	for _, s := range f.steps {
		out.Patches = append(out.Patches, s.patch)
	}
	o := f.openings(f.model, f.steps, everyPodOf)
	out.Also, out.Closes, out.BearsOn = o.also, o.closed, f.bearsOn
	out.Unread = f.unread()
	out.Manifests = f.manifests(ask, o.cost)
	return out
}

// manifests are the policies that do the same, each an object of its own that can be
// kept in a repository: what a chart or an operator made is not touched. Nil where
// they would not do, or would open more.
func (f *fixer) manifests(ask asking, cost float64) []networkingv1.NetworkPolicy {
	if len(f.own) < len(f.steps) {
		return nil
	}
	b := snapshot.NewBuilder(f.base.Snapshot)
	for _, c := range f.own {
		b.AddPolicy(c.policy)
	}
	m := f.base.With(b.Snapshot())
	found, err := ask(m)
	if err != nil {
		return nil
	}
	if v, _ := overall(found); v != report.Allowed || f.openings(m, f.own, everyPodOf).cost > cost {
		return nil
	}
	var out []networkingv1.NetworkPolicy
	for _, c := range f.own {
		out = append(out, *c.patch.Manifest)
	}
	return out
}

// FixNeeds are the pods on which fixes bear and that were not asked for yet: what
// else they open is known once they, and what they belong to, were read.
func FixNeeds(m *model.Model, fixes ...*report.Fix) []snapshot.Need {
	var out []snapshot.Need
	for _, f := range fixes {
		if f == nil {
			continue
		}
		for _, b := range f.BearsOn {
			n := snapshot.Need{Resource: snapshot.Pods, Namespace: b.Namespace, Labels: b.Labels}
			out = append(out, n)
			if m.Has(n) {
				out = append(out, model.OwnerNeeds(m.PodsIn(b.Namespace))...)
			}
		}
	}
	return slices.DeleteFunc(out, m.Tried)
}
