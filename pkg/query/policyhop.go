package query

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// speaker is one end of a connection, whose policies speak, and the other end.
type speaker struct {
	direction  report.Direction
	hop        report.HopKind
	own, other model.Party
	// at and from are their addresses.
	at, from netip.Addr
}

// leaving and entering are the two sides of a connection. What enters comes from
// whoever's address the destination sees.
func (p pair) leaving(l link) speaker {
	return speaker{report.Egress, report.HopEgress, p.src, p.dst.Party, l.src, l.dst}
}

func (p pair) entering(l link) speaker {
	return speaker{report.Ingress, report.HopIngress, p.dst.Party, p.sender(), l.dst, l.src}
}

// policyHop is what the policies of one side say.
func (e *engine) policyHop(p pair, s speaker, b policy.Behaviour, evidence bool) report.Hop {
	hop := report.Hop{Kind: s.hop, Verdict: report.Allowed, Reason: report.NotPoliced}
	switch {
	case s.own.External != "" && s.direction == report.Ingress:
		hop.Verdict, hop.Reason, hop.Detail = report.Unknown, report.LeavesCluster, s.own.External
		return hop
	case s.own.Pod == nil || s.own.Host():
		return hop
	}
	if s.direction == report.Ingress && p.via != nil && b.ThroughNodesOpen {
		return hop
	}
	exempt := selector.No
	if s.other.Host() {
		exempt = b.Exempts(s.direction, sameNode(s.own, s.other))
	}
	switch {
	case exempt == selector.Yes:
		hop.Reason, hop.Object, hop.Detail = report.SameNode, podObject(s.own.Pod), p.beside
		e.nearHop(&hop, p, s, b, evidence)
	case s.own.Unseen && (s.own.Rest == nil || !s.own.Rest.Isolated):
		e.unseenHop(&hop, s.own.Pod.Namespace, s.direction)
	default:
		e.policed(&hop, p, s, b, exempt, evidence)
	}
	return hop
}

// nearHop judges a pod and its own node where an administrator's policy may bind them.
func (e *engine) nearHop(hop *report.Hop, p pair, s speaker, b policy.Behaviour, evidence bool) {
	binding := e.Binding(s.own.Pod, s.direction)
	if s.own.Pod.Namespace != "" {
		doubt := e.Doubt(s.own.Pod.Namespace)
		if doubt.Policies = nil; doubt.Near(policy.Everything(), s.direction).Exempt(s.direction, selector.Yes).Verdict(connset.All()) != report.Allowed {
			hop.Verdict = report.Unknown
			because(hop, report.Allowed, doubt, true)
			return
		}
	}
	if s.own.Unseen || !slices.ContainsFunc(binding.Policies(), func(p *policy.Policy) bool { return p.Dialect != 0 }) {
		return
	}
	c, subject, peer := e.connection(p, s, p.dst.Port)
	var trace *policy.Trace
	if evidence {
		trace = &policy.Trace{Protocol: p.dst.Port.Protocol, Port: p.dst.Port.Pod}
	}
	c.Subject, c.Peer = &subject, &peer
	d := binding.Against(c, b, trace)
	if d.Admitted.Exempt(s.direction, selector.Yes).Verdict(c.Ports) == report.Allowed {
		return
	}
	hop.Verdict, hop.Reason, hop.Detail = report.Unknown, report.PolicyUnclear, "whether policies of cluster administrators bind a pod's own node"
	if d.Policy != nil {
		hop.Detail = "whether " + d.Policy.Ref().Kind + " " + d.Policy.Ref().Name + " binds the pod's own node"
	}
	if evidence {
		hop.Policies = trace.Policies
	}
}

// connection is what policies of one side are asked about, at a port.
func (e *engine) connection(p pair, s speaker, port report.PortMapping) (c policy.Connection, subject, peer policy.Endpoint) {
	subject, peer = e.Endpoint(s.own, s.at), e.Endpoint(s.other, s.from)
	return policy.Connection{Direction: s.direction, Ports: policy.At(port.Protocol, port.Pod)}, subject, peer
}

