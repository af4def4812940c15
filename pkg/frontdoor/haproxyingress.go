package frontdoor

import (
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const haproxyIngressID = "haproxy-ingress.github.io/controller"

// haproxyIngress is the controller of jcmoraisjr/haproxy-ingress.
func haproxyIngress() controller {
	return controller{
		name: "HAProxy Ingress", ids: []string{haproxyIngressID, haproxyIngressID + "/"},
		pods:   []podLabels{match(appName, "haproxy-ingress")},
		images: []string{"jcmoraisjr/haproxy-ingress", "haproxy-ingress"}, commands: []string{"haproxy-ingress-controller", "haproxy-ingress"},
		options: []string{"ingress-class-precedence"},
		timeout: "503", refused: "503", source: "https://haproxy-ingress.github.io/docs/configuration/command-line/",
		ingress: &reader{
			serves: haproxyIngressServes, guards: haproxyIngressGuards, tls: haproxyIngressTLS, together: &together{rule: oldestPath},
			backends:    backends{service: haproxyUpstream},
			noEndpoints: "503", noService: "503", notFound: "404",
		},
	}
}

// haproxyIngressServes: IngressClasses of its controller name, to which a
// --controller-class is joined; the annotation of --ingress-class (haproxy); those
// without class with --watch-ingress-without-class.
func haproxyIngressServes(q *asked) claim {
	if c := q.hidden("controller-class", "ingress-class", "watch-ingress-without-class"); c != nil {
		return *c
	}
	id := haproxyIngressID
	if suffix := q.told.Value("controller-class", ""); suffix != "" && suffix != id {
		id += "/" + suffix
	}
	name := q.told.Value("ingress-class", "haproxy")
	var c claim
	switch annotation := q.annotated(); {
	case annotation != "" && (q.class == "" || !q.told.True("ingress-class-precedence")):
		c = is(annotation, name, "ingress-class")
	case q.class != "":
		c = q.ofController(id)
		if q.pod == nil && c.answer == selector.No && c.reason == report.OtherClass {
			c = served()
		}
	default:
		c = yesOr(q.told.True("watch-ingress-without-class"), refused(report.OtherClass, "ingress-class", name))
	}
	return both(c, q.watched(namespaces{only: []string{"watch-namespace"}}))
}

// haproxyUpstream: with service-upstream, HAProxy connects to the Service's address
// (https://haproxy-ingress.github.io/docs/configuration/keys/#service-upstream).
func haproxyUpstream(q *asked, _ *snapshot.Service) claim {
	return yesOr(q.ing.Annotations["haproxy-ingress.github.io/service-upstream"] == "true", refused("", "", ""))
}

func haproxyIngressTLS(q *asked) tlsHosts {
	out := q.mergedTLS()
	if q.ing.Annotations["haproxy-ingress.github.io/ssl-passthrough"] == "true" {
		out.through(hostsOf(q.ing), "haproxy-ingress.github.io/ssl-passthrough")
	}
	return out
}
