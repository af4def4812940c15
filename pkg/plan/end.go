package plan

import (
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// end reads what an end of the question is, and what decides about it.
func (p *planner) end(r reference.Reference) {
	switch r.Form {
	case reference.FormInternet:
		return
	case reference.FormLabels:
		p.policiesOf(r.Namespace)
		return
	case reference.FormAddress:
		p.address(r)
		return
	case reference.FormObject:
	}
	switch {
	case r.Kind == reference.Node:
		p.node(r.Name, r.Port)
	case r.Kind == reference.Namespace:
		p.policiesOf(r.Name)
		p.want(snapshot.Need{Resource: snapshot.Pods, Namespace: r.Name})
		p.owners(p.s.PodsIn(r.Name))
		p.podPorts(r.Port, p.s.PodsIn(r.Name))
		if p.s.Has(snapshot.Need{Resource: snapshot.Namespaces, Name: r.Name}) && p.s.Namespace(r.Name) == nil {
			p.want(snapshot.Need{Resource: snapshot.Namespaces})
		}
	case r.Kind == reference.Pod:
		p.policiesOf(r.Namespace)
		if p.get(r) {
			if pod := p.s.Pod(nameOf(r)); pod != nil {
				p.owners([]*snapshot.Pod{pod})
				p.podPorts(r.Port, []*snapshot.Pod{pod})
			} else {
				p.suggest(r)
			}
		}
	case r.Kind == reference.Service:
		p.policiesOf(r.Namespace)
		p.service(r, 0)
	case frontdoor.IsDoor(r.Kind):
		p.frontDoor(r)
	case r.Kind.IsWorkload():
		p.policiesOf(r.Namespace)
		p.workload(r)
	}
}

func nameOf(r reference.Reference) snapshot.Name {
	return snapshot.Name{Namespace: r.Namespace, Name: r.Name}
}

// get reads the object that a reference names.
func (p *planner) get(r reference.Reference) bool {
	return p.want(snapshot.Need{Resource: snapshot.Resource(r.Kind.Resource()), Namespace: r.Namespace, Name: r.Name})
}

// suggest reads the namespace's objects of a kind, to name close matches of one
// that does not exist.
func (p *planner) suggest(r reference.Reference) {
	p.want(snapshot.Need{Resource: snapshot.Resource(r.Kind.Resource()), Namespace: r.Namespace})
}

// workload reads the pods of a workload, by its selector where it has one, and
// the ReplicaSets or Jobs in between.
func (p *planner) workload(r reference.Reference) {
	if !p.get(r) {
		return
	}
	w := p.s.Workload(string(r.Kind), nameOf(r))
	if w == nil {
		p.suggest(r)
		return
	}
	selector := labels.Set(w.Selector).String()
	switch r.Kind {
	case reference.Deployment:
		p.want(snapshot.Need{Resource: snapshot.ReplicaSets, Namespace: r.Namespace, Labels: selector})
	case reference.CronJob:
		p.want(snapshot.Need{Resource: snapshot.Jobs, Namespace: r.Namespace})
	default:
	}
	p.want(snapshot.Need{Resource: snapshot.Pods, Namespace: r.Namespace, Labels: selector})
	p.owners(p.s.PodsIn(r.Namespace))
	selected := labels.SelectorFromSet(w.Selector)
	p.podPorts(r.Port, slices.DeleteFunc(slices.Clone(p.s.PodsIn(r.Namespace)), func(pod *snapshot.Pod) bool {
		return !selected.Matches(labels.Set(pod.Labels))
	}))
}

// service reads a Service, its endpoints and the pods behind it.
func (p *planner) service(r reference.Reference, depth int) {
	if !p.get(r) {
		return
	}
	s := p.s.Service(nameOf(r))
	if s == nil {
		if depth == 0 {
			p.suggest(r)
		}
		return
	}
	if s.Type == snapshot.ExternalName {
		// SERVICE.NAMESPACE.svc[.…] names another Service of this cluster.
		if parts := strings.Split(s.ExternalName, "."); depth < 4 && len(parts) >= 3 && parts[2] == "svc" {
			next := reference.Reference{Kind: reference.Service, Namespace: parts[1], Name: parts[0]}
			p.policiesOf(next.Namespace)
			p.service(next, depth+1)
		}
		return
	}
	for _, n := range slices.Concat(model.ServiceNeeds(s), model.EndpointNeeds(p.s, s)) {
		p.want(n)
	}
	p.byHand = append(p.byHand, p.handwritten(p.s.EndpointSlicesOf(s.Name))...)
	if hinted(p.s.EndpointSlicesOf(s.Name)) {
		p.want(snapshot.Need{Resource: snapshot.Nodes}) // whose zones they are in
	}
	p.owners(p.s.PodsIn(s.Namespace))
}

// holders of an address, as far as they are known.
type holding int

const (
	yetUnknown holding = iota
	somebodys
	// nobodys: no pod has it as its first address.
	nobodys
)

func byAddress(a netip.Addr) snapshot.Need {
	return snapshot.Need{Resource: snapshot.Pods, Fields: "status.podIP=" + a.String()}
}

// holder finds out whose address it is among pods and nodes. The API server
// selects pods by status.podIP, which is the first address: one that is nobody's
// first may still be some pod's, and only a list of all pods tells.
func (p *planner) holder(addr netip.Addr) holding {
	out := nobodys
	for _, pod := range p.s.Pods() {
		if pod.Finished() || !slices.Contains(pod.IPs, addr) {
			continue
		}
		out = somebodys
		if pod.HostNetwork {
			p.want(snapshot.Need{Resource: snapshot.Nodes, Name: pod.Node})
			continue
		}
		p.policiesOf(pod.Namespace)
		p.owners([]*snapshot.Pod{pod})
	}
	if need := byAddress(addr); out == nobodys && !p.want(need) && !p.s.Tried(need) {
		return yetUnknown
	}
	return out
}

// hinted tells whether slices say whose clients should use which endpoint.
func hinted(of []*snapshot.EndpointSlice) bool {
	return slices.ContainsFunc(of, func(s *snapshot.EndpointSlice) bool {
		return slices.ContainsFunc(s.Endpoints, func(e snapshot.Endpoint) bool { return len(e.ForNodes)+len(e.ForZones) > 0 })
	})
}

// handwritten are the addresses of endpoints of which the slices do not say whose
// they are, or name a pod that does not have them. All addresses of an endpoint are one
// party's (Endpoint docs).
func (p *planner) handwritten(of []*snapshot.EndpointSlice) []netip.Addr {
	var out []netip.Addr
	for _, slice := range of {
		for _, e := range slice.Endpoints {
			if len(e.Addresses) == 0 || e.Pod != "" && !p.stale(slice, &e) {
				continue
			}
			// A host name is no address.
			if addr, err := netip.ParseAddr(e.Addresses[0]); err == nil && !slices.Contains(out, addr) {
				out = append(out, addr)
			}
		}
	}
	return out
}

// stale tells whether a slice names a pod that is gone, or has another address. The pods
// of other namespaces may have policies of their own.
func (p *planner) stale(slice *snapshot.EndpointSlice, e *snapshot.Endpoint) bool {
	name := e.PodName(slice.Namespace)
	if e.PodNamespace != "" {
		p.policiesOf(e.PodNamespace)
	}
	pod := p.s.Pod(name)
	if pod == nil {
		return p.s.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: name.Namespace, Name: name.Name})
	}
	addr, err := netip.ParseAddr(e.Addresses[0])
	return err == nil && len(pod.IPs)+len(pod.HostIPs) > 0 && !slices.Contains(pod.IPs, addr.Unmap()) && !slices.Contains(pod.HostIPs, addr.Unmap())
}

