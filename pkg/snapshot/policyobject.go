package snapshot

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// PolicyObject is a policy of another kind than NetworkPolicy, as it stands: what its
// fields mean is for the dialect of its API, which leaves open what it does not know.
type PolicyObject struct {
	Group, Kind string
	Name
	// Labels of objects that others select by them.
	Labels map[string]string
	// Spec is the object's spec as JSON decodes it.
	Spec   map[string]any
	Origin Origin
}

// Resource is that of the object's kind.
func (o *PolicyObject) Resource() Resource {
	if k := kinds.Named(o.Group, o.Kind); k != nil {
		return k.Resource
	}
	return ""
}

// PolicyObjects returns the policies of other kinds than NetworkPolicy whose specs were
// read, in the order of the table of kinds.
func (s *Snapshot) PolicyObjects() []*PolicyObject {
	var out []*PolicyObject
	for _, k := range kinds.Evaluated() {
		out = append(out, Of[*PolicyObject](s, k.Resource)...)
	}
	return out
}

// SelectsNodes tells whether some policy has a clause that selects nodes by labels.
func (s *Snapshot) SelectsNodes() bool {
	return slices.ContainsFunc(s.PolicyObjects(), func(o *PolicyObject) bool { return hasField(o.Spec, "nodes") })
}

func hasField(value any, name string) bool {
	switch v := value.(type) {
	case map[string]any:
		for k, field := range v {
			if k == name && field != nil || hasField(field, name) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return hasField(item, name) })
	}
	return false
}

// Renamed is the object with every name in it replaced. Of texts that its API has no
// selector, number or word of its own in, nothing stays.
func (o *PolicyObject) Renamed(n Renamer) Object {
	out := &PolicyObject{Group: o.Group, Kind: o.Kind, Name: n.Names("policy", o.Name), Labels: n.Labels(o.Labels)}
	out.Spec, _ = renamed(n, "spec", o.Spec).(map[string]any)
	return out
}

// renamed is a field of a spec.
func renamed(n Renamer, key string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		if key == "matchLabels" {
			return renamedLabels(n, v)
		}
		out := make(map[string]any, len(v))
		for k, field := range v {
			if k == "name" {
				continue // of a rule, for people
			}
			out[k] = renamed(n, k, field)
		}
		if of, ok := v["key"].(string); ok && key == "matchExpressions" {
			out["key"], out["values"] = of, renamedValues(n, of, v["values"])
			if v["values"] == nil {
				delete(out, "values")
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = renamed(n, key, v[i])
		}
		return out
	case string:
		return renamedText(n, key, v)
	default:
		return v
	}
}

func renamedLabels(n Renamer, in map[string]any) map[string]any {
	out := make(map[string]any, len(in))
	for k, v := range in {
		if text, ok := v.(string); ok {
			out[k] = n.Labels(map[string]string{k: text})[k]
		}
	}
	return out
}

func renamedValues(n Renamer, key string, values any) any {
	list, _ := values.([]any)
	out := make([]any, 0, len(list))
	for _, v := range list {
		if text, ok := v.(string); ok {
			out = append(out, n.Labels(map[string]string{key: text})[key])
		}
	}
	return out
}

// renamedText keeps the words of an API, addresses and names of ports, as those of
// NetworkPolicies are kept.
func renamedText(n Renamer, key, text string) string {
	switch key {
	case "action", "tier", "protocol", "networks", "operator", "destinationNamedPort", "namedPort":
		return text
	case "domainNames":
		return n.Host(text)
	default:
		return n.Object("text", text)
	}
}
