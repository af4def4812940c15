package query

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// prove asks about every connection that the policies are for.
func (s *scaffolder) prove() {
	for _, set := range s.sets {
		for _, c := range set.clients {
			to := report.End{Kind: set.objects()[0].Kind, Namespace: set.namespace, Name: set.lead()}
			if c.door == nil {
				s.check(c.end, to, func(e *engine) []*draft { return e.answers(c.parties, c.dsts()) })
				continue
			}
			for _, asked := range askedIn(set, c.door) {
				s.check(c.end, to, func(e *engine) []*draft { return e.answers(e.planeParties(c.door, asked...), asked) })
			}
			for _, b := range backends(c.door) {
				if own := set.behind(b); own != nil {
					s.check(c.end, to, func(e *engine) []*draft { return e.leavingDoor(c.door, own) })
				}
			}
		}
		from := s.membersOf(set.pods)[0].End
		for _, c := range set.egress {
			if dsts := c.dsts(); len(dsts) > 0 {
				s.check(from, c.end, func(e *engine) []*draft { return e.answers(set.pods, dsts) })
			}
		}
	}
}

// check asks whether connections work once the policies are there. Where another
// policy is in their way, it looks for the change that mends that one.
func (s *scaffolder) check(from, to report.End, ask func(*engine) []*draft) {
	bare := *s.after
	bare.bare = true
	if v, _ := overall(ask(&bare)); v == report.Allowed {
		return // as it should be, and nobody asks why
	}
	found := ask(s.after)
	x := s.failDrafts(from, to, found)
	if x == nil || x.Verdict != report.Denied {
		return
	}
	x.Fix = fix(s.after.Model, s.Options, found, func(m *model.Model) ([]*draft, error) {
		return ask(&engine{Model: m, Options: s.Options}), nil
	})
	if x.Fix != nil && slices.ContainsFunc(x.Fix.Patches, func(p report.Patch) bool { return s.proposes(p.Policy) }) {
		x.Fix = nil // nobody has what it would patch
	}
}

// proposes tells whether a policy is one of those proposed.
func (s *scaffolder) proposes(o report.Object) bool {
	return slices.ContainsFunc(s.out.Policies, func(p report.ProposedPolicy) bool {
		return p.Policy.Namespace == o.Namespace && p.Policy.Name == o.Name
	})
}

// behind is a door's backend as far as it is pods of the set; nil when none is.
func (b *backendSet) behind(d *doorBackend) *doorBackend {
	r := *d.first()
	r.Destinations = slices.DeleteFunc(slices.Clone(r.Destinations), func(dst model.Destination) bool { return !b.has(dst.Pod) })
	if r.Broken != "" || len(r.Destinations) == 0 {
		return nil
	}
	return &doorBackend{routes: []frontdoor.Route{r}}
}

// allCuts are the CIDRs that policies of any namespace name.
func allCuts(models ...*model.Model) []netip.Prefix {
	var out []netip.Prefix
	for _, m := range models {
		out = append(out, m.Blocks()...)
	}
	slices.SortFunc(out, netip.Prefix.Compare)
	return slices.Compact(out)
}

// impactOf compares who connects before and after.
type impactOf struct {
	*scaffolder
	// Only policies differ: units have the same numbers in both.
	before, now *state
	groups      map[string]*impactGroup
	order       []string
	// everywhere counts the pods of each end, by namespace.
	everywhere map[string]map[string]int
	lost       []*lostEnd
	undecided  map[*backendSet]bool
}

type impactGroup struct {
	row  report.ImpactRow
	home string
	ends map[string]*members
	keys []string
}

// lostEnd is an end inside the cluster that is cut off from a set.
type lostEnd struct {
	set     *backendSet
	end     report.End
	parties []model.Party
	lost    connset.Set
}

// target is pods of a set that nothing tells apart.
type target struct {
	set   *backendSet
	pod   model.Party
	class []model.Party
	ports connset.Set
	// own are the proposed policies that isolate it.
	own, others []*policy.Policy
	unit        int32
}

