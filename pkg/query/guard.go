package query

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// serviceGuards are the guards of a Service's load balancer.
func (e *engine) serviceGuards(s *snapshot.Service) []guard.Guard {
	if s == nil || s.Type != snapshot.LoadBalancer {
		return nil
	}
	if found, ok := e.guards[s]; ok {
		return found
	}
	if e.guards == nil {
		e.guards = map[*snapshot.Service][]guard.Guard{}
	}
	e.guards[s] = guard.OfService(e.Model, s)
	return e.guards[s]
}

// kept is a client that a guard of a load balancer keeps out, or may.
type kept struct {
	reason report.Reason
	detail string
}

func (k *kept) destination(d model.Destination) model.Destination {
	return broken(d, k.reason, k.detail)
}

// keptFrom says why a client outside does not get to a Service by its load balancer, or may
// not; nil where it does. Through externalIPs clients come past the load balancer.
func (e *engine) keptFrom(s *snapshot.Service, b address.Block, port *snapshot.ServicePort) *kept {
	var out *kept
	for _, g := range e.serviceGuards(s) {
		if g.Effect == report.GuardInside && len(s.ExternalIPs) > 0 {
			continue
		}
		switch v := g.Admits(b); {
		case v == report.Denied && strings.HasSuffix(g.Field, "ource-ranges"), v == report.Denied && g.Field == "spec.loadBalancerSourceRanges":
			return &kept{report.SourceRangeDenied, nodePort(port)}
		case v == report.Denied:
			return &kept{guardReasonOf(&g, v), guardDetail(&g)}
		case v == report.Unknown && g.Needs != "" && out == nil:
			out = &kept{report.NotRead, g.Needs}
		case v == report.Unknown && out == nil:
			out = &kept{report.GuardOpen, guardDetail(&g)}
		}
	}
	return out
}

// guardReason tells whether a reason is that of a guard.
func guardReason(r report.Reason) bool {
	switch r {
	case report.InternalOnly, report.GuardAdmits, report.GuardDenies, report.GuardOpen, report.GuardAsked:
		return true
	default:
		return false
	}
}

func guardReasonOf(g *guard.Guard, v report.Verdict) report.Reason {
	switch {
	case g.Effect == report.GuardInside:
		return report.InternalOnly
	case v == report.Denied:
		return report.GuardDenies
	case v == report.Unknown:
		return report.GuardOpen
	default:
		return report.GuardAdmits
	}
}

// guardDetail is where a guard is written, and what: "annotation KEY of Ingress shop/web: 10.0.0.0/8".
func guardDetail(g *guard.Guard) string {
	return fmt.Sprintf("%s of %s %s: %s", g.Field, g.Object.Kind, snapshot.Name{Namespace: g.Object.Namespace, Name: g.Object.Name}, g.Value)
}

func hasGuard(guards []guard.Guard, effect report.GuardEffect) bool {
	return slices.ContainsFunc(guards, func(g guard.Guard) bool { return g.Effect == effect })
}

// aboutClients tells whether a guard decides by who the client is.
func aboutClients(g *guard.Guard) bool {
	return g.Effect == report.GuardInside || g.Effect == report.GuardAddresses || g.Effect == report.GuardUnknown
}

// guardsClients tells whether a door has guards of its own that decide by who the client is.
func guardsClients(d *frontdoor.Door) bool {
	return slices.ContainsFunc(d.Guards, func(g guard.Guard) bool { return aboutClients(&g) })
}

// clientsOf are the clients outside that a door and its guards tell apart: the internet, and
// the addresses that a guard names.
func (e *engine) clientsOf(d *frontdoor.Door, arrivals []model.Destination) []model.Party {
	universe := address.Internet()
	for _, g := range slices.Concat(d.Guards, e.entryGuards(d, arrivals)) {
		for _, p := range g.Cuts() {
			universe = append(universe, address.Block{Prefix: p})
		}
	}
	return destinationFamilies(arrivals).within(parties(universe))
}

