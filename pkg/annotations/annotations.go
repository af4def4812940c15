package annotations

import "strings"

// Meaning is what an annotation's value names, by which it is known what must become
// of it where names are replaced.
type Meaning uint8

// Meanings.
const (
	// Unkept annotations are not kept of an object.
	Unkept Meaning = iota
	// Plain values name nothing: flags, numbers, ports, addresses.
	Plain
	// Presence: that there is a value says enough, such as which certificate.
	Presence
	// ServiceName is a Service of the object's namespace.
	ServiceName
	// Actions are what a load balancer does, in JSON, which may name Services.
	Actions
)

// Of is what the value of an annotation of an Ingress, an IngressClass or a Service names;
// the class annotations have fields of their own. The sources are the controllers' own
// pages:
//
//   - https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
//   - https://docs.nginx.com/nginx-ingress-controller/configuration/ingress-resources/advanced-configuration-with-annotations/
//   - https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/
//   - haproxytech/kubernetes-ingress documentation/annotations.md
//   - https://haproxy-ingress.github.io/docs/configuration/keys/
//   - https://developer.konghq.com/kubernetes-ingress-controller/reference/annotations/
//   - https://projectcontour.io/docs/main/config/annotations/
//   - aws-load-balancer-controller docs/guide/ingress/annotations.md
//   - https://cloud.google.com/kubernetes-engine/docs/how-to/load-balance-ingress
//   - https://azure.github.io/application-gateway-kubernetes-ingress/annotations/
//   - https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/ingress_and_load_balancing/configuring-routes
//   - https://docs.cilium.io/en/stable/network/servicemesh/ingress/
func Of(key string) Meaning {
	switch key {
	case "nginx.ingress.kubernetes.io/service-upstream",
		"nginx.ingress.kubernetes.io/canary",
		"nginx.ingress.kubernetes.io/canary-weight",
		"nginx.ingress.kubernetes.io/ssl-passthrough",
		"nginx.ingress.kubernetes.io/ssl-redirect",
		"nginx.ingress.kubernetes.io/force-ssl-redirect",
		"nginx.ingress.kubernetes.io/use-regex",
		"nginx.org/mergeable-ingress-type",
		"nginx.org/use-cluster-ip",
		"traefik.ingress.kubernetes.io/router.entrypoints",
		"traefik.ingress.kubernetes.io/router.tls",
		"traefik.ingress.kubernetes.io/router.priority",
		"traefik.ingress.kubernetes.io/service.nativelb",
		"traefik.ingress.kubernetes.io/service.nodeportlb",
		"haproxy.org/ingress.class",
		"haproxy.org/ssl-passthrough",
		"haproxy.org/ssl-redirect",
		"haproxy-ingress.github.io/service-upstream",
		"haproxy-ingress.github.io/ssl-passthrough",
		"haproxy-ingress.github.io/ssl-redirect",
		"ingress.kubernetes.io/service-upstream",
		"konghq.com/protocols",
		"projectcontour.io/ingress.class",
		"contour.heptio.com/ingress.class",
		"ingress.kubernetes.io/force-ssl-redirect",
		"projectcontour.io/tls-minimum-protocol-version",
		"alb.ingress.kubernetes.io/target-type",
		"alb.ingress.kubernetes.io/group.order",
		"alb.ingress.kubernetes.io/listen-ports",
		"alb.ingress.kubernetes.io/create-acm-cert",
		"alb.ingress.kubernetes.io/ssl-redirect",
		"cloud.google.com/neg",
		"kubernetes.io/ingress.allow-http",
		"appgw.ingress.kubernetes.io/ssl-redirect",
		"route.openshift.io/termination",
		"ingress.cilium.io/tls-passthrough",
		"ingress.cilium.io/loadbalancer-mode",
		"ingress.cilium.io/force-https":
		return Plain
	case "nginx.ingress.kubernetes.io/canary-by-header",
		"nginx.ingress.kubernetes.io/canary-by-cookie",
		"nginx.org/ssl-services",
		"traefik.ingress.kubernetes.io/router.tls.certresolver",
		"traefik.ingress.kubernetes.io/router.tls.options",
		"traefik.ingress.kubernetes.io/router.tls.domains.0.main",
		"alb.ingress.kubernetes.io/certificate-arn",
		"networking.gke.io/managed-certificates",
		"networking.gke.io/certmap",
		"ingress.gcp.kubernetes.io/pre-shared-cert",
		"kubernetes.io/ingress.regional-static-ip-name",
		"kubernetes.io/ingress.global-static-ip-name",
		"appgw.ingress.kubernetes.io/appgw-ssl-certificate":
		return Presence
	case "nginx.ingress.kubernetes.io/default-backend":
		return ServiceName
	}
	const alb = "alb.ingress.kubernetes.io/" // the last part is a name
	switch {
	case strings.HasPrefix(key, alb+"actions."):
		return Actions
	case strings.HasPrefix(key, alb+"conditions."):
		return Presence
	default:
		return Unkept
	}
}

// Kept are those that say how a controller reads an object; nil for none.
func Kept(all map[string]string) map[string]string {
	var out map[string]string
	for key, value := range all {
		if Of(key) == Unkept {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = value
	}
	return out
}
