package query

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// everyone is everybody that a question is about at one end.
type everyone struct {
	classes []*model.Class
	// others are no pods, or pods that could not be read.
	others []model.Party
	// unread: and the pods that were not asked for.
	unread bool
}

// everybody returns all pods that can take part in connections, without some,
// and what stands for those that could not be read.
func (e *engine) everybody(except map[snapshot.Name]bool) everyone {
	out := everyone{others: e.unseen(), unread: true}
	for _, c := range e.Classes() {
		if len(except) > 0 && slices.ContainsFunc(c.Pods, func(p *snapshot.Pod) bool { return except[p.Name] }) {
			rest := slices.DeleteFunc(slices.Clone(c.Pods), func(p *snapshot.Pod) bool { return except[p.Name] })
			if len(rest) == 0 {
				continue
			}
			c = &model.Class{Pods: rest, Owner: c.Owner, Ingress: c.Ingress, Egress: c.Egress}
		}
		out.classes = append(out.classes, c)
	}
	return out
}

// portion is pods of a class that also their addresses and nodes do not tell apart,
// as far as the question goes.
type portion struct {
	class *model.Class
	pods  []*snapshot.Pod
}

// standing is parts that the question's own end sees alike and whose own policies
// are the same: what holds for one pod of them holds for all.
type standing struct{ parts []portion }

// sample is a few of the pods, to ask in place of all: more than one where one of
// them may turn out to be the other end itself.
func (s *standing) sample(own map[*snapshot.Pod]bool) []model.Party {
	pods := s.parts[0].pods
	if !slices.ContainsFunc(pods, func(p *snapshot.Pod) bool { return own[p] }) {
		pods = pods[:1]
	}
	out := make([]model.Party, len(pods))
	for i, p := range pods {
		out[i] = model.Party{Pod: p}
	}
	return out
}

// viewer sorts classes by all that answers about them can depend on: how the
// clauses of the policies on the question's own end see them, which policies are
// their own, and where their nodes matter, the node.
type viewer struct {
	*engine
	// side of a class whose own policies have a say.
	side report.Direction
	// selectors and blocks are the peer clauses of the own end's policies.
	selectors, blocks []*policy.Peer
	// own are the pods of the question's own end; nodes, the nodes they are on.
	own   map[*snapshot.Pod]bool
	nodes map[string]bool
	// homes are the namespaces of the own pods.
	homes map[string]bool
	// near: who shares a node with the own end matters for every pod.
	near       bool
	namespaces map[string]namespaceView
	seen       map[string]uint64
	lists      map[**policy.Policy]uint64
	buf        []byte
}

// namespaceView is what a namespace adds to the view of its pods.
type namespaceView struct {
	id uint64
	// open are the selector clauses that the namespace does not rule out.
	open []*policy.Peer
}

// view makes the viewer for an own end of these parties. Side is the direction in
// which the policies of those it looks at apply.
func (e *engine) view(own []model.Party, side report.Direction, near bool) *viewer {
	v := &viewer{
		engine: e, side: side, near: near, own: map[*snapshot.Pod]bool{}, nodes: map[string]bool{}, homes: map[string]bool{},
		namespaces: map[string]namespaceView{}, seen: map[string]uint64{}, lists: map[**policy.Policy]uint64{},
	}
	facing := report.Ingress
	if side == report.Ingress {
		facing = report.Egress
	}
	asked := map[*policy.Policy]bool{}
	for _, o := range own {
		v.nodes[o.NodeName()] = true
		v.near = v.near || o.Host()
		if o.Pod == nil {
			continue
		}
		v.own[o.Pod], v.homes[o.Pod.Namespace] = true, true
		for _, p := range e.Isolating(o.Pod, facing) {
			if asked[p] {
				continue
			}
			asked[p] = true
			rules := p.In(facing).Rules
			for i := range rules {
				for j := range rules[i].Peers {
					if peer := &rules[i].Peers[j]; peer.Block != nil {
						v.blocks = append(v.blocks, peer)
					} else {
						v.selectors = append(v.selectors, peer)
					}
				}
			}
		}
	}
	return v
}

// standings sorts the pods of classes, in the order of their first pods.
func (v *viewer) standings(classes []*model.Class) []*standing {
	index := map[string]*standing{}
	var out []*standing
	var view []byte
	for _, c := range classes {
		base := v.class(c)
		for i := 0; i < len(c.Pods); {
			view = append(view[:0], v.pod(base, c.Pods[i])...)
			end := i + 1
			if v.whole(c) {
				end = len(c.Pods)
			}
			for end < len(c.Pods) && bytes.Equal(view, v.pod(base, c.Pods[end])) {
				end++
			}
			s := index[string(view)]
			if s == nil {
				s = &standing{}
				index[string(view)] = s
				out = append(out, s)
			}
			s.take(c, c.Pods[i:end:end])
			i = end
		}
	}
	return out
}

