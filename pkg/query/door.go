package query

import (
	"errors"
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
	case report.ClassMissing, report.ParentMissing:
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
		entering := sources
		arrivals := e.arrivalsAt(d, target.Port)
		if source.Form == reference.FormInternet {
			entering = destinationFamilies(arrivals).within(sources)
		}
		first := []*draft{nil}
		if len(arrivals) > 0 || guardsClients(d) {
			first = e.arriving(d, entering, arrivals)
		}
		behind := backends(d)
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
		return drafts
	})
}

// chain joins the way to the door and the way from it.
func (e *engine) chain(source reference.Reference, d *frontdoor.Door, b *doorBackend, to, from *draft) *draft {
	out := *from
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
		out.source, out.sourceTotal = to.source, to.sourceTotal
		caveats = append(caveats, to.caveats...)
		if to.verdict == report.Denied {
			// What there is to mend is on the way to the door.
			out.sample, out.sources, out.unfixable = to.sample, to.sources, false
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

// leavingDoor evaluates the way from a door's data plane to one backend, with whom the
// controller asks before it sends a request there.
func (e *engine) leavingDoor(d *frontdoor.Door, b *doorBackend) []*draft {
	if b.first().Broken != "" {
		return e.toBackend(d, b)
	}
	return e.afterAsking(d, b, e.toBackend(d, b))
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
	if plane.ThroughNodes {
		if hop := withoutNodePort(dsts); hop != nil {
			return []*draft{{outcome: conclude([]report.Hop{*hop}), source: newMembers(doorEnd(d)), target: newMembers(doorEnd(d))}}
		}
	}
	switch {
	case plane.Anywhere:
		return e.fromAnywhere(d, past(dsts))
	case plane.ThroughNodes && keepsAddress(dsts):
		return e.fromAnywhere(d, dsts)
	case plane.Direct:
		return routed(e.answers(plane.Parties, past(dsts)))
	default:
		return e.answers(e.planeParties(d, dsts...), dsts)
	}
}

// withoutNodePort says that a load balancer which sends to nodes has no port of
// theirs to send to, or nil.
func withoutNodePort(dsts []model.Destination) *report.Hop {
	for _, t := range dsts {
		if s := t.Service; s != nil && t.Broken == "" && !exposed(s) {
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
	var out []model.Party
	for _, n := range e.entryNodes(dsts...) {
		out = append(out, model.Party{Node: n})
	}
	return out
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

// FrontDoor answers who can reach the backends of an Ingress, Gateway or route:
// whether the door itself works, who gets to the same pods directly, and which
// ways lead around it. Errors are a [*model.NotFoundError].
func FrontDoor(m *model.Model, r reference.Reference, o Options) (*report.FrontDoor, error) {
	e := &engine{Model: m, Options: o}
	out := &report.FrontDoor{Header: report.NewHeader("FrontDoor"), Of: endOf(r), Enforcement: enforcement(m), Doors: []report.Door{}}
	needs := map[string]bool{}
	doors, err := frontdoor.Open(m, r, o.Controllers)
	var unreadable *model.UnreadableError
	switch {
	case errors.As(err, &unreadable):
		permission := unreadable.Gap.Permission()
		needs[permission] = true
		out.Doors = append(out.Doors, report.Door{
			Object:    report.Object{Kind: string(r.Kind), Namespace: r.Namespace, Name: r.Name},
			DataPlane: []report.Members{}, Evidence: []report.Evidence{}, Backends: []report.DoorBackend{},
			Problem: report.NotRead, Detail: permission,
		})
	case err != nil:
		return nil, err
	}
	for _, d := range doors {
		out.Doors = append(out.Doors, e.door(d, r.Port, needs))
	}
	out.Gaps = e.gapsFor(needs)
	return out, nil
}

func (e *engine) door(d *frontdoor.Door, asked reference.Port, needs map[string]bool) report.Door {
	plane := &d.DataPlane
	out := report.Door{
		Object: d.Object, Class: d.Class, Controller: d.Controller, ControllerName: plane.Name, Source: plane.Source,
		Addresses: plane.Addresses, DataPlane: e.membersOf(e.planeParties(d)), Evidence: plane.Evidence,
		Anywhere: plane.Anywhere, Problem: plane.Problem, Detail: plane.Detail, Backends: []report.DoorBackend{},
	}
	for _, r := range d.Refused {
		out.Refused = append(out.Refused, report.RefusedParent(r))
	}
	if plane.Problem == report.NotRead {
		needs[plane.Detail] = true
	}
	if plane.Entry != nil {
		out.Entry = &report.Object{Kind: "Service", Namespace: plane.Entry.Namespace, Name: plane.Entry.Name.Name}
	}
	internet := reference.Reference{Form: reference.FormInternet}
	out.Guards = e.reportGuards(d, needs)
	if arrivals := e.arrivalsAt(d, asked); len(arrivals) > 0 || guardsClients(d) && plane.Problem == "" {
		clients := e.clientsOf(d, arrivals)
		entering := e.arriving(d, clients, arrivals)
		for _, x := range entering {
			out.Outside = append(out.Outside, x.answer(internet, reference.Reference{}))
			noteNeeds(needs, x.hops)
		}
		if v, partly := overall(entering); v == report.Denied && !partly {
			out.Fix = fix(e.Model, entering, func(m *model.Model) ([]*draft, error) {
				return (&engine{Model: m, Options: e.Options}).arriving(d, clients, arrivals), nil
			})
		}
	}
	for _, b := range backends(d) {
		out.Backends = append(out.Backends, e.doorBackend(d, b, needs))
	}
	unread := e.unreadRoutes(d)
	out.Verdict, out.Partly = doorVerdict(&out, len(unread) > 0)
	for _, n := range append(unread, e.unreadOfDoor(d)...) {
		needs[n] = true
	}
	return out
}

// doorVerdict is the answer for a door as a whole; more: it may have backends
// that could not be read.
func doorVerdict(d *report.Door, more bool) (v report.Verdict, partly bool) {
	count := map[report.Verdict]int{}
	for _, b := range d.Backends {
		if !b.Mirror {
			count[b.Verdict]++
			partly = partly || b.Partly
		}
	}
	switch {
	case d.Problem != "" && problemVerdict(d.Problem) == report.Denied, count[report.Denied] > 0:
		v = report.Denied
	case d.Problem != "" || count[report.Unknown] > 0 || more:
		v = report.Unknown
	case len(d.Backends) == 0:
		v = report.Denied
	default:
		v = report.Allowed
	}
	partly = v == report.Denied && (partly || count[report.Allowed] > 0)
	entering := map[report.Verdict]int{}
	for _, a := range d.Outside {
		entering[a.Verdict]++
	}
	switch {
	case len(d.Outside) == 0 || entering[report.Allowed] > 0:
		return v, partly
	case entering[report.Unknown] > 0:
		return report.Both(v, report.Unknown), partly
	default:
		return report.Denied, false
	}
}

func noteNeeds(needs map[string]bool, hops []report.Hop) {
	for _, h := range hops {
		for _, n := range h.Needs {
			needs[n] = true
		}
	}
}

func (e *engine) doorBackend(d *frontdoor.Door, b *doorBackend, needs map[string]bool) report.DoorBackend {
	r := b.first()
	out := report.DoorBackend{Routes: doorRoutes(b), Service: r.Backend, Port: r.Port, Mirror: r.Mirror, Redirect: r.Redirect}
	if d.DataPlane.Problem != "" && r.Broken == "" {
		out.Verdict, out.Reason, out.Detail = problemVerdict(d.DataPlane.Problem), d.DataPlane.Problem, d.DataPlane.Detail
	} else {
		drafts := e.leavingDoor(d, b)
		out.Verdict, out.Partly = overall(drafts)
		for _, x := range drafts {
			out.Answers = append(out.Answers, x.answer(reference.Reference{}, reference.Reference{}))
			noteNeeds(needs, x.hops)
			if x.verdict == out.Verdict && out.Reason == "" {
				out.Reason = x.reason
				if hop := deciding(x.hops, x.verdict, x.reason); hop != nil {
					out.Detail = hop.Detail
				}
			}
		}
		if out.Verdict == report.Denied {
			out.ClientSees = clientSees(&d.DataPlane, out.Reason, r)
			if asked := unanswered(drafts); asked != nil {
				out.ClientSees = asked.ClientSees
			}
			out.Fix = fix(e.Model, drafts, func(m *model.Model) ([]*draft, error) {
				again := &engine{Model: m, Options: e.Options}
				return again.leavingDoor(d, b), nil
			})
		}
	}
	if r.Broken == "" && r.Redirect == 0 {
		out.Inside, out.Around = e.besides(d, r, needs)
		out.Meant = e.meant(out.Inside, r.Destinations)
	}
	return out
}

func doorRoutes(b *doorBackend) []report.DoorRoute {
	var out []report.DoorRoute
	add := func(r frontdoor.Route, of report.DoorRoute) {
		of.By, of.Field, of.Path, of.PathType, of.Conditions = r.By, r.Field, r.Path, r.PathType, r.Conditions
		if r.Weight >= 0 {
			weight := r.Weight
			of.Weight = &weight
		}
		out = append(out, of)
	}
	for _, r := range b.routes {
		for _, l := range r.Listeners {
			for _, h := range anyHost(l.Hosts, "") {
				add(r, report.DoorRoute{Host: h, TLS: l.Scheme == "https", Scheme: l.Scheme, Listener: l.Name, ListenerPort: l.Port})
			}
		}
		if len(r.Listeners) > 0 {
			continue
		}
		for _, h := range anyHost(r.Hosts, "") {
			add(r, report.DoorRoute{Host: h, TLS: hasTLS(r.TLS, h)})
		}
	}
	return out
}

// hasTLS tells whether a door terminates TLS for a host. "*.example.com" stands
// for one label (Ingress docs, "Hostname wildcards"); "" for every host.
func hasTLS(tls []string, host string) bool {
	for _, t := range tls {
		if t == "" || t == host {
			return true
		}
		if suffix, ok := strings.CutPrefix(t, "*"); ok {
			if label, ok := strings.CutSuffix(host, suffix); ok && label != "" && !strings.Contains(label, ".") {
				return true
			}
		}
	}
	return false
}

// clientSees is the status code that the door answers with when its backend
// cannot be reached: a dropped packet runs into the proxy's timeout, a Service
// without endpoints is answered at once. Clients of TCP, UDP and TLS see none.
func clientSees(p *frontdoor.DataPlane, reason report.Reason, r *frontdoor.Route) string {
	gatewayAPI, ingress := r.By.Kind == "HTTPRoute", r.By.Kind == "Ingress"
	switch {
	case r.By.Kind == "GRPCRoute":
		unserved := []report.Reason{report.RouteShadowed, report.RouteNotAccepted, report.ParentMissing, report.ClassMissing, report.ListenerNotReady}
		if slices.Contains(unserved, reason) {
			return ""
		}
		// "If any entry in backendRefs is invalid ... UNAVAILABLE gRPC status"
		// (GRPCRouteRule.backendRefs docs), as for backends that do not answer.
		return "gRPC status UNAVAILABLE"
	case !gatewayAPI && !ingress:
		return ""
	}
	switch reason {
	case report.NoRuleAllows, report.RuleDenies:
		return p.Timeout
	case report.BackendMissing, report.GrantMissing, report.ServicePortMissing, report.NoBackends, report.ResourceBackend, report.BackendTLSInvalid:
		if gatewayAPI {
			// "a 500 status code MUST be returned" for an invalid reference
			// (HTTPRouteRule.backendRefs docs).
			return "500"
		}
		return "503"
	case report.NoEndpoints, report.NoPods, report.TargetPortMissing, report.NoLocalEndpoint:
		return "503"
	default:
		return ""
	}
}

// besides finds who else gets to a backend's pods: from inside, and from outside
// on ways around the door.
func (e *engine) besides(d *frontdoor.Door, r *frontdoor.Route, needs map[string]bool) ([]report.ReachRow, []report.Way) {
	var home string
	for _, t := range r.Destinations {
		if t.Pod != nil {
			home = t.Pod.Namespace
		}
	}
	if home == "" {
		return nil, nil
	}
	behindDoor := map[snapshot.Name]bool{}
	for _, p := range d.DataPlane.Parties {
		if p.Pod != nil {
			behindDoor[p.Pod.Name] = true
		}
	}
	c := newCollector(e, home)
	c.sources(e.everybody(behindDoor), r.Destinations)
	rows := slices.DeleteFunc(c.rows(), func(r report.ReachRow) bool { return r.Reason == report.SamePod })
	sortRows(rows)
	for n := range c.needs {
		needs[n] = true
	}
	return rows, e.around(d, r)
}

// meant finds the workloads that a rule names and that fail at its port alone,
// with the change that admits them.
func (e *engine) meant(rows []report.ReachRow, dsts []model.Destination) []report.Meant {
	var out []report.Meant
	for _, row := range rows {
		if row.Verdict != report.Denied || row.Nearest == nil || row.Nearest.Reason != report.Port || row.Scope != report.ScopeWorkloads {
			continue
		}
		for _, m := range row.Ends {
			var pods []model.Party
			for _, p := range e.everyPod() {
				if endKey(e.partyEnd(p)) == endKey(m.End) {
					pods = append(pods, p)
				}
			}
			if len(pods) == 0 {
				continue
			}
			found := fix(e.Model, e.answers(pods, dsts), func(m *model.Model) ([]*draft, error) {
				return (&engine{Model: m, Options: e.Options}).answers(pods, dsts), nil
			})
			if found != nil {
				out = append(out, report.Meant{End: m.End, Fix: *found})
			}
		}
	}
	return out
}

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
	drafts := e.answers(internetTo(dsts), dsts)
	w.Verdict, w.Partly = overall(drafts)
	for _, d := range drafts {
		if d.verdict == w.Verdict {
			w.Reason, w.DecidedBy = d.reason, decidedBy(d.hops)
			break
		}
	}
	return w
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
