package report

// Reasons that concern the front door.
const (
	// BackendMissing: the Service that a route names does not exist.
	BackendMissing Reason = "BackendMissing"
	// ResourceBackend: the backend is a resource other than a Service, which is
	// not followed.
	ResourceBackend Reason = "ResourceBackend"
	// GrantMissing: a route refers to another namespace without a ReferenceGrant.
	GrantMissing Reason = "GrantMissing"
	// ParentMissing: the Gateway that a route names does not exist.
	ParentMissing Reason = "ParentMissing"
	// RouteNotAccepted: the Gateway does not take the route.
	RouteNotAccepted Reason = "RouteNotAccepted"
	// ClassMissing: nobody serves the class.
	ClassMissing Reason = "ClassMissing"
	// ControllerUnknown: the pods behind the door were not found.
	ControllerUnknown Reason = "ControllerUnknown"
	// ControllerAmbiguous: several workloads may be behind the door.
	ControllerAmbiguous Reason = "ControllerAmbiguous"
	// ControllerOutside: the data plane is outside the cluster, and only the
	// user knows its addresses.
	ControllerOutside Reason = "ControllerOutside"
	// Routed: the door sends requests to a backend.
	Routed Reason = "Routed"
)

// HopRoute: an Ingress or a route sends requests to a Service.
const HopRoute HopKind = "Route"

// EvidenceStep is a way of finding a door's data plane.
type EvidenceStep string

// Steps, in the order in which they are tried.
const (
	StepUser         EvidenceStep = "User"
	StepClass        EvidenceStep = "Class"
	StepStatus       EvidenceStep = "Status"
	StepGatewayLabel EvidenceStep = "GatewayLabel"
	StepArguments    EvidenceStep = "Arguments"
	StepCatalogue    EvidenceStep = "Catalogue"
)

// Evidence is one thing that was tried to find a door's data plane.
type Evidence struct {
	Step   EvidenceStep `json:"step"`
	Found  bool         `json:"found"`
	Detail string       `json:"detail"`
}

// FrontDoor answers who can reach the backends of an Ingress, Gateway or route:
// through the door, from inside, and around it.
type FrontDoor struct {
	Header      `json:",inline"`
	Of          End         `json:"of"`
	Enforcement Enforcement `json:"enforcement"`
	Doors       []Door      `json:"doors"`
	Gaps        []Gap       `json:"gaps,omitempty"`
}

// Door is one way in, with its data plane and backends.
type Door struct {
	// Object is the Ingress or Gateway.
	Object     Object `json:"object"`
	Class      string `json:"class,omitempty"`
	Controller string `json:"controller,omitempty"`
	// Name of the controller as people know it, and its documentation.
	ControllerName string   `json:"controllerName,omitempty"`
	Source         string   `json:"source,omitempty"`
	Addresses      []string `json:"addresses,omitempty"`
	// DataPlane is who carries the traffic; empty with a Problem.
	DataPlane []Members  `json:"dataPlane"`
	Entry     *Object    `json:"entry,omitempty"`
	Evidence  []Evidence `json:"evidence"`
	Problem   Reason     `json:"problem,omitempty"`
	Detail    string     `json:"detail,omitempty"`
	// Outside is whether clients outside reach the data plane; absent where
	// there is no entry.
	Outside  []Answer      `json:"outside,omitempty"`
	Backends []DoorBackend `json:"backends"`
}

// DoorBackend is one Service port behind the door.
type DoorBackend struct {
	Routes  []DoorRoute `json:"routes"`
	Service Object      `json:"service"`
	Port    string      `json:"port,omitempty"`
	// Verdict on the way from the data plane to the backend.
	Verdict Verdict `json:"verdict"`
	Partly  bool    `json:"partly,omitempty"`
	Reason  Reason  `json:"reason"`
	Detail  string  `json:"detail,omitempty"`
	// ClientSees is the HTTP status that clients get when the door cannot reach
	// the backend.
	ClientSees string   `json:"clientSees,omitempty"`
	Answers    []Answer `json:"answers,omitempty"`
	Fix        *Fix     `json:"fix,omitempty"`
	// Inside are the rows of who else can reach the pods directly.
	Inside []ReachRow `json:"inside,omitempty"`
	// Around are ways past the door to the same pods.
	Around []Way `json:"around,omitempty"`
}

// DoorRoute is a host and path that leads to a backend.
type DoorRoute struct {
	By       Object `json:"by"`
	Field    string `json:"field"`
	Host     string `json:"host,omitempty"`
	Path     string `json:"path,omitempty"`
	PathType string `json:"pathType,omitempty"`
	TLS      bool   `json:"tls"`
	Weight   *int32 `json:"weight,omitempty"`
}

// WayKind is a kind of way around a door.
type WayKind string

// Kinds of way.
const (
	WayNodePort     WayKind = "NodePort"
	WayLoadBalancer WayKind = "LoadBalancer"
	WayExternalIP   WayKind = "ExternalIP"
	WayHostPort     WayKind = "HostPort"
	WayIPBlock      WayKind = "IPBlock"
)

// Way is a way past the door: whether outside clients get to the same pods by it.
type Way struct {
	Kind    WayKind `json:"kind"`
	Object  Object  `json:"object"`
	Port    string  `json:"port,omitempty"`
	Verdict Verdict `json:"verdict"`
	Partly  bool    `json:"partly,omitempty"`
	Reason  Reason  `json:"reason"`
	// From is what gets in, for an ipBlock.
	From      []string  `json:"from,omitempty"`
	DecidedBy []RuleRef `json:"decidedBy,omitempty"`
}
