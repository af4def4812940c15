package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// slice is an EndpointSlice as the controller keeps it: there are no others of its Service. Ports and endpoints are in YAML's flow style.
func slice(service, addressType, ports, endpoints string) string {
	ns, n, _ := strings.Cut(service, "/")
	return fmt.Sprintf("---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {namespace: %s, name: %s-%s, labels: {kubernetes.io/service-name: %[2]s, endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}}, addressType: %[4]s, ports: [%s], endpoints: [%s]}\n",
		ns, n, strings.ToLower(addressType), addressType, ports, endpoints)
}

// webBy allows shop/web on the ports given (flow style) from anybody.
func webBy(ports string) string {
	return policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{ports: ["+ports+"]}]")
}

func TestRule8ServicesTranslateBeforePolicies(t *testing.T) {
	const tcp80 = "selector: {app: web}, clusterIP: 10.96.0.1, ports: [{port: 80, targetPort: 8080}]"
	t.Run("the policy sees the pod's port", func(t *testing.T) {
		m := cluster(t, world, service("shop/web", tcp80), webBy("{port: 80}"))
		hold(t, m, flow{"client", "svc/web:80", Denied, report.NoRuleAllows}, flow{"client", "svc/web", Denied, report.NoRuleAllows})
		m = cluster(t, world, service("shop/web", tcp80), webBy("{port: 8080}"))
		hold(t, m,
			flow{"client", "svc/web:80", Allowed, report.RuleAllows},
			flow{"client", "svc/web", Allowed, report.RuleAllows},
			flow{"client", "10.96.0.1:80", Allowed, report.RuleAllows},
			flow{"client", "svc/web:8080", Denied, report.ServicePortMissing},
			flow{"client", "svc/web:80/UDP", Denied, report.ServicePortMissing},
			flow{"client", "10.96.0.1:81", Denied, report.ServicePortMissing})
	})
	t.Run("an ipBlock of the Service range admits nothing", func(t *testing.T) {
		hold(t, cluster(t, world, service("shop/web", tcp80),
			policy("shop/p", "podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.96.0.0/12}}]}]")),
			flow{"client", "svc/web:80", Denied, report.NoRuleAllows})
	})
	t.Run("targetPort by name, per pod", func(t *testing.T) {
		named := service("shop/named", "selector: {svc: named}, ports: [{name: web, port: 80, targetPort: http}]")
		m := cluster(t, world, named,
			pod("shop/a", "10.0.0.11", "n1", "svc: named", "{name: http, containerPort: 1001}"),
			pod("shop/b", "10.0.0.12", "n1", "svc: named", "{name: http, containerPort: 1002}"),
			pod("shop/c", "10.0.0.13", "n1", "svc: named", "{name: http, containerPort: 1002, protocol: UDP}"),
			policy("shop/p", "podSelector: {matchLabels: {svc: named}}, ingress: [{ports: [{port: 1001}]}]"))
		x := explained(t, m, "client", "svc/named:80")
		if x.Verdict != Denied || !x.Partly {
			t.Errorf("got %v partly=%v", x.Verdict, x.Partly)
		}
		differ(t, x, "Allowed RuleAllows client -> a TCP/1001", "Denied NoRuleAllows client -> b TCP/1002")
		hold(t, m, flow{"client", "svc/named:web", Denied, report.NoRuleAllows})
		m = cluster(t, world, named, pod("shop/a", "10.0.0.11", "n1", "svc: named", "{name: https, containerPort: 1001}"))
		hold(t, m, flow{"client", "svc/named:80", Denied, report.TargetPortMissing})
	})
	t.Run("no endpoints", func(t *testing.T) {
		m := cluster(t, world,
			service("shop/nobody", "selector: {app: nobody}, ports: [{port: 80}]"),
			service("shop/bare", "ports: [{port: 80}]"),
			service("shop/dead", "selector: {app: dead}, ports: [{port: 80}]"),
			podWith("shop/dead", "app: dead", "nodeName: n1, containers: [{name: c, image: c}]", "phase: Running, podIPs: [{ip: 10.0.0.61}], conditions: [{type: Ready, status: 'False'}]"))
		hold(t, m,
			flow{"client", "svc/nobody:80", Denied, report.NoPods},
			flow{"client", "svc/bare:80", Denied, report.NoEndpoints},
			flow{"client", "svc/dead:80", Denied, report.NoEndpoints})
	})
	t.Run("conditions of endpoints", func(t *testing.T) {
		pods := pod("shop/a", "10.0.0.11", "n1", "svc: s", "{containerPort: 80}") + pod("shop/b", "10.0.0.12", "n1", "svc: s", "{containerPort: 80}")
		spec := service("shop/s", "selector: {svc: s}, ports: [{port: 80}]")
		closed := policy("shop/p", "podSelector: {matchLabels: {svc: s}}, ingress: []")
		end := func(pod, ip, conditions string) string {
			return "{addresses: [" + ip + "], targetRef: {kind: Pod, namespace: shop, name: " + pod + "}, conditions: {" + conditions + "}}"
		}
		for name, c := range map[string]struct {
			endpoints string
			want      []string
		}{
			"ready and not":                   {end("a", "10.0.0.11", "ready: true") + "," + end("b", "10.0.0.12", "ready: false"), []string{"Denied NoRuleAllows client -> a TCP/80"}},
			"absent means ready":              {end("a", "10.0.0.11", ""), []string{"Denied NoRuleAllows client -> a TCP/80"}},
			"terminating, another ready":      {end("a", "10.0.0.11", "ready: false, serving: true, terminating: true") + "," + end("b", "10.0.0.12", "ready: true"), []string{"Denied NoRuleAllows client -> b TCP/80"}},
			"terminating and serving alone":   {end("a", "10.0.0.11", "ready: false, serving: true, terminating: true"), []string{"Denied NoRuleAllows client -> a TCP/80"}},
			"terminating, not serving":        {end("a", "10.0.0.11", "ready: false, serving: false, terminating: true"), []string{"Denied NoEndpoints client -> Services TCP/0"}},
			"serving, neither ready nor term": {end("a", "10.0.0.11", "ready: false, serving: true"), []string{"Denied NoEndpoints client -> Services TCP/0"}},
		} {
			t.Run(name, func(t *testing.T) {
				m := cluster(t, world, pods, spec, closed, slice("shop/s", "IPv4", "{port: 80, protocol: TCP}", c.endpoints))
				differ(t, explained(t, m, "client", "svc/s:80"), c.want...)
			})
		}
		t.Run("publishNotReadyAddresses", func(t *testing.T) {
			m := cluster(t, world, service("shop/s", "selector: {svc: s}, publishNotReadyAddresses: true, ports: [{port: 80}]"),
				podWith("shop/nr", "svc: s", "nodeName: n1, containers: [{name: c, image: c}]", "phase: Running, podIPs: [{ip: 10.0.0.61}], conditions: [{type: Ready, status: 'False'}]"))
			hold(t, m, flow{"client", "svc/s:80", Allowed, report.NotIsolated})
		})
	})
	t.Run("headless translates nothing", func(t *testing.T) {
		m := cluster(t, world, service("shop/h", "selector: {app: web}, clusterIP: None, ports: [{port: 80, targetPort: 8080}]"), webBy("{port: 8080}"))
		hold(t, m,
			flow{"client", "svc/h:80", Denied, report.NoRuleAllows},
			flow{"client", "svc/h:8080", Allowed, report.RuleAllows},
			flow{"client", "svc/h:8080/UDP", Denied, report.NoRuleAllows})
		t.Run("without ports", func(t *testing.T) {
			m := cluster(t, world, service("shop/h", "selector: {app: web}, clusterIP: None"), webBy("{port: 8080}"))
			hold(t, m, flow{"client", "svc/h:8080", Allowed, report.RuleAllows}, flow{"client", "svc/h:80", Denied, report.NoRuleAllows})
		})
	})
	t.Run("ExternalName", func(t *testing.T) {
		m := cluster(t, world, service("shop/web", tcp80), webBy("{port: 8080}"),
			service("other/alias", "type: ExternalName, externalName: web.shop.svc.cluster.local"),
			service("other/away", "type: ExternalName, externalName: example.com"),
			policy("other/p", "podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]"))
		hold(t, m,
			flow{"client", "other/svc/alias:80", Allowed, report.RuleAllows},
			flow{"client", "other/svc/away:80", Unknown, report.LeavesCluster},
			flow{"other/pod/db", "other/svc/away:80", Denied, report.NoRuleAllows})
	})
	t.Run("slices without selector", func(t *testing.T) {
		spec := service("shop/s", "ports: [{port: 80, targetPort: 8080}]")
		m := cluster(t, world, spec, webBy("{port: 8080}"), policy("shop/out", "podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}, {ipBlock: {cidr: 203.0.113.0/24}}]}]"),
			slice("shop/s", "IPv4", "{port: 8080, protocol: TCP}", "{addresses: [10.0.0.1]}"))
		hold(t, m, flow{"client", "svc/s:80", Allowed, report.RuleAllows})
		for ip, want := range map[string]report.Verdict{"203.0.113.7": Allowed, "203.0.114.7": Denied} {
			m = cluster(t, world, spec, policy("shop/out", "podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}, {ipBlock: {cidr: 203.0.113.0/24}}]}]"),
				slice("shop/s", "IPv4", "{port: 8443, protocol: TCP}", "{addresses: ["+ip+"]}"))
			hold(t, m, flow{"client", "svc/s:80", want, ""})
		}
		m = cluster(t, world, spec, slice("shop/s", "FQDN", "{port: 8443, protocol: TCP}", "{addresses: [example.com]}"))
		// Nothing sends traffic to host names: kube-proxy takes IPv4 and IPv6 slices only.
		hold(t, m, flow{"client", "svc/s:80", Denied, report.EndpointHostNames})
	})
	t.Run("internalTrafficPolicy Local", func(t *testing.T) {
		m := cluster(t, world, service("shop/s", "selector: {app: web}, internalTrafficPolicy: Local, ports: [{port: 80, targetPort: 8080}]"),
			podWith("shop/nowhere", "app: x1", "containers: [{name: c, image: c}]", running("10.0.0.77")))
		hold(t, m,
			flow{"other/pod/client", "svc/s:80", Allowed, report.NotIsolated}, // on n1, as web
			flow{"client", "svc/s:80", Denied, report.NoLocalEndpoint},        // on n2
			flow{"nowhere", "svc/s:80", Unknown, report.NodeUnknown})
		m = cluster(t, world, service("shop/s", "selector: {app: web}, internalTrafficPolicy: Local, ports: [{port: 80, targetPort: 8080}]"),
			pod("shop/web2", "10.0.0.78", "n2", "app: web, closed: 'yes'", "{containerPort: 8080}"),
			policy("shop/p", "podSelector: {matchLabels: {closed: 'yes'}}"))
		hold(t, m, flow{"other/pod/client", "svc/s:80", Allowed, report.NotIsolated}, flow{"client", "svc/s:80", Denied, report.NoRuleAllows})
	})
	t.Run("from outside", func(t *testing.T) {
		open := func(extra string) string {
			return service("shop/s", "type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]"+extra)
		}
		clients := policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]")
		nodes := policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 192.168.0.0/24}}]}]")
		// Cluster: the pod sees the node; its own one always gets in.
		m := cluster(t, world, open(""), clients)
		hold(t, m, flow{"203.0.113.9", "svc/s:80", Denied, report.NoRuleAllows})
		if x := explained(t, m, "203.0.113.9", "svc/s:80"); !x.Partly {
			t.Errorf("through the pod's own node it works: %v", classes(x))
		}
		hold(t, cluster(t, world, open(""), nodes), flow{"203.0.113.9", "svc/s:80", Allowed, ""})
		hold(t, cluster(t, world, open("")), flow{"internet", "svc/s:80", Allowed, ""})
		// Local: the client's address is kept.
		local := ", externalTrafficPolicy: Local"
		hold(t, cluster(t, world, open(local), clients), flow{"203.0.113.9", "svc/s:80", Allowed, report.RuleAllows}, flow{"203.0.114.9", "svc/s:80", Denied, report.NoRuleAllows})
		hold(t, cluster(t, world, open(local), nodes), flow{"203.0.113.9", "svc/s:80", Denied, report.NoRuleAllows})
		// Source ranges.
		ranges := ", loadBalancerSourceRanges: [203.0.113.0/25]"
		for _, l := range []string{"", local} {
			m = cluster(t, world, open(l+ranges))
			hold(t, m, flow{"203.0.113.9", "svc/s:80", Allowed, ""}, flow{"203.0.113.200", "svc/s:80", Denied, report.SourceRangeDenied})
			if x := explained(t, m, "203.0.113.0/24", "svc/s:80"); x.Verdict != Denied || !x.Partly {
				t.Errorf("half of the range: %v partly=%v", x.Verdict, x.Partly)
			}
		}
		nodePort := service("shop/s", "type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]")
		hold(t, cluster(t, world, nodePort, nodes), flow{"203.0.113.9", "svc/s:80", Allowed, ""})
		// A client inside the cluster is not rewritten.
		hold(t, cluster(t, world, open(""), nodes), flow{"client", "svc/s:80", Denied, report.NoRuleAllows})
	})
	t.Run("internalTrafficPolicy says nothing of headless Services", func(t *testing.T) {
		m := cluster(t, world, service("shop/h", "selector: {app: web}, clusterIP: None, internalTrafficPolicy: Local, ports: [{port: 8080}]"))
		hold(t, m, flow{"client", "svc/h:8080", Allowed, report.NotIsolated})
	})
	t.Run("externalIPs", func(t *testing.T) {
		nodes := policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 192.168.0.0/24}}]}]")
		for extra, want := range map[string]report.Verdict{"": Allowed, ", externalTrafficPolicy: Local": Denied} {
			m := cluster(t, world, nodes, service("shop/s", "selector: {app: web}, externalIPs: [198.51.100.7], ports: [{port: 80, targetPort: 8080}]"+extra))
			hold(t, m, flow{"203.0.113.9", "svc/s:80", want, ""}, flow{"203.0.113.9", "198.51.100.7:80", want, ""})
		}
	})
	t.Run("a node's address and a nodePort", func(t *testing.T) {
		m := cluster(t, world, service("shop/s", "type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]"), policy("shop/p", "podSelector: {matchLabels: {app: web}}"),
			pod("shop/onhost", "10.0.0.66", "n2", "app: web", "{containerPort: 80, hostPort: 8888}"))
		// By the node port, the pod on n1 sees n2, which no policy lets in; by the host port the pod sees the client.
		hold(t, m, flow{"203.0.113.9", "no/n2:30080", Denied, report.NoRuleAllows}, flow{"203.0.113.9", "192.168.0.2:8888", Denied, report.NoRuleAllows},
			flow{"203.0.113.9", "192.168.0.1:8888", Allowed, report.NotPoliced}, flow{"203.0.113.9", "192.168.0.2:30080/UDP", Allowed, report.NotPoliced})
		p, err := query.CanReach(m, ref(t, "203.0.113.9"), ref(t, "192.168.0.2:30080"), query.Options{})
		if err != nil || p.Verdict != Denied || !p.Partly {
			t.Errorf("the node passes it on to its own pod, and to one that lets nobody in: %v %v", p, err)
		}
	})
	t.Run("hostNetwork endpoints", func(t *testing.T) {
		m := cluster(t, world, service("other/h", "selector: {app: client}, ports: [{port: 80}]"), policy("other/p", "podSelector: {}"))
		differ(t, explained(t, m, "client", "other/svc/h:80"), "Allowed NotIsolated client -> host1 TCP/80", "Allowed SameNode client -> host2 TCP/80", "Denied NoRuleAllows client -> client TCP/80")
	})
}

func TestAFixReplacesThePortOnlyWhereNothingElseCanRelyOnIt(t *testing.T) {
	web := service("shop/web", "selector: {app: web}, ports: [{port: 80, targetPort: 8080}]")
	for subject, want := range map[string]report.ChangeCode{"{matchLabels: {app: web}}": report.ReplacePort, "{}": report.AddPort} {
		m := cluster(t, world, web, policy("shop/p", "podSelector: "+subject+", ingress: [{from: [{podSelector: {matchLabels: {app: client}}}], ports: [{port: 80}]}]"))
		x := explained(t, m, "client", "svc/web:80")
		if x.Fix == nil || len(x.Fix.Patches) != 1 || x.Fix.Patches[0].Change != want {
			t.Errorf("%s: %+v, want %s", subject, x.Fix, want)
		}
	}
}
