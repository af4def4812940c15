package query

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Explain answers whether source can reach target, with all evidence and, where
// policies deny it, a verified fix. Errors are a [*model.NotFoundError]; what
// could not be read is an Unknown answer instead.
func Explain(m *model.Model, source, target reference.Reference, o Options) (*report.Explanation, error) {
	e := &engine{Model: m, Options: o}
	out, found, err := e.explain(source, target)
	if err != nil {
		return nil, err
	}
	mended := m
	if out.Verdict == report.Denied {
		f := newFixer(m, o, found)
		ask := func(m *model.Model) ([]*draft, error) {
			_, again, err := (&engine{Model: m, Options: o}).explain(source, target)
			return again, err
		}
		if f.run(found, ask) == report.Allowed {
			out.Fix, mended = f.report(ask), f.model
		}
	}
	if o.Lookup {
		if out.Lookup, _ = e.lookup(source, target); out.Lookup != nil && (out.Verdict == report.Allowed || out.Fix != nil) {
			out.Lookup.Fix = (&engine{Model: mended, Options: o}).lookupFix(source, target)
		}
	}
	return out, nil
}

// explain also returns, beside the report, the connections behind its answers.
func (e *engine) explain(source, target reference.Reference) (*report.Explanation, []*draft, error) {
	out := &report.Explanation{
		Header: report.NewHeader("Explanation"), Source: endOf(source), Target: endOf(target),
		Enforcement: enforcement(e.Model), Answers: []report.Answer{},
	}
	drafts, err := e.ask(source, target)
	if err != nil {
		return e.unreadable(out, err)
	}
	if drafts == nil {
		out.Answers = []report.Answer{e.noSource(source, target)}
		out.Verdict = report.Denied
		return out, nil, nil
	}
	for _, d := range drafts {
		out.Answers = append(out.Answers, d.answer(source, target))
	}
	out.Verdict, out.Partly = overall(drafts)
	out.Gaps = e.gaps(out.Answers)
	// Which of several Ingresses gets the requests decides whether a fix is one.
	if gap := e.Hidden(snapshot.Ingresses, ""); gap != nil && out.Verdict == report.Denied && target.Kind == reference.Ingress && len(out.Gaps) == 0 {
		out.Gaps = e.gapsFor(map[string]bool{gap.Permission(): true})
	}
	return out, drafts, nil
}

// ask evaluates the connections from source to target; nil when the source
// stands for no pod at all.
func (e *engine) ask(source, target reference.Reference) ([]*draft, error) {
	sources, problem, err := e.sources(source)
	if err != nil {
		return nil, err
	}
	if problem != nil {
		return []*draft{problem}, nil
	}
	if len(sources) == 0 {
		return nil, nil
	}
	if target.Form == reference.FormObject && frontdoor.IsDoor(target.Kind) {
		return e.throughDoors(source, target, sources)
	}
	targets, err := e.Candidates(target)
	if err != nil {
		return nil, err
	}
	if source.Form == reference.FormInternet {
		sources = destinationFamilies(targets).within(sources)
	}
	if target.Form == reference.FormInternet {
		reachable := partyFamilies(sources)
		targets = slices.DeleteFunc(targets, func(d model.Destination) bool { return !reachable.has(d.Block) })
	}
	return e.answers(sources, targets), nil
}

// sources are the parties that a reference stands for as a source: for a front
// door, its data plane. A data plane that is not known is an answer by itself.
func (e *engine) sources(source reference.Reference) ([]model.Party, *draft, error) {
	if source.Form != reference.FormObject || !frontdoor.IsDoor(source.Kind) {
		parties, err := e.Resolve(source)
		return parties, nil, err
	}
	doors, err := frontdoor.Open(e.Model, source, e.Controllers)
	if err != nil {
		return nil, nil, err
	}
	var out []model.Party
	for _, d := range doors {
		if d.DataPlane.Problem != "" {
			return nil, e.doorProblem(d, source), nil
		}
		if d.DataPlane.Anywhere {
			object := d.Object
			hop := report.Hop{Kind: report.HopRoute, Reason: report.ControllerOutside, Detail: d.DataPlane.Parties[0].External, Object: &object}
			return nil, &draft{outcome: conclude([]report.Hop{hop}), source: newMembers(endOf(source)), target: newMembers(doorEnd(d))}, nil
		}
		out = append(out, e.planeParties(d)...)
	}
	return out, nil, nil
}

