package query_test

import (
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// The rules of DESIGN §3, each as a truth table. What the tables claim is in the
// API documentation of NetworkPolicySpec and in "Network Policies" of the
// Kubernetes documentation.

func TestRule1IsolationIsPerPodAndDirection(t *testing.T) {
	for name, c := range map[string]struct {
		spec            string
		ingress, egress report.Reason // of shop/web; NoRuleAllows means isolated
	}{
		"no policy":                       {"", report.NotIsolated, report.NotIsolated},
		"policyTypes absent":              {"podSelector: {}", report.NoRuleAllows, report.NotIsolated},
		"absent, egress empty":            {"podSelector: {}, egress: []", report.NoRuleAllows, report.NotIsolated},
		"absent, with an egress rule":     {"podSelector: {}, egress: [{to: [{ipBlock: {cidr: 1.1.1.1/32}}]}]", report.NoRuleAllows, report.NoRuleAllows},
		"[Ingress], egress ignored":       {"podSelector: {}, policyTypes: [Ingress], egress: [{to: [{ipBlock: {cidr: 1.1.1.1/32}}]}]", report.NoRuleAllows, report.NotIsolated},
		"[Egress], ingress rules ignored": {"podSelector: {}, policyTypes: [Egress], ingress: [{from: [{ipBlock: {cidr: 1.1.1.1/32}}]}]", report.NotIsolated, report.NoRuleAllows},
		"both":                            {"podSelector: {}, policyTypes: [Ingress, Egress]", report.NoRuleAllows, report.NoRuleAllows},
		"another pod":                     {"podSelector: {matchLabels: {app: nobody}}, policyTypes: [Ingress, Egress]", report.NotIsolated, report.NotIsolated},
		"this pod":                        {"podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]", report.NoRuleAllows, report.NoRuleAllows},
	} {
		t.Run(name, func(t *testing.T) {
			text := ""
			if c.spec != "" {
				text = policy("shop/p", c.spec)
			}
			verdict := map[report.Reason]report.Verdict{report.NotIsolated: Allowed, report.NoRuleAllows: Denied}
			hold(t, cluster(t, world, text),
				flow{"other/pod/client", "web:8080", verdict[c.ingress], c.ingress},
				flow{"web", "other/pod/db:9090", verdict[c.egress], c.egress},
				flow{"other/pod/client", "other/pod/db:9090", Allowed, report.NotIsolated}, // another namespace
			)
		})
	}
}

func TestRule2PoliciesAddUpAndAbsentIsNotEmpty(t *testing.T) {
	// Each is the ingress of one policy that selects shop/web; the verdicts are
	// those of shop/client on TCP 8080, of it on TCP 81, and of other/client on 8080.
	const client = "{podSelector: {matchLabels: {app: client}}}"
	for name, c := range map[string]struct {
		ingress string
		want    [3]report.Verdict
	}{
		"absent":               {"", [3]report.Verdict{Denied, Denied, Denied}},
		"null":                 {"ingress: null", [3]report.Verdict{Denied, Denied, Denied}},
		"[]":                   {"ingress: []", [3]report.Verdict{Denied, Denied, Denied}},
		"[{}]":                 {"ingress: [{}]", [3]report.Verdict{Allowed, Allowed, Allowed}},
		"from []":              {"ingress: [{from: []}]", [3]report.Verdict{Allowed, Allowed, Allowed}},
		"ports []":             {"ingress: [{ports: []}]", [3]report.Verdict{Allowed, Allowed, Allowed}},
		"both []":              {"ingress: [{from: [], ports: []}]", [3]report.Verdict{Allowed, Allowed, Allowed}},
		"from, ports absent":   {"ingress: [{from: [" + client + "]}]", [3]report.Verdict{Allowed, Allowed, Denied}},
		"from, ports []":       {"ingress: [{from: [" + client + "], ports: []}]", [3]report.Verdict{Allowed, Allowed, Denied}},
		"ports, from absent":   {"ingress: [{ports: [{port: 8080}]}]", [3]report.Verdict{Allowed, Denied, Allowed}},
		"ports, from []":       {"ingress: [{from: [], ports: [{port: 8080}]}]", [3]report.Verdict{Allowed, Denied, Allowed}},
		"from AND ports":       {"ingress: [{from: [" + client + "], ports: [{port: 8080}]}]", [3]report.Verdict{Allowed, Denied, Denied}},
		"rules OR":             {"ingress: [{from: [" + client + "], ports: [{port: 81}]}, {ports: [{port: 8080}]}]", [3]report.Verdict{Allowed, Allowed, Allowed}},
		"clauses of two rules": {"ingress: [{from: [" + client + "], ports: [{port: 1}]}, {from: [{podSelector: {matchLabels: {role: nobody}}}], ports: [{port: 8080}]}]", [3]report.Verdict{Denied, Denied, Denied}},
		"a port of protocol":   {"ingress: [{ports: [{protocol: TCP}]}]", [3]report.Verdict{Allowed, Allowed, Allowed}},
		"ports [{}]":           {"ingress: [{ports: [{}]}]", [3]report.Verdict{Allowed, Allowed, Allowed}},
		"only UDP":             {"ingress: [{ports: [{protocol: UDP}]}]", [3]report.Verdict{Denied, Denied, Denied}},
	} {
		t.Run(name, func(t *testing.T) {
			spec := "podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]"
			if c.ingress != "" {
				spec += ", " + c.ingress
			}
			hold(t, cluster(t, world, policy("shop/p", spec)),
				flow{"client", "web:8080/TCP", c.want[0], ""},
				flow{"client", "web:81/TCP", c.want[1], ""},
				flow{"other/pod/client", "web:8080/TCP", c.want[2], ""})
		})
	}
	t.Run("policies add up", func(t *testing.T) {
		hold(t, cluster(t, world,
			policy("shop/a-deny", "podSelector: {}"),
			policy("shop/b-one", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {tier: front}}}], ports: [{port: 8080}]}]"),
			policy("shop/c-two", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}}], ports: [{port: 81}]}]")),
			flow{"client", "web:8080", Allowed, report.RuleAllows},
			flow{"client", "web:81", Denied, report.NoRuleAllows},
			flow{"other/pod/client", "web:8080", Denied, report.NoRuleAllows},
			flow{"other/pod/client", "web:81", Allowed, report.RuleAllows})
	})
	t.Run("absent and empty egress", func(t *testing.T) {
		for spec, want := range map[string]report.Verdict{
			"podSelector: {}, policyTypes: [Egress]":                          Denied,
			"podSelector: {}, policyTypes: [Egress], egress: []":              Denied,
			"podSelector: {}, policyTypes: [Egress], egress: [{}]":            Allowed,
			"podSelector: {}, policyTypes: [Egress], egress: [{to: []}]":      Allowed,
			"podSelector: {}, policyTypes: [Egress], egress: [{ports: [{}]}]": Allowed,
		} {
			hold(t, cluster(t, world, policy("shop/p", spec)), flow{"web", "other/pod/db:9090", want, ""}, flow{"web", "8.8.8.8:443", want, ""})
		}
	})
}

