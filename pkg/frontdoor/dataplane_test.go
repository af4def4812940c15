package frontdoor_test

import (
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

const (
	nginxID = "k8s.io/ingress-nginx"
	// nginxArgs are those of ingress-nginx's own manifests.
	nginxArgs   = "--controller-class=k8s.io/ingress-nginx, --ingress-class=nginx"
	nginxLabels = "app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller"
)

func nginx(name, ip, args string) string { return pod(name, nginxLabels, ip, args, webPorts, "") }

// TestDataPlane tells for each way of finding a data plane what it finds, by
// which step, at which entry, and what becomes of near cases.
func TestDataPlane(t *testing.T) {
	for _, c := range []struct {
		name string
		// world beside the application.
		world       []string
		of          string
		controllers []string
		want        string
		step        report.EvidenceStep
		entry       string
		problem     report.Reason
		detail      string
	}{
		// Class resolution.
		{
			name:  "ingressClassName",
			world: []string{class("nginx", nginxID), class("other", "example.com/other"), nginx("in/c", "10.1.0.1", nginxArgs), ingress("", "nginx", "")},
			want:  "in/c", step: report.StepArguments,
		},
		{
			name:  "legacy annotation with its class",
			world: []string{class("nginx", nginxID), nginx("in/c", "10.1.0.1", nginxArgs), ingress("annotations: {kubernetes.io/ingress.class: nginx}", "", "")},
			want:  "in/c", step: report.StepArguments,
		},
		{
			name:  "legacy annotation without any class",
			world: []string{nginx("in/c", "10.1.0.1", nginxArgs), ingress("annotations: {kubernetes.io/ingress.class: nginx}", "", "")},
			want:  "in/c", step: report.StepArguments,
		},
		{
			name:  "default class",
			world: []string{defaultClass("nginx", nginxID), nginx("in/c", "10.1.0.1", nginxArgs), ingress("", "", "")},
			want:  "in/c", step: report.StepArguments,
		},
		{
			name: "two default classes",
			world: []string{
				defaultClass("nginx", nginxID), defaultClass("traefik", "traefik.io/ingress-controller"),
				nginx("in/c", "10.1.0.1", nginxArgs), ingress("", "", ""),
			},
			want: "in/c", step: report.StepArguments, // of equal age, the first by name
		},
		{
			name:    "class that does not exist",
			world:   []string{nginx("in/c", "10.1.0.1", nginxArgs), ingress("", "nginx", "")},
			problem: report.ClassMissing, detail: "nginx",
		},
		{
			name:    "no class and no default",
			world:   []string{class("nginx", nginxID), nginx("in/c", "10.1.0.1", nginxArgs), ingress("", "", "")},
			problem: report.ClassMissing,
		},
		{
			name:  "no class, and a controller that serves such",
			world: []string{class("nginx", nginxID), nginx("in/c", "10.1.0.1", nginxArgs+", --watch-ingress-without-class=true"), ingress("", "", "")},
			want:  "in/c", step: report.StepArguments,
		},
		{
			name:  "no class, and Traefik without one",
			world: []string{pod("tr/t", "app: t", "10.1.0.1", "--providers.kubernetesingress", webPorts, ""), ingress("", "", "")},
			want:  "tr/t", step: report.StepArguments,
		},
		{
			name: "no class, and Traefik with one",
			world: []string{
				pod("tr/t", "app: t", "10.1.0.1", "--providers.kubernetesingress=true, --providers.kubernetesingress.ingressclass=web", webPorts, ""), ingress("", "", ""),
			},
			problem: report.ClassMissing,
		},
		{
			name: "Contour goes by the class's name",
			world: []string{
				pod("projectcontour/envoy", "app: envoy", "10.1.0.1", "", webPorts, ""),
				pod("projectcontour/contour", "app: contour", "10.1.0.2", "--ingress-class-name=contour", "", ""), ingress("", "contour", ""),
			},
			want: "projectcontour/envoy", step: report.StepCatalogue,
		},

		// Status.
		{
			name: "status address of a load balancer, whatever the class",
			world: []string{
				webService("edge/lb", "a: b", "type: LoadBalancer", "{ip: 203.0.113.10}"), pod("edge/p", "a: b", "10.1.0.1", "", webPorts, ""),
				class("x", "example.com/unheard-of"), ingress("", "x", "{ip: 203.0.113.10}"),
			},
			want: "edge/p", step: report.StepStatus, entry: "edge/lb",
		},
		{
			name: "status host name",
			world: []string{
				webService("edge/lb", "a: b", "type: LoadBalancer", "{hostname: lb.example.com}"), pod("edge/p", "a: b", "10.1.0.1", "", webPorts, ""),
				class("x", "example.com/unheard-of"), ingress("", "x", "{hostname: lb.example.com}"),
			},
			want: "edge/p", step: report.StepStatus, entry: "edge/lb",
		},
		{
			name: "external IP",
			world: []string{
				webService("edge/svc", "a: b", "externalIPs: [198.51.100.7]", ""), pod("edge/p", "a: b", "10.1.0.1", "", webPorts, ""),
				class("x", "example.com/unheard-of"), ingress("", "x", "{ip: 198.51.100.7}"),
			},
			want: "edge/p", step: report.StepStatus, entry: "edge/svc",
		},
		{
			name: "an address that Services share is the one's with a web port",
			world: []string{
				service("edge/a-mail", "selector: {a: mail}, type: LoadBalancer, ports: [{name: smtp, port: 25}]", "{ip: 203.0.113.10}"),
				pod("edge/mail", "a: mail", "10.1.0.2", "", "{containerPort: 25}", ""),
				webService("edge/web", "a: b", "type: LoadBalancer", "{ip: 203.0.113.10}"), pod("edge/p", "a: b", "10.1.0.1", "", webPorts, ""),
				class("x", "example.com/unheard-of"), ingress("", "x", "{ip: 203.0.113.10}"),
			},
			want: "edge/p", step: report.StepStatus, entry: "edge/web",
		},
		{
			name: "address of a node, and hostPort there",
			world: []string{
				pod("edge/p1", "a: b", "10.1.0.1@192.168.0.1", "", "{containerPort: 8080, hostPort: 80}", ""),
				pod("edge/p2", "a: b", "10.1.0.2@192.168.0.2", "", "{containerPort: 8080}", ""),
				class("x", "example.com/unheard-of"), ingress("", "x", "{ip: 192.168.0.1}"),
			},
			want: "edge/p1", step: report.StepStatus,
		},
		{
			name: "address of a node, and a DaemonSet on hostNetwork",
			world: []string{
				object("v1", "Node", "n1", "", "status: {addresses: [{type: InternalIP, address: 192.168.0.1}, {type: ExternalIP, address: 198.51.100.1}]}"),
				daemonPod("edge/p1", "192.168.0.1"), daemonPod("edge/p2", "192.168.0.2"),
				class("x", "example.com/unheard-of"), ingress("", "x", "{ip: 198.51.100.1}"),
			},
			want: "edge/p1 edge/p2", step: report.StepStatus,
		},
		{
			name: "an address that is nobody's",
			world: []string{
				class("x", "example.com/unheard-of"), ingress("", "x", "{ip: 203.0.113.99}"),
			},
			problem: report.ControllerUnknown, detail: "203.0.113.99 belongs to no Service",
		},
		{
			name: "MicroK8s: no Service, and the status says 127.0.0.1",
			world: []string{
				class("public", nginxID), ingress("", "public", "{ip: 127.0.0.1}"),
				pod("ingress/c", "name: nginx-ingress-microk8s", "10.1.0.1@192.168.0.1", "--ingress-class=public", "{containerPort: 80, hostPort: 80}", ""),
			},
			want: "ingress/c", step: report.StepArguments,
		},

		// Gateways.
		{
			name: "label with the Gateway's name, in the Gateway's namespace",
			world: []string{
				gatewayClass("ngf", "gateway.nginx.org/nginx-gateway-controller"), gateway("bank/gw", "ngf", anyHTTP, ""),
				pod("bank/gw-ngf", "gateway.networking.k8s.io/gateway-name: gw", "10.1.0.1", "", webPorts, ""),
				pod("other/gw-ngf", "gateway.networking.k8s.io/gateway-name: gw", "10.1.0.2", "", webPorts, ""),
				pod("nginx-gateway/cp", "app: ngf", "10.1.0.3", "--gateway-ctlr-name=gateway.nginx.org/nginx-gateway-controller", "", ""),
			},
			of: "gateway/gw", want: "bank/gw-ngf", step: report.StepGatewayLabel,
		},
		{
			name: "a control plane is never the data plane",
			world: []string{
				gatewayClass("ngf", "gateway.nginx.org/nginx-gateway-controller"), gateway("bank/gw", "ngf", anyHTTP, ""),
				pod("nginx-gateway/cp", "app: ngf", "10.1.0.3", "--gateway-ctlr-name=gateway.nginx.org/nginx-gateway-controller", "", ""),
			},
			of: "gateway/gw", problem: report.ControllerUnknown, detail: "gateway-name=gw",
		},
		{
			name: "Envoy Gateway's owner labels",
			world: []string{
				gatewayClass("eg", "gateway.envoyproxy.io/gatewayclass-controller"), gateway("bank/gw", "eg", anyHTTP, ""),
				pod("envoy-gateway-system/e1", "gateway.envoyproxy.io/owning-gateway-name: gw, gateway.envoyproxy.io/owning-gateway-namespace: bank", "10.1.0.1", "", webPorts, ""),
				pod("envoy-gateway-system/e2", "gateway.envoyproxy.io/owning-gateway-name: gw, gateway.envoyproxy.io/owning-gateway-namespace: other", "10.1.0.2", "", webPorts, ""),
			},
			of: "gateway/gw", want: "envoy-gateway-system/e1", step: report.StepGatewayLabel,
		},
		{
			name: "Envoy Gateway, merged Gateways",
			world: []string{
				gatewayClass("eg", "gateway.envoyproxy.io/gatewayclass-controller"), gateway("bank/gw", "eg", anyHTTP, ""),
				pod("envoy-gateway-system/e1", "gateway.envoyproxy.io/owning-gatewayclass: eg", "10.1.0.1", "", webPorts, ""),
			},
			of: "gateway/gw", want: "envoy-gateway-system/e1", step: report.StepGatewayLabel,
		},
		{
			name: "Gateway address",
			world: []string{
				gatewayClass("tr", "traefik.io/gateway-controller"), gateway("bank/gw", "tr", anyHTTP, "{type: IPAddress, value: 203.0.113.10}"),
				webService("edge/lb", "a: b", "type: LoadBalancer", "{ip: 203.0.113.10}"), pod("edge/p", "a: b", "10.1.0.1", "", webPorts, ""),
			},
			of: "gateway/gw", want: "edge/p", step: report.StepStatus, entry: "edge/lb",
		},
		{
			name:  "GatewayClass that does not exist",
			world: []string{gateway("bank/gw", "gone", anyHTTP, "")},
			of:    "gateway/gw", problem: report.ClassMissing, detail: "gone",
		},

		// Arguments.
		{
			name: "two installations of ingress-nginx with a controller class each",
			world: []string{
				class("nginx", nginxID), class("internal", "k8s.io/internal-nginx"), ingress("", "internal", ""),
				nginx("in/c", "10.1.0.1", nginxArgs), nginx("int/c", "10.1.0.2", "--controller-class=k8s.io/internal-nginx, --ingress-class=internal"),
			},
			want: "int/c", step: report.StepArguments,
		},
		{
			name: "two installations that share a controller class both serve it",
			world: []string{
				class("nginx", nginxID), ingress("", "nginx", ""),
				nginx("in/c", "10.1.0.1", nginxArgs), nginx("int/c", "10.1.0.2", "--controller-class=k8s.io/ingress-nginx, --ingress-class=internal"),
			},
			problem: report.ControllerAmbiguous, detail: "in/pod/c, int/pod/c",
		},
		{
			name: "F5's and the community's controller share the class name nginx",
			world: []string{
				class("nginx", "nginx.org/ingress-controller"), ingressFor("app.example.com", "nginx"),
				nginx("in/c", "10.1.0.1", nginxArgs), pod("nginx-ingress/f5", "app: nginx-ingress", "10.1.0.2", "-ingress-class=nginx", webPorts, ""),
			},
			want: "nginx-ingress/f5", step: report.StepArguments,
		},
		{
			name: "flag and value apart",
			world: []string{
				class("web", "haproxy.org/ingress-controller/web"), ingress("", "web", ""),
				pod("haproxy-controller/h", "a: b", "10.1.0.2", "--ingress.class, web", webPorts, ""),
			},
			want: "haproxy-controller/h", step: report.StepArguments,
		},
		{
			name: "HAProxy Ingress is told the last part of its name",
			world: []string{
				class("int", "haproxy-ingress.github.io/controller/staging"), ingress("", "int", ""),
				pod("ha/plain", "a: b", "10.1.0.1", "--ingress-class=haproxy", webPorts, ""), pod("ha/staging", "a: c", "10.1.0.2", "--controller-class=staging", webPorts, ""),
			},
			want: "ha/staging", step: report.StepArguments,
		},
		{
			name: "Kong's controller does not carry traffic",
			world: []string{
				class("kong", "ingress-controllers.konghq.com/kong"), ingress("", "kong", ""),
				pod("kong/kic", "app.kubernetes.io/name: controller, app.kubernetes.io/component: app", "10.1.0.1", "--ingress-class=kong", "", ""),
				pod("kong/gateway", "app.kubernetes.io/name: gateway, app.kubernetes.io/component: app", "10.1.0.2", "", webPorts, ""),
			},
			want: "kong/gateway", step: report.StepCatalogue,
		},

		// Catalogue.
		{
			name: "RKE2",
			world: []string{
				class("nginx", nginxID), ingress("", "nginx", ""),
				pod("kube-system/rke2", "app.kubernetes.io/name: rke2-ingress-nginx, app.kubernetes.io/component: controller", "10.1.0.1", "", webPorts, ""),
			},
			want: "kube-system/rke2", step: report.StepCatalogue,
		},
		{
			name: "MicroK8s",
			world: []string{
				class("public", nginxID), ingress("", "public", ""), pod("ingress/c", "name: nginx-ingress-microk8s", "10.1.0.1", "", webPorts, ""),
			},
			want: "ingress/c", step: report.StepCatalogue,
		},
		{
			name: "AKS application routing",
			world: []string{
				class("webapprouting.kubernetes.azure.com", "webapprouting.kubernetes.azure.com/nginx/default"),
				ingress("", "webapprouting.kubernetes.azure.com", ""), pod("app-routing-system/nginx", "app: nginx", "10.1.0.1", "", webPorts, ""),
			},
			want: "app-routing-system/nginx", step: report.StepCatalogue,
		},
		{
			name: "labels that anyone may use count only where the project installs",
			world: []string{
				class("nginx", nginxID), ingress("", "nginx", ""), pod("bank/nginx", "app: nginx", "10.1.0.1", "", webPorts, ""),
			},
			problem: report.ControllerUnknown, detail: "no pod has the labels of ingress-nginx",
		},
		{
			name: "several workloads with the labels",
			world: []string{
				class("nginx", nginxID), ingress("", "nginx", ""), nginx("a/c", "10.1.0.1", ""), nginx("b/c", "10.1.0.2", ""),
			},
			problem: report.ControllerAmbiguous, detail: "a/pod/c, b/pod/c",
		},
		{
			name:    "none, with all that was tried",
			world:   []string{class("x", "example.com/unheard-of"), ingress("", "x", "")},
			problem: report.ControllerUnknown,
			detail:  "the status has no address; pods whose arguments name example.com/unheard-of; netguard does not know controller example.com/unheard-of",
		},

		// The user's word.
		{
			name: "--controller TYPE/NAME", controllers: []string{"b/pod/c"},
			world: []string{class("nginx", nginxID), ingress("", "nginx", ""), nginx("a/c", "10.1.0.1", ""), nginx("b/c", "10.1.0.2", "")},
			want:  "b/c", step: report.StepUser,
		},
		{
			name: "--controller labels, in any namespace", controllers: []string{"tier=edge"},
			world: []string{class("nginx", nginxID), ingress("", "nginx", ""), pod("a/c", "tier: edge", "10.1.0.1", "", webPorts, ""), webService("a/svc", "tier: edge", "type: NodePort", "")},
			want:  "a/c", step: report.StepUser, entry: "a/svc",
		},
		{
			name: "--controller CIDR", controllers: []string{"10.9.0.0/24"},
			world: []string{ingress("", "nginx", "")}, want: "10.9.0.0/24", step: report.StepUser,
		},
		{
			name: "--controller that is not there", controllers: []string{"a/deploy/gone"},
			world: []string{ingress("", "nginx", "")}, problem: report.ControllerUnknown, detail: "not found",
		},
		{
			name: "--controller with labels that no pod has", controllers: []string{"tier=edge"},
			world: []string{ingress("", "nginx", "")}, problem: report.ControllerUnknown, detail: "no pod that runs",
		},

		// Data planes that are no pods.
		{
			name:  "GKE: documented ranges",
			world: []string{ingress("annotations: {kubernetes.io/ingress.class: gce}", "", "{ip: 203.0.113.10}")},
			want:  "130.211.0.0/22 35.191.0.0/16", step: report.StepCatalogue,
		},
		{
			name:  "Cilium: an identity",
			world: []string{class("cilium", "cilium.io/ingress-controller"), ingress("", "cilium", "")},
			want:  `Cilium's identity "ingress"`, step: report.StepCatalogue,
		},
		{
			name:  "ALB",
			world: []string{class("alb", "ingress.k8s.aws/alb"), ingress("", "alb", "{hostname: x.elb.amazonaws.com}")},
			want:  "AWS Load Balancer Controller", step: report.StepCatalogue,
		},
		{
			name: "finished pods carry nothing",
			world: []string{
				class("nginx", nginxID), ingress("", "nginx", ""), strings.Replace(nginx("a/old", "10.1.0.1", nginxArgs), "Running", "Succeeded", 1),
				nginx("a/new", "10.1.0.1", nginxArgs),
			},
			want: "a/new", step: report.StepArguments,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			of := c.of
			if of == "" {
				of = "ingress/app"
			}
			d := open(t, modelOf(t, append(c.world, backend)...), of, c.controllers...)
			plane := d.DataPlane
			if plane.Problem != c.problem || c.problem != "" && !strings.Contains(plane.Detail, c.detail) {
				t.Errorf("problem %q (%s), want %q (%s)", plane.Problem, plane.Detail, c.problem, c.detail)
			}
			if got := behind(d); got != c.want {
				t.Errorf("behind it: %q, want %q\n%v", got, c.want, plane.Evidence)
			}
			if c.step != "" {
				last := plane.Evidence[len(plane.Evidence)-1]
				if !last.Found || last.Step != c.step {
					t.Errorf("found by %+v, want %s", plane.Evidence, c.step)
				}
			}
			entry := ""
			if plane.Entry != nil {
				entry = plane.Entry.Name.String()
			}
			if entry != c.entry {
				t.Errorf("entry %q, want %q", entry, c.entry)
			}
		})
	}
}

