package query_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// differing are a diff's rows as lines.
func differing(d *report.Diff) []string {
	var out []string
	name := func(e report.End) string {
		if e.Name == "" {
			return e.Kind
		}
		if e.Port != "" {
			return e.Name + ":" + e.Port
		}
		return e.Name
	}
	for _, r := range d.Rows {
		line := fmt.Sprintf("%s %s %s -> %s", r.Kind, r.Change, name(r.From), name(r.To))
		for sign, x := range map[string]*report.Difference{"+": r.Gained, "-": r.Lost, "?": r.Undecided} {
			if x == nil {
				continue
			}
			if x.Connections != nil {
				line += fmt.Sprintf(" %s%s", sign, x.Connections)
			}
			line += fmt.Sprintf(" (%s, was %s)", x.After.Reason, x.Before.Reason)
		}
		out = append(out, line)
	}
	return out
}

func wantDiff(t *testing.T, before, after []string, want ...string) *report.Diff {
	t.Helper()
	d := query.Diff(cluster(t, before...), cluster(t, after...), proxy())
	got := differing(d)
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%q is missing in:\n%s", w, strings.Join(got, "\n"))
		}
	}
	if len(want) == 0 && len(got) > 0 {
		t.Errorf("differences:\n%s", strings.Join(got, "\n"))
	}
	return d
}

const webShut = "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: client}}}], ports: [{port: 8080}]}]"

func TestDiffNamesWhatDecides(t *testing.T) {
	shut := policy("shop/shut", webShut)
	d := wantDiff(t, []string{street}, []string{street, shut},
		"Connections Lost stranger -> web-1 -all (NoRuleAllows, was NotIsolated)",
		"Connections Changed client -> web-1 -TCP 1-8079,8081-65535; all UDP; all SCTP (NoRuleAllows, was NotIsolated)",
		"Connections Lost Internet -> web-2 -all (NoRuleAllows, was NotIsolated)",
		"Door Lost web -> web:80 (NoRuleAllows, was NotIsolated)",
	)
	for _, r := range d.Rows {
		if by := r.Lost.After.DecidedBy; len(by) != 1 || by[0].Policy.Name != "shut" {
			t.Errorf("%v -> %v is decided by %v", r.From, r.To, by)
		}
	}
	wantDiff(t, []string{street, shut}, []string{street, shut})
}

func TestDiffOfEntries(t *testing.T) {
	exposed := strings.Replace(street, "selector: {app: web}, ports", "type: LoadBalancer, externalTrafficPolicy: Local, selector: {app: web}, ports", 1)
	wantDiff(t, []string{street}, []string{exposed}, "Entry Gained Internet -> web:80/TCP (NotIsolated, was )")
	shut := policy("shop/shut", webShut)
	wantDiff(t, []string{exposed}, []string{exposed, shut}, "Entry Lost Internet -> web:80/TCP (NoRuleAllows, was NotIsolated)")
}

// What a policy of another kind may decide differs undecidedly where the
// evaluated policies say something else, and not elsewhere.
func TestDiffIsUndecidedWhereItMayDiffer(t *testing.T) {
	cilium := "---\n{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {namespace: shop, name: cnp}, spec: {}}\n"
	d := wantDiff(t, []string{street, cilium}, []string{street, cilium, policy("shop/shut", webShut)},
		"Connections Undecided stranger -> web-1 ?all (NotModelled, was NotModelled)")
	for _, r := range d.Rows {
		if r.Change != report.DiffUndecided {
			t.Errorf("certain, though another policy may decide: %+v", r)
		}
		if r.Kind == report.DiffConnections && !strings.HasPrefix(r.To.Name, "web-") {
			t.Errorf("%s -> %s cannot differ", r.From.Name, r.To.Name)
		}
	}
	wantDiff(t, []string{street, cilium}, []string{street, cilium})
}

func TestDiffOfNewPods(t *testing.T) {
	late := pod("shop/late", "10.0.0.30", "n1", "app: client", "{containerPort: 80}")
	d := wantDiff(t, []string{street}, []string{street, late}, "Connections Gained late -> web-1 +all (NotIsolated, was )")
	for _, r := range d.Rows {
		if !r.Gained.Before.Absent {
			t.Errorf("%s -> %s was not there before", r.From.Name, r.To.Name)
		}
	}
}
