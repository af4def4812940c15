package query

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// around lists the ways by which outside clients may get to the pods past the door.
func (e *engine) around(d *frontdoor.Door, r *frontdoor.Route) []report.Way {
	var out []report.Way
	for _, s := range e.Services() {
		if s == d.DataPlane.Entry || !exposed(s) || !e.sharesPods(s, r.Destinations) {
			continue
		}
		for i := range s.Ports {
			out = append(out, e.wayThrough(s, &s.Ports[i]))
		}
	}
	seen := map[string]bool{}
	for _, t := range r.Destinations {
		if t.Pod == nil {
			continue
		}
		for _, port := range t.Pod.Ports {
			kind, name := e.TopOwner(t.Pod)
			key := kind + name.String() + strconv.Itoa(int(port.HostPort))
			if port.HostPort == 0 || t.Pod.HostNetwork || seen[key] {
				continue
			}
			seen[key] = true
			mapping := report.PortMapping{Protocol: port.Protocol, Pod: port.Port, PodPortName: port.Name}
			dst := model.Destination{Party: t.Party, Addresses: t.Addresses, Port: mapping}
			out = append(out, e.way(report.Way{
				Kind: report.WayHostPort, Object: report.Object{Kind: kind, Namespace: name.Namespace, Name: name.Name},
				Port: strconv.Itoa(int(port.HostPort)) + "/" + string(port.Protocol),
			}, []model.Destination{dst}))
		}
	}
	out = append(out, e.doorsBeside(d, r)...)
	out = append(out, e.streams(d, r)...)
	out = append(out, e.targetGroups(r)...)
	return append(out, e.admittedBlocks(d, r)...)
}

func (e *engine) sharesPods(s *snapshot.Service, dsts []model.Destination) bool {
	for _, d := range dsts {
		if d.Pod == nil || d.Pod.Namespace != s.Namespace || len(s.Selector) == 0 {
			continue
		}
		shares := true
		for k, v := range s.Selector {
			shares = shares && d.Pod.Labels[k] == v
		}
		if shares {
			return true
		}
	}
	return false
}

func (e *engine) wayThrough(s *snapshot.Service, p *snapshot.ServicePort) report.Way {
	w := report.Way{
		Kind: report.WayExternalIP, Object: report.Object{Kind: "Service", Namespace: s.Namespace, Name: s.Name.Name},
		Port: strconv.Itoa(int(p.Port)) + "/" + string(p.Protocol),
	}
	switch s.Type {
	case snapshot.LoadBalancer:
		w.Kind = report.WayLoadBalancer
	case snapshot.NodePort:
		w.Kind, w.Port = report.WayNodePort, ""
		if p.NodePort != 0 {
			w.Port = strconv.Itoa(int(p.NodePort)) + "/" + string(p.Protocol)
		}
	default:
	}
	dsts, err := e.Destinations(reference.Reference{
		Kind: reference.Service, Namespace: s.Namespace, Name: s.Name.Name, Port: reference.Port{Number: p.Port, Protocol: p.Protocol},
	})
	if err != nil {
		return w
	}
	return e.way(w, dsts)
}

// way judges whether the internet gets in on a way.
func (e *engine) way(w report.Way, dsts []model.Destination) report.Way {
	return wayOf(w, e.answers(internetTo(dsts), dsts))
}

// admittedBlocks are the outside addresses that a rule admits to the pods
// directly.
func (e *engine) admittedBlocks(d *frontdoor.Door, r *frontdoor.Route) []report.Way {
	c := newCollector(e, "")
	c.sources(everyone{others: e.outside(r.Destinations)}, r.Destinations)
	var out []report.Way
	for _, row := range c.rows() {
		if row.Verdict != report.Allowed || row.Reason != report.RuleAllows {
			continue
		}
		for _, m := range row.Ends {
			from := slices.DeleteFunc(slices.Clone(m.End.Addresses), func(a string) bool { return e.ownAddress(d, a) })
			if m.End.Kind == "Internet" {
				from = []string{"internet"}
			}
			if len(from) == 0 {
				continue
			}
			for _, rule := range row.DecidedBy {
				out = append(out, report.Way{
					Kind: report.WayIPBlock, Object: rule.Policy, Verdict: report.Allowed, Reason: report.RuleAllows, From: from,
					DecidedBy: []report.RuleRef{rule},
				})
			}
		}
	}
	return out
}

// ownAddress tells whether a block is of nodes or of the door's own data plane:
// who comes from there does not go around the door.
func (e *engine) ownAddress(d *frontdoor.Door, block string) bool {
	p, err := netip.ParsePrefix(block)
	if err != nil {
		return false
	}
	for _, party := range d.DataPlane.Parties {
		if b := party.Block.Prefix; b.IsValid() && b.Bits() <= p.Bits() && b.Contains(p.Addr()) {
			return true
		}
		if p.IsSingleIP() && slices.Contains(party.Addresses(), p.Addr()) {
			return true
		}
	}
	return p.IsSingleIP() && e.NodeAt(p.Addr()) != nil
}

