package query

import (
	"slices"
	"strconv"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// caveats re-evaluates the connection as each deviating network plugin would
// treat it, and reports those that would answer otherwise.
func (e *engine) caveats(p pair, l link, base outcome) []report.Caveat {
	var out []report.Caveat
	for _, d := range e.Deviations {
		if !e.concerns(d.Behaviour, p) {
			continue
		}
		other := conclude(e.hops(p, l, d.Behaviour, false))
		if other.verdict == base.verdict {
			continue
		}
		out = append(out, report.Caveat{Code: d.Code, Plugins: d.Plugins, Otherwise: other.verdict, Source: d.Source})
	}
	return out
}

// masquerade accounts for Cilium's socket load balancing, which translates before there is
// a packet, and so keeps a pod's address on its way to an external address of a Service.
func (e *engine) masquerade(p pair, l link, out *outcome) {
	if e.Plugin.Name != "" && e.Plugin.Name != cni.Cilium {
		return
	}
	kept := p
	kept.via, kept.masked = nil, false
	links, ok := families(kept.src, kept.dst)
	if !ok {
		return
	}
	for _, x := range links {
		if x.dst == l.dst || !l.dst.IsValid() {
			l = x
		}
	}
	replaces, known := cni.ReplacesKubeProxy(e.Snapshot)
	other := conclude(e.hops(kept, l, e.Plugin.Behaviour, !e.bare))
	e.nameEnds(other.hops, kept)
	caveat := report.Caveat{Code: report.ServiceSource, Plugins: []string{cni.Cilium}, Source: cni.SocketLoadBalancing}
	if replaces {
		caveat.Applied, caveat.Otherwise = true, out.verdict
		caveats := out.caveats
		if *out = other; out.verdict != caveat.Otherwise {
			out.caveats = append(caveats, caveat)
		}
		return
	}
	if (known && e.Plugin.Name != "") || other.verdict == out.verdict {
		return
	}
	caveat.Otherwise = other.verdict
	out.caveats = append(out.caveats, caveat)
	if e.Strict {
		out.verdict, out.reason = report.Unknown, report.NetworkPluginDecides
	}
}

// applied cites the behaviour of the cluster's own network plugin where it, and
// not the specification, decided the verdict.
func (e *engine) applied(p pair, l link, base outcome) []report.Caveat {
	var out []report.Caveat
	for _, d := range e.Plugin.Deviations {
		if !e.concerns(d.Behaviour, p) {
			continue
		}
		specified := conclude(e.hops(p, l, policy.Behaviour{}, false))
		if specified.verdict == base.verdict {
			continue
		}
		out = append(out, report.Caveat{
			Code: d.Code, Plugins: []string{e.Plugin.Name}, Otherwise: specified.verdict, Source: d.Source, Applied: true,
		})
	}
	return out
}

// concerns tells whether a behaviour can matter for a connection at all, which
// for most connections saves evaluating it again.
func (e *engine) concerns(b policy.Behaviour, p pair) bool {
	switch {
	case b.Ignores != 0:
		return e.hasAny(b.Ignores)
	case b.PodsEscapeIPBlocks:
		return p.src.Pod != nil && p.dst.Pod != nil &&
			(hasBlocks(e.Wide()) || hasBlocks(e.PoliciesIn(p.src.Pod.Namespace)) || hasBlocks(e.PoliciesIn(p.dst.Pod.Namespace)))
	case b.NodesEscapeIPBlocks:
		return p.sender().Host() && p.dst.Pod != nil && (hasBlocks(e.Wide()) || hasBlocks(e.PoliciesIn(p.dst.Pod.Namespace))) ||
			p.dst.Host() && p.src.Pod != nil && (hasBlocks(e.Wide()) || hasBlocks(e.PoliciesIn(p.src.Pod.Namespace)))
	case b.HostNamespace:
		return p.sender().Host() || p.dst.Host()
	case b.ThroughNodesOpen, b.BeforeMasquerade:
		return p.via != nil
	case b.UnpolicedDenied:
		return false // what binds is no matter of a connection
	case b.HostPeers != policy.HostPeersNever:
		return hostPod(p.src.Pod) || hostPod(p.dst.Pod)
	case b.OwnNodePoliced:
		return p.dst.Host() && p.src.Pod != nil && !p.src.Host()
	case b.HairpinPoliced:
		return p.dst.Service != nil && !p.dst.Service.Headless && samePod(p.src, p.dst.Party)
	default:
		return false
	}
}

// hasAny tells whether there are policies of some APIs besides NetworkPolicy.
func (e *engine) hasAny(of policy.Dialect) bool {
	return slices.ContainsFunc(e.Wide(), func(w *policy.Policy) bool { return w.Dialect&of != 0 })
}

func hostPod(p *snapshot.Pod) bool { return p != nil && p.HostNetwork }

func hasBlocks(policies []*policy.Policy) bool {
	for _, p := range policies {
		if p.HasBlocks() {
			return true
		}
	}
	return false
}

func number(n uint16) string { return strconv.Itoa(int(n)) }
