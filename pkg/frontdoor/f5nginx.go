package frontdoor

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const f5ID = "nginx.org/ingress-controller"

// f5Nginx is the controller of nginx/kubernetes-ingress.
func f5Nginx() controller {
	return controller{
		name: "F5 NGINX Ingress Controller", ids: []string{f5ID},
		pods:   []podLabels{match(appName, "nginx-ingress"), matchIn("nginx-ingress", "app", "nginx-ingress")},
		images: []string{"nginx/nginx-ingress", "nginxinc/nginx-ingress", "nginx-ingress", "nginx-plus-ingress", "nginx-ic/nginx-plus-ingress"}, commands: []string{"nginx-ingress"},
		options: []string{"nginx-configmaps", "nginx-plus"},
		timeout: "504", refused: "502", source: "https://docs.nginx.com/nginx-ingress-controller/",
		ingress: &reader{
			serves: f5Serves, guards: f5Guards, refuses: f5Refuses, tls: f5TLS,
			// docs.nginx.com/nginx-ingress-controller/configuration/host-and-listener-collisions:
			// the oldest takes the whole host, unless all are mergeable.
			together: &together{rule: oldestHost, master: f5Master},
			backends: backends{service: f5ClusterIP, external: f5ExternalName},
			// internal/configs/version1/config.go NewUpstreamWithDefaultServer: a server
			// that answers 502 stands for endpoints that there are not.
			noEndpoints: "502", noService: "502", notFound: "404",
		},
	}
}

// f5Serves: the class is compared by name, the annotation first
// (internal/k8s/controller.go HasCorrectIngressClass), and the program ends where the
// IngressClass of that name is missing or another controller's (cmd/nginx-ingress).
func f5Serves(q *asked) claim {
	if c := q.hidden("ingress-class"); c != nil {
		return *c
	}
	name := q.told.Value("ingress-class", "nginx")
	if q.pod == nil {
		name = q.f.class
	}
	got := q.annotated()
	if got == "" {
		got = q.class
	}
	c := is(got, name, "ingress-class")
	if c.answer == selector.Yes {
		object, open := q.classObject(name)
		switch {
		case open != nil:
			c = *open
		case object == nil:
			c = refused(report.ClassMissing, "ingress-class", name)
		case object.Controller != f5ID:
			c = refused(report.OtherClass, "", f5ID)
		}
	}
	return both(c, q.watched(namespaces{only: []string{"watch-namespace"}, labels: "watch-namespace-label"}))
}

// f5Refuses follows internal/k8s/validation.go: rules are required, each with a host
// (validateIngressSpec); a master has one host and no paths, a minion paths and no
// TLS (validateMasterSpec, validateMinionSpec).
func f5Refuses(q *asked) claim {
	master, minion := f5Master(q.ing)
	if len(q.ing.Rules) == 0 {
		return refused(report.IngressRefused, "", "spec.rules")
	}
	for _, r := range q.ing.Rules {
		if r.Host == "" {
			return refused(report.IngressRefused, "", "spec.rules[].host")
		}
		if master && len(r.Paths) > 0 {
			return refused(report.IngressRefused, "nginx.org/mergeable-ingress-type: master", "spec.rules[].http")
		}
	}
	switch {
	case (master || minion) && len(q.ing.Rules) != 1:
		return refused(report.IngressRefused, "nginx.org/mergeable-ingress-type", "spec.rules")
	case minion && len(q.ing.TLS) > 0:
		return refused(report.IngressRefused, "nginx.org/mergeable-ingress-type: minion", "spec.tls")
	default:
		return served()
	}
}

func f5Master(ing *snapshot.Ingress) (master, minion bool) {
	kind := ing.Annotations["nginx.org/mergeable-ingress-type"]
	return kind == "master", kind == "minion"
}

// f5ClusterIP: with use-cluster-ip, NGINX connects to the Service's address.
func f5ClusterIP(q *asked, _ *snapshot.Service) claim {
	return yesOr(strings.EqualFold(q.ing.Annotations["nginx.org/use-cluster-ip"], "true"), refused("", "", ""))
}

// f5ExternalName needs NGINX Plus and a resolver
// (examples/ingress-resources/externalname-services).
func f5ExternalName(q *asked) claim {
	if q.pod == nil {
		return undecided("")
	}
	if !strings.Contains(q.image, "plus") && !q.told.True("nginx-plus") {
		return refused(report.ExternalNameRefused, "nginx-plus", "")
	}
	v, _, hidden := q.config("nginx-configmaps", "resolver-addresses")
	if hidden != "" {
		return undecided(hidden)
	}
	return yesOr(v != "", refused(report.ExternalNameRefused, "resolver-addresses", ""))
}

// f5TLS: TLS is only allowed in the master, and applies to the paths of its minions
// (https://docs.nginx.com/nginx-ingress-controller/configuration/ingress-resources/cross-namespace-configuration/).
func f5TLS(q *asked) tlsHosts {
	if _, minion := f5Master(q.ing); minion {
		return q.mergedTLS()
	}
	return specTLS(q)
}
