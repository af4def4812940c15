package query_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// doorWorld is [world] with an Ingress to shop/web behind ingress-nginx, whose
// Service is a load balancer.
var doorWorld = world + namespace("in", "") + frontService("app: nginx", "type: LoadBalancer, externalTrafficPolicy: Local") + webService("") +
	controllerPod("in/ctl", "10.0.9.1", "n1") + ingressTo("nginx", "", "web") + ingressClass("nginx", "k8s.io/ingress-nginx")

func frontService(selector, spec string) string {
	return strings.Replace(service("in/front", spec+", selector: {"+selector+"}, ports: [{name: http, port: 80}, {name: https, port: 443}]"),
		"spec:", "status: {loadBalancer: {ingress: [{ip: 203.0.113.10}]}}, spec:", 1)
}

func webService(spec string) string {
	return service("shop/web", spec+" selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]")
}

func controllerPod(name, ip, node string) string {
	return podWith(name, "app: nginx", "nodeName: "+node+
		", containers: [{name: c, image: c, args: [--controller-class=k8s.io/ingress-nginx], ports: [{name: http, containerPort: 80}, {name: https, containerPort: 443}]}]", running(ip))
}

// hostController is a controller on hostNetwork, of a DaemonSet.
func hostController(name, ip, node string) string {
	return strings.Replace(podWith(name, "app: nginx", "hostNetwork: true, nodeName: "+node+
		", containers: [{name: c, image: c, args: [--controller-class=k8s.io/ingress-nginx], ports: [{containerPort: 80, hostPort: 80}]}]",
		running(ip)+", hostIPs: "+ipList(ip)), "labels: {", "ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: ctl, uid: u, controller: true}], labels: {", 1)
}

func ingressClass(name, controller string) string {
	return fmt.Sprintf("---\n{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: %s}, spec: {controller: %s}}\n", name, controller)
}

func ingressTo(class, meta, service string) string {
	return strings.Replace(object("networking.k8s.io/v1", "Ingress", "shop/app", fmt.Sprintf(
		"ingressClassName: %s, tls: [{hosts: [a.example.com]}], rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: %s, port: {number: 80}}}}]}}, {host: b.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: %[2]s, port: {number: 80}}}}]}}]",
		class, service)), "name: app", "name: app"+meta, 1)
}

func front(t *testing.T, o query.Options, manifests ...string) *report.FrontDoor {
	t.Helper()
	r, err := query.FrontDoor(cluster(t, manifests...), ref(t, "ingress/app"), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// closed isolates the web pods; peers are of one rule.
func onlyFrom(peers, ports string) string {
	return policy("shop/only", "podSelector: {matchLabels: {app: web}}, ingress: [{from: ["+peers+"], ports: ["+ports+"]}]")
}

const fromNginx = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: in}}, podSelector: {matchLabels: {app: nginx}}}"

