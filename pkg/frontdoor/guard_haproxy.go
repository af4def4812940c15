package frontdoor

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// haproxyTechGuards are those that HAProxy Technologies' controller reads (haproxytech/
// kubernetes-ingress documentation/annotations.md: allow-list, deny-list, and their former
// names; request-redirect). A value that begins with patterns/ is a file of addresses.
func haproxyTechGuards(q *asked) []guard.Guard {
	ing := q.ing
	const (
		prefix = "haproxy.org/"
		docs   = "https://www.haproxy.com/documentation/kubernetes-ingress/community/configuration-reference/ingress/"
	)
	o := guard.ObjectOf("Ingress", ing.Name)
	// Each may stand in the ConfigMap of --configmap for all Ingresses.
	all := common{q: q, option: "configmap", docs: docs}
	var out []guard.Guard
	for _, list := range []struct {
		names []string
		deny  bool
	}{{[]string{"allow-list", "whitelist"}, false}, {[]string{"deny-list", "blacklist"}, true}} {
		var g guard.Guard
		var value string
		found := false
		for _, name := range list.names {
			if value = ing.Annotations[prefix+name]; strings.TrimSpace(value) != "" {
				g, found = guard.Annotation(o, prefix+name, value, docs), true
				break
			}
		}
		if !found {
			g, value, found = all.at(list.names...)
		}
		switch {
		case !found:
		case strings.HasPrefix(value, "patterns/"):
			out = append(out, g.Unknown(report.DoubtNotEvaluated))
		default:
			out = append(out, controllerList(g, value, list.deny))
		}
	}
	if g, unread := all.unread(); unread {
		out = append(out, g)
	}
	if value := ing.Annotations[prefix+"request-redirect"]; value != "" {
		g := guard.Annotation(o, prefix+"request-redirect", value, docs)
		g.Effect = report.GuardAnswers
		out = append(out, g)
	}
	return out
}

const (
	haproxyIngressPrefix = "haproxy-ingress.github.io/"
	oldIngressPrefix     = "ingress.kubernetes.io/"
)

// haproxyIngressGuards are those that HAProxy Ingress reads, from the Ingress or, before that,
// from the Services behind it (docs/configuration/keys, "Allowlist", "Auth External", "Redirect").
func haproxyIngressGuards(q *asked) []guard.Guard {
	m, ing := q.f.m, q.ing
	const docs = "https://haproxy-ingress.github.io/docs/configuration/keys/"
	o, annotations := guard.ObjectOf("Ingress", ing.Name), ing.Annotations
	// "Global" keys stand in the ConfigMap of --configmap, and annotations overrule them.
	all := common{q: q, option: "configmap", docs: docs}
	find := func(at string, names ...string) (g guard.Guard, value string, ok bool) {
		for _, name := range names {
			for _, prefix := range []string{haproxyIngressPrefix, oldIngressPrefix} {
				if v := strings.TrimSpace(annotations[prefix+name]); v != "" {
					return guard.Annotation(o, prefix+name, v, docs+at), v, true
				}
			}
		}
		g, value, ok = all.at(names...)
		return g, strings.TrimSpace(value), ok
	}
	var out []guard.Guard
	if g, unread := all.unread(); unread {
		out = append(out, g)
	}
	if g, _, ok := find("#redirect", "redirect-to"); ok {
		g.Effect = report.GuardAnswers
		out = append(out, g)
	}
	_, _, header := find("", "allowlist-source-header")
	for _, list := range []struct {
		names []string
		deny  bool
	}{{[]string{"allowlist-source-range", "whitelist-source-range"}, false}, {[]string{"denylist-source-range"}, true}} {
		g, value, ok := find("#allowlist", list.names...)
		if !ok {
			continue
		}
		g = exceptions(g, value, list.deny)
		if header { // the address is one that a header tells
			g = g.Unknown(report.DoubtNotEvaluated)
		}
		out = append(out, g)
	}
	if g, value, ok := find("#auth-external", "auth-url"); ok {
		if u, err := url.Parse(value); err == nil && u.Scheme == "svc" {
			if name, ok := svcURL(u, ing.Namespace); ok {
				port, _ := strconv.ParseUint(u.Port(), 10, 16)
				return append(out, g.AsksService(m, name, reference.Port{Number: uint16(port), Protocol: connset.TCP}))
			}
			return append(out, g.Unknown(report.DoubtInvalid))
		}
		out = append(out, asking(m, g, value, ""))
	}
	return out
}

// exceptions reads a list in which an item with "!" is an exception to the others.
func exceptions(g guard.Guard, value string, deny bool) guard.Guard {
	g.Controller, g.ClientSees = true, "403"
	var plain, negated []string
	for _, item := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
		if rest, ok := strings.CutPrefix(item, "!"); ok {
			negated = append(negated, rest)
		} else {
			plain = append(plain, item)
		}
	}
	list, ok := guard.CIDRList(plain)
	if !ok && len(plain) > 0 {
		return g.Unknown(report.DoubtInvalid)
	}
	var not []netip.Prefix
	if len(negated) > 0 {
		if not, ok = guard.CIDRList(negated); !ok {
			return g.Unknown(report.DoubtInvalid)
		}
	}
	switch {
	case !deny && len(list) == 0:
		return g.Ranges(nil, not)
	case !deny:
		return g.Ranges(list, not)
	case len(not) > 0:
		return g.Unknown(report.DoubtNotEvaluated)
	default:
		return g.Ranges(nil, list)
	}
}

// svcURL is the Service of svc://[NAMESPACE/]NAME[:PORT]/PATH.
func svcURL(u *url.URL, home string) (snapshot.Name, bool) {
	name := snapshot.Name{Namespace: home, Name: u.Hostname()}
	if parts := strings.Split(strings.Trim(u.Path, "/"), "/"); u.Port() == "" && parts[0] != "" {
		// svc://namespace/name: the first part is the host of the URL.
		bare, _, _ := strings.Cut(parts[0], ":")
		name = snapshot.Name{Namespace: u.Hostname(), Name: bare}
	}
	return name, name.Name != ""
}

// f5Guards are those that F5's controller reads: snippets, which may hold anything, and policies
// (docs.nginx.com, "Advanced configuration with annotations").
func f5Guards(q *asked) []guard.Guard {
	ing := q.ing
	const (
		prefix = "nginx.org/"
		docs   = "https://docs.nginx.com/nginx-ingress-controller/configuration/ingress-resources/advanced-configuration-with-annotations/"
	)
	o := guard.ObjectOf("Ingress", ing.Name)
	var out []guard.Guard
	for _, name := range []string{"server-snippets", "location-snippets"} {
		if value := ing.Annotations[prefix+name]; decides(value) {
			out = append(out, guard.Annotation(o, prefix+name, value, docs).Unknown(report.DoubtNotEvaluated))
		}
	}
	if value := ing.Annotations[prefix+"policies"]; value != "" {
		out = append(out, guard.Annotation(o, prefix+"policies", value, docs).Unknown(report.DoubtNotEvaluated))
	}
	return out
}
