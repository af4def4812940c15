package query

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// doorProblem is the answer where a door's data plane is not known.
func (e *engine) doorProblem(d *frontdoor.Door, source reference.Reference) *draft {
	object := d.Object
	hop := report.Hop{
		Kind: report.HopRoute, Verdict: problemVerdict(d.DataPlane.Problem), Reason: d.DataPlane.Problem,
		Object: &object, Detail: d.DataPlane.Detail,
	}
	if d.DataPlane.Problem == report.NotRead {
		hop.Needs, hop.Detail = []string{d.DataPlane.Detail}, ""
	}
	return &draft{outcome: conclude([]report.Hop{hop}), source: newMembers(endOf(source)), target: newMembers(doorEnd(d))}
}

// problemVerdict: a class that nobody serves, or a parent that does not exist,
// lets nothing through; a data plane that was not found may well be there.
func problemVerdict(r report.Reason) report.Verdict {
	switch r {
	case report.ClassMissing, report.ParentMissing, report.NamespaceNotWatched, report.LabelsNotWatched, report.OtherClass,
		report.IngressesNotServed, report.IngressRefused:
		return report.Denied
	default:
		return report.Unknown
	}
}

// throughDoors evaluates the way from sources through doors to their backends:
// the way to the door's data plane, the route, and the data plane's own way.
func (e *engine) throughDoors(source, target reference.Reference, sources []model.Party) ([]*draft, error) {
	doors, err := frontdoor.Open(e.Model, target, e.Controllers)
	if err != nil {
		return nil, err
	}
	var out []*draft
	for _, d := range doors {
		if d.DataPlane.Problem != "" {
			out = append(out, e.doorProblem(d, source))
			continue
		}
		first := e.toward(d, source, target, sources)
		behind := askedOf(d)
		if len(behind) == 0 {
			out = append(out, e.nothingBehind(d, source))
		}
		for _, b := range behind {
			if b.first().Mirror {
				continue // its answers nobody waits for
			}
			second := e.leavingDoor(d, b)
			for _, x := range first {
				for _, y := range second {
					if x == nil || x.meets(y) {
						out = append(out, e.chain(source, d, b, x, y))
					}
				}
			}
		}
	}
	return out, nil
}

// nothingBehind is the answer where no route sends requests anywhere, as far as
// routes could be read.
func (e *engine) nothingBehind(d *frontdoor.Door, source reference.Reference) *draft {
	object := d.Object
	hop := report.Hop{Kind: report.HopRoute, Verdict: report.Denied, Reason: report.NoRoutes, Object: &object}
	if unread := e.unreadRoutes(d); len(unread) > 0 {
		hop.Verdict, hop.Reason, hop.Needs = report.Unknown, report.NotRead, unread
	}
	return &draft{outcome: conclude([]report.Hop{hop}), source: newMembers(endOf(source)), target: newMembers(doorEnd(d)), unfixable: true}
}

// meets tells whether some pod that one way leads to is where the other starts:
// what enters by one node's controller leaves by the same.
func (d *draft) meets(next *draft) bool {
	if len(d.target.names) == 0 || len(next.source.names) == 0 || d.target.end.Kind != next.source.end.Kind {
		return true
	}
	for name := range d.target.names {
		if next.source.names[name] {
			return true
		}
	}
	return false
}

// arriving evaluates the way of clients to a door's data plane.
func (e *engine) arriving(d *frontdoor.Door, clients []model.Party, arrivals []model.Destination) []*draft {
	if open := e.entryUnread(d); open != nil {
		return []*draft{open}
	}
	return e.guarded(d, clients, func(clients []model.Party) []*draft {
		if len(arrivals) == 0 {
			return nil // a data plane outside of the cluster
		}
		drafts := e.answers(clients, arrivals)
		if onHost(d.DataPlane.Parties) {
			return routed(drafts) // to the nodes' own ports
		}
		return nothingLeadsIn(d, clients, drafts)
	})
}

