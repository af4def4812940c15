package frontdoor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// lines shows routes: requests, TLS, backend, and what is broken.
func lines(d *frontdoor.Door) []string {
	var out []string
	for _, r := range d.Routes {
		text := fmt.Sprintf("%s%s", strings.Join(r.Hosts, ","), r.Path)
		if len(r.TLS) > 0 {
			text += " tls:" + strings.Join(r.TLS, ",")
		}
		if r.Backend.Name != "" {
			text += " -> " + r.Backend.Namespace + "/" + r.Backend.Name + ":" + r.Port
		}
		if r.Redirect != 0 {
			text += fmt.Sprintf(" redirect %d", r.Redirect)
		}
		if r.Mirror {
			text += " copies"
		}
		if r.Weight > 1 {
			text += fmt.Sprintf(" x%d", r.Weight)
		}
		broken, detail := r.Broken, r.Detail
		for _, t := range r.Destinations {
			if t.Broken != "" {
				broken, detail = t.Broken, t.Detail
			}
		}
		if broken != "" {
			text += fmt.Sprintf(" %s %s", broken, detail)
		}
		if r.Undecided {
			text += " (undecided)"
		}
		out = append(out, strings.TrimSpace(text))
	}
	return out
}

func same(t *testing.T, d *frontdoor.Door, want ...string) {
	t.Helper()
	if got := lines(d); !slices.Equal(got, want) {
		t.Errorf("routes:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// TestIngressRoutes follows each kind of backend, and names each broken link.
func TestIngressRoutes(t *testing.T) {
	spec := `
  defaultBackend: {service: {name: app, port: {number: 80}}}
  tls: [{hosts: [a.example.com], secretName: s}, {hosts: ['*.wild.example.com']}]
  rules:
  - host: a.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: app, port: {name: web}}}}
      - {path: /exact, pathType: Exact, backend: {service: {name: app, port: {number: 80}}}}
      - {path: /gone, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
      - {path: /port, pathType: Prefix, backend: {service: {name: app, port: {number: 8080}}}}
      - {path: /portname, pathType: Prefix, backend: {service: {name: app, port: {name: admin}}}}
      - {path: /bucket, pathType: Prefix, backend: {resource: {apiGroup: example.com, kind: Bucket, name: static}}}
  - host: b.example.com
    http:
      paths:
      - {path: /alias, pathType: Prefix, backend: {service: {name: alias, port: {number: 443}}}}
      - {path: /target, pathType: Prefix, backend: {service: {name: badtarget, port: {number: 80}}}}
      - {path: /none, pathType: Prefix, backend: {service: {name: nobody, port: {number: 80}}}}
      - {path: /slow, pathType: Prefix, backend: {service: {name: slow, port: {number: 80}}}}
`
	m := modelOf(t, backend,
		"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {namespace: bank, name: app}\nspec:"+spec,
		service("bank/alias", "type: ExternalName, externalName: api.example.org", ""),
		service("bank/badtarget", "selector: {app: app}, ports: [{port: 80, targetPort: admin}]", ""),
		service("bank/nobody", "selector: {app: nobody}, ports: [{port: 80}]", ""),
		service("bank/slow", "selector: {app: slow}, ports: [{port: 80}]", ""),
		strings.Replace(pod("bank/slow", "app: slow", "10.0.0.9", "", "", ""), "status: 'True'", "status: 'False'", 1),
	)
	d := open(t, m, "ingress/app")
	tls := " tls:a.example.com,*.wild.example.com"
	same(t, d,
		"tls:a.example.com,*.wild.example.com -> bank/app:80",
		"a.example.com/"+tls+" -> bank/app:web",
		"a.example.com/exact"+tls+" -> bank/app:80",
		"a.example.com/gone"+tls+" -> bank/gone:80 BackendMissing",
		"a.example.com/port"+tls+" -> bank/app:8080 ServicePortMissing 80/TCP",
		"a.example.com/portname"+tls+" -> bank/app:admin ServicePortMissing 80/TCP",
		"a.example.com/bucket"+tls+" ResourceBackend Bucket/static",
		"b.example.com/alias"+tls+" -> bank/alias:443",
		"b.example.com/target"+tls+" -> bank/badtarget:80 TargetPortMissing admin",
		"b.example.com/none"+tls+" -> bank/nobody:80 NoPods app=nobody",
		"b.example.com/slow"+tls+" -> bank/slow:80 NoEndpoints 0 of 1",
	)
	if r := d.Routes[7]; len(r.Destinations) != 1 || r.Destinations[0].External != "api.example.org" {
		t.Errorf("ExternalName leads to %+v", r.Destinations)
	}
	if r := d.Routes[1]; len(r.Destinations) != 1 || r.Destinations[0].Port.Pod != 8080 || r.Destinations[0].Port.Service != 80 {
		t.Errorf("port name web leads to %+v", r.Destinations)
	}
	if d.Routes[1].Field != "spec.rules[0].http.paths[0]" || d.Routes[0].Field != "spec.defaultBackend" {
		t.Errorf("fields %s, %s", d.Routes[0].Field, d.Routes[1].Field)
	}
}

// TestGatewayRoutes attaches routes to listeners as the Gateway API says.
func TestGatewayRoutes(t *testing.T) {
	const gw = "{name: gw, namespace: infra}"
	base := []string{
		backend, gatewayClass("c", "example.com/c"),
		object("v1", "Namespace", "bank", "labels: {team: a}", "spec: {}"), object("v1", "Namespace", "infra", "", "spec: {}"),
		object("v1", "Namespace", "pay", "", "spec: {}"),
		object("v1", "Service", "pay/pay", "", "spec: {selector: {app: pay}, ports: [{port: 80}]}"), pod("pay/pay", "app: pay", "10.0.2.1", "", "", ""),
	}
	listener := func(name, more string) string { return "{name: " + name + ", " + more + "}" }
	const http, https = "port: 80, protocol: HTTP", "port: 443, protocol: HTTPS, tls: {mode: Terminate}"
	const all = ", allowedRoutes: {namespaces: {from: All}}"
	for _, c := range []struct {
		name, listeners, route string
		more                   []string
		want                   []string
	}{
		{"one listener", listener("web", http+all), httpRoute("bank/r", gw, toApp("")), nil, []string{"-> bank/app:80"}},
		{"the listener's host name", listener("web", http+all+", hostname: a.example.com"), httpRoute("bank/r", gw, toApp("")), nil, []string{"a.example.com -> bank/app:80"}},
		{
			"the narrower of both host names", listener("web", http+all+", hostname: '*.example.com'"),
			httpRoute("bank/r", gw, "hostnames: [a.example.com, b.elsewhere.org], "+toApp("")), nil, []string{"a.example.com -> bank/app:80"},
		},
		{
			"a wildcard route takes the listener's name", listener("web", http+all+", hostname: a.example.com"),
			httpRoute("bank/r", gw, "hostnames: ['*.example.com'], "+toApp("")), nil, []string{"a.example.com -> bank/app:80"},
		},
		{
			"no host name in common", listener("web", http+all+", hostname: a.example.com"), httpRoute("bank/r", gw, "hostnames: [b.example.com], "+toApp("")), nil,
			[]string{`b.example.com RouteNotAccepted no hostname of the route matches "a.example.com" of listener "web"`},
		},
		{
			"TLS is the listener's", listener("web", http+all) + ", " + listener("tls", https+all), httpRoute("bank/r", "{name: gw, namespace: infra, sectionName: web}", toApp("")), nil,
			[]string{"-> bank/app:80"},
		},
		{
			"TLS by section", listener("web", http+all) + ", " + listener("tls", https+all+", hostname: a.example.com"),
			httpRoute("bank/r", "{name: gw, namespace: infra, sectionName: tls}", toApp("")), nil, []string{"a.example.com tls:a.example.com -> bank/app:80"},
		},
		{
			"section that is not there", listener("web", http+all), httpRoute("bank/r", "{name: gw, namespace: infra, sectionName: nope}", toApp("")), nil,
			[]string{`RouteNotAccepted no listener of the Gateway has the name "nope"`},
		},
		{
			"port that is not there", listener("web", http+all), httpRoute("bank/r", "{name: gw, namespace: infra, port: 8443}", toApp("")), nil,
			[]string{"RouteNotAccepted no listener of the Gateway has port 8443"},
		},
		{
			"routes of the Gateway's namespace only, by default", listener("web", http), httpRoute("bank/r", gw, toApp("")), nil,
			[]string{`RouteNotAccepted listener "web" takes no routes from namespace "bank" (allowedRoutes.namespaces.from: Same)`},
		},
		{
			"namespaces by label", listener("web", http+", allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: a}}}}"), httpRoute("bank/r", gw, toApp("")), nil,
			[]string{"-> bank/app:80"},
		},
		{
			"other namespaces by label", listener("web", http+", allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: b}}}}"), httpRoute("bank/r", gw, toApp("")), nil,
			[]string{`RouteNotAccepted listener "web" takes no routes from namespace "bank" (allowedRoutes.namespaces.from: Selector)`},
		},
		{
			"kinds", listener("web", http+", allowedRoutes: {namespaces: {from: All}, kinds: [{kind: GRPCRoute}]}"), httpRoute("bank/r", gw, toApp("")), nil,
			[]string{`RouteNotAccepted listener "web" (protocol HTTP) takes no HTTPRoute`},
		},
		{
			"the controller's own word", listener("web", http+all),
			strings.Replace(httpRoute("bank/r", gw, toApp("")), "spec:", "status: {parents: [{parentRef: {name: gw, namespace: infra}, controllerName: example.com/c, conditions: [{type: Accepted, status: 'False', reason: NotAllowedByListeners, message: nope}]}]}, spec:", 1),
			nil, []string{"RouteNotAccepted NotAllowedByListeners: nope"},
		},
		{
			"another namespace without a grant", listener("web", http+all), httpRoute("bank/r", gw, "rules: [{backendRefs: [{name: pay, namespace: pay, port: 80}]}]"), nil,
			[]string{"-> pay/pay:80 GrantMissing pay"},
		},
		{
			"another namespace with a grant", listener("web", http+all), httpRoute("bank/r", gw, "rules: [{backendRefs: [{name: pay, namespace: pay, port: 80}]}]"),
			[]string{object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "pay/g", "", "spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: bank}], to: [{group: '', kind: Service}]}")},
			[]string{"-> pay/pay:80"},
		},
		{
			"a grant for another Service", listener("web", http+all), httpRoute("bank/r", gw, "rules: [{backendRefs: [{name: pay, namespace: pay, port: 80}]}]"),
			[]string{object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "pay/g", "", "spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: bank}], to: [{group: '', kind: Service, name: other}]}")},
			[]string{"-> pay/pay:80 GrantMissing pay"},
		},
		{
			"a grant for another namespace", listener("web", http+all), httpRoute("bank/r", gw, "rules: [{backendRefs: [{name: pay, namespace: pay, port: 80}]}]"),
			[]string{object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "pay/g", "", "spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: infra}], to: [{group: '', kind: Service}]}")},
			[]string{"-> pay/pay:80 GrantMissing pay"},
		},
		{
			"weights", listener("web", http+all), httpRoute("bank/r", gw, "rules: [{backendRefs: [{name: app, port: 80, weight: 9}, {name: canary, port: 80, weight: 0}]}]"), nil,
			[]string{"-> bank/app:80 x9"},
		},
		{
			"paths", listener("web", http+all),
			httpRoute("bank/r", gw, "rules: [{matches: [{path: {type: PathPrefix, value: /a}}, {path: {type: Exact, value: /b}}], backendRefs: [{name: app, port: 80}]}]"), nil,
			[]string{"/a -> bank/app:80", "/b -> bank/app:80"},
		},
		{
			"a redirect needs no backend", listener("web", http+all),
			httpRoute("bank/r", gw, "rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}, {matches: [{path: {value: /a}}], backendRefs: [{name: app, port: 80}]}]"), nil,
			[]string{"redirect 302", "/a -> bank/app:80"},
		},
		{"no backend", listener("web", http+all), httpRoute("bank/r", gw, "rules: [{matches: [{path: {value: /a}}]}]"), nil, []string{"/a NoBackends"}},
		{
			"a backend that is no Service", listener("web", http+all), httpRoute("bank/r", gw, "rules: [{backendRefs: [{group: example.com, kind: Lambda, name: f}]}]"), nil,
			[]string{"ResourceBackend Lambda.example.com/f (undecided)"},
		},
		{"a Service that is not there", listener("web", http+all), httpRoute("bank/r", gw, "rules: [{backendRefs: [{name: gone, port: 80}]}]"), nil, []string{"-> bank/gone:80 BackendMissing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := modelOf(t, append(append([]string{gateway("infra/gw", "c", c.listeners, ""), c.route}, base...), c.more...)...)
			same(t, open(t, m, "httproute/r"), c.want...)
			same(t, open(t, m, "infra/gateway/gw"), c.want...)
		})
	}
}

