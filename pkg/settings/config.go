package settings

import (
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// isConfigKey reports whether an entry of controllers' ConfigMaps says how doors are
// served, with a plain value: those of ingress-nginx, F5 and AGIC.
func isConfigKey(key string) bool {
	switch key {
	case "service-upstream", "ssl-redirect", "resolver-addresses", "INGRESS_CLASS", "INGRESS_CLASS_RESOURCE_NAME",
		"INGRESS_CLASS_RESOURCE_ENABLED", "INGRESS_CLASS_RESOURCE_DEFAULT", "INGRESS_CLASS_RESOURCE_CONTROLLER",
		"KUBERNETES_WATCHNAMESPACE":
		return true
	default:
		return isList(key) || isURL(key)
	}
}

// isList: lists of addresses by which ingress-nginx and HAProxy's controllers turn clients
// away from all their doors.
func isList(key string) bool {
	switch key {
	case "allowlist-source-range", "whitelist-source-range", "denylist-source-range", "block-cidrs", "allow-list", "whitelist", "deny-list", "blacklist",
		"allowlist-source-header":
		return true
	default:
		return false
	}
}

// isURL: whom such a controller asks before each request, or where it sends all of them.
func isURL(key string) bool {
	return key == "global-auth-url" || key == "auth-url" || key == "redirect-to"
}

// KeptConfig keeps of a controller's ConfigMap what says how doors are served: known
// entries, TCP and UDP services by port, and of files in YAML the options that
// [Flatten] makes of them.
func KeptConfig(data map[string]string) map[string]string {
	return RenameConfig(data, Renaming{same, same, same, same})
}

func same(text string) string { return text }

// Renaming are the other names of namespaces and Services, and of what stands in a
// selector of labels and in a URL.
type Renaming struct{ Namespace, Service, Selector, URL func(string) string }

// RenameConfig is [KeptConfig] with other names.
func RenameConfig(data map[string]string, to Renaming) map[string]string {
	out := map[string]string{}
	for key, value := range data {
		switch {
		case isURL(key):
			out[key] = to.URL(value)
		case isConfigKey(key):
			if Names(key) == Namespaces {
				value = to.Namespace(value)
			}
			out[key] = value
		case isPort(key):
			out[key] = renameStream(value, to.Namespace, to.Service)
		case strings.HasSuffix(key, ".yaml"), strings.HasSuffix(key, ".yml"), key == "mesh":
			if text := keptFile(value, to.Namespace, to.Selector); text != "" {
				out[key] = text
			}
		case strings.HasSuffix(key, ".toml"):
			out[key] = "" // that there is one makes the options unknown
		}
	}
	return out
}

func isPort(key string) bool {
	n, err := strconv.ParseUint(key, 10, 16)
	return err == nil && n > 0
}

// renameStream renames NAMESPACE/SERVICE:PORT[:…].
func renameStream(value string, namespace, service func(string) string) string {
	ns, rest, ok := strings.Cut(value, "/")
	if !ok {
		return value
	}
	name, port, _ := strings.Cut(rest, ":")
	return namespace(ns) + "/" + service(name) + ":" + port
}

func keptFile(text string, namespace, selector func(string) string) string {
	lower := strings.ToLower(text)
	if !slices.ContainsFunc([]string{"providers", "entrypoints", "enableexternalnameservice", "ingressc"}, func(word string) bool { return strings.Contains(lower, word) }) {
		return ""
	}
	flat, err := Flatten(text)
	if err != nil {
		return text[:min(len(text), 1)] + ": [" // is no YAML, and stays none
	}
	root := map[string]any{}
	for option, values := range flat {
		if !Kept(option) && !keptInFile(option) {
			continue
		}
		list := make([]any, len(values))
		for i, v := range values {
			switch Names(option) {
			case Namespaces:
				v = namespace(v)
			case Labels:
				v = selector(v)
			case Objects, Nothing:
			}
			list[i] = v
		}
		at := root
		parts := strings.Split(option, ".")
		for _, p := range parts[:len(parts)-1] {
			next, ok := at[p].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[p] = next
			}
			at = next
		}
		if len(list) == 1 {
			at[parts[len(parts)-1]] = list[0]
		} else {
			at[parts[len(parts)-1]] = list
		}
	}
	if len(root) == 0 {
		return ""
	}
	out, err := yaml.Marshal(root)
	if err != nil {
		return ""
	}
	return string(out)
}

// keptInFile reports whether an option is kept that only files have.
func keptInFile(option string) bool {
	switch option {
	case "enableexternalnameservice", "ingressclass", "ingresscontrollermode", "ingress-status-address":
		return true
	default:
		return false
	}
}