// handmade finds out whose the addresses are that somebody wrote into slices by
// hand: they may be nodes' or pods', whose policies then decide. It comes after all
// other reads, which tell what addresses pods have.
func (p *planner) handmade() {
	nodes := snapshot.Need{Resource: snapshot.Nodes}
	if len(p.byHand) == 0 || len(p.needs) > 0 || !p.want(nodes) && !p.failed(nodes) {
		return
	}
	addresses := slices.DeleteFunc(p.byHand, func(a netip.Addr) bool {
		return slices.ContainsFunc(p.s.Nodes(), func(n *snapshot.Node) bool { return slices.Contains(n.IPs, a) })
	})
	if len(addresses) > maxLists || slices.ContainsFunc(addresses, p.maySecond) {
		p.wantAll(snapshot.Pods)
	}
	if len(p.needs) > 0 {
		return
	}
	for _, a := range addresses {
		if p.holder(a) == nobodys && !p.s.Has(byAddress(a)) {
			p.wantAll(snapshot.Pods)
		}
	}
}

// maySecond tells whether an address may be a pod's second one, by which no pod can
// be selected. That the pods of a cluster have addresses of the same family first
// is taken for granted.
func (p *planner) maySecond(a netip.Addr) bool {
	return !slices.ContainsFunc(p.s.Pods(), func(pod *snapshot.Pod) bool { return len(pod.IPs) > 0 && pod.IPs[0].Is4() == a.Is4() })
}

// node reads a node and what it passes on that arrives at the port.
func (p *planner) node(name string, port reference.Port) {
	p.want(snapshot.Need{Resource: snapshot.Nodes, Name: name})
	p.passedOn(port, model.Party{Node: &snapshot.Node{Name: name}})
}

// podPorts reads what nodes pass on that arrives at the ports of pods in their
// network.
func (p *planner) podPorts(port reference.Port, pods []*snapshot.Pod) {
	var parties []model.Party
	for _, pod := range pods {
		if pod.HostNetwork && !pod.Finished() {
			parties = append(parties, model.Party{Pod: pod})
		}
	}
	p.passedOn(port, parties...)
}