// TestRouteParents tells what a route is attached to.
func TestRouteParents(t *testing.T) {
	world := func(parents string) []string {
		return []string{
			backend, gatewayClass("c", "example.com/c"), gateway("bank/a", "c", anyHTTP, ""), gateway("bank/b", "c", anyHTTP, ""),
			httpRoute("bank/r", parents, toApp("")),
		}
	}
	for name, c := range map[string]struct {
		parents string
		doors   []string
		problem report.Reason
	}{
		"two Gateways":           {"{name: a}, {name: b}", []string{"Gateway/a", "Gateway/b"}, report.ControllerUnknown},
		"two listeners of one":   {"{name: a, sectionName: http}, {name: a, port: 80}", []string{"Gateway/a"}, report.ControllerUnknown},
		"a Gateway that is gone": {"{name: gone}", []string{"Gateway/gone"}, report.ParentMissing},
		"a mesh":                 {"{group: '', kind: Service, name: app}", []string{"HTTPRoute/r"}, report.ControllerUnknown},
		"none":                   {"", []string{"HTTPRoute/r"}, report.ParentMissing},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, d := range openAll(t, modelOf(t, world(c.parents)...), "httproute/r") {
				got = append(got, d.Object.Kind+"/"+d.Object.Name)
				if d.DataPlane.Problem != c.problem {
					t.Errorf("problem %s, want %s", d.DataPlane.Problem, c.problem)
				}
			}
			if !slices.Equal(got, c.doors) {
				t.Errorf("doors %v, want %v", got, c.doors)
			}
		})
	}
}

