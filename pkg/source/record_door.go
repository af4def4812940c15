package source

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// The kinds of the front door as API objects again; the opposite of frontdoor.go
// and gatewayapi.go.

func (r *recorder) frontDoor(s *snapshot.Snapshot) {
	for _, o := range s.IngressClasses() {
		r.ingressClass(o)
	}
	for _, o := range s.Ingresses() {
		r.ingress(o)
	}
	for _, o := range s.GatewayClasses() {
		r.gatewayObject("GatewayClass", snapshot.Name{Name: o.Name}, map[string]any{"controllerName": o.Controller}, nil)
	}
	for _, o := range s.Gateways() {
		r.gateway(o)
	}
	for _, o := range s.Routes() {
		r.route(o)
	}
	for _, o := range s.ReferenceGrants() {
		r.grant(o)
	}
}

func (r *recorder) ingressClass(o *snapshot.IngressClass) {
	out := &networkingv1.IngressClass{ObjectMeta: metaOf(snapshot.Name{Name: o.Name}, nil)}
	out.Spec.Controller = o.Controller
	out.CreationTimestamp = metav1.NewTime(o.Created)
	if o.Default {
		out.Annotations = map[string]string{defaultClassAnnotation: "true"}
	}
	if p := o.Parameters; p != nil {
		out.Spec.Parameters = &networkingv1.IngressClassParametersReference{Kind: p.Kind, Name: p.Name}
		if p.Group != "" {
			out.Spec.Parameters.APIGroup = &p.Group
		}
		if p.Namespace != "" {
			scope := networkingv1.IngressClassParametersReferenceScopeNamespace
			out.Spec.Parameters.Namespace, out.Spec.Parameters.Scope = &p.Namespace, &scope
		}
	}
	r.add(networkingv1.SchemeGroupVersion.String(), "IngressClass", out)
}

func (r *recorder) ingress(o *snapshot.Ingress) {
	out := &networkingv1.Ingress{ObjectMeta: metaOf(o.Name, o.Labels)}
	out.CreationTimestamp = metav1.NewTime(o.Created)
	out.Annotations = maps.Clone(o.Annotations)
	if o.LegacyClass != "" {
		metav1.SetMetaDataAnnotation(&out.ObjectMeta, legacyClassAnnotation, o.LegacyClass)
	}
	if o.Class != "" {
		out.Spec.IngressClassName = &o.Class
	}
	if o.Default != nil {
		b := ingressBackend(*o.Default)
		out.Spec.DefaultBackend = &b
	}
	for _, rule := range o.Rules {
		made := networkingv1.IngressRule{Host: rule.Host}
		if len(rule.Paths) > 0 {
			made.HTTP = &networkingv1.HTTPIngressRuleValue{}
		}
		for _, p := range rule.Paths {
			path := networkingv1.HTTPIngressPath{Path: p.Path, Backend: ingressBackend(p.Backend)}
			if p.Type != "" {
				kind := networkingv1.PathType(p.Type)
				path.PathType = &kind
			}
			made.HTTP.Paths = append(made.HTTP.Paths, path)
		}
		out.Spec.Rules = append(out.Spec.Rules, made)
	}
	for _, t := range o.TLS {
		out.Spec.TLS = append(out.Spec.TLS, networkingv1.IngressTLS{Hosts: t.Hosts})
	}
	for _, a := range o.Addresses {
		at := networkingv1.IngressLoadBalancerIngress{Hostname: a}
		if _, err := netip.ParseAddr(a); err == nil {
			at = networkingv1.IngressLoadBalancerIngress{IP: a}
		}
		out.Status.LoadBalancer.Ingress = append(out.Status.LoadBalancer.Ingress, at)
	}
	r.add(networkingv1.SchemeGroupVersion.String(), "Ingress", out)
}

func ingressBackend(b snapshot.IngressBackend) networkingv1.IngressBackend {
	if b.Resource != "" {
		kind, name, _ := strings.Cut(b.Resource, "/")
		return networkingv1.IngressBackend{Resource: &corev1.TypedLocalObjectReference{Kind: kind, Name: name}}
	}
	if b == (snapshot.IngressBackend{}) {
		return networkingv1.IngressBackend{}
	}
	return networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
		Name: b.Service, Port: networkingv1.ServiceBackendPort{Number: int32(b.PortNumber), Name: b.PortName},
	}}
}

// gatewayObject takes in an object of the Gateway API. Fields that are empty are
// left out, which means the same.
func (r *recorder) gatewayObject(kind string, name snapshot.Name, spec, status map[string]any) {
	metadata := map[string]any{"name": name.Name}
	set(metadata, "namespace", name.Namespace)
	kept := map[string]any{}
	if len(spec) > 0 {
		kept["spec"] = spec
	}
	if len(status) > 0 {
		kept["status"] = status
	}
	r.addFields(gatewayGroup+"/"+gatewayVersion(kind), kind, map[string]any{"metadata": metadata}, kept)
}

// gatewayVersion is one that serves the kind; the fields that are read are the
// same in all of them.
func gatewayVersion(kind string) string {
	switch kind {
	case "ReferenceGrant":
		return "v1beta1"
	case "TLSRoute", "TCPRoute":
		return "v1alpha2"
	default:
		return "v1"
	}
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

func (r *recorder) gateway(o *snapshot.Gateway) {
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
	r.gatewayObject("Gateway", o.Name, spec, status)
}

// noSelector is how FormatLabelSelector writes an absent or empty selector.
const noSelector = "<none>"

func (r *recorder) route(o *snapshot.Route) {
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
	r.gatewayObject(o.Kind, o.Name, spec, status)
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
		parts := strings.SplitN(key, "/", 4)
		if len(parts) < 4 {
			return
		}
		parent := snapshot.RouteParent{Kind: parts[0], Namespace: parts[1], Name: parts[2], SectionName: parts[3]}
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

func (r *recorder) grant(o *snapshot.ReferenceGrant) {
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
	r.gatewayObject("ReferenceGrant", o.Name, spec, nil)
}
