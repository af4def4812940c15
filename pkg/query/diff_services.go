package query

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// services compares whom Services lead where their clients get in: a port of which the
// endpoints differ, because the Service, its EndpointSlices or the pods do. What policies
// alone change, the rows of the pods tell.
func (d *differ) services(ends []bothEnds) []report.DiffRow {
	var out []report.DiffRow
	for _, service := range either(d.before.serviceNames(), d.after.serviceNames(), snapshot.Name.Compare) {
		if d.sameService(service) {
			continue
		}
		ports := either(portsOfService(d.before.Service(service)), portsOfService(d.after.Service(service)), comparePortRefs)
		for _, port := range ports {
			out = append(out, d.throughPort(service, port, ends)...)
		}
	}
	return out
}

func (s *state) serviceNames() []snapshot.Name {
	var out []snapshot.Name
	for _, service := range s.Services() {
		out = append(out, service.Name)
	}
	return out
}

// sameService tells, without resolving it, that a Service leads to the same in both states.
func (d *differ) sameService(name snapshot.Name) bool {
	return d.alike && reflect.DeepEqual(d.before.Service(name), d.after.Service(name)) &&
		reflect.DeepEqual(d.before.EndpointSlicesOf(name), d.after.EndpointSlicesOf(name))
}

func portsOfService(s *snapshot.Service) []reference.Port {
	var out []reference.Port
	if s != nil {
		for _, p := range s.Ports {
			out = append(out, reference.Port{Number: p.Port, Protocol: p.Protocol})
		}
	}
	return out
}

func comparePortRefs(a, b reference.Port) int {
	return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol))
}

// throughPort are the rows about one port of a Service: of the workloads that are in both
// states, who gets in that did not, who no longer does, and of whom that is not known.
func (d *differ) throughPort(service snapshot.Name, port reference.Port, ends []bothEnds) []report.DiffRow {
	r := reference.Reference{Kind: reference.Service, Namespace: service.Namespace, Name: service.Name, Port: port}
	before, errBefore := d.before.servicePort(r)
	after, errAfter := d.after.servicePort(r)
	if errBefore == nil && errAfter == nil && reflect.DeepEqual(before, after) {
		return nil
	}
	to := report.End{Kind: "Service", Namespace: service.Namespace, Name: service.Name, Port: port.String()}
	rows := map[report.DiffChange]*report.DiffRow{}
	for i := range ends {
		e := &ends[i]
		if e.before == absent || e.after == absent {
			continue
		}
		was, wasPartly := d.before.clientOf(e.before, before, errBefore)
		is, isPartly := d.after.clientOf(e.after, after, errAfter)
		change := changeOf(verdictOf(was), wasPartly, verdictOf(is), isPartly)
		if change == "" {
			continue
		}
		row := rows[change]
		if row == nil {
			row = &report.DiffRow{Kind: report.DiffService, From: report.End{Kind: "Workloads"}, To: to, Change: change}
			x := &report.Difference{}
			switch change {
			case report.DiffGained:
				row.Gained = x
				x.After, x.Before = causes(is, was)
			case report.DiffLost:
				row.Lost = x
				x.Before, x.After = causes(was, is)
			default:
				row.Undecided = x
				x.Before, x.After = causeOf(was), causeOf(is)
			}
			rows[change] = row
		}
		for _, x := range []*report.Difference{row.Gained, row.Lost} {
			if x != nil && (wasPartly || isPartly) {
				x.Partly = true
			}
		}
		row.Clients = append(row.Clients, e.end)
	}
	var out []report.DiffRow
	for _, change := range []report.DiffChange{report.DiffGained, report.DiffLost, report.DiffUndecided} {
		if row := rows[change]; row != nil {
			out = append(out, *row)
		}
	}
	return out
}

// servicePort are the destinations of a Service's port; none where there is no such port. The
// error says that they could not be read.
func (s *state) servicePort(r reference.Reference) ([]model.Destination, error) {
	dsts, err := s.Destinations(r)
	if _, unread := err.(*model.UnreadableError); unread { //nolint:errorlint // Destinations returns the types themselves
		return nil, err
	}
	return dsts, nil
}

// clientOf is what the pods of an end get at destinations; nil where there are no pods.
func (s *state) clientOf(end int32, dsts []model.Destination, unread error) (o *outcome, partly bool) {
	if unread != nil {
		return &outcome{verdict: report.Unknown, reason: report.NotRead}, false
	}
	if len(dsts) == 0 {
		hop := report.Hop{Kind: report.HopService, Verdict: report.Denied, Reason: report.BackendMissing}
		return &outcome{verdict: report.Denied, reason: hop.Reason, hops: []report.Hop{hop}}, false
	}
	var clients []model.Party
	for _, p := range s.shown[end].pods {
		clients = append(clients, s.units[p.unit].parties()...)
	}
	clients = slices.DeleteFunc(clients, func(p model.Party) bool { return p.Pod == nil })
	if len(clients) == 0 {
		return nil, false
	}
	drafts := s.answers(clients, dsts)
	_, partly = overall(drafts)
	return ofAll(drafts), partly
}

// changeOf compares what a client gets; "" where that is the same.
func changeOf(was report.Verdict, wasPartly bool, is report.Verdict, isPartly bool) report.DiffChange {
	switch {
	case was == is && wasPartly == isPartly:
		return ""
	case was == report.Unknown || is == report.Unknown:
		return report.DiffUndecided
	case is == report.Allowed || isPartly && was == report.Denied:
		return report.DiffGained
	}
	return report.DiffLost
}