// TestOtherRoutes reads every kind of route.
func TestOtherRoutes(t *testing.T) {
	m := modelOf(t, backend, gatewayClass("c", "example.com/c"),
		gateway("bank/gw", "c", "{name: h, port: 80, protocol: HTTP}, {name: t, port: 9000, protocol: TCP}, {name: s, port: 443, protocol: TLS, hostname: a.example.com, tls: {mode: Passthrough}}", ""),
		object("gateway.networking.k8s.io/v1", "GRPCRoute", "bank/g", "", "spec: {parentRefs: [{name: gw}], rules: [{matches: [{method: {service: s}}], backendRefs: [{name: app, port: 80}]}]}"),
		object("gateway.networking.k8s.io/v1alpha2", "TCPRoute", "bank/t", "", "spec: {parentRefs: [{name: gw, sectionName: t}], rules: [{backendRefs: [{name: app, port: 80}]}]}"),
		object("gateway.networking.k8s.io/v1alpha2", "TLSRoute", "bank/s", "", "spec: {parentRefs: [{name: gw}], hostnames: [a.example.com], rules: [{backendRefs: [{name: app, port: 80}]}]}"),
	)
	for ref, want := range map[string]string{
		"grpcroute/g": "-> bank/app:80", "tcproute/t": "-> bank/app:80", "tlsroute/s": "a.example.com -> bank/app:80",
	} {
		t.Run(ref, func(t *testing.T) { same(t, open(t, m, ref), want) })
	}
	if got := lines(open(t, m, "gateway/gw")); len(got) != 3 {
		t.Errorf("the Gateway has routes %q", got)
	}
}
