package query

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// maxPlacements bounds the nodes that are tried for an end of which it is not known
// where it runs.
const maxPlacements = 50

// placements are the ways in which pods that manifests would create may come to share
// a node with the other end, where that decides: on each node that may run one, beside
// the other end and elsewhere. Where nodes or ends are not known it is the pair alone,
// whose verdict is then open.
func (e *engine) placements(p pair) []pair {
	asIs := []pair{p}
	sender := p.sender()
	switch {
	case p.dst.Broken != "" || sender.Host() == p.dst.Host():
		return asIs // no node's exemption, or nobody whom policies bind
	case sender.NodeName() != "" && p.dst.NodeName() != "":
		return asIs
	}
	host, other := sender, p.dst.Party
	if p.dst.Host() {
		host, other = other, host
	}
	hosts, others := e.mayRunOn(host), e.mayRunOn(other)
	if len(hosts) == 0 || len(others) == 0 || len(hosts) > maxPlacements {
		return asIs
	}
	var out []pair
	for _, h := range hosts {
		for _, o := range others[:min(len(others), maxPlacements)] {
			// Of nodes that the host's end is not on, one is like another.
			elsewhere := slices.IndexFunc(others, func(n *snapshot.Node) bool { return n.Name != h.Name })
			if o.Name != h.Name && o != others[elsewhere] {
				continue
			}
			to := map[bool]*snapshot.Node{true: h, false: o}
			placed := p
			if len(hosts) == 1 || len(others) == 1 {
				placed.beside = o.Name
			}
			if p.via == nil {
				placed.src = on(p.src, to[p.src.Host()])
			}
			placed.dst.Party = on(p.dst.Party, to[p.dst.Host()])
			if placed.dst.Host() && len(p.dst.Addresses) == 0 {
				placed.dst.Addresses = placed.dst.Party.Addresses()
			}
			out = append(out, placed)
		}
	}
	return out
}

// mayRunOn are the nodes on which a party may run: its own, or for a pod that is only
// expected those that its nodeSelector names. None where they are not known.
func (e *engine) mayRunOn(p model.Party) []*snapshot.Node {
	if name := p.NodeName(); name != "" {
		if n := e.Node(name); n != nil {
			return []*snapshot.Node{n}
		}
		return []*snapshot.Node{{Name: name, IPs: p.Addresses()}}
	}
	if p.Pod == nil || p.Hypothetical || p.Unseen || !p.Pod.Expected() || !e.Has(snapshot.Need{Resource: snapshot.Nodes}) {
		return nil
	}
	selects := labels.SelectorFromSet(p.Pod.NodeSelector)
	var out []*snapshot.Node
	for _, n := range e.Nodes() {
		if selects.Matches(labels.Set(n.Labels)) {
			out = append(out, n)
		}
	}
	return out
}

// on is a party on a node, where it is not known to be on one.
func on(p model.Party, n *snapshot.Node) model.Party {
	if p.Pod == nil || p.Pod.Node != "" {
		return p
	}
	pod := *p.Pod
	pod.Node = n.Name
	if pod.HostNetwork {
		pod.HostIPs = n.IPs
	}
	p.Pod = &pod
	return p
}
