package anonymous

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/annotations"
)

// Annotations are those that were kept, with the names in their values replaced.
func (n *Names) Annotations(old map[string]string) map[string]string {
	if old == nil {
		return nil
	}
	out := make(map[string]string, len(old))
	for key, value := range old {
		switch {
		case annotations.Of(key) != annotations.Unkept:
		case key == "traefik.ingress.kubernetes.io/router.middlewares":
			out[key] = n.middlewares(value)
		case key == "konghq.com/plugins":
			out[key] = n.plugins(value)
		default:
			out[key] = n.settings(value)
		}
	}
	for key, value := range annotations.Renamed(old, func(service string) string { return n.Object("Service", service) }) {
		if annotations.Of(key) != annotations.Unkept {
			out[key] = value
		}
	}
	return out
}

// middlewares are names of Traefik's, NAMESPACE-NAME@PROVIDER, parted by commas. Where the
// dash is that parts them, the names that there are tell.
func (n *Names) middlewares(old string) string {
	var out []string
	for _, item := range strings.FieldsFunc(old, func(r rune) bool { return r == ',' || r == ' ' }) {
		bare, provider, at := strings.Cut(item, "@")
		made := ""
		for i := range len(bare) {
			if bare[i] != '-' || n.collecting {
				continue
			}
			namespace, name := bare[:i], bare[i+1:]
			_, known := n.kinds["middleware"][name]
			_, home := n.kinds["ns"][namespace]
			if known && home {
				made = n.Namespace(namespace) + "-" + n.Object("Middleware", name)
			}
		}
		if made == "" && !n.collecting {
			made = n.name("v", bare)
		}
		if at {
			made += "@" + provider
		}
		out = append(out, made)
	}
	return strings.Join(out, ",")
}

// plugins are names of Kong's, NAME or NAMESPACE:NAME, parted by commas: of KongPlugins, or
// of KongClusterPlugins where there are none of that name.
func (n *Names) plugins(old string) string {
	var out []string
	for _, item := range strings.FieldsFunc(old, func(r rune) bool { return r == ',' || r == ' ' }) {
		namespace, name, elsewhere := strings.Cut(item, ":")
		if !elsewhere {
			namespace, name = "", item
		}
		kind := "KongPlugin"
		if _, own := n.kinds["kongplugin"][name]; !own {
			if _, known := n.kinds["kongclusterplugin"][name]; known {
				kind = "KongClusterPlugin"
			}
		}
		made := n.Object(kind, name)
		if elsewhere {
			made = n.Namespace(namespace) + ":" + made
		}
		out = append(out, made)
	}
	return strings.Join(out, ", ")
}

// settings is the value of an annotation: addresses, numbers and words of the API stay
// what they were, host names and other names become what they are elsewhere.
func (n *Names) settings(old string) string {
	if strings.ContainsAny(old, ";{}\n$") { // a piece of a configuration: only that there is one, and what it may do
		var words []string
		for _, word := range []string{"allow", "deny", "return"} {
			if strings.Contains(old, word+" ") {
				words = append(words, word+" "+n.name("v", old)+";")
			}
		}
		if len(words) == 0 {
			return n.name("v", old) + ";"
		}
		return strings.Join(words, " ")
	}
	var out strings.Builder
	for len(old) > 0 {
		end := strings.IndexAny(old, ", \t")
		if end < 0 {
			end = len(old)
		}
		out.WriteString(n.setting(old[:end]))
		old = old[end:]
		rest := strings.TrimLeft(old, ", \t")
		out.WriteString(old[:len(old)-len(rest)])
		old = rest
	}
	return out.String()
}

func (n *Names) setting(old string) string {
	bare := strings.TrimPrefix(old, "!")
	for _, prefix := range []string{"ip:", "cidr:"} {
		bare = strings.TrimPrefix(bare, prefix)
	}
	if _, err := netip.ParseAddr(bare); err == nil || bare == "" {
		return old
	}
	if _, err := netip.ParsePrefix(bare); err == nil || slices.Contains(settingWords(), strings.ToLower(bare)) {
		return old
	}
	if u, err := url.Parse(old); err == nil && u.Host != "" {
		host := n.Host(u.Hostname())
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		return u.Scheme + "://" + host + n.Path(u.Path)
	}
	return n.name("v", old)
}

// settingWords are values that say something by themselves.
func settingWords() []string {
	return []string{
		"true", "false", "yes", "no", "on", "off", "any", "all", "basic", "digest", "black", "white", "public", "private", "internal", "external",
		"internet", "intranet", "internet-facing", "nlb", "nlb-ip", "web", "websecure", "0", "1",
	}
}
