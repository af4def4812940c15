package query

import (
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// mostPatches bounds a fix. One that needs more is a redesign, not a fix.
const mostPatches = 8

// fix proposes the smallest changes of policies that make the verdict Allowed:
// one patch at a time, each applied to the model and the whole question asked
// again, so that what is printed is what was re-evaluated. It returns nil where
// something other than a policy is in the way.
func fix(m *model.Model, found []*draft, ask func(*model.Model) ([]*draft, error)) *report.Fix {
	out := &report.Fix{}
	for len(out.Patches) < mostPatches {
		denied := firstDeniedByPolicy(found)
		if denied == nil {
			return nil
		}
		patch, patched := propose(m, denied)
		if patched == nil {
			return nil
		}
		out.Patches = append(out.Patches, *patch)
		m = patched
		var err error
		if found, err = ask(m); err != nil {
			return nil
		}
		switch verdict, _ := overall(found); verdict {
		case report.Allowed:
			out.Verdict = verdict
			return out
		case report.Unknown:
			return nil
		case report.Denied:
		}
	}
	return nil
}

// firstDeniedByPolicy returns the first denied answer, or nil when anything but
// a policy denies one: a fix of the rest would not be a fix.
func firstDeniedByPolicy(found []*draft) *draft {
	for _, d := range found {
		if d.verdict == report.Denied && (d.reason != report.NoRuleAllows || d.unfixable) {
			return nil
		}
	}
	for _, d := range found {
		if d.verdict == report.Denied {
			return d
		}
	}
	return nil
}
