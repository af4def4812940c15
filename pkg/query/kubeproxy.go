package query

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// kubeProxy chooses among the endpoints of Services as kube-proxy does on each node, and
// says whose address they see. Its rules are those of k8s.io/kubernetes pkg/proxy:
// topology.go (CategorizeEndpoints) for the choice, and iptables/proxier.go, "external
// traffic chain", for the source; the ipvs and nftables modes do alike.
type kubeProxy struct {
	*engine
	// among are all destinations of the question, by the port they are endpoints of.
	among map[servicePort][]model.Destination
	// local tells whether a port has an endpoint on a node; near are the endpoints that
	// hints leave to clients on it.
	local map[portOnNode]selector.Result
	near  map[portOnNode][]model.Destination
}

// servicePort is one port at one address of a Service.
type servicePort struct {
	service *snapshot.Service
	port    *snapshot.ServicePort
	entry   model.Entry
	at      netip.Addr
	door    string
}

type portOnNode struct {
	servicePort
	node string
}

func portOf(d model.Destination) servicePort {
	out := servicePort{service: d.Service, port: d.ServicePort, entry: d.Entry, at: d.At}
	if d.Door != nil {
		out.door = d.Door.Name
	}
	return out
}

// proxyFor is kube-proxy for a question about these destinations.
func (e *engine) proxyFor(dsts []model.Destination) *kubeProxy {
	k := &kubeProxy{
		engine: e, among: map[servicePort][]model.Destination{},
		local: map[portOnNode]selector.Result{}, near: map[portOnNode][]model.Destination{},
	}
	for _, d := range dsts {
		if d.Service != nil && d.Broken == "" {
			k.among[portOf(d)] = append(k.among[portOf(d)], d)
		}
	}
	return k
}

// nodeDecides tells whether it depends on the client's node which endpoints it gets to, or
// whose address they see.
func nodeDecides(d model.Destination) bool {
	s := d.Service
	switch {
	case d.Entry != model.EntryOwn:
		return true
	case s == nil || s.Headless:
		return false
	default:
		return s.InternalLocal || hinted(d)
	}
}

func hinted(d model.Destination) bool { return len(d.ForNodes)+len(d.ForZones) > 0 }

// route returns the connections by which a source may arrive at a destination: as it
// is, or by the rules of the Service or node in between; none where kube-proxy chooses
// other endpoints.
func (k *kubeProxy) route(src model.Party, d model.Destination) []pair {
	switch {
	case d.Broken != "":
		return []pair{{src: src, dst: d}}
	case d.Entry == model.EntryHostPort:
		return k.throughHostPort(src, d)
	case d.Service == nil || d.Service.Headless:
		return []pair{{src: src, dst: d}}
	case src.Block.Prefix.IsValid():
		return k.fromOutside(src, d)
	}
	switch d.Entry {
	case model.EntryProxied:
		return []pair{{src: src, dst: d, back: d.At}}
	case model.EntryNodePort:
		return k.throughNodePort(src, d)
	case model.EntryExternal, model.EntryBalancer:
		if d.Entry == model.EntryBalancer && len(d.Service.LoadBalancerRanges) > 0 {
			// kube-proxy holds the ranges against every client, pods too (KUBE-FW chain).
			switch inAnyRange(src.Addresses(), d.Service.LoadBalancerRanges) {
			case selector.No:
				return []pair{{src: src, dst: broken(d, report.SourceRangeDenied, nodePort(d.ServicePort))}}
			case selector.Undetermined:
				return []pair{{src: src, dst: broken(d, report.AddressUnknown, "")}}
			case selector.Yes:
			}
		}
		return k.external(src, d)
	default:
		if d.Service.InternalLocal {
			return k.onNode(src, d, src.NodeName(), src.Pod, "internalTrafficPolicy: Local")
		}
		if d.Spare || !k.picks(d, src.NodeName()) {
			return nil
		}
		return []pair{{src: src, dst: d}}
	}
}

// onNode sends packets to the endpoints of one node alone, and drops them where there
// are none (Service docs, "Traffic policies").
func (k *kubeProxy) onNode(src model.Party, d model.Destination, node string, client *snapshot.Pod, policy string) []pair {
	switch localTo(d, node, client) {
	case selector.Yes:
		return []pair{{src: src, dst: d}}
	case selector.Undetermined:
		return []pair{{src: src, dst: broken(d, report.NodeUnknown, policy)}}
	case selector.No:
	}
	if d.Spare || k.anyLocal(d, node, client) != selector.No {
		return nil
	}
	return []pair{{src: src, dst: broken(d, report.NoLocalEndpoint, policy)}}
}

