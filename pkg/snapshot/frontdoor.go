package snapshot

import (
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// Resources of the front door.
const (
	Ingresses       Resource = "ingresses"
	IngressClasses  Resource = "ingressclasses"
	Gateways        Resource = "gateways"
	GatewayClasses  Resource = "gatewayclasses"
	HTTPRoutes      Resource = "httproutes"
	GRPCRoutes      Resource = "grpcroutes"
	TLSRoutes       Resource = "tlsroutes"
	TCPRoutes       Resource = "tcproutes"
	ReferenceGrants Resource = "referencegrants"
)

// Ingress is an Ingress with what decides who serves it and where it leads.
type Ingress struct {
	Name
	// Class is spec.ingressClassName, or LegacyClass the annotation
	// kubernetes.io/ingress.class that it replaced; "" when absent.
	Class       string
	LegacyClass string
	// TargetType is the annotation alb.ingress.kubernetes.io/target-type.
	TargetType string
	Default    *IngressBackend
	Rules      []IngressRule
	TLS        []IngressTLS
	// Addresses are the IPs and host names of status.loadBalancer.ingress.
	Addresses []string
	// Annotations are those that decide what its controller does with requests, and
	// no others.
	Annotations map[string]string
}

// Resource implements [Object].
func (o *Ingress) Resource() Resource { return Ingresses }

// Renamed implements [Object].
func (o *Ingress) Renamed(n Renamer) Object {
	out := *o
	out.Name = n.Names("Ingress", o.Name)
	out.Addresses = mapped(o.Addresses, n.Address)
	out.Annotations = n.Annotations(o.Annotations)
	if o.Default != nil {
		b := o.Default.renamed(n)
		out.Default = &b
	}
	out.Rules, out.TLS = nil, nil
	for _, r := range o.Rules {
		rule := IngressRule{Host: n.Host(r.Host)}
		for _, p := range r.Paths {
			rule.Paths = append(rule.Paths, IngressPath{Path: n.Path(p.Path), Type: p.Type, Backend: p.Backend.renamed(n)})
		}
		out.Rules = append(out.Rules, rule)
	}
	for _, t := range o.TLS {
		out.TLS = append(out.TLS, IngressTLS{Hosts: mapped(t.Hosts, n.Host)})
	}
	return &out
}

// Over implements [Applied].
func (o *Ingress) Over(old Object) Object {
	next := *o
	if before, ok := old.(*Ingress); ok && len(next.Addresses) == 0 {
		next.Addresses = before.Addresses
	}
	return &next
}

// IngressRule is the rules of one host; "" is every host.
type IngressRule struct {
	Host  string
	Paths []IngressPath
}

// IngressPath sends requests for a path to a backend.
type IngressPath struct {
	Path, Type string
	Backend    IngressBackend
}

// IngressBackend is a Service port by number or name, or another resource,
// which Resource names.
type IngressBackend struct {
	Service    string
	PortNumber uint16
	PortName   string
	Resource   string
}

func (b IngressBackend) renamed(n Renamer) IngressBackend {
	b.Service = n.Object("Service", b.Service)
	if kind, name, ok := strings.Cut(b.Resource, "/"); ok {
		b.Resource = kind + "/" + n.Object(kind, name)
	}
	return b
}

// IngressTLS are hosts for which the Ingress terminates TLS.
type IngressTLS struct{ Hosts []string }

// IngressClass names the controller that serves a class.
type IngressClass struct {
	Name       string
	Controller string
	// Default: the annotation ingressclass.kubernetes.io/is-default-class.
	Default bool
}

// ID implements [Object].
func (o *IngressClass) ID() Name { return Name{Name: o.Name} }

// Resource implements [Object].
func (o *IngressClass) Resource() Resource { return IngressClasses }

// Renamed implements [Object]: who serves a class is known by its name.
func (o *IngressClass) Renamed(Renamer) Object { return o }

// Gateway is a Gateway of the Gateway API.
type Gateway struct {
	Name
	Class     string
	Listeners []Listener
	// Addresses are the values of status.addresses.
	Addresses []string
}

// Resource implements [Object].
func (o *Gateway) Resource() Resource { return Gateways }

// Renamed implements [Object].
func (o *Gateway) Renamed(n Renamer) Object {
	out := *o
	out.Name = n.Names("Gateway", o.Name)
	out.Addresses = mapped(o.Addresses, n.Address)
	out.Listeners = slices.Clone(o.Listeners)
	for i := range out.Listeners {
		l := &out.Listeners[i]
		l.Hostname, l.Selector = n.Host(l.Hostname), n.Selector(l.Selector)
	}
	return &out
}

// Over implements [Applied].
func (o *Gateway) Over(old Object) Object {
	next := *o
	if before, ok := old.(*Gateway); ok && len(next.Addresses) == 0 {
		next.Addresses = before.Addresses
	}
	return &next
}

// Listener is a port of a Gateway and the routes it takes.
type Listener struct {
	Name     string
	Hostname string
	Port     uint16
	Protocol string
	TLS      bool
	// From is allowedRoutes.namespaces.from: Same (the default), All, Selector,
	// None. Selector is its label selector, as kubectl -l takes it.
	From     string
	Selector string
	// Kinds are allowedRoutes.kinds; none means those that the protocol implies.
	Kinds []string
}

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

// Route is an HTTPRoute, GRPCRoute, TLSRoute or TCPRoute.
type Route struct {
	Kind string
	Name
	Hostnames []string
	Parents   []RouteParent
	Rules     []RouteRule
	// Rejected maps a parent, as [RouteParent.Key], to the reason for which its
	// controller did not accept the route; Accepted holds those that did.
	Accepted map[string]bool
	Rejected map[string]string
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
	out := &Route{
		Kind: o.Kind, Name: n.Names(o.Kind, o.Name), Hostnames: mapped(o.Hostnames, n.Host),
		Accepted: map[string]bool{}, Rejected: map[string]string{},
	}
	for _, p := range o.Parents {
		out.Parents = append(out.Parents, p.renamed(n))
	}
	for _, r := range o.Rules {
		rule := RouteRule{Answers: r.Answers}
		for _, p := range r.Paths {
			rule.Paths = append(rule.Paths, RoutePath{Path: n.Path(p.Path), Type: p.Type})
		}
		for _, b := range r.Backends {
			b.Namespace, b.Name = n.Namespace(b.Namespace), n.Object(b.Kind, b.Name)
			rule.Backends = append(rule.Backends, b)
		}
		out.Rules = append(out.Rules, rule)
	}
	for key, accepted := range o.Accepted {
		out.Accepted[renamedKey(n, key)] = accepted
	}
	for _, key := range slices.Sorted(maps.Keys(o.Rejected)) {
		// "NotAllowedByListeners ...": what follows the reason is free text.
		reason, _, _ := strings.Cut(o.Rejected[key], " ")
		out.Rejected[renamedKey(n, key)] = reason
	}
	return out
}

// Over implements [Applied].
func (o *Route) Over(old Object) Object {
	next := *o
	if before, ok := old.(*Route); ok && len(next.Accepted)+len(next.Rejected) == 0 && slices.Equal(before.Parents, next.Parents) {
		next.Accepted, next.Rejected = before.Accepted, before.Rejected
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

// Key identifies the parent in the route's status.
func (p RouteParent) Key() string {
	return p.Kind + "/" + p.Namespace + "/" + p.Name + "/" + p.SectionName
}

// ParentOf is the parent of a [RouteParent.Key], without its port.
func ParentOf(key string) (RouteParent, bool) {
	parts := strings.SplitN(key, "/", 4)
	if len(parts) < 4 {
		return RouteParent{}, false
	}
	return RouteParent{Kind: parts[0], Namespace: parts[1], Name: parts[2], SectionName: parts[3]}, true
}

func (p RouteParent) renamed(n Renamer) RouteParent {
	p.Namespace, p.Name = n.Namespace(p.Namespace), n.Object(p.Kind, p.Name)
	return p
}

func renamedKey(n Renamer, key string) string {
	p, ok := ParentOf(key)
	if !ok {
		return key
	}
	return p.renamed(n).Key()
}

// RouteRule sends matching requests to backends by weight.
type RouteRule struct {
	// Paths of the matches; none is every path.
	Paths    []RoutePath
	Backends []RouteBackend
	// Answers: a filter answers requests itself, by a redirect for example.
	Answers bool
}

// RoutePath is a path that a rule matches.
type RoutePath struct{ Path, Type string }

// RouteBackend is a Service port, with its weight (1 when absent).
type RouteBackend struct {
	Kind      string
	Namespace string
	Name      string
	Port      uint16
	Weight    int32
}

// ReferenceGrant lets routes of other namespaces refer to Services of its own.
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
		out.From = append(out.From, GrantFrom{Kind: f.Kind, Namespace: n.Namespace(f.Namespace)})
	}
	for _, t := range o.To {
		out.To = append(out.To, GrantTo{Kind: t.Kind, Name: n.Object(t.Kind, t.Name)})
	}
	return out
}

// GrantFrom is a kind in a namespace that may refer.
type GrantFrom struct{ Kind, Namespace string }

// GrantTo is a kind, and a name unless every object of it, that may be referred to.
type GrantTo struct{ Kind, Name string }

// Ingress returns one Ingress, or nil.
func (s *Snapshot) Ingress(name Name) *Ingress { return One[*Ingress](s, Ingresses, name) }

// Ingresses returns the Ingresses read, by namespace and name.
func (s *Snapshot) Ingresses() []*Ingress { return Of[*Ingress](s, Ingresses) }

// IngressClass returns one IngressClass, or nil.
func (s *Snapshot) IngressClass(name string) *IngressClass {
	return One[*IngressClass](s, IngressClasses, Name{Name: name})
}

// IngressClasses returns the IngressClasses read, by name.
func (s *Snapshot) IngressClasses() []*IngressClass { return Of[*IngressClass](s, IngressClasses) }

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
func RouteKinds() []Resource { return []Resource{GRPCRoutes, HTTPRoutes, TCPRoutes, TLSRoutes} }

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
