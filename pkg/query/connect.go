package query

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/guard"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Options change how questions are answered.
type Options struct {
	// Strict turns every verdict that network plugins would give differently
	// into Unknown.
	Strict bool
	// Controllers are what the user says is the data plane of a front door.
	Controllers []reference.Reference
	// Lookup asks whether the target's name can be looked up as well. ByName: where it cannot,
	// neither is the connection allowed.
	Lookup, ByName bool
	// Alone: the report of a front door leaves out who else gets to its pods from inside.
	Alone bool
}

// engine evaluates connections over one model.
type engine struct {
	*model.Model
	Options
	// brief: only what decides is asked for evidence; once the source's own
	// policies deny a connection, the destination's are not.
	brief bool
	// bare: only verdicts are asked for, and no evidence.
	bare bool
	// few: of nodes that are alike, one is asked about where packets enter by any.
	few bool
	// nodesAlike are the nodes by what the policies of a namespace see of them, once asked
	// for.
	nodesAlike map[string][][]*snapshot.Node
	// guards are those of load balancers' Services, once asked for.
	guards map[*snapshot.Service][]guard.Guard
}

// pair is one connection to evaluate. Via are the nodes of whose addresses the source
// takes one on its way in through a NodePort or load balancer; nil otherwise.
type pair struct {
	src model.Party
	via *entry
	dst model.Destination
	// beside is the node that ends which may run anywhere are taken to share, where it
	// is the only one that they can; "" otherwise.
	beside string
	// masked: via is the source's own node, which gives its address to what the source
	// sends to an external address of a Service.
	masked bool
	// door is another node, for whose port the packet leaves as it is. Blurred: which
	// address it has by the time it gets there is not known.
	door    *snapshot.Node
	blurred bool
	// back is the address of a load balancer, for which the packet leaves the cluster, to
	// come back with another source.
	back netip.Addr
}

// outcome is what was found about one connection.
type outcome struct {
	verdict report.Verdict
	reason  report.Reason
	hops    []report.Hop
	caveats []report.Caveat
	// families are those of the addresses that it is about, where they get different answers.
	families familySet
}

// connect evaluates one connection with all its evidence. The ends of a
// dual-stack connection may differ by IP family; then there is an outcome for
// each, the first where they agree.
func (e *engine) connect(p pair) []outcome {
	var out []outcome
	for _, placed := range e.placements(p) {
		for _, o := range e.placed(placed) {
			same := func(other outcome) bool { return other.verdict == o.verdict && decisive(other) == decisive(o) }
			if !slices.ContainsFunc(out, same) {
				out = append(out, o)
			}
		}
	}
	// Where policies admit it anyway, that a node's own pods get in is not reported.
	near := func(o outcome) bool { return o.reason == report.SameNode }
	open := func(o outcome) bool { return o.verdict != report.Allowed }
	if slices.ContainsFunc(out, near) && !slices.ContainsFunc(out, open) {
		if rest := slices.DeleteFunc(slices.Clone(out), near); len(rest) > 0 {
			return rest
		}
	}
	return out
}

// placed is [engine.connect] for ends of which it is known where they run, as far as it
// can be.
func (e *engine) placed(p pair) []outcome {
	links, ok := families(p.sender(), p.dst)
	if !ok {
		hops := append(e.serviceHop(p), report.Hop{
			Kind: report.HopEndpoint, Verdict: report.Denied, Reason: report.NoCommonIPFamily,
		})
		e.nameEnds(hops, p)
		return []outcome{conclude(hops)}
	}
	var out []outcome
	for _, l := range links {
		o := e.over(p, l)
		o.families = l.family()
		if len(out) > 0 && out[0].verdict == o.verdict && decisive(out[0]) == decisive(o) {
			out[0].families = out[0].families.union(o.families)
			continue
		}
		out = append(out, o)
	}
	if len(out) == 1 {
		out[0].families = bothFamilies()
	}
	return out
}