// anyLocal tells whether some endpoint of the same port is on the node, or may be.
func (k *kubeProxy) anyLocal(like model.Destination, node string, client *snapshot.Pod) selector.Result {
	key := portOnNode{portOf(like), node}
	if out, ok := k.local[key]; ok {
		return out
	}
	out := selector.No
	for _, d := range k.among[key.servicePort] {
		switch localTo(d, node, client) {
		case selector.Yes:
			k.local[key] = selector.Yes
			return selector.Yes
		case selector.Undetermined:
			out = selector.Undetermined
		case selector.No:
		}
	}
	k.local[key] = out
	return out
}

// localTo tells whether an endpoint is local to a node: its slice says so, and nothing
// else does (kube-proxy's endpointslicecache.go). Pods that are only expected are yet to
// be placed; those of a DaemonSet without constraints are wherever a client is that
// tolerates no more than they do.
func localTo(d model.Destination, node string, client *snapshot.Pod) selector.Result {
	switch pod := d.Pod; {
	case d.On != "" && node != "" && d.On == node:
		return selector.Yes
	case d.On != "" && node != "":
		return selector.No
	case d.On != "":
		return selector.Undetermined
	case pod == nil || !pod.Expected() && pod.Node != "":
		return selector.No
	case pod.Everywhere() && client != nil && client.Expected() && toleratesAll(pod.Placement, client.Placement):
		return selector.Yes
	default:
		return selector.Undetermined
	}
}

func toleratesAll(pod, other *snapshot.Placement) bool {
	if other == nil {
		return true
	}
	return !slices.ContainsFunc(other.Tolerates, func(t string) bool { return !slices.Contains(pod.Tolerates, t) })
}

// picks tells whether clients on a node get to an endpoint, by the hints of the slices.
func (k *kubeProxy) picks(d model.Destination, node string) bool {
	all := k.among[portOf(d)]
	if node == "" || !slices.ContainsFunc(all, hinted) {
		return true
	}
	key := portOnNode{portOf(d), node}
	near, ok := k.near[key]
	if !ok {
		near = k.hintedTo(all, node)
		k.near[key] = near
	}
	return slices.ContainsFunc(near, func(n model.Destination) bool {
		return n.Pod == d.Pod && n.On == d.On && n.Port == d.Port && slices.Equal(n.Addresses, d.Addresses)
	})
}

// hintedTo are the endpoints for clients on a node: where all have hints for nodes, and
// one of them for this one, those for it; else the same with its zone; else all
// (topologyModeFromHints).
func (k *kubeProxy) hintedTo(all []model.Destination, node string) []model.Destination {
	choose := func(value string, hints func(model.Destination) []string) []model.Destination {
		var out []model.Destination
		for _, d := range all {
			switch h := hints(d); {
			case d.Spare:
			case len(h) == 0:
				return nil
			case slices.Contains(h, value):
				out = append(out, d)
			}
		}
		return out
	}
	if out := choose(node, func(d model.Destination) []string { return d.ForNodes }); len(out) > 0 {
		return out
	}
	if n := k.Node(node); n != nil && n.Labels[snapshot.ZoneLabel] != "" {
		if out := choose(n.Labels[snapshot.ZoneLabel], func(d model.Destination) []string { return d.ForZones }); len(out) > 0 {
			return out
		}
	}
	return all
}

// external sends a client of the cluster to an external address of a Service, which its
// own node translates. With externalTrafficPolicy Cluster all of that traffic gets the
// node's address; with Local a pod's keeps its own, and may go to any endpoint, as does
// what a node itself sends.
func (k *kubeProxy) external(src model.Party, d model.Destination) []pair {
	node := src.NodeName()
	switch {
	case d.Spare || !k.picks(d, node):
		return nil
	case d.Service.ExternalLocal || src.Host():
		return []pair{{src: src, dst: d}}
	case node != "":
		n := k.Node(node)
		if n == nil {
			n = &snapshot.Node{Name: node}
			if src.Pod != nil {
				n.IPs = src.Pod.HostIPs
			}
		}
		return []pair{{src: src, via: &entry{node: n}, dst: d, masked: true}}
	}
	var out []pair
	for _, x := range k.entriesFor(d) {
		out = append(out, pair{src: src, via: x, dst: d, masked: true})
	}
	return out
}

