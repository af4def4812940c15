package model

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Resolve returns the parties that a reference stands for, before any port: the
// pods of a workload, Service or namespace, a node, addresses. Finished pods of
// a collection are left out: they neither send nor receive. The error is a
// [*NotFoundError] or an [*UnreadableError].
func (m *Model) Resolve(r reference.Reference) ([]Party, error) {
	switch r.Form {
	case reference.FormInternet:
		return blocks(address.Internet()), nil
	case reference.FormLabels:
		return []Party{{Pod: hypothetical(r), Hypothetical: true}}, nil
	case reference.FormAddress:
		return m.resolveAddress(r)
	case reference.FormObject:
	}
	name := snapshot.Name{Namespace: r.Namespace, Name: r.Name}
	switch r.Kind {
	case reference.Pod:
		pod := m.Pod(name)
		if pod == nil {
			return nil, m.Absent(r)
		}
		return []Party{{Pod: pod}}, nil
	case reference.Namespace:
		if m.Namespace(r.Name) == nil && len(m.PodsIn(r.Name)) == 0 {
			if err := m.Absent(r); !m.mayStillExist(err) {
				return nil, err
			}
		}
		if gap := m.Hidden(snapshot.Pods, r.Name); gap != nil {
			return nil, &UnreadableError{Reference: r, Gap: *gap}
		}
		return pods(m.PodsIn(r.Name)), nil
	case reference.Node:
		node := m.Node(r.Name)
		if node == nil {
			return nil, m.Absent(r)
		}
		return []Party{{Node: node}}, nil
	case reference.Service:
		service := m.Service(name)
		if service == nil {
			return m.withoutService(r)
		}
		for range 4 { // as [Model.Destinations] follows aliases
			if alias, ok := aliased(service); ok {
				if gap := m.GapFor(snapshot.Need{Resource: snapshot.Services, Namespace: alias.Namespace, Name: alias.Name}); gap != nil {
					return nil, &UnreadableError{Reference: r, Gap: *gap}
				}
			}
			if next := m.Alias(service); next != nil {
				service = next
			}
		}
		if service.Type == snapshot.ExternalName {
			return []Party{{External: service.ExternalName}}, nil
		}
		needs := append(ServiceNeeds(service), EndpointNeeds(m.Snapshot, service)...)
		if len(service.Selector) > 0 {
			needs = needs[1:] // whatever slices say, these are its pods
		}
		for _, n := range needs {
			if gap := m.GapFor(n); gap != nil {
				return nil, &UnreadableError{Reference: r, Gap: *gap}
			}
		}
		if len(service.Selector) == 0 {
			return m.partiesOf(service, r)
		}
		return pods(m.podsBehind(service)), nil
	default:
		if m.Workload(string(r.Kind), name) == nil {
			return nil, m.Absent(r)
		}
		if gap := m.Hidden(snapshot.Pods, r.Namespace); gap != nil {
			return nil, &UnreadableError{Reference: r, Gap: *gap}
		}
		if gap := m.ownersHidden(r.Kind, r.Namespace); gap != nil {
			return nil, &UnreadableError{Reference: r, Gap: *gap}
		}
		return pods(m.Owned(string(r.Kind), name)), nil
	}
}

// mayStillExist: a namespace that could not be read may well exist.
func (m *Model) mayStillExist(err error) bool {
	_, unreadable := err.(*UnreadableError) //nolint:errorlint // Absent returns the type itself
	return unreadable
}

// resolveAddress finds whose address it is; a CIDR, or an address that nothing
// in the cluster has, is outside. A CIDR stands for the pods and nodes in it, too.
func (m *Model) resolveAddress(r reference.Reference) ([]Party, error) {
	outside := Party{Block: address.Block{Prefix: r.Prefix}}
	if r.Prefix.IsSingleIP() {
		if p, ok := m.partyAt(r.Prefix.Addr()); ok {
			return []Party{p}, nil
		}
	} else if !MayHoldPods(r.Prefix) {
		return []Party{outside}, nil
	}
	for _, resource := range []snapshot.Resource{snapshot.Pods, snapshot.Services, snapshot.Nodes} {
		if gap := m.Hidden(resource, ""); gap != nil && (r.Prefix.IsSingleIP() || resource != snapshot.Services) {
			return nil, &UnreadableError{Reference: r, Gap: *gap}
		}
	}
	out := []Party{outside}
	if r.Prefix.IsSingleIP() {
		return out, nil
	}
	held := func(ips []netip.Addr) bool { return slices.ContainsFunc(ips, r.Prefix.Contains) }
	for _, p := range m.Pods() {
		if !p.Finished() && !p.HostNetwork && held(p.IPs) {
			out = append(out, Party{Pod: p})
		}
	}
	for _, n := range m.Nodes() {
		if held(n.IPs) {
			out = append(out, Party{Node: n})
		}
	}
	return out, nil
}

// MayHoldPods tells whether a CIDR is one of addresses that clusters give to pods and nodes:
// private ones. What is public, and every address at once, is the outside.
func MayHoldPods(p netip.Prefix) bool {
	if p.Bits() == 0 {
		return false
	}
	block := address.Block{Prefix: p}
	for _, b := range address.Internet() {
		if block.Relation(b.Prefix) == address.Inside &&
			!slices.ContainsFunc(b.Except, func(e netip.Prefix) bool { return block.Relation(e) != address.Outside }) {
			return false
		}
	}
	return true
}

