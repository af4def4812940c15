package query

import (
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// askedBy makes a door the client of the sets whose pods its controller asks before it
// passes a request on: a policy that shuts it out there shuts the whole door.
func (s *scaffolder) askedBy(d *frontdoor.Door) {
	for _, g := range d.Guards {
		if g.Effect != report.GuardAsks || g.Asks == nil {
			continue
		}
		service := s.Service(snapshot.Name{Namespace: g.Asks.Namespace, Name: g.Asks.Name})
		var inside []model.Destination
		for _, dst := range g.Asked {
			if dst.Broken == "" && dst.Pod != nil && !dst.Host() {
				inside = append(inside, dst)
			}
		}
		if service == nil || len(inside) == 0 {
			continue
		}
		for _, set := range s.setsOf(service, inside, false) {
			s.admitDoor(set, d, service, inside)
		}
	}
}

// askedIn are, for each guard of a door that asks pods of a set, where it asks.
func askedIn(set *backendSet, d *frontdoor.Door) [][]model.Destination {
	var out [][]model.Destination
	for _, g := range d.Guards {
		var own []model.Destination
		for _, dst := range g.Asked {
			if g.Effect == report.GuardAsks && set.has(dst.Pod) {
				own = append(own, dst)
			}
		}
		if len(own) > 0 {
			out = append(out, own)
		}
	}
	return out
}
