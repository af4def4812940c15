package query

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// The way of a client toward a door, as far as it is its own.

// toward evaluates the way of clients to a door: to its data plane, or, where that is
// outside the cluster, out of their own namespace. A way without a leg of its own, as
// that of a client outside to a load balancer, is nil.
func (e *engine) toward(d *frontdoor.Door, source, target reference.Reference, clients []model.Party) []*draft {
	arrivals := e.arrivalsAt(d, target.Port)
	if target.Port == (reference.Port{}) {
		arrivals = asRequested(d, arrivals)
	}
	if source.Form == reference.FormInternet {
		clients = destinationFamilies(arrivals).within(clients)
	}
	if len(arrivals) > 0 {
		return e.arriving(d, clients, arrivals)
	}
	pods := slices.DeleteFunc(slices.Clone(clients), func(p model.Party) bool { return p.Pod == nil })
	switch {
	case len(pods) > 0:
		if open := e.entryUnread(d); open != nil {
			return []*draft{open} // they may arrive at a Service, or have to leave
		}
		if out := e.guarded(d, pods, func(pods []model.Party) []*draft { return e.leavingFor(d, target.Port, pods) }); len(out) > 0 {
			return out
		}
	case guardsClients(d):
		return e.arriving(d, clients, nil)
	}
	return []*draft{nil}
}

// leavingFor evaluates the way of pods to a load balancer outside the cluster, which
// begins with their own egress: to the addresses that the door announces, or, where
// it announces a name or nothing, to any: what holds for every address outside holds
// for its own.
func (e *engine) leavingFor(d *frontdoor.Door, asked reference.Port, pods []model.Party) []*draft {
	ports := requestPorts(d)
	if asked != (reference.Port{}) {
		ports = []reference.Port{asked}
	}
	var blocks []address.Block
	for _, text := range d.DataPlane.Addresses {
		if a, err := netip.ParseAddr(text); err == nil {
			blocks = append(blocks, address.Block{Prefix: netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())})
		}
	}
	known := len(blocks) > 0
	if !known {
		blocks = []address.Block{{Prefix: netip.MustParsePrefix("0.0.0.0/0")}, {Prefix: netip.MustParsePrefix("::/0")}}
	}
	reachable := partyFamilies(pods)
	var to []model.Destination
	for _, b := range blocks {
		if !reachable.has(b) {
			continue
		}
		for _, p := range ports {
			for _, port := range e.PortsOf(model.Party{Block: b}, p) {
				to = append(to, model.Destination{Party: model.Party{Block: b}, Port: port})
			}
		}
	}
	if len(to) == 0 {
		return nil
	}
	drafts := e.answers(pods, to)
	verdicts := map[report.Verdict]bool{}
	for _, x := range drafts {
		x.caveats = slices.DeleteFunc(x.caveats, func(c report.Caveat) bool { return c.Code == report.RoutedOutside })
		// What the load balancer does with it is no policy's business.
		x.hops = slices.DeleteFunc(x.hops, func(h report.Hop) bool { return h.Kind == report.HopIngress })
		x.target, x.targetTotal, x.unfixable = newMembers(doorEnd(d)), 0, x.unfixable || !known
		verdicts[x.verdict] = true
	}
	if known || len(verdicts) < 2 {
		return drafts
	}
	object := d.Object
	open := report.Hop{Kind: report.HopEgress, Reason: report.AddressUnknown, Object: &object}
	out := *drafts[0]
	out.outcome = conclude([]report.Hop{open})
	return []*draft{&out}
}

// requestPorts are the ports at which a load balancer outside takes requests: that of
// HTTPS where a host has TLS, and that of HTTP where one has none.
func requestPorts(d *frontdoor.Door) []reference.Port {
	plain, tls := schemes(d)
	var out []reference.Port
	if plain {
		out = append(out, reference.Port{Number: 80, Protocol: connset.TCP})
	}
	if tls {
		out = append(out, reference.Port{Number: 443, Protocol: connset.TCP})
	}
	return out
}

// schemes tells whether a door has hosts without TLS, and hosts with it.
func schemes(d *frontdoor.Door) (plain, tls bool) {
	for _, b := range backends(d) {
		for _, r := range doorRoutes(b) {
			plain, tls = plain || !r.TLS, tls || r.TLS
		}
	}
	return plain || !tls, tls
}

// asRequested keeps the ports by which requests for a door's hosts come: a client of
// hosts without TLS does not ask at the port for it, and the other way round. Where
// that leaves none, all are kept.
func asRequested(d *frontdoor.Door, arrivals []model.Destination) []model.Destination {
	if d.Object.Kind != string(reference.Ingress) {
		return arrivals
	}
	plain, tls := schemes(d)
	if plain && tls {
		return arrivals
	}
	out := slices.DeleteFunc(slices.Clone(arrivals), func(t model.Destination) bool { return isTLSPort(t) != tls })
	if len(out) == 0 {
		return arrivals
	}
	return out
}

func isTLSPort(t model.Destination) bool {
	port, name := t.Port.Service, t.Port.PodPortName
	if t.ServicePort != nil {
		name = t.ServicePort.Name
	}
	if port == 0 {
		port = t.Port.Pod
	}
	return port == 443 || name == "https" || name == "websecure"
}

// nothingLeadsIn opens what would be allowed to clients outside where nothing that is
// known leads them in: the controller has a Service of type ClusterIP alone, or none, listens on
// no node, and the door announces no address
// (https://kubernetes.io/docs/concepts/services-networking/service/#type-clusterip).
func nothingLeadsIn(d *frontdoor.Door, clients []model.Party, drafts []*draft) []*draft {
	entry := d.DataPlane.Entry
	outside := slices.ContainsFunc(clients, func(p model.Party) bool { return p.Block.Prefix.IsValid() })
	pods := slices.ContainsFunc(d.DataPlane.Parties, func(p model.Party) bool { return p.Pod != nil })
	named := slices.ContainsFunc(d.DataPlane.Evidence, func(e report.Evidence) bool { return e.Step == report.StepUser })
	if !outside || !pods || entry == nil && named || entry != nil && exposed(entry) || onHost(d.DataPlane.Parties) || len(d.DataPlane.Addresses) > 0 {
		return drafts
	}
	hop := report.Hop{Kind: report.HopService, Reason: report.NothingLeadsIn, Detail: "no Service selects its pods"}
	if entry != nil {
		hop.Detail, hop.Object = "type "+string(entry.Type), &report.Object{Kind: "Service", Namespace: entry.Namespace, Name: entry.Name.Name}
	}
	for _, x := range drafts {
		if x.verdict != report.Allowed {
			continue
		}
		caveats := slices.DeleteFunc(x.caveats, func(c report.Caveat) bool { return c.Code == report.RoutedOutside })
		hops := slices.DeleteFunc(slices.Clone(x.hops), func(h report.Hop) bool { return h.Kind == report.HopService })
		x.outcome = conclude(append([]report.Hop{hop}, hops...))
		x.caveats = caveats
	}
	return drafts
}