// unreadable turns an end that could not be read into an Unknown answer.
func (e *engine) unreadable(out *report.Explanation, err error) (*report.Explanation, []*draft, error) {
	var u *model.UnreadableError
	if !errors.As(err, &u) {
		return nil, nil, err
	}
	out.Answers = []report.Answer{{
		Reason: report.NotRead,
		Source: report.Members{End: out.Source}, Target: report.Members{End: out.Target},
		Ports: []report.PortMapping{},
		Hops: []report.Hop{{
			Kind: report.HopEndpoint, Reason: report.NotRead, Needs: []string{u.Gap.Need.Permission()},
			Object: &report.Object{Kind: string(u.Reference.Kind), Namespace: u.Reference.Namespace, Name: u.Reference.Name},
		}},
	}}
	out.Gaps = e.gaps(out.Answers)
	return out, nil, nil
}

// overall is the one-word answer: Allowed only if every answer is, and Partly
// where allowed and denied connections mix.
func overall(drafts []*draft) (v report.Verdict, partly bool) {
	count := map[report.Verdict]int{}
	for _, d := range drafts {
		count[d.verdict]++
	}
	switch {
	case count[report.Denied] > 0:
		return report.Denied, count[report.Allowed] > 0
	case count[report.Unknown] > 0 || len(drafts) == 0:
		return report.Unknown, false
	default:
		return report.Allowed, false
	}
}

// draft is an answer in the making: connections that share verdict and reason.
type draft struct {
	outcome
	// sample is one of the connections, which stands for all.
	sample                   pair
	sources                  []model.Party
	targets                  []model.Destination
	source, target           *members
	sourceTotal, targetTotal int
	ports                    []report.PortMapping
	// through is the data plane of a front door on the way.
	through *report.Members
	// asks is the guard whose service is asked on this way, and not the backend.
	asks *guard.Guard
	// unfixable: who the source is is not known, so no change can be for it alone.
	unfixable bool
	// legs are the answers that make up one through a front door.
	legs []*draft
}

// answer is the draft in the report's terms.
func (d *draft) answer(source, target reference.Reference) report.Answer {
	out := report.Answer{
		Verdict: d.verdict, Reason: d.reason, Hops: d.hops, Caveats: d.caveats, Ports: d.ports,
		Source: d.source.report(d.sourceTotal), Target: d.target.report(d.targetTotal), Through: d.through, Family: d.families.String(),
	}
	// All outside addresses together are what was asked for.
	if source.Form == reference.FormInternet && (out.Source.Count == out.Source.Total || d.source.internet()) {
		out.Source.End = report.End{Kind: "Internet"}
	}
	if target.Form == reference.FormInternet && out.Target.Count == out.Target.Total {
		out.Target.End = report.End{Kind: "Internet"}
	}
	return out
}

// answers evaluates every class of connections from sources to targets and
// folds those that get the same answer for the same reason: denied ones first.
func (e *engine) answers(sources []model.Party, targets []model.Destination) []*draft {
	l := e.lensFor(sources, targets)
	sources = cut(sources, l.cuts)
	targets = cutDestinations(targets, l.cuts)
	sourceTotal, targetTotal := map[string]int{}, map[string]int{}
	sourceEnd := e.sourceEnds(sources)
	for _, s := range sources {
		sourceTotal[endKey(sourceEnd(s))]++
	}
	seen := map[string]bool{}
	for _, t := range targets {
		if id := endKey(e.partyEnd(t.Party)) + partyName(t.Party); !seen[id] {
			seen[id] = true
			targetTotal[endKey(e.partyEnd(t.Party))]++
		}
	}

	proxy := e.proxyFor(targets)
	targetClasses := fold(targets, func(d model.Destination) string { return l.destinationKey(d) + "\x00" + endKey(e.partyEnd(d.Party)) })
	var order []string
	drafts := map[string]*draft{}
	for _, class := range fold(sources, func(p model.Party) string { return l.key(p) + "\x00" + endKey(e.partyEnd(p)) }) {
		for _, targets := range targetClasses {
			src, dst := other(class, targets)
			for _, p := range proxy.route(src, dst) {
				for _, o := range e.connect(p) {
					from, to := sourceEnd(p.src), e.targetEnd(p.dst)
					key := strings.Join([]string{endKey(from), endKey(to), answerKey(o, p.dst.Port)}, "\x01")
					d := drafts[key]
					if d == nil {
						d = &draft{
							outcome: o, sample: p, source: newMembers(from), target: newMembers(to),
							sourceTotal: sourceTotal[endKey(from)], targetTotal: targetTotal[endKey(to)],
						}
						drafts[key] = d
						order = append(order, key)
					}
					d.families = d.families.union(o.families)
					d.add(class, targets, p)
				}
			}
		}
	}
	out := make([]*draft, 0, len(order))
	for _, key := range order {
		out = append(out, drafts[key])
	}
	sortDrafts(out)
	return out
}

