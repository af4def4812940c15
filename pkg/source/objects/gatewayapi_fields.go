package objects

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
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

// revised adds the metadata by which a status and the age of an object are known.
func revised(rev snapshot.Revision, out map[string]any) map[string]any {
	metadata := map[string]any{}
	set(metadata, "generation", rev.Generation)
	if !rev.Created.IsZero() {
		metadata["creationTimestamp"] = rev.Created.Format(time.RFC3339)
	}
	setMap(out, "metadata", metadata)
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
	var addresses []any
	for _, a := range o.Addresses {
		addresses = append(addresses, map[string]any{"value": a})
	}
	spec, status := map[string]any{}, map[string]any{}
	set(spec, "gatewayClassName", o.Class)
	setList(spec, "listeners", listenerFields(o.Listeners, o.Namespace))
	setMap(spec, "allowedListeners", allowedFields(o.AllowedListeners))
	setList(status, "addresses", addresses)
	setList(status, "conditions", conditionFields(o.Conditions))
	setList(status, "listeners", listenerStatusFields(o.ListenerStatuses))
	return revised(o.Revision, specAndStatus(spec, status))
}

func listenerSetFields(o *snapshot.ListenerSet) map[string]any {
	spec, status := map[string]any{}, map[string]any{}
	spec["parentRef"] = objectRef("Gateway", "Gateway", o.Gateway.Namespace, o.Namespace, o.Gateway.Name, 0)
	setList(spec, "listeners", listenerFields(o.Listeners, o.Namespace))
	setList(status, "conditions", conditionFields(o.Conditions))
	setList(status, "listeners", listenerStatusFields(o.ListenerStatuses))
	return revised(o.Revision, specAndStatus(spec, status))
}

func listenerFields(listeners []snapshot.Listener, home string) []any {
	var out []any
	for _, l := range listeners {
		listener := map[string]any{}
		set(listener, "name", l.Name)
		set(listener, "hostname", l.Hostname)
		set(listener, "port", l.Port)
		set(listener, "protocol", l.Protocol)
		if l.TLS {
			tls := map[string]any{}
			set(tls, "mode", l.TLSMode)
			var refs []any
			for _, c := range l.Certificates {
				refs = append(refs, objectFields(c, snapshot.GroupKind{Kind: "Secret"}, home))
			}
			setList(tls, "certificateRefs", refs)
			listener["tls"] = tls
		}
		allowed := allowedFields(l.Routes)
		var taken []any
		for _, k := range l.Kinds {
			fields := map[string]any{"kind": k.Kind}
			if k.Group != kinds.GatewayAPI {
				fields["group"] = k.Group
			}
			taken = append(taken, fields)
		}
		setList(allowed, "kinds", taken)
		setMap(listener, "allowedRoutes", allowed)
		out = append(out, listener)
	}
	return out
}

// allowedFields are allowedRoutes or allowedListeners with their namespaces.
func allowedFields(n snapshot.AllowedNamespaces) map[string]any {
	namespaces := map[string]any{}
	set(namespaces, "from", n.From)
	if n.Selector != nil {
		namespaces["selector"] = n.Selector
	}
	out := map[string]any{}
	setMap(out, "namespaces", namespaces)
	return out
}

// objectFields refer to an object from namespace home; the kind that is usual there,
// and home itself, go without saying.
func objectFields(o snapshot.ObjectRef, usual snapshot.GroupKind, home string) map[string]any {
	out := map[string]any{"name": o.Name}
	if o.Group != usual.Group {
		out["group"] = o.Group
	}
	if o.Kind != usual.Kind {
		out["kind"] = o.Kind
	}
	if o.Namespace != home {
		set(out, "namespace", o.Namespace)
	}
	return out
}

func conditionFields(c snapshot.Conditions) []any {
	var out []any
	for _, kind := range slices.Sorted(maps.Keys(c)) {
		fields := map[string]any{"type": kind}
		set(fields, "status", c[kind].Status)
		set(fields, "reason", c[kind].Reason)
		set(fields, "message", c[kind].Message)
		set(fields, "observedGeneration", c[kind].Generation)
		out = append(out, fields)
	}
	return out
}

func listenerStatusFields(statuses map[string]snapshot.Conditions) []any {
	var out []any
	for _, name := range slices.Sorted(maps.Keys(statuses)) {
		out = append(out, map[string]any{"name": name, "conditions": conditionFields(statuses[name])})
	}
	return out
}

func setMap(fields map[string]any, key string, value map[string]any) {
	if len(value) > 0 {
		fields[key] = value
	}
}

