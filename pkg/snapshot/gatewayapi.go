package snapshot

import (
	"reflect"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// Revision says which state of an object its status may be about, and how old the
// object is: "the oldest Route based on creation timestamp" wins (HTTPRouteRule
// docs). Both are zero in a manifest that no API server has taken yet.
type Revision struct {
	Generation int64
	Created    time.Time
}

// Conditions are what a controller says of an object, by type.
type Conditions map[string]StatusCondition

// StatusCondition is one of them.
type StatusCondition struct {
	// Status is True, False or Unknown.
	Status          string
	Reason, Message string
	// Generation that it was observed at; 0 where it is not said.
	Generation int64
}

// anonymous are the conditions without their messages, which are free text.
func (c Conditions) anonymous() Conditions {
	if c == nil {
		return nil
	}
	out := Conditions{}
	for kind, condition := range c {
		condition.Message = ""
		out[kind] = condition
	}
	return out
}

func anonymousStatuses(old map[string]Conditions) map[string]Conditions {
	if old == nil {
		return nil
	}
	out := map[string]Conditions{}
	for name, c := range old {
		out[name] = c.anonymous()
	}
	return out
}

// Gateway is a Gateway of the Gateway API.
type Gateway struct {
	Name
	Revision
	Class     string
	Listeners []Listener
	// AllowedListeners are the namespaces whose ListenerSets add listeners.
	AllowedListeners AllowedNamespaces
	// Addresses are the values of status.addresses.
	Addresses []string
	// Conditions of the status, and those of the listeners by their names.
	Conditions       Conditions
	ListenerStatuses map[string]Conditions
}

// Resource implements [Object].
func (o *Gateway) Resource() Resource { return Gateways }

// Renamed implements [Object].
func (o *Gateway) Renamed(n Renamer) Object {
	out := *o
	out.Name = n.Names("Gateway", o.Name)
	out.Addresses = mapped(o.Addresses, n.Address)
	out.Listeners, out.AllowedListeners = renamedListeners(o.Listeners, n), o.AllowedListeners.renamed(n)
	out.Conditions, out.ListenerStatuses = o.Conditions.anonymous(), anonymousStatuses(o.ListenerStatuses)
	return &out
}

// Over implements [Applied]. The API server counts a spec that changed as a new
// generation, of which no status speaks yet.
func (o *Gateway) Over(old Object) Object {
	next := *o
	before, ok := old.(*Gateway)
	if !ok {
		return &next
	}
	if len(next.Addresses) == 0 {
		next.Addresses = before.Addresses
	}
	if next.Revision == (Revision{}) && next.Conditions == nil {
		next.Created = before.Created
		if sameButStatus(*o, *before) {
			next.Revision, next.Conditions, next.ListenerStatuses = before.Revision, before.Conditions, before.ListenerStatuses
		}
	}
	return &next
}

func sameButStatus(a, b Gateway) bool {
	for _, g := range []*Gateway{&a, &b} {
		g.Revision, g.Addresses, g.Conditions, g.ListenerStatuses = Revision{}, nil, nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// AllowedNamespaces are those whose objects may attach: Same as the Gateway's or
// ListenerSet's, All, those of the Selector, or None. Without From, the field was
// absent: routes then come from the same namespace, ListenerSets from none.
type AllowedNamespaces struct {
	From string
	// Selector of the namespaces' labels; nil is absent, and matches none.
	Selector *metav1.LabelSelector
}

func (a AllowedNamespaces) renamed(n Renamer) AllowedNamespaces {
	if a.Selector == nil {
		return a
	}
	// By way of the text, of which the new values are known.
	if text := n.Selector(metav1.FormatLabelSelector(a.Selector)); len(a.Selector.MatchLabels)+len(a.Selector.MatchExpressions) > 0 {
		parsed, err := metav1.ParseToLabelSelector(text)
		if err != nil {
			// One that no API server would take stays one.
			parsed = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "invalid", Operator: "invalid"}}}
		}
		a.Selector = parsed
	}
	return a
}

// Listener is a port of a Gateway and the routes it takes.
type Listener struct {
	Name     string
	Hostname string
	Port     uint16
	Protocol string
	// TLS: it has TLS settings. TLSMode is their mode: Terminate, which "" is too,
	// or Passthrough. Certificates are the objects they refer to.
	TLS          bool
	TLSMode      string
	Certificates []ObjectRef
	// Routes are the namespaces whose routes it takes.
	Routes AllowedNamespaces
	// Kinds are allowedRoutes.kinds; none means those that the protocol implies.
	Kinds []GroupKind
}

func renamedListeners(old []Listener, n Renamer) []Listener {
	out := slices.Clone(old)
	for i := range out {
		l := &out[i]
		l.Hostname, l.Routes, l.Certificates = n.Host(l.Hostname), l.Routes.renamed(n), slices.Clone(l.Certificates)
		for j := range l.Certificates {
			c := &l.Certificates[j]
			c.Namespace, c.Name = n.Namespace(c.Namespace), n.Object(c.Kind, c.Name)
		}
	}
	return out
}

