package query

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// WhoCanReach answers for every possible source: pods by workload and
// namespace, outside addresses and nodes. Errors are those of [Explain].
func WhoCanReach(m *model.Model, target reference.Reference, o Options) (*report.Reach, error) {
	return (&engine{Model: m, Options: o}).whoCanReach(target)
}

func (e *engine) whoCanReach(target reference.Reference) (*report.Reach, error) {
	out := e.newReach(target, report.Ingress)
	targets, err := e.Candidates(target)
	if err != nil {
		return e.unreadableReach(out, err)
	}
	e.describeTargets(out, targets)
	c := newCollector(e, homeOf(target, targets))
	c.dns = c.nameServers(target)
	sources := e.everybody(nil)
	sources.others = append(sources.others, e.outside(targets)...)
	c.sources(sources, targets)
	out.Rows = c.rows()
	if row, ok := nodeRow(targets); ok {
		out.Rows = append(out.Rows, row)
	}
	sortRows(out.Rows)
	out.Unmatched = e.unmatched(targets)
	out.Gaps = c.reportGaps()
	return out, nil
}

// ReachableFrom answers for every possible destination of a source. Errors are
// those of [Explain].
func ReachableFrom(m *model.Model, source reference.Reference, o Options) (*report.Reach, error) {
	e := &engine{Model: m, Options: o}
	out := e.newReach(source, report.Egress)
	sources, problem, err := e.sources(source)
	if err != nil {
		return e.unreadableReach(out, err)
	}
	if problem != nil {
		out.Rows = []report.ReachRow{{
			Verdict: problem.verdict, Reason: problem.reason, Detail: problem.hops[0].Detail, Scope: report.ScopeEverywhere,
			Ends: []report.Members{}, Ports: []report.PortMapping{},
		}}
		needs := map[string]bool{}
		for _, h := range problem.hops {
			for _, n := range h.Needs {
				needs[n] = true
			}
		}
		out.Gaps = e.gapsFor(needs)
		return out, nil
	}
	if len(sources) == 0 {
		return out, nil
	}
	targets := e.everybody(nil)
	if sources[0].Block.Prefix.IsValid() {
		// From outside, only what is inside is the cluster's to say.
		if source.Form == reference.FormInternet {
			sources = partyFamilies(e.everyPod()).within(sources)
		}
		c := newCollector(e, "")
		c.targets(sources, targets)
		out.Rows = c.rows()
		sortRows(out.Rows)
		out.Gaps = c.reportGaps()
		return out, nil
	}
	out.Pods = e.membersOf(sources)
	var home string
	if sources[0].Pod != nil {
		home = sources[0].Pod.Namespace
	}
	c := newCollector(e, home)
	c.targets(sources, targets)
	out.Rows = append(c.rows(), c.outsideFrom(sources)...)
	sortRows(out.Rows)
	out.Gaps = c.reportGaps()
	return out, nil
}

func (e *engine) newReach(of reference.Reference, d report.Direction) *report.Reach {
	return &report.Reach{
		Header: report.NewHeader("Reach"), Of: endOf(of), Direction: d, Enforcement: enforcement(e.Model),
		Pods: []report.Members{}, Rows: []report.ReachRow{},
	}
}

func (e *engine) unreadableReach(out *report.Reach, err error) (*report.Reach, error) {
	var u *model.UnreadableError
	if !errors.As(err, &u) {
		return nil, err
	}
	out.Rows = []report.ReachRow{{
		Reason: report.NotRead, Scope: report.ScopeEverywhere, Ends: []report.Members{}, Ports: []report.PortMapping{},
	}}
	out.Gaps = e.gapsFor(map[string]bool{u.Gap.Need.Permission(): true})
	return out, nil
}

func homeOf(r reference.Reference, targets []model.Destination) string {
	for _, t := range targets {
		if t.Pod != nil {
			return t.Pod.Namespace
		}
	}
	return r.Namespace
}

func (e *engine) describeTargets(out *report.Reach, targets []model.Destination) {
	var parties []model.Party
	for _, t := range targets {
		if !slices.Contains(out.Ports, t.Port) {
			out.Ports = append(out.Ports, t.Port)
		}
		if t.Broken == "" {
			parties = append(parties, t.Party)
		}
	}
	out.Pods = e.membersOf(parties)
}

