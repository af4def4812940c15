package query

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
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
	out := everyone{classes: e.Classes(), others: e.unseen(), unread: true}
	if len(except) == 0 {
		return out
	}
	out.classes = nil
	for _, c := range e.Classes() {
		if slices.ContainsFunc(c.Pods, func(p *snapshot.Pod) bool { return except[p.Name] }) {
			rest := slices.DeleteFunc(slices.Clone(c.Pods), func(p *snapshot.Pod) bool { return except[p.Name] })
			if len(rest) == 0 {
				continue
			}
			some := *c
			some.Pods, some.Names = rest, nil
			for _, p := range rest {
				some.Names = append(some.Names, p.Name.Name)
			}
			c = &some
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
	// nodes that an answer to them depends on.
	nodes map[string]bool
}

// standing is parts that the question's own end sees alike and whose own policies
// are the same: what holds for one pod of them holds for all.
type standing struct {
	parts    []portion
	policies []*policy.Policy
	asked    asked
}

// asked identifies the standings of which the same holds, whatever their policies
// are called.
type asked struct {
	// view numbers how the own end sees them; says, what their own policies say.
	view, says int
}

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
	// selectors are the peer clauses with selectors of the own end's policies.
	selectors []*policy.Peer
	// cuts are the CIDRs of those with an ipBlock, as far as they tell pods apart;
	// divided says of each class, by its number, whether they may its pods; nil without cuts.
	cuts    []netip.Prefix
	divided []bool
	// own are the pods of the question's own end; nodes, the nodes they are on.
	own   map[*snapshot.Pod]bool
	nodes map[string]bool
	// homes are the namespaces of the own pods.
	homes map[string]bool
	// near: who shares a node with the own end matters for every pod.
	near       bool
	namespaces map[string]namespaceView
	// last is the view of the namespace in, which neighbouring classes share.
	last  namespaceView
	in    string
	seen  map[string]uint64
	views map[string]int
	// lists of policies, each known by its first: classes share them. Says numbers
	// what lists say, in the numbers of words.
	lists map[**policy.Policy]ownList
	says  map[string]int
	words map[*policy.Policy]int
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
		namespaces: map[string]namespaceView{}, seen: map[string]uint64{}, views: map[string]int{},
		lists: map[**policy.Policy]ownList{}, says: map[string]int{}, words: e.Words(side),
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
		for _, p := range e.Binding(o.Pod, facing).Policies() {
			if asked[p] {
				continue
			}
			asked[p] = true
			rules := p.In(facing).Rules
			for i := range rules {
				for j := range rules[i].Peers {
					peer := &rules[i].Peers[j]
					for _, by := range peer.Cuts() {
						v.cut(by)
					}
					if peer.Labelled() {
						v.selectors = append(v.selectors, peer)
					}
				}
			}
		}
	}
	return v
}

// cut notes whom a CIDR tells apart.
func (v *viewer) cut(by netip.Prefix) {
	by = address.Canonical(by)
	if slices.Contains(v.cuts, by) {
		return
	}
	classes := v.Divided(by)
	if len(classes) == 0 {
		return
	}
	v.cuts = append(v.cuts, by)
	if v.divided == nil {
		v.divided = make([]bool, len(v.Classes()))
	}
	for _, c := range classes {
		v.divided[c] = true
	}
}

// standings sorts the pods of classes, in the order of their first pods.
func (v *viewer) standings(classes []*model.Class) []*standing {
	type key struct {
		view string
		list int
	}
	index := map[key]*standing{}
	var out []*standing
	var view []byte
	var list ownList
	take := func(c *model.Class, pods []*snapshot.Pod) {
		s := index[key{string(view), list.number}]
		if s == nil {
			number, ok := v.views[string(view)]
			if !ok {
				number = len(v.views)
				v.views[string(view)] = number
			}
			s = &standing{policies: list.policies, asked: asked{number, list.says}}
			index[key{string(view), list.number}] = s
			out = append(out, s)
		}
		s.take(c, pods)
	}
	for _, c := range classes {
		list = v.list(c)
		view = v.class(view[:0], c)
		located, divided := v.near || c.Pods[0].HostNetwork, v.divided != nil && v.divided[c.Number]
		if !located && !divided {
			take(c, c.Pods)
			continue
		}
		shared := len(view)
		var next []byte
		for i := 0; i < len(c.Pods); {
			view = v.pod(view[:shared], c.Pods[i], located)
			end := i + 1
			for ; end < len(c.Pods); end++ {
				if next = v.pod(next[:0], c.Pods[end], located); !bytes.Equal(view[shared:], next) {
					break
				}
			}
			take(c, c.Pods[i:end:end])
			i = end
		}
	}
	return out
}