func (s *scaffolder) impact() *impactOf {
	before, now := s.states()
	i := &impactOf{
		scaffolder: s, before: before, now: now,
		groups: map[string]*impactGroup{}, everywhere: map[string]map[string]int{}, undecided: map[*backendSet]bool{},
	}
	sources := append(s.everyPod(), s.unseen()...)
	for _, p := range sources {
		end := i.shown(p)
		if i.everywhere[end.Namespace] == nil {
			i.everywhere[end.Namespace] = map[string]int{}
		}
		i.everywhere[end.Namespace][endKey(end)]++
	}
	targets := i.targets()
	for at := range now.units {
		class := now.units[at].parties()
		for _, t := range targets {
			i.enters(class, int32(at), t)
			if s.egress() {
				i.leaves(class, int32(at), t)
			}
		}
	}
	for _, t := range targets {
		for b, o := range now.fringe.blocks {
			// Where policies name an address of the cluster's own, it is not outside.
			if now.units[t.unit].families.has(o.Block) && !now.own[b] {
				i.outside(b, t)
			}
		}
	}
	return i
}

// states are what everybody has without and with the policies.
func (s *scaffolder) states() (before, now *state) {
	cuts := allCuts(s.Model, s.after.Model)
	if s.today == nil || !slices.Equal(s.today.lens.cuts, cuts) {
		m := newMapper(s.Model, s.Options)
		m.lens.cuts = cuts
		s.today = newState(m)
	}
	return s.today, s.today.like(newMapper(s.after.Model, s.Options)).state()
}

func (i *impactOf) shown(p model.Party) report.End {
	if p.Unseen {
		return report.End{Kind: "Namespace", Namespace: p.Pod.Namespace, Name: p.Pod.Namespace}
	}
	return i.partyEnd(p)
}

// targets are the classes of pods that proposed policies select.
func (i *impactOf) targets() []*target {
	var out []*target
	for _, set := range i.sets {
		for _, t := range i.targetsOf(set) {
			pod := t.pod.Pod
			for _, c := range set.clients {
				t.ports = t.ports.Union(c.connections(pod))
			}
			for _, p := range set.ports {
				for _, d := range p.dsts {
					if d.Pod == pod && d.Port.Pod != 0 {
						t.ports = t.ports.Union(connset.Of(d.Port.Protocol, d.Port.Pod, d.Port.Pod))
					}
				}
			}
			for _, p := range i.after.Isolating(pod, report.Ingress) {
				if i.isOwn(p.Name) {
					t.own = append(t.own, p)
				} else {
					t.others = append(t.others, p)
				}
			}
			out = append(out, t)
		}
	}
	if i.request.NamespaceDefaults {
		out = append(out, i.rest()...)
	}
	return out
}

// targetsOf sorts the pods of a set by their units.
func (i *impactOf) targetsOf(set *backendSet) []*target {
	at, ok := i.now.placeIDs[set.namespace]
	if !ok {
		return nil
	}
	units := map[*snapshot.Pod]int32{}
	for u := i.now.places[at].units.from; u < i.now.places[at].units.to; u++ {
		for _, p := range i.now.units[u].pods {
			units[p] = u
		}
	}
	var out []*target
	index := map[int32]*target{}
	for _, p := range set.pods {
		u, ok := units[p.Pod]
		if !ok {
			continue
		}
		t := index[u]
		if t == nil {
			t = &target{set: set, pod: p, unit: u, ports: i.served(p.Pod)}
			index[u] = t
			out = append(out, t)
		}
		t.class = append(t.class, p)
	}
	return out
}

// rest are the other pods of the namespaces that --namespace-defaults isolates:
// all that is said of them is what is lost.
func (i *impactOf) rest() []*target {
	var out []*target
	for _, p := range i.out.Policies {
		if p.Purpose != report.ForDefaultDeny {
			continue
		}
		set := &backendSet{namespace: p.Policy.Namespace, name: p.Policy.Name, rest: true}
		for _, pod := range i.PodsIn(set.namespace) {
			if !pod.Finished() && !pod.HostNetwork && !slices.ContainsFunc(i.sets, func(b *backendSet) bool { return b.has(pod) }) {
				set.pods = append(set.pods, model.Party{Pod: pod})
			}
		}
		out = append(out, i.targetsOf(set)...)
	}
	return out
}

