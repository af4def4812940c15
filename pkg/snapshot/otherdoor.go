package snapshot

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// Resources of doors of the kinds that a single controller has. Each type below is the part
// of the object's JSON that says where requests go.
const (
	OpenShiftRoutes Resource = "routes"
	HTTPProxies     Resource = "httpproxies"
	IngressRoutes   Resource = "ingressroutes"
	Middlewares     Resource = "middlewares"
	VirtualServices Resource = "virtualservices"
	IstioGateways   Resource = "gateways.networking.istio.io"
	Mappings        Resource = "mappings"
)

// OtherDoors are the resources whose objects are doors of such kinds.
func OtherDoors() []Resource {
	return []Resource{OpenShiftRoutes, HTTPProxies, IngressRoutes, VirtualServices, Mappings}
}

// OpenShiftRoute is a Route of OpenShift's router.
type OpenShiftRoute struct {
	Meta `json:"metadata"`
	Spec struct {
		Host string          `json:"host,omitempty"`
		Path string          `json:"path,omitempty"`
		To   OpenShiftTarget `json:"to"`
		// AlternateBackends get a share of the requests.
		AlternateBackends []OpenShiftTarget `json:"alternateBackends,omitempty"`
		Port              *struct {
			TargetPort intstr.IntOrString `json:"targetPort"`
		} `json:"port,omitempty"`
		TLS *struct {
			Termination string `json:"termination,omitempty"`
		} `json:"tls,omitempty"`
	} `json:"spec"`
	Status struct {
		Ingress []struct {
			RouterCanonicalHostname string      `json:"routerCanonicalHostname,omitempty"`
			Conditions              []Condition `json:"conditions,omitempty"`
		} `json:"ingress,omitempty"`
	} `json:"status"`
}

// OpenShiftTarget is a Service with its weight (100 when absent).
type OpenShiftTarget struct {
	Kind   string `json:"kind,omitempty"`
	Name   string `json:"name"`
	Weight *int32 `json:"weight,omitempty"`
}

// Condition is a condition of a status.
type Condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// Resource implements [Object].
func (o *OpenShiftRoute) Resource() Resource { return OpenShiftRoutes }

// Renamed implements [Object].
func (o *OpenShiftRoute) Renamed(n Renamer) Object {
	out := *o
	out.Meta = o.Meta.Renamed("Route", n)
	out.Spec.Host, out.Spec.Path = n.Host(o.Spec.Host), n.Path(o.Spec.Path)
	out.Spec.To.Name = n.Object("Service", o.Spec.To.Name)
	out.Spec.AlternateBackends = nil
	for _, b := range o.Spec.AlternateBackends {
		b.Name = n.Object("Service", b.Name)
		out.Spec.AlternateBackends = append(out.Spec.AlternateBackends, b)
	}
	out.Status.Ingress = append(out.Status.Ingress[:0:0], o.Status.Ingress...)
	for i := range out.Status.Ingress {
		out.Status.Ingress[i].RouterCanonicalHostname = n.Host(out.Status.Ingress[i].RouterCanonicalHostname)
	}
	return &out
}

// HTTPProxy is one of Contour's.
type HTTPProxy struct {
	Meta `json:"metadata"`
	Spec struct {
		IngressClassName string `json:"ingressClassName,omitempty"`
		// VirtualHost of a root; another proxy includes those without.
		VirtualHost *HTTPProxyHost     `json:"virtualhost,omitempty"`
		Routes      []HTTPProxyRoute   `json:"routes,omitempty"`
		Includes    []HTTPProxyInclude `json:"includes,omitempty"`
		TCPProxy    *struct {
			Services []HTTPProxyService `json:"services,omitempty"`
		} `json:"tcpproxy,omitempty"`
	} `json:"spec"`
	Status struct {
		CurrentStatus string             `json:"currentStatus,omitempty"`
		LoadBalancer  LoadBalancerStatus `json:"loadBalancer"`
	} `json:"status"`
}

// LoadBalancerStatus is a status.loadBalancer.
type LoadBalancerStatus struct {
	Ingress []struct {
		IP       string `json:"ip,omitempty"`
		Hostname string `json:"hostname,omitempty"`
	} `json:"ingress,omitempty"`
}

