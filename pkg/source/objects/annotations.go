package objects

import (
	"slices"
	"strings"
)

// Annotations that are kept of objects: those that decide who gets to a door and what
// its controller does with requests. What else people write there is theirs. Who reads
// them, with the sources, is pkg/frontdoor.

// serviceAnnotations are those of a Service: which load balancer it asks its cloud for,
// and who may come to it.
func serviceAnnotations(all map[string]string) map[string]string {
	return kept(all, []string{
		"cloud.google.com/load-balancer-type",
		"kubernetes.io/elb.class",
		"load-balancer.hetzner.cloud/disable-public-network",
		"networking.gke.io/load-balancer-type",
		"oci-network-load-balancer.oraclecloud.com/internal",
		"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-acl-id",
		"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-acl-status",
		"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-acl-type",
		"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type",
		"service.beta.kubernetes.io/aws-load-balancer-internal",
		"service.beta.kubernetes.io/aws-load-balancer-scheme",
		"service.beta.kubernetes.io/aws-load-balancer-security-group-prefix-lists",
		"service.beta.kubernetes.io/aws-load-balancer-security-groups",
		"service.beta.kubernetes.io/aws-load-balancer-type",
		"service.beta.kubernetes.io/azure-allowed-ip-ranges",
		"service.beta.kubernetes.io/azure-allowed-service-tags",
		"service.beta.kubernetes.io/azure-load-balancer-internal",
		"service.beta.kubernetes.io/cce-load-balancer-internal-vpc",
		"service.beta.kubernetes.io/do-loadbalancer-allow-rules",
		"service.beta.kubernetes.io/do-loadbalancer-deny-rules",
		"service.beta.kubernetes.io/do-loadbalancer-network",
		"service.beta.kubernetes.io/load-balancer-source-ranges",
		"service.beta.kubernetes.io/oci-load-balancer-internal",
		"service.beta.kubernetes.io/openstack-internal-load-balancer",
		"service.beta.kubernetes.io/scw-loadbalancer-private",
		"service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type",
		"service.kubernetes.io/qcloud-loadbalancer-internal-subnetid",
		"yandex.cloud/load-balancer-type",
	}, []string{"haproxy-ingress.github.io/", "ingress.kubernetes.io/"}, haproxyIngressKeys())
}

// ingressAnnotations are those of an Ingress, which its controller alone reads.
func ingressAnnotations(all map[string]string) map[string]string {
	names := slices.Concat(haproxyIngressKeys(), []string{
		// ingress-nginx
		"auth-type", "auth-snippet", "configuration-snippet", "enable-global-auth", "permanent-redirect", "satisfy", "server-snippet", "temporal-redirect",
		// AWS Load Balancer Controller
		"group.name", "inbound-cidrs", "scheme", "security-group-prefix-lists", "security-groups",
		// HAProxy Technologies
		"allow-list", "blacklist", "deny-list", "request-redirect", "whitelist",
		// F5 NGINX
		"location-snippets", "policies", "server-snippets",
		// Traefik
		"router.middlewares", "router.entrypoints",
		// Azure Application Gateway
		"use-private-ip",
		// Kong
		"plugins",
	})
	return kept(all, nil, []string{
		"alb.ingress.kubernetes.io/", "appgw.ingress.kubernetes.io/", "haproxy-ingress.github.io/", "haproxy.org/", "ingress.kubernetes.io/",
		"konghq.com/", "nginx.ingress.kubernetes.io/", "nginx.org/", "traefik.ingress.kubernetes.io/",
	}, names)
}

// haproxyIngressKeys are keys of HAProxy Ingress, which stand on Ingresses and Services.
func haproxyIngressKeys() []string {
	return []string{
		"allowlist-source-header", "allowlist-source-range", "auth-url", "denylist-source-range", "redirect-to", "whitelist-source-range",
	}
}

// kept are the annotations with one of the keys, or with one of the names behind one of
// the prefixes; nil when there are none.
func kept(all map[string]string, keys, prefixes, names []string) map[string]string {
	var out map[string]string
	for key, value := range all {
		keep := slices.Contains(keys, key)
		for _, prefix := range prefixes {
			name, ok := strings.CutPrefix(key, prefix)
			keep = keep || ok && slices.Contains(names, name)
		}
		if !keep {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = value
	}
	return out
}
