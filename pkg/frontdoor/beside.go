package frontdoor

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Stream is a port of a controller that leads to a Service whatever the requests are: a
// way around its doors.
type Stream struct {
	// By is the ConfigMap that says so.
	By report.Object
	// Port of the controller.
	Port     uint16
	Protocol connset.Protocol
	// Service and ServicePort to which it leads.
	Service     snapshot.Name
	ServicePort reference.Port
}

type streamOption struct {
	name     string
	protocol connset.Protocol
}

// streamOptions are the arguments by which controllers are told of such a ConfigMap:
// ingress-nginx (docs/user-guide/exposing-tcp-udp-services.md), HAProxy Ingress, and
// HAProxy Technologies' (documentation/controller.md).
func streamOptions() []streamOption {
	return []streamOption{{"tcp-services-configmap", connset.TCP}, {"udp-services-configmap", connset.UDP}, {"configmap-tcp-services", connset.TCP}}
}

// readStreams reads what the installation that serves the door leads on besides.
func (f *finder) readStreams(q *asked) {
	for _, o := range streamOptions() {
		protocol := o.protocol
		ns, name, ok := strings.Cut(q.told.Value(o.name, ""), "/")
		if !ok {
			continue
		}
		at := snapshot.Name{Namespace: ns, Name: name}
		need := snapshot.Need{Resource: snapshot.ConfigMaps, Namespace: ns, Name: name}
		f.look(need)
		data, hidden := settings.Config(f.m.Snapshot, at)
		if hidden != "" {
			f.plane.Hidden = append(f.plane.Hidden, hidden)
			continue
		}
		for key, value := range data {
			port := portNumber(key)
			home, rest, ok := strings.Cut(value, "/")
			service, to, _ := strings.Cut(rest, ":")
			to, _, _ = strings.Cut(to, ":") // :PROXY, :ssl
			if port == 0 || !ok {
				continue
			}
			s := Stream{
				By: report.Object{Kind: "ConfigMap", Namespace: ns, Name: name}, Port: port, Protocol: protocol,
				Service: snapshot.Name{Namespace: home, Name: service}, ServicePort: reference.Port{Name: to, Protocol: protocol},
			}
			if n, err := strconv.ParseUint(to, 10, 16); err == nil {
				s.ServicePort = reference.Port{Number: uint16(n), Protocol: protocol}
			}
			f.plane.Streams = append(f.plane.Streams, s)
		}
	}
	slices.SortFunc(f.plane.Streams, func(a, b Stream) int { return int(a.Port) - int(b.Port) })
}

// Beside are the other Ingresses that lead to pods of a door's: ways around it.
func Beside(m *model.Model, d *Door, controllers []reference.Reference) []*Door {
	var out []*Door
	for _, ing := range m.Ingresses() {
		if ingressObject(ing) == d.Object || !slices.ContainsFunc(ingressBackends(ing), func(s snapshot.Name) bool { return sharesPods(m.Service(s), d) }) {
			continue
		}
		out = append(out, ingressDoor(m, ing, controllers))
	}
	return guarded(m, out)
}

// ingressBackends are the Services that an Ingress names.
func ingressBackends(ing *snapshot.Ingress) []snapshot.Name {
	var out []snapshot.Name
	add := func(b snapshot.IngressBackend) {
		if b.Service != "" {
			out = append(out, snapshot.Name{Namespace: ing.Namespace, Name: b.Service})
		}
	}
	if ing.Default != nil {
		add(*ing.Default)
	}
	for _, r := range ing.Rules {
		for _, p := range r.Paths {
			add(p.Backend)
		}
	}
	return out
}

// sharesPods tells whether a Service selects pods to which a door leads.
func sharesPods(s *snapshot.Service, d *Door) bool {
	if s == nil || len(s.Selector) == 0 {
		return false
	}
	for _, r := range d.Routes {
		for _, t := range r.Destinations {
			if t.Pod != nil && t.Pod.Namespace == s.Namespace && carries(t.Pod.Labels, s.Selector) {
				return true
			}
		}
	}
	return false
}
