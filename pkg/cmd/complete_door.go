package cmd

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// doorPortNeeds asks for an Ingress or Gateway itself, and for the Gateways of a
// route: at most two rounds, of objects by their names.
func doorPortNeeds(s *snapshot.Snapshot, r reference.Reference) []snapshot.Need {
	get := snapshot.Need{Resource: snapshot.Resource(r.Kind.Resource()), Namespace: r.Namespace, Name: r.Name}
	if !s.Tried(get) {
		return []snapshot.Need{get}
	}
	route := s.Route(string(r.Kind), snapshot.Name{Namespace: r.Namespace, Name: r.Name})
	if route == nil {
		return nil
	}
	var out []snapshot.Need
	for _, p := range route.Parents {
		if n := (snapshot.Need{Resource: snapshot.Gateways, Namespace: p.Namespace, Name: p.Name}); p.Kind == string(reference.Gateway) && !s.Tried(n) {
			out = append(out, n)
		}
	}
	return out
}

// doorPorts are the ports at which a way in takes requests: "An Ingress does not
// expose arbitrary ports or protocols" (Ingress docs), so 80 and, for TLS, 443; a
// Gateway has listeners, and a route those of its Gateways that it attaches to.
func doorPorts(m *model.Model, r reference.Reference) []snapshot.ContainerPort {
	name := snapshot.Name{Namespace: r.Namespace, Name: r.Name}
	if ing := m.Ingress(name); r.Kind == reference.Ingress && ing != nil {
		out := []snapshot.ContainerPort{{Name: "http", Protocol: connset.TCP, Port: 80}}
		if len(ing.TLS) > 0 {
			out = append(out, snapshot.ContainerPort{Name: "https", Protocol: connset.TCP, Port: 443})
		}
		return out
	}
	if gw := m.Gateway(name); r.Kind == reference.Gateway && gw != nil {
		return listenerPorts(gw, snapshot.RouteParent{})
	}
	var out []snapshot.ContainerPort
	if route := m.Route(string(r.Kind), name); route != nil {
		for _, p := range route.Parents {
			if gw := m.Gateway(snapshot.Name{Namespace: p.Namespace, Name: p.Name}); gw != nil && p.Kind == string(reference.Gateway) {
				out = append(out, listenerPorts(gw, p)...)
			}
		}
	}
	return out
}

// listenerPorts are the ports of the listeners that a parent names, of all where
// it names none.
func listenerPorts(gw *snapshot.Gateway, parent snapshot.RouteParent) []snapshot.ContainerPort {
	var out []snapshot.ContainerPort
	for _, l := range gw.Listeners {
		if parent.SectionName != "" && parent.SectionName != l.Name || parent.Port != 0 && parent.Port != l.Port || l.Port == 0 {
			continue
		}
		protocol := connset.TCP
		if strings.EqualFold(l.Protocol, string(connset.UDP)) {
			protocol = connset.UDP
		}
		out = append(out, snapshot.ContainerPort{Name: l.Name, Protocol: protocol, Port: l.Port})
	}
	return out
}
