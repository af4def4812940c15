package frontdoor

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const kongID = "ingress-controllers.konghq.com/kong"

// kong is Kong's Ingress Controller, whose gateway pods carry the traffic.
func kong() controller {
	return controller{
		name: "Kong", apart: true, ids: []string{kongID, "konghq.com/kic-gateway-controller"}, class: []string{"kong"},
		pods: []podLabels{
			match(appName, "gateway", appComponent, "app"),
			match(appName, "kong", appComponent, "app"),
		},
		control: []podLabels{match(appName, "controller", appComponent, "app"), match(appName, "kong", appComponent, "app")},
		images:  []string{"kong/kubernetes-ingress-controller", "kubernetes-ingress-controller"},
		timeout: "504", refused: "502", source: "https://developer.konghq.com/kubernetes-ingress-controller/",
		ingress: &reader{
			serves: kongServes, guards: kongGuards, tls: (*asked).mergedTLS, together: &together{rule: unclear},
			backends:    backends{service: kongUpstream},
			noEndpoints: "503", noService: "503", notFound: "404",
		},
	}
}

// kongSettings: every option may be a variable, CONTROLLER_…, which the argument
// overrules (https://developer.konghq.com/kubernetes-ingress-controller/reference/configuration-options/).
func kongSettings(_ *finder, told *settings.Told) string {
	for _, option := range []string{"ingress-class", "watch-namespace"} {
		if told.Given(option) {
			continue
		}
		name := "CONTROLLER_" + strings.ToUpper(strings.ReplaceAll(option, "-", "_"))
		v, found, hidden := told.Variable(name)
		if hidden != "" {
			return hidden
		}
		if found {
			told.Options(map[string][]string{option: {v}})
		}
	}
	return ""
}

// kongServes: the class is compared by name, annotation or field; Ingresses without
// one are served where the class's IngressClass is the default
// (https://developer.konghq.com/kubernetes-ingress-controller/concepts/ingress-classes/).
func kongServes(q *asked) claim {
	if hidden := q.file(kongSettings); hidden != "" {
		return undecided(hidden)
	}
	name := q.told.Value("ingress-class", "kong")
	got := q.annotated()
	if got == "" {
		got = q.class
	}
	if q.pod == nil && q.class != "" {
		name = q.class
	}
	c := is(got, name, "ingress-class")
	if certain(c) && got == q.class {
		if object, _ := q.classObject(got); object != nil && object.Controller != kongID {
			c = refused(report.OtherClass, "", kongID)
		}
	}
	if got == "" {
		object, open := q.classObject(name)
		switch {
		case open != nil:
			c = *open
		case object != nil && object.Default:
			c = served()
		}
	}
	return both(c, q.watched(namespaces{only: []string{"watch-namespace"}}))
}

// kongUpstream: with service-upstream on the Service, or on the Ingress, Kong connects
// to the Service's address.
func kongUpstream(q *asked, s *snapshot.Service) claim {
	const key = "ingress.kubernetes.io/service-upstream"
	return yesOr(s.Annotations[key] == "true" || q.ing.Annotations[key] == "true", claim{answer: selector.No})
}