// over evaluates the connection over one pair of addresses.
func (e *engine) over(p pair, l link) outcome {
	behaviour := e.Plugin.Behaviour
	hops := e.hops(p, l, behaviour, !e.bare)
	e.nameEnds(hops, p)
	e.openToPlugin(hops, p, l)
	out := conclude(hops)
	if e.Plugin.Name == "" {
		out.caveats = e.caveats(p, l, out)
		if e.Strict && len(out.caveats) > 0 {
			out.verdict, out.reason = report.Unknown, report.NetworkPluginDecides
		}
	} else {
		out.caveats = e.applied(p, l, out)
	}
	if p.masked {
		e.masquerade(p, l, &out)
	}
	if p.src.Block.Prefix.IsValid() && p.via == nil && out.verdict == report.Allowed && !exposed(p.dst.Service) && p.dst.Entry != model.EntryHostPort {
		out.caveats = append(out.caveats, report.Caveat{Code: report.RoutedOutside, Otherwise: report.Denied})
	}
	if p.src.Block.Prefix.IsValid() && out.verdict == report.Allowed && hasGuard(e.serviceGuards(p.dst.Service), report.GuardInside) {
		out.caveats = append(out.caveats, report.Caveat{Code: report.InternalAddress, Otherwise: report.Denied})
	}
	return out
}

// openToPlugin opens the hops that the network plugin decides, where what tells which
// one it is, or how it is set up, could not be read, and it may decide otherwise.
func (e *engine) openToPlugin(hops []report.Hop, p pair, l link) {
	for _, d := range e.Plugin.Otherwise {
		if !d.Whole && !e.concerns(d.Behaviour, p) {
			continue
		}
		other := e.hops(p, l, d.Behaviour, false)
		if conclude(other).verdict == conclude(hops).verdict {
			continue
		}
		at := len(hops) - 1
		for i := range hops {
			if i < len(other) && other[i].Kind == hops[i].Kind && other[i].Verdict != hops[i].Verdict {
				at = i
				break
			}
		}
		hops[at].Verdict, hops[at].Reason, hops[at].DecidedBy = report.Unknown, report.NetworkPluginDecides, nil
		hops[at].Detail = e.Plugin.Gap.Permission()
		hops[at].Needs = []string{hops[at].Detail}
	}
}

// nameEnds says for each hop which end it is about.
func (e *engine) nameEnds(hops []report.Hop, p pair) {
	from, to := e.partyEnd(p.src), e.targetEnd(p.dst)
	for i := range hops {
		if hops[i].Kind == report.HopEgress {
			hops[i].Of = &from
		} else {
			hops[i].Of = &to
		}
	}
}

func exposed(s *snapshot.Service) bool {
	return s != nil && (s.Type == snapshot.NodePort || s.Type == snapshot.LoadBalancer || len(s.ExternalIPs) > 0)
}

// located tells whether the answer depends on who shares a node with whom.
func (p pair) located() bool {
	return p.sender().Host() || p.dst.Host() || nodeDecides(p.dst) || p.dst.Service != nil && p.dst.Service.InternalLocal
}

// sender is the party whose address the destination sees.
func (p pair) sender() model.Party {
	switch {
	case p.via != nil:
		return model.Party{Node: p.via.node}
	case p.back.IsValid():
		return model.Party{External: "the load balancer " + p.back.String()}
	case p.blurred:
		return model.Party{External: "another node"}
	default:
		return p.src
	}
}