func routeFields(o *snapshot.Route) map[string]any {
	var parents, hostnames, rules, statuses []any
	for _, p := range o.Parents {
		parents = append(parents, parentRef(p, o.Namespace))
	}
	for _, h := range o.Hostnames {
		hostnames = append(hostnames, h)
	}
	for _, rule := range o.Rules {
		rules = append(rules, routeRule(rule, o.Namespace))
	}
	for _, s := range o.Statuses {
		fields := map[string]any{"parentRef": parentRef(s.Parent, o.Namespace)}
		set(fields, "controllerName", s.Controller)
		setList(fields, "conditions", conditionFields(s.Conditions))
		statuses = append(statuses, fields)
	}
	spec, status := map[string]any{}, map[string]any{}
	setList(spec, "parentRefs", parents)
	setList(spec, "hostnames", hostnames)
	setList(spec, "rules", rules)
	setList(status, "parents", statuses)
	return revised(o.Revision, specAndStatus(spec, status))
}

func backendTLSFields(o *snapshot.BackendTLSPolicy) map[string]any {
	var targets, cas, statuses []any
	for _, t := range o.Targets {
		target := map[string]any{"group": t.Group, "kind": t.Kind, "name": t.Name}
		set(target, "sectionName", t.Section)
		targets = append(targets, target)
	}
	for _, c := range o.CAs {
		cas = append(cas, map[string]any{"group": c.Group, "kind": c.Kind, "name": c.Name})
	}
	for _, s := range o.Statuses {
		fields := map[string]any{"ancestorRef": parentRef(s.Parent, o.Namespace)}
		set(fields, "controllerName", s.Controller)
		setList(fields, "conditions", conditionFields(s.Conditions))
		statuses = append(statuses, fields)
	}
	spec, status, validation := map[string]any{}, map[string]any{}, map[string]any{}
	setList(validation, "caCertificateRefs", cas)
	set(validation, "wellKnownCACertificates", o.WellKnown)
	setList(spec, "targetRefs", targets)
	setMap(spec, "validation", validation)
	setList(status, "ancestors", statuses)
	return revised(o.Revision, specAndStatus(spec, status))
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
	var matches, backends, filters []any
	for _, m := range rule.Matches {
		matches = append(matches, matchFields(m))
	}
	for _, b := range rule.Backends {
		ref := objectRef(b.Kind, "Service", b.Namespace, home, b.Name, b.Port)
		if b.Weight != 1 {
			ref["weight"] = b.Weight
		}
		backends = append(backends, ref)
	}
	if rule.Redirect != 0 {
		filters = append(filters, map[string]any{"type": "RequestRedirect", "requestRedirect": map[string]any{"statusCode": rule.Redirect}})
	}
	for _, b := range rule.Mirrors {
		ref := objectRef(b.Kind, "Service", b.Namespace, home, b.Name, b.Port)
		filters = append(filters, map[string]any{"type": "RequestMirror", "requestMirror": map[string]any{"backendRef": ref}})
	}
	if kind, name, ok := strings.Cut(rule.Extension, "/"); ok {
		ref := objectRef(kind, "", home, home, name, 0)
		filters = append(filters, map[string]any{"type": "ExtensionRef", "extensionRef": ref})
	} else if rule.Extension != "" {
		filters = append(filters, map[string]any{"type": "ExtensionRef"})
	}
	out := map[string]any{}
	setList(out, "matches", matches)
	setList(out, "backendRefs", backends)
	setList(out, "filters", filters)
	return out
}

func matchFields(m snapshot.RouteMatch) map[string]any {
	out := map[string]any{}
	path := map[string]any{}
	set(path, "type", m.Path.Type)
	set(path, "value", m.Path.Path)
	setMap(out, "path", path)
	set(out, "method", m.Method)
	if m.Call != (snapshot.RouteCall{}) {
		call := map[string]any{}
		set(call, "type", m.Call.Type)
		set(call, "service", m.Call.Service)
		set(call, "method", m.Call.Method)
		out["method"] = call
	}
	setList(out, "headers", fieldFields(m.Headers))
	setList(out, "queryParams", fieldFields(m.Queries))
	return out
}

func fieldFields(list []snapshot.RouteField) []any {
	var out []any
	for _, f := range list {
		fields := map[string]any{}
		set(fields, "name", f.Name)
		set(fields, "value", f.Value)
		set(fields, "type", f.Type)
		out = append(out, fields)
	}
	return out
}

func grantFields(o *snapshot.ReferenceGrant) map[string]any {
	var from, to []any
	for _, f := range o.From {
		fields := map[string]any{}
		set(fields, "group", f.Group)
		set(fields, "kind", f.Kind)
		set(fields, "namespace", f.Namespace)
		from = append(from, fields)
	}
	for _, t := range o.To {
		fields := map[string]any{}
		set(fields, "group", t.Group)
		set(fields, "kind", t.Kind)
		set(fields, "name", t.Name)
		to = append(to, fields)
	}
	spec := map[string]any{}
	setList(spec, "from", from)
	setList(spec, "to", to)
	return specAndStatus(spec, nil)
}