// whole tells whether nothing about the pods of a class can differ.
func (v *viewer) whole(c *model.Class) bool {
	return !v.near && len(v.blocks) == 0 && !c.Pods[0].HostNetwork
}

// take adds pods of a class.
func (s *standing) take(c *model.Class, pods []*snapshot.Pod) {
	if last := len(s.parts) - 1; last >= 0 && s.parts[last].class == c {
		s.parts[last].pods = append(s.parts[last].pods, pods...)
		return
	}
	s.parts = append(s.parts, portion{class: c, pods: pods})
}

// class writes what the pods of a class share into the buffer, and returns its
// length.
func (v *viewer) class(c *model.Class) int {
	p := c.Pods[0]
	ns := v.namespace(p)
	b := binary.AppendUvarint(v.buf[:0], ns.id)
	b = binary.AppendUvarint(b, v.list(c))
	b = append(b, 0)
	if p.HostNetwork {
		b[len(b)-1] = 1
	}
	if v.side == report.Ingress {
		// As a destination: whether and on which ports it can be reached.
		b = append(append(b, p.Phase...), 0)
		for _, port := range p.Ports {
			b = append(append(b, port.Protocol...), 0)
			b = binary.BigEndian.AppendUint16(b, port.Port)
			b = append(append(b, port.Name...), 0)
		}
	}
	end := policy.Endpoint{Kind: policy.PodEndpoint, Namespace: p.Namespace}
	end.Labels.Set = p.Labels
	for _, peer := range ns.open {
		b = peer.AppendPodView(b, &end)
	}
	if v.homes[p.Namespace] && slices.ContainsFunc(c.Pods, func(p *snapshot.Pod) bool { return v.own[p] }) {
		// The own end's pods are asked about by themselves.
		b = append(b, "own "+p.Name.String()...)
	}
	v.buf = b
	return len(b)
}

// pod returns the view of a pod: its class's, and what its own addresses and node
// decide. It is good until the next call.
func (v *viewer) pod(base int, p *snapshot.Pod) []byte {
	b := append(v.buf[:base], 0)
	if v.near || p.HostNetwork {
		switch {
		case p.Node == "" || v.nodes[p.Node]:
			b = append(append(b, p.Node...), 0)
		default:
			b = append(b, "elsewhere/\x00"...) // no node has a slash in its name
		}
	}
	for _, a := range addressesOf(p) {
		if a.Is4() {
			b = append(b, 4)
		} else {
			b = append(b, 6)
		}
		for _, peer := range v.blocks {
			b = peer.Block.AppendView(b, a)
		}
	}
	v.buf = b
	return b
}

// list numbers the lists of policies, which classes share.
func (v *viewer) list(c *model.Class) uint64 {
	list := c.Egress
	if v.side == report.Ingress {
		list = c.Ingress
	}
	if len(list) == 0 {
		return 0
	}
	id, ok := v.lists[&list[0]]
	if !ok {
		id = uint64(len(v.lists) + 1)
		v.lists[&list[0]] = id
	}
	return id
}

// namespace finds what a pod's namespace adds, once a namespace.
func (v *viewer) namespace(p *snapshot.Pod) namespaceView {
	if have, ok := v.namespaces[p.Namespace]; ok {
		return have
	}
	end := policy.Endpoint{Kind: policy.PodEndpoint, Namespace: p.Namespace, NamespaceLabels: v.NamespaceLabels(p.Namespace)}
	var out namespaceView
	var b []byte
	if end.NamespaceLabels.Partial {
		b = append(b, p.Namespace...) // what to read is said by its name
	}
	for _, peer := range v.selectors {
		var open bool
		if b, open = peer.AppendNamespaceView(b, &end); open {
			out.open = append(out.open, peer)
		}
	}
	hop := report.Hop{Verdict: report.Denied}
	v.limits(&hop, p.Namespace)
	b = appendLimits(b, &hop)
	hop = report.Hop{Verdict: report.Allowed}
	v.limits(&hop, p.Namespace)
	b = appendLimits(b, &hop)
	id, ok := v.seen[string(b)]
	if !ok {
		id = uint64(len(v.seen))
		v.seen[string(b)] = id
	}
	out.id = id
	v.namespaces[p.Namespace] = out
	return out
}

func appendLimits(b []byte, hop *report.Hop) []byte {
	b = append(b, byte(hop.Verdict), 0)
	b = append(append(b, hop.Reason...), 0)
	b = append(append(b, hop.Detail...), 0)
	for _, n := range hop.Needs {
		b = append(append(b, n...), 0)
	}
	return b
}

// addressesOf are those of a pod; see [model.Party.Addresses].
func addressesOf(p *snapshot.Pod) []netip.Addr { return model.Party{Pod: p}.Addresses() }