// isOwn tells a proposed policy for backends from every other.
func (s *scaffolder) isOwn(name snapshot.Name) bool {
	return slices.ContainsFunc(s.sets, func(b *backendSet) bool { return b.namespace == name.Namespace && b.name == name.Name })
}

// declared are the ports that a pod declares; all, where it declares none.
func declared(p *snapshot.Pod) connset.Set {
	out := connset.Empty()
	for _, c := range p.Ports {
		out = out.Union(connset.Of(c.Protocol, c.Port, c.Port))
	}
	if out.IsEmpty() {
		return connset.AllOf(connset.TCP)
	}
	return out
}

// admitting is what some policies let into a target from a source.
func (i *impactOf) admitting(policies []*policy.Policy, src model.Party, t *target) connset.Set {
	out := connset.Empty()
	links, ok := families(src, model.Destination{Party: t.pod})
	if !ok || len(policies) == 0 {
		return out
	}
	for _, l := range links {
		subject, peer := i.Endpoint(t.pod, l.dst), i.Endpoint(src, l.src)
		c := policy.Connection{Direction: report.Ingress, Subject: &subject, Peer: &peer, Ports: connset.All()}
		out = out.Union(policy.AddUp(policies).Against(c, i.Plugin.Behaviour, nil).Possible)
	}
	return out
}

// wanted is what a source is to have with a target.
func (i *impactOf) wanted(src model.Party, t *target) connset.Set {
	out := connset.Empty()
	for _, set := range i.sets {
		if !set.has(t.pod.Pod) {
			continue
		}
		for _, c := range set.clients {
			if c.includes(src) {
				out = out.Union(c.connections(t.pod.Pod))
			}
		}
	}
	return out
}

func (c *client) includes(src model.Party) bool {
	if c.namespace != "" && src.Pod != nil && src.Pod.Namespace == c.namespace {
		return true
	}
	for _, p := range c.parties {
		switch {
		case src.Pod != nil && p.Pod == src.Pod:
			return true
		case src.Block.Prefix.IsValid() && p.Block.Prefix.IsValid():
			if at := src.Block.Prefixes(); len(at) > 0 && p.Block.Contains(at[0].Addr()) {
				return true
			}
		}
	}
	if c.labels != nil && src.Pod != nil && src.Pod.Namespace == c.labels.namespace && !src.Unseen && !src.Host() {
		return selector.OfSet(c.labels.set).Match(selector.Known(src.Pod.Labels)) == selector.Yes
	}
	return false
}

// elsewhere keeps the members that are not on the target's node, whose
// connections are always allowed, not reported.
func elsewhere(class []model.Party, t *target) []model.Party {
	if !class[0].Host() {
		return class
	}
	var out []model.Party
	for _, p := range class {
		if slices.ContainsFunc(t.class, func(q model.Party) bool { return p.NodeName() == "" || q.NodeName() != p.NodeName() }) {
			out = append(out, p)
		}
	}
	return out
}

// othersThan are the pods of a class with which some pod of a target may talk: a
// target's only pod has nobody to talk to in itself.
func othersThan(t *target, class []model.Party) []model.Party {
	if len(t.class) > 1 {
		return class
	}
	return slices.DeleteFunc(slices.Clone(class), func(p model.Party) bool { return samePod(p, t.pod) })
}

// enters compares connections from a class, a unit's pods, to a target.
func (i *impactOf) enters(class []model.Party, from int32, t *target) {
	others := othersThan(t, elsewhere(class, t))
	if len(others) == 0 {
		return
	}
	before, now := i.before.apart(from, t.unit), i.now.apart(from, t.unit)
	mine := i.admitting(t.own, others[0], t)
	for _, group := range fold(others, func(p model.Party) string { return i.wanted(p, t).String() }) {
		i.compare(group, t, before, now, mine, i.wanted(group[0], t))
	}
}

// outside compares connections from a block of addresses outside.
func (i *impactOf) outside(block int, t *target) {
	o := i.now.fringe.blocks[block]
	u, v := &i.before.units[t.unit], &i.now.units[t.unit]
	before, now := i.before.entering(u, block), i.now.entering(v, block)
	i.compare([]model.Party{o}, t, before, now, i.admitting(t.own, o, t), i.wanted(o, t))
	if i.egress() {
		before, now := i.before.leaving(u, block), i.now.leaving(v, block)
		i.note([]model.Party{o}, t, report.ImpactRow{Change: report.Loses, Direction: report.Egress}, before.Certain.Subtract(now.Possible))
	}
}