func TestDoorVerdicts(t *testing.T) {
	closedController := policy("in/lock", "podSelector: {}, policyTypes: [Ingress]")
	for _, c := range []struct {
		name  string
		world []string
		flow  flow
		// verdict of the door in who-can-reach, and what clients see.
		door  report.Verdict
		sees  string
		fixed bool
	}{
		{"open", []string{doorWorld}, flow{"internet", "ingress/app", Allowed, report.NotIsolated}, Allowed, "", false},
		{
			"a bare podSelector", []string{doorWorld, onlyFrom("{podSelector: {matchLabels: {app: nginx}}}", "")},
			flow{"internet", "ingress/app", Denied, report.NoRuleAllows}, Denied, "504", true,
		},
		{"the right peer", []string{doorWorld, onlyFrom(fromNginx, "{port: http}")}, flow{"internet", "ingress/app", Allowed, report.RuleAllows}, Allowed, "", false},
		{"the Service's port", []string{doorWorld, onlyFrom(fromNginx, "{port: 80}")}, flow{"internet", "ingress/app", Denied, report.NoRuleAllows}, Denied, "504", true},
		{
			"the controller's own ingress policy", []string{doorWorld, closedController},
			flow{"internet", "ingress/app", Denied, report.NoRuleAllows}, Denied, "", true,
		},
		{
			"the controller's own egress policy",
			[]string{doorWorld, policy("in/out", "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]")},
			flow{"internet", "ingress/app", Denied, report.NoRuleAllows}, Denied, "504", true,
		},
		{
			"the controller's ingress policy admits one address", []string{doorWorld, policy("in/lock", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]")},
			// Somebody meant it: there is nothing to mend.
			flow{"internet", "ingress/app", Denied, report.NoRuleAllows}, Allowed, "", false,
		},
		{
			"from an address that is admitted", []string{doorWorld, policy("in/lock", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]")},
			flow{"198.51.100.7", "ingress/app", Allowed, report.RuleAllows}, Allowed, "", false,
		},
		{
			"the backend is not there", []string{strings.Replace(doorWorld, webService(""), "", 1)},
			flow{"internet", "ingress/app", Denied, report.BackendMissing}, Denied, "503", false,
		},
		{
			"no endpoints", []string{strings.Replace(doorWorld, webService(""), service("shop/web", "selector: {app: nobody}, ports: [{port: 80}]"), 1)},
			flow{"internet", "ingress/app", Denied, report.NoPods}, Denied, "503", false,
		},
		{
			"targetPort that no container has", []string{strings.Replace(doorWorld, webService(""), service("shop/web", "selector: {app: web}, ports: [{port: 80, targetPort: nope}]"), 1)},
			flow{"internet", "ingress/app", Denied, report.TargetPortMissing}, Denied, "503", false,
		},
		{
			"an alias of somewhere else", []string{strings.Replace(doorWorld, webService(""), service("shop/web", "type: ExternalName, externalName: api.example.org"), 1)},
			flow{"internet", "ingress/app", Unknown, report.LeavesCluster}, Unknown, "", false,
		},
		{
			"a class that nobody serves", []string{strings.Replace(doorWorld, "ingressClassName: nginx", "ingressClassName: gone", 1)},
			flow{"internet", "ingress/app", Denied, report.ClassMissing}, Denied, "", false,
		},
		{
			"a controller that was not found", []string{strings.Replace(doorWorld, "spec: {controller: k8s.io/ingress-nginx}", "spec: {controller: example.com/y}", 1)},
			flow{"internet", "ingress/app", Unknown, report.ControllerUnknown}, Unknown, "", false,
		},
		{
			"source ranges of the load balancer", []string{strings.Replace(doorWorld, "type: LoadBalancer", "type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]", 1)},
			flow{"internet", "ingress/app", Denied, report.SourceRangeDenied}, Allowed, "", false,
		},
		{
			"within the ranges", []string{strings.Replace(doorWorld, "type: LoadBalancer", "type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]", 1)},
			flow{"198.51.100.9", "ingress/app", Allowed, ""}, Allowed, "", false,
		},
		{"a pod inside goes through the door too", []string{doorWorld, onlyFrom(fromNginx, "")}, flow{"client", "ingress/app", Allowed, report.RuleAllows}, Allowed, "", false},
		{"as the controller", []string{doorWorld, onlyFrom(fromNginx, "")}, flow{"ingress/app", "svc/web", Allowed, report.RuleAllows}, Allowed, "", false},
		{"as the controller, to others", []string{doorWorld, onlyFrom("", "{port: 1}")}, flow{"ingress/app", "other/pod/db", Allowed, report.NotIsolated}, Denied, "504", true},
		{
			"externalTrafficPolicy Cluster, and a policy of clients' addresses",
			[]string{strings.Replace(doorWorld, ", externalTrafficPolicy: Local", "", 1), policy("in/lock", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]")},
			flow{"198.51.100.7", "ingress/app", Denied, report.NoRuleAllows}, Allowed, "", false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := cluster(t, c.world...)
			hold(t, m, c.flow)
			r := front(t, query.Options{}, c.world...)
			d := r.Doors[0]
			if d.Verdict != c.door {
				t.Errorf("the door is %v, want %v", d.Verdict, c.door)
			}
			if got := d.Backends[0].ClientSees; got != c.sees {
				t.Errorf("clients see %q, want %q", got, c.sees)
			}
			if fixed := d.Backends[0].Fix != nil || d.Fix != nil; fixed != c.fixed {
				t.Errorf("fix %v, want %v", fixed, c.fixed)
			}
		})
	}
}

// TestDoorFix applies the fix of a door to the cluster and asks again.
func TestDoorFix(t *testing.T) {
	r := front(t, query.Options{}, doorWorld, onlyFrom("{podSelector: {matchLabels: {app: client}}}", "{port: 80}"))
	b := r.Doors[0].Backends[0]
	if b.Fix == nil || b.Fix.Verdict != Allowed || len(b.Fix.Patches) != 1 || b.Fix.Patches[0].Change != report.AddRule {
		t.Fatalf("fix %+v", b.Fix)
	}
	if got := b.Fix.Patches[0].Peers; !slices.Equal(got, []string{"namespaceSelector kubernetes.io/metadata.name=in and podSelector app=nginx"}) {
		t.Errorf("admits %q", got)
	}
	if len(b.Meant) != 1 || b.Meant[0].End.Name != "client" || b.Meant[0].Fix.Patches[0].Change != report.ReplacePort {
		t.Errorf("meant to be admitted: %+v", b.Meant)
	}
	x := explained(t, cluster(t, doorWorld, onlyFrom("{podSelector: {matchLabels: {app: client}}}", "{port: 80}")), "internet", "ingress/app")
	if x.Fix == nil || x.Fix.Patches[0].Command != b.Fix.Patches[0].Command {
		t.Errorf("explain proposes %+v", x.Fix)
	}
}

func TestDoorRoutesAndTLS(t *testing.T) {
	b := front(t, query.Options{}, doorWorld).Doors[0].Backends
	if len(b) != 1 || len(b[0].Routes) != 2 || !b[0].Routes[0].TLS || b[0].Routes[1].TLS {
		t.Errorf("backends %+v", b)
	}
}

// TestDoorPerNode is the hostNetwork controller: it reaches the pods of its own
// node, and others only by address.
func TestDoorPerNode(t *testing.T) {
	hosts := world + namespace("in", "") + node("n3", "192.168.0.3") + webService("") + ingressTo("nginx", "", "web") + ingressClass("nginx", "k8s.io/ingress-nginx") +
		hostController("in/c1", "192.168.0.1", "n1") + hostController("in/c2", "192.168.0.2", "n2") + hostController("in/c3", "192.168.0.3", "n3")
	m := cluster(t, hosts, onlyFrom("{namespaceSelector: {}}", ""))
	x := explained(t, m, "ingress/app", "svc/web")
	differ(t, x, "Allowed SameNode c1 -> web TCP/8080", "Denied NoRuleAllows c2+c3 -> web TCP/8080")
	x = explained(t, m, "internet", "ingress/app")
	if x.Verdict != Denied || !x.Partly {
		t.Errorf("from outside %v, partly %v", x.Verdict, x.Partly)
	}
	// What enters at one node's controller leaves by the same.
	if len(x.Answers) != 2 {
		t.Errorf("%d answers: %v", len(x.Answers), classes(x))
	}
	b := front(t, query.Options{}, hosts, onlyFrom("{namespaceSelector: {}}", "")).Doors[0].Backends[0]
	if b.Verdict != Denied || !b.Partly || len(b.Answers) != 2 || b.Answers[1].Source.Count != 1 || b.Answers[1].Source.Total != 3 {
		t.Errorf("%v partly=%v, %+v", b.Verdict, b.Partly, b.Answers)
	}
	// A fix names the nodes' addresses, and works.
	if b.Fix == nil || b.Fix.Verdict != Allowed {
		t.Errorf("fix %+v", b.Fix)
	}
	hold(t, cluster(t, hosts, onlyFrom("{ipBlock: {cidr: 192.168.0.0/16}}", "")), flow{"internet", "ingress/app", Allowed, ""})
}

// TestDoorOutside are load balancers that are no pods.
func TestDoorOutside(t *testing.T) {
	plain := world + webService("")
	// Without a scheme, the load balancer is internal.
	alb := func(annotations string) string {
		meta := ", annotations: {alb.ingress.kubernetes.io/scheme: internet-facing" + annotations + "}"
		return ingressTo("alb", meta, "web") + ingressClass("alb", "ingress.k8s.aws/alb")
	}
	ip := ", alb.ingress.kubernetes.io/target-type: ip"
	gce := strings.Replace(ingressTo("gce", ", annotations: {kubernetes.io/ingress.class: gce}", "web"), "ingressClassName: gce, ", "", 1)
	nodePort := world + webService("type: NodePort,")
	cilium := ingressTo("cilium", "", "web") + ingressClass("cilium", "cilium.io/ingress-controller")
	agic := ingressTo("agic", "", "web") + ingressClass("agic", "azure/application-gateway")
	vpc := []reference.Reference{ref(t, "10.7.0.0/16")}
	for _, c := range []struct {
		name        string
		world       []string
		controllers []reference.Reference
		verdict     report.Verdict
		reason      report.Reason
		partly      bool
	}{
		{"ALB to pods, no policy", []string{plain, alb(ip)}, nil, Allowed, report.NotIsolated, false},
		{"ALB to pods, pods only", []string{plain, alb(ip), onlyFrom("{podSelector: {}}", "")}, nil, Denied, report.NoRuleAllows, false},
		{"ALB to pods, an ipBlock", []string{plain, alb(ip), onlyFrom("{ipBlock: {cidr: 10.7.0.0/16}}", "")}, nil, Unknown, report.ControllerOutside, false},
		{"ALB to pods, an ipBlock that is its own", []string{plain, alb(ip), onlyFrom("{ipBlock: {cidr: 10.7.0.0/16}}", "")}, vpc, Allowed, report.RuleAllows, false},
		{"ALB to pods, an ipBlock that is not", []string{plain, alb(ip), onlyFrom("{ipBlock: {cidr: 10.8.0.0/16}}", "")}, vpc, Denied, report.NoRuleAllows, false},
		{"ALB to nodes takes a NodePort", []string{plain, alb("")}, nil, Denied, report.NotExposed, false},
		{"ALB to nodes, no policy", []string{nodePort, alb("")}, nil, Allowed, "", false},
		{"ALB to nodes, pods only: its own node gets in", []string{nodePort, alb(""), onlyFrom("{podSelector: {}}", "")}, nil, Denied, report.NoRuleAllows, true},
		{"ALB to nodes, the nodes' addresses", []string{nodePort, alb(""), onlyFrom("{ipBlock: {cidr: 192.168.0.0/24}}", "")}, nil, Allowed, "", false},
		{
			"ALB to nodes that keep its address", []string{world, webService("type: NodePort, externalTrafficPolicy: Local,"), alb(""), onlyFrom("{ipBlock: {cidr: 192.168.0.0/24}}", "")},
			nil, Unknown, report.ControllerOutside, false,
		},
		{"GCE, no policy", []string{plain, gce}, nil, Allowed, report.NotIsolated, false},
		{"GCE, pods only", []string{plain, gce, onlyFrom("{podSelector: {}}", "")}, nil, Denied, report.NoRuleAllows, false},
		{"GCE, its ranges", []string{plain, gce, onlyFrom("{ipBlock: {cidr: 130.211.0.0/22}}, {ipBlock: {cidr: 35.191.0.0/16}}", "")}, nil, Allowed, report.RuleAllows, false},
		{"GCE, one of its ranges", []string{plain, gce, onlyFrom("{ipBlock: {cidr: 130.211.0.0/22}}", "")}, nil, Denied, report.NoRuleAllows, true},
		{"GCE through a NodePort Service goes to pods as well", []string{nodePort, gce, onlyFrom("{ipBlock: {cidr: 130.211.0.0/22}}, {ipBlock: {cidr: 35.191.0.0/16}}", "")}, nil, Allowed, report.RuleAllows, false},
		{"Application Gateway, its subnet is not known", []string{plain, agic, onlyFrom("{ipBlock: {cidr: 10.7.0.0/16}}", "")}, nil, Unknown, report.ControllerOutside, false},
		{"Application Gateway, its subnet is given", []string{plain, agic, onlyFrom("{ipBlock: {cidr: 10.7.0.0/16}}", "")}, vpc, Allowed, report.RuleAllows, false},
		{"Cilium, no policy", []string{plain, cilium}, nil, Allowed, report.NotIsolated, false},
		{"Cilium, pods only", []string{plain, cilium, onlyFrom("{namespaceSelector: {}}", "")}, nil, Denied, report.NoRuleAllows, false},
		{"Cilium, everybody", []string{plain, cilium, onlyFrom("", "{port: 8080}")}, nil, Allowed, report.RuleAllows, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := query.Options{Controllers: c.controllers}
			holdWith(t, cluster(t, c.world...), o, flow{"internet", "ingress/app", c.verdict, c.reason})
			b := front(t, o, c.world...).Doors[0].Backends[0]
			if b.Verdict != c.verdict || b.Partly != c.partly || c.reason != "" && b.Reason != c.reason {
				t.Errorf("door: %v %s partly=%v, want %v %s partly=%v", b.Verdict, b.Reason, b.Partly, c.verdict, c.reason, c.partly)
			}
			for _, a := range b.Answers {
				for _, caveat := range a.Caveats {
					if caveat.Code == report.RoutedOutside {
						t.Error("doubts that a load balancer routes to its pods")
					}
				}
			}
		})
	}
}

func TestDoorAround(t *testing.T) {
	ways := func(manifests ...string) []string {
		var out []string
		for _, w := range front(t, query.Options{}, manifests...).Doors[0].Backends[0].Around {
			out = append(out, fmt.Sprintf("%v %s %s/%s %s %s", w.Verdict, w.Kind, w.Object.Kind, w.Object.Name, w.Port, strings.Join(w.From, ",")))
		}
		return out
	}
	for _, c := range []struct {
		name  string
		world []string
		want  []string
	}{
		{"none", []string{doorWorld}, nil},
		{
			"NodePort", []string{doorWorld, service("shop/np", "type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]")},
			[]string{"Allowed NodePort Service/np 30080/TCP "},
		},
		{
			"NodePort of other pods", []string{doorWorld, service("shop/np", "type: NodePort, selector: {app: client}, ports: [{port: 80, nodePort: 30080}]")}, nil,
		},
		{
			"NodePort of another namespace", []string{doorWorld, service("other/np", "type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]")}, nil,
		},
		{
			"NodePort that the policy closes on other nodes", []string{
				doorWorld, service("shop/np", "type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]"), onlyFrom(fromNginx, ""),
			},
			[]string{"Denied NodePort Service/np 30080/TCP "},
		},
		{
			"load balancer", []string{doorWorld, service("shop/lb", "type: LoadBalancer, externalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]"), onlyFrom(fromNginx, "")},
			[]string{"Denied LoadBalancer Service/lb 80/TCP "},
		},
		{
			"external IP", []string{doorWorld, service("shop/ext", "externalIPs: [198.51.100.9], selector: {app: web}, ports: [{port: 80, targetPort: 8080}]")},
			[]string{"Allowed ExternalIP Service/ext 80/TCP "},
		},
		{
			"hostPort", []string{strings.Replace(doorWorld, "{name: http, containerPort: 8080}", "{name: http, containerPort: 8080, hostPort: 8088}", 1)},
			[]string{"Allowed HostPort Pod/web 8088/TCP "},
		},
		{
			"ipBlock", []string{doorWorld, policy("shop/open", "podSelector: {matchLabels: {app: web}}, ingress: [{from: ["+fromNginx+"]}, {from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]")},
			[]string{"Allowed IPBlock NetworkPolicy/open  198.51.100.0/24"},
		},
		{
			"ipBlock of everywhere", []string{doorWorld, policy("shop/open", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]")},
			[]string{"Allowed IPBlock NetworkPolicy/open  0.0.0.0/0"},
		},
		{
			"a node's address is no way around", []string{doorWorld, policy("shop/open", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 192.168.0.1/32}}]}]")}, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ways(c.world...); !slices.Equal(got, c.want) {
				t.Errorf("ways:\n got %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestDoorInside lists who else gets to the pods, and never the controller again.
func TestDoorInside(t *testing.T) {
	b := front(t, query.Options{}, doorWorld, onlyFrom("{podSelector: {matchLabels: {app: client}}}", "{port: 8080}")).Doors[0].Backends[0]
	verdicts := map[string]report.Verdict{}
	for _, row := range b.Inside {
		for _, m := range row.Ends {
			verdicts[m.End.Namespace+"/"+m.End.Name] = row.Verdict
		}
	}
	if verdicts["shop/client"] != Allowed || verdicts["/other"] == Allowed {
		t.Errorf("inside: %v", verdicts)
	}
	if _, listed := verdicts["in/ctl"]; listed {
		t.Error("the controller is listed among those inside")
	}
}

func TestReachableFromDoor(t *testing.T) {
	r, err := query.ReachableFrom(cluster(t, doorWorld, onlyFrom(fromNginx, "")), ref(t, "ingress/app"), query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Pods) != 1 || r.Pods[0].End.Name != "ctl" {
		t.Errorf("pods %+v", r.Pods)
	}
	allowed := false
	for _, row := range r.Rows {
		for _, m := range row.Ends {
			allowed = allowed || m.End.Name == "web" && row.Verdict == Allowed
		}
	}
	if !allowed {
		t.Errorf("rows %+v", r.Rows)
	}
	// Without a controller, there is nobody to ask for.
	r, err = query.ReachableFrom(cluster(t, strings.Replace(doorWorld, "ingressClassName: nginx", "ingressClassName: gone", 1)), ref(t, "ingress/app"), query.Options{})
	if err != nil || len(r.Rows) != 1 || r.Rows[0].Reason != report.ClassMissing {
		t.Errorf("%v %+v", err, r)
	}
}

func TestDoorNotFound(t *testing.T) {
	for _, text := range []string{"ingress/none", "gateway/none", "httproute/none", "grpcroute/none", "tlsroute/none", "tcproute/none"} {
		if _, err := query.FrontDoor(cluster(t, doorWorld), ref(t, text), query.Options{}); err == nil || !strings.Contains(err.Error(), "not found") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestDoorGateway is a Gateway with a data plane of its own and two routes.
func TestDoorGateway(t *testing.T) {
	gw := world +
		"---\n{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: c}, spec: {controllerName: gateway.nginx.org/nginx-gateway-controller}}\n" +
		object("gateway.networking.k8s.io/v1", "Gateway", "other/gw", "gatewayClassName: c, listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]") +
		pod("other/gw-nginx", "10.0.9.1", "n1", "gateway.networking.k8s.io/gateway-name: gw", "{containerPort: 80}") +
		service("other/gw-nginx", "type: LoadBalancer, selector: {gateway.networking.k8s.io/gateway-name: gw}, ports: [{port: 80}]") +
		object("gateway.networking.k8s.io/v1", "HTTPRoute", "shop/good", "parentRefs: [{name: gw, namespace: other}], hostnames: [good.example.com], rules: [{backendRefs: [{name: web, port: 80}]}]") +
		object("gateway.networking.k8s.io/v1", "HTTPRoute", "shop/bad", "parentRefs: [{name: gw, namespace: other}], hostnames: [bad.example.com], rules: [{backendRefs: [{name: gone, port: 80}]}]") +
		webService("")
	m := cluster(t, gw)
	hold(t, m,
		flow{"internet", "httproute/good", Allowed, ""}, flow{"internet", "httproute/bad", Denied, report.BackendMissing},
		flow{"internet", "other/gateway/gw", Denied, report.BackendMissing}, flow{"httproute/good", "svc/web", Allowed, report.NotIsolated},
	)
	r, err := query.FrontDoor(m, ref(t, "other/gateway/gw"), query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := r.Doors[0]
	if d.Verdict != Denied || !d.Partly || len(d.Backends) != 2 || d.Backends[0].ClientSees != "500" && d.Backends[1].ClientSees != "500" {
		t.Errorf("door %v partly=%v: %+v", d.Verdict, d.Partly, d.Backends)
	}
	m = cluster(t, gw, onlyFrom("{namespaceSelector: {}, podSelector: {matchLabels: {gateway.networking.k8s.io/gateway-name: gw}}}", ""))
	hold(t, m, flow{"internet", "httproute/good", Allowed, report.RuleAllows}, flow{"client", "svc/web", Denied, report.NoRuleAllows})
}

// A door is asked about on the port that the question names, and on the web's
// without one.
func TestDoorsOnAPort(t *testing.T) {
	m := cluster(t, doorWorld)
	for port, want := range map[string]string{
		"": "Allowed NotIsolated", ":80": "Allowed NotIsolated", ":https": "Allowed NotIsolated", ":8080": "Denied ServicePortMissing",
	} {
		x := explained(t, m, "internet", "ingress/app"+port)
		if got := fmt.Sprint(x.Verdict, " ", x.Answers[0].Reason); got != want {
			t.Errorf("explain %q: %s, want %s", port, got, want)
		}
		r, err := query.FrontDoor(m, ref(t, "ingress/app"+port), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(r.Doors[0].Outside[0].Verdict, " ", r.Doors[0].Outside[0].Reason); got != want {
			t.Errorf("who-can-reach %q: %s, want %s", port, got, want)
		}
		if v := r.Doors[0].Verdict.String(); !strings.HasPrefix(want, v) {
			t.Errorf("who-can-reach %q: the door is %s, want %s", port, v, want)
		}
	}
}
