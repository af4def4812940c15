package frontdoor

import "strings"

// catalogue of well-known controllers, from their own charts and documentation.
func catalogue() []controller {
	return []controller{
		ingressNginx(), f5Nginx(), nginxGatewayFabric(), traefik(), haproxyTech(), haproxyIngress(), kong(), contour(), istio(),
		envoyGateway(), cilium(), openshift(), awsLoadBalancer(), gke(), gkeInternal(), gkeRegional(), applicationGateway(),
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
