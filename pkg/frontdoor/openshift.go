package frontdoor

import "github.com/kubectl-netguard/netguard/pkg/report"

const openshiftID = "openshift.io/ingress-to-route"

// openshift is OpenShift's router: its route-controller-manager makes Routes of
// Ingresses, which no pod is told.
func openshift() controller {
	return controller{
		name: "OpenShift router", ids: []string{openshiftID},
		pods:    []podLabels{match("ingresscontroller.operator.openshift.io/deployment-ingresscontroller", "default")},
		images:  []string{"openshift-router", "haproxy-router", "ose-haproxy-router"},
		timeout: "503", refused: "503", source: "https://docs.openshift.com/container-platform/latest/networking/configuring_ingress_cluster_traffic/",
		ingress: &reader{
			serves: openshiftServes, refuses: openshiftRefuses, tls: openshiftTLS, together: &together{rule: oldestPath, ownsHost: true},
			noEndpoints: "503", noService: "503", notFound: "503",
		},
	}
}

// openshiftServes follows openshift/route-controller-manager pkg/route/ingress/ingress.go
// ingressManaged: classes of its controller, the annotation openshift-default, and
// Ingresses that have neither.
func openshiftServes(q *asked) claim {
	switch annotation := q.annotated(); {
	case q.class != "":
		return q.ofController(openshiftID)
	case annotation != "":
		return is(annotation, "openshift-default", "")
	default:
		return served()
	}
}

// openshiftRefuses: a Route needs a host, and none is made of a rule without one, nor of
// a default backend (newRouteForIngress is called for hosts with paths only).
func openshiftRefuses(q *asked) claim {
	for _, r := range q.ing.Rules {
		if r.Host != "" && len(r.Paths) > 0 {
			return served()
		}
	}
	return refused(report.IngressRefused, "", "spec.rules[].host")
}

// openshiftTLS: a Route ends TLS where spec.tls names its host, or the annotation
// termination says so.
func openshiftTLS(q *asked) tlsHosts {
	const key = "route.openshift.io/termination"
	out := specTLS(q)
	switch q.ing.Annotations[key] {
	case "passthrough":
		out.through(hostsOf(q.ing), key)
	case "edge", "reencrypt":
		out.add(hostsOf(q.ing), key)
	}
	return out
}
