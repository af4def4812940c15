package policy

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// maxCombinations is how many groups of pods of one namespace can still be spoken
// of together; each policy may double them.
const maxCombinations = 16

// Combinations returns every set of the policies of a namespace that may isolate a
// pod in a direction, the empty one included, without reading its pods: policies
// that select every pod are in all of them, those that contradict each other in
// none together. It returns nil where there are too many to tell apart.
func Combinations(inNamespace []*Policy, d report.Direction) [][]*Policy {
	out := [][]*Policy{nil}
	for _, p := range inNamespace {
		switch {
		case !p.In(d).Isolates:
			continue
		case p.Subject.Empty():
			for i := range out {
				out[i] = append(out[i], p)
			}
			continue
		}
		for _, set := range out[:len(out):len(out)] {
			if !slices.ContainsFunc(set, func(o *Policy) bool { return o.Subject.Contradicts(p.Subject) }) {
				out = append(out, append(slices.Clone(set), p))
			}
		}
		if len(out) > maxCombinations {
			return nil
		}
	}
	return out
}