func TestRule3PodAndNamespaceSelectors(t *testing.T) {
	// The verdicts of shop/client (app=client, tier=front), other/client
	// (app=client) and other/db (app=db); shop has team=a, other team=b.
	for peers, want := range map[string][3]report.Verdict{
		"{podSelector: {}}":                                                                                                                                     {Allowed, Denied, Denied},
		"{podSelector: {matchLabels: {app: client}}}":                                                                                                           {Allowed, Denied, Denied},
		"{namespaceSelector: {}}":                                                                                                                               {Allowed, Allowed, Allowed},
		"{namespaceSelector: {matchLabels: {team: b}}}":                                                                                                         {Denied, Allowed, Allowed},
		"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}}":                                                                              {Denied, Allowed, Allowed},
		"{namespaceSelector: {matchLabels: {team: b}}, podSelector: {matchLabels: {app: client}}}":                                                              {Denied, Allowed, Denied},
		"{namespaceSelector: {matchLabels: {team: b}}}, {podSelector: {matchLabels: {app: client}}}":                                                            {Allowed, Allowed, Allowed},
		"{namespaceSelector: {matchLabels: {team: b}}, podSelector: {}}":                                                                                        {Denied, Allowed, Allowed},
		"{namespaceSelector: {}, podSelector: {matchLabels: {app: client}}}":                                                                                    {Allowed, Allowed, Denied},
		"{podSelector: {matchLabels: {app: client, tier: front}}}":                                                                                              {Allowed, Denied, Denied},
		"{podSelector: {matchExpressions: [{key: app, operator: In, values: [client, x]}]}}":                                                                    {Allowed, Denied, Denied},
		"{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [client]}]}}":                                                                    {Denied, Denied, Denied},
		"{namespaceSelector: {}, podSelector: {matchExpressions: [{key: tier, operator: Exists}]}}":                                                             {Allowed, Denied, Denied},
		"{namespaceSelector: {}, podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}":                                                       {Denied, Allowed, Allowed},
		"{namespaceSelector: {}, podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}}":                                             {Denied, Allowed, Allowed}, // an absent key is not in
		"{namespaceSelector: {}, podSelector: {matchLabels: {app: client}, matchExpressions: [{key: tier, operator: DoesNotExist}]}}":                           {Denied, Allowed, Denied},
		"{namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [b, c]}]}}":                                                                  {Denied, Allowed, Allowed},
		"{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [b]}, {key: nope, operator: DoesNotExist}]}}":                             {Allowed, Denied, Denied},
		"{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}, podSelector: {matchLabels: {app: db}}}": {Denied, Denied, Allowed},
	} {
		t.Run(peers, func(t *testing.T) {
			hold(t, cluster(t, world, policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: ["+peers+"]}]")),
				flow{"client", "web:8080", want[0], ""},
				flow{"other/pod/client", "web:8080", want[1], ""},
				flow{"other/pod/db", "web:8080", want[2], ""})
		})
		t.Run("egress "+peers, func(t *testing.T) {
			hold(t, cluster(t, world, policy("shop/p", "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: ["+peers+"]}]")),
				flow{"web", "client:8080", want[0], ""},
				flow{"web", "other/pod/client:8080", want[1], ""},
				flow{"web", "other/pod/db:8080", want[2], ""})
		})
	}
	t.Run("the policy's own podSelector", func(t *testing.T) {
		hold(t, cluster(t, world, policy("shop/p", "podSelector: {matchExpressions: [{key: app, operator: In, values: [web, x]}, {key: tier, operator: DoesNotExist}]}")),
			flow{"client", "web:8080", Denied, report.NoRuleAllows},
			flow{"web", "client:8080", Allowed, report.NotIsolated})
	})
	t.Run("a pod that does not exist yet", func(t *testing.T) {
		hold(t, cluster(t, world, policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: new}}}]}]")),
			flow{"app=new", "web:8080", Allowed, report.RuleAllows},
			flow{"app=old", "web:8080", Denied, report.NoRuleAllows})
	})
}