// partyAt returns the pod or node that has an address.
func (m *Model) partyAt(addr netip.Addr) (Party, bool) {
	if pod := m.PodAt(addr); pod != nil {
		return Party{Pod: pod}, true
	}
	if node := m.NodeAt(addr); node != nil {
		return Party{Node: node}, true
	}
	return Party{}, false
}

// PodAt returns the pod that has an address: a running one before a pending
// one, never one that finished (its address may have a new owner) and never a
// hostNetwork pod (the address is the node's).
func (m *Model) PodAt(addr netip.Addr) *snapshot.Pod {
	for _, p := range m.Pods() {
		if p.Finished() || p.HostNetwork {
			continue
		}
		for _, ip := range p.IPs {
			if ip == addr {
				return p
			}
		}
	}
	return nil
}

// NodeAt returns the node that has an address. Where nodes were not read, a
// hostNetwork pod's own account of its node serves.
func (m *Model) NodeAt(addr netip.Addr) *snapshot.Node {
	for _, n := range m.Nodes() {
		for _, ip := range n.IPs {
			if ip == addr {
				return n
			}
		}
	}
	for _, p := range m.Pods() {
		if p.Node == "" {
			continue
		}
		for _, ip := range p.HostIPs {
			if ip == addr {
				return &snapshot.Node{Name: p.Node, IPs: p.HostIPs}
			}
		}
	}
	return nil
}

// Inside returns those of some addresses that are a pod's or a node's, as [Model.PodAt]
// and [Model.NodeAt] find them: for many addresses at once.
func (m *Model) Inside(addrs map[netip.Addr]bool) map[netip.Addr]bool {
	out := map[netip.Addr]bool{}
	if len(addrs) == 0 {
		return out
	}
	note := func(ips []netip.Addr) {
		for _, ip := range ips {
			if addrs[ip] {
				out[ip] = true
			}
		}
	}
	for _, n := range m.Nodes() {
		note(n.IPs)
	}
	for _, p := range m.Pods() {
		if !p.Finished() && !p.HostNetwork {
			note(p.IPs)
		}
		if p.Node != "" {
			note(p.HostIPs)
		}
	}
	return out
}

// ServicesAt returns the Services that have an address: ClusterIP, external IP or load
// balancer. More than one may share it (k3s' ServiceLB, MetalLB's IP address sharing).
func (m *Model) ServicesAt(addr netip.Addr) []*snapshot.Service {
	var out []*snapshot.Service
	for _, s := range m.Services() {
		if s.Headless || s.Type == snapshot.ExternalName {
			continue
		}
		for _, list := range [][]netip.Addr{s.ClusterIPs, s.ExternalIPs, s.LoadBalancerIPs} {
			if slices.Contains(list, addr) {
				out = append(out, s)
				break
			}
		}
	}
	return out
}

// podsBehind returns the pods that a Service's selector selects and, for a
// Service without selector, those that its slices name.
func (m *Model) podsBehind(s *snapshot.Service) []*snapshot.Pod {
	if len(s.Selector) > 0 {
		return m.Selected(s.Namespace, s.Selector)
	}
	var out []*snapshot.Pod
	seen := map[snapshot.Name]bool{}
	for _, slice := range m.EndpointSlicesOf(s.Name) {
		for _, e := range slice.Endpoints {
			name := e.PodName(slice.Namespace)
			if p := m.Pod(name); p != nil && !seen[name] {
				seen[name] = true
				out = append(out, p)
			}
		}
	}
	return out
}

// partiesOf returns who the slices of a Service without selector name: pods, or
// whoever has the addresses.
func (m *Model) partiesOf(s *snapshot.Service, r reference.Reference) ([]Party, error) {
	out := pods(m.podsBehind(s))
	seen := map[string]bool{}
	for _, slice := range m.EndpointSlicesOf(s.Name) {
		for _, e := range slice.Endpoints {
			if e.Pod != "" || len(e.Addresses) == 0 || seen[e.Addresses[0]] {
				continue
			}
			seen[e.Addresses[0]] = true
			addr, err := netip.ParseAddr(e.Addresses[0])
			if err != nil {
				out = append(out, Party{External: e.Addresses[0]})
				continue
			}
			party, ok := m.partyAt(addr)
			for _, resource := range []snapshot.Resource{snapshot.Pods, snapshot.Nodes} {
				if gap := m.Hidden(resource, ""); gap != nil && !ok {
					return nil, &UnreadableError{Reference: r, Gap: *gap}
				}
			}
			if !ok {
				party = Party{Block: address.Block{Prefix: netip.PrefixFrom(addr, addr.BitLen())}}
			}
			out = append(out, party)
		}
	}
	return out, nil
}

// Selected returns the pods of a namespace whose labels include set.
func (m *Model) Selected(namespace string, set map[string]string) []*snapshot.Pod {
	var out []*snapshot.Pod
	for _, p := range m.PodsIn(namespace) {
		if selector.Includes(p.Labels, set) {
			out = append(out, p)
		}
	}
	return out
}

func hypothetical(r reference.Reference) *snapshot.Pod {
	return &snapshot.Pod{Name: snapshot.Name{Namespace: r.Namespace}, Labels: r.Labels}
}

func pods(list []*snapshot.Pod) []Party {
	var out []Party
	for _, p := range list {
		if !p.Finished() {
			out = append(out, Party{Pod: p})
		}
	}
	return out
}

func blocks(list []address.Block) []Party {
	out := make([]Party, len(list))
	for i, b := range list {
		out[i] = Party{Block: b}
	}
	return out
}