// compare notes what a group of sources keeps, loses and gains, and what it has
// that nobody asked for.
func (i *impactOf) compare(group []model.Party, t *target, before, now policy.Admitted, mine, wanted connset.Set) {
	row := func(c report.ImpactChange) report.ImpactRow {
		return report.ImpactRow{Change: c, Direction: report.Ingress}
	}
	if t.set.rest {
		i.note(group, t, row(report.Loses), before.Certain.Subtract(now.Possible).Intersect(t.ports))
		return
	}
	if i.now.ingress[i.now.units[t.unit].ingress].doubt.MayAllow && !now.Possible.Subtract(mine).IsEmpty() {
		i.open(group[0], t, now.Possible.Subtract(mine))
		return
	}
	i.note(group, t, row(report.Keeps), now.Certain.Intersect(before.Certain).Intersect(wanted))
	i.note(group, t, row(report.Gains), now.Certain.Subtract(before.Possible).Intersect(wanted))
	lost := before.Certain.Subtract(now.Possible).Intersect(t.ports)
	i.note(group, t, row(report.Loses), lost)
	if !lost.IsEmpty() && group[0].Pod != nil && !group[0].Unseen {
		i.lose(group, t, lost)
	}
	unasked := now.Possible.Subtract(wanted)
	also := row(report.AlsoAdmitted)
	also.Maybe = unasked.Intersect(mine).Intersect(now.Certain).IsEmpty()
	i.note(group, t, also, unasked.Intersect(mine))
	opened := unasked.Subtract(mine)
	if opened.IsEmpty() {
		return
	}
	still := row(report.StillOpen)
	still.Undeclared = opened.Intersect(t.ports).IsEmpty()
	for _, p := range t.others {
		if !i.admitting([]*policy.Policy{p}, group[0], t).Intersect(opened).IsEmpty() {
			still.By = append(still.By, p.Ref())
		}
	}
	i.note(group, t, still, opened)
}

// open notes once for each set that what gets in is not known.
func (i *impactOf) open(src model.Party, t *target, what connset.Set) {
	if i.undecided[t.set] {
		return
	}
	i.undecided[t.set] = true
	pod := t.pod
	if at := slices.IndexFunc(t.class, func(p model.Party) bool { return !samePod(p, src) }); samePod(pod, src) && at >= 0 {
		pod = t.class[at] // that a pod reaches itself is known
	}
	if likely := what.Intersect(t.ports); !likely.IsEmpty() {
		what = likely
	}
	dst := model.Destination{Party: pod, Addresses: pod.Addresses(), Port: firstPort(what)}
	from, to := i.shown(src), i.partyEnd(pod)
	if src.Block.Prefix.IsValid() {
		from.Addresses = []string{src.Block.String()}
	}
	d := &draft{source: newMembers(from), target: newMembers(to), ports: []report.PortMapping{dst.Port}}
	d.outcome = i.after.connect(pair{src: src, dst: dst})[0]
	d.source.add(src, false)
	d.target.add(pod, false)
	if d.verdict == report.Allowed {
		// The source's own side decides, and the target's is still not known.
		d.verdict = report.Unknown
	}
	i.failDrafts(from, to, []*draft{d})
}

func firstPort(s connset.Set) report.PortMapping {
	for _, p := range connset.Protocols() {
		if r := s.Ranges(p); len(r) > 0 {
			return report.PortMapping{Protocol: p, Pod: r[0].First}
		}
	}
	return report.PortMapping{Protocol: connset.TCP}
}

func (i *impactOf) lose(group []model.Party, t *target, lost connset.Set) {
	for _, p := range group {
		end := i.shown(p)
		at := slices.IndexFunc(i.lost, func(l *lostEnd) bool { return l.set == t.set && endKey(l.end) == endKey(end) })
		if at < 0 {
			at = len(i.lost)
			i.lost = append(i.lost, &lostEnd{set: t.set, end: end})
		}
		l := i.lost[at]
		l.lost = l.lost.Union(lost)
		if !slices.ContainsFunc(l.parties, func(q model.Party) bool { return q.Pod == p.Pod }) {
			l.parties = append(l.parties, p)
		}
	}
}

