package frontdoor

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const (
	traefikID       = "traefik.io/ingress-controller"
	traefikProvider = "providers.kubernetesingress"
	traefikRouter   = "traefik.ingress.kubernetes.io/router."
)

// traefik is Traefik Proxy; its Ingress provider is pkg/provider/kubernetes/ingress.
func traefik() controller {
	return controller{
		name: "Traefik", ids: []string{traefikID, "traefik.io/gateway-controller"}, class: []string{"traefik"},
		pods:   []podLabels{match(appName, "traefik")},
		images: []string{"traefik", "mirrored-library-traefik", "library-traefik"}, commands: []string{"traefik"}, options: []string{"providers.kubernetesingress", "providers.kubernetes", "entrypoints."},
		timeout: "504", refused: "502", source: "https://doc.traefik.io/traefik/providers/kubernetes-ingress/",
		ingress: &reader{
			serves: traefikServes, guards: traefikGuards, refuses: traefikRefuses, tls: traefikTLS, together: &together{rule: unclear},
			backends: backends{service: traefikNativeLB, external: traefikExternalName},
			// A path whose Service has no endpoints, or is not there, gets no router
			// (pkg/provider/kubernetes/ingress/kubernetes.go, issue 9242).
			noEndpoints: "404", noService: "404", notFound: "404",
		},
	}
}

// traefikSettings adds the static configuration of a file, in which case the
// arguments do not count, or of variables where there is neither: the three ways
// are exclusive (https://doc.traefik.io/traefik/getting-started/configuration-overview/).
// It is "" where all is known, or else what is not.
func traefikSettings(f *finder, told *settings.Told) (hidden string) {
	files := []string{"/etc/traefik/traefik.yaml", "/etc/traefik/traefik.yml", "/etc/traefik/traefik.toml"}
	named := told.Value("configfile", "")
	if named != "" {
		files = []string{named}
	}
	for _, file := range files {
		need, mounted := told.FileNeed(file)
		if !mounted {
			continue
		}
		if !f.look(need) {
			return need.Permission()
		}
		text, found, takes := told.File(file)
		switch {
		case takes != "":
			return takes
		case !found:
			continue
		case strings.HasSuffix(file, ".toml"):
			return file
		}
		options, err := settings.Flatten(text)
		if err != nil {
			return file
		}
		told.Forget()
		told.Options(options)
		return ""
	}
	if named != "" {
		return named
	}
	for _, o := range told.Names() {
		if o != "configfile" {
			return ""
		}
	}
	told.Options(told.FromVariables())
	return ""
}

// traefikOn: giving any option of the provider enables it
// (https://doc.traefik.io/traefik/reference/install-configuration/providers/kubernetes/kubernetes-ingress/).
func traefikOn(told *settings.Told) bool {
	if told.Given(traefikProvider) {
		return told.True(traefikProvider)
	}
	for _, o := range told.Names() {
		if strings.HasPrefix(o, traefikProvider+".") {
			return true
		}
	}
	return false
}

// traefikServes follows shouldProcessIngress.
func traefikServes(q *asked) claim {
	if q.pod == nil {
		return served()
	}
	if hidden := q.file(traefikSettings); hidden != "" {
		return undecided(hidden)
	}
	if len(q.told.Names()) == 0 {
		// Nothing was seen of its static configuration, which is then somewhere else.
		return claim{answer: selector.Undetermined, reason: report.SettingsUnknown, option: traefikProvider}
	}
	if !traefikOn(&q.told) {
		return refused(report.IngressesNotServed, traefikProvider, "")
	}
	const option = traefikProvider + ".ingressclass"
	name := q.told.Value(option, "")
	var c claim
	if q.class != "" {
		c = q.ofController(traefikID)
		if certain(c) && name != "" {
			c = is(q.class, name, option)
		}
	} else {
		c = is(q.annotated(), name, option)
		if name == "" {
			c = yesOr(q.annotated() == "" || q.annotated() == "traefik", refused(report.OtherClass, option, "traefik"))
		}
	}
	return both(c, both(q.watched(namespaces{only: []string{traefikProvider + ".namespaces"}}), q.labelled(traefikProvider+".labelselector")))
}

// traefikRefuses: a default backend beside rules is left out (loadConfigurationFromIngresses).
func traefikRefuses(*asked) claim { return served() }

func traefikExternalName(q *asked) claim {
	const option = traefikProvider + ".allowexternalnameservices"
	if c := q.hidden(option); c != nil {
		return *c
	}
	if q.pod == nil {
		return undecided("")
	}
	return yesOr(q.told.True(option), refused(report.ExternalNameRefused, option, ""))
}

// traefikNativeLB: with nativelb, on the Service or for all, Traefik connects to the
// Service's address.
func traefikNativeLB(q *asked, s *snapshot.Service) claim {
	v, ok := s.Annotations["traefik.ingress.kubernetes.io/service.nativelb"]
	if !ok {
		v = q.told.Value(traefikProvider+".nativelbbydefault", "")
	}
	return yesOr(settings.IsTrue(v), refused("", "", ""))
}

// traefikTLS: spec.tls only loads certificates; a router has TLS by its annotation, or by
// an entry point that has http.tls.
func traefikTLS(q *asked) tlsHosts {
	var out tlsHosts
	for _, suffix := range []string{"tls", "tls.certresolver", "tls.options"} {
		key := traefikRouter + suffix
		if v := q.ing.Annotations[key]; v != "" && v != "false" {
			out.add([]string{""}, key)
			return out
		}
	}
	points := map[string]bool{}
	for _, name := range strings.Split(q.ing.Annotations[traefikRouter+"entrypoints"], ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			points[name] = true
		}
	}
	for _, option := range q.told.Names() {
		parts := strings.SplitN(option, ".", 4)
		if len(parts) < 4 || parts[0] != "entrypoints" || parts[2] != "http" || !strings.HasPrefix(parts[3], "tls") {
			continue
		}
		if parts[3] == "tls" && !q.told.True(option) || len(points) > 0 && !points[parts[1]] {
			continue
		}
		out.add([]string{""}, "entrypoints."+parts[1]+".http.tls")
		return out
	}
	return out
}

// traefikNoEndpoints: with allowEmptyServices, a Service without endpoints has a
// router, and clients see 503.
func traefikNoEndpoints(q *asked) string {
	if q.told.True(traefikProvider + ".allowemptyservices") {
		return "503"
	}
	return "404"
}
