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

// partlyRead is an answer in which of most namespaces not all pods were read: nobody
// knows how many they have, or whether they have any.
func partlyRead() *report.Reach {
	out := whoCanReach()
	out.Gaps, out.Unmatched = nil, nil
	row := func(v report.Verdict, r report.Reason, s report.RowScope, ends ...report.Members) report.ReachRow {
		return report.ReachRow{Verdict: v, Reason: r, Hop: report.HopIngress, Scope: s, Ports: out.Ports, Ends: ends}
	}
	of := func(kind, name string, nodes []string, pods ...string) report.Members {
		end := report.End{Kind: kind, Namespace: "edge", Name: name}
		return report.Members{End: end, Names: pods, Nodes: nodes, Count: len(pods), Total: len(pods), Incomplete: true}
	}
	var others []report.Members
	for _, ns := range []string{"shop", "team-a", "team-b"} {
		others = append(others, report.Members{End: report.End{Kind: "Namespace", Name: ns}, Incomplete: true})
	}
	out.Rows = []report.ReachRow{
		row(report.Allowed, report.SameNode, report.ScopeWorkloads, of("DaemonSet", "agent", []string{"n1"}, "agent-a")),
		row(report.Allowed, report.NotIsolated, report.ScopeWorkloads, all(frontend, 1), of("Deployment", "web", nil, "web-a", "web-b", "web-c", "web-d", "web-e")),
		row(report.Allowed, report.NotIsolated, report.ScopeNamespaces, others[:2]...),
		row(report.Denied, report.NoRuleAllows, report.ScopeNamespaces, others[2]),
		row(report.Denied, report.NoRuleAllows, report.ScopeOtherNamespaces, others...),
		row(report.Denied, report.NotIsolated, report.ScopeEverywhere, others...),
	}
	return out
}