// HTTPProxyHost is the host of a root proxy, with who gets to it.
type HTTPProxyHost struct {
	FQDN string `json:"fqdn"`
	TLS  *struct {
		Passthrough bool `json:"passthrough,omitempty"`
	} `json:"tls,omitempty"`
	Authorization *struct {
		ExtensionRef struct {
			Namespace string `json:"namespace,omitempty"`
			Name      string `json:"name,omitempty"`
		} `json:"extensionRef"`
	} `json:"authorization,omitempty"`
	HTTPProxyFilter `json:",inline"`
}

// HTTPProxyFilter are lists of addresses.
type HTTPProxyFilter struct {
	Allow []HTTPProxyRange `json:"ipAllowPolicy,omitempty"`
	Deny  []HTTPProxyRange `json:"ipDenyPolicy,omitempty"`
}

// HTTPProxyRange is a CIDR, of the peer or of the client that a header tells.
type HTTPProxyRange struct {
	CIDR   string `json:"cidr"`
	Source string `json:"source,omitempty"`
}

// HTTPProxyRoute sends requests to Services, or answers them.
type HTTPProxyRoute struct {
	Conditions []struct {
		Prefix string `json:"prefix,omitempty"`
		Exact  string `json:"exact,omitempty"`
	} `json:"conditions,omitempty"`
	Services []HTTPProxyService `json:"services,omitempty"`
	Redirect *struct{}          `json:"requestRedirectPolicy,omitempty"`
	Response *struct{}          `json:"directResponsePolicy,omitempty"`

	HTTPProxyFilter `json:",inline"`
}

// HTTPProxyService is a Service's port.
type HTTPProxyService struct {
	Name   string `json:"name"`
	Port   uint16 `json:"port"`
	Weight int32  `json:"weight,omitempty"`
	Mirror bool   `json:"mirror,omitempty"`
}

// HTTPProxyInclude takes in the routes of another proxy.
type HTTPProxyInclude struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

// Resource implements [Object].
func (o *HTTPProxy) Resource() Resource { return HTTPProxies }

// Renamed implements [Object].
func (o *HTTPProxy) Renamed(n Renamer) Object {
	out := *o
	out.Meta = o.Meta.Renamed("HTTPProxy", n)
	if h := o.Spec.VirtualHost; h != nil {
		host := *h
		host.FQDN = n.Host(h.FQDN)
		if a := h.Authorization; a != nil {
			auth := *a
			auth.ExtensionRef.Namespace, auth.ExtensionRef.Name = n.Namespace(a.ExtensionRef.Namespace), n.Object("ExtensionService", a.ExtensionRef.Name)
			host.Authorization = &auth
		}
		out.Spec.VirtualHost = &host
	}
	services := func(in []HTTPProxyService) (made []HTTPProxyService) {
		for _, s := range in {
			s.Name = n.Object("Service", s.Name)
			made = append(made, s)
		}
		return made
	}
	out.Spec.Routes = nil
	for _, r := range o.Spec.Routes {
		r.Services = services(r.Services)
		conditions := r.Conditions
		r.Conditions = append(r.Conditions[:0:0], conditions...)
		for i := range r.Conditions {
			r.Conditions[i].Prefix, r.Conditions[i].Exact = n.Path(r.Conditions[i].Prefix), n.Path(r.Conditions[i].Exact)
		}
		out.Spec.Routes = append(out.Spec.Routes, r)
	}
	out.Spec.Includes = nil
	for _, i := range o.Spec.Includes {
		out.Spec.Includes = append(out.Spec.Includes, HTTPProxyInclude{Name: n.Object("HTTPProxy", i.Name), Namespace: n.Namespace(i.Namespace)})
	}
	if p := o.Spec.TCPProxy; p != nil {
		tcp := *p
		tcp.Services = services(p.Services)
		out.Spec.TCPProxy = &tcp
	}
	out.Status.LoadBalancer.Ingress = append(out.Status.LoadBalancer.Ingress[:0:0], o.Status.LoadBalancer.Ingress...)
	for i := range out.Status.LoadBalancer.Ingress {
		at := &out.Status.LoadBalancer.Ingress[i]
		at.Hostname = n.Host(at.Hostname)
	}
	return &out
}

// IngressRoute is one of Traefik's.
type IngressRoute struct {
	Meta `json:"metadata"`
	Spec struct {
		EntryPoints []string           `json:"entryPoints,omitempty"`
		Routes      []IngressRouteRule `json:"routes,omitempty"`
		TLS         *struct{}          `json:"tls,omitempty"`
	} `json:"spec"`
}