// membersOf groups parties by the workload they are shown as.
func (e *engine) membersOf(parties []model.Party) []report.Members {
	var order []string
	groups := map[string]*members{}
	for _, p := range parties {
		end := e.partyEnd(p)
		key := endKey(end)
		if groups[key] == nil {
			groups[key] = newMembers(end)
			order = append(order, key)
		}
		groups[key].add(p, false)
	}
	out := make([]report.Members, 0, len(order))
	for _, key := range order {
		out = append(out, groups[key].report(0))
	}
	return out
}

// everyPod returns all pods that can take part in connections.
func (e *engine) everyPod() []model.Party {
	var out []model.Party
	for _, p := range e.Pods() {
		if !p.Finished() {
			out = append(out, model.Party{Pod: p})
		}
	}
	return out
}

// reportGaps are the gaps that left some verdict open, and those because of which
// not everybody is listed: what is said of those pods may be certain all the
// same, but who they are is not, and the report is not complete.
func (c *collector) reportGaps() []report.Gap {
	for _, p := range c.unseen() {
		c.needs[snapshot.Need{Resource: snapshot.Pods, Namespace: p.Pod.Namespace}.Permission()] = true
	}
	return c.gapsFor(c.needs)
}

// unseen stands for the pods that could not be read: those of each namespace
// that is known, and those of all others where not every namespace is. Nothing
// that is namespaced lives in those others, as far as it could be read.
func (e *engine) unseen() []model.Party {
	if e.Hidden(snapshot.Pods, "") == nil {
		return nil
	}
	var out []model.Party
	for _, ns := range e.knownNamespaces() {
		if !e.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: ns}) {
			out = append(out, model.Party{Pod: &snapshot.Pod{Name: snapshot.Name{Namespace: ns}}, Unseen: true})
		}
	}
	if !e.Has(snapshot.Need{Resource: snapshot.Namespaces}) {
		out = append(out, model.Party{Pod: &snapshot.Pod{}, Unseen: true})
	}
	return out
}

// knownNamespaces are those that were read, and those that something read lives in.
func (e *engine) knownNamespaces() []string {
	known := map[string]bool{}
	for _, ns := range e.Namespaces() {
		known[ns.Name] = true
	}
	for _, o := range e.Pods() {
		known[o.Namespace] = true
	}
	for _, o := range e.Services() {
		known[o.Namespace] = true
	}
	for _, o := range e.Policies() {
		known[o.Namespace] = true
	}
	for _, o := range e.Unmodelled() {
		if o.Namespace != "" {
			known[o.Namespace] = true
		}
	}
	return sortedKeys(known)
}

// outside are the addresses outside the cluster that policies on the targets,
// or source ranges of their Service, tell apart: the internet, and private
// ranges where something names them.
func (e *engine) outside(targets []model.Destination) []model.Party {
	l := e.lensFor(nil, targets)
	return destinationFamilies(targets).within(cut(e.outsideUniverse(l), l.cuts))
}

func (e *engine) outsideUniverse(l lens) []model.Party {
	universe := address.Internet()
	for _, c := range l.cuts {
		universe = append(universe, address.Block{Prefix: c})
	}
	var out []model.Party
	for _, b := range universe {
		out = append(out, model.Party{Block: b})
	}
	return out
}

// outsideFrom answers for the addresses outside that the source's policies tell
// apart, with the set of connections that is admitted to each.
func (c *collector) outsideFrom(sources []model.Party) []report.ReachRow {
	l := c.lensFor(sources, nil)
	var rows []report.ReachRow
	index := map[string]int{}
	reachable := partyFamilies(sources)
	for _, to := range reachable.within(cut(c.outsideUniverse(l), l.cuts)) {
		for _, class := range fold(sources, l.key) {
			row := c.egressTo(class[0], to)
			key := fmt.Sprint(row.Verdict, row.Reason, row.Connections)
			at, seen := index[key]
			if !seen {
				at = len(rows)
				index[key] = at
				row.Ends = []report.Members{{End: report.End{Kind: "Addresses"}}}
				rows = append(rows, row)
			}
			end := &rows[at].Ends[0]
			if text := to.Block.String(); !slices.Contains(end.End.Addresses, text) {
				end.End.Addresses = append(end.End.Addresses, text)
			}
		}
	}
	for i := range rows {
		nameInternet(&rows[i].Ends[0], l, reachable)
	}
	return rows
}