// daemonPod is a hostNetwork pod of a DaemonSet.
func daemonPod(name, host string) string {
	return strings.Replace(pod(name, "a: b", host+"@"+host, "", "{containerPort: 80, hostPort: 80}", "hostNetwork: true, "),
		"labels: {", "ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: d, uid: u, controller: true}], labels: {", 1)
}

// TestALBTargets tells how the load balancer gets to pods.
func TestALBTargets(t *testing.T) {
	ip := "annotations: {alb.ingress.kubernetes.io/target-type: ip}"
	for name, c := range map[string]struct {
		meta                           string
		controllers                    []string
		throughNodes, anywhere, direct bool
	}{
		"instance is the default": {throughNodes: true},
		"ip":                      {meta: ip, anywhere: true, direct: true},
		"ip, and the user knows":  {meta: ip, controllers: []string{"10.7.0.0/16"}, direct: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, modelOf(t, class("alb", "ingress.k8s.aws/alb"), ingress(c.meta, "alb", ""), backend), "ingress/app", c.controllers...).DataPlane
			if d.ThroughNodes != c.throughNodes || d.Anywhere != c.anywhere || d.Direct != c.direct {
				t.Errorf("through nodes %v, anywhere %v, direct %v", d.ThroughNodes, d.Anywhere, d.Direct)
			}
		})
	}
}
