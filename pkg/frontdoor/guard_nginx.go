package frontdoor

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const (
	nginxPrefix = "nginx.ingress.kubernetes.io/"
	// What an annotation does not say, the controller's ConfigMap may say for all.
	nginxConfigDocs = "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/"
	nginxDocs       = "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/"
)

// nginxGuards are those that ingress-nginx reads from annotations of the Ingress: lists of
// addresses (internal/ingress/annotations/ipallowlist, ipdenylist), the service that it asks
// (authreq), redirects that it answers (redirect), and snippets, which may hold anything.
func nginxGuards(q *asked) []guard.Guard {
	m, ing := q.f.m, q.ing
	o := guard.ObjectOf("Ingress", ing.Name)
	at := func(name string) (guard.Guard, string, bool) {
		value, ok := ing.Annotations[nginxPrefix+name]
		return guard.Annotation(o, nginxPrefix+name, value, nginxDocs+"#"+name), value, ok && strings.TrimSpace(value) != ""
	}
	var lists, out []guard.Guard
	all := common{q: q, option: "configmap", docs: nginxConfigDocs}
	for _, list := range []struct {
		names  []string // the newer name is the one that counts, where both are there
		common string
		deny   bool
	}{
		{[]string{"allowlist-source-range", "whitelist-source-range"}, "whitelist-source-range", false},
		{[]string{"denylist-source-range"}, "denylist-source-range", true},
	} {
		var g guard.Guard
		var value string
		ok := false
		for _, name := range list.names {
			if g, value, ok = at(name); ok {
				break
			}
		}
		if !ok {
			g, value, ok = all.at(list.common)
		}
		switch {
		case ok && list.deny:
			out = append(out, controllerList(g, value, true))
		case ok:
			lists = append(lists, controllerList(g, value, false))
		}
	}
	if g, value, ok := all.at("block-cidrs"); ok {
		out = append(out, controllerList(g, value, true))
	}
	if g, unread := all.unread(); unread {
		out = append(out, g)
	}
	for _, name := range []string{"server-snippet", "configuration-snippet", "auth-snippet"} {
		if g, value, ok := at(name); ok && decides(value) {
			out = append(out, g.Unknown(report.DoubtNotEvaluated))
		}
	}
	// A redirect is written before all else that the location says.
	for _, name := range []string{"permanent-redirect", "temporal-redirect"} {
		if g, _, ok := at(name); ok {
			g.Effect = report.GuardAnswers
			return append(append(lists, out...), g)
		}
	}
	g, target, asks := at("auth-url")
	home := ing.Namespace
	if !asks && ing.Annotations[nginxPrefix+"enable-global-auth"] != "false" {
		home = ""
		g, target, asks = all.at("global-auth-url")
	}
	basic := ing.Annotations[nginxPrefix+"auth-type"] != ""
	if satisfy := ing.Annotations[nginxPrefix+"satisfy"]; satisfy == "any" && len(lists) > 0 && (asks || basic) {
		// "satisfy: any": an address on the list, or authentication, will do.
		for i := range lists {
			lists[i].Value += "; satisfy: any"
			lists[i] = lists[i].Unknown(report.DoubtNotEvaluated)
		}
		return append(lists, out...)
	}
	out = append(lists, out...)
	if asks {
		g.ClientSees = "500" // ngx_http_auth_request_module: what is neither 2xx, 401 nor 403 is an error
		out = append(out, asking(m, g, target, home))
	}
	return out
}

// controllerList is a list of addresses that a controller holds requests against.
func controllerList(g guard.Guard, value string, deny bool) guard.Guard {
	g.Controller, g.ClientSees = true, "403"
	list, ok := guard.CIDRs(value)
	switch {
	case !ok:
		return g.Unknown(report.DoubtInvalid)
	case deny:
		return g.Ranges(nil, list)
	default:
		return g.Ranges(list, nil)
	}
}

// decides tells whether a piece of nginx's configuration may keep clients out, or answer
// them: by access rules, an answer of its own, or a question to somebody else.
func decides(snippet string) bool {
	return directive().MatchString(snippet)
}

func directive() *regexp.Regexp {
	return regexp.MustCompile(`(?m)(^|[;{}]|\s)(allow|deny|return|auth_request|auth_basic|error_page|rewrite|proxy_pass|satisfy|include|access_by_lua\w*|content_by_lua\w*)\s`)
}

// asking is a guard whose controller asks the service at a URL before it passes a request on. A
// name within the cluster is a Service's; what is outside, the cluster's API does not describe.
func asking(m *model.Model, g guard.Guard, target, home string) guard.Guard {
	u, err := url.Parse(strings.TrimSpace(target))
	if err != nil || u.Host == "" && u.Scheme == "" {
		return g.Unknown(report.DoubtInvalid)
	}
	name, ok := serviceHost(u.Hostname(), home)
	if !ok {
		if strings.Contains(target, "$") {
			return g.Unknown(report.DoubtNotEvaluated) // a variable of nginx: which host it is depends on the request
		}
		g.Effect, g.AskedOutside = report.GuardAsks, u.Hostname()
		if a, err := netip.ParseAddr(u.Hostname()); err == nil {
			g.Asked, _ = m.Destinations(reference.Reference{Form: reference.FormAddress, Prefix: netip.PrefixFrom(a, a.BitLen()), Port: portOf(u)})
			g.AskedOutside = ""
		}
		return g
	}
	return g.AsksService(m, name, portOf(u))
}

// portOf is the port of a URL, by its scheme where it has none of its own.
func portOf(u *url.URL) reference.Port {
	number := uint16(80)
	if u.Scheme == "https" || u.Scheme == "grpcs" {
		number = 443
	}
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		number = uint16(n)
	}
	return reference.Port{Number: number, Protocol: connset.TCP}
}

// serviceHost is the Service that a host name within the cluster means: NAME.NAMESPACE.svc, with
// the cluster's domain or without. Home is the namespace for a bare name; "" where bare
// names have no meaning.
func serviceHost(host, home string) (snapshot.Name, bool) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	switch {
	case len(parts) >= 3 && parts[2] == "svc":
		return snapshot.Name{Namespace: parts[1], Name: parts[0]}, true
	case len(parts) == 1 && home != "" && parts[0] != "" && !strings.Contains(parts[0], "$"):
		return snapshot.Name{Namespace: home, Name: parts[0]}, true
	default:
		return snapshot.Name{}, false
	}
}

// AskedBy are the Services that the controller of an Ingress asks before its backends.
func AskedBy(ing *snapshot.Ingress) []snapshot.Name {
	var out []snapshot.Name
	for _, prefix := range []string{nginxPrefix, haproxyIngressPrefix, oldIngressPrefix} {
		value := strings.TrimSpace(ing.Annotations[prefix+"auth-url"])
		if u, err := url.Parse(value); err == nil && value != "" {
			if name, ok := askedService(u, ing.Namespace); ok {
				out = append(out, name)
			}
		}
	}
	return out
}

func askedService(u *url.URL, home string) (snapshot.Name, bool) {
	if u.Scheme == "svc" {
		return svcURL(u, home)
	}
	return serviceHost(u.Hostname(), home)
}