// sortDrafts puts denied ones first.
func sortDrafts(drafts []*draft) {
	rank := map[report.Verdict]int{report.Denied: 0, report.Unknown: 1, report.Allowed: 2}
	slices.SortStableFunc(drafts, func(a, b *draft) int { return cmp.Compare(rank[a.verdict], rank[b.verdict]) })
}

func (d *draft) add(class []model.Party, targets []model.Destination, p pair) {
	located := p.located()
	for _, s := range class {
		d.source.add(s, located)
	}
	d.sources, d.targets = append(d.sources, class...), append(d.targets, targets...)
	for _, t := range targets {
		d.target.add(t.Party, located)
	}
	d.source.entered.add(p.via)
	if !slices.Contains(d.ports, p.dst.Port) {
		d.ports = append(d.ports, p.dst.Port)
	}
}

// sourceEnds tells what sources are shown as: of several nodes, one is like another.
func (e *engine) sourceEnds(sources []model.Party) func(model.Party) report.End {
	nodes := 0
	for _, s := range sources {
		if s.Node != nil {
			nodes++
		}
	}
	return func(p model.Party) report.End {
		if p.Node != nil && nodes > 1 {
			return report.End{Kind: "Node"}
		}
		return e.partyEnd(p)
	}
}

// targetEnd is what a destination is shown as: where a Service leads nowhere, the
// Service.
func (e *engine) targetEnd(d model.Destination) report.End {
	if d.Pod == nil && d.Node == nil && d.Service != nil && d.Broken != "" {
		return report.End{Kind: "Service", Namespace: d.Service.Namespace, Name: d.Service.Name.Name}
	}
	return e.partyEnd(d.Party)
}

// other returns a source of the class and a target that are not the same pod: a
// workload's pods are asked about each other, not about themselves.
func other(class []model.Party, targets []model.Destination) (model.Party, model.Destination) {
	for i := range targets {
		for _, s := range class {
			if !samePod(s, targets[i].Party) {
				return s, targets[i]
			}
		}
	}
	return class[0], targets[0]
}

// answerKey identifies an answer: the verdict, the way, and for policies which
// rules and clauses held or failed and how. Values such as the failing label are
// left out, so that pods that fail alike are answered together.
func answerKey(o outcome, port report.PortMapping) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %s", o.verdict, o.reason)
	portMatters := false
	for _, h := range o.hops {
		fmt.Fprintf(&b, ";%s %v %s %s", h.Kind, h.Verdict, h.Reason, h.Detail)
		if h.Kind == report.HopService && h.Object != nil {
			fmt.Fprintf(&b, " %s/%s", h.Object.Namespace, h.Object.Name)
			portMatters = portMatters || h.Verdict != report.Allowed
		}
		for _, p := range h.Policies {
			fmt.Fprintf(&b, ",%s %s", p.Policy.Name, p.Match)
			for _, r := range p.Rules {
				fmt.Fprintf(&b, "(%s", r.Match)
				for _, c := range append(slices.Clone(r.Peers), r.Ports...) {
					fmt.Fprintf(&b, " %s", c.Match)
					if c.Mismatch != nil {
						fmt.Fprintf(&b, " %s %s %v", c.Mismatch.Reason, c.Mismatch.Path, c.Mismatch.ServicePort)
					}
				}
				portMatters = portMatters || len(r.Ports) > 0
				b.WriteByte(')')
			}
		}
	}
	for _, c := range o.caveats {
		fmt.Fprintf(&b, ";%s %v", c.Code, c.Otherwise)
	}
	if portMatters {
		fmt.Fprintf(&b, ";%v", port)
	}
	return b.String()
}