// IngressRouteRule sends what matches to Services, through middlewares.
type IngressRouteRule struct {
	Match       string                `json:"match,omitempty"`
	Services    []IngressRouteService `json:"services,omitempty"`
	Middlewares []NamedElsewhere      `json:"middlewares,omitempty"`
}

// IngressRouteService is a Service's port.
type IngressRouteService struct {
	Kind      string             `json:"kind,omitempty"`
	Name      string             `json:"name"`
	Namespace string             `json:"namespace,omitempty"`
	Port      intstr.IntOrString `json:"port,omitempty"`
}

// NamedElsewhere names an object, in the own namespace where it says none.
type NamedElsewhere struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

// Resource implements [Object].
func (o *IngressRoute) Resource() Resource { return IngressRoutes }

// Renamed implements [Object].
func (o *IngressRoute) Renamed(n Renamer) Object {
	out := *o
	out.Meta = o.Meta.Renamed("IngressRoute", n)
	out.Spec.Routes = nil
	for _, r := range o.Spec.Routes {
		made := IngressRouteRule{Match: renamedRule(r.Match, n)}
		for _, s := range r.Services {
			s.Namespace, s.Name = n.Namespace(s.Namespace), n.Object("Service", s.Name)
			made.Services = append(made.Services, s)
		}
		for _, m := range r.Middlewares {
			made.Middlewares = append(made.Middlewares, NamedElsewhere{Name: n.Object("Middleware", m.Name), Namespace: n.Namespace(m.Namespace)})
		}
		out.Spec.Routes = append(out.Spec.Routes, made)
	}
	return &out
}

// renamedRule is a rule of Traefik with its host names and paths replaced: what stands in backquotes.
func renamedRule(rule string, n Renamer) string {
	parts := strings.Split(rule, "`")
	for i := 1; i < len(parts); i += 2 {
		if strings.HasPrefix(parts[i], "/") {
			parts[i] = n.Path(parts[i])
		} else {
			parts[i] = n.Host(parts[i])
		}
	}
	return strings.Join(parts, "`")
}

// Middleware is one of Traefik's, as far as it decides who gets on.
type Middleware struct {
	Meta `json:"metadata"`
	Spec struct {
		IPAllowList *IPAllowList `json:"ipAllowList,omitempty"`
		IPWhiteList *IPAllowList `json:"ipWhiteList,omitempty"`
		ForwardAuth *struct {
			Address string `json:"address,omitempty"`
		} `json:"forwardAuth,omitempty"`
		RedirectRegex *struct {
			Replacement string `json:"replacement,omitempty"`
		} `json:"redirectRegex,omitempty"`
		Plugin map[string]struct{} `json:"plugin,omitempty"`
		Chain  *struct {
			Middlewares []NamedElsewhere `json:"middlewares,omitempty"`
		} `json:"chain,omitempty"`
	} `json:"spec"`
}

// IPAllowList are the addresses that may come. With a strategy, a header tells the client's.
type IPAllowList struct {
	SourceRange []string  `json:"sourceRange,omitempty"`
	IPStrategy  *struct{} `json:"ipStrategy,omitempty"`
}

// Resource implements [Object].
func (o *Middleware) Resource() Resource { return Middlewares }

// Renamed implements [Object].
func (o *Middleware) Renamed(n Renamer) Object {
	out := *o
	out.Meta = o.Meta.Renamed("Middleware", n)
	if a := o.Spec.ForwardAuth; a != nil {
		auth := *a
		auth.Address = n.Annotations(map[string]string{"": a.Address})[""]
		out.Spec.ForwardAuth = &auth
	}
	if r := o.Spec.RedirectRegex; r != nil {
		redirect := *r
		redirect.Replacement = ""
		out.Spec.RedirectRegex = &redirect
	}
	if c := o.Spec.Chain; c != nil {
		chain := *c
		chain.Middlewares = nil
		for _, m := range c.Middlewares {
			chain.Middlewares = append(chain.Middlewares, NamedElsewhere{Name: n.Object("Middleware", m.Name), Namespace: n.Namespace(m.Namespace)})
		}
		out.Spec.Chain = &chain
	}
	return &out
}

// VirtualService is one of Istio's.
type VirtualService struct {
	Meta `json:"metadata"`
	Spec struct {
		Hosts    []string             `json:"hosts,omitempty"`
		Gateways []string             `json:"gateways,omitempty"`
		HTTP     []VirtualServiceRule `json:"http,omitempty"`
		TLS      []VirtualServiceRule `json:"tls,omitempty"`
		TCP      []VirtualServiceRule `json:"tcp,omitempty"`
	} `json:"spec"`
}

