package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// Flatten turns a configuration file in YAML into options:
//
//	providers: {kubernetesIngress: {namespaces: [a, b]}}
//
// is providers.kubernetesingress.namespaces with the values a and b. An empty mapping
// is a flag that is on. The error says that the text is no YAML.
func Flatten(text string) (map[string][]string, error) {
	var root any
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		return nil, fmt.Errorf("is no YAML: %w", err)
	}
	out := map[string][]string{}
	flatten(out, "", root)
	return out, nil
}

func flatten(out map[string][]string, at string, value any) {
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 && at != "" {
			out[at] = append(out[at], "true")
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			name := strings.ToLower(key)
			if at != "" {
				name = at + "." + name
			}
			flatten(out, name, v[key])
		}
	case []any:
		for _, item := range v {
			flatten(out, at, item)
		}
	case nil:
		if at != "" {
			out[at] = append(out[at], "true")
		}
	default:
		if at != "" {
			out[at] = append(out[at], fmt.Sprint(v))
		}
	}
}