func endKey(end report.End) string {
	if len(end.Labels) == 0 && len(end.Addresses) == 0 {
		return end.Kind + "/" + end.Namespace + "/" + end.Name + "/map[]/[]"
	}
	return fmt.Sprintf("%s/%s/%s/%v/%v", end.Kind, end.Namespace, end.Name, end.Labels, end.Addresses)
}

func partyName(p model.Party) string {
	switch {
	case p.Pod != nil:
		return p.Pod.Name.String()
	case p.Node != nil:
		return p.Node.Name
	case p.Block.Prefix.IsValid():
		return p.Block.String()
	default:
		return ""
	}
}

// lensFor finds out what the answers can depend on.
func (e *engine) lensFor(sources []model.Party, targets []model.Destination) lens {
	var l lens
	namespaces := map[string]bool{}
	outside := false
	for _, s := range sources {
		l.nodes = l.nodes || s.Host()
		outside = outside || s.Block.Prefix.IsValid()
		if s.Pod != nil {
			namespaces[s.Pod.Namespace] = true
		}
	}
	for _, t := range targets {
		l.nodes = l.nodes || t.Host() || nodeDecides(t)
		if t.Pod != nil {
			namespaces[t.Pod.Namespace] = true
		}
		if t.Service != nil {
			l.nodes = l.nodes || outside && exposed(t.Service)
			for _, g := range e.serviceGuards(t.Service) {
				l.cuts = append(l.cuts, g.Cuts()...)
			}
		}
	}
	l.cuts = append(l.cuts, e.blocksIn(namespaces)...)
	return l
}

// noSource answers for a source that stands for no pod at all.
func (e *engine) noSource(source, target reference.Reference) report.Answer {
	return report.Answer{
		Verdict: report.Denied, Reason: report.NoPods,
		Source: report.Members{End: endOf(source)}, Target: report.Members{End: endOf(target)},
		Ports: []report.PortMapping{},
		Hops: []report.Hop{{
			Kind: report.HopEndpoint, Verdict: report.Denied, Reason: report.NoPods, Detail: source.String(),
		}},
	}
}

func enforcement(m *model.Model) report.Enforcement {
	out := report.Enforcement{
		Plugin: m.Plugin.Name, Enforced: m.Plugin.Enforced, Evidence: m.Plugin.Evidence, Source: m.Plugin.Source,
	}
	if m.Plugin.Gap != nil {
		out.Needs = m.Plugin.Gap.Need.Permission()
	}
	return out
}

// Enforcement says whether anything in the cluster enforces policies.
func Enforcement(m *model.Model) *report.Enforcement {
	out := enforcement(m)
	return &out
}

// gaps reports the gaps that left some answer open.
func (e *engine) gaps(answers []report.Answer) []report.Gap {
	needed := map[string]bool{}
	for _, a := range answers {
		if a.Verdict != report.Unknown {
			continue
		}
		for _, h := range a.Hops {
			for _, n := range h.Needs {
				needed[n] = true
			}
		}
	}
	return e.gapsFor(needed)
}

func (e *engine) gapsFor(needed map[string]bool) []report.Gap {
	var out []report.Gap
	for _, n := range sortedKeys(needed) {
		gap := report.Gap{Needs: n, Reason: string(snapshot.GapFailed)}
		if g := e.gapBehind(n); g != nil {
			gap.Reason, gap.Message = string(g.Reason), g.Message
		}
		out = append(out, gap)
	}
	return out
}

// decidedBy are the rules on which an answer rests: those that admit it or, for
// a denied one, the policies that isolate the end where it fails.
func decidedBy(hops []report.Hop) []report.RuleRef {
	var out []report.RuleRef
	for _, h := range hops {
		switch {
		case h.DecidedBy != nil:
			out = append(out, *h.DecidedBy)
		case h.Verdict == report.Denied:
			out = nil
			for _, p := range h.Policies {
				out = append(out, report.RuleRef{Policy: p.Policy, Location: p.Location})
			}
			return out
		}
	}
	return out
}

// deciding returns the hop that gives an answer its verdict.
func deciding(hops []report.Hop, v report.Verdict, r report.Reason) *report.Hop {
	for i := range hops {
		if hops[i].Verdict == v && hops[i].Reason == r {
			return &hops[i]
		}
	}
	return nil
}
