package snapshot

import "time"

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
	// Labels, by which a controller may select what it serves, and the Annotations
	// by which it is told how.
	Labels      map[string]string
	Annotations map[string]string
	// Created is metadata.creationTimestamp; zero where it is not known, as in most
	// manifests. Of several Ingresses that claim the same, the oldest often wins.
	Created time.Time
	Default *IngressBackend
	Rules   []IngressRule
	TLS     []IngressTLS
	// Addresses are the IPs and host names of status.loadBalancer.ingress.
	Addresses []string
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

// IngressTLS are hosts for which the Ingress terminates TLS.
type IngressTLS struct{ Hosts []string }

// IngressClass names the controller that serves a class.
type IngressClass struct {
	Name       string
	Controller string
	// Default: the annotation ingressclass.kubernetes.io/is-default-class.
	Default bool
	// Created is metadata.creationTimestamp; zero where it is not known.
	Created time.Time
	// Parameters is the object that spec.parameters refers to, if any.
	Parameters *ClassParameters
}

// ClassParameters is the object that holds more settings of a class. Namespace is
// "" for one that has none.
type ClassParameters struct{ Group, Kind, Namespace, Name string }

// Gateway is a Gateway of the Gateway API.
type Gateway struct {
	Name
	Class     string
	Listeners []Listener
	// Addresses are the values of status.addresses.
	Addresses []string
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

// GrantFrom is a kind in a namespace that may refer.
type GrantFrom struct{ Kind, Namespace string }

// GrantTo is a kind, and a name unless every object of it, that may be referred to.
type GrantTo struct{ Kind, Name string }

// FrontDoor are the objects by which traffic enters.
type FrontDoor struct {
	Ingresses       map[Name]*Ingress
	IngressClasses  map[string]*IngressClass
	Gateways        map[Name]*Gateway
	GatewayClasses  map[string]*GatewayClass
	Routes          map[RouteKey]*Route
	ReferenceGrants map[Name]*ReferenceGrant
}

// RouteKey identifies a route.
type RouteKey struct {
	Kind string
	Name
}

func newFrontDoor() FrontDoor {
	return FrontDoor{
		Ingresses:       map[Name]*Ingress{},
		IngressClasses:  map[string]*IngressClass{},
		Gateways:        map[Name]*Gateway{},
		GatewayClasses:  map[string]*GatewayClass{},
		Routes:          map[RouteKey]*Route{},
		ReferenceGrants: map[Name]*ReferenceGrant{},
	}
}

func (f FrontDoor) clone() FrontDoor {
	return FrontDoor{
		Ingresses:       clone(f.Ingresses),
		IngressClasses:  clone(f.IngressClasses),
		Gateways:        clone(f.Gateways),
		GatewayClasses:  clone(f.GatewayClasses),
		Routes:          clone(f.Routes),
		ReferenceGrants: clone(f.ReferenceGrants),
	}
}

func (k RouteKey) compare(o RouteKey) int {
	if k.Kind != o.Kind {
		if k.Kind < o.Kind {
			return -1
		}
		return 1
	}
	return k.Name.Compare(o.Name)
}

// Ingress returns one Ingress, or nil.
func (s *Snapshot) Ingress(name Name) *Ingress { return s.door.Ingresses[name] }

// Ingresses returns the Ingresses read, by namespace and name.
func (s *Snapshot) Ingresses() []*Ingress { return sortedFunc(s.door.Ingresses, Name.Compare) }

// IngressClass returns one IngressClass, or nil.
func (s *Snapshot) IngressClass(name string) *IngressClass { return s.door.IngressClasses[name] }

// IngressClasses returns the IngressClasses read, by name.
func (s *Snapshot) IngressClasses() []*IngressClass { return sorted(s.door.IngressClasses) }

// Gateway returns one Gateway, or nil.
func (s *Snapshot) Gateway(name Name) *Gateway { return s.door.Gateways[name] }

// Gateways returns the Gateways read, by namespace and name.
func (s *Snapshot) Gateways() []*Gateway { return sortedFunc(s.door.Gateways, Name.Compare) }

// GatewayClass returns one GatewayClass, or nil.
func (s *Snapshot) GatewayClass(name string) *GatewayClass { return s.door.GatewayClasses[name] }

// GatewayClasses returns the GatewayClasses read, by name.
func (s *Snapshot) GatewayClasses() []*GatewayClass { return sorted(s.door.GatewayClasses) }

// Route returns one route of a kind, or nil.
func (s *Snapshot) Route(kind string, name Name) *Route { return s.door.Routes[RouteKey{kind, name}] }

// Routes returns the routes read, by kind, namespace and name.
func (s *Snapshot) Routes() []*Route { return sortedFunc(s.door.Routes, RouteKey.compare) }

// ReferenceGrantsIn returns the grants of a namespace, by name.
func (s *Snapshot) ReferenceGrantsIn(namespace string) []*ReferenceGrant {
	var out []*ReferenceGrant
	for _, g := range sortedFunc(s.door.ReferenceGrants, Name.Compare) {
		if g.Namespace == namespace {
			out = append(out, g)
		}
	}
	return out
}

// ReferenceGrants returns the grants read, by namespace and name.
func (s *Snapshot) ReferenceGrants() []*ReferenceGrant {
	return sortedFunc(s.door.ReferenceGrants, Name.Compare)
}

// AddIngress adds an Ingress.
func (b *Builder) AddIngress(o *Ingress) { b.door.Ingresses[o.Name] = o }

// AddIngressClass adds an IngressClass.
func (b *Builder) AddIngressClass(o *IngressClass) { b.door.IngressClasses[o.Name] = o }

// AddGateway adds a Gateway.
func (b *Builder) AddGateway(o *Gateway) { b.door.Gateways[o.Name] = o }

// AddGatewayClass adds a GatewayClass.
func (b *Builder) AddGatewayClass(o *GatewayClass) { b.door.GatewayClasses[o.Name] = o }

// AddRoute adds a route.
func (b *Builder) AddRoute(o *Route) { b.door.Routes[RouteKey{o.Kind, o.Name}] = o }

// AddReferenceGrant adds a ReferenceGrant.
func (b *Builder) AddReferenceGrant(o *ReferenceGrant) { b.door.ReferenceGrants[o.Name] = o }