func TestRule4IPBlocks(t *testing.T) {
	t.Run("outside addresses", func(t *testing.T) {
		hold(t, cluster(t, world, pod("shop/six", "10.0.0.9 fd00::9", "n1", "app: web", ""),
			policy("shop/p", `podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress],
  ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25, 203.0.113.1/32]}}, {ipBlock: {cidr: '2001:db8::/32', except: ['2001:db8:1::/48']}}]}],
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]`)),
			flow{"203.0.113.2", "web:8080", Allowed, report.RuleAllows},
			flow{"203.0.113.1", "web:8080", Denied, report.NoRuleAllows},
			flow{"203.0.113.200", "web:8080", Denied, report.NoRuleAllows},
			flow{"203.0.112.2", "web:8080", Denied, report.NoRuleAllows},
			flow{"203.0.113.64/26", "web:8080", Allowed, report.RuleAllows},
			flow{"2001:db8::1", "six:8080", Allowed, report.RuleAllows},
			flow{"2001:db8:1::1", "six:8080", Denied, report.NoRuleAllows},
			flow{"2001:db9::1", "six:8080", Denied, report.NoRuleAllows},
			flow{"web", "8.8.8.8:53/UDP", Allowed, report.RuleAllows},
			flow{"web", "10.9.9.9:53/UDP", Denied, report.NoRuleAllows},
			flow{"six", "[2001:db8::1]:53/UDP", Denied, report.NoRuleAllows},
			flow{"2001:db8::1", "web:8080", Denied, report.NoCommonIPFamily})
	})
	t.Run("another peer admits what is excepted", func(t *testing.T) {
		hold(t, cluster(t, world, policy("shop/p", `podSelector: {matchLabels: {app: web}}, ingress: [{from: [
  {ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}}, {ipBlock: {cidr: 203.0.113.200/32}}]}]`)),
			flow{"203.0.113.200", "web:8080", Allowed, report.RuleAllows},
			flow{"203.0.113.201", "web:8080", Denied, report.NoRuleAllows})
	})
	t.Run("pods", func(t *testing.T) {
		m := cluster(t, world, policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/23, except: [10.0.1.2/32]}}]}]"))
		hold(t, m,
			flow{"client", "web:8080", Allowed, report.RuleAllows},
			flow{"other/pod/client", "web:8080", Allowed, report.RuleAllows},
			flow{"other/pod/db", "web:8080", Denied, report.NoRuleAllows})
		if x := explained(t, m, "client", "web:8080"); !hasCaveat(x, report.PodsInIPBlocks, Denied) {
			t.Errorf("no caveat that other plugins deny: %+v", x.Answers)
		}
		if x := explained(t, m, "other/pod/db", "web:8080"); hasCaveat(x, report.PodsInIPBlocks, Denied) || hasCaveat(x, report.PodsInIPBlocks, Allowed) {
			t.Errorf("a caveat where all agree: %+v", x.Answers)
		}
		strict := query.Options{Strict: true}
		holdWith(t, m, strict, flow{"client", "web:8080", Unknown, report.NetworkPluginDecides})
		holdWith(t, m, strict, flow{"other/pod/db", "web:8080", Denied, report.NoRuleAllows})
		holdWith(t, m, strict, flow{"client", "other/pod/db:9090", Allowed, report.NotIsolated})
	})
	t.Run("a pod without a known address", func(t *testing.T) {
		hold(t, cluster(t, world, policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}, {from: [{podSelector: {matchLabels: {app: known}}}]}]")),
			flow{"app=new", "web:8080", Unknown, report.AddressUnknown},
			flow{"app=known", "web:8080", Allowed, report.RuleAllows})
	})
}

