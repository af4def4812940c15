package policy

import (
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

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

// Near adds what may be denied even between a pod and its own node: what policies of other
// kinds than NetworkPolicy say of what leaves the pod. They may name its node, and plugins that
// have such kinds hold them against it (Calico's defaultEndpointToHostAction, Cilium's entity
// host); what comes from its own node they let in (Calico's protect-hosts, Cilium's
// allow-localhost).
func (d Doubt) Near(a Admitted, direction report.Direction) Admitted {
	if d.MayDeny && direction == report.Egress {
		a.Near = connset.All()
	}
	return a
}

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
