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
	// NoRoutes: no route sends requests anywhere.
	NoRoutes Reason = "NoRoutes"
	// NoBackends: a rule of a route names no backend that gets requests.
	NoBackends Reason = "NoBackends"
	// RouteUndecided: whether the Gateway takes the route is not known.
	RouteUndecided Reason = "RouteUndecided"
	// RouteShadowed: another route, or a rule before it, gets the requests.
	RouteShadowed Reason = "RouteShadowed"
	// ListenerNotReady: a listener of the Gateway does not take requests.
	ListenerNotReady Reason = "ListenerNotReady"
	// ListenerIsolated: the requests belong to another listener, where the
	// implementation keeps listeners apart.
	ListenerIsolated Reason = "ListenerIsolated"
	// FilterUnknown: a filter of the implementation's own may answer.
	FilterUnknown Reason = "FilterUnknown"
	// BackendTLSInvalid: a BackendTLSPolicy keeps the door from speaking to the backend.
	BackendTLSInvalid Reason = "BackendTLSInvalid"
	// Redirected: the door answers requests itself, by a redirect.
	Redirected Reason = "Redirected"
	// Routed: the door sends requests to a backend.
	Routed Reason = "Routed"
)

// HopRoute: an Ingress or a route sends requests to a Service.
const HopRoute HopKind = "Route"

// EvidenceStep is a way of finding a door's data plane.
type EvidenceStep string

// Steps, in the order in which they are tried.
const (
	// StepUser: the user named it (--controller).
	StepUser EvidenceStep = "User"
	// StepClass: the class names the controller.
	StepClass EvidenceStep = "Class"
	// StepStatus: the object's status has an address of the entry.
	StepStatus EvidenceStep = "Status"
	// StepGatewayLabel: pods carry the label of the Gateway.
	StepGatewayLabel EvidenceStep = "GatewayLabel"
	// StepArguments: a container's arguments name the class.
	StepArguments EvidenceStep = "Arguments"
	// StepCatalogue: a controller that netguard knows is there.
	StepCatalogue EvidenceStep = "Catalogue"
)

// Evidence is one thing that was tried to find a door's data plane.
type Evidence struct {
	// Step that was tried.
	Step EvidenceStep `json:"step"`
	// Found: it told who the data plane is.
	Found bool `json:"found"`
	// Detail is what was looked at.
	Detail string `json:"detail"`
}

// FrontDoor answers who can reach the backends of an Ingress, Gateway or route:
// through the door, from inside, and around it.
type FrontDoor struct {
	Header `json:",inline"`
	// Of is the Ingress, Gateway or route that was asked about.
	Of End `json:"of"`
	// Enforcement says whether anything enforces the verdicts.
	Enforcement Enforcement `json:"enforcement"`
	// Doors are the ways in.
	Doors []Door `json:"doors"`
	// Gaps are what left something open.
	Gaps []Gap `json:"gaps,omitempty"`
}

// Door is one way in, with its data plane and backends.
type Door struct {
	// Object is the Ingress or Gateway.
	Object Object `json:"object"`
	// Verdict on requests from outside: Denied where those to a backend are, or
	// where no client gets to the door at all.
	Verdict Verdict `json:"verdict"`
	// Partly: others get through.
	Partly bool `json:"partly,omitempty"`
	// Class of the Ingress or Gateway.
	Class string `json:"class,omitempty"`
	// Controller is the name under which the class has it.
	Controller string `json:"controller,omitempty"`
	// ControllerName: the controller as people know it.
	ControllerName string `json:"controllerName,omitempty"`
	// Source is the controller's documentation.
	Source string `json:"source,omitempty"`
	// Addresses at which clients come in.
	Addresses []string `json:"addresses,omitempty"`
	// DataPlane is who carries the traffic; empty with a Problem.
	DataPlane []Members `json:"dataPlane"`
	// Anywhere: its addresses are not known, and only what is the same for every
	// address outside is answered.
	Anywhere bool `json:"anywhere,omitempty"`
	// Entry is the Service by which they do.
	Entry *Object `json:"entry,omitempty"`
	// Evidence is what was tried to find the data plane.
	Evidence []Evidence `json:"evidence"`
	// Problem says why there is no data plane.
	Problem Reason `json:"problem,omitempty"`
	// Detail is what the problem is about.
	Detail string `json:"detail,omitempty"`
	// RefusedBy is the controller that does not serve the door, where that is the problem.
	RefusedBy *Object `json:"refusedBy,omitempty"`
	// Option is the setting by which it does not.
	Option string `json:"option,omitempty"`
	// Guards are what the door has of its own to keep clients out.
	Guards []Guard `json:"guards,omitempty"`
	// Outside is whether clients outside reach the data plane; absent where
	// there is no entry.
	Outside []Answer `json:"outside,omitempty"`
	// Fix lets clients get to the data plane.
	Fix *Fix `json:"fix,omitempty"`
	// Refused are parents at which a route is not accepted, while others take it.
	Refused []RefusedParent `json:"refused,omitempty"`
	// Backends are the Services behind the door.
	Backends []DoorBackend `json:"backends"`
}

// RefusedParent is a parent of a route that does not take it.
type RefusedParent struct {
	// By is the route.
	By Object `json:"by"`
	// Field of it that names the parent.
	Field string `json:"field"`
	// Detail is why.
	Detail string `json:"detail"`
}