// leaves compares connections from a target to a class, for --egress.
func (i *impactOf) leaves(class []model.Party, to int32, t *target) {
	others := othersThan(t, class)
	if len(others) == 0 || class[0].Unseen || class[0].Host() {
		return
	}
	before, now := i.before.apart(t.unit, to), i.now.apart(t.unit, to)
	ports := declared(class[0].Pod)
	if len(class[0].Pod.Ports) == 0 {
		return
	}
	i.note(others, t, report.ImpactRow{Change: report.Loses, Direction: report.Egress}, before.Certain.Subtract(now.Possible).Intersect(ports))
	i.note(others, t, report.ImpactRow{Change: report.Keeps, Direction: report.Egress}, before.Certain.Intersect(now.Certain).Intersect(ports))
}

// note adds parties to the row that says this of them.
func (i *impactOf) note(parties []model.Party, t *target, row report.ImpactRow, set connset.Set) {
	if set.IsEmpty() {
		return
	}
	row.Connections = set
	row.Policy = report.Object{Kind: "NetworkPolicy", Namespace: t.set.namespace, Name: t.set.name}
	key := fmt.Sprint(row.Policy, row.Change, row.Direction, set, row.By, row.Undeclared, row.Maybe)
	g := i.groups[key]
	if g == nil {
		g = &impactGroup{row: row, home: t.set.namespace, ends: map[string]*members{}}
		i.groups[key] = g
		i.order = append(i.order, key)
	}
	if t.set.rest {
		for _, p := range t.class {
			if end := i.partyEnd(p); !slices.ContainsFunc(g.row.Of, func(e report.End) bool { return endKey(e) == endKey(end) }) {
				g.row.Of = append(g.row.Of, end)
			}
		}
	}
	for _, p := range parties {
		end := i.shown(p)
		id := endKey(end)
		if g.ends[id] == nil {
			g.ends[id] = newMembers(end)
			g.keys = append(g.keys, id)
		}
		g.ends[id].add(p, false)
	}
}

// rows are the groups in order, with namespaces folded where all of their pods
// are in one row.
func (i *impactOf) rows() []report.ImpactRow {
	out := []report.ImpactRow{}
	for _, key := range i.order {
		g := i.groups[key]
		row := g.row
		slices.Sort(g.keys)
		whole := map[string]bool{}
		for ns, ends := range i.everywhere {
			whole[ns] = ns != g.home && ns != "" && len(ends) > 1
			for id, count := range ends {
				m := g.ends[id]
				whole[ns] = whole[ns] && m != nil && len(m.names) == count
			}
		}
		folded := map[string]int{}
		var blocks []report.Members
		for _, id := range g.keys {
			m := g.ends[id]
			ns := m.end.Namespace
			switch {
			case m.end.Kind == "Addresses":
				blocks = append(blocks, m.report(0))
			case whole[ns]:
				at, seen := folded[ns]
				if !seen {
					at = len(row.Ends)
					folded[ns] = at
					row.Ends = append(row.Ends, report.Members{End: report.End{Kind: "Namespace", Name: ns}})
				}
				row.Ends[at].Count += len(m.names)
				row.Ends[at].Total += len(m.names)
			default:
				row.Ends = append(row.Ends, m.report(i.everywhere[ns][id]))
			}
		}
		if len(blocks) > 0 {
			joined := report.Members{End: report.End{Kind: "Addresses"}}
			for _, b := range blocks {
				joined.End.Addresses = append(joined.End.Addresses, b.End.Addresses...)
			}
			nameInternet(&joined, i.now.lens, i.setFamilies(g.row.Policy))
			row.Ends = append(row.Ends, joined)
		}
		out = append(out, row)
	}
	rank := map[report.ImpactChange]int{report.Keeps: 0, report.Gains: 1, report.Loses: 2, report.StillOpen: 3, report.AlsoAdmitted: 4}
	slices.SortStableFunc(out, func(a, b report.ImpactRow) int {
		if d := strings.Compare(a.Policy.Namespace+"/"+a.Policy.Name, b.Policy.Namespace+"/"+b.Policy.Name); d != 0 {
			return d
		}
		if d := strings.Compare(string(b.Direction), string(a.Direction)); d != 0 {
			return d
		}
		return rank[a.Change] - rank[b.Change]
	})
	return out
}

