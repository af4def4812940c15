package model

import (
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Doubt is why it is not known what all policies do that bind pods of a namespace.
type Doubt struct {
	policy.Doubt
	// Policies is why NetworkPolicies of the namespace are not known; nil when they are.
	Policies *snapshot.Gap
	// Kinds are policy kinds that could not be read, Others the objects of kinds that
	// are not evaluated.
	Kinds  []snapshot.Gap
	Others []snapshot.Unmodelled
	// Pods: which policies bind the pods is not known, since they were not read.
	Pods bool
}

// Doubt is what is not known of the policies that bind pods of a namespace.
func (m *Model) Doubt(namespace string) Doubt {
	out := Doubt{Policies: m.PoliciesUnknown(namespace)}
	if out.Policies != nil {
		out.MayAllow, out.MayBind = true, true
	}
	out.Others, out.Kinds = m.Unevaluated(namespace)
	for _, g := range out.Kinds {
		out.MayDeny, out.MayAllow = true, out.MayAllow || !g.OnlyDenies
	}
	for _, u := range out.Others {
		out.MayDeny, out.MayAllow = true, out.MayAllow || !u.OnlyDenies
	}
	return out
}

// DoubtOfUnseen is what is not known of pods of a namespace that could not be read
// themselves: as long as no policy binds any pod there in the direction, none binds
// them.
func (m *Model) DoubtOfUnseen(namespace string, d report.Direction) Doubt {
	out := m.Doubt(namespace)
	if m.WideIn(namespace, d) {
		out.MayAllow, out.MayDeny, out.Pods = true, true, true
		return out
	}
	for _, p := range m.PoliciesIn(namespace) {
		if p.In(d).Isolates {
			out.MayAllow, out.MayDeny, out.Pods = true, true, true
			break
		}
	}
	return out
}
