package snapshot

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
	ListenerSets    Resource = "listenersets"
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
}

// FrontDoor are the objects by which traffic enters.
type FrontDoor struct {
	Ingresses       map[Name]*Ingress
	IngressClasses  map[string]*IngressClass
	Gateways        map[Name]*Gateway
	GatewayClasses  map[string]*GatewayClass
	Routes          map[RouteKey]*Route
	ReferenceGrants map[Name]*ReferenceGrant
	ListenerSets    map[Name]*ListenerSet
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
		ListenerSets:    map[Name]*ListenerSet{},
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
		ListenerSets:    clone(f.ListenerSets),
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

// ListenerSet returns one ListenerSet, or nil.
func (s *Snapshot) ListenerSet(name Name) *ListenerSet { return s.door.ListenerSets[name] }

// ListenerSets returns the ListenerSets read, by namespace and name.
func (s *Snapshot) ListenerSets() []*ListenerSet {
	return sortedFunc(s.door.ListenerSets, Name.Compare)
}

// AddListenerSet adds a ListenerSet.
func (b *Builder) AddListenerSet(o *ListenerSet) { b.door.ListenerSets[o.Name] = o }

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
