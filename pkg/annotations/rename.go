package annotations

import (
	"encoding/json"
	"maps"
	"strings"
)

// Renamed are annotations with other names of Services in their values; of values that
// are private, only that there is one is left.
func Renamed(old map[string]string, service func(string) string) map[string]string {
	out := maps.Clone(old)
	for key, value := range out {
		switch Of(key) {
		case ServiceName:
			out[key] = service(value)
		case Presence:
			out[key] = "yes"
		case Actions:
			out[key] = renameActions(value, service)
		case Plain, Unkept:
		}
	}
	return out
}

// renameActions replaces the Services in an action of a load balancer. What is no
// JSON is left out.
func renameActions(text string, service func(string) string) string {
	var action any
	if json.Unmarshal([]byte(text), &action) != nil {
		return ""
	}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			for key, field := range v {
				name, isText := field.(string)
				switch {
				case isText && strings.EqualFold(key, "serviceName"):
					v[key] = service(name)
				case isText && !keptAction(strings.ToLower(key)):
					v[key] = ""
				default:
					walk(field)
				}
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(action)
	out, err := json.Marshal(action)
	if err != nil {
		return ""
	}
	return string(out)
}

// keptAction reports whether a text of an action names nothing.
func keptAction(key string) bool {
	switch key {
	case "type", "serviceport", "statuscode", "protocol", "port", "contenttype":
		return true
	default:
		return false
	}
}
