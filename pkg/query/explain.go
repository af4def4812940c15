package query

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Explain answers whether source can reach target, with all evidence and, where
// policies deny it, a verified fix. Errors are a [*model.NotFoundError]; what
// could not be read is an Unknown answer instead.
func Explain(m *model.Model, source, target reference.Reference, o Options) (*report.Explanation, error) {
	out, err := explain(m, source, target, o)
	if err != nil {
		return nil, err
	}
	if out.Verdict == report.Denied {
		out.Fix = fix(m, source, target, o)
	}
	return out, nil
}

// CanReach is the bare answer of [Explain].
func CanReach(m *model.Model, source, target reference.Reference, o Options) (*report.Permission, error) {
	x, err := explain(m, source, target, o)
	if err != nil {
		return nil, err
	}
	out := &report.Permission{
		Header: report.NewHeader("Permission"), Source: x.Source, Target: x.Target,
		Verdict: x.Verdict, Partly: x.Partly, Enforcement: x.Enforcement, Gaps: x.Gaps,
	}
	for _, a := range x.Answers {
		if a.Verdict == x.Verdict {
			out.Reason = a.Reason
			out.DecidedBy = decidedBy(a.Hops)
			break
		}
	}
	return out, nil
}

func explain(m *model.Model, source, target reference.Reference, o Options) (*report.Explanation, error) {
	e := &engine{Model: m, Options: o}
	out := &report.Explanation{
		Header: report.NewHeader("Explanation"), Source: endOf(source), Target: endOf(target),
		Enforcement: enforcement(m), Answers: []report.Answer{},
	}
	sources, err := m.Resolve(source)
	if err != nil {
		return e.unreadable(out, err)
	}
	targets, err := m.Destinations(target)
	if err != nil {
		return e.unreadable(out, err)
	}
	out.Answers = e.answers(source, target, sources, targets)
	out.Verdict, out.Partly = overall(out.Answers)
	out.Gaps = e.gaps(out.Answers)
	return out, nil
}

// unreadable turns an end that could not be read into an Unknown answer.
func (e *engine) unreadable(out *report.Explanation, err error) (*report.Explanation, error) {
	var u *model.UnreadableError
	if !errors.As(err, &u) {
		return nil, err
	}
	out.Answers = []report.Answer{{
		Reason: report.NotRead,
		Source: report.Members{End: out.Source}, Target: report.Members{End: out.Target},
		Ports: []report.PortMapping{},
		Hops: []report.Hop{{
			Kind: report.HopEndpoint, Reason: report.NotRead, Needs: []string{u.Gap.Need.Permission()},
		}},
	}}
	out.Gaps = e.gaps(out.Answers)
	return out, nil
}

// overall is the one-word answer: Allowed only if every answer is, and Partly
// where allowed and denied connections mix.
func overall(answers []report.Answer) (v report.Verdict, partly bool) {
	count := map[report.Verdict]int{}
	for _, a := range answers {
		count[a.Verdict]++
	}
	switch {
	case count[report.Denied] > 0:
		return report.Denied, count[report.Allowed] > 0
	case count[report.Unknown] > 0 || len(answers) == 0:
		return report.Unknown, false
	default:
		return report.Allowed, false
	}
}

// draft is an answer in the making: connections that share verdict and reason.
type draft struct {
	outcome
	source, target *members
	ports          []report.PortMapping
	sourceKey      string
	targetKey      string
}

// answers evaluates every class of connections from sources to targets and
// folds those that get the same answer for the same reason.
func (e *engine) answers(source, target reference.Reference, sources []model.Party, targets []model.Destination) []report.Answer {
	if len(sources) == 0 {
		return []report.Answer{e.noSource(source, target)}
	}
	l := e.lensFor(sources, targets)
	sources = cut(sources, l.cuts)
	targets = cutDestinations(targets, l.cuts)
	sourceTotal, targetTotal := map[string]int{}, map[string]int{}
	for _, s := range sources {
		sourceTotal[endKey(e.partyEnd(s))]++
	}
	seen := map[string]bool{}
	for _, t := range targets {
		if id := endKey(e.partyEnd(t.Party)) + partyName(t.Party); !seen[id] {
			seen[id] = true
			targetTotal[endKey(e.partyEnd(t.Party))]++
		}
	}

	targetClasses := fold(targets, l.destinationKey)
	var order []string
	drafts := map[string]*draft{}
	for _, class := range fold(sources, l.key) {
		for _, targets := range e.classTargets(class, targetClasses, l) {
			src, dsts := other(class, targets), targets
			for _, p := range e.route(src, dsts[:1]) {
				for _, o := range e.connect(p) {
					d := e.draftOf(drafts, &order, o, p, source)
					for _, s := range class {
						d.source.add(s)
					}
					for _, t := range targets {
						d.target.add(t.Party)
					}
					if p.via != nil && p.via.Name != "" {
						d.source.nodes[p.via.Name] = true
					}
				}
			}
		}
	}
	out := make([]report.Answer, 0, len(order))
	for _, key := range order {
		d := drafts[key]
		out = append(out, report.Answer{
			Verdict: d.verdict, Reason: d.reason, Hops: d.hops, Caveats: d.caveats, Ports: d.ports,
			Source: e.sourceMembers(d, source, sourceTotal[d.sourceKey]), Target: d.target.report(targetTotal[d.targetKey]),
		})
	}
	rank := map[report.Verdict]int{report.Denied: 0, report.Unknown: 1, report.Allowed: 2}
	slices.SortStableFunc(out, func(a, b report.Answer) int { return cmp.Compare(rank[a.Verdict], rank[b.Verdict]) })
	return out
}

