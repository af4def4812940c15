package frontdoor

import (
	"net/netip"
	"strings"
)

// controller is what is known of a well-known Ingress or Gateway controller. It
// is the last evidence that is consulted for pods: installations rename things.
type controller struct {
	// name as people know it.
	name string
	// ids are values of IngressClass spec.controller or GatewayClass
	// spec.controllerName; one that ends in "/" is a prefix.
	ids []string
	// class is the class name by which the controller goes where it does not
	// check spec.controller, or where there is no IngressClass.
	class []string
	// byName: it goes by the class's name, and needs no IngressClass object.
	byName bool
	// pods of the data plane as the projects' own manifests and charts label them.
	pods []podLabels
	// apart: the pods that are told which class to serve are a control plane, and
	// others carry the traffic.
	apart bool
	// perGateway are labels that carry a Gateway's name and namespace; perClass
	// is one that carries the class's name, for pods that all its Gateways share.
	perGateway []ownerLabels
	perClass   string
	// outside says that no pods carry the traffic.
	outside *outside
	// timeout and refused are the status codes that clients see when the
	// backend does not answer, or refuses.
	timeout, refused string
	// source of what is said here.
	source string
}

// ownerLabels are labels by which a vendor marks a Gateway's pods.
type ownerLabels struct{ name, namespace string }

// podLabels select pods; namespace "" is any. Labels that anyone might use only
// count in the namespace that the project installs into.
type podLabels struct {
	namespace string
	labels    map[string]string
}

// outside is a data plane that is not made of pods.
type outside struct {
	// ranges are the documented addresses it sends from; none where only the
	// user knows them.
	ranges []netip.Prefix
	// why says in words what carries the traffic.
	why string
	// throughNodes: by default it sends to NodePorts, so that pods see a node.
	throughNodes bool
	// identity: the network plugin knows it by an identity, not an address.
	identity bool
}

func match(labels ...string) podLabels { return matchIn("", labels...) }

func matchIn(namespace string, labels ...string) podLabels {
	out := podLabels{namespace: namespace, labels: map[string]string{}}
	for i := 0; i+1 < len(labels); i += 2 {
		out.labels[labels[i]] = labels[i+1]
	}
	return out
}

const appName = "app.kubernetes.io/name"

