package frontdoor_test

import (
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/reference"
)

// TestSecurityPolicies: what Envoy Gateway's policies say of a client on the internet, one in
// 203.0.113.0/24 of it, and one with a private address, by the route and by the Gateway.
func TestSecurityPolicies(t *testing.T) {
	policy := func(name, spec string) string {
		return object("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy", "bank/"+name, "", "spec: {"+spec+"}")
	}
	const (
		toGateway = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: gw}]"
		toRoute   = "targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: web}]"
		office    = "authorization: {defaultAction: Deny, rules: [{action: Allow, principal: {clientCIDRs: [203.0.113.0/24]}}]}"
		notOffice = "authorization: {defaultAction: Allow, rules: [{action: Deny, principal: {clientCIDRs: [203.0.113.0/24]}}]}"
	)
	for name, c := range map[string]struct{ policies, route, gateway string }{
		"none":                          {"", "yyy", "yyy"},
		"of the Gateway":                {policy("p", toGateway+", "+office), "nyn", "nyn"},
		"of the Gateway, denies":        {policy("p", toGateway+", "+notOffice), "yny", "yny"},
		"of the route":                  {policy("p", toRoute+", "+office), "nyn", "???"},
		"of the older field":            {policy("p", "targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: web}, "+office), "nyn", "???"},
		"the route's takes the place":   {policy("p", toGateway+", "+office) + policy("q", toRoute+", "+notOffice), "yny", "???"},
		"merged":                        {policy("p", toGateway+", "+office) + policy("q", toRoute+", mergeType: StrategicMerge, "+notOffice), "???", "???"},
		"denied by default":             {policy("p", toRoute+", authorization: {rules: [{action: Allow, principal: {clientCIDRs: [203.0.113.0/24]}}]}"), "nyn", "???"},
		"nobody":                        {policy("p", toRoute+", authorization: {defaultAction: Deny}"), "nnn", "???"},
		"an exception first":            {policy("p", toRoute+", authorization: {defaultAction: Deny, rules: [{action: Deny, principal: {clientCIDRs: [203.0.113.4/32]}}, {action: Allow, principal: {clientCIDRs: [203.0.113.0/24]}}]}"), "nnn", "???"},
		"an exception too late":         {policy("p", toRoute+", authorization: {defaultAction: Deny, rules: [{action: Allow, principal: {clientCIDRs: [203.0.113.0/24]}}, {action: Deny, principal: {clientCIDRs: [203.0.113.4/32]}}]}"), "???", "???"},
		"by tokens":                     {policy("p", toRoute+", authorization: {defaultAction: Deny, rules: [{action: Allow, principal: {jwt: {provider: x}}}]}"), "???", "???"},
		"tokens alone are users' own":   {policy("p", toRoute+", jwt: {providers: [{name: x}]}"), "yyy", "yyy"},
		"of a listener":                 {policy("p", "targetRefs: [{kind: Gateway, name: gw, sectionName: http}], "+office), "???", "???"},
		"by labels":                     {policy("p", "targetSelectors: [{kind: HTTPRoute, matchLabels: {a: b}}], "+office), "???", "???"},
		"of another route":              {policy("p", "targetRefs: [{kind: HTTPRoute, name: other}], "+office), "yyy", "yyy"},
		"no addresses":                  {policy("p", toRoute+", authorization: {rules: [{action: Allow, principal: {clientCIDRs: [office]}}]}"), "???", "???"},
		"of a namespace without target": {object("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy", "other/p", "", "spec: {"+toGateway+", "+office+"}"), "yyy", "yyy"},
	} {
		t.Run(name, func(t *testing.T) {
			m := modelOf(t, backend, gatewayClass("eg", "gateway.envoyproxy.io/gatewayclass-controller"), gateway("bank/gw", "eg", anyHTTP, ""),
				httpRoute("bank/web", "{name: gw}", toApp("")), httpRoute("bank/two", "{name: gw}", "hostnames: [two.example.org], "+toApp("")), c.policies)
			for kind, want := range map[reference.Kind]string{reference.HTTPRoute: c.route, reference.Gateway: c.gateway} {
				r := reference.Reference{Kind: kind, Namespace: "bank", Name: map[bool]string{true: "gw", false: "web"}[kind == reference.Gateway]}
				doors, err := frontdoor.Open(m, r, nil)
				if err != nil {
					t.Fatal(err)
				}
				if got := verdicts(doors[0].Guards, "198.51.100.9", "203.0.113.4", "10.0.0.1"); got != want {
					t.Errorf("%s: %s, want %s: %+v", r, got, want, doors[0].Guards)
				}
			}
		})
	}
}