// DoorBackend is one Service port behind the door.
type DoorBackend struct {
	// Routes that lead there.
	Routes []DoorRoute `json:"routes"`
	// Service that they name.
	Service Object `json:"service"`
	// Port of the Service.
	Port string `json:"port,omitempty"`
	// Mirror: it gets copies of requests, whose answers nobody sees; the door's
	// verdict does not depend on it.
	Mirror bool `json:"mirror,omitempty"`
	// Redirect is the HTTP status with which the door answers requests itself;
	// then there is no Service.
	Redirect int `json:"redirect,omitempty"`
	// Verdict on the way from the data plane to the backend.
	Verdict Verdict `json:"verdict"`
	// Partly: some connections are allowed, although the verdict is Denied.
	Partly bool `json:"partly,omitempty"`
	// Reason for the verdict.
	Reason Reason `json:"reason"`
	// Detail is what the reason is about.
	Detail string `json:"detail,omitempty"`
	// Option is the setting of the controller that decides, if one does.
	Option string `json:"option,omitempty"`
	// Instead is the Service that answers for one without endpoints.
	Instead *Object `json:"instead,omitempty"`
	// ClientSees is the HTTP or gRPC status that clients get when the door cannot reach
	// the backend.
	ClientSees string `json:"clientSees,omitempty"`
	// Answers are the connections from the data plane.
	Answers []Answer `json:"answers,omitempty"`
	// Fix is the smallest change that lets the data plane in.
	Fix *Fix `json:"fix,omitempty"`
	// Inside are the rows of who else can reach the pods directly.
	Inside []ReachRow `json:"inside,omitempty"`
	// Meant are those inside whom a rule names and who fail at its port alone.
	Meant []Meant `json:"meant,omitempty"`
	// Around are ways past the door to the same pods.
	Around []Way `json:"around,omitempty"`
}

// Meant is an end whom a rule was meant to allow, with the change that does.
type Meant struct {
	// End is the workload.
	End End `json:"end"`
	// Fix lets it in.
	Fix Fix `json:"fix"`
}

// DoorRoute is a host and path that leads to a backend.
type DoorRoute struct {
	// By is the Ingress or route.
	By Object `json:"by"`
	// Field of it that says so.
	Field string `json:"field"`
	// Host of the request; empty is any.
	Host string `json:"host,omitempty"`
	// Path of the request.
	Path string `json:"path,omitempty"`
	// PathType is Exact, Prefix or another that the controller knows.
	PathType string `json:"pathType,omitempty"`
	// Conditions are what else a request has to be like.
	Conditions []string `json:"conditions,omitempty"`
	// TLS: clients come in by TLS.
	TLS bool `json:"tls"`
	// TLSBy is what says so where spec.tls does not: an annotation, a setting, another
	// Ingress.
	TLSBy string `json:"tlsBy,omitempty"`
	// Passthrough: the door leaves TLS to the pods.
	Passthrough bool `json:"passthrough,omitempty"`
	// Scheme of the requests (http, https, tls, tcp, udp), and Listener and
	// ListenerPort by which they come to a Gateway; absent for an Ingress.
	Scheme string `json:"scheme,omitempty"`
	// Listener of the Gateway.
	Listener string `json:"listener,omitempty"`
	// ListenerPort is its port.
	ListenerPort uint16 `json:"listenerPort,omitempty"`
	// Weight of the backend among those of its rule.
	Weight *int32 `json:"weight,omitempty"`
}

// WayKind is a kind of way around a door.
type WayKind string

// Kinds of way.
const (
	// WayNodePort: a NodePort of the same pods.
	WayNodePort WayKind = "NodePort"
	// WayLoadBalancer: a load balancer of the same pods.
	WayLoadBalancer WayKind = "LoadBalancer"
	// WayExternalIP: an external IP of a Service of the same pods.
	WayExternalIP WayKind = "ExternalIP"
	// WayHostPort: a hostPort of the pods.
	WayHostPort WayKind = "HostPort"
	// WayDoor: another Ingress leads to the same pods.
	WayDoor WayKind = "Door"
	// WayStream: a port of the controller leads to the same pods whatever the requests.
	WayStream WayKind = "Stream"
	// WayTargetGroup: a load balancer made elsewhere sends to the same pods.
	WayTargetGroup WayKind = "TargetGroup"
	// WayIPBlock: a policy lets outside addresses in.
	WayIPBlock WayKind = "IPBlock"
)

// Way is a way past the door: whether outside clients get to the same pods by it.
type Way struct {
	// Kind of the way.
	Kind WayKind `json:"kind"`
	// Object that makes it.
	Object Object `json:"object"`
	// Port at which clients come in.
	Port string `json:"port,omitempty"`
	// Verdict on clients outside.
	Verdict Verdict `json:"verdict"`
	// Partly: some of them get in, although the verdict is Denied.
	Partly bool `json:"partly,omitempty"`
	// Reason for the verdict.
	Reason Reason `json:"reason"`
	// From is what gets in, for an ipBlock.
	From []string `json:"from,omitempty"`
	// DecidedBy are the rules that admit or the policies that isolate.
	DecidedBy []RuleRef `json:"decidedBy,omitempty"`
}

// Fixes are all that are proposed for doors, their backends and who was meant to get
// there; some may be nil.
func (r *FrontDoor) Fixes() []*Fix {
	var out []*Fix
	for i := range r.Doors {
		d := &r.Doors[i]
		out = append(out, d.Fix)
		for j := range d.Backends {
			b := &d.Backends[j]
			out = append(out, b.Fix)
			for k := range b.Meant {
				out = append(out, &b.Meant[k].Fix)
			}
		}
	}
	return out
}