// egressTo is what a source may send to a set of outside addresses.
func (c *collector) egressTo(src, to model.Party) report.ReachRow {
	row := report.ReachRow{Verdict: report.Allowed, Reason: report.NotPoliced, Scope: report.ScopeAddresses, Hop: report.HopEgress, Ports: []report.PortMapping{}}
	hop := report.Hop{Kind: report.HopEgress, Verdict: report.Allowed, Reason: report.NotPoliced}
	if none := endpointHop(pair{src: src}); none != nil {
		row.Verdict, row.Reason, row.Hop = none.Verdict, none.Reason, none.Kind
		return row
	}
	if src.Pod != nil && !src.Host() {
		links, ok := families(src, model.Destination{Party: to})
		if !ok {
			links = []link{{}}
		}
		subject, peer := c.Endpoint(src, links[0].src), c.Endpoint(to, links[0].dst)
		binding := c.Binding(src.Pod, report.Egress)
		conn := policy.Connection{Direction: report.Egress, Subject: &subject, Peer: &peer, Ports: connset.All()}
		decision, doubt := binding.Against(conn, c.Plugin.Behaviour, nil), c.Doubt(src.Pod.Namespace)
		set := decision.Admitted
		switch hop.Verdict = anyOf(set); {
		case decision.Reason == report.NotIsolated:
			hop.Reason = report.NotIsolated
		case hop.Verdict == report.Denied:
			hop.Reason = decision.Reason
		case hop.Verdict == report.Unknown:
			hop.Reason = report.AddressUnknown
		default:
			hop.Reason = report.RuleAllows
			row.Connections = &set.Certain
		}
		for _, p := range binding.Policies() {
			row.DecidedBy = append(row.DecidedBy, report.RuleRef{Policy: p.Ref(), Location: p.Origin.At("spec.egress")})
		}
		if known := hop.Verdict; anyOf(doubt.Apply(set, binding.Isolates())) == report.Unknown {
			hop.Verdict = report.Unknown
			because(&hop, known, doubt, binding.Isolates())
		}
		for _, n := range hop.Needs {
			c.needs[n] = true
		}
	}
	row.Verdict, row.Reason = hop.Verdict, hop.Reason
	return row
}

// anyOf is the verdict on whether anything is let through.
func anyOf(a policy.Admitted) report.Verdict {
	switch {
	case a.Possible.IsEmpty():
		return report.Denied
	case a.Certain.IsEmpty():
		return report.Unknown
	default:
		return report.Allowed
	}
}

// nameInternet shows the whole internet, as far as these families go, by its name.
func nameInternet(m *report.Members, l lens, f familySet) {
	all := f.within(cut(parties(address.Internet()), l.cuts))
	rest := slices.Clone(m.End.Addresses)
	for _, p := range all {
		i := slices.Index(rest, p.Block.String())
		if i < 0 {
			return
		}
		rest = slices.Delete(rest, i, i+1)
	}
	m.End.Addresses = append([]string{"internet"}, rest...)
	if len(rest) == 0 {
		m.End = report.End{Kind: "Internet"}
	}
}

func parties(blocks []address.Block) []model.Party {
	out := make([]model.Party, len(blocks))
	for i, b := range blocks {
		out[i] = model.Party{Block: b}
	}
	return out
}

// nodeRow says that each pod's own node always gets in.
func nodeRow(targets []model.Destination) (report.ReachRow, bool) {
	for _, t := range targets {
		if t.Pod != nil && !t.Host() && t.Broken == "" {
			return report.ReachRow{
				Verdict: report.Allowed, Reason: report.SameNode, Scope: report.ScopeNodes, Hop: report.HopIngress,
				Ends: []report.Members{}, Ports: []report.PortMapping{},
			}, true
		}
	}
	return report.ReachRow{}, false
}