// entryGuards are the guards of the load balancer before a door.
func (e *engine) entryGuards(d *frontdoor.Door, arrivals []model.Destination) []guard.Guard {
	if entry := d.DataPlane.Entry; entry != nil && slices.ContainsFunc(arrivals, func(a model.Destination) bool { return a.Service == entry }) {
		return e.serviceGuards(entry)
	}
	return nil
}

// reportGuards are all guards on the way to a door.
func (e *engine) reportGuards(d *frontdoor.Door, needs map[string]bool) []report.Guard {
	var out []report.Guard
	for _, g := range slices.Concat(e.serviceGuards(d.DataPlane.Entry), d.Guards) {
		if g.Needs != "" {
			needs[g.Needs] = true
		}
		out = append(out, g.Guard)
	}
	return out
}

// guarded divides clients by what a door's guards say of them, and evaluates the rest of the
// way for those who are let in, or may be.
func (e *engine) guarded(d *frontdoor.Door, clients []model.Party, then func([]model.Party) []*draft) []*draft {
	if !guardsClients(d) {
		return then(clients)
	}
	var cuts []netip.Prefix
	for _, g := range d.Guards {
		if aboutClients(&g) {
			cuts = append(cuts, g.Cuts()...)
		}
	}
	var out []*draft
	total := map[string]int{}
	for _, group := range fold(cut(clients, cuts), func(p model.Party) string { return guardKey(e.guardHops(d, p)) }) {
		hops := e.guardHops(d, group[0])
		first := conclude(hops)
		var drafts []*draft
		if first.verdict != report.Denied {
			drafts = then(group)
		}
		if drafts == nil {
			drafts = e.turnedAway(d, group)
		}
		counted := map[string]bool{}
		for _, x := range drafts {
			x.outcome = before(hops, x)
			x.caveats = append(x.caveats, e.guardCaveats(d, group[0], x)...)
			if key := endKey(x.source.end); !counted[key] {
				counted[key] = true
				total[key] += x.sourceTotal
			}
		}
		out = append(out, drafts...)
	}
	for _, x := range out {
		x.sourceTotal = total[endKey(x.source.end)]
	}
	sortDrafts(out)
	return out
}

// before puts hops before the way of a draft.
func before(hops []report.Hop, x *draft) outcome {
	out := conclude(slices.Concat(hops, x.hops))
	out.caveats = x.caveats
	return out
}

// turnedAway are the answers for clients who get no further than to a door's guards, by
// what they are shown as.
func (e *engine) turnedAway(d *frontdoor.Door, clients []model.Party) []*draft {
	var out []*draft
	end := e.sourceEnds(clients)
	for _, same := range fold(clients, func(p model.Party) string { return endKey(end(p)) }) {
		x := &draft{source: newMembers(end(same[0])), target: newMembers(doorEnd(d)), sources: same, sourceTotal: len(same), unfixable: true}
		for _, p := range same {
			x.source.add(p, false)
		}
		out = append(out, x)
	}
	return out
}

// guardHops are the hops of a client by the guards of a door that decide by who it is.
func (e *engine) guardHops(d *frontdoor.Door, client model.Party) []report.Hop {
	var out []report.Hop
	for i := range d.Guards {
		if g := &d.Guards[i]; aboutClients(g) {
			out = append(out, guardHop(d, g, client))
		}
	}
	return out
}

func guardHop(d *frontdoor.Door, g *guard.Guard, client model.Party) report.Hop {
	object := g.Object
	hop := report.Hop{Kind: report.HopGuard, Object: &object, Detail: guardDetail(g), Verdict: admits(d, g, client)}
	hop.Reason = guardReasonOf(g, hop.Verdict)
	if hop.Verdict == report.Unknown && g.Effect == report.GuardAddresses {
		hop.Reason = report.AddressUnknown
	}
	if hop.Verdict == report.Unknown && g.Needs != "" {
		hop.Reason, hop.Needs, hop.Detail = report.NotRead, []string{g.Needs}, ""
	}
	return hop
}

