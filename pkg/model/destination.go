package model

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Entry is by which kind of address a packet gets to where a Service or a node passes
// it on.
type Entry uint8

// Kinds of Entry.
const (
	// EntryOwn: an address of the party itself, or a Service by its name or ClusterIP.
	EntryOwn Entry = iota
	// EntryExternal: one of spec.externalIPs.
	EntryExternal
	// EntryBalancer: an address of a load balancer that kube-proxy binds on every node.
	EntryBalancer
	// EntryProxied: one with ipMode Proxy, which kube-proxy does not bind (KEP-1860).
	EntryProxied
	// EntryNodePort: a node's address and the nodePort of a Service.
	EntryNodePort
	// EntryHostPort: a node's address and the hostPort of a pod.
	EntryHostPort
)

// Destination is a party and a port of it: where one connection would arrive.
type Destination struct {
	Party
	// Addresses at which it is reached; none when they are not known.
	Addresses []netip.Addr
	Port      report.PortMapping
	// Service through which it is reached, or nil; ServicePort is the port of it.
	Service     *snapshot.Service
	ServicePort *snapshot.ServicePort
	// Entry is the kind of address that is asked for; At is that address, if it is
	// one, and Door the node whose port it is.
	Entry Entry
	At    netip.Addr
	Door  *snapshot.Node
	// On is the node that the EndpointSlice names: to that node alone the endpoint is
	// local. ForNodes and ForZones are its hints.
	On                 string
	ForNodes, ForZones []string
	// Spare: it is terminating, and used only by nodes that have no ready endpoint, where
	// a traffic policy is Local.
	Spare bool
	// Stale is the pod that the EndpointSlice names, and which is not the one that has
	// the address; "" otherwise.
	Stale string
	// Broken says why traffic to it never arrives anywhere, whatever policies
	// say; "" otherwise. Detail is what Broken is about.
	Broken report.Reason
	Detail string
}

// Destinations returns everywhere that traffic to a reference may arrive: each
// pod and port. Without a port in the reference that is every port that the
// Service, or the pods' containers, declare. Errors are those of [Model.Resolve].
func (m *Model) Destinations(r reference.Reference) ([]Destination, error) {
	out, err := m.Candidates(r)
	return slices.DeleteFunc(out, func(d Destination) bool { return d.Spare }), err
}