// catalogue of well-known controllers, from their own charts and documentation.
func catalogue() []controller {
	return []controller{
		{
			name: "ingress-nginx", ids: []string{"k8s.io/ingress-nginx", "webapprouting.kubernetes.azure.com/nginx", "webapprouting.kubernetes.azure.com/nginx/"}, class: []string{"nginx"},
			pods: []podLabels{
				match(appName, "ingress-nginx", "app.kubernetes.io/component", "controller"),
				match(appName, "rke2-ingress-nginx", "app.kubernetes.io/component", "controller"),
				matchIn("ingress", "name", "nginx-ingress-microk8s"),
				matchIn("app-routing-system", "app", "nginx"),
			},
			timeout: "504", refused: "502", source: "https://kubernetes.github.io/ingress-nginx/user-guide/multiple-ingress/",
		},
		{
			name: "F5 NGINX Ingress Controller", ids: []string{"nginx.org/ingress-controller"},
			pods:    []podLabels{match(appName, "nginx-ingress"), matchIn("nginx-ingress", "app", "nginx-ingress")},
			timeout: "504", refused: "502", source: "https://docs.nginx.com/nginx-ingress-controller/",
		},
		{
			name: "NGINX Gateway Fabric", apart: true, ids: []string{"gateway.nginx.org/nginx-gateway-controller"},
			timeout: "504", refused: "502", source: "https://docs.nginx.com/nginx-gateway-fabric/overview/gateway-architecture/",
		},
		{
			name: "Traefik", ids: []string{"traefik.io/ingress-controller", "traefik.io/gateway-controller"}, class: []string{"traefik"},
			pods:    []podLabels{match(appName, "traefik")},
			timeout: "504", refused: "502", source: "https://doc.traefik.io/traefik/providers/kubernetes-ingress/",
		},
		{
			name: "HAProxy Kubernetes Ingress Controller", ids: []string{"haproxy.org/ingress-controller", "haproxy.org/ingress-controller/"}, class: []string{"haproxy"},
			pods:    []podLabels{match(appName, "kubernetes-ingress"), matchIn("haproxy-controller", "run", "haproxy-ingress")},
			timeout: "503", refused: "503", source: "https://www.haproxy.com/documentation/kubernetes-ingress/",
		},
		{
			name: "HAProxy Ingress", ids: []string{"haproxy-ingress.github.io/controller", "haproxy-ingress.github.io/controller/"},
			pods:    []podLabels{match(appName, "haproxy-ingress")},
			timeout: "503", refused: "503", source: "https://haproxy-ingress.github.io/docs/configuration/command-line/",
		},
		{
			name: "Kong", apart: true, ids: []string{"ingress-controllers.konghq.com/kong", "konghq.com/kic-gateway-controller"}, class: []string{"kong"},
			pods: []podLabels{
				match(appName, "gateway", "app.kubernetes.io/component", "app"),
				match(appName, "kong", "app.kubernetes.io/component", "app"),
			},
			timeout: "504", refused: "502", source: "https://developer.konghq.com/kubernetes-ingress-controller/",
		},
		{
			name: "Contour", byName: true, apart: true, ids: []string{"projectcontour.io/ingress-controller", "projectcontour.io/gateway-controller", "projectcontour.io/projectcontour/contour"}, class: []string{"contour"},
			pods:    []podLabels{matchIn("projectcontour", "app", "envoy"), match(appName, "contour", "app.kubernetes.io/component", "envoy")},
			timeout: "503", refused: "503", source: "https://projectcontour.io/docs/main/config/ingress/",
		},
		{
			name: "Istio", apart: true, ids: []string{"istio.io/ingress-controller", "istio.io/gateway-controller"}, class: []string{"istio"},
			pods:    []podLabels{match("istio", "ingressgateway"), match("istio", "ingress")},
			timeout: "503", refused: "503", source: "https://istio.io/latest/docs/tasks/traffic-management/ingress/kubernetes-ingress/",
		},
		{
			name: "Envoy Gateway", apart: true, ids: []string{"gateway.envoyproxy.io/gatewayclass-controller"},
			perGateway: []ownerLabels{{"gateway.envoyproxy.io/owning-gateway-name", "gateway.envoyproxy.io/owning-gateway-namespace"}},
			perClass:   "gateway.envoyproxy.io/owning-gatewayclass",
			timeout:    "503", refused: "503", source: "https://gateway.envoyproxy.io/docs/tasks/operations/gateway-namespace-mode/",
		},
		{
			name: "Cilium", ids: []string{"cilium.io/ingress-controller", "io.cilium/gateway-controller"}, class: []string{"cilium"},
			outside: &outside{identity: true, why: "Cilium's Envoy on the nodes, which no NetworkPolicy peer selects: policies know it by Cilium's identity \"ingress\""},
			timeout: "503", refused: "503", source: "https://docs.cilium.io/en/stable/network/servicemesh/ingress/",
		},
		{
			name: "OpenShift router", ids: []string{"openshift.io/ingress-to-route"},
			pods:    []podLabels{match("ingresscontroller.operator.openshift.io/deployment-ingresscontroller", "default")},
			timeout: "503", refused: "503", source: "https://docs.openshift.com/container-platform/latest/networking/configuring_ingress_cluster_traffic/",
		},
		{
			name: "AWS Load Balancer Controller", ids: []string{"ingress.k8s.aws/alb", "eks.amazonaws.com/alb", "gateway.k8s.aws/alb", "gateway.k8s.aws/nlb"}, class: []string{"alb"},
			outside: &outside{throughNodes: true, why: "an AWS load balancer outside the cluster; the controller's pods carry no traffic"},
			timeout: "504", refused: "502", source: "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#target-type",
		},
		{
			name: "GKE Ingress", ids: []string{"networking.gke.io/gateway", "k8s.io/ingress-gce"}, class: []string{"gce"},
			outside: &outside{
				ranges: []netip.Prefix{netip.MustParsePrefix("35.191.0.0/16"), netip.MustParsePrefix("130.211.0.0/22")},
				why:    "Google's load balancer outside the cluster; requests and health checks come from its documented ranges",
			},
			timeout: "502", refused: "502", source: "https://cloud.google.com/load-balancing/docs/firewall-rules",
		},
		{
			name: "GKE internal Ingress", class: []string{"gce-internal"},
			outside: &outside{why: "Google's internal load balancer; its proxies use the proxy-only subnet of your VPC, health checks 35.191.0.0/16 and 130.211.0.0/22"},
			timeout: "502", refused: "502", source: "https://cloud.google.com/load-balancing/docs/proxy-only-subnets",
		},
		{
			name: "Azure Application Gateway", ids: []string{"azure/application-gateway", "alb.networking.azure.io/alb-controller"}, class: []string{"azure-application-gateway", "azure/application-gateway"},
			outside: &outside{why: "an Azure Application Gateway outside the cluster, which sends from its own subnet"},
			timeout: "502", refused: "502", source: "https://learn.microsoft.com/azure/application-gateway/application-gateway-troubleshooting-502",
		},
	}
}

// byController returns the entry for a controller's own name.
func byController(id string) *controller {
	all := catalogue()
	for i := range all {
		for _, known := range all[i].ids {
			if id == known || strings.HasSuffix(known, "/") && strings.HasPrefix(id, known) {
				return &all[i]
			}
		}
	}
	return nil
}

// byClass returns the entry for a class name without an IngressClass object.
func byClass(class string) *controller {
	all := catalogue()
	for i := range all {
		for _, known := range all[i].class {
			if class == known {
				return &all[i]
			}
		}
	}
	return nil
}