// classTargets drops the destinations that a traffic policy keeps from a source
// class, and keeps the classes whole otherwise.
func (e *engine) classTargets(class []model.Party, targets [][]model.Destination, l lens) [][]model.Destination {
	if !l.nodes {
		return targets
	}
	var all []model.Destination
	for _, t := range targets {
		all = append(all, t...)
	}
	var kept []model.Destination
	for _, p := range e.route(class[0], all) {
		if p.via == nil || len(kept) == 0 || kept[len(kept)-1].Pod != p.dst.Pod || kept[len(kept)-1].Port != p.dst.Port {
			kept = append(kept, p.dst)
		}
	}
	return fold(kept, l.destinationKey)
}

// sourceMembers shows all outside addresses together as what was asked for.
func (e *engine) sourceMembers(d *draft, source reference.Reference, total int) report.Members {
	out := d.source.report(total)
	if source.Form == reference.FormInternet && out.Count == out.Total {
		out.End = report.End{Kind: "Internet"}
	}
	if out.End.Kind == "Internet" || out.End.Kind == "Addresses" {
		out.Nodes = sortedKeys(d.source.nodes)
	}
	return out
}

// other returns a source of the class that is not the destination itself: a
// workload's pods are asked about each other, not about themselves.
func other(class []model.Party, targets []model.Destination) model.Party {
	for i := range targets {
		for _, s := range class {
			if !samePod(s, targets[i].Party) {
				targets[0], targets[i] = targets[i], targets[0]
				return s
			}
		}
	}
	return class[0]
}

func (e *engine) draftOf(drafts map[string]*draft, order *[]string, o outcome, p pair, source reference.Reference) *draft {
	from, to := e.partyEnd(p.src), e.partyEnd(p.dst.Party)
	if p.dst.Pod == nil && p.dst.Node == nil && p.dst.Service != nil && p.dst.Broken != "" {
		to = report.End{Kind: "Service", Namespace: p.dst.Service.Namespace, Name: p.dst.Service.Name.Name}
	}
	key := strings.Join([]string{endKey(from), endKey(to), answerKey(o, p.dst.Port)}, "\x01")
	d := drafts[key]
	if d == nil {
		d = &draft{outcome: o, source: newMembers(from), target: newMembers(to), sourceKey: endKey(from), targetKey: endKey(to)}
		drafts[key] = d
		*order = append(*order, key)
	}
	if !slices.Contains(d.ports, p.dst.Port) {
		d.ports = append(d.ports, p.dst.Port)
	}
	return d
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
	return fmt.Sprintf("%s/%s/%s/%v/%v", end.Kind, end.Namespace, end.Name, end.Labels, end.Addresses)
}

func partyName(p model.Party) string {
	switch {
	case p.Pod != nil:
		return p.Pod.Name.Name
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
		l.nodes = l.nodes || t.Host()
		if t.Pod != nil {
			namespaces[t.Pod.Namespace] = true
		}
		if t.Service != nil {
			l.nodes = l.nodes || t.Service.InternalLocal || outside && exposed(t.Service)
			l.cuts = append(l.cuts, t.Service.LoadBalancerRanges...)
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
	return report.Enforcement{
		Plugin: m.Plugin.Name, Enforced: m.Plugin.Enforced, Evidence: m.Plugin.Evidence, Source: m.Plugin.Source,
	}
}

// gaps reports the gaps that left some answer open.
func (e *engine) gaps(answers []report.Answer) []report.Gap {
	needed := map[string]bool{}
	for _, a := range answers {
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
		for _, g := range e.Snapshot.Gaps() {
			if g.Need.Permission() == n || g.Message == n {
				gap.Reason, gap.Message = string(g.Reason), g.Message
			}
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