// unmatched finds the peers of the targets' ingress rules that no pod matches.
func (e *engine) unmatched(targets []model.Destination) []report.Unmatched {
	if e.Hidden(snapshot.Pods, "") != nil || !e.Has(snapshot.Need{Resource: snapshot.Namespaces}) {
		return nil
	}
	out := e.strays(targets)
	seen := map[report.Object]bool{}
	for _, t := range targets {
		if t.Pod == nil {
			continue
		}
		for _, p := range e.Binding(t.Pod, report.Ingress).Policies() {
			if seen[p.Ref()] {
				continue
			}
			seen[p.Ref()] = true
			for _, r := range p.Ingress.Rules {
				for i := range r.Peers {
					peer := &r.Peers[i]
					if peer.Labelled() && !peer.Conditional() && !peer.Addressed() && e.allRead(peer) && !e.anyMatches(peer, false) {
						out = append(out, report.Unmatched{
							RuleRef: report.RuleRef{Policy: p.Ref(), Path: peer.Path, Location: p.Origin.At(peer.Path)}, Clause: peer.String(),
							HostNetwork: e.anyMatches(peer, true),
						})
					}
				}
			}
		}
	}
	return out
}

// strays are policies that select no pod of their own namespace, but would select
// a target's: they may have been meant for it.
func (e *engine) strays(targets []model.Destination) []report.Unmatched {
	var out []report.Unmatched
	for _, p := range e.Idle() {
		wanted := func(t model.Destination) bool {
			return t.Pod != nil && t.Pod.Namespace != p.Namespace && p.Subject.Match(selector.Known(t.Pod.Labels)) == selector.Yes
		}
		if slices.ContainsFunc(targets, wanted) &&
			e.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: p.Namespace, Labels: p.Subject.String()}) {
			const path = "spec.podSelector"
			out = append(out, report.Unmatched{
				RuleRef: report.RuleRef{Policy: p.Ref(), Path: path, Location: p.Origin.At(path)},
				Clause:  "podSelector " + p.Subject.String(),
			})
		}
	}
	return out
}

// allRead tells whether every pod was read that a peer could match.
func (e *engine) allRead(peer *policy.Peer) bool {
	if e.Has(snapshot.Need{Resource: snapshot.Pods}) {
		return true
	}
	if peer.Pods == nil || peer.Namespaces == nil {
		return peer.Namespaces == nil && e.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: peer.Home})
	}
	for _, ns := range e.Namespaces() {
		if peer.Namespaces.Match(selector.Known(ns.Labels)) != selector.No &&
			!e.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: ns.Name, Labels: peer.Pods.String()}) {
			return false
		}
	}
	return true
}

// anyMatches tells whether a peer matches some pod; with hosts, whether it would match one
// in its node's network, if selectors could.
func (e *engine) anyMatches(peer *policy.Peer, hosts bool) bool {
	classes := e.Classes()
	if peer.Namespaces == nil {
		classes = e.ClassesIn(peer.Home)
	}
	open, last := true, ""
	for _, class := range classes {
		pod := class.Pods[0]
		if pod.Namespace != last {
			last = pod.Namespace
			open = peer.Namespaces == nil || peer.Namespaces.Match(e.NamespaceLabels(last)) != selector.No
		}
		if !open {
			continue
		}
		end := e.Endpoint(model.Party{Pod: pod}, firstOf(pod.IPs, true))
		if hosts && pod.HostNetwork {
			end.Kind = policy.PodEndpoint
		}
		if peer.Admits(&end, e.Plugin.Behaviour) {
			return true
		}
	}
	return false
}

func sortRows(rows []report.ReachRow) {
	rank := map[report.Verdict]int{report.Allowed: 0, report.Unknown: 1, report.Denied: 2}
	scope := map[report.RowScope]int{
		report.ScopeEverywhere: 0, report.ScopeWorkloads: 1, report.ScopeNamespaces: 2,
		report.ScopeOtherNamespaces: 3, report.ScopeAddresses: 4, report.ScopeNodes: 5,
	}
	slices.SortStableFunc(rows, func(a, b report.ReachRow) int {
		if d := rank[a.Verdict] - rank[b.Verdict]; d != 0 {
			return d
		}
		if d := scope[a.Scope] - scope[b.Scope]; d != 0 {
			return d
		}
		return strings.Compare(firstEnd(a), firstEnd(b))
	})
}

func firstEnd(r report.ReachRow) string {
	if len(r.Ends) == 0 {
		return ""
	}
	return endKey(r.Ends[0].End)
}
