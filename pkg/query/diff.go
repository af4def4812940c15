package query

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Diff compares what two models allow: between workloads, with outside
// addresses, and through front doors and exposed Services.
func Diff(before, after *model.Model, o Options) *report.Diff {
	cuts := allCuts(before, after)
	t := touchedBetween(before, after)
	d := &differ{}
	// Either takes as long as the other, and knows nothing of it.
	var both sync.WaitGroup
	both.Go(func() { d.before = newState(before, o, cuts, t) })
	d.after = newState(after, o, cuts, t)
	both.Wait()
	out := &report.Diff{Header: report.NewHeader("Diff"), Enforcement: enforcement(after), Rows: []report.DiffRow{}}
	out.Rows = append(out.Rows, d.connections()...)
	out.Rows = append(out.Rows, d.outside()...)
	out.Rows = append(out.Rows, d.ways()...)
	needs := maps.Clone(t.unread)
	for _, r := range out.Rows {
		if u := r.Undecided; u != nil {
			for _, n := range slices.Concat(u.Before.Needs, u.After.Needs) {
				needs[n] = true
			}
			if r.Kind == report.DiffConnections {
				maps.Copy(needs, d.before.needs)
				maps.Copy(needs, d.after.needs)
			}
		}
	}
	out.Gaps = d.after.gapsFor(needs)
	return out
}

// differ compares two states.
type differ struct{ before, after *state }

// state is all connections in one model.
type state struct {
	*mapper
	edges map[string]*pairState
	// blocks are the edges of pods' ends with single outside blocks.
	blocks map[string]*pairState
	// raw is the state without regard to what was not read or is not modelled,
	// made when it is needed.
	raw     *state
	cuts    []netip.Prefix
	touched *touched
}

// pairState is what the pods of two ends have with each other.
type pairState struct {
	from, to report.End
	// every pod has for certain, some have for certain; all may have, any may
	// have. open is what of them is not known.
	every, some, most, maybe, open connset.Set
	seen                           bool
	samples                        []sampled
	// block and inbound tell edges with the outside.
	block   address.Block
	inbound bool
}

type sampled struct {
	sample
	set policy.Admitted
}

func (p *pairState) add(of sample, sets []policy.Admitted) {
	for _, set := range sets {
		if !p.seen {
			p.every, p.most, p.seen = set.Certain, set.Possible, true
		}
		p.every, p.most = p.every.Intersect(set.Certain), p.most.Intersect(set.Possible)
		p.open = p.open.Union(set.Possible.Subtract(set.Certain))
		p.some = p.some.Union(set.Certain)
		p.maybe = p.maybe.Union(set.Possible)
		p.samples = append(p.samples, sampled{of, set})
	}
}

func newState(m *model.Model, o Options, cuts []netip.Prefix, t *touched) *state {
	s := &state{mapper: newSurvey(m, o, cuts), edges: map[string]*pairState{}, blocks: map[string]*pairState{}, cuts: cuts, touched: t}
	s.survey()
	return s
}

// unlimited is the state as if nothing were unread or beyond the model.
func (s *state) unlimited() *state {
	if s.raw == nil {
		s.raw = &state{
			mapper: newSurvey(s.Model, s.Options, s.cuts), edges: map[string]*pairState{}, blocks: map[string]*pairState{}, cuts: s.cuts, touched: s.touched,
		}
		s.raw.ideal = true
		s.raw.survey()
	}
	return s.raw
}

