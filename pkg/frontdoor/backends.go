package frontdoor

import (
	"strconv"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// backends is how a controller finds the endpoints of an Ingress's backend. The zero
// value is what most do: it reads the Service's EndpointSlices and connects to the
// addresses and ports of those that are ready, as a client of the pods would, so
// that neither a virtual address nor its traffic policies are on the way.
type backends struct {
	// targetPort: a backend's port may be the Service's targetPort as well.
	targetPort bool
	// service tells whether it connects to the Service's own address instead; nil: never.
	service func(q *asked, s *snapshot.Service) claim
	// external tells whether it takes Services of type ExternalName; nil: it does.
	external func(q *asked) claim
	// instead names the Service that answers where the backend has no endpoints; nil: none.
	instead func(q *asked) string
}

// follow resolves a route's Service and port as the controller does.
func (b backends) follow(q *asked, out *Route, service snapshot.Name, port reference.Port) {
	m := q.f.m
	s := m.Service(service)
	if s == nil {
		follow(m, out, service, port)
		return
	}
	out.Backend = report.Object{Kind: "Service", Namespace: service.Namespace, Name: service.Name}
	if s.Type == snapshot.ExternalName {
		c := served()
		if b.external != nil {
			c = b.external(q)
		}
		switch c.answer {
		case selector.No:
			out.refuse(c)
			return
		case selector.Undetermined: // what policies deny is denied all the same
			out.Unsure, out.UnsureOf = report.NotRead, c.takes
			if !isPermission(c.takes) {
				out.Unsure, out.UnsureOf = report.SettingsUnknown, firstNonEmpty(c.takes, c.option)
			}
		case selector.Yes:
		}
		follow(m, out, service, port)
		return
	}
	if b.service != nil {
		switch c := b.service(q, s); c.answer {
		case selector.Yes:
			follow(m, out, service, port)
			return
		case selector.Undetermined:
			// Where both ways have the same end, it does not matter which is taken.
			if s.InternalLocal || s.Headless {
				out.refuse(c)
				return
			}
		case selector.No:
		}
	}
	out.Destinations = m.Endpoints(s, b.asPort(s, port))
	if b.instead != nil && nowhere(out.Destinations) {
		b.answeredInstead(q, out, service.Namespace)
	}
}

// asPort is the Service's port that a backend means.
func (b backends) asPort(s *snapshot.Service, asked reference.Port) reference.Port {
	for _, p := range s.Ports {
		if p.Protocol == asked.Protocol && (asked.Number != 0 && p.Port == asked.Number || asked.Name != "" && p.Name == asked.Name) {
			return asked
		}
	}
	if !b.targetPort {
		return asked
	}
	for _, p := range s.Ports {
		if p.Protocol == asked.Protocol && (asked.Number != 0 && p.TargetPort == asked.Number || asked.Name != "" && p.TargetName == asked.Name) {
			return reference.Port{Number: p.Port, Protocol: p.Protocol}
		}
	}
	return asked
}

// answeredInstead notes the Service that answers for a backend without endpoints.
func (b backends) answeredInstead(q *asked, out *Route, namespace string) {
	name := b.instead(q)
	if name == "" {
		return
	}
	s := q.f.m.Service(snapshot.Name{Namespace: namespace, Name: name})
	if s == nil || len(s.Ports) == 0 {
		return
	}
	if d := q.f.m.Endpoints(s, reference.Port{Number: s.Ports[0].Port, Protocol: s.Ports[0].Protocol}); !nowhere(d) {
		out.Instead = &report.Object{Kind: "Service", Namespace: namespace, Name: name}
	}
}

// nowhere: none of the destinations is one.
func nowhere(dsts []model.Destination) bool {
	for _, d := range dsts {
		if d.Broken == "" || d.Broken == report.NotRead {
			return false
		}
	}
	return true
}

// refuse makes a claim against a route its end.
func (r *Route) refuse(c claim) {
	r.Broken, r.Detail, r.Option = c.reason, c.detail, c.option
	if c.answer == selector.Undetermined {
		r.Broken, r.Detail = report.NotRead, c.takes
		if !isPermission(c.takes) {
			r.Broken, r.Detail = report.SettingsUnknown, firstNonEmpty(c.takes, c.option)
		}
	}
	r.Destinations = nil
}

func portNumber(text string) uint16 {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}