func TestRule5Ports(t *testing.T) {
	web := func(ports string) string {
		return policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{ports: ["+ports+"]}]")
	}
	for ports, table := range map[string][]flow{
		"{port: 8080}": {
			{"client", "web:8080", Allowed, ""}, {"client", "web:8080/UDP", Denied, ""}, {"client", "web:8080/SCTP", Denied, ""}, {"client", "web:8081", Denied, ""}},
		"{port: 8080, protocol: SCTP}": {
			{"client", "web:8080/SCTP", Allowed, ""}, {"client", "web:8080/TCP", Denied, ""}},
		"{protocol: SCTP}": {
			{"client", "web:1/SCTP", Allowed, ""}, {"client", "web:65535/SCTP", Allowed, ""}, {"client", "web:1/TCP", Denied, ""}},
		"{port: 8000, endPort: 8080}": {
			{"client", "web:7999", Denied, ""}, {"client", "web:8000", Allowed, ""}, {"client", "web:8080", Allowed, ""}, {"client", "web:8081", Denied, ""}, {"client", "web:8001/UDP", Denied, ""}},
		"{port: 8080, endPort: 8080}": {
			{"client", "web:8080", Allowed, ""}, {"client", "web:8079", Denied, ""}, {"client", "web:8081", Denied, ""}},
		"{port: 1, endPort: 65535, protocol: UDP}": {
			{"client", "web:65535/UDP", Allowed, ""}, {"client", "web:65535/TCP", Denied, ""}},
		"{port: http}": {
			{"client", "web:8080", Allowed, ""}, {"client", "web:http", Allowed, ""}, {"client", "web:9090", Denied, ""}},
		"{port: http, protocol: UDP}": {
			{"client", "web:8080/TCP", Denied, ""}, {"client", "web:8080/UDP", Denied, ""}},
		"{port: dns}": {
			{"client", "web:53/UDP", Denied, ""}, {"client", "web:53/TCP", Denied, ""}},
		"{port: dns, protocol: UDP}": {
			{"client", "web:53/UDP", Allowed, ""}, {"client", "web:53/TCP", Denied, ""}},
		"{port: nobody}": {
			{"client", "web:8080", Denied, report.NoRuleAllows}},
		"{port: 81}, {port: http}": {
			{"client", "web:81", Allowed, ""}, {"client", "web:8080", Allowed, ""}, {"client", "web:82", Denied, ""}},
	} {
		t.Run(ports, func(t *testing.T) { hold(t, cluster(t, world, web(ports)), table...) })
	}
	t.Run("names resolve per destination pod", func(t *testing.T) {
		m := cluster(t, world, deployment("shop/two"),
			deployed(pod("shop/a", "10.0.0.11", "n1", "of: two", "{name: http, containerPort: 80}"), "two"),
			deployed(pod("shop/b", "10.0.0.12", "n1", "of: two", "{name: http, containerPort: 81}"), "two"),
			policy("shop/p", "podSelector: {matchLabels: {of: two}}, ingress: [{ports: [{port: http}]}]"))
		hold(t, m,
			flow{"client", "a:80", Allowed, ""}, flow{"client", "a:81", Denied, ""},
			flow{"client", "b:80", Denied, ""}, flow{"client", "b:81", Allowed, ""},
			flow{"client", "deploy/two:http", Allowed, ""},
			flow{"client", "deploy/two:80", Denied, report.NoRuleAllows})
		if x := explained(t, m, "client", "deploy/two:80"); !x.Partly {
			t.Errorf("1 of 2 pods is not called partly: %v", classes(x))
		}
	})
	t.Run("egress names resolve on the destination", func(t *testing.T) {
		hold(t, cluster(t, world, policy("shop/p", "podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]")),
			flow{"client", "web:8080", Allowed, ""}, flow{"client", "web:9090", Denied, ""},
			flow{"client", "other/pod/db:9090", Allowed, ""}, flow{"client", "other/pod/db:8080", Denied, ""},
			flow{"client", "8.8.8.8:8080", Denied, report.NoRuleAllows})
	})
	t.Run("a hypothetical destination may declare any name", func(t *testing.T) {
		hold(t, cluster(t, world, policy("shop/p", "podSelector: {matchLabels: {app: new}}, ingress: [{ports: [{port: http}]}]")),
			flow{"client", "app=new:8080", Unknown, report.PortUnknown})
	})
	t.Run("a pod that declares no port may listen on any", func(t *testing.T) {
		hold(t, cluster(t, world, policy("shop/p", "podSelector: {matchLabels: {app: client}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 8080}]}]")),
			flow{"web", "client", Unknown, report.PortUnknown},
			flow{"other/pod/db", "client", Denied, report.NoRuleAllows},
			flow{"web", "client:8080", Allowed, report.RuleAllows},
			flow{"web", "client:81", Denied, report.NoRuleAllows})
	})
	t.Run("sidecars and init containers", func(t *testing.T) {
		m := cluster(t, world,
			podWith("shop/s", "app: web", `nodeName: n1, containers: [{name: c, image: c}], initContainers: [
  {name: side, image: c, restartPolicy: Always, ports: [{name: http, containerPort: 15}]},
  {name: init, image: c, ports: [{name: early, containerPort: 16}]}]`, running("10.0.0.21")),
			web("{port: http}, {port: early}"))
		hold(t, m, flow{"client", "s:15", Allowed, ""}, flow{"client", "s:16", Denied, ""})
	})
	t.Run("several protocols under one name", func(t *testing.T) {
		m := cluster(t, world,
			pod("shop/d", "10.0.0.22", "n1", "app: web", "{name: dns, containerPort: 53, protocol: UDP}, {name: dns-tcp, containerPort: 5353}"),
			web("{port: dns, protocol: UDP}, {port: dns-tcp}"))
		hold(t, m, flow{"client", "d:53/UDP", Allowed, ""}, flow{"client", "d:5353", Allowed, ""}, flow{"client", "d:53/TCP", Denied, ""}, flow{"client", "d", Allowed, ""})
	})
}

