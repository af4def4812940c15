package frontdoor

import (
	"net/url"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const (
	traefikMiddlewares = "traefik.ingress.kubernetes.io/router.middlewares"
	traefikDocs        = "https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/ipallowlist/"
)

// traefikGuards are the middlewares that an Ingress names: NAMESPACE-NAME@kubernetescrd, parted
// by commas; those of other providers are not in the API.
func traefikGuards(q *asked) []guard.Guard {
	m, ing := q.f.m, q.ing
	value, ok := ing.Annotations[traefikMiddlewares]
	if !ok {
		return nil
	}
	o := guard.ObjectOf("Ingress", ing.Name)
	var out []guard.Guard
	for _, item := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
		bare, provider, _ := strings.Cut(item, "@")
		if provider != "kubernetescrd" {
			out = append(out, guard.Annotation(o, traefikMiddlewares, item, traefikDocs).Unknown(report.DoubtElsewhere))
			continue
		}
		name, known := middlewareNamed(m.Snapshot, bare, ing.Namespace)
		if !known {
			out = append(out, guard.Annotation(o, traefikMiddlewares, item, traefikDocs).Unknown(report.DoubtMissing))
			continue
		}
		out = append(out, middleware(m, name, guard.Annotation(o, traefikMiddlewares, item, traefikDocs), 0)...)
	}
	return out
}

// middlewareNamed is the name in NAMESPACE-NAME: both may have dashes, so that of the Ingress's own
// namespace is tried first, and then those of the namespaces that are known.
func middlewareNamed(s *snapshot.Snapshot, text, home string) (snapshot.Name, bool) {
	if bare, ok := strings.CutPrefix(text, home+"-"); ok {
		return snapshot.Name{Namespace: home, Name: bare}, true
	}
	for _, ns := range s.Namespaces() {
		if bare, ok := strings.CutPrefix(text, ns.Name+"-"); ok {
			return snapshot.Name{Namespace: ns.Name, Name: bare}, true
		}
	}
	return snapshot.Name{}, false
}

// MiddlewareNeeds are the reads of the middlewares that an Ingress names.
func MiddlewareNeeds(s *snapshot.Snapshot, ing *snapshot.Ingress) []snapshot.Need {
	var refs []snapshot.NamedElsewhere
	for _, item := range strings.FieldsFunc(ing.Annotations[traefikMiddlewares], func(r rune) bool { return r == ',' || r == ' ' }) {
		if bare, provider, _ := strings.Cut(item, "@"); provider == "kubernetescrd" {
			if name, ok := middlewareNamed(s, bare, ing.Namespace); ok {
				refs = append(refs, snapshot.NamedElsewhere{Namespace: name.Namespace, Name: name.Name})
			}
		}
	}
	return middlewareNeeds(s, refs, ing.Namespace)
}

// middlewareNeeds are the reads of middlewares, and of those that they chain.
func middlewareNeeds(s *snapshot.Snapshot, refs []snapshot.NamedElsewhere, home string) []snapshot.Need {
	var out []snapshot.Need
	for _, r := range refs {
		name := elsewhere(r, home)
		out = append(out, snapshot.Need{Resource: snapshot.Middlewares, Namespace: name.Namespace, Name: name.Name})
		if w := snapshot.One[*snapshot.Middleware](s, snapshot.Middlewares, name); w != nil && w.Spec.Chain != nil && len(out) < 100 {
			for _, next := range w.Spec.Chain.Middlewares {
				n := elsewhere(next, name.Namespace)
				out = append(out, snapshot.Need{Resource: snapshot.Middlewares, Namespace: n.Namespace, Name: n.Name})
			}
		}
	}
	return out
}

func elsewhere(r snapshot.NamedElsewhere, home string) snapshot.Name {
	if r.Namespace == "" {
		r.Namespace = home
	}
	return snapshot.Name{Namespace: r.Namespace, Name: r.Name}
}

// middlewareGuards are those of the middlewares that a rule of an IngressRoute names.
func middlewareGuards(m *model.Model, refs []snapshot.NamedElsewhere, home string, by report.Object, at string) []guard.Guard {
	var out []guard.Guard
	for _, r := range refs {
		name := elsewhere(r, home)
		out = append(out, middleware(m, name, guard.Field(by, at, name.String(), traefikDocs), 0)...)
	}
	return out
}

// middleware is what a middleware of Traefik does; named is the guard that names it.
func middleware(m *model.Model, name snapshot.Name, named guard.Guard, depth int) []guard.Guard {
	w := snapshot.One[*snapshot.Middleware](m.Snapshot, snapshot.Middlewares, name)
	if w == nil {
		if gap := m.GapFor(snapshot.Need{Resource: snapshot.Middlewares, Namespace: name.Namespace, Name: name.Name}); gap != nil {
			named = named.Unknown(report.DoubtUnread)
			named.Needs = gap.Permission()
			return []guard.Guard{named}
		}
		return []guard.Guard{named.Unknown(report.DoubtMissing)}
	}
	o := guard.ObjectOf("Middleware", name)
	var out []guard.Guard
	for _, list := range []struct {
		name string
		list *snapshot.IPAllowList
	}{{"spec.ipAllowList", w.Spec.IPAllowList}, {"spec.ipWhiteList", w.Spec.IPWhiteList}} {
		if list.list == nil {
			continue
		}
		text := strings.Join(list.list.SourceRange, ", ")
		g := guard.Field(o, list.name+".sourceRange", text, traefikDocs)
		if list.list.IPStrategy != nil {
			out = append(out, g.Unknown(report.DoubtNotEvaluated)) // the address is one that a header tells
			continue
		}
		out = append(out, controllerList(g, text, false))
	}
	if a := w.Spec.ForwardAuth; a != nil {
		g := guard.Field(o, "spec.forwardAuth.address", a.Address, "https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/forwardauth/")
		g.ClientSees = "500"
		out = append(out, asking(m, g, a.Address, "")) // a bare name is one of Traefik's own namespace
	}
	if len(w.Spec.Plugin) > 0 {
		out = append(out, guard.Field(o, "spec.plugin", "", traefikDocs).Unknown(report.DoubtNotEvaluated))
	}
	if c := w.Spec.Chain; c != nil {
		for _, next := range c.Middlewares {
			const deepest = 4
			if depth < deepest {
				out = append(out, middleware(m, elsewhere(next, name.Namespace), guard.Field(o, "spec.chain.middlewares", next.Name, traefikDocs), depth+1)...)
			}
		}
	}
	return out
}

// AskedByMiddlewares are the Services that Traefik asks for the middlewares.
func AskedByMiddlewares(s *snapshot.Snapshot, needs []snapshot.Need) []snapshot.Name {
	var out []snapshot.Name
	for _, n := range needs {
		w := snapshot.One[*snapshot.Middleware](s, snapshot.Middlewares, snapshot.Name{Namespace: n.Namespace, Name: n.Name})
		if w == nil || w.Spec.ForwardAuth == nil {
			continue
		}
		if u, err := url.Parse(w.Spec.ForwardAuth.Address); err == nil {
			if name, ok := serviceHost(u.Hostname(), ""); ok {
				out = append(out, name)
			}
		}
	}
	return out
}
