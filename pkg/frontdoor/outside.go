package frontdoor

import "net/netip"

// outside is a data plane that is not made of pods.
type outside struct {
	// ranges are the documented addresses it sends from; none where only the
	// user knows them.
	ranges []netip.Prefix
	// why says in words what carries the traffic.
	why string
	// throughNodes: by default it sends to NodePorts, so that pods see a node.
	throughNodes bool
	// identity: the network plugin knows it by an identity, not an address.
	identity bool
}

// nodesOrPods is where a load balancer outside sends requests for a Service: to node
// ports, or to pods; open where that is not known, for want of takes.
type nodesOrPods struct {
	nodes, open bool
	takes       string
}
