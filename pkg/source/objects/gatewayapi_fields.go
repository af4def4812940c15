package objects

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// The kinds of the Gateway API as objects again; the opposite of gatewayapi.go. Fields
// that are empty are left out, which means the same.

func specAndStatus(spec, status map[string]any) map[string]any {
	out := map[string]any{}
	if len(spec) > 0 {
		out["spec"] = spec
	}
	if len(status) > 0 {
		out["status"] = status
	}
	return out
}

func classFields(o *snapshot.GatewayClass) map[string]any {
	return specAndStatus(map[string]any{"controllerName": o.Controller}, nil)
}

// set sets a field unless it is empty.
func set[T comparable](fields map[string]any, key string, value T) {
	var zero T
	if value != zero {
		fields[key] = value
	}
}

func setList(fields map[string]any, key string, list []any) {
	if len(list) > 0 {
		fields[key] = list
	}
}

func gatewayFields(o *snapshot.Gateway) map[string]any {
	var listeners, addresses []any
	for _, l := range o.Listeners {
		listener := map[string]any{}
		set(listener, "name", l.Name)
		set(listener, "hostname", l.Hostname)
		set(listener, "port", l.Port)
		set(listener, "protocol", l.Protocol)
		if l.TLS && l.Protocol != "HTTPS" && l.Protocol != "TLS" {
			listener["tls"] = map[string]any{}
		}
		allowed := map[string]any{}
		if l.Selector != "" { // else the field was absent, and From is its default
			from := map[string]any{"from": l.From}
			if l.Selector != noSelector {
				parsed, err := metav1.ParseToLabelSelector(l.Selector)
				if err != nil {
					// A selector that no API server would take was read as its error.
					parsed = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "invalid", Operator: "invalid"}}}
				}
				from["selector"] = parsed
			}
			allowed["namespaces"] = from
		}
		var kinds []any
		for _, k := range l.Kinds {
			kinds = append(kinds, map[string]any{"kind": k})
		}
		setList(allowed, "kinds", kinds)
		if len(allowed) > 0 {
			listener["allowedRoutes"] = allowed
		}
		listeners = append(listeners, listener)
	}
	for _, a := range o.Addresses {
		addresses = append(addresses, map[string]any{"value": a})
	}
	spec, status := map[string]any{}, map[string]any{}
	set(spec, "gatewayClassName", o.Class)
	setList(spec, "listeners", listeners)
	setList(status, "addresses", addresses)
	return specAndStatus(spec, status)
}

// noSelector is how FormatLabelSelector writes an absent or empty selector.
const noSelector = "<none>"

func routeFields(o *snapshot.Route) map[string]any {
	var parents, hostnames, rules []any
	for _, p := range o.Parents {
		parents = append(parents, parentRef(p, o.Namespace))
	}
	for _, h := range o.Hostnames {
		hostnames = append(hostnames, h)
	}
	for _, rule := range o.Rules {
		rules = append(rules, routeRule(rule, o.Namespace))
	}
	spec, status := map[string]any{}, map[string]any{}
	setList(spec, "parentRefs", parents)
	setList(spec, "hostnames", hostnames)
	setList(spec, "rules", rules)
	setList(status, "parents", parentStatus(o))
	return specAndStatus(spec, status)
}

func parentRef(p snapshot.RouteParent, home string) map[string]any {
	out := objectRef(p.Kind, "Gateway", p.Namespace, home, p.Name, p.Port)
	set(out, "sectionName", p.SectionName)
	return out
}

// objectRef refers to an object from a route of namespace home; the kind that is
// usual there, and home itself, go without saying.
func objectRef(kind, usual, namespace, home, name string, port uint16) map[string]any {
	out := map[string]any{}
	bare, group, foreign := strings.Cut(kind, ".")
	if kind != usual {
		out["kind"] = bare
	}
	if foreign {
		out["group"] = group
	}
	if namespace != home {
		set(out, "namespace", namespace)
	}
	set(out, "name", name)
	set(out, "port", port)
	return out
}

func routeRule(rule snapshot.RouteRule, home string) map[string]any {
	var matches, backends []any
	for _, p := range rule.Paths {
		match := map[string]any{}
		if p != (snapshot.RoutePath{}) {
			path := map[string]any{}
			set(path, "type", p.Type)
			set(path, "value", p.Path)
			match["path"] = path
		}
		matches = append(matches, match)
	}
	for _, b := range rule.Backends {
		ref := objectRef(b.Kind, "Service", b.Namespace, home, b.Name, b.Port)
		if b.Weight != 1 {
			ref["weight"] = b.Weight
		}
		backends = append(backends, ref)
	}
	out := map[string]any{}
	setList(out, "matches", matches)
	setList(out, "backendRefs", backends)
	if rule.Answers {
		out["filters"] = []any{map[string]any{"type": "RequestRedirect"}}
	}
	return out
}

// parentStatus says of each parent what its controller said: accepted, or the
// reason why not.
func parentStatus(o *snapshot.Route) []any {
	var out []any
	add := func(key string, accepted bool, message string) {
		parent, ok := snapshot.ParentOf(key)
		if !ok {
			return
		}
		condition := map[string]any{"type": "Accepted", "status": "False"}
		if accepted {
			condition["status"] = "True"
		}
		set(condition, "message", message)
		out = append(out, map[string]any{"parentRef": parentRef(parent, o.Namespace), "conditions": []any{condition}})
	}
	for _, key := range slices.Sorted(maps.Keys(o.Accepted)) {
		if o.Accepted[key] {
			add(key, true, "")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(o.Rejected)) {
		add(key, false, o.Rejected[key])
	}
	return out
}

func grantFields(o *snapshot.ReferenceGrant) map[string]any {
	var from, to []any
	for _, f := range o.From {
		fields := map[string]any{}
		set(fields, "kind", f.Kind)
		set(fields, "namespace", f.Namespace)
		from = append(from, fields)
	}
	for _, t := range o.To {
		fields := map[string]any{}
		set(fields, "kind", t.Kind)
		set(fields, "name", t.Name)
		to = append(to, fields)
	}
	spec := map[string]any{}
	setList(spec, "from", from)
	setList(spec, "to", to)
	return specAndStatus(spec, nil)
}