// unseenHop judges pods that could not be read.
func (e *engine) unseenHop(hop *report.Hop, namespace string, d report.Direction) {
	doubt := e.DoubtOfUnseen(namespace, d)
	hop.Verdict, hop.Reason = doubt.Apply(policy.Everything(), false).Verdict(connset.All()), report.NotIsolated
	if hop.Verdict == report.Unknown {
		if doubt.Pods {
			hop.Reason = report.NotRead
			hop.Needs = append(hop.Needs, snapshot.Need{Resource: snapshot.Pods, Namespace: namespace}.Permission())
		}
		because(hop, report.Allowed, doubt, false)
	}
}

// sameNode tells whether two parties share a node.
func sameNode(a, b model.Party) selector.Result {
	switch x, y := a.NodeName(), b.NodeName(); {
	case x == "" || y == "":
		return selector.Undetermined
	case x == y:
		return selector.Yes
	default:
		return selector.No
	}
}

// policed fills in a hop for a pod that policies may select.
func (e *engine) policed(hop *report.Hop, p pair, s speaker, b policy.Behaviour, exempt selector.Result, evidence bool) {
	pod, port := s.own.Pod, p.dst.Port
	subject, peer := e.Endpoint(s.own, s.at), e.Endpoint(s.other, s.from)
	hop.Object = podObject(pod)
	mesh, sure := uint16(0), true
	if port.Protocol == connset.TCP && s.other.Pod != nil {
		if mesh, sure = carriedTo(e.mesh(p.src), e.mesh(p.dst.Party)); mesh != 0 && sure {
			port.Pod = mesh
		}
	}
	c := policy.Connection{Direction: s.direction, Subject: &subject, Peer: &peer, Ports: policy.At(port.Protocol, port.Pod)}
	binding := e.Binding(pod, s.direction)
	if rest := s.own.Rest; rest != nil && s.direction == report.Egress {
		binding = policy.AddUp(rest.Egress)
	}
	var trace *policy.Trace
	if evidence {
		trace = &policy.Trace{Protocol: port.Protocol, Port: port.Pod}
	}
	decision, doubt := binding.Against(c, b, trace), e.Doubt(pod.Namespace)
	hop.Verdict, hop.Reason = decision.Verdict, decision.Reason
	if hop.Reason == report.NoRuleAllows && len(binding.Policies()) == 0 {
		hop.Reason, hop.Detail = report.PluginDenies, e.Plugin.Name+" in mode "+strings.Join(e.Plugin.Modes, ",")
	}
	if evidence {
		hop.Policies = trace.Policies
	}
	if decision.Rule != nil {
		hop.DecidedBy = &report.RuleRef{
			Policy: decision.Policy.Ref(), Path: decision.Rule.Path, Location: decision.Policy.Origin.At(decision.Rule.Path),
		}
	}
	if hop.Verdict == report.Unknown {
		hop.Reason, hop.Needs = e.whyOpen(p, &peer, hop.Policies)
		whyUnclear(hop, &decision, &subject)
	}
	if evidence && p.dst.Service != nil {
		markServicePort(hop.Policies, p.dst.Port)
	}
	if !sure {
		// Under either port.
		other := c
		other.Ports = policy.At(port.Protocol, mesh)
		if binding.Against(other, b, nil).Verdict != hop.Verdict {
			hop.Verdict, hop.Reason = report.Unknown, report.NotModelled
			hop.Detail = "Linkerd, which carries it to port " + number(mesh) + " from version 2.18 on,"
		}
	}
	admitted := doubt.Apply(decision.Admitted, binding.Isolates())
	if known := hop.Verdict; admitted.Verdict(c.Ports) == report.Unknown {
		hop.Verdict = report.Unknown
		because(hop, known, doubt, binding.Isolates())
	}
	if hop.Verdict == report.Denied && admitted.Exempt(s.direction, exempt).Verdict(c.Ports) == report.Unknown {
		hop.Verdict, hop.Reason, hop.Needs = report.Unknown, report.NodeUnknown, e.nodesUnread(p)
	}
}

