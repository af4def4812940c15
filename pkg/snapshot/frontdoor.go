package snapshot

import (
	"strings"
	"time"
)

// Resources of the front door.
const (
	Ingresses      Resource = "ingresses"
	IngressClasses Resource = "ingressclasses"
	Gateways       Resource = "gateways"
	GatewayClasses Resource = "gatewayclasses"
	HTTPRoutes     Resource = "httproutes"
	GRPCRoutes     Resource = "grpcroutes"
	TLSRoutes      Resource = "tlsroutes"
	TCPRoutes      Resource = "tcproutes"
	UDPRoutes      Resource = "udproutes"
	ListenerSets   Resource = "listenersets"
	// BackendTLSPolicies say how a Gateway speaks TLS to a Service.
	BackendTLSPolicies Resource = "backendtlspolicies"
	// InferencePools are backends of routes: pods, and what picks one for each request.
	InferencePools  Resource = "inferencepools"
	ReferenceGrants Resource = "referencegrants"
)

// Ingress is an Ingress with what decides who serves it and where it leads.
type Ingress struct {
	Name
	// Class is spec.ingressClassName, or LegacyClass the annotation
	// kubernetes.io/ingress.class that it replaced; "" when absent.
	Class       string
	LegacyClass string
	// Labels, by which a controller may select what it serves.
	Labels map[string]string
	// Annotations are those that decide what its controller does with requests, and
	// no others.
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
	out.Labels = n.Labels(o.Labels)
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
	// Created is metadata.creationTimestamp; zero where it is not known.
	Created time.Time
	// Parameters is the object that spec.parameters refers to, if any.
	Parameters *ClassParameters
}

// ClassParameters is the object that holds more settings of a class. Namespace is
// "" for one that has none.
type ClassParameters struct{ Group, Kind, Namespace, Name string }

// ID implements [Object].
func (o *IngressClass) ID() Name { return Name{Name: o.Name} }

// Resource implements [Object].
func (o *IngressClass) Resource() Resource { return IngressClasses }

// Renamed implements [Object]: who serves a class is known by its name.
func (o *IngressClass) Renamed(Renamer) Object { return o }

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