// take adds pods of a class.
func (s *standing) take(c *model.Class, pods []*snapshot.Pod) {
	if last := len(s.parts) - 1; last >= 0 && s.parts[last].class == c {
		s.parts[last].pods = append(s.parts[last].pods, pods...)
		return
	}
	if len(s.parts) == cap(s.parts) {
		s.parts = slices.Grow(s.parts, len(s.parts)+1) // there may be very many: not by a quarter, as append would
	}
	s.parts = append(s.parts, portion{class: c, pods: pods})
}

// class appends what the pods of a class share.
func (v *viewer) class(b []byte, c *model.Class) []byte {
	p := c.Pods[0]
	if v.in != c.Namespace {
		v.in, v.last = c.Namespace, v.namespace(p)
	}
	ns := v.last
	b = append(binary.AppendUvarint(b, ns.id), 0)
	if p.HostNetwork {
		b[len(b)-1] = 1
	}
	for _, a := range p.Addresses() {
		if a.Is4() {
			b = append(b, 4)
		} else {
			b = append(b, 6)
		}
	}
	b = append(b, 0)
	if v.side == report.Ingress {
		// As a destination: whether and on which ports it can be reached.
		b = append(append(b, p.Phase...), 0)
		for _, port := range p.Ports {
			b = append(append(b, port.Protocol...), 0)
			b = binary.BigEndian.AppendUint16(b, port.Port)
			b = append(append(b, port.Name...), 0)
		}
		b = append(b, 0)
	}
	end := policy.Endpoint{Kind: policy.PodEndpoint, Namespace: p.Namespace}
	end.Labels.Set = p.Labels
	for _, peer := range ns.open {
		b = peer.AppendPodView(b, &end)
	}
	if v.homes[c.Namespace] && slices.ContainsFunc(c.Pods, func(p *snapshot.Pod) bool { return v.own[p] }) {
		// The own end's pods are asked about by themselves.
		b = append(b, "own "+p.Name.String()...)
	}
	return append(b, 0)
}

// pod appends what a pod's own address and, where that matters, its node decide.
func (v *viewer) pod(b []byte, p *snapshot.Pod, located bool) []byte {
	if located {
		switch {
		case p.Node == "" || v.nodes[p.Node]:
			b = append(append(b, p.Node...), 0)
		default:
			b = append(b, "elsewhere/\x00"...) // no node has a slash in its name
		}
	}
	for i, a := range p.Addresses() {
		for j, by := range v.cuts {
			if by.Contains(a) {
				b = binary.AppendUvarint(b, uint64(i*len(v.cuts)+j+1))
			}
		}
	}
	return b
}

// ownList is the policies that isolate pods of a namespace, its number and that of
// what they say; 0 where there are none.
type ownList struct {
	policies     []*policy.Policy
	number, says int
}

// list numbers the lists of policies.
func (v *viewer) list(c *model.Class) ownList {
	binding := c.Egress
	if v.side == report.Ingress {
		binding = c.Ingress
	}
	if len(binding) == 0 {
		return ownList{}
	}
	list := binding.Policies()
	out, ok := v.lists[&list[0]]
	if ok {
		return out
	}
	out = ownList{policies: list, number: len(v.lists) + 1}
	var key []byte
	if v.homes[c.Namespace] {
		// They may be the own end's policies as well, and at home with it.
		key = binary.AppendUvarint(append(key, "own "...), uint64(out.number))
	} else {
		for i := range binding {
			t := &binding[i]
			key = append(key, byte(t.Else), byte(len(t.Policies)), byte(len(t.Policies)>>8))
			for _, p := range t.Policies {
				key = binary.BigEndian.AppendUint32(key, uint32(v.words[p]))
				if t.Ordered {
					key = binary.BigEndian.AppendUint32(key, uint32(p.Rank)+1)
				}
			}
		}
	}
	if out.says, ok = v.says[string(key)]; !ok {
		out.says = len(v.says) + 1
		v.says[string(key)] = out.says
	}
	v.lists[&list[0]] = out
	return out
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
	doubt := v.Doubt(p.Namespace)
	for _, known := range []report.Verdict{report.Denied, report.Allowed} {
		var hop report.Hop
		because(&hop, known, doubt, false)
		b = appendDoubt(b, &hop)
	}
	id, ok := v.seen[string(b)]
	if !ok {
		id = uint64(len(v.seen))
		v.seen[string(b)] = id
	}
	out.id = id
	v.namespaces[p.Namespace] = out
	return out
}

// appendDoubt appends what a hop says of policies that are not known.
func appendDoubt(b []byte, hop *report.Hop) []byte {
	b = append(append(b, hop.Reason...), 0)
	b = append(append(b, hop.Detail...), 0)
	for _, n := range hop.Needs {
		b = append(append(b, n...), 0)
	}
	return b
}
