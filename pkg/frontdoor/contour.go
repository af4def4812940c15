package frontdoor

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/settings"
)

// contour is Project Contour, whose Envoy pods carry the traffic.
func contour() controller {
	return controller{
		name: "Contour", byName: true, apart: true,
		ids:   []string{"projectcontour.io/ingress-controller", "projectcontour.io/gateway-controller", "projectcontour.io/projectcontour/contour"},
		class: []string{"contour"},
		pods:  []podLabels{matchIn("projectcontour", "app", "envoy"), match(appName, "contour", appComponent, "envoy")},
		control: []podLabels{
			matchIn("projectcontour", "app", "contour"), match(appName, "contour", appComponent, "contour"),
		},
		images: []string{"projectcontour/contour", "contour"}, commands: []string{"contour"}, options: []string{"ingress-class-name", "contour-config-name"},
		timeout: "503", refused: "503", source: "https://projectcontour.io/docs/main/config/ingress/",
		ingress: &reader{
			serves: contourServes, tls: (*asked).mergedTLS, together: &together{rule: unclear},
			backends:    backends{external: contourExternalName},
			noEndpoints: "503", noService: "503", notFound: "404",
		},
	}
}

// contourServes follows internal/ingressclass/ingressclass.go: names are compared, and no
// IngressClass is looked up; without --ingress-class-name, what has no class is
// Contour's as well as what has the class contour. Its own annotation comes first
// (internal/annotation).
func contourServes(q *asked) claim {
	if c := q.hidden("ingress-class-name", "watch-namespaces"); c != nil {
		return *c
	}
	names := q.told.Values("ingress-class-name")
	got := q.annotated("projectcontour.io/ingress.class", "contour.heptio.com/ingress.class")
	if got == "" {
		got = q.class
	}
	var c claim
	switch {
	case len(names) == 0:
		c = yesOr(got == "" || got == "contour", refused(report.OtherClass, "ingress-class-name", "contour"))
	default:
		c = yesOr(slices.Contains(names, got), refused(report.OtherClass, "ingress-class-name", strings.Join(names, ", ")))
	}
	if q.pod == nil {
		// What it was told is not known; the class's own controller says whose it is.
		if object, _ := q.classObject(got); object != nil && byController(object.Controller) != nil {
			c = served()
		}
	}
	return both(c, q.watched(namespaces{only: []string{"watch-namespaces"}}))
}

// contourSettings adds the configuration file that --config-path names; a
// ContourConfiguration object is not read.
func contourSettings(f *finder, told *settings.Told) string {
	if told.Given("contour-config-name") {
		return "ContourConfiguration " + told.Value("contour-config-name", "")
	}
	file := told.Value("config-path", "")
	if file == "" {
		return ""
	}
	need, mounted := told.FileNeed(file)
	if !mounted {
		return file
	}
	if !f.look(need) {
		return need.Permission()
	}
	text, _, takes := told.File(file)
	if takes != "" {
		return takes
	}
	options, err := settings.Flatten(text)
	if err != nil {
		return file
	}
	told.Options(options)
	return ""
}

// contourExternalName: enableExternalNameService is off unless the configuration file
// turns it on (site/content/docs/main/configuration.md, advisory GHSA-5ph6-qq5x-7jwc).
func contourExternalName(q *asked) claim {
	if q.pod == nil {
		return claim{answer: selector.Undetermined, reason: report.NotRead}
	}
	if hidden := q.file(contourSettings); hidden != "" {
		return undecided(hidden)
	}
	return yesOr(q.told.True("enableexternalnameservice"), refused(report.ExternalNameRefused, "enableExternalNameService", ""))
}
