package query

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// beside is what the policies change for others than the pods that they are made for, as
// diff finds it: a policy that is replaced may have protected pods, or opened them, that
// the new one does not select, and a rule for a whole namespace lets everybody of it in.
func (i *impactOf) beside() []report.BesideRow {
	own, rest := map[string]bool{}, map[string]bool{}
	for _, t := range i.targets() {
		for _, p := range t.class {
			key := endKey(i.partyEnd(p))
			own[key] = own[key] || !t.set.rest
			rest[key] = true
		}
	}
	var out []report.BesideRow
	add := func(change report.ImpactChange, from, to report.End, set *connset.Set) {
		if set == nil {
			return
		}
		for j := range out {
			r := &out[j]
			if r.Change == change && endKey(r.To) == endKey(to) && r.Connections == *set {
				r.From = append(r.From, from)
				return
			}
		}
		out = append(out, report.BesideRow{Change: change, From: []report.End{from}, To: to, Connections: *set})
	}
	for _, r := range Diff(i.Model, i.after.Model, i.Options).Rows {
		if r.Kind != report.DiffConnections {
			continue
		}
		from, to := endKey(r.From), endKey(r.To)
		if r.Gained != nil && !own[to] && (!own[from] || !i.egress()) {
			add(report.Gains, r.From, r.To, r.Gained.Connections)
		}
		if r.Lost != nil && !rest[to] && (!rest[from] || !i.egress()) {
			add(report.Loses, r.From, r.To, r.Lost.Connections)
		}
	}
	return out
}

// servedPorts are those by which a pod is reached: what its containers declare, and where
// Services lead, which no container need declare.
func (s *scaffolder) servedPorts(pod *snapshot.Pod) []report.PortMapping {
	var out []report.PortMapping
	add := func(p report.PortMapping) {
		if p.Pod != 0 && !slices.ContainsFunc(out, func(q report.PortMapping) bool { return q.Pod == p.Pod && q.Protocol == p.Protocol }) {
			out = append(out, p)
		}
	}
	for _, c := range pod.Ports {
		add(report.PortMapping{Protocol: c.Protocol, Pod: c.Port, PodPortName: c.Name})
	}
	for _, service := range s.ServicesIn(pod.Namespace) {
		if len(service.Selector) == 0 || !selector.Includes(pod.Labels, service.Selector) {
			continue
		}
		for _, p := range service.Ports {
			if p.TargetName == "" { // a name is one that a container declares
				add(report.PortMapping{Protocol: p.Protocol, Pod: p.TargetPort, Undeclared: true})
			}
		}
	}
	return out
}

// served are those ports as a set; all of TCP where there are none.
func (s *scaffolder) served(pod *snapshot.Pod) connset.Set {
	out := declared(pod)
	for _, p := range s.servedPorts(pod) {
		out = out.Union(connset.Of(p.Protocol, p.Pod, p.Pod))
	}
	return out
}
