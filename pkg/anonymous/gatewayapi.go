package anonymous

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func (n *Names) listeners(old []snapshot.Listener) []snapshot.Listener {
	var out []snapshot.Listener
	for _, l := range old {
		if l.Hostname != "" {
			l.Hostname = n.host(l.Hostname)
		}
		l.Routes = n.namespaces(l.Routes)
		certificates := l.Certificates
		l.Certificates = nil
		for _, c := range certificates {
			c.Namespace, c.Name = n.Namespace(c.Namespace), n.object(c.Kind, c.Name)
			l.Certificates = append(l.Certificates, c)
		}
		out = append(out, l)
	}
	return out
}

func (n *Names) namespaces(old snapshot.AllowedNamespaces) snapshot.AllowedNamespaces {
	if old.Selector != nil {
		old.Selector = old.Selector.DeepCopy()
		n.selector(old.Selector)
	}
	return old
}

// conditions without their messages, which are free text.
func conditions(old snapshot.Conditions) snapshot.Conditions {
	if old == nil {
		return nil
	}
	out := snapshot.Conditions{}
	for kind, c := range old {
		c.Message = ""
		out[kind] = c
	}
	return out
}

func listenerStatuses(old map[string]snapshot.Conditions) map[string]snapshot.Conditions {
	if old == nil {
		return nil
	}
	out := map[string]snapshot.Conditions{}
	for name, c := range old {
		out[name] = conditions(c)
	}
	return out
}

func (n *Names) route(o *snapshot.Route) *snapshot.Route {
	out := &snapshot.Route{Kind: o.Kind, Name: n.names(o.Kind, o.Name), Revision: o.Revision, Hostnames: mapped(o.Hostnames, n.host)}
	for _, p := range o.Parents {
		out.Parents = append(out.Parents, n.parent(p))
	}
	for _, r := range o.Rules {
		rule := snapshot.RouteRule{Redirect: r.Redirect, Extension: r.Extension}
		if kind, name, ok := strings.Cut(r.Extension, "/"); ok {
			rule.Extension = kind + "/" + n.object(kind, name)
		}
		for _, m := range r.Matches {
			rule.Matches = append(rule.Matches, n.match(m))
		}
		for _, b := range r.Backends {
			rule.Backends = append(rule.Backends, n.routeBackend(b))
		}
		for _, b := range r.Mirrors {
			rule.Mirrors = append(rule.Mirrors, n.routeBackend(b))
		}
		out.Rules = append(out.Rules, rule)
	}
	for _, s := range o.Statuses {
		out.Statuses = append(out.Statuses, snapshot.ParentStatus{Parent: n.parent(s.Parent), Controller: s.Controller, Conditions: conditions(s.Conditions)})
	}
	return out
}

func (n *Names) routeBackend(b snapshot.RouteBackend) snapshot.RouteBackend {
	b.Namespace, b.Name = n.Namespace(b.Namespace), n.object(b.Kind, b.Name)
	return b
}

// match keeps the names of headers and parameters; their values, and the services
// that gRPC calls, name things.
func (n *Names) match(m snapshot.RouteMatch) snapshot.RouteMatch {
	m.Path.Path = n.path(m.Path.Path)
	m.Call.Service, m.Call.Method = n.object("gRPC service", m.Call.Service), n.object("gRPC method", m.Call.Method)
	m.Headers, m.Queries = n.routeFields(m.Headers), n.routeFields(m.Queries)
	return m
}

func (n *Names) routeFields(old []snapshot.RouteField) []snapshot.RouteField {
	var out []snapshot.RouteField
	for _, f := range old {
		f.Value = n.value(f.Name, f.Value)
		out = append(out, f)
	}
	return out
}

func (n *Names) parent(p snapshot.RouteParent) snapshot.RouteParent {
	p.Namespace, p.Name = n.Namespace(p.Namespace), n.object(p.Kind, p.Name)
	return p
}