// admits tells whether a guard lets a client in. Pods and nodes have addresses of their own, as
// long as the door is in the cluster: who leaves it may have another one outside.
func admits(d *frontdoor.Door, g *guard.Guard, client model.Party) report.Verdict {
	if client.Block.Prefix.IsValid() {
		return g.Admits(client.Block)
	}
	if g.Effect == report.GuardInside {
		return report.Allowed
	}
	addresses := client.Addresses()
	outside := !slices.ContainsFunc(d.DataPlane.Parties, func(p model.Party) bool { return p.Pod != nil })
	if len(addresses) == 0 || outside {
		return report.Unknown
	}
	out := report.Denied
	for i, a := range addresses {
		v := g.Admits(address.Block{Prefix: netip.PrefixFrom(a, a.BitLen())})
		if i > 0 && v != out {
			return report.Unknown // which of its addresses it takes is not known
		}
		out = v
	}
	return out
}

func guardKey(hops []report.Hop) string {
	var b strings.Builder
	for _, h := range hops {
		fmt.Fprintf(&b, "%s %s;", h.Verdict, h.Reason)
	}
	return b.String()
}

// guardCaveats are what the answer for a client rests on besides.
func (e *engine) guardCaveats(d *frontdoor.Door, client model.Party, x *draft) []report.Caveat {
	if !client.Block.Prefix.IsValid() {
		return nil
	}
	var out []report.Caveat
	if hasGuard(d.Guards, report.GuardInside) && x.verdict == report.Allowed {
		out = append(out, report.Caveat{Code: report.InternalAddress, Otherwise: report.Denied})
	}
	entry := d.DataPlane.Entry
	lists := slices.ContainsFunc(d.Guards, func(g guard.Guard) bool { return g.Controller && g.Effect == report.GuardAddresses })
	if lists && exposed(entry) && !entry.ExternalLocal && x.verdict != report.Unknown {
		otherwise := report.Allowed
		if x.verdict == report.Allowed {
			otherwise = report.Denied
		}
		out = append(out, report.Caveat{Code: report.ClientAddressReplaced, Otherwise: otherwise})
	}
	return out
}

// afterAsking puts before the ways to a backend those to whom the controller asks first. What it
// does not get to answers no request, whatever is behind.
func (e *engine) afterAsking(d *frontdoor.Door, b *doorBackend, drafts []*draft) []*draft {
	for i := range d.Guards {
		g := &d.Guards[i]
		if g.Effect != report.GuardAsks {
			continue
		}
		hop := report.Hop{Kind: report.HopGuard, Verdict: report.Allowed, Reason: report.GuardAsked, Object: &g.Object, Detail: guardDetail(g)}
		if g.AskedOutside != "" {
			hop.Verdict, hop.Reason = report.Unknown, report.LeavesCluster
			hop.Detail = g.AskedOutside
			for _, x := range drafts {
				x.outcome = before([]report.Hop{hop}, x)
			}
			continue
		}
		var failed []*draft
		reached := false
		for _, x := range e.askingDrafts(d, g) {
			if x.verdict == report.Allowed {
				reached = true
				continue
			}
			x.outcome, x.asks = before([]report.Hop{hop}, x), g
			failed = append(failed, x)
		}
		if !reached {
			return failed
		}
		for _, x := range drafts {
			x.outcome = before([]report.Hop{hop}, x)
		}
		drafts = append(failed, drafts...)
	}
	return drafts
}

// askingDrafts are the ways from a door's data plane to a service that it asks.
func (e *engine) askingDrafts(d *frontdoor.Door, g *guard.Guard) []*draft {
	for _, t := range g.Asked {
		if t.Broken == report.BackendMissing {
			hop := report.Hop{Kind: report.HopService, Verdict: report.Denied, Reason: t.Broken, Object: g.Asks, Detail: t.Detail}
			return []*draft{{outcome: conclude([]report.Hop{hop}), source: newMembers(doorEnd(d)), target: newMembers(doorEnd(d))}}
		}
	}
	return e.answers(e.planeParties(d, g.Asked...), g.Asked)
}

// unanswered is the guard that drafts failed at, if they did: one whose service cannot be asked.
func unanswered(drafts []*draft) *guard.Guard {
	for _, x := range drafts {
		if x.verdict == report.Denied && x.asks != nil {
			return x.asks
		}
	}
	return nil
}