// GroupKind is a kind of object. The core group is "".
type GroupKind struct{ Group, Kind string }

// ObjectRef refers to an object.
type ObjectRef struct{ Group, Kind, Namespace, Name string }

// GatewayClass names the controller that serves a class of Gateways.
type GatewayClass struct {
	Name       string
	Controller string
}

// ID implements [Object].
func (o *GatewayClass) ID() Name { return Name{Name: o.Name} }

// Resource implements [Object].
func (o *GatewayClass) Resource() Resource { return GatewayClasses }

// Renamed implements [Object]: who serves a class is known by its name.
func (o *GatewayClass) Renamed(Renamer) Object { return o }

// ListenerSet adds listeners to a Gateway.
type ListenerSet struct {
	Name
	Revision
	Gateway          Name
	Listeners        []Listener
	Conditions       Conditions
	ListenerStatuses map[string]Conditions
}

// Resource implements [Object].
func (o *ListenerSet) Resource() Resource { return ListenerSets }

// Renamed implements [Object].
func (o *ListenerSet) Renamed(n Renamer) Object {
	out := *o
	out.Name, out.Gateway = n.Names("ListenerSet", o.Name), n.Names("Gateway", o.Gateway)
	out.Listeners = renamedListeners(o.Listeners, n)
	out.Conditions, out.ListenerStatuses = o.Conditions.anonymous(), anonymousStatuses(o.ListenerStatuses)
	return &out
}

// Over implements [Applied], as for a [Gateway].
func (o *ListenerSet) Over(old Object) Object {
	next := *o
	if before, ok := old.(*ListenerSet); ok && next.Revision == (Revision{}) && next.Conditions == nil {
		next.Created = before.Created
		if o.Gateway == before.Gateway && reflect.DeepEqual(o.Listeners, before.Listeners) {
			next.Revision, next.Conditions, next.ListenerStatuses = before.Revision, before.Conditions, before.ListenerStatuses
		}
	}
	return &next
}

// Route is an HTTPRoute, GRPCRoute, TLSRoute, TCPRoute or UDPRoute.
type Route struct {
	Kind string
	Name
	Revision
	Hostnames []string
	Parents   []RouteParent
	Rules     []RouteRule
	// Statuses are what controllers say of the route's parents.
	Statuses []ParentStatus
}

// Resource implements [Object].
func (o *Route) Resource() Resource {
	if k := kinds.ByType(o.Kind); k != nil {
		return k.Resource
	}
	return ""
}

// Renamed implements [Object].
func (o *Route) Renamed(n Renamer) Object {
	out := &Route{Kind: o.Kind, Name: n.Names(o.Kind, o.Name), Revision: o.Revision, Hostnames: mapped(o.Hostnames, n.Host)}
	for _, p := range o.Parents {
		out.Parents = append(out.Parents, p.renamed(n))
	}
	for _, r := range o.Rules {
		out.Rules = append(out.Rules, r.renamed(n))
	}
	for _, s := range o.Statuses {
		out.Statuses = append(out.Statuses, ParentStatus{Parent: s.Parent.renamed(n), Controller: s.Controller, Conditions: s.Conditions.anonymous()})
	}
	return out
}

// Over implements [Applied], as for a [Gateway].
func (o *Route) Over(old Object) Object {
	next := *o
	if before, ok := old.(*Route); ok && next.Revision == (Revision{}) && next.Statuses == nil {
		next.Created = before.Created
		spec := *before
		spec.Revision, spec.Statuses = Revision{}, nil
		if reflect.DeepEqual(*o, spec) {
			next.Revision, next.Statuses = before.Revision, before.Statuses
		}
	}
	return &next
}

// RouteParent is a Gateway, or a listener of it, that a route attaches to.
type RouteParent struct {
	Kind        string
	Namespace   string
	Name        string
	SectionName string
	Port        uint16
}

func (p RouteParent) renamed(n Renamer) RouteParent {
	p.Namespace, p.Name = n.Namespace(p.Namespace), n.Object(p.Kind, p.Name)
	return p
}

// ParentStatus is what a controller says of a route at one of its parents.
type ParentStatus struct {
	Parent     RouteParent
	Controller string
	Conditions Conditions
}

// RouteRule sends matching requests to backends by weight.
type RouteRule struct {
	// Matches, of which a request has to meet one; none is every request.
	Matches  []RouteMatch
	Backends []RouteBackend
	// Mirrors get copies of the requests, whose answers nobody sees.
	Mirrors []RouteBackend
	// Redirect is the status code with which a filter answers requests itself, or 0.
	Redirect int
	// Extension is the ExtensionRef of a filter of the implementation's own, as
	// KIND.GROUP/NAME, which may answer too; or "".
	Extension string
}

func (r RouteRule) renamed(n Renamer) RouteRule {
	out := RouteRule{Redirect: r.Redirect, Extension: r.Extension}
	if kind, name, ok := strings.Cut(r.Extension, "/"); ok {
		out.Extension = kind + "/" + n.Object(kind, name)
	}
	for _, m := range r.Matches {
		out.Matches = append(out.Matches, m.renamed(n))
	}
	for _, b := range r.Backends {
		out.Backends = append(out.Backends, b.renamed(n))
	}
	for _, b := range r.Mirrors {
		out.Mirrors = append(out.Mirrors, b.renamed(n))
	}
	return out
}

