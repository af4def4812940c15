package reference

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"
)

// labels reads [NAMESPACE/]KEY=VALUE[,KEY=VALUE...][:PORT[/PROTOCOL]]. No key or value can hold a colon. As in a label
// selector, == is the same as =, and blanks around keys and values do not count.
func (t typed) labels(namespace string) (Reference, error) {
	list, portText, hasPort := strings.Cut(string(t), ":")
	if home, rest, ok := cutNamespace(list); ok {
		namespace, list = home, rest
	}
	port, err := t.port(portText, hasPort)
	if err != nil {
		return Reference{}, err
	}
	labels := map[string]string{}
	for _, pair := range strings.Split(list, ",") {
		key, value, ok := strings.Cut(pair, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(strings.TrimPrefix(value, "="))
		switch before, twice := labels[key]; {
		case !ok:
			return Reference{}, t.wrong(fmt.Sprintf("%s in %s is not KEY=VALUE", quote(pair), t.quoted()),
				"write labels as app=frontend,tier=web")
		case strings.HasSuffix(key, "!"):
			return Reference{}, t.wrong(fmt.Sprintf("%s in %s describes no pod", quote(pair), t.quoted()),
				"only KEY=VALUE says which labels a pod has")
		case len(content.IsLabelKey(key)) > 0:
			return Reference{}, t.wrong(fmt.Sprintf("%s in %s is not a label key", quote(key), t.quoted()),
				"a key is at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends, after an optional DOMAIN/")
		case len(content.IsLabelValue(value)) > 0:
			return Reference{}, t.wrong(fmt.Sprintf("%s in %s is not a label value", quote(value), t.quoted()),
				"a value is empty or at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends")
		case twice && before != value:
			return Reference{}, t.wrong(fmt.Sprintf("label %s has two values in %s", quote(key), t.quoted()),
				"a pod has one value for each key")
		}
		labels[key] = value
	}
	return Reference{Form: FormLabels, Namespace: namespace, Labels: labels, Port: port}, nil
}

// cutNamespace takes the namespace off the first key. What stands before a key's own slash is a domain, and what has no
// dot is taken for a namespace: a key whose prefix has none is written with its namespace, as bank/PREFIX/KEY=VALUE.
func cutNamespace(list string) (namespace, rest string, ok bool) {
	first, _, _ := strings.Cut(list, "=")
	namespace, key, ok := strings.Cut(strings.TrimSpace(first), "/")
	if !ok || strings.Contains(namespace, ".") || !isLabel(namespace) || key == "" {
		return "", list, false
	}
	_, rest, _ = strings.Cut(list, "/")
	return namespace, rest, true
}