func (s *state) survey() {
	var sides []*side
	for _, class := range s.foldEverybody(s.lens) {
		if present(class[0]) {
			sides = append(sides, s.side(class))
		}
	}
	// A change is asked about with everybody; those it leaves alone, with it only.
	changed, is := []*side{}, map[*sideEnd]bool{}
	for _, side := range sides {
		for _, e := range side.ends {
			is[e] = s.touched.has(e.end)
		}
		if s.concernsSide(side) {
			changed = append(changed, side)
		}
	}
	for _, from := range sides {
		others := changed
		if s.concernsSide(from) {
			others = sides
		}
		for _, to := range others {
			s.eachPair(from, to, func(f, t *sideEnd, of sample, sets []policy.Admitted) {
				if is[f] || is[t] {
					entry(s.edges, f.end, t.end, "").add(of, sets)
				}
			})
		}
	}
	outside := cut(s.outsideUniverse(s.lens), s.lens.cuts)
	for _, side := range sides {
		s.fringe(side, outside)
	}
}

// concernsSide tells whether some end of a side may differ.
func (s *state) concernsSide(x *side) bool {
	return slices.ContainsFunc(x.ends, func(e *sideEnd) bool { return s.touched.has(e.end) })
}

func entry(in map[string]*pairState, from, to report.End, block string) *pairState {
	key := endKey(from) + "\x01" + endKey(to) + "\x01" + block
	p := in[key]
	if p == nil {
		p = &pairState{from: from, to: to}
		in[key] = p
	}
	return p
}

// fringe notes the connections of a class with outside blocks.
func (s *state) fringe(side *side, outside []model.Party) {
	pod := side.members[0]
	if pod.Unseen || !s.concernsSide(side) {
		return
	}
	for _, o := range familiesOf(pod.Addresses()).within(outside) {
		if b := o.Block.Prefix; b.IsSingleIP() && (s.PodAt(b.Addr()) != nil || s.NodeAt(b.Addr()) != nil) {
			continue
		}
		links, ok := families(o, model.Destination{Party: pod})
		if !ok {
			continue
		}
		in := s.entering(nil, side, o, pod, links[0], selector.No, s.Plugin.Behaviour)
		out := s.leaving(side, nil, pod, o, link{src: links[0].dst}, selector.No, s.Plugin.Behaviour)
		block, nobody := o.Block.String(), report.End{Kind: "Addresses"}
		for _, e := range side.ends {
			if !s.touched.has(e.end) {
				continue
			}
			p := entry(s.blocks, nobody, e.end, block)
			p.block, p.inbound = o.Block, true
			p.add(sample{src: o, dst: pod}, []policy.Admitted{in})
			p = entry(s.blocks, e.end, nobody, block)
			p.block = o.Block
			p.add(sample{src: pod, dst: o}, []policy.Admitted{out})
		}
	}
}

