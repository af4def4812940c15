package query

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Diff compares what two models allow: between workloads, with outside
// addresses, through Services, and through front doors and exposed Services.
func Diff(before, after *model.Model, o Options) *report.Diff {
	d := newDiffer(before, after, o)
	out := &report.Diff{Header: report.NewHeader("Diff"), Enforcement: enforcement(after), Rows: []report.DiffRow{}}
	ends := d.ends()
	out.Rows = append(out.Rows, d.connections(ends)...)
	out.Rows = append(out.Rows, d.outside(ends)...)
	out.Rows = append(out.Rows, d.services(ends)...)
	out.Rows = append(out.Rows, d.ways()...)
	needs := maps.Clone(d.touched.unread)
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

// differ compares two states. Each is a matrix, and what two ends have in either is
// compared as long as it is looked at: pairs that do not differ leave nothing.
type differ struct {
	before, after *state
	touched       *touched
	// alike: the matrices are like each other, so that profiles tell what differs.
	alike bool
	// compared are comparisons by the numbers of the sets that are compared, ideal
	// those of the states as if nothing were open.
	compared map[string]*comparison
	ideal    map[string]connset.Set
	fringes  map[string][]fringeChange
	// told are the differences of rows: thousands of rows may tell the same.
	told map[string]*report.Difference
	// doors are the last two that were compared.
	doors     [2]*frontdoor.Door
	doorsSame bool
}

func newDiffer(before, after *model.Model, o Options) *differ {
	d := &differ{
		touched: touchedBetween(before, after), compared: map[string]*comparison{}, ideal: map[string]connset.Set{},
		fringes: map[string][]fringeChange{}, told: map[string]*report.Difference{},
	}
	a, b := newMapper(before, o), newMapper(after, o)
	a.lens.cuts = allCuts(before, after)
	b.lens = a.lens
	if d.alike = sameGround(a.engine, b.engine); d.alike {
		d.before = newState(a)
		d.after = d.before.like(b).state()
		return d
	}
	// Either takes as long as the other, and knows nothing of it.
	var both sync.WaitGroup
	both.Go(func() { d.before = newState(a) })
	d.after = newState(b)
	both.Wait()
	// An address that only one state has a pod or a node at is told as that.
	for i, own := range d.before.own {
		d.before.own[i], d.after.own[i] = own || d.after.own[i], own || d.after.own[i]
	}
	return d
}

// mayDiffer tells whether an end is touched. Where the matrices are alike, its own
// policies then have other rules, or other things are unread.
func (d *differ) mayDiffer(e *bothEnds) bool {
	if !d.touched.has(e.end) || !d.alike {
		return d.touched.has(e.end)
	}
	return slices.ContainsFunc(d.before.shown[e.before].pods, func(p presence) bool {
		u, v := &d.before.units[p.unit], &d.after.units[p.unit]
		return u.ingress != v.ingress || u.egress != v.egress
	})
}

// row is a row with what decides about a connection of each difference.
func (d *differ) row(c pairChange, a, b half, from, to report.End) report.DiffRow {
	out := report.DiffRow{Kind: report.DiffConnections, From: from, To: to, Before: &a.some, After: &b.some}
	out.Gained = d.once(difference(c.gained, b, a))
	lost := difference(c.lost, a, b)
	if lost != nil {
		lost.Before, lost.After = lost.After, lost.Before
	}
	out.Lost, out.Undecided = d.once(lost), d.once(undecided(c.undecided, a, b))
	switch {
	case out.Gained == nil && out.Lost == nil:
		out.Change = report.DiffUndecided
	case a.some.IsEmpty() && out.Lost == nil:
		out.Change = report.DiffGained
	case b.some.IsEmpty() && out.Gained == nil:
		out.Change = report.DiffLost
	default:
		out.Change = report.DiffChanged
	}
	return out
}

// once is a difference that says the same, kept once.
func (d *differ) once(x *report.Difference) *report.Difference {
	if x == nil {
		return nil
	}
	var key strings.Builder
	key.WriteString(x.Connections.String())
	key.WriteString(strconv.FormatBool(x.Partly))
	for _, c := range []report.DiffCause{x.Before, x.After} {
		for _, text := range []string{c.Verdict.String(), string(c.Reason), string(c.Hop), c.Detail, strconv.FormatBool(c.Absent), strings.Join(c.Needs, "\x01")} {
			key.WriteString(text + "\x00")
		}
		for _, r := range c.DecidedBy {
			for _, text := range []string{r.Policy.Kind, r.Policy.Namespace, r.Policy.Name, r.Path, r.Location} {
				key.WriteString(text + "\x01")
			}
		}
	}
	same, ok := d.told[key.String()]
	if !ok {
		same = x
		d.told[key.String()] = x
	}
	return same
}

// difference explains connections that has has and not has not, as those that are
// gained.
func difference(set connset.Set, has, not half) *report.Difference {
	if set.IsEmpty() {
		return nil
	}
	out := &report.Difference{Connections: &set}
	out.Partly = !has.every.ContainsAll(set) || !not.some.Intersect(set).IsEmpty()
	var yes, no *outcome
	for s := range has.samples {
		shared := s.set.Certain.Intersect(set)
		if shared.IsEmpty() {
			continue
		}
		port := firstPort(shared)
		x, y := has.in.ask(s, port), not.in.ask(s, port)
		if yes == nil || !allowed(y) && allowed(no) {
			yes, no = x, y
		}
		if !allowed(no) {
			break
		}
	}
	out.After, out.Before = causes(yes, no)
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

func undecided(set connset.Set, a, b half) *report.Difference {
	if set.IsEmpty() {
		return nil
	}
	out := &report.Difference{Connections: &set, Before: report.DiffCause{Absent: true}, After: report.DiffCause{Absent: true}}
	for _, h := range []half{a, b} {
		for s := range h.samples {
			if shared := s.set.Possible.Intersect(set); !shared.IsEmpty() {
				port := firstPort(shared)
				out.Before, out.After = causeOf(a.in.ask(s, port)), causeOf(b.in.ask(s, port))
				return out
			}
		}
	}
	return out
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