// throughNodePort sends a client of the cluster to a nodePort. At its own node's address
// that is translated there; at another's the packet leaves for that node as it is.
func (k *kubeProxy) throughNodePort(src model.Party, d model.Destination) []pair {
	node := src.NodeName()
	if node == d.Door.Name && node != "" {
		return k.external(src, d)
	}
	var out []pair
	if node == "" && src.Pod != nil {
		out = k.external(model.Party{Pod: src.Pod}, d) // it may be on that very node
	}
	switch {
	case !d.Service.ExternalLocal:
		if d.Spare || !k.picks(d, d.Door.Name) {
			return out
		}
		return append(out, pair{src: src, via: &entry{node: d.Door}, door: d.Door, dst: d})
	case src.Host():
		return append(out, k.onNode(src, d, d.Door.Name, nil, externalLocal)...)
	}
	for _, p := range k.onNode(src, d, d.Door.Name, nil, externalLocal) {
		if p.dst.Broken == report.NoLocalEndpoint {
			// Where the network keeps the pod's address, kube-proxy there takes it for
			// traffic of the cluster, which goes to any endpoint.
			p.dst.Broken = report.SourceUnknown
		}
		p.door, p.blurred = d.Door, true
		out = append(out, p)
	}
	return out
}

const externalLocal = "externalTrafficPolicy: Local"

// throughHostPort sends a client to a pod by a port of its node. The port mapping keeps
// the client's address (containernetworking/plugins, portmap: "it does not SNAT", but for
// a pod that reaches itself and for localhost). What a pod sends to another node may carry
// its own node's address by then.
func (k *kubeProxy) throughHostPort(src model.Party, d model.Destination) []pair {
	p := pair{src: src, dst: d}
	if src.Block.Prefix.IsValid() || src.NodeName() == d.Door.Name && src.NodeName() != "" || src.Host() {
		return []pair{p}
	}
	p.door, p.blurred = d.Door, true
	return []pair{p}
}

// fromOutside sends a client outside the cluster through the NodePort or load balancer
// of a Service that has one. With externalTrafficPolicy Cluster the node that takes the
// packet rewrites the source to its own address; with Local it keeps the client's, and
// only nodes with an endpoint take packets.
func (k *kubeProxy) fromOutside(src model.Party, d model.Destination) []pair {
	s := d.Service
	balanced := d.Entry != model.EntryExternal && d.Entry != model.EntryNodePort
	switch {
	case d.Entry == model.EntryNodePort && s.ExternalLocal:
		return k.onNode(src, d, d.Door.Name, nil, externalLocal)
	case d.Entry == model.EntryNodePort:
		if d.Spare || !k.picks(d, d.Door.Name) {
			return nil
		}
		return []pair{{src: src, via: &entry{node: d.Door}, dst: d}}
	case !exposed(s):
		if d.Spare {
			return nil
		}
		return []pair{{src: src, dst: d}}
	case balanced && k.keptFrom(s, src.Block, d.ServicePort) != nil:
		return []pair{{src: src, dst: k.keptFrom(s, src.Block, d.ServicePort).destination(d)}}
	case s.ExternalLocal:
		if onAnyNode(d) {
			return []pair{{src: src, dst: d}}
		}
		if slices.ContainsFunc(k.among[portOf(d)], onAnyNode) {
			return nil
		}
		return []pair{{src: src, dst: broken(d, report.NoLocalEndpoint, externalLocal)}}
	case d.Spare:
		return nil
	}
	var out []pair
	for _, x := range k.entries(d) {
		out = append(out, pair{src: src, via: x, dst: d})
	}
	return out
}

// onAnyNode tells whether an endpoint is local to some node.
func onAnyNode(d model.Destination) bool {
	return d.On != "" || localTo(d, "", nil) != selector.No
}

// entries are the nodes that send packets from outside on to an endpoint.
func (k *kubeProxy) entries(d model.Destination) []*entry {
	if !slices.ContainsFunc(k.among[portOf(d)], hinted) || len(k.Nodes()) == 0 {
		return k.entriesFor(d)
	}
	var out []*entry
	for _, n := range k.Nodes() {
		if k.picks(d, n.Name) {
			out = append(out, &entry{node: n})
		}
	}
	return out
}

// inAnyRange tells whether a client's addresses are in one of the source ranges: the
// address of the family that it uses has to be.
func inAnyRange(addrs []netip.Addr, ranges []netip.Prefix) selector.Result {
	if len(addrs) == 0 {
		return selector.Undetermined
	}
	for _, a := range addrs {
		if slices.ContainsFunc(ranges, func(r netip.Prefix) bool { return r.Contains(a) }) {
			return selector.Yes
		}
	}
	return selector.No
}

func broken(d model.Destination, reason report.Reason, detail string) model.Destination {
	return model.Destination{
		Service: d.Service, ServicePort: d.ServicePort, Port: d.Port, Broken: reason, Detail: detail,
	}
}
