package printer_test

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// manyNamespaces is an answer in which pods were not listed one by one, and the
// policies of many namespaces decide about their own pods.
func manyNamespaces() *report.Reach {
	out := whoCanReach()
	out.Gaps, out.Unmatched, out.Rows = nil, nil, nil
	others := func(ns string, by ...report.Object) report.Members {
		return report.Members{End: report.End{Kind: "Namespace", Name: ns}, Others: true, RestrictedBy: by}
	}
	row := report.ReachRow{
		Verdict: report.Allowed, Reason: report.NotIsolated, Hop: report.HopIngress, Scope: report.ScopeWorkloads, Ports: out.Ports,
		Ends: []report.Members{all(frontend, 1)},
	}
	for i := range 6 {
		ns := fmt.Sprintf("team-%d", i)
		policy := report.Object{Kind: "NetworkPolicy", Namespace: ns, Name: "egress"}
		row.Ends = append(row.Ends, others(ns))
		out.Rows = append(out.Rows, report.ReachRow{
			Verdict: report.Denied, Reason: report.NoRuleAllows, Hop: report.HopEgress, Scope: report.ScopeWorkloads, Ports: out.Ports,
			Ends: []report.Members{others(ns, policy)}, DecidedBy: []report.RuleRef{{Policy: policy}},
			Nearest: &report.Mismatch{Reason: report.NamespaceLabel, Path: "spec.egress[0].to[0].namespaceSelector.matchLabels.env", Key: "env", Want: "prod"},
		})
	}
	alone := out.Rows[5]
	alone.Verdict, alone.Reason, alone.DecidedBy, alone.Nearest = report.Allowed, report.RuleAllows, nil, nil
	alone.Ends = []report.Members{others("team-9", report.Object{Name: "a"}, report.Object{Name: "b"})}
	out.Rows = append([]report.ReachRow{row, alone}, out.Rows...)
	return out
}
