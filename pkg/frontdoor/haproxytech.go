package frontdoor

import (
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

const haproxyTechID = "haproxy.org/ingress-controller"

// haproxyTech is the controller of haproxytech/kubernetes-ingress.
func haproxyTech() controller {
	return controller{
		name: "HAProxy Kubernetes Ingress Controller", ids: []string{haproxyTechID, haproxyTechID + "/"}, class: []string{"haproxy"},
		pods:   []podLabels{match(appName, "kubernetes-ingress"), matchIn("haproxy-controller", "run", "haproxy-ingress")},
		images: []string{"haproxytech/kubernetes-ingress"}, commands: []string{"haproxy-ingress-controller"},
		options: []string{"ingress.class", "empty-ingress-class", "namespace-whitelist", "namespace-blacklist", "configmap-tcp-services"},
		timeout: "503", refused: "503", source: "https://www.haproxy.com/documentation/kubernetes-ingress/",
		ingress: &reader{
			serves: haproxyTechServes, guards: haproxyTechGuards, tls: haproxyTechTLS, together: &together{rule: unclear},
			noEndpoints: "503", noService: "503", notFound: "404",
		},
	}
}

// haproxyTechServes follows pkg/ingress/ingress.go Supported: the annotation first, and
// then the controller of the IngressClass, to which a class that was given is joined.
func haproxyTechServes(q *asked) claim {
	if c := q.hidden("ingress.class", "empty-ingress-class"); c != nil {
		return *c
	}
	told := q.told.Value("ingress.class", "")
	annotation := q.annotated("haproxy.org/ingress.class")
	id := haproxyTechID
	if told != "" {
		id += "/" + told
	}
	var c claim
	switch {
	case annotation != "":
		c = is(annotation, told, "ingress.class")
	case q.class != "":
		c = q.ofController(id)
		if c.reason == report.OtherClass && told != "" {
			// Charts give both the bare name and --ingress.class, which older versions took.
			if older := q.ofController(haproxyTechID); certain(older) && q.class == told {
				c = older
			}
		}
		if q.pod == nil && c.answer == selector.No && c.reason == report.OtherClass {
			c = served()
		}
	default:
		c = yesOr(told == "" || q.told.True("empty-ingress-class"), refused(report.OtherClass, "ingress.class", told))
	}
	return both(c, q.watched(namespaces{only: []string{"namespace-whitelist"}, not: []string{"namespace-blacklist"}}))
}

// haproxyTechTLS: ssl-passthrough leaves TLS to the pods (documentation/annotations.md).
func haproxyTechTLS(q *asked) tlsHosts {
	out := q.mergedTLS()
	if q.ing.Annotations["haproxy.org/ssl-passthrough"] == "true" {
		out.through(hostsOf(q.ing), "haproxy.org/ssl-passthrough")
	}
	return out
}
