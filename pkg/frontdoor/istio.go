package frontdoor

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const istioID = "istio.io/ingress-controller"

// istio is Istio's ingress gateway; istiod is told what it serves.
func istio() controller {
	return controller{
		name: "Istio", apart: true, ids: []string{istioID, "istio.io/gateway-controller"}, class: []string{"istio"},
		pods:    []podLabels{match("istio", "ingressgateway"), match("istio", "ingress")},
		control: []podLabels{match("app", "istiod")},
		images:  []string{"istio/pilot", "pilot", "pilot-distroless"},
		timeout: "503", refused: "503", source: "https://istio.io/latest/docs/tasks/traffic-management/ingress/kubernetes-ingress/",
		ingress: &reader{
			serves: istioServes, tls: (*asked).mergedTLS, together: &together{rule: oldestPath},
			noEndpoints: "503", noService: "503", notFound: "404",
		},
	}
}

// istioSettings adds what the mesh's configuration says
// (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig).
func istioSettings(f *finder, told *settings.Told) string {
	name := snapshot.Name{Namespace: "istio-system", Name: "istio"}
	need := snapshot.Need{Resource: snapshot.ConfigMaps, Namespace: name.Namespace, Name: name.Name}
	if !f.look(need) {
		return need.Permission()
	}
	data, hidden := settings.Config(f.m.Snapshot, name)
	if hidden != "" {
		return hidden
	}
	options, err := settings.Flatten(data["mesh"])
	if err != nil {
		return "ConfigMap istio-system/istio"
	}
	told.Options(options)
	return ""
}

// istioServes follows pilot/pkg/config/kube/ingress shouldProcessIngressWithClass: a
// class's own controller decides, or else the annotation, as ingressControllerMode
// says: STRICT (the default), DEFAULT (those without class too) or OFF.
func istioServes(q *asked) claim {
	if q.class != "" {
		if q.pod == nil {
			return served()
		}
		return q.ofController(istioID)
	}
	annotation := q.annotated()
	if annotation != "" && annotation != "istio" && q.pod == nil {
		return refused(report.OtherClass, "", "istio")
	}
	if hidden := q.file(istioSettings); hidden != "" {
		return undecided(hidden)
	}
	name := q.told.Value("ingressclass", "istio")
	switch strings.ToUpper(q.told.Value("ingresscontrollermode", "STRICT")) {
	case "OFF":
		return refused(report.IngressesNotServed, "ingressControllerMode", "OFF")
	case "DEFAULT":
		return yesOr(annotation == "" || annotation == name, refused(report.OtherClass, "ingressClass", name))
	default:
		return is(annotation, name, "ingressClass")
	}
}