func (p *planner) passedOn(port reference.Port, hosts ...model.Party) {
	var needs []snapshot.Need
	seen := map[snapshot.Need]bool{}
	for _, party := range hosts {
		for _, n := range model.HostNeeds(party, port) {
			if !seen[n] {
				seen[n] = true
				needs = append(needs, n)
			}
		}
	}
	if len(needs) > maxLists {
		p.wantAll(snapshot.Services)
		p.wantAll(snapshot.Pods)
		return
	}
	for _, n := range needs {
		p.want(n)
	}
	for _, party := range hosts {
		for _, at := range model.Ports(party, port) {
			if at.Pod != 0 {
				p.passedTo(party, at)
			}
		}
	}
}

// passedTo reads to whom a node passes on what arrives at a port.
func (p *planner) passedTo(host model.Party, port report.PortMapping) {
	for _, s := range p.s.Services() {
		if slices.ContainsFunc(s.Ports, func(sp snapshot.ServicePort) bool { return sp.NodePort == port.Pod && sp.Protocol == port.Protocol }) {
			p.want(snapshot.Need{Resource: snapshot.Nodes})
			p.backend(s.Name)
		}
	}
	for _, pod := range p.s.Pods() {
		if pod.HostNetwork || pod.Finished() || pod.Node != host.NodeName() {
			continue
		}
		if slices.ContainsFunc(pod.Ports, func(c snapshot.ContainerPort) bool { return c.HostPort == port.Pod && c.Protocol == port.Protocol }) {
			p.policiesOf(pod.Namespace)
			p.owners([]*snapshot.Pod{pod})
		}
	}
}

// address finds out whose address it is. The API server selects Services by
// spec.clusterIP, which is the first address; as with pods, only an address that is
// nobody's first one takes whole lists.
func (p *planner) address(r reference.Reference) {
	if !r.Prefix.IsSingleIP() {
		if model.MayHoldPods(r.Prefix) {
			p.block(r)
		}
		return
	}
	addr := r.Prefix.Addr()
	services := snapshot.Need{Resource: snapshot.Services, Fields: "spec.clusterIP=" + addr.String()}
	p.want(services)
	holder := p.holder(addr)
	if holder == yetUnknown || !p.s.Tried(services) {
		return
	}
	found := holder == somebodys
	for _, pod := range p.s.Pods() {
		if pod.HostNetwork && !pod.Finished() && slices.Contains(pod.IPs, addr) {
			p.node(pod.Node, r.Port)
			// A Service may announce a node's own address, as a load balancer that
			// runs on nodes does; no field selects Services by those.
			p.wantAll(snapshot.Services)
		}
	}
	for _, s := range p.s.Services() {
		for _, ip := range slices.Concat(s.ClusterIPs, s.ExternalIPs, s.LoadBalancerIPs) {
			if ip == addr {
				found = true
				if !slices.Contains(s.ClusterIPs, addr) {
					// A node may put its own address in the place of the client's.
					p.want(snapshot.Need{Resource: snapshot.Nodes})
				}
				p.policiesOf(s.Namespace)
				p.service(reference.Reference{Kind: reference.Service, Namespace: s.Namespace, Name: s.Name.Name}, 0)
			}
		}
	}
	for _, n := range p.s.Nodes() {
		if slices.Contains(n.IPs, addr) {
			p.passedOn(r.Port, model.Party{Node: n})
		}
	}
	if !found {
		p.wantAll(snapshot.Services)
		p.want(snapshot.Need{Resource: snapshot.Nodes})
		p.wantAll(snapshot.Pods)
	}
}

// block reads the pods and nodes whose addresses are in a CIDR.
func (p *planner) block(r reference.Reference) {
	p.wantAll(snapshot.Pods)
	p.want(snapshot.Need{Resource: snapshot.Nodes})
	for _, pod := range p.s.Pods() {
		if !pod.Finished() && !pod.HostNetwork && slices.ContainsFunc(pod.IPs, r.Prefix.Contains) {
			p.policiesOf(pod.Namespace)
			p.owners([]*snapshot.Pod{pod})
		}
	}
	for _, n := range p.s.Nodes() {
		if slices.ContainsFunc(n.IPs, r.Prefix.Contains) {
			p.passedOn(r.Port, model.Party{Node: n})
		}
	}
}

// owners reads what is between pods and the workloads by which they are shown.
func (p *planner) owners(pods []*snapshot.Pod) {
	for _, n := range model.OwnerNeeds(pods) {
		p.want(n)
	}
}

// outsideThroughNodes reads the nodes where a client outside reaches a Service
// through them: the source address that pods see is then a node's, and so may be that of a
// load balancer.
func (p *planner) outsideThroughNodes() {
	if p.q.Target == nil {
		return
	}
	outside := p.q.Source == nil || p.q.Source.Form == reference.FormInternet || p.q.Source.Form == reference.FormAddress
	if !outside || p.q.Target.Kind != reference.Service {
		return
	}
	s := p.s.Service(nameOf(*p.q.Target))
	for range 4 { // as the model follows aliases
		if next := model.AliasIn(p.s, s); next != nil {
			s = next
		}
	}
	if s == nil {
		return
	}
	throughNodes := (s.Type == snapshot.NodePort || len(s.ExternalIPs) > 0) && !s.ExternalLocal
	if throughNodes || s.Type == snapshot.LoadBalancer {
		p.want(snapshot.Need{Resource: snapshot.Nodes})
	}
}
