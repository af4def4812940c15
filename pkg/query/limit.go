package query

import (
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/policy"
)

// limit says what unread or unmodelled policies may change.
type limit struct {
	mayAllow, mayDeny bool
	// mayIsolate: what no policy isolates, an unread one may; what a rule
	// admits, it cannot close.
	mayIsolate bool
}

// limitOf is [engine.limits] for sets.
func (m *mapper) limitOf(namespace string) limit {
	var l limit
	if m.ideal {
		return l
	}
	if gap := m.PoliciesUnknown(namespace); gap != nil {
		l.mayAllow, l.mayIsolate = true, true
		m.needs[gap.Permission()] = true
	}
	others, gaps := m.Unevaluated(namespace)
	for _, g := range gaps {
		l.mayDeny = true
		l.mayAllow = l.mayAllow || !g.OnlyDenies
		m.needs[g.Permission()] = true
	}
	for _, u := range others {
		l.mayDeny = true
		l.mayAllow = l.mayAllow || !u.OnlyDenies
	}
	return l
}

func (l limit) apply(a policy.Admitted, isolated bool) policy.Admitted {
	if l.mayDeny || l.mayIsolate && !isolated {
		a.Certain = connset.Empty()
	}
	if l.mayAllow {
		a.Possible = connset.All()
	}
	return a
}
