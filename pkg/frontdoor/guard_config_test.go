package frontdoor_test

import (
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// guardsOf are the guards of the one Ingress there is.
func guardsOf(t *testing.T, world ...string) []guard.Guard {
	t.Helper()
	doors, err := frontdoor.Open(modelOf(t, append(world, backend)...), reference.Reference{Kind: reference.Ingress, Namespace: "bank", Name: "app"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range doors[0].Guards {
		if g.Object.Name == "" || g.Field == "" || !strings.HasPrefix(g.Source, "https://") {
			t.Errorf("%+v does not say where it is written, or why it means that", g.Guard)
		}
	}
	return doors[0].Guards
}

// TestCommonGuards: what a controller's own ConfigMap says for all its Ingresses, and what an
// Ingress says itself, of a client on the internet, one in 203.0.113.0/24 of it, and one with
// a private address.
func TestCommonGuards(t *testing.T) {
	const nginx, haproxy, community = "k8s.io/ingress-nginx", "haproxy.org/ingress-controller", "haproxy-ingress.github.io/controller"
	images := map[string]string{
		nginx: "registry.k8s.io/ingress-nginx/controller:v1", haproxy: "haproxytech/kubernetes-ingress:3", community: "quay.io/jcmoraisjr/haproxy-ingress:v0.15",
	}
	for name, c := range map[string]struct{ controller, config, annotations, want string }{
		"nginx, a list for all":               {nginx, "whitelist-source-range: 203.0.113.0/24", "", "nyn"},
		"nginx, the Ingress's own counts":     {nginx, "whitelist-source-range: 203.0.113.0/24", "nginx.ingress.kubernetes.io/allowlist-source-range: 10.0.0.0/8", "nny"},
		"nginx, an empty one is none":         {nginx, "whitelist-source-range: 203.0.113.0/24", "nginx.ingress.kubernetes.io/whitelist-source-range: ", "nyn"},
		"nginx, no such key":                  {nginx, "allowlist-source-range: 203.0.113.0/24", "", "yyy"},
		"nginx, a denylist for all":           {nginx, "denylist-source-range: 203.0.113.0/24", "", "yny"},
		"nginx, blocked whatever stands here": {nginx, "block-cidrs: 203.0.113.0/24", "nginx.ingress.kubernetes.io/whitelist-source-range: 203.0.113.0/24,10.0.0.0/8", "nny"},
		"nginx, no list of addresses":         {nginx, "block-cidrs: office", "", "???"},
		"nginx, something else":               {nginx, "use-gzip: 10.0.0.0/8", "", "yyy"},
		"haproxy, a list for all":             {haproxy, "allow-list: 203.0.113.0/24", "", "nyn"},
		"haproxy, a file":                     {haproxy, "deny-list: patterns/bad", "", "???"},
		"haproxy, the Ingress's own counts":   {haproxy, "allow-list: 203.0.113.0/24", "haproxy.org/allow-list: 10.0.0.0/8", "nny"},
		"haproxy ingress, a list for all":     {community, "allowlist-source-range: 203.0.113.0/24", "", "nyn"},
		"haproxy ingress, own and all":        {community, "denylist-source-range: 203.0.113.0/24", "haproxy-ingress.github.io/allowlist-source-range: 203.0.113.0/24", "nnn"},
	} {
		t.Run(name, func(t *testing.T) {
			key, value, _ := strings.Cut(c.config, ": ")
			ctl := strings.Replace(pod("edge/ctl", "app: ctl", "10.9.9.9", "--configmap=edge/conf", webPorts, ""), "image: c", "image: '"+images[c.controller]+"'", 1)
			guards := guardsOf(t, class("c", c.controller), ingress(quoted(c.annotations), "c", ""), ctl,
				object("v1", "ConfigMap", "edge/conf", "", "data: {"+key+": '"+value+"'}"))
			if got := verdicts(guards, "198.51.100.9", "203.0.113.4", "10.0.0.1"); got != c.want {
				t.Errorf("%s, want %s: %+v", got, c.want, guards)
			}
		})
	}
}

// TestGlobalAuth: the service that ingress-nginx asks for every Ingress that does not say no.
func TestGlobalAuth(t *testing.T) {
	ctl := strings.Replace(pod("edge/ctl", "app: ctl", "10.9.9.9", "--configmap=edge/conf", webPorts, ""), "image: c", "image: registry.k8s.io/ingress-nginx/controller:v1", 1)
	config := object("v1", "ConfigMap", "edge/conf", "", "data: {global-auth-url: 'http://auth.sso.svc.cluster.local:8080/verify'}")
	for annotations, want := range map[string]string{
		"": "sso/auth",
		"nginx.ingress.kubernetes.io/enable-global-auth: false":         "",
		"nginx.ingress.kubernetes.io/auth-url: http://own.bank.svc/ask": "bank/own",
	} {
		got := ""
		for _, g := range guardsOf(t, class("c", "k8s.io/ingress-nginx"), ingress(quoted(annotations), "c", ""), ctl, config) {
			if g.Effect == report.GuardAsks {
				got += g.Asks.Namespace + "/" + g.Asks.Name
			}
		}
		if got != want {
			t.Errorf("%q: asks %q, want %q", annotations, got, want)
		}
	}
}

// TestKongGuards: plugins of an Ingress, of its Service, and of everybody.
func TestKongGuards(t *testing.T) {
	const api = "configuration.konghq.com/v1"
	plugin := func(name, rest string) string {
		kind, meta := "KongPlugin", ""
		if !strings.Contains(name, "/") {
			kind, meta = "KongClusterPlugin", "annotations: {kubernetes.io/ingress.class: kong}"
		}
		return object(api, kind, name, meta, rest)
	}
	const office = "plugin: ip-restriction, config: {allow: [203.0.113.0/24]}"
	for name, c := range map[string]struct {
		plugins, annotations string
		want                 string
	}{
		"none":                            {"", "", "yyy"},
		"an allow list":                   {plugin("bank/p", office), "konghq.com/plugins: p", "nyn"},
		"a deny list":                     {plugin("bank/p", "plugin: ip-restriction, config: {deny: [203.0.113.0/24]}"), "konghq.com/plugins: p", "yny"},
		"both":                            {plugin("bank/p", "plugin: ip-restriction, config: {allow: [203.0.113.0/24], deny: [203.0.113.4]}"), "konghq.com/plugins: p", "nnn"},
		"by the old names":                {plugin("bank/p", "plugin: ip-restriction, config: {whitelist: [10.0.0.0/8]}"), "konghq.com/plugins: p", "nny"},
		"one that counts nobody out":      {plugin("bank/p", "plugin: rate-limiting, config: {minute: 5}"), "konghq.com/plugins: p", "yyy"},
		"disabled":                        {plugin("bank/p", office+", disabled: true"), "konghq.com/plugins: p", "yyy"},
		"of the cluster, by name":         {plugin("p", office), "konghq.com/plugins: p", "nyn"},
		"the namespace's own comes first": {plugin("p", office) + plugin("bank/p", "plugin: ip-restriction, config: {allow: [10.0.0.0/8]}"), "konghq.com/plugins: p", "nny"},
		"of another namespace":            {plugin("other/p", office), "konghq.com/plugins: other:p", "nyn"},
		"missing":                         {"", "konghq.com/plugins: p", "???"},
		"in a Secret":                     {plugin("bank/p", "plugin: ip-restriction, configFrom: {secretKeyRef: {name: s, key: k}}"), "konghq.com/plugins: p", "???"},
		"two of one kind":                 {plugin("bank/p", office) + plugin("bank/q", office), "konghq.com/plugins: p, q", "???"},
		"for one user":                    {plugin("bank/p", office+", consumerRef: bob"), "konghq.com/plugins: p", "???"},
		"not addresses":                   {plugin("bank/p", "plugin: ip-restriction, config: {allow: [office]}"), "konghq.com/plugins: p", "???"},
		"global": {
			object(api, "KongClusterPlugin", "p", "labels: {global: 'true'}, annotations: {kubernetes.io/ingress.class: kong}", office), "", "nyn",
		},
		"global, of another class": {
			object(api, "KongClusterPlugin", "p", "labels: {global: 'true'}, annotations: {kubernetes.io/ingress.class: other}", office), "", "yyy",
		},
		"the Ingress's own before the global": {
			object(api, "KongClusterPlugin", "g", "labels: {global: 'true'}, annotations: {kubernetes.io/ingress.class: kong}", office) +
				plugin("bank/p", "plugin: ip-restriction, config: {allow: [10.0.0.0/8]}"), "konghq.com/plugins: p", "nny",
		},
	} {
		t.Run(name, func(t *testing.T) {
			guards := guardsOf(t, object("networking.k8s.io/v1", "IngressClass", "kong", "", "spec: {controller: ingress-controllers.konghq.com/kong}"),
				ingress(quoted(c.annotations), "kong", ""), c.plugins)
			if got := verdicts(guards, "198.51.100.9", "203.0.113.4", "10.0.0.1"); got != c.want {
				t.Errorf("%s, want %s: %+v", got, c.want, guards)
			}
		})
	}
}

// TestALBClassGuards: the parameters of a class overrule what its Ingresses say.
func TestALBClassGuards(t *testing.T) {
	for name, c := range map[string]struct{ spec, annotations, want string }{
		"nothing":                    {"", "", "nny"},
		"on the internet":            {"scheme: internet-facing", "", "yyy"},
		"internal, whatever it says": {"scheme: internal", "alb.ingress.kubernetes.io/scheme: internet-facing", "nny"},
		"its own list":               {"scheme: internet-facing, inboundCIDRs: [203.0.113.0/24]", "alb.ingress.kubernetes.io/inbound-cidrs: 10.0.0.0/8", "nyn"},
		"a list that AWS keeps":      {"scheme: internet-facing, prefixListsIDs: [pl-1]", "", "???"},
	} {
		t.Run(name, func(t *testing.T) {
			guards := guardsOf(t,
				object("networking.k8s.io/v1", "IngressClass", "c", "", "spec: {controller: ingress.k8s.aws/alb, parameters: {apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: p}}"),
				object("elbv2.k8s.aws/v1beta1", "IngressClassParams", "p", "", "spec: {"+c.spec+"}"), ingress(quoted(c.annotations), "c", ""))
			if got := verdicts(guards, "198.51.100.9", "203.0.113.4", "10.0.0.1"); got != c.want {
				t.Errorf("%s, want %s: %+v", got, c.want, guards)
			}
		})
	}
}