func TestRule6BothEndsSelfAndOwnNode(t *testing.T) {
	const (
		in     = "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: client}}}]}]"
		out    = "podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: web}}}]}]"
		noIn   = "podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]"
		noOut  = "podSelector: {matchLabels: {app: client}}, policyTypes: [Egress]"
		closed = "podSelector: {}, policyTypes: [Ingress, Egress]"
	)
	for name, c := range map[string]struct {
		ingress, egress string
		want            report.Verdict
	}{
		"both":        {in, out, Allowed},
		"only source": {noIn, out, Denied},
		"only target": {in, noOut, Denied},
		"neither":     {noIn, noOut, Denied},
	} {
		t.Run(name, func(t *testing.T) {
			hold(t, cluster(t, world, policy("shop/in", c.ingress), policy("shop/out", c.egress)), flow{"client", "web:8080", c.want, ""})
		})
	}
	t.Run("self and own node", func(t *testing.T) {
		m := cluster(t, world, policy("shop/p", closed))
		hold(t, m,
			flow{"web", "web:8080", Allowed, report.SamePod},
			flow{"web", "10.0.0.1:8080", Allowed, report.SamePod},
			flow{"no/n1", "web:8080", Allowed, report.SameNode},
			flow{"192.168.0.1", "web:8080", Allowed, report.SameNode},
			flow{"no/n2", "web:8080", Denied, report.NoRuleAllows},
			flow{"other/pod/host1", "web:8080", Allowed, report.SameNode},
			flow{"other/pod/host2", "web:8080", Denied, report.NoRuleAllows},
			flow{"web", "no/n1:10250", Allowed, report.SameNode},
			flow{"web", "other/pod/host1:80", Allowed, report.SameNode},
			flow{"web", "other/pod/host2:80", Denied, report.NoRuleAllows},
			flow{"web", "192.168.0.2:80", Denied, report.NoRuleAllows})
	})
	t.Run("a workload's pods are not themselves", func(t *testing.T) {
		m := cluster(t, world, deployment("shop/two"),
			deployed(pod("shop/a", "10.0.0.11", "n1", "of: two", "{containerPort: 80}"), "two"),
			deployed(pod("shop/b", "10.0.0.12", "n1", "of: two", "{containerPort: 80}"), "two"),
			policy("shop/p", closed))
		hold(t, m, flow{"deploy/two", "deploy/two:80", Denied, report.NoRuleAllows})
	})
}