// hops walks the connection's way. With evidence false, policies are not
// recorded and only verdicts and reasons are meant to be read.
func (e *engine) hops(p pair, l link, b policy.Behaviour, evidence bool) []report.Hop {
	hops := e.serviceHop(p)
	if hop := endpointHop(p); hop != nil {
		return append(hops, *hop)
	}
	if p.dst.Broken != "" {
		return hops
	}
	if samePod(p.src, p.dst.Party) && p.direct() && (p.dst.Service == nil || p.dst.Service.Headless || !b.HairpinPoliced) {
		return append(hops, report.Hop{
			Kind: report.HopEndpoint, Verdict: report.Allowed, Reason: report.SamePod, Object: podObject(p.dst.Pod),
		})
	}
	if hop := e.networkHop(p); hop != nil {
		if hops = append(hops, *hop); hop.Verdict == report.Denied {
			return hops
		}
	}
	out := e.policyHop(p.outward(), p.outward().leaving(l), b, evidence)
	decided := e.brief && out.Verdict == report.Denied
	seen, at := e.seenBy(p, l, b)
	in := e.policyHop(seen, seen.entering(at), b, evidence && !decided)
	if b.HairpinPoliced && samePod(p.src, p.dst.Party) && p.direct() && (out.Verdict == report.Allowed || in.Verdict == report.Allowed) {
		// The rules of both directions are asked at once, and one that admits is enough.
		return append(hops, report.Hop{
			Kind: report.HopEndpoint, Verdict: report.Allowed, Reason: report.SamePod, Object: podObject(p.dst.Pod),
		})
	}
	if in.Verdict == report.Unknown && in.Reason == report.LeavesCluster && !p.direct() {
		in.Reason, in.Detail = report.SourceUnknown, p.sender().External
	}
	return append(hops, out, in)
}

// direct: packets go from the source to the destination and nowhere else, as the source's
// own node translates them.
func (p pair) direct() bool { return p.door == nil && !p.back.IsValid() }

// outward is the connection as the source's own policies see it: to another node, or
// to a load balancer, it leaves as it is.
func (p pair) outward() pair {
	port := report.PortMapping{Protocol: p.dst.Port.Protocol}
	switch {
	case p.back.IsValid():
		port.Pod = p.dst.Port.Service
		at := netip.PrefixFrom(p.back, p.back.BitLen())
		return pair{src: p.src, dst: model.Destination{Party: model.Party{Block: address.Block{Prefix: at}}, Port: port}}
	case p.door != nil:
		port.Pod = p.dst.Port.Node
		return pair{src: p.src, dst: model.Destination{Party: model.Party{Node: p.door}, Addresses: p.door.IPs, Port: port}}
	default:
		return p
	}
}

func samePod(src, dst model.Party) bool {
	return src.Pod != nil && dst.Pod != nil && !src.Hypothetical && !src.Pod.Several() && src.Pod.Name == dst.Pod.Name
}

// serviceHop is the translation by a Service, or why it leads nowhere.
func (e *engine) serviceHop(p pair) []report.Hop {
	s := p.dst.Service
	if s == nil {
		if p.dst.Broken == "" {
			return nil
		}
		hop := report.Hop{Kind: report.HopEndpoint, Verdict: brokenVerdict(p.dst.Broken), Reason: p.dst.Broken, Detail: p.dst.Detail}
		if p.dst.Broken == report.NotRead {
			hop.Needs, hop.Detail = []string{p.dst.Detail}, ""
		}
		return []report.Hop{hop}
	}
	port := p.dst.Port
	hop := report.Hop{
		Kind: report.HopService, Verdict: report.Allowed, Reason: report.Translated, Port: &port,
		Object: &report.Object{Kind: "Service", Namespace: s.Namespace, Name: s.Name.Name},
	}
	switch {
	case p.dst.Broken != "":
		hop.Verdict, hop.Reason, hop.Detail = brokenVerdict(p.dst.Broken), p.dst.Broken, p.dst.Detail
		if guardReason(p.dst.Broken) {
			hop.Kind = report.HopGuard
		}
		if p.dst.Broken == report.NotRead {
			hop.Needs, hop.Detail = []string{p.dst.Detail}, ""
		}
	case p.dst.External != "":
		hop.Detail = p.dst.External
	case p.back.IsValid():
		hop.Reason, hop.Detail = report.OutAndBack, p.back.String()
	case p.via != nil:
		hop.Detail = report.ClientReplaced
	case p.dst.Stale != "":
		hop.Reason, hop.Detail = report.TranslatedStale, p.dst.Stale
	case (p.src.Block.Prefix.IsValid() || p.dst.Entry != model.EntryOwn) && s.ExternalLocal:
		hop.Detail = externalLocal
	case s.InternalLocal && !p.src.Block.Prefix.IsValid() && p.dst.Entry == model.EntryOwn && !s.Headless:
		hop.Detail = "internalTrafficPolicy: Local"
	case s.Headless:
		hop.Detail = "headless"
	}
	return []report.Hop{hop}
}

