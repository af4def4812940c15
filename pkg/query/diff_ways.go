package query

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// way is one way through a front door or into the cluster.
type way struct {
	kind     report.DiffKind
	from, to report.End
	outcome  *outcome
}

func (w way) verdict() report.Verdict {
	if w.outcome == nil {
		return report.Denied
	}
	return w.outcome.verdict
}

// ways compares front doors and exposed Services.
func (d *differ) ways() []report.DiffRow {
	before, after := d.before.ways(), d.after.ways()
	keys := slices.Collect(maps.Keys(before))
	for k := range after {
		if _, both := before[k]; !both {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var out []report.DiffRow
	for _, k := range keys {
		a, had := before[k]
		b, has := after[k]
		if !had {
			a = way{b.kind, b.from, b.to, nil}
		}
		if !has {
			b = way{a.kind, a.from, a.to, nil}
		}
		if a.verdict() == b.verdict() {
			continue
		}
		row := report.DiffRow{Kind: a.kind, From: a.from, To: a.to}
		difference := &report.Difference{}
		switch {
		case a.verdict() == report.Unknown || b.verdict() == report.Unknown:
			row.Change, row.Undecided = report.DiffUndecided, difference
			difference.Before, difference.After = causeOf(a.outcome), causeOf(b.outcome)
		case b.verdict() == report.Allowed:
			row.Change, row.Gained = report.DiffGained, difference
			difference.After, difference.Before = causes(b.outcome, a.outcome)
		default:
			row.Change, row.Lost = report.DiffLost, difference
			difference.Before, difference.After = causes(a.outcome, b.outcome)
		}
		out = append(out, row)
	}
	return out
}

func (s *state) ways() map[string]way {
	out := map[string]way{}
	add := func(w way) {
		key := fmt.Sprint(w.kind, "\x01", endKey(w.from), "\x01", endKey(w.to), "\x01", w.to.Port)
		if _, seen := out[key]; !seen {
			out[key] = w
		}
	}
	internet := report.End{Kind: "Internet"}
	for _, d := range s.everyDoor() {
		end := doorEnd(d)
		if arrivals := s.arrivals(d); len(arrivals) > 0 && d.DataPlane.Problem == "" {
			clients := destinationFamilies(arrivals).within(parties(address.Internet()))
			add(way{report.DiffEntry, internet, end, ofAll(s.answers(clients, arrivals))})
		}
		for _, b := range backends(d) {
			r := b.first()
			to := report.End{Kind: r.Backend.Kind, Namespace: r.Backend.Namespace, Name: r.Backend.Name, Port: r.Port}
			if r.Backend.Name == "" {
				to = report.End{Kind: r.By.Kind, Namespace: r.By.Namespace, Name: r.By.Name}
			}
			if d.DataPlane.Problem != "" {
				add(way{report.DiffDoor, end, to, &s.doorProblem(d, reference.Reference{}).outcome})
				continue
			}
			add(way{report.DiffDoor, end, to, ofAll(s.leavingDoor(d, b))})
		}
	}
	for _, service := range s.Services() {
		if !leadsOutside(service) {
			continue
		}
		for i := range service.Ports {
			p := &service.Ports[i]
			to := report.End{
				Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name,
				Port: reference.Port{Number: p.Port, Protocol: p.Protocol}.String(),
			}
			add(way{report.DiffEntry, internet, to, s.entryOf(service, p)})
		}
	}
	return out
}

func (s *state) entryOf(service *snapshot.Service, p *snapshot.ServicePort) *outcome {
	dsts, err := s.Destinations(reference.Reference{
		Kind: reference.Service, Namespace: service.Namespace, Name: service.Name.Name,
		Port: reference.Port{Number: p.Port, Protocol: p.Protocol},
	})
	if err != nil {
		return &outcome{}
	}
	clients := destinationFamilies(dsts).within(parties(address.Internet()))
	return ofAll(s.answers(clients, dsts))
}

// ofAll is an outcome with the one-word answer.
func ofAll(drafts []*draft) *outcome {
	v, _ := overall(drafts)
	for _, d := range drafts {
		if d.verdict == v {
			return &d.outcome
		}
	}
	return &outcome{verdict: v}
}