func (i *impactOf) setFamilies(p report.Object) familySet {
	for _, set := range i.sets {
		if set.namespace == p.Namespace && set.name == p.Name {
			return partyFamilies(set.pods)
		}
	}
	return bothFamilies()
}

// cutOff are the ends inside the cluster that lose something.
func (i *impactOf) cutOff() []report.End {
	var out []report.End
	for _, l := range i.lost {
		if !slices.ContainsFunc(out, func(e report.End) bool { return endKey(e) == endKey(l.end) }) {
			out = append(out, l.end)
		}
	}
	slices.SortFunc(out, func(a, b report.End) int { return strings.Compare(edgeKey(a), edgeKey(b)) })
	return out
}

// keepCurrent makes clients of those who are cut off and shall not be.
func (s *scaffolder) keepCurrent() error {
	s.overlay()
	lost := s.impact().lost
	s.out.Failed = nil
	if s.request.KeepAll {
		for _, l := range lost {
			if _, _, err := s.rulePeers(l.set, &client{end: l.end, why: report.WhyKept, parties: l.parties, preferred: map[string][]map[string]string{}}, "", "from"); err != nil {
				end := l.end
				s.notice(report.Notice{Code: report.NotKept, Of: &end})
				continue
			}
			s.keep(l)
		}
		return nil
	}
	for _, r := range s.request.Keep {
		parties, _, err := s.engine.sources(r)
		if err != nil {
			return fmt.Errorf("--keep-current: %w", err)
		}
		found := false
		for _, l := range lost {
			if slices.ContainsFunc(l.parties, func(p model.Party) bool {
				return slices.ContainsFunc(parties, func(q model.Party) bool { return q.Pod == p.Pod })
			}) {
				found = true
				s.keep(l)
			}
		}
		if !found {
			return fmt.Errorf("--keep-current: %s has no connection today that would be cut off (--allow-from lets it in)", r)
		}
	}
	return nil
}

// keep makes a client of one end, on the ports that it has today.
func (s *scaffolder) keep(l *lostEnd) {
	c := &client{end: l.end, why: report.WhyKept, parties: l.parties, preferred: map[string][]map[string]string{}}
	var dsts []model.Destination
	for _, p := range s.clientPorts(l.set, l.set.ports) {
		kept := slices.DeleteFunc(slices.Clone(p.dsts), func(d model.Destination) bool {
			return d.Port.Pod != 0 && !l.lost.Contains(d.Port.Protocol, d.Port.Pod)
		})
		if len(kept) > 0 {
			c.ports = append(c.ports, &clientPort{policy: p.policy, dsts: kept})
		}
		dsts = append(dsts, kept...)
	}
	var more []model.Destination
	for _, p := range l.set.pods {
		for _, port := range s.servedPorts(p.Pod) {
			served := slices.ContainsFunc(dsts, func(q model.Destination) bool {
				return q.Pod == p.Pod && q.Port.Pod == port.Pod && q.Port.Protocol == port.Protocol
			})
			if !served && l.lost.Contains(port.Protocol, port.Pod) {
				more = append(more, model.Destination{Party: p, Addresses: p.Addresses(), Port: port})
			}
		}
	}
	c.addPorts(numbered(more))
	if w := s.Workload(l.end.Kind, snapshot.Name{Namespace: l.end.Namespace, Name: l.end.Name}); w != nil && len(w.Selector) > 0 {
		c.preferred[l.end.Namespace] = append(c.preferred[l.end.Namespace], model.StableLabels(w.Selector))
	}
	l.set.clients = append(l.set.clients, c)
	if s.egress() && slices.ContainsFunc(l.parties, func(p model.Party) bool { return l.set.has(p.Pod) }) {
		// They leave by the same policy by which they enter.
		own := *c
		own.parties = l.set.pods
		l.set.egress = append(l.set.egress, &own)
	}
}
