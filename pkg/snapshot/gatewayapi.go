package snapshot

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Revision says which state of an object its status may be about, and how old the
// object is: "the oldest Route based on creation timestamp" wins (HTTPRouteRule
// docs). Both are zero in a manifest that no API server has taken yet.
type Revision struct {
	Generation int64
	Created    time.Time
}

// Conditions are what a controller says of an object, by type.
type Conditions map[string]Condition

// Condition is one of them.
type Condition struct {
	// Status is True, False or Unknown.
	Status          string
	Reason, Message string
	// Generation that it was observed at; 0 where it is not said.
	Generation int64
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

// AllowedNamespaces are those whose objects may attach: Same as the Gateway's or
// ListenerSet's, All, those of the Selector, or None. Without From, the field was
// absent: routes then come from the same namespace, ListenerSets from none.
type AllowedNamespaces struct {
	From string
	// Selector of the namespaces' labels; nil is absent, and matches none.
	Selector *metav1.LabelSelector
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

// GroupKind is a kind of object. The core group is "".
type GroupKind struct{ Group, Kind string }

// ObjectRef refers to an object.
type ObjectRef struct{ Group, Kind, Namespace, Name string }

// GatewayClass names the controller that serves a class of Gateways.
type GatewayClass struct {
	Name       string
	Controller string
}

// ListenerSet adds listeners to a Gateway.
type ListenerSet struct {
	Name
	Revision
	Gateway          Name
	Listeners        []Listener
	Conditions       Conditions
	ListenerStatuses map[string]Conditions
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

// RouteParent is a Gateway, or a listener of it, that a route attaches to.
type RouteParent struct {
	Kind        string
	Namespace   string
	Name        string
	SectionName string
	Port        uint16
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

// ReferenceGrant lets objects of other namespaces refer to those of its own.
type ReferenceGrant struct {
	Name
	From []GrantFrom
	To   []GrantTo
}

// GrantFrom is a kind in a namespace that may refer.
type GrantFrom struct{ Group, Kind, Namespace string }

// GrantTo is a kind, and a name unless every object of it, that may be referred to.
type GrantTo struct{ Group, Kind, Name string }