// VirtualServiceRule sends requests on, or answers them.
type VirtualServiceRule struct {
	Route []struct {
		Destination struct {
			Host string `json:"host"`
			Port *struct {
				Number uint16 `json:"number,omitempty"`
			} `json:"port,omitempty"`
		} `json:"destination"`
	} `json:"route,omitempty"`
	Redirect *struct{} `json:"redirect,omitempty"`
	Response *struct{} `json:"directResponse,omitempty"`
}

// Resource implements [Object].
func (o *VirtualService) Resource() Resource { return VirtualServices }

// Renamed implements [Object].
func (o *VirtualService) Renamed(n Renamer) Object {
	out := *o
	out.Meta = o.Meta.Renamed("VirtualService", n)
	out.Spec.Hosts = mapped(o.Spec.Hosts, n.Host)
	out.Spec.Gateways = mapped(o.Spec.Gateways, func(old string) string {
		namespace, name, two := strings.Cut(old, "/")
		switch {
		case old == "mesh":
			return old
		case two:
			return n.Namespace(namespace) + "/" + n.Object("Gateway", name)
		default:
			return n.Object("Gateway", old)
		}
	})
	rules := func(in []VirtualServiceRule) (made []VirtualServiceRule) {
		for _, r := range in {
			next := r
			next.Route = append(r.Route[:0:0], r.Route...)
			for i := range next.Route {
				host := &next.Route[i].Destination.Host
				if strings.Contains(*host, ".") {
					*host = n.Host(*host)
				} else {
					*host = n.Object("Service", *host)
				}
			}
			made = append(made, next)
		}
		return made
	}
	out.Spec.HTTP, out.Spec.TLS, out.Spec.TCP = rules(o.Spec.HTTP), rules(o.Spec.TLS), rules(o.Spec.TCP)
	return &out
}

// IstioGateway selects the pods that listen.
type IstioGateway struct {
	Meta `json:"metadata"`
	Spec struct {
		Selector map[string]string `json:"selector,omitempty"`
		Servers  []struct {
			Hosts []string `json:"hosts,omitempty"`
			TLS   *struct {
				HTTPSRedirect bool `json:"httpsRedirect,omitempty"`
			} `json:"tls,omitempty"`
		} `json:"servers,omitempty"`
	} `json:"spec"`
}

// Resource implements [Object].
func (o *IstioGateway) Resource() Resource { return IstioGateways }

// Renamed implements [Object].
func (o *IstioGateway) Renamed(n Renamer) Object {
	out := *o
	out.Meta = o.Meta.Renamed("Gateway", n)
	out.Spec.Selector = n.Labels(o.Spec.Selector)
	out.Spec.Servers = append(out.Spec.Servers[:0:0], o.Spec.Servers...)
	for i := range out.Spec.Servers {
		out.Spec.Servers[i].Hosts = mapped(out.Spec.Servers[i].Hosts, n.Host)
	}
	return &out
}

// Mapping is one of Emissary-ingress (Ambassador).
type Mapping struct {
	Meta `json:"metadata"`
	Spec struct {
		Hostname string `json:"hostname,omitempty"`
		Host     string `json:"host,omitempty"`
		Prefix   string `json:"prefix,omitempty"`
		// Service is [SCHEME://]NAME[.NAMESPACE][:PORT].
		Service string `json:"service,omitempty"`
	} `json:"spec"`
}

// Resource implements [Object].
func (o *Mapping) Resource() Resource { return Mappings }

// Renamed implements [Object].
func (o *Mapping) Renamed(n Renamer) Object {
	out := *o
	out.Meta = o.Meta.Renamed("Mapping", n)
	out.Spec.Hostname, out.Spec.Host, out.Spec.Prefix = n.Host(o.Spec.Hostname), n.Host(o.Spec.Host), n.Path(o.Spec.Prefix)
	scheme, rest, has := strings.Cut(o.Spec.Service, "://")
	if !has {
		scheme, rest = "", o.Spec.Service
	}
	host, port, ported := strings.Cut(rest, ":")
	name, namespace, _ := strings.Cut(host, ".")
	host = n.Object("Service", name)
	if bare, domain, _ := strings.Cut(namespace, "."); bare != "" {
		host += "." + n.Namespace(bare)
		if domain != "" {
			host += "." + domain
		}
	}
	if ported {
		host += ":" + port
	}
	if has {
		host = scheme + "://" + host
	}
	out.Spec.Service = host
	return &out
}