// RouteMatch is what a request has to be like. Each part that is absent is met by
// every request.
type RouteMatch struct {
	Path RoutePath
	// Method is the HTTP method.
	Method string
	// Call is the method of gRPC.
	Call             RouteCall
	Headers, Queries []RouteField
}

// renamed keeps the names of headers and parameters; their values, and the services
// that gRPC calls, name things.
func (m RouteMatch) renamed(n Renamer) RouteMatch {
	m.Path.Path = n.Path(m.Path.Path)
	m.Call.Service, m.Call.Method = n.Object("gRPC service", m.Call.Service), n.Object("gRPC method", m.Call.Method)
	m.Headers, m.Queries = slices.Clone(m.Headers), slices.Clone(m.Queries)
	for _, list := range [][]RouteField{m.Headers, m.Queries} {
		for i := range list {
			list[i].Value = n.Object("value", list[i].Value)
		}
	}
	return m
}

// RoutePath is a path that a rule matches.
type RoutePath struct{ Path, Type string }

// RouteCall is a method of a service of gRPC, either of which may be absent.
type RouteCall struct{ Service, Method, Type string }

// RouteField is a header or query parameter with its value. Type is Exact, which ""
// is too, or RegularExpression.
type RouteField struct{ Name, Value, Type string }

// RouteBackend is a Service port, with its weight (1 when absent).
type RouteBackend struct {
	Kind      string
	Namespace string
	Name      string
	Port      uint16
	Weight    int32
}

func (b RouteBackend) renamed(n Renamer) RouteBackend {
	b.Namespace, b.Name = n.Namespace(b.Namespace), n.Object(b.Kind, b.Name)
	return b
}

// ReferenceGrant lets objects of other namespaces refer to those of its own.
type ReferenceGrant struct {
	Name
	From []GrantFrom
	To   []GrantTo
}

// Resource implements [Object].
func (o *ReferenceGrant) Resource() Resource { return ReferenceGrants }

// Renamed implements [Object].
func (o *ReferenceGrant) Renamed(n Renamer) Object {
	out := &ReferenceGrant{Name: n.Names("grant", o.Name)}
	for _, f := range o.From {
		out.From = append(out.From, GrantFrom{Group: f.Group, Kind: f.Kind, Namespace: n.Namespace(f.Namespace)})
	}
	for _, t := range o.To {
		out.To = append(out.To, GrantTo{Group: t.Group, Kind: t.Kind, Name: n.Object(t.Kind, t.Name)})
	}
	return out
}

// GrantFrom is a kind in a namespace that may refer.
type GrantFrom struct{ Group, Kind, Namespace string }

// GrantTo is a kind, and a name unless every object of it, that may be referred to.
type GrantTo struct{ Group, Kind, Name string }

// Gateway returns one Gateway, or nil.
func (s *Snapshot) Gateway(name Name) *Gateway { return One[*Gateway](s, Gateways, name) }

// Gateways returns the Gateways read, by namespace and name.
func (s *Snapshot) Gateways() []*Gateway { return Of[*Gateway](s, Gateways) }

// GatewayClass returns one GatewayClass, or nil.
func (s *Snapshot) GatewayClass(name string) *GatewayClass {
	return One[*GatewayClass](s, GatewayClasses, Name{Name: name})
}

// GatewayClasses returns the GatewayClasses read, by name.
func (s *Snapshot) GatewayClasses() []*GatewayClass { return Of[*GatewayClass](s, GatewayClasses) }

// RouteKinds are the resources whose objects are [Route]s, in the order of their kinds.
func RouteKinds() []Resource {
	return []Resource{GRPCRoutes, HTTPRoutes, TCPRoutes, TLSRoutes, UDPRoutes}
}

// Route returns one route of a kind, or nil.
func (s *Snapshot) Route(kind string, name Name) *Route {
	if k := kinds.ByType(kind); k != nil {
		return One[*Route](s, k.Resource, name)
	}
	return nil
}

// Routes returns the routes read, by kind, namespace and name.
func (s *Snapshot) Routes() []*Route {
	var out []*Route
	for _, r := range RouteKinds() {
		out = append(out, Of[*Route](s, r)...)
	}
	return out
}

// ReferenceGrantsIn returns the grants of a namespace, by name.
func (s *Snapshot) ReferenceGrantsIn(namespace string) []*ReferenceGrant {
	return inNamespace(Of[*ReferenceGrant](s, ReferenceGrants), namespace, func(g *ReferenceGrant) string { return g.Namespace })
}

// ListenerSet returns one ListenerSet, or nil.
func (s *Snapshot) ListenerSet(name Name) *ListenerSet {
	return One[*ListenerSet](s, ListenerSets, name)
}

// ListenerSets returns the ListenerSets read, by namespace and name.
func (s *Snapshot) ListenerSets() []*ListenerSet { return Of[*ListenerSet](s, ListenerSets) }