// pairs visits the pairs that either state has, in a fixed order.
func pairs(a, b map[string]*pairState, visit func(key string, a, b *pairState)) {
	keys := slices.Collect(maps.Keys(a))
	for k := range b {
		if a[k] == nil {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	none := func(p, q *pairState) *pairState {
		if p != nil {
			return p
		}
		return &pairState{from: q.from, to: q.to, block: q.block, inbound: q.inbound}
	}
	for _, k := range keys {
		visit(k, none(a[k], b[k]), none(b[k], a[k]))
	}
}

// change is how one pair differs.
type pairChange struct{ gained, lost, undecided connset.Set }

func (c pairChange) none() bool {
	return c.gained.IsEmpty() && c.lost.IsEmpty() && c.undecided.IsEmpty()
}

// compare tells how a pair differs. What is open in either state is undecided
// where it is not as open in the other, or where the states differ if nothing is
// held to be open.
func (d *differ) compare(key string, a, b *pairState, of func(*state) map[string]*pairState) pairChange {
	var c pairChange
	c.gained = b.some.Subtract(a.maybe).Union(b.every.Subtract(a.most))
	c.lost = a.some.Subtract(b.maybe).Union(a.every.Subtract(b.most))
	if open := a.open.Union(b.open).Subtract(c.gained).Subtract(c.lost); !open.IsEmpty() {
		c.undecided = open.Intersect(difference(a.open, b.open).Union(d.ideally(key, of)))
	}
	return c
}

// ideally is how a pair differs when nothing is held to be open.
func (d *differ) ideally(key string, of func(*state) map[string]*pairState) connset.Set {
	a, b := of(d.before.unlimited())[key], of(d.after.unlimited())[key]
	if a == nil {
		a = &pairState{}
	}
	if b == nil {
		b = &pairState{}
	}
	return difference(a.maybe, b.maybe).Union(difference(a.some, b.some)).Union(difference(a.every, b.every))
}

// difference is what is in one set only.
func difference(a, b connset.Set) connset.Set { return a.Subtract(b).Union(b.Subtract(a)) }

func edgesOf(s *state) map[string]*pairState  { return s.edges }
func blocksOf(s *state) map[string]*pairState { return s.blocks }

func (d *differ) connections() []report.DiffRow {
	var out []report.DiffRow
	pairs(d.before.edges, d.after.edges, func(key string, a, b *pairState) {
		if c := d.compare(key, a, b, edgesOf); !c.none() {
			out = append(out, d.row(c, a, b, a.from, a.to))
		}
	})
	sortDiff(out)
	return out
}

func sortDiff(rows []report.DiffRow) {
	slices.SortStableFunc(rows, func(a, b report.DiffRow) int {
		return cmp.Or(strings.Compare(edgeKey(a.From), edgeKey(b.From)), strings.Compare(edgeKey(a.To), edgeKey(b.To)))
	})
}

// outside joins the blocks with which an end has the same differences.
func (d *differ) outside() []report.DiffRow {
	type group struct {
		c      pairChange
		a, b   *pairState
		blocks []address.Block
	}
	index := map[string]*group{}
	var order []string
	// reachable are the families in which an end has an outside at all.
	reachable := map[string]familySet{}
	ends := func(a *pairState) string { return endKey(a.from) + "\x01" + endKey(a.to) }
	pairs(d.before.blocks, d.after.blocks, func(key string, a, b *pairState) {
		v4 := a.block.Prefix.Addr().Is4()
		reachable[ends(a)] = reachable[ends(a)].union(familySet{v4: v4, v6: !v4})
		c := d.compare(key, a, b, blocksOf)
		if c.none() {
			return
		}
		id := fmt.Sprint(endKey(a.from), endKey(a.to), c, a.some, b.some, a.every, b.every)
		g := index[id]
		if g == nil {
			g = &group{c: c, a: a, b: b}
			index[id] = g
			order = append(order, id)
		}
		g.blocks = append(g.blocks, a.block)
	})
	var out []report.DiffRow
	for _, id := range order {
		g := index[id]
		outer := g.blocks
		slices.SortFunc(outer, func(x, y address.Block) int { return x.Prefix.Compare(y.Prefix) })
		from, to := g.a.from, g.a.to
		if g.a.inbound {
			from = d.after.blocksEnd(outer, reachable[ends(g.a)]).end
		} else {
			to = d.after.blocksEnd(outer, reachable[ends(g.a)]).end
		}
		out = append(out, d.row(g.c, g.a, g.b, from, to))
	}
	sortDiff(out)
	return out
}

// row is a row with what decides about a connection of each difference.
func (d *differ) row(c pairChange, a, b *pairState, from, to report.End) report.DiffRow {
	before, after := a.some, b.some
	out := report.DiffRow{Kind: report.DiffConnections, From: from, To: to, Before: &before, After: &after}
	out.Gained = d.difference(c.gained, b, a, false)
	out.Lost = d.difference(c.lost, a, b, true)
	out.Undecided = d.undecided(c.undecided, a, b)
	switch {
	case out.Gained == nil && out.Lost == nil:
		out.Change = report.DiffUndecided
	case before.IsEmpty() && out.Lost == nil:
		out.Change = report.DiffGained
	case after.IsEmpty() && out.Gained == nil:
		out.Change = report.DiffLost
	default:
		out.Change = report.DiffChanged
	}
	return out
}

// difference explains connections that has has and not has not.
func (d *differ) difference(set connset.Set, has, not *pairState, lost bool) *report.Difference {
	if set.IsEmpty() {
		return nil
	}
	out := &report.Difference{Connections: &set}
	out.Partly = !has.every.ContainsAll(set) || !not.some.Intersect(set).IsEmpty()
	hasIn, notIn := d.after, d.before
	if lost {
		hasIn, notIn = d.before, d.after
	}
	var yes, no *outcome
	for _, s := range has.samples {
		shared := s.set.Certain.Intersect(set)
		if shared.IsEmpty() {
			continue
		}
		port := firstPort(shared)
		x, y := hasIn.ask(s.sample, port), notIn.ask(s.sample, port)
		if yes == nil || !allowed(y) && allowed(no) {
			yes, no = x, y
		}
		if !allowed(no) {
			break
		}
	}
	out.After, out.Before = causes(yes, no)
	if lost {
		out.Before, out.After = out.After, out.Before
	}
	return out
}

func allowed(o *outcome) bool { return o != nil && o.verdict == report.Allowed }

// causes are those of an outcome and of one that denies the same connection: an
// allowed connection for which no single rule decides is explained at the stage
// where the other fails.
func causes(yes, no *outcome) (report.DiffCause, report.DiffCause) {
	a, b := causeOf(yes), causeOf(no)
	if yes != nil && no != nil && b.Hop != "" && a.Hop != b.Hop && a.Reason != report.RuleAllows {
		for _, h := range yes.hops {
			if h.Kind == b.Hop {
				a.Reason, a.Hop, a.Detail = h.Reason, h.Kind, h.Detail
			}
		}
	}
	return a, b
}

func (d *differ) undecided(set connset.Set, a, b *pairState) *report.Difference {
	if set.IsEmpty() {
		return nil
	}
	out := &report.Difference{Connections: &set, Before: report.DiffCause{Absent: true}, After: report.DiffCause{Absent: true}}
	for _, s := range slices.Concat(a.samples, b.samples) {
		if shared := s.set.Possible.Intersect(set); !shared.IsEmpty() {
			port := firstPort(shared)
			out.Before, out.After = causeOf(d.before.ask(s.sample, port)), causeOf(d.after.ask(s.sample, port))
			break
		}
	}
	return out
}

// ask evaluates one connection of a state; nil when its ends do not exist there.
func (s *state) ask(of sample, port report.PortMapping) *outcome {
	src, ok := s.here(of.src)
	dst, also := s.here(of.dst)
	if !ok || !also {
		return nil
	}
	outcomes := s.connect(pair{src: src, dst: model.Destination{Party: dst, Addresses: dst.Addresses(), Port: port}})
	best := &outcomes[0]
	for i := range outcomes[1:] {
		if o := &outcomes[i+1]; o.verdict == report.Allowed {
			best = o
		}
	}
	return best
}

func causeOf(o *outcome) report.DiffCause {
	if o == nil {
		return report.DiffCause{Verdict: report.Denied, Absent: true}
	}
	out := report.DiffCause{Verdict: o.verdict, Reason: o.reason, DecidedBy: decidedBy(o.hops)}
	if hop := deciding(o.hops, o.verdict, o.reason); hop != nil {
		out.Hop, out.Detail, out.Needs = hop.Kind, hop.Detail, hop.Needs
	}
	return out
}

// here is a party of another state in this one.
func (s *state) here(p model.Party) (model.Party, bool) {
	if p.Pod == nil || p.Unseen {
		return p, true
	}
	if same := s.Pod(p.Pod.Name); same != nil {
		return model.Party{Pod: same}, true
	}
	// Another pod of the same workload, where the pods were replaced.
	kind, name := s.TopOwner(p.Pod)
	for _, q := range s.PodsIn(p.Pod.Namespace) {
		if k, n := s.TopOwner(q); k == kind && n == name && k != "Pod" && !q.Finished() {
			return model.Party{Pod: q}, true
		}
	}
	return model.Party{}, false
}

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
