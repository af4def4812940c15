package frontdoor

import (
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Door is one way into the cluster: an Ingress, or a Gateway with its routes.
type Door struct {
	// Object is the Ingress or the Gateway.
	Object report.Object
	// Class is its class, Controller the class's controller.
	Class, Controller string
	Routes            []Route
	// Refused are parents at which a route is not accepted, while others take it.
	Refused []Refusal
	// Ports are those at which a Gateway listens for its routes; none where only the
	// data plane tells.
	Ports     []Port
	DataPlane DataPlane
	// Guards are what the door has of its own to keep clients out.
	Guards []guard.Guard
}

// Refusal is a parent of a route that does not take it.
type Refusal struct {
	By            report.Object
	Field, Detail string
}

// Port is one at which a door listens.
type Port struct {
	Number   uint16
	Protocol connset.Protocol
}

// Listener is where requests for a route come in at a Gateway.
type Listener struct {
	Name string
	// Scheme of the requests: http, https, tls, tcp or udp; "" is not known.
	Scheme string
	Port   uint16
	// Hosts of the requests there; none is every host.
	Hosts []string
}

// Route is one backend that the door sends requests to.
type Route struct {
	// By is the object that says so: the Ingress or the route, and Field where.
	By    report.Object
	Field string
	// Hosts and Path of the requests; no host is every host.
	Hosts          []string
	Path, PathType string
	// TLS are the hosts for which the door terminates TLS; "" stands for all. TLSBy is
	// what says so besides spec.tls: an annotation, an option, another Ingress. Passed
	// are hosts whose TLS it leaves to the pods.
	TLS    []string
	TLSBy  string
	Passed []string
	// Default: it gets what no rule matches.
	Default bool
	// Conditions are what else a request has to be like.
	Conditions []string
	// Listeners are where a Gateway gets the requests; an Ingress names none.
	Listeners []Listener
	Backend   report.Object
	// named is the Service that the Ingress names.
	named string
	Port  string
	// ThroughNodes: a load balancer outside sends to node ports of the Service.
	ThroughNodes bool
	// Instead answers where the backend has no endpoints.
	Instead *report.Object
	// Weight is the backend's share among those of its rule; -1 without any.
	Weight int32
	// Mirror: the backend gets copies of requests, whose answers nobody sees.
	Mirror bool
	// Redirect is the status code with which the door answers requests itself, or 0.
	Redirect int
	// Broken says which link of the way is missing, Detail what about it, and Option
	// by which setting of the controller; then there are no Destinations. Undecided, it
	// may be missing.
	Broken       report.Reason
	Detail       string
	Option       string
	Undecided    bool
	Destinations []model.Destination
	// Unsure says why it is not known whether requests come this way at all, with what
	// that depends on: another Ingress, or a permission.
	Unsure   report.Reason
	UnsureOf string
}

// DataPlane is what carries the door's traffic to its backends.
type DataPlane struct {
	Parties  []model.Party
	Evidence []report.Evidence
	// Entry is the Service at which clients arrive, where there is one.
	Entry *snapshot.Service
	// Addresses are those that the door's status announces.
	Addresses []string
	// Problem says why Parties is not known; Detail what was found instead.
	Problem report.Reason
	Detail  string
	// Anywhere: it sends from addresses outside that only the user knows. A
	// verdict that is the same for every outside address holds for them too.
	Anywhere bool
	// Direct: it is outside and knows the pods' addresses, past their Service.
	Direct bool
	// ThroughNodes: it sends to NodePorts, so that pods see a node's address.
	ThroughNodes bool
	// Timeout and Refused are the status codes that clients see where a backend does
	// not answer or refuses; NoEndpoints and NoService where it has none or is none;
	// NotFound where the controller does not know the host and path.
	Timeout, Refused, NoEndpoints, NoService, NotFound string
	// Refuser is the installation that does not serve the door, where that is the
	// Problem, and Option the setting that decides.
	Refuser *report.Object
	Option  string
	// Name of the controller, where the catalogue knows it; Source its documentation.
	Name, Source string
	// Streams are ports of the controller that lead to Services past its doors, and
	// Hidden the permissions to read of others.
	Streams []Stream
	Hidden  []string
	// unread is what the search waits for.
	unread []snapshot.Need
}

// IsDoor reports whether references of the kind stand for a way in.
func IsDoor(k reference.Kind) bool { return k.IsDoor() }

// Open returns the doors that a reference stands for: one for an Ingress or a
// Gateway, one for each Gateway that a route is attached to. Controllers are the
// user's own words on what the data plane is; they settle the matter. The error
// is a [*model.NotFoundError] or a [*model.UnreadableError].
func Open(m *model.Model, r reference.Reference, controllers []reference.Reference) ([]*Door, error) {
	name := snapshot.Name{Namespace: r.Namespace, Name: r.Name}
	switch r.Kind {
	case reference.Ingress:
		ing := m.Ingress(name)
		if ing == nil {
			return nil, m.Absent(r)
		}
		return guarded(m, []*Door{ingressDoor(m, ing, controllers)}), nil
	case reference.Gateway:
		gw := m.Gateway(name)
		if gw == nil {
			return nil, m.Absent(r)
		}
		return guarded(m, []*Door{gatewayDoor(m, gw, nil, controllers)}), nil
	default:
		if IsOther(r.Kind) {
			doors := openOther(m, r, controllers)
			if doors == nil {
				return nil, m.Absent(r)
			}
			return guarded(m, doors), nil
		}
		route := m.Route(string(r.Kind), name)
		if route == nil {
			return nil, m.Absent(r)
		}
		return guarded(m, routeDoors(m, route, controllers)), nil
	}
}