// chain joins the way to the door and the way from it.
func (e *engine) chain(source reference.Reference, d *frontdoor.Door, b *doorBackend, to, from *draft) *draft {
	out := *from
	out.legs = []*draft{from}
	var hops []report.Hop
	if len(from.source.names) > 0 {
		through := from.source.report(from.sourceTotal)
		out.through = &through
	}
	out.source, out.sourceTotal = newMembers(endOf(source)), 0
	var caveats []report.Caveat
	if to != nil {
		hops = append(hops, slices.Clone(to.hops)...)
		for i := range hops {
			if hops[i].Kind == report.HopService && len(to.ports) > 1 {
				hops[i].MorePorts = to.ports[1:]
			}
		}
		out.source, out.sourceTotal, out.legs = to.source, to.sourceTotal, []*draft{to, from}
		caveats = append(caveats, to.caveats...)
		if to.verdict == report.Denied {
			// What there is to mend is on the way to the door.
			out.unfixable = to.unfixable
		}
	}
	object := d.Object
	if b.routes[0].By.Kind != d.Object.Kind {
		object = b.routes[0].By
	}
	if b.first().Redirect == 0 || b.first().Broken != "" {
		hops = append(hops, report.Hop{
			Kind: report.HopRoute, Verdict: report.Allowed, Reason: report.Routed, Object: &object, Detail: b.text(),
		})
	}
	for _, h := range from.hops {
		if h.Of != nil && h.Of.Kind == "Addresses" && len(h.Of.Addresses) == 0 {
			end := from.source.report(from.sourceTotal).End
			h.Of = &end
		}
		hops = append(hops, h)
	}
	out.outcome = conclude(hops)
	out.caveats = append(caveats, from.caveats...)
	return &out
}

// doorBackend is one Service port of a door, with all routes to it.
type doorBackend struct {
	routes []frontdoor.Route
}

func (b *doorBackend) first() *frontdoor.Route { return &b.routes[0] }