func TestRule7HostNetworkPodsAreTheNode(t *testing.T) {
	m := cluster(t, world,
		policy("other/closed", "podSelector: {}, policyTypes: [Ingress, Egress]"),
		policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: client}}}, {namespaceSelector: {}}]}]"))
	hold(t, m,
		flow{"client", "other/pod/host1:80", Allowed, ""}, // its namespace isolates everything, not it
		flow{"other/pod/host1", "client:80", Allowed, ""},
		flow{"other/pod/host2", "web:8080", Denied, report.NoRuleAllows}, // no selector matches it
		flow{"other/pod/host1", "web:8080", Allowed, report.SameNode})
	m = cluster(t, world, policy("shop/p", "podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{ipBlock: {cidr: 192.168.0.2/32}}]}], egress: [{to: [{ipBlock: {cidr: 192.168.0.2/32}}]}]"))
	hold(t, m,
		flow{"other/pod/host2", "web:8080", Allowed, report.RuleAllows},
		flow{"no/n2", "web:8080", Allowed, report.RuleAllows},
		flow{"other/pod/host1", "client:80", Denied, report.NoRuleAllows},
		flow{"web", "other/pod/host2:80", Allowed, report.RuleAllows},
		flow{"client", "other/pod/host1:80", Denied, report.NoRuleAllows})
	t.Run("a node that is not known", func(t *testing.T) {
		nowhere := podWith("shop/nowhere", "app: web", "containers: [{name: c, image: c}]", running("10.0.0.30"))
		host := podWith("other/host", "app: h", "hostNetwork: true, containers: [{name: c, image: c}]", running("192.168.0.9"))
		m := cluster(t, world, nowhere, host,
			policy("shop/p", "podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress], ingress: [{ports: [{port: 80}]}]"))
		hold(t, m,
			flow{"no/n1", "nowhere:81", Unknown, report.NodeUnknown},
			flow{"no/n1", "nowhere:80", Allowed, report.RuleAllows},
			flow{"other/pod/host", "web:81", Unknown, report.NodeUnknown},
			flow{"web", "other/pod/host:81", Unknown, report.NodeUnknown},
			flow{"client", "nowhere:81", Denied, report.NoRuleAllows})
	})
	t.Run("a hostNetwork DaemonSet works from one node", func(t *testing.T) {
		m := cluster(t, world, deployment("other/proxy"),
			deployed(hostPod("other/p1", "192.168.0.1", "n1", "of: proxy"), "proxy"),
			deployed(hostPod("other/p2", "192.168.0.2", "n2", "of: proxy"), "proxy"),
			policy("shop/p", "podSelector: {}"))
		x := explained(t, m, "other/deploy/proxy", "web:8080")
		if x.Verdict != Denied || !x.Partly {
			t.Errorf("got %v partly=%v", x.Verdict, x.Partly)
		}
		differ(t, x, "Allowed SameNode p1 -> web TCP/8080", "Denied NoRuleAllows p2 -> web TCP/8080")
	})
}