// whyOpen says what was not known about the peer, and what reading would tell.
func (e *engine) whyOpen(p pair, peer *policy.Endpoint, said []report.PolicyEvidence) (report.Reason, []string) {
	switch {
	case peer.Kind == policy.UnknownEndpoint:
		return report.LeavesCluster, nil
	case portOpen(said) && (!peer.Labels.Partial || p.src.Rest != nil):
		return report.PortUnknown, nil
	case peer.Labels.Partial:
		return report.NotRead, []string{snapshot.Need{Resource: snapshot.Pods, Namespace: peer.Namespace}.Permission()}
	case openLabel(peer, said):
		return report.LabelUnknown, nil
	case peer.NamespaceLabels.Partial && e.undeclared(peer.Namespace):
		if len(said) > 0 && !saysOf(said, report.LabelsUnread) {
			return report.AddressUnknown, e.nodesUnread(p)
		}
		return report.NamespaceUndeclared, nil
	case peer.NamespaceLabels.Partial:
		return report.NotRead, []string{snapshot.Need{Resource: snapshot.Namespaces, Name: peer.Namespace}.Permission()}
	default:
		return report.AddressUnknown, e.nodesUnread(p)
	}
}

// whyUnclear says what about the policies themselves leaves a hop open.
func whyUnclear(hop *report.Hop, d *policy.Decision, subject *policy.Endpoint) {
	switch {
	case d.Unclear != "" && subject.NamespaceLabels.Partial:
		hop.Reason, hop.Needs = report.NotRead, []string{snapshot.Need{Resource: snapshot.Namespaces, Name: subject.Namespace}.Permission()}
	case d.Unclear != "":
		hop.Reason, hop.Detail, hop.Needs = report.PolicyUnclear, d.Unclear, nil
	case d.Tie != policy.Tie{}:
		a, b := d.Tie[0].Ref(), d.Tie[1].Ref()
		hop.Reason, hop.Detail, hop.Needs = report.SamePriority, fmt.Sprintf("%s %s and %s %s", a.Kind, a.Name, b.Kind, b.Name), nil
	}
}

// undeclared: no file declares the namespace, so that its labels are not known.
func (e *engine) undeclared(namespace string) bool {
	ns := e.Namespace(namespace)
	return ns != nil && ns.Undeclared || ns == nil && e.HasEverything()
}

// openLabel tells whether a pod has a label whose value its controller will make up, and
// some clause asks for it.
func openLabel(peer *policy.Endpoint, said []report.PolicyEvidence) bool {
	for _, p := range said {
		for _, r := range p.Rules {
			for _, c := range r.Peers {
				if m := c.Mismatch; m != nil && m.Reason == report.LabelsUnread {
					if _, open := selector.OpenValue(peer.Labels.Set[m.Key]); open {
						return true
					}
				}
			}
		}
	}
	return false
}

// saysOf tells whether some peer of the evidence failed for a reason.
func saysOf(said []report.PolicyEvidence, reason report.MismatchReason) bool {
	for _, p := range said {
		for _, r := range p.Rules {
			for _, c := range r.Peers {
				if c.Mismatch != nil && c.Mismatch.Reason == reason {
					return true
				}
			}
		}
	}
	return false
}

// nodesUnread is the permission to list nodes, where any node may be the sender
// because they could not be read.
func (e *engine) nodesUnread(p pair) []string {
	sender := p.sender()
	if gap := e.Hidden(snapshot.Nodes, ""); gap != nil && sender.Node != nil && sender.Node.Name == "" {
		return []string{gap.Permission()}
	}
	return nil
}

// portOpen tells whether some rule that has its peer is open for its port alone.
func portOpen(said []report.PolicyEvidence) bool {
	for _, p := range said {
		for _, r := range p.Rules {
			if r.PeersMatch() == report.Matches && r.PortsMatch() == report.Undetermined {
				return true
			}
		}
	}
	return false
}

// because says what it is that leaves a hop open, of which the known policies alone
// would decide: the last of what there is. Bound: a known NetworkPolicy binds the pod.
func because(hop *report.Hop, known report.Verdict, d model.Doubt, bound bool) {
	// What the known policies deny, or leave open, one more may decide otherwise.
	if d.Policies != nil && (hop.Reason != report.RuleAllows || !bound) {
		known, hop.Reason = report.Unknown, report.NotRead
		hop.Needs = append(hop.Needs, d.Policies.Permission())
	}
	denied := known == report.Denied
	for _, g := range d.Kinds {
		if g.OnlyDenies && denied {
			continue
		}
		known, hop.Reason = report.Unknown, report.NotRead
		hop.Needs = append(hop.Needs, g.Permission())
	}
	for _, u := range d.Others {
		if u.OnlyDenies && known == report.Denied {
			continue
		}
		hop.Reason, hop.Detail = report.NotModelled, strings.TrimSpace(u.Kind+" "+u.Name.String())
		return
	}
}
