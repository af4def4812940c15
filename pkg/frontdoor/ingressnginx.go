package frontdoor

import (
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const ingressNginxID = "k8s.io/ingress-nginx"

// ingressNginx is the controller of kubernetes/ingress-nginx, with its variants in
// RKE2, MicroK8s and AKS's application routing.
func ingressNginx() controller {
	return controller{
		name: "ingress-nginx", ids: []string{ingressNginxID, "webapprouting.kubernetes.azure.com/nginx", "webapprouting.kubernetes.azure.com/nginx/"},
		class: []string{"nginx"},
		pods: []podLabels{
			match(appName, "ingress-nginx", appComponent, "controller"),
			match(appName, "rke2-ingress-nginx", appComponent, "controller"),
			matchIn("ingress", "name", "nginx-ingress-microk8s"),
			matchIn("app-routing-system", "app", "nginx"),
		},
		images: []string{"ingress-nginx/controller", "nginx-ingress-controller", "ingress-nginx-controller"}, commands: []string{"nginx-ingress-controller"},
		options: []string{"ingress-class-by-name", "tcp-services-configmap"},
		timeout: "504", refused: "502", source: "https://kubernetes.github.io/ingress-nginx/user-guide/multiple-ingress/",
		ingress: &reader{
			serves: nginxServes, guards: nginxGuards, tls: nginxTLS, together: &together{rule: oldestPath, canary: nginxCanary},
			// internal/ingress/controller/endpointslices.go takes ready endpoints of the
			// slices, whatever the Service's address and traffic policies are;
			// controller.go serviceEndpoints compares a backend's port with the Service's
			// port, its targetPort and its name.
			backends:    backends{targetPort: true, service: nginxUpstream, external: nginxExternalName, instead: nginxInstead},
			noEndpoints: "503", noService: "503", notFound: "404",
		},
	}
}

// nginxServes follows internal/ingress/controller/store/store.go GetIngressClass: a
// class by name before the annotation, and the classes of its --controller-class, or
// with --ingress-class-by-name that of its name.
func nginxServes(q *asked) claim {
	if c := q.hidden("controller-class", "ingress-class", "ingress-class-by-name", "watch-ingress-without-class"); c != nil {
		return *c
	}
	id, name := q.told.Value("controller-class", ingressNginxID), q.told.Value("ingress-class", "nginx")
	var c claim
	switch annotation := q.annotated(); {
	case q.class != "":
		c = q.ofController(id)
		if q.pod == nil && c.answer == selector.No && c.reason == report.OtherClass {
			c = served() // which ids it was told is not known
		}
		if q.told.True("ingress-class-by-name") && q.class == name {
			c = served()
		}
	case annotation != "":
		c = is(annotation, name, "ingress-class")
	default:
		c = yesOr(q.told.True("watch-ingress-without-class"), refused(report.OtherClass, "ingress-class", name))
	}
	return both(c, q.watched(namespaces{only: []string{"watch-namespace"}, labels: "watch-namespace-selector"}))
}

// nginxUpstream: with service-upstream, on the Ingress or for all, NGINX connects to
// the Service's address (docs/user-guide/nginx-configuration/annotations.md).
func nginxUpstream(q *asked, _ *snapshot.Service) claim {
	if v, ok := q.ing.Annotations["nginx.ingress.kubernetes.io/service-upstream"]; ok {
		return yesOr(v == "true", refused("", "", ""))
	}
	v, _, hidden := q.config("configmap", "service-upstream")
	if hidden != "" {
		return undecided(hidden)
	}
	return yesOr(v == "true", refused("", "", ""))
}

// nginxExternalName: they are resolved unless --disable-svc-external-name
// (docs/user-guide/cli-arguments.md).
func nginxExternalName(q *asked) claim {
	if c := q.hidden("disable-svc-external-name"); c != nil {
		return *c
	}
	if q.told.True("disable-svc-external-name") {
		return refused(report.ExternalNameRefused, "disable-svc-external-name", "")
	}
	return served()
}

// nginxInstead is the Service that answers where the backend has no endpoints: the
// annotation default-backend.
func nginxInstead(q *asked) string {
	return q.ing.Annotations["nginx.ingress.kubernetes.io/default-backend"]
}

// nginxCanary: canaries are merged into the Ingress that has their host and path, and
// ignored where there is none; a weight of 0 sends nothing, unless a header or cookie
// does (docs/user-guide/nginx-configuration/annotations.md, "Canary").
func nginxCanary(ing *snapshot.Ingress) (is, never bool) {
	const prefix = "nginx.ingress.kubernetes.io/canary"
	if ing.Annotations[prefix] != "true" {
		return false, false
	}
	weight := ing.Annotations[prefix+"-weight"]
	_, header := ing.Annotations[prefix+"-by-header"]
	_, cookie := ing.Annotations[prefix+"-by-cookie"]
	return true, (weight == "" || weight == "0") && !header && !cookie
}

// nginxTLS: hosts are merged over Ingresses, and so is their TLS
// (docs/how-it-works.md); ssl-passthrough needs --enable-ssl-passthrough
// (docs/user-guide/tls.md).
func nginxTLS(q *asked) tlsHosts {
	out := q.mergedTLS()
	if q.ing.Annotations["nginx.ingress.kubernetes.io/ssl-passthrough"] == "true" && q.told.True("enable-ssl-passthrough") {
		out.through(hostsOf(q.ing), "nginx.ingress.kubernetes.io/ssl-passthrough")
	}
	return out
}
