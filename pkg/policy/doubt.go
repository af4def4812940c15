package policy

import "github.com/kubectl-netguard/netguard/pkg/connset"

// Doubt is what policies may do that bind a subject and are not known: those that
// could not be read, and those of kinds that are not evaluated.
type Doubt struct {
	// MayAllow and MayDeny: some of them may allow, or deny, any connection.
	MayAllow, MayDeny bool
	// MayBind: what no known policy binds, they may, and so deny what none of their
	// rules allows. What a known rule allows, they leave alone: policies add up.
	MayBind bool
}

// None tells whether everything is known.
func (d Doubt) None() bool { return d == Doubt{} }

// Apply is what is let through, given what the known policies do. Bound: some of
// these bind the subject.
func (d Doubt) Apply(a Admitted, bound bool) Admitted {
	if d.MayDeny || d.MayBind && !bound {
		a.Certain = connset.Empty()
	}
	if d.MayAllow {
		a.Possible = connset.All()
	}
	return a
}