// doorsBeside are the other Ingresses that lead to the same pods, by which clients
// outside get to them, or may.
func (e *engine) doorsBeside(d *frontdoor.Door, r *frontdoor.Route) []report.Way {
	if d.Object.Kind != "Ingress" {
		return nil // Ingresses are not read for other doors
	}
	var out []report.Way
	only := *d
	only.Routes = []frontdoor.Route{*r}
	for _, other := range frontdoor.Beside(e.Model, &only, e.Controllers) {
		if other.DataPlane.Problem != "" {
			if problemVerdict(other.DataPlane.Problem) == report.Denied {
				continue
			}
			out = append(out, report.Way{
				Kind: report.WayDoor, Object: other.Object, Reason: other.DataPlane.Problem, From: hostsOf(other, r.Destinations),
			})
			continue
		}
		var ways []*draft
		for _, b := range askedOf(other) {
			if e.leadsToSame(b.first().Destinations, r.Destinations) {
				internet := reference.Reference{Form: reference.FormInternet}
				for _, to := range e.toward(other, internet, reference.Reference{}, internetTo(e.arrivals(other))) {
					for _, from := range e.leavingDoor(other, b) {
						if to == nil || to.meets(from) {
							ways = append(ways, e.chain(internet, other, b, to, from))
						}
					}
				}
			}
		}
		if v, partly := lettingIn(ways); len(ways) > 0 && (v != report.Denied || partly) {
			out = append(out, wayOf(report.Way{Kind: report.WayDoor, Object: other.Object, From: hostsOf(other, r.Destinations)}, ways))
		}
	}
	return out
}

// leadsToSame tells whether some pod is among both.
func (e *engine) leadsToSame(a, b []model.Destination) bool {
	return slices.ContainsFunc(a, func(x model.Destination) bool {
		return x.Pod != nil && slices.ContainsFunc(b, func(y model.Destination) bool { return y.Pod == x.Pod })
	})
}

// hostsOf are the hosts of a door's routes that lead to one of the pods.
func hostsOf(d *frontdoor.Door, to []model.Destination) []string {
	var out []string
	for _, r := range d.Routes {
		leads := slices.ContainsFunc(r.Destinations, func(x model.Destination) bool {
			return x.Pod != nil && slices.ContainsFunc(to, func(y model.Destination) bool { return y.Pod == x.Pod })
		})
		for _, h := range r.Hosts {
			if leads && h != "" && !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	if len(out) == 0 {
		return []string{"every host"}
	}
	return out
}

// streams are the ports of the door's controller that lead to the same pods.
func (e *engine) streams(d *frontdoor.Door, r *frontdoor.Route) []report.Way {
	var out []report.Way
	for _, s := range d.DataPlane.Streams {
		service := e.Service(s.Service)
		if service == nil || service.Type == snapshot.ExternalName {
			continue
		}
		to := e.Endpoints(service, s.ServicePort)
		if !e.leadsToSame(to, r.Destinations) {
			continue
		}
		way := report.Way{Kind: report.WayStream, Object: s.By, Port: strconv.Itoa(int(s.Port)) + "/" + string(s.Protocol)}
		arrivals := e.arrivalsAt(d, reference.Port{Number: s.Port, Protocol: s.Protocol})
		var ways []*draft
		if len(arrivals) > 0 {
			ways = e.arriving(d, internetTo(arrivals), arrivals)
		}
		if v, partly := lettingIn(ways); v != report.Denied || partly {
			ways = append(ways, e.answers(d.DataPlane.Parties, to)...)
		}
		out = append(out, wayOf(way, ways))
	}
	return out
}

// targetGroups are the load balancers made elsewhere with which a Service's pods are
// registered. Where its clients come from is not known: what holds for every address
// outside holds for its own.
func (e *engine) targetGroups(r *frontdoor.Route) []report.Way {
	var out []report.Way
	for _, b := range snapshot.Of[*snapshot.TargetGroupBinding](e.Snapshot, snapshot.TargetGroupBindings) {
		service := e.Service(snapshot.Name{Namespace: b.Namespace, Name: b.Spec.ServiceRef.Name})
		if service == nil || service.Type == snapshot.ExternalName {
			continue
		}
		number, name := b.Spec.ServiceRef.PortOf()
		to := e.Endpoints(service, reference.Port{Number: number, Name: name})
		if !e.leadsToSame(to, r.Destinations) {
			continue
		}
		from := internetTo(to)
		if b.Spec.TargetType != "ip" {
			from = e.nodesBefore(to...)
		}
		out = append(out, wayOf(report.Way{
			Kind: report.WayTargetGroup, Object: report.Object{Kind: "TargetGroupBinding", Namespace: b.Namespace, Name: b.Name},
		}, routed(e.answers(from, to))))
	}
	return out
}

// lettingIn tells whether a way lets anybody in: where some are shut out, and of others it
// is not known, it may.
func lettingIn(drafts []*draft) (v report.Verdict, partly bool) {
	v, partly = overall(drafts)
	if v == report.Denied && !partly && slices.ContainsFunc(drafts, func(d *draft) bool { return d.verdict == report.Unknown }) {
		v = report.Unknown
	}
	return v, partly
}

// wayOf judges a way by its connections: one that is denied to some is open to others.
func wayOf(w report.Way, drafts []*draft) report.Way {
	w.Verdict, w.Partly = lettingIn(drafts)
	for _, d := range drafts {
		// What holds wherever the pods run tells more than what holds on their own node.
		if d.verdict == w.Verdict && (w.Reason == "" || w.Reason == report.SameNode) {
			w.Reason, w.DecidedBy = d.reason, decidedBy(d.hops)
		}
	}
	return w
}