func TestRule9PodsThatCannotReceive(t *testing.T) {
	spec := "nodeName: n1, containers: [{name: c, image: c}]"
	m := cluster(t, world,
		podWith("shop/done", "app: web", spec, "phase: Succeeded, podIPs: [{ip: 10.0.0.1}]"),
		podWith("shop/failed", "app: web", spec, "phase: Failed"),
		podWith("shop/pending", "app: web", "containers: [{name: c, image: c}]", "phase: Pending"),
		podWith("shop/noip", "app: web", spec, "phase: Running"),
		podWith("shop/notready", "app: web", spec, "phase: Running, podIPs: [{ip: 10.0.0.41}], conditions: [{type: Ready, status: 'False'}]"),
		podWith("shop/planned", "app: web", "containers: [{name: c, image: c}]", ""))
	hold(t, m,
		flow{"client", "done:80", Denied, report.PodFinished},
		flow{"client", "failed:80", Denied, report.PodFinished},
		flow{"client", "pending:80", Denied, report.PodPending},
		flow{"client", "noip:80", Denied, report.NoAddress},
		flow{"client", "notready:80", Allowed, report.NotIsolated}, // by its own address it can be reached
		flow{"client", "planned:80", Allowed, report.NotIsolated},
		flow{"done", "web:8080", Denied, report.PodFinished},
		flow{"done", "done:80", Denied, report.PodFinished},
		flow{"client", "10.0.0.1:8080", Allowed, report.NotIsolated}) // the address has a new owner
}