// text shows the requests that lead to the backend.
func (b *doorBackend) text() string {
	var parts []string
	add := func(text string) {
		if !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	for _, r := range b.routes {
		connections := len(r.Listeners) > 0 // of TCP, UDP or TLS, which have no paths
		for _, l := range r.Listeners {
			connections = connections && l.Scheme != "http" && l.Scheme != "https"
		}
		if connections {
			for _, l := range r.Listeners {
				for _, h := range anyHost(l.Hosts, "*") {
					add(l.Scheme + "://" + h + ":" + number(l.Port))
				}
			}
			continue
		}
		for _, h := range anyHost(r.Hosts, "*") {
			path := r.Path
			if path == "" {
				path = "/"
			}
			text := h + path
			if len(r.Conditions) > 0 {
				text += " (" + strings.Join(r.Conditions, ", ") + ")"
			}
			add(text)
		}
	}
	return strings.Join(parts, ", ")
}

// anyHost are hosts, or the one that stands for all.
func anyHost(hosts []string, all string) []string {
	if len(hosts) == 0 {
		return []string{all}
	}
	return hosts
}

// backends groups a door's routes by where they lead, in the order of the door.
func backends(d *frontdoor.Door) []*doorBackend {
	var out []*doorBackend
	for _, group := range fold(d.Routes, func(r frontdoor.Route) string {
		return strings.Join([]string{
			r.Backend.Namespace, r.Backend.Name, r.Port, string(r.Broken), r.Detail, strconv.FormatBool(r.Undecided), strconv.FormatBool(r.Mirror), strconv.Itoa(r.Redirect),
		}, "\x00")
	}) {
		out = append(out, &doorBackend{routes: group})
	}
	return out
}

// askedOf are the backends that requests get to: a default backend that is never asked
// decides nothing, unless it is all there is.
func askedOf(d *frontdoor.Door) []*doorBackend {
	all := backends(d)
	out := slices.DeleteFunc(slices.Clone(all), func(b *doorBackend) bool { return b.first().Broken == report.NeverAsked })
	if len(out) == 0 {
		return all
	}
	return out
}

// leavingDoor evaluates the way from a door's data plane to one backend, with whom the
// controller asks before it sends a request there. Where it is not known whether requests
// come this way, what would be allowed is open.
func (e *engine) leavingDoor(d *frontdoor.Door, b *doorBackend) []*draft {
	out := e.toBackend(d, b)
	if b.first().Broken == "" {
		out = e.afterAsking(d, b, out)
	}
	if slices.ContainsFunc(b.routes, func(r frontdoor.Route) bool { return r.Unsure == "" }) {
		return out
	}
	r := b.first()
	hop := report.Hop{Kind: report.HopRoute, Verdict: report.Unknown, Reason: r.Unsure, Detail: r.UnsureOf, Object: &r.By}
	if r.Unsure == report.NotRead {
		hop.Needs, hop.Detail = []string{r.UnsureOf}, ""
	}
	for _, x := range out {
		if x.verdict == report.Allowed {
			x.outcome = before([]report.Hop{hop}, x)
		}
	}
	return out
}

// toBackend evaluates the way from a door's data plane to one backend.
func (e *engine) toBackend(d *frontdoor.Door, b *doorBackend) []*draft {
	r := b.first()
	if r.Broken == "" && r.Redirect != 0 {
		hop := report.Hop{Kind: report.HopRoute, Verdict: report.Allowed, Reason: report.Redirected, Detail: strconv.Itoa(r.Redirect), Object: &r.By}
		return []*draft{{outcome: conclude([]report.Hop{hop}), source: newMembers(doorEnd(d)), target: newMembers(doorEnd(d))}}
	}
	if r.Broken != "" {
		hop := report.Hop{Kind: report.HopRoute, Verdict: brokenVerdict(r.Broken), Reason: r.Broken, Detail: r.Detail}
		if r.Undecided || r.Broken == report.ResourceBackend && r.By.Kind == "Ingress" {
			hop.Verdict = report.Unknown
		}
		if r.Broken == report.NotRead {
			hop.Needs, hop.Detail = []string{r.Detail}, ""
		}
		end := report.End{Kind: "Service", Namespace: r.Backend.Namespace, Name: r.Backend.Name}
		if r.Backend.Name == "" {
			end = report.End{Kind: r.By.Kind, Namespace: r.By.Namespace, Name: r.By.Name}
		} else {
			object := r.Backend
			hop.Object = &object
		}
		return []*draft{{outcome: conclude([]report.Hop{hop}), source: newMembers(doorEnd(d)), target: newMembers(end)}}
	}
	plane := &d.DataPlane
	dsts := r.Destinations
	through := plane.ThroughNodes || r.ThroughNodes
	if through {
		if hop := withoutNodePort(dsts); hop != nil {
			return []*draft{{outcome: conclude([]report.Hop{*hop}), source: newMembers(doorEnd(d)), target: newMembers(doorEnd(d))}}
		}
	}
	switch {
	case through && keepsAddress(dsts) && plane.Direct && !plane.Anywhere:
		return routed(e.answers(plane.Parties, dsts))
	case through && keepsAddress(dsts):
		return e.fromAnywhere(d, dsts)
	case through:
		return e.answers(e.nodesBefore(dsts...), dsts)
	case plane.Anywhere:
		return e.fromAnywhere(d, past(dsts))
	case plane.Direct:
		return routed(e.answers(plane.Parties, past(dsts)))
	case onlyNamed(plane):
		return e.fromAnywhere(d, past(dsts)) // a load balancer that sends to pods
	default:
		return e.answers(e.planeParties(d, dsts...), dsts)
	}
}

// withoutNodePort says that a load balancer which sends to nodes has no port of
// theirs to send to, or nil.
func withoutNodePort(dsts []model.Destination) *report.Hop {
	for _, t := range dsts {
		if s := t.Service; s != nil && t.Broken == "" && (!exposed(s) || s.NoNodePorts && s.Type == snapshot.LoadBalancer) {
			return &report.Hop{
				Kind: report.HopService, Verdict: report.Denied, Reason: report.NotExposed, Detail: "type " + string(s.Type),
				Object: &report.Object{Kind: "Service", Namespace: s.Namespace, Name: s.Name.Name},
			}
		}
	}
	return nil
}

// keepsAddress: with externalTrafficPolicy Local, nodes pass the load balancer's
// own address on.
func keepsAddress(dsts []model.Destination) bool {
	return slices.ContainsFunc(dsts, func(t model.Destination) bool { return t.Service != nil && t.Service.ExternalLocal })
}

// past are destinations as a load balancer sees them that knows the pods'
// addresses: no node takes its packets, whatever the type of the Service.
func past(dsts []model.Destination) []model.Destination {
	out := slices.Clone(dsts)
	for i := range out {
		if s := out[i].Service; s != nil && exposed(s) {
			plain := *s
			plain.Type = snapshot.ClusterIP
			out[i].Service = &plain
		}
	}
	return out
}

// routed drops the doubt whether outside addresses are routed to pods: a load
// balancer does so.
func routed(drafts []*draft) []*draft {
	for _, d := range drafts {
		d.caveats = slices.DeleteFunc(d.caveats, func(c report.Caveat) bool { return c.Code == report.RoutedOutside })
	}
	return drafts
}

// fromAnywhere answers for a load balancer whose addresses only the user knows:
// what holds for every address outside holds for its own.
func (e *engine) fromAnywhere(d *frontdoor.Door, dsts []model.Destination) []*draft {
	anywhere := []model.Party{
		{Block: address.Block{Prefix: netip.MustParsePrefix("0.0.0.0/0")}}, {Block: address.Block{Prefix: netip.MustParsePrefix("::/0")}},
	}
	drafts := routed(e.answers(destinationFamilies(dsts).within(anywhere), dsts))
	verdicts := map[report.Verdict]bool{}
	for _, x := range drafts {
		x.source, x.sourceTotal, x.unfixable = newMembers(doorEnd(d)), 0, true
		verdicts[x.verdict] = true
	}
	if len(verdicts) < 2 {
		return drafts
	}
	object := d.Object
	open := report.Hop{Kind: report.HopRoute, Reason: report.ControllerOutside, Detail: d.DataPlane.Parties[0].External, Object: &object}
	out := *drafts[0]
	out.outcome = conclude([]report.Hop{open})
	return []*draft{&out}
}

// planeParties are the parties that destinations see: for a load balancer that sends
// to NodePorts, the nodes.
func (e *engine) planeParties(d *frontdoor.Door, dsts ...model.Destination) []model.Party {
	if !d.DataPlane.ThroughNodes {
		return d.DataPlane.Parties
	}
	return e.nodesBefore(dsts...)
}

// nodesBefore are the nodes that pass on what arrives at node ports of destinations.
func (e *engine) nodesBefore(dsts ...model.Destination) []model.Party {
	var out []model.Party
	for _, n := range e.entryNodes(dsts...) {
		out = append(out, model.Party{Node: n})
	}
	return out
}

// onlyNamed: of a load balancer no more is known than what it is.
func onlyNamed(p *frontdoor.DataPlane) bool {
	return len(p.Parties) == 1 && p.Parties[0].External != "" && !p.Parties[0].Identity
}

func doorEnd(d *frontdoor.Door) report.End {
	return report.End{Kind: d.Object.Kind, Namespace: d.Object.Namespace, Name: d.Object.Name}
}

// arrivals are where clients of a door arrive: its Service's web ports, or the
// pods' own where they listen on their nodes or no Service is known; none for a
// data plane outside the cluster.
func (e *engine) arrivals(d *frontdoor.Door) []model.Destination {
	return e.arrivalsAt(d, reference.Port{})
}

// arrivalsAt is [engine.arrivals] on the port that was asked for, if any: it need
// not be one that requests are known to come by.
func (e *engine) arrivalsAt(d *frontdoor.Door, asked reference.Port) []model.Destination {
	likely := func(all []model.Destination) []model.Destination { return listenedAt(d, all) }
	if asked != (reference.Port{}) {
		likely = func(all []model.Destination) []model.Destination { return all }
	}
	if s := d.DataPlane.Entry; s != nil && (exposed(s) || !onHost(d.DataPlane.Parties)) {
		dsts, err := e.Destinations(reference.Reference{Kind: reference.Service, Namespace: s.Namespace, Name: s.Name.Name, Port: asked})
		if err == nil {
			return likely(dsts)
		}
	}
	var out []model.Destination
	for _, p := range d.DataPlane.Parties {
		if p.Pod == nil {
			continue
		}
		for _, port := range e.PortsOf(p, asked) {
			out = append(out, model.Destination{Party: p, Addresses: p.Addresses(), Port: port})
		}
	}
	return likely(out)
}

// onHost tells whether pods listen on their nodes' web ports.
func onHost(parties []model.Party) bool {
	return slices.ContainsFunc(parties, func(p model.Party) bool { return p.Pod != nil && frontdoor.ListensOnHost(p.Pod) })
}

// listenedAt keeps the ports of a Gateway's listeners that get the requests for its
// routes: those of its Service, "listeners define logical endpoints that are bound on
// this Gateway's addresses" (Gateway.spec.listeners docs). Where none of them is
// there, and for an Ingress, requests come by the usual ones.
func listenedAt(d *frontdoor.Door, dsts []model.Destination) []model.Destination {
	var out []model.Destination
	for _, t := range dsts {
		port := t.Port.Service
		if t.ServicePort == nil && port == 0 {
			port = t.Port.Pod
		}
		if slices.Contains(d.Ports, frontdoor.Port{Number: port, Protocol: t.Port.Protocol}) {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return webPorts(dsts)
	}
	return out
}

// webPorts keeps the ports by which requests come, where they can be told.
func webPorts(dsts []model.Destination) []model.Destination {
	var out []model.Destination
	for _, d := range dsts {
		port := d.Port.Service
		name := d.Port.PodPortName
		if d.ServicePort != nil {
			name = d.ServicePort.Name
		} else if port == 0 {
			port = d.Port.Pod
		}
		switch {
		case d.Port.Protocol != connset.TCP:
		case port == 80, port == 443, name == "http", name == "https", name == "web", name == "websecure":
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return dsts
	}
	return out
}
