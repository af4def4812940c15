package query

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

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
		RefusedBy: plane.Refuser, Option: plane.Option,
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
			out.Fix = fix(e.Model, e.Options, entering, func(m *model.Model) ([]*draft, error) {
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
		if b.Mirror || b.Reason == report.NeverAsked && len(d.Backends) > 1 {
			continue
		}
		count[b.Verdict]++
		partly = partly || b.Partly
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
	out := report.DoorBackend{Routes: doorRoutes(b), Service: r.Backend, Port: r.Port, Option: r.Option, Instead: r.Instead, Mirror: r.Mirror, Redirect: r.Redirect}
	if d.DataPlane.Problem != "" && r.Broken == "" {
		out.Verdict, out.Reason, out.Detail = problemVerdict(d.DataPlane.Problem), d.DataPlane.Problem, d.DataPlane.Detail
		if d.DataPlane.Refuser != nil && out.Verdict == report.Denied {
			out.ClientSees = d.DataPlane.NotFound
		}
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
			out.Fix = fix(e.Model, e.Options, drafts, func(m *model.Model) ([]*draft, error) {
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
			route := report.DoorRoute{Host: h, TLS: hasTLS(r.TLS, h)}
			if h != "" && hasTLS(r.Passed, h) {
				route.TLS, route.Passthrough = true, true
			}
			if route.TLS {
				route.TLSBy = r.TLSBy
			}
			add(r, route)
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
	gatewayAPI := r.By.Kind == "HTTPRoute"
	switch r.By.Kind {
	case "GRPCRoute":
		unserved := []report.Reason{report.RouteShadowed, report.RouteNotAccepted, report.ParentMissing, report.ClassMissing, report.ListenerNotReady}
		if slices.Contains(unserved, reason) {
			return ""
		}
		// "If any entry in backendRefs is invalid ... UNAVAILABLE gRPC status"
		// (GRPCRouteRule.backendRefs docs), as for backends that do not answer.
		return "gRPC status UNAVAILABLE"
	case "TCPRoute", "TLSRoute", "UDPRoute":
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
		return cmp.Or(p.NoService, "503")
	case report.NoEndpoints, report.NoPods, report.TargetPortMissing, report.NoLocalEndpoint:
		return cmp.Or(p.NoEndpoints, "503")
	case report.ExternalNameRefused:
		return p.NoService
	case report.HostTaken, report.NoMainIngress:
		return p.NotFound
	case report.RouteNotAccepted, report.ParentMissing, report.ClassMissing:
		return ""
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
	if e.Alone {
		return nil, e.around(d, r)
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
			found := fix(e.Model, e.Options, e.answers(pods, dsts), func(m *model.Model) ([]*draft, error) {
				return (&engine{Model: m, Options: e.Options}).answers(pods, dsts), nil
			})
			if found != nil {
				out = append(out, report.Meant{End: m.End, Fix: *found})
			}
		}
	}
	return out
}