func TestRule10ManyEnds(t *testing.T) {
	three := deployment("shop/three") +
		deployed(pod("shop/a", "10.0.0.11", "n1", "of: three", "{containerPort: 80}"), "three") +
		deployed(pod("shop/b", "10.0.0.12", "n1", "of: three", "{containerPort: 80}"), "three") +
		deployed(pod("shop/c", "10.0.0.13", "n1", "of: three, closed: 'yes'", "{containerPort: 80}"), "three")
	t.Run("2 of 3 pods", func(t *testing.T) {
		m := cluster(t, world, three, policy("shop/p", "podSelector: {matchLabels: {closed: 'yes'}}, policyTypes: [Ingress, Egress]"))
		x := explained(t, m, "client", "deploy/three")
		if x.Verdict != Denied || !x.Partly {
			t.Errorf("got %v partly=%v", x.Verdict, x.Partly)
		}
		differ(t, x, "Allowed NotIsolated client -> a+b TCP/80", "Denied NoRuleAllows client -> c TCP/80")
		for _, a := range x.Answers {
			if a.Target.Total != 3 {
				t.Errorf("%d of %d pods", a.Target.Count, a.Target.Total)
			}
		}
		differ(t, explained(t, m, "deploy/three", "web:8080"), "Allowed NotIsolated a+b -> web TCP/8080", "Denied NoRuleAllows c -> web TCP/8080")
	})
	t.Run("identical bare pods", func(t *testing.T) {
		m := cluster(t, world, pod("shop/u", "10.0.0.51", "n1", "app: u", ""), pod("shop/v", "10.0.0.52", "n1", "app: u", ""))
		differ(t, explained(t, m, "ns/shop", "other/pod/db"),
			"Allowed NotIsolated client -> db TCP/9090", "Allowed NotIsolated web -> db TCP/9090",
			"Allowed NotIsolated u -> db TCP/9090", "Allowed NotIsolated v -> db TCP/9090")
	})
	t.Run("part of the internet", func(t *testing.T) {
		m := cluster(t, world, policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]"))
		x := explained(t, m, "internet", "web:8080")
		if x.Verdict != Denied || !x.Partly {
			t.Errorf("got %v partly=%v", x.Verdict, x.Partly)
		}
		for _, a := range x.Answers {
			if a.Verdict == Allowed && who(a.Source) != "Addresses203.0.113.0/24" {
				t.Errorf("allowed from %s", who(a.Source))
			}
		}
		hold(t, m, flow{"203.0.113.0/24", "web:8080", Allowed, ""}, flow{"203.0.112.0/23", "web:8080", Denied, ""})
	})
	t.Run("ports of a target without a port", func(t *testing.T) {
		m := cluster(t, world, policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8080}]}]"))
		x := explained(t, m, "client", "web")
		differ(t, x, "Allowed RuleAllows client -> web TCP/8080", "Denied NoRuleAllows client -> web UDP/53")
		if x.Verdict != Denied || !x.Partly {
			t.Errorf("got %v partly=%v", x.Verdict, x.Partly)
		}
	})
	t.Run("dual stack", func(t *testing.T) {
		m := cluster(t,
			pod("shop/web", "10.0.0.1 fd00::1", "n1", "app: web", "{containerPort: 80}"), pod("shop/client", "10.0.0.2 fd00::2", "n1", "app: client", ""),
			pod("shop/four", "10.0.0.3", "n1", "app: four", ""), pod("shop/six", "fd00::4", "n1", "app: six", ""),
			policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]"))
		hold(t, m,
			flow{"client", "web:80", Denied, report.NoRuleAllows},
			flow{"client", "10.0.0.1:80", Allowed, report.RuleAllows},
			flow{"client", "[fd00::1]:80", Denied, report.NoRuleAllows},
			flow{"four", "web:80", Allowed, report.RuleAllows},
			flow{"six", "web:80", Denied, report.NoRuleAllows},
			flow{"four", "six:80", Denied, report.NoCommonIPFamily})
		if x := explained(t, m, "client", "web:80"); !x.Partly {
			t.Errorf("IPv4 in, IPv6 out is not partly: %v", classes(x))
		}
	})
	t.Run("nobody", func(t *testing.T) {
		m := cluster(t, world, object("apps/v1", "Deployment", "shop/zero", "replicas: 0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: c}]}}"))
		hold(t, m, flow{"client", "deploy/zero:80", Denied, report.NoPods}, flow{"deploy/zero", "web:8080", Denied, report.NoPods})
	})
}

// Where both ends' policies deny, the row of who-can-reach tells of the sender's,
// which decide first, with their own clause that comes nearest.
func TestARowTellsOfTheHopThatDecides(t *testing.T) {
	m := cluster(t, world,
		policy("other/out", "podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]"),
		policy("shop/in", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]"))
	for question, ask := range map[string]func() (*report.Reach, error){
		"who-can-reach":  func() (*report.Reach, error) { return query.WhoCanReach(m, ref(t, "web:8080"), query.Options{}) },
		"reachable-from": func() (*report.Reach, error) { return query.ReachableFrom(m, ref(t, "other/pod/db"), query.Options{}) },
	} {
		r, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, row := range r.Rows {
			if row.Verdict != Denied || len(row.DecidedBy) == 0 || row.DecidedBy[0].Policy.Name != "out" || row.Scope == report.ScopeAddresses {
				continue
			}
			found = true
			if row.Hop != report.HopEgress || row.Nearest == nil || !strings.HasPrefix(row.Nearest.Path, "spec.egress[0].to[0]") {
				t.Errorf("%s: %v by %v, nearest %+v", question, row.Hop, row.DecidedBy, row.Nearest)
			}
		}
		if !found {
			t.Errorf("%s: no row tells of policy out: %+v", question, r.Rows)
		}
	}
}
