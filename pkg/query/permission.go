package query

import (
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// CanReach is the bare answer of [Explain].
func CanReach(m *model.Model, source, target reference.Reference, o Options) (*report.Permission, error) {
	e := &engine{Model: m, Options: o}
	x, _, err := e.explain(source, target)
	if err != nil {
		return nil, err
	}
	out := &report.Permission{
		Header: report.NewHeader("Permission"), Source: x.Source, Target: x.Target,
		Verdict: x.Verdict, Partly: x.Partly, Enforcement: x.Enforcement, Gaps: x.Gaps,
	}
	for _, a := range x.Answers {
		if a.Verdict == x.Verdict {
			out.Reason = a.Reason
			out.DecidedBy = decidedBy(a.Hops)
			if hop := deciding(a.Hops, a.Verdict, a.Reason); hop != nil {
				out.Hop, out.Detail = hop.Kind, hop.Detail
			}
			break
		}
	}
	if o.Lookup {
		out.Lookup, _ = e.lookup(source, target)
	}
	if l := out.Lookup; l != nil && o.ByName && out.Verdict == report.Allowed && l.Verdict != report.Allowed {
		out.Verdict, out.Partly, out.Reason, out.Hop, out.DecidedBy, out.Detail = l.Verdict, l.Partly, report.NameLookup, l.Hop, l.DecidedBy, ""
	}
	return out, nil
}