func brokenVerdict(r report.Reason) report.Verdict {
	switch r {
	case report.NotRead, report.NodeUnknown, report.LeavesCluster, report.SettingsUnknown, report.HostShared, report.GuardOpen, report.AddressUnknown,
		report.EndpointPodMissing, report.OtherServiceProxy, report.SourceUnknown:
		return report.Unknown
	case report.AnsweredByDoor:
		return report.Allowed
	default:
		return report.Denied
	}
}

// endpointHop says why an end cannot take part in any connection, or nil.
func endpointHop(p pair) *report.Hop {
	for _, end := range []model.Party{p.src, p.dst.Party} {
		if end.Pod == nil || end.Hypothetical || end.Pod.Expected() {
			continue
		}
		if reason := apart(end.Pod); reason != "" {
			return &report.Hop{Kind: report.HopEndpoint, Verdict: report.Denied, Reason: reason, Object: podObject(end.Pod)}
		}
	}
	return nil
}

// apart says why a pod has no part in any connection, at either end: it has ended, or has
// no address yet.
func apart(pod *snapshot.Pod) report.Reason {
	switch {
	case pod.Finished():
		return report.PodFinished
	case len(pod.IPs) == 0 && pod.Phase == snapshot.PhasePending:
		return report.PodPending
	case len(pod.IPs) == 0:
		return report.NoAddress
	default:
		return ""
	}
}

// markServicePort notes where a policy names the Service's port: the pod's port
// is what it sees, after translation.
func markServicePort(policies []report.PolicyEvidence, port report.PortMapping) {
	if port.Service == port.Pod {
		return
	}
	for _, p := range policies {
		for _, r := range p.Rules {
			for _, c := range r.Ports {
				if c.Mismatch != nil && c.Mismatch.Reason == report.Port && c.Mismatch.Want == number(port.Service) {
					c.Mismatch.ServicePort = true
				}
			}
		}
	}
}

// conclude draws the verdict on the whole way from its hops: the first hop that
// denies, or else the first that is open, is the reason; an allowed way is
// explained by the last hop that policies had a say in.
func conclude(hops []report.Hop) outcome {
	out := outcome{verdict: report.Allowed, hops: hops}
	for _, h := range hops {
		switch {
		case h.Verdict == report.Denied && out.verdict != report.Denied,
			h.Verdict == report.Unknown && out.verdict == report.Allowed:
			out.verdict, out.reason = h.Verdict, h.Reason
		case out.verdict == report.Allowed && h.Kind != report.HopService && (out.reason == "" || h.Reason != report.NotPoliced):
			if out.reason != report.RuleAllows || h.Reason == report.RuleAllows {
				out.reason = h.Reason
			}
		}
	}
	return out
}

// decisive identifies the hop and rule on which an outcome rests.
func decisive(o outcome) string {
	var b strings.Builder
	for _, h := range o.hops {
		b.WriteString(string(h.Kind) + h.Verdict.String() + string(h.Reason))
		if h.DecidedBy != nil {
			b.WriteString(h.DecidedBy.Policy.Name + h.DecidedBy.Path)
		}
		b.WriteByte(';')
	}
	return b.String()
}

func podObject(p *snapshot.Pod) *report.Object {
	return &report.Object{Kind: "Pod", Namespace: p.Namespace, Name: p.Name.Name}
}
