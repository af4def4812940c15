package query_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// doorEdges are the edges of a map that begin or end at a door.
func doorEdges(t *testing.T, s query.Scope, manifests ...string) []string {
	t.Helper()
	var out []string
	door := func(e report.End) bool { return e.Kind == "Ingress" || e.Kind == "Gateway" }
	text := func(e report.End) string {
		return strings.TrimPrefix(e.Namespace+"/"+e.Kind+"/"+e.Name+strings.Join(e.Addresses, ","), "/")
	}
	m := cluster(t, manifests...)
	r := query.Map(m, s, query.Options{})
	sameEdges(t, "doors", r, query.NaiveMap(m, s, query.Options{}))
	told := false
	for _, row := range r.Fold().Rows {
		told = told || row.From.Kind != "" || row.To.Kind != ""
	}
	for e := range r.Edges {
		if door(e.From) || door(e.To) {
			line := text(e.From) + " -> " + text(e.To) + " " + e.Connections.String()
			if e.Partly {
				line += " partly"
			}
			if e.Verdict != Allowed {
				line += " " + e.Verdict.String()
			}
			out = append(out, line)
		}
	}
	if told != (len(out) > 0) {
		t.Errorf("rows tell of doors: %v; edges: %v", told, out)
	}
	return out
}

func TestMapDoors(t *testing.T) {
	in := "Internet/ -> shop/Ingress/app TCP 80,443"
	everything := query.Scope{Labels: selector.Everything()}
	shop := query.Scope{Namespace: "shop", Labels: selector.Everything()}
	controllers := query.Scope{Namespace: "in", Labels: selector.Everything()}
	elsewhere := query.Scope{Namespace: "other", Labels: selector.Everything()}
	for _, c := range []struct {
		name  string
		scope query.Scope
		world []string
		want  []string
	}{
		{"open", everything, []string{doorWorld}, []string{"shop/Ingress/app -> shop/Pod/web TCP 8080", in}},
		{"of its namespace", shop, []string{doorWorld}, []string{"shop/Ingress/app -> shop/Pod/web TCP 8080", in}},
		{"of the controller's namespace", controllers, []string{doorWorld}, []string{"shop/Ingress/app -> shop/Pod/web TCP 8080", in}},
		{"of another namespace", elsewhere, []string{doorWorld}, nil},
		{"the backend is closed", everything, []string{doorWorld, onlyFrom("{podSelector: {}}", "")}, []string{in}},
		{"the controller is closed", everything, []string{doorWorld, policy("in/lock", "podSelector: {}, policyTypes: [Ingress]")}, []string{"shop/Ingress/app -> shop/Pod/web TCP 8080"}},
		{
			"the controller takes one port", everything, []string{doorWorld, policy("in/lock", "podSelector: {}, ingress: [{ports: [{port: 443}]}]")},
			[]string{"shop/Ingress/app -> shop/Pod/web TCP 8080", "Internet/ -> shop/Ingress/app TCP 443 partly"},
		},
		{
			"clients of one range", everything, []string{doorWorld, policy("in/lock", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]")},
			[]string{"shop/Ingress/app -> shop/Pod/web TCP 8080", "Addresses/198.51.100.0/24 -> shop/Ingress/app TCP 80,443"},
		},
		{
			"a class that nobody serves", everything, []string{strings.Replace(doorWorld, "ingressClassName: nginx", "ingressClassName: gone", 1)}, nil,
		},
		{
			"a backend that is elsewhere", everything, []string{strings.Replace(doorWorld, webService(""), service("shop/web", "type: ExternalName, externalName: api.example.org"), 1)},
			[]string{in, "shop/Ingress/app -> Addresses/api.example.org TCP 80 Unknown"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := doorEdges(t, c.scope, c.world...)
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("edges:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
			}
		})
	}
}