// Candidates are the Destinations, and those that only clients on some nodes get to.
func (m *Model) Candidates(r reference.Reference) ([]Destination, error) {
	if r.Form == reference.FormObject && r.Kind == reference.Service {
		s := m.Service(snapshot.Name{Namespace: r.Namespace, Name: r.Name})
		if s == nil {
			parties, err := m.withoutService(r)
			if err != nil {
				return nil, err
			}
			return m.portsOfEach(parties, r.Port), nil
		}
		return m.throughService(s, r.Port, 0), nil
	}
	if r.Form == reference.FormAddress && r.Prefix.IsSingleIP() {
		if out := m.throughAddress(r.Prefix.Addr(), r.Port); out != nil {
			return out, nil
		}
	}
	parties, err := m.Resolve(r)
	if err != nil {
		return nil, err
	}
	if r.Form == reference.FormAddress && parties[0].Node != nil {
		// A Service may announce the address of a node.
		if gap := m.Hidden(snapshot.Services, ""); gap != nil {
			return nil, &UnreadableError{Reference: r, Gap: *gap}
		}
	}
	var out []Destination
	for _, p := range parties {
		addrs := p.Addresses()
		var at netip.Addr
		if r.Form == reference.FormAddress && r.Prefix.IsSingleIP() && (p.Pod != nil || p.Node != nil) {
			at = r.Prefix.Addr()
			addrs = []netip.Addr{at}
		}
		for _, port := range m.PortsOf(p, r.Port) {
			if passed := m.passedOn(p, port, at); passed != nil {
				out = append(out, passed...)
				continue
			}
			d := Destination{Party: p, Addresses: addrs, Port: port}
			if p.Pod != nil && !p.Hypothetical && !p.Unseen && port.Pod == 0 && port.PodPortName != "" {
				d.Broken, d.Detail = report.PortNameMissing, port.PodPortName
			}
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		out = append(out, Destination{Broken: report.NoPods, Port: report.PortMapping{Protocol: connset.TCP}})
	}
	return out, nil
}

// portsOfEach are parties at the port asked for; without one, at any.
func (m *Model) portsOfEach(parties []Party, asked reference.Port) []Destination {
	var out []Destination
	for _, p := range parties {
		for _, port := range m.PortsOf(p, asked) {
			out = append(out, Destination{Party: p, Addresses: p.Addresses(), Port: port})
		}
	}
	return out
}

// throughAddress follows the Services that have an address. Several may share one: each
// has its own ports there (kube-proxy matches address and port). It returns nil where
// none has it, or none has the port and the address is a node's as well.
func (m *Model) throughAddress(addr netip.Addr, asked reference.Port) []Destination {
	var out, missing []Destination
	for _, s := range m.ServicesAt(addr) {
		entry := entryAt(s, addr)
		for _, d := range m.ofFamily(m.throughService(s, asked, 0), addr) {
			d.Entry, d.At = entry, addr
			if d.Broken == report.ServicePortMissing {
				missing = append(missing, d)
			} else {
				out = append(out, d)
			}
		}
	}
	if len(out) > 0 || len(missing) == 0 {
		return out
	}
	if _, ok := m.partyAt(addr); ok {
		return nil
	}
	return missing[:1]
}

// entryAt is the kind of address that a Service's is.
func entryAt(s *snapshot.Service, addr netip.Addr) Entry {
	switch {
	case slices.Contains(s.ClusterIPs, addr):
		return EntryOwn
	case slices.Contains(s.ExternalIPs, addr):
		return EntryExternal
	case slices.Contains(s.LoadBalancerProxies, addr):
		return EntryProxied
	default:
		return EntryBalancer
	}
}

// passedOn is where a node passes on what arrives at a port of its own: a nodePort
// leads to a Service's endpoints, a hostPort to a pod. At is the address, where one was
// asked for. It returns nil where the port is the party's own.
func (m *Model) passedOn(p Party, port report.PortMapping, at netip.Addr) []Destination {
	if !p.Host() || port.Pod == 0 {
		return nil
	}
	door := p.Node
	if door == nil {
		if door = m.Node(p.NodeName()); door == nil {
			door = &snapshot.Node{Name: p.NodeName(), IPs: p.Addresses()}
		}
	}
	pass := func(in []Destination, entry Entry) []Destination {
		for i := range in {
			in[i].Entry, in[i].At, in[i].Door, in[i].Port.Node = entry, at, door, port.Pod
		}
		return in
	}
	for _, s := range m.Services() {
		for i := range s.Ports {
			if sp := &s.Ports[i]; sp.NodePort == port.Pod && sp.Protocol == port.Protocol {
				out := m.throughPort(s, sp, reference.Port{})
				if at.IsValid() {
					out = m.ofFamily(out, at)
				}
				return pass(out, EntryNodePort)
			}
		}
	}
	for _, pod := range m.Pods() {
		if pod.HostNetwork || pod.Finished() || pod.Node != p.NodeName() && !(pod.Expected() && pod.Node == "") {
			continue
		}
		for _, c := range pod.Ports {
			if c.HostPort != port.Pod || c.Protocol != port.Protocol || !open(c, at) {
				continue
			}
			d := Destination{
				Party: Party{Pod: pod}, Addresses: pod.Addresses(),
				Port: report.PortMapping{Protocol: c.Protocol, Pod: c.Port, PodPortName: c.Name},
			}
			if pod.Node == "" && !pod.Everywhere() {
				d = Destination{Port: d.Port, Broken: report.NodeUnknown, Detail: "hostPort of pod " + pod.Name.String()}
			}
			out := []Destination{d}
			if at.IsValid() {
				out = m.ofFamily(out, at)
			}
			return pass(out, EntryHostPort)
		}
	}
	for _, n := range passingNeeds(p, port) {
		if gap := m.GapFor(n); gap != nil {
			return []Destination{{Party: p, Addresses: p.Addresses(), Port: port, Broken: report.NotRead, Detail: gap.Permission()}}
		}
	}
	return nil
}

// open tells whether a hostPort is open at an address of its node, or at any if none is
// asked for. One at a loopback address is for the node alone.
func open(c snapshot.ContainerPort, at netip.Addr) bool {
	ip, err := netip.ParseAddr(c.HostIP)
	switch {
	case err != nil:
		return true
	case ip.IsLoopback():
		return false
	default:
		return !at.IsValid() || ip == at
	}
}

// ofFamily keeps the addresses of one IP family: that of the address asked for.
func (m *Model) ofFamily(in []Destination, addr netip.Addr) []Destination {
	var out []Destination
	for _, d := range in {
		kept := slices.DeleteFunc(slices.Clone(d.Addresses), func(a netip.Addr) bool { return a.Is4() != addr.Is4() })
		if len(kept) == 0 && len(d.Addresses) > 0 {
			continue
		}
		d.Addresses = kept
		out = append(out, d)
	}
	if len(out) == 0 && len(in) > 0 {
		d := in[0]
		return []Destination{{Service: d.Service, ServicePort: d.ServicePort, Port: d.Port, Broken: report.NoEndpoints}}
	}
	return out
}

// PortsOf returns the ports of a party that a question is about.
func (m *Model) PortsOf(p Party, asked reference.Port) []report.PortMapping {
	return portsOf(p, asked)
}

// Ports are those of [Model.PortsOf]: what the party itself says is enough.
func Ports(p Party, asked reference.Port) []report.PortMapping { return portsOf(p, asked) }

func portsOf(p Party, asked reference.Port) []report.PortMapping {
	protocol := asked.Protocol
	if protocol == "" {
		protocol = connset.TCP
	}
	declared := []snapshot.ContainerPort(nil)
	if p.Pod != nil {
		declared = p.Pod.Ports
	}
	switch {
	case asked.Number != 0:
		// A number without a protocol is TCP's, whatever a container declares first.
		out := report.PortMapping{Protocol: protocol, Pod: asked.Number, Undeclared: p.Pod != nil && !p.Hypothetical}
		for _, d := range declared {
			if d.Port == asked.Number && d.Protocol == protocol {
				return []report.PortMapping{{Protocol: d.Protocol, Pod: d.Port, PodPortName: d.Name}}
			}
		}
		return []report.PortMapping{out}
	case asked.Name != "":
		var out []report.PortMapping
		for _, d := range declared {
			if d.Name == asked.Name && (asked.Protocol == "" || d.Protocol == asked.Protocol) {
				out = append(out, report.PortMapping{Protocol: d.Protocol, Pod: d.Port, PodPortName: d.Name})
			}
		}
		if len(out) == 0 {
			out = append(out, report.PortMapping{Protocol: protocol, PodPortName: asked.Name, Undeclared: true})
		}
		return out
	}
	var out []report.PortMapping
	for _, d := range declared {
		if asked.Protocol == "" || d.Protocol == asked.Protocol {
			port := report.PortMapping{Protocol: d.Protocol, Pod: d.Port, PodPortName: d.Name}
			if !slices.Contains(out, port) {
				out = append(out, port)
			}
		}
	}
	if len(out) == 0 {
		// Nothing declares a port, which proves nothing: port 0 is any, and
		// where a rule admits some ports only, the verdict is open.
		out = append(out, report.PortMapping{Protocol: protocol, Undeclared: p.Pod != nil && !p.Hypothetical})
	}
	return out
}
