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

// known are the annotations of Ingresses, IngressClasses and Services that say how a controller
// reads the object; the class annotations have fields of their own.
var known = map[string]Meaning{
	// https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
	"nginx.ingress.kubernetes.io/service-upstream":   Plain,
	"nginx.ingress.kubernetes.io/canary":             Plain,
	"nginx.ingress.kubernetes.io/canary-weight":      Plain,
	"nginx.ingress.kubernetes.io/canary-by-header":   Presence,
	"nginx.ingress.kubernetes.io/canary-by-cookie":   Presence,
	"nginx.ingress.kubernetes.io/default-backend":    ServiceName,
	"nginx.ingress.kubernetes.io/ssl-passthrough":    Plain,
	"nginx.ingress.kubernetes.io/ssl-redirect":       Plain,
	"nginx.ingress.kubernetes.io/force-ssl-redirect": Plain,
	"nginx.ingress.kubernetes.io/use-regex":          Plain,
	// https://docs.nginx.com/nginx-ingress-controller/configuration/ingress-resources/advanced-configuration-with-annotations/
	"nginx.org/mergeable-ingress-type": Plain,
	"nginx.org/use-cluster-ip":         Plain,
	"nginx.org/ssl-services":           Presence,
	// https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/
	"traefik.ingress.kubernetes.io/router.entrypoints":        Plain,
	"traefik.ingress.kubernetes.io/router.tls":                Plain,
	"traefik.ingress.kubernetes.io/router.tls.certresolver":   Presence,
	"traefik.ingress.kubernetes.io/router.tls.options":        Presence,
	"traefik.ingress.kubernetes.io/router.priority":           Plain,
	"traefik.ingress.kubernetes.io/service.nativelb":          Plain,
	"traefik.ingress.kubernetes.io/service.nodeportlb":        Plain,
	"traefik.ingress.kubernetes.io/router.tls.domains.0.main": Presence,
	// haproxytech/kubernetes-ingress documentation/annotations.md
	"haproxy.org/ingress.class":   Plain,
	"haproxy.org/ssl-passthrough": Plain,
	"haproxy.org/ssl-redirect":    Plain,
	// https://haproxy-ingress.github.io/docs/configuration/keys/
	"haproxy-ingress.github.io/service-upstream": Plain,
	"haproxy-ingress.github.io/ssl-passthrough":  Plain,
	"haproxy-ingress.github.io/ssl-redirect":     Plain,
	// https://developer.konghq.com/kubernetes-ingress-controller/reference/annotations/
	"ingress.kubernetes.io/service-upstream": Plain,
	"konghq.com/protocols":                   Plain,
	// https://projectcontour.io/docs/main/config/annotations/
	"projectcontour.io/ingress.class":                Plain,
	"contour.heptio.com/ingress.class":               Plain,
	"ingress.kubernetes.io/force-ssl-redirect":       Plain,
	"projectcontour.io/tls-minimum-protocol-version": Plain,
	// aws-load-balancer-controller docs/guide/ingress/annotations.md
	"alb.ingress.kubernetes.io/target-type":     Plain,
	"alb.ingress.kubernetes.io/group.order":     Plain,
	"alb.ingress.kubernetes.io/listen-ports":    Plain,
	"alb.ingress.kubernetes.io/certificate-arn": Presence,
	"alb.ingress.kubernetes.io/create-acm-cert": Plain,
	"alb.ingress.kubernetes.io/ssl-redirect":    Plain,
	// https://cloud.google.com/kubernetes-engine/docs/how-to/load-balance-ingress
	"cloud.google.com/neg":                          Plain,
	"networking.gke.io/managed-certificates":        Presence,
	"networking.gke.io/certmap":                     Presence,
	"ingress.gcp.kubernetes.io/pre-shared-cert":     Presence,
	"kubernetes.io/ingress.allow-http":              Plain,
	"kubernetes.io/ingress.regional-static-ip-name": Presence,
	"kubernetes.io/ingress.global-static-ip-name":   Presence,
	// https://azure.github.io/application-gateway-kubernetes-ingress/annotations/
	"appgw.ingress.kubernetes.io/appgw-ssl-certificate": Presence,
	"appgw.ingress.kubernetes.io/ssl-redirect":          Plain,
	// https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/ingress_and_load_balancing/configuring-routes
	"route.openshift.io/termination": Plain,
	// https://docs.cilium.io/en/stable/network/servicemesh/ingress/
	"ingress.cilium.io/tls-passthrough":   Plain,
	"ingress.cilium.io/loadbalancer-mode": Plain,
	"ingress.cilium.io/force-https":       Plain,
}

// families are annotations of which the last part is a name.
var families = map[string]Meaning{
	"alb.ingress.kubernetes.io/actions.":    Actions,
	"alb.ingress.kubernetes.io/conditions.": Presence,
}

// Of is what the value of an annotation names.
func Of(key string) Meaning {
	if m, ok := known[key]; ok {
		return m
	}
	for prefix, m := range families {
		if strings.HasPrefix(key, prefix) {
			return m
		}
	}
	return Unkept
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
