package query_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// rowsAbout are the verdicts of the rows about one pod, with the pods of the
// question's own end that each is about.
func rowsAbout(r *report.Reach, pod string) string {
	var out []string
	for _, row := range r.Rows {
		for _, m := range row.Ends {
			if slices.Contains(m.Names, pod) {
				of := "all"
				if row.Of != nil {
					of = strings.Join(row.Of.Names, "+")
				}
				out = append(out, fmt.Sprintf("%v %s of %s", row.Verdict, row.Reason, of))
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// Pods of one workload that are alike in everything that their own policies ask
// may still differ in their address, or in their node.
func TestPodsThatAreAlikeMayDiffer(t *testing.T) {
	two := deployment("shop/two") +
		deployed(pod("shop/a", "10.0.0.11", "n1", "of: two", "{containerPort: 80}"), "two") +
		deployed(pod("shop/b", "10.0.0.12", "n2", "of: two", "{containerPort: 80}"), "two")
	near := strings.Replace(two, "nodeName: n2", "nodeName: n1", 1)
	isolated := policy("shop/isolated", "podSelector: {matchLabels: {of: two}}, policyTypes: [Ingress, Egress]")
	is := func(t *testing.T, what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", what, got, want)
		}
	}
	t.Run("a source's egress block holds one of them", func(t *testing.T) {
		m := cluster(t, world, near, policy("other/p", "podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.11/32}}]}]"))
		r, err := query.WhoCanReach(m, ref(t, "deploy/two"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		is(t, "who-can-reach", rowsAbout(r, "db"), "Allowed RuleAllows of a; Denied NoRuleAllows of b")
		differ(t, explained(t, m, "other/pod/db", "deploy/two"), "Allowed RuleAllows db -> a TCP/80", "Denied NoRuleAllows db -> b TCP/80")
	})
	t.Run("a target's ingress block holds one of them", func(t *testing.T) {
		m := cluster(t, world, near, policy("other/p", "podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.11/32}}]}]"))
		r, err := query.ReachableFrom(m, ref(t, "deploy/two"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		is(t, "reachable-from", rowsAbout(r, "db"), "Allowed RuleAllows of a; Denied NoRuleAllows of b")
	})
	t.Run("one of them is on the node", func(t *testing.T) {
		m := cluster(t, world, two, isolated)
		r, err := query.ReachableFrom(m, ref(t, "deploy/two"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		is(t, "reachable-from", rowsAbout(r, "host1"), "Allowed SameNode of a; Denied NoRuleAllows of b")
		r, err = query.WhoCanReach(m, ref(t, "deploy/two"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		is(t, "who-can-reach", rowsAbout(r, "host2"), "Allowed SameNode of b; Denied NoRuleAllows of a")
		for _, from := range []string{"no/n1", "other/pod/host1"} {
			if x := explained(t, m, from, "deploy/two"); x.Verdict != Denied || !x.Partly {
				t.Errorf("%s: %v", from, classes(x))
			}
		}
		if x := explained(t, m, "deploy/two", "other/pod/host1:80"); x.Verdict != Denied || !x.Partly {
			t.Errorf("%v", classes(x))
		}
	})
	t.Run("map", func(t *testing.T) {
		m := query.Map(cluster(t, world, two, isolated, pod("shop/u1", "10.0.0.51", "n1", "app: u", ""), pod("shop/u2", "10.0.0.52", "n1", "app: u", "")),
			query.Scope{Labels: selector.Everything()}, query.Options{})
		edges := map[string]bool{}
		for e := range m.Edges {
			edges[e.From.Name+">"+e.To.Name] = e.Partly
		}
		for edge, partly := range map[string]bool{"two>host1": true, "two>host2": true, "host1>two": true, "host1>host2": false, "u1>u2": false, "u2>u1": false, "u1>web": false, "u2>web": false} {
			if got, there := edges[edge]; !there || got != partly {
				t.Errorf("%s: there %v, partly %v", edge, there, got)
			}
		}
		for _, edge := range []string{"two>two", "two>web", "web>two", "u1>u1"} {
			if _, there := edges[edge]; there {
				t.Errorf("%s is there", edge)
			}
		}
	})
	t.Run("map, outside", func(t *testing.T) {
		m := query.Map(cluster(t, world, two, deployed(pod("shop/c", "10.0.0.13", "n2", "of: two, out: 'yes'", "{containerPort: 80}"), "two"), isolated,
			policy("shop/out", "podSelector: {matchLabels: {out: 'yes'}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}]")),
			query.Scope{Labels: selector.Everything()}, query.Options{})
		for e := range m.Edges {
			if e.From.Name == "two" && e.To.Kind == "Addresses" && !e.Partly {
				t.Errorf("one pod of three reaches %v", e.To.Addresses)
			}
		}
		// An isolated pod and one that is the node: to the whole internet as one
		// block only the latter has an edge of that name.
		m = query.Map(cluster(t, world, deployment("shop/two"), deployed(hostPod("shop/h", "192.168.0.1", "n1", "of: two"), "two"),
			deployed(pod("shop/a", "10.0.0.11", "n1", "of: two", ""), "two"),
			policy("shop/out", "podSelector: {matchLabels: {of: two}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}]")),
			query.Scope{Labels: selector.Everything()}, query.Options{})
		for e := range m.Edges {
			if e.From.Name == "two" && len(e.To.Addresses) > 0 && holds(e.To, netip.MustParseAddr("8.8.8.8")) && !e.Partly {
				t.Errorf("one pod of two reaches %v", e.To.Addresses)
			}
		}
	})
}
