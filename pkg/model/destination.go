package model

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
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
	// Broken says why traffic to it never arrives anywhere, whatever policies
	// say; "" otherwise. Detail is what Broken is about.
	Broken report.Reason
	Detail string
}

// Destinations returns everywhere that traffic to a reference may arrive: each
// pod and port. Without a port in the reference that is every port that the
// Service, or the pods' containers, declare. Errors are those of [Model.Resolve].
func (m *Model) Destinations(r reference.Reference) ([]Destination, error) {
	if r.Form == reference.FormObject && r.Kind == reference.Service {
		s := m.Service(snapshot.Name{Namespace: r.Namespace, Name: r.Name})
		if s == nil {
			return nil, m.Absent(r)
		}
		return m.throughService(s, r.Port, 0), nil
	}
	if r.Form == reference.FormAddress && r.Prefix.IsSingleIP() {
		if s := m.ServiceAt(r.Prefix.Addr()); s != nil {
			return m.ofFamily(m.throughService(s, r.Port, 0), r.Prefix.Addr()), nil
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
		if r.Form == reference.FormAddress && r.Prefix.IsSingleIP() && (p.Pod != nil || p.Node != nil) {
			addrs = []netip.Addr{r.Prefix.Addr()}
		}
		for _, port := range m.PortsOf(p, r.Port) {
			d := Destination{Party: p, Addresses: addrs, Port: port}
			if p.Pod != nil && !p.Hypothetical && !p.Unseen && port.Pod == 0 && port.PodPortName != "" {
				d.Broken, d.Detail = report.PortNameMissing, port.PodPortName
			}
			if why, detail := m.passedOn(p, port); why != "" {
				d.Broken, d.Detail = why, detail
			}
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		out = append(out, Destination{Broken: report.NoPods, Port: report.PortMapping{Protocol: connset.TCP}})
	}
	return out, nil
}

// passedOn finds the Service or pod to which a node passes on what arrives at a
// port: the traffic leaves what is known of it. On the way the source address may
// become the node's, and whose policies apply to which address is for kube-proxy and
// the network plugin to say. The reason is "" where the port is the party's own, and
// [report.NotRead] where that could not be read.
func (m *Model) passedOn(p Party, port report.PortMapping) (report.Reason, string) {
	if !p.Host() || port.Pod == 0 {
		return "", ""
	}
	for _, s := range m.Services() {
		for _, sp := range s.Ports {
			if sp.NodePort == port.Pod && sp.Protocol == port.Protocol {
				return report.LeavesCluster, fmt.Sprintf("node port %d of Service %s", port.Pod, s.Name)
			}
		}
	}
	for _, pod := range m.Pods() {
		if pod.HostNetwork || pod.Finished() || pod.Node == "" || pod.Node != p.NodeName() {
			continue
		}
		for _, c := range pod.Ports {
			if c.HostPort == port.Pod && c.Protocol == port.Protocol {
				return report.LeavesCluster, fmt.Sprintf("host port %d of pod %s", port.Pod, pod.Name)
			}
		}
	}
	for _, n := range passingNeeds(p, port) {
		if gap := m.GapFor(n); gap != nil {
			return report.NotRead, gap.Permission()
		}
	}
	return "", ""
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
	return out
}

// PortsOf returns the ports of a party that a question is about.
func (m *Model) PortsOf(p Party, asked reference.Port) []report.PortMapping {
	return portsOf(p, asked)
}

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
		out := report.PortMapping{Protocol: protocol, Pod: asked.Number, Undeclared: p.Pod != nil && !p.Hypothetical}
		for _, d := range declared {
			if d.Port == asked.Number && (asked.Protocol == "" || d.Protocol == asked.Protocol) {
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

// throughService follows a Service to its endpoints, as kube-proxy does.
func (m *Model) throughService(s *snapshot.Service, asked reference.Port, depth int) []Destination {
	if s.Type == snapshot.ExternalName {
		return m.throughExternalName(s, asked, depth)
	}
	var out []Destination
	for i := range s.Ports {
		p := &s.Ports[i]
		if asked.Protocol != "" && asked.Protocol != p.Protocol ||
			asked.Number != 0 && asked.Number != p.Port ||
			asked.Name != "" && asked.Name != p.Name {
			continue
		}
		out = append(out, m.throughPort(s, p, asked)...)
	}
	if len(out) > 0 {
		return out
	}
	if s.Headless && asked.Number != 0 {
		// A headless Service translates nothing: its name stands for the pods'
		// addresses, and the client's port is the pod's.
		return m.throughPort(s, &snapshot.ServicePort{Protocol: orTCP(asked.Protocol), Port: asked.Number}, asked)
	}
	if s.Headless && len(s.Ports) == 0 && asked.Name == "" {
		return m.throughName(s, asked)
	}
	port := report.PortMapping{Protocol: orTCP(asked.Protocol), Service: asked.Number}
	return []Destination{{Service: s, Port: port, Broken: report.ServicePortMissing, Detail: describePorts(s)}}
}

func orTCP(p connset.Protocol) connset.Protocol {
	if p == "" {
		return connset.TCP
	}
	return p
}

func describePorts(s *snapshot.Service) string {
	var parts []string
	for _, p := range s.Ports {
		parts = append(parts, fmt.Sprintf("%d/%s", p.Port, p.Protocol))
	}
	return strings.Join(parts, ", ")
}

// throughName follows a headless Service that declares no port, asked about
// without one: every port that the pods behind its name declare.
func (m *Model) throughName(s *snapshot.Service, asked reference.Port) []Destination {
	var out []Destination
	for _, d := range m.throughPort(s, &snapshot.ServicePort{Protocol: orTCP(asked.Protocol)}, asked) {
		if d.Broken != "" {
			return []Destination{d}
		}
		for _, port := range m.PortsOf(d.Party, asked) {
			d.Port = port
			out = append(out, d)
		}
	}
	return out
}

// portsIn returns the ports of a slice by which a Service port is served.
func portsIn(slice *snapshot.EndpointSlice, s *snapshot.Service, p *snapshot.ServicePort, asked reference.Port) []snapshot.EndpointPort {
	if s.Headless && (asked.Number != 0 || len(s.Ports) == 0) {
		// The name resolves to the endpoints' addresses whatever ports they
		// have (DNS specification, "Records for a Headless Service").
		return []snapshot.EndpointPort{{Name: p.Name, Protocol: p.Protocol, Port: asked.Number}}
	}
	var out []snapshot.EndpointPort
	for _, sp := range slice.Ports {
		if sp.Protocol == p.Protocol && sp.Name == p.Name {
			out = append(out, sp)
		}
	}
	return out
}

// throughPort follows one port of a Service.
func (m *Model) throughPort(s *snapshot.Service, p *snapshot.ServicePort, asked reference.Port) []Destination {
	base := Destination{Service: s, ServicePort: p, Port: report.PortMapping{Protocol: p.Protocol, Service: p.Port}}
	if gap := m.Hidden(snapshot.EndpointSlices, s.Namespace); gap != nil {
		base.Broken, base.Detail = report.NotRead, gap.Need.Permission()
		return []Destination{base}
	}
	ready, serving := []Destination(nil), []Destination(nil)
	index := map[string]int{}
	total := 0
	for _, slice := range m.EndpointSlicesOf(s.Name) {
		for _, sp := range portsIn(slice, s, p, asked) {
			for _, e := range slice.Endpoints {
				total++
				d := m.endpointOf(base, slice, sp, e)
				list := &ready
				switch {
				case e.Ready:
				case e.Serving && e.Terminating && !s.Headless:
					// kube-proxy falls back on serving, terminating endpoints
					// when none is ready (KEP-1669). DNS does not.
					list = &serving
				default:
					continue
				}
				key := fmt.Sprint(e.Ready, e.Pod, d.Port.Pod, slice.AddressType == "FQDN")
				if e.Pod == "" {
					key += strings.Join(e.Addresses, ",")
				}
				if at, seen := index[key]; seen {
					(*list)[at].Addresses = append((*list)[at].Addresses, d.Addresses...)
					continue
				}
				index[key] = len(*list)
				*list = append(*list, d)
			}
		}
	}
	if len(ready) > 0 {
		return ready
	}
	if len(serving) > 0 {
		return serving
	}
	base.Broken, base.Detail = m.whyNoEndpoints(s, p, total)
	return []Destination{base}
}

// endpointOf turns one endpoint of a slice into a destination.
func (m *Model) endpointOf(base Destination, slice *snapshot.EndpointSlice, sp snapshot.EndpointPort, e snapshot.Endpoint) Destination {
	d := base
	d.Port.Pod = sp.Port
	if sp.Port == 0 {
		d.Port.Pod = base.ServicePort.Port
	}
	if slice.AddressType == "FQDN" {
		d.External = strings.Join(e.Addresses, ",")
		return d
	}
	for _, text := range e.Addresses {
		if a, err := netip.ParseAddr(text); err == nil {
			d.Addresses = append(d.Addresses, a)
		}
	}
	if e.Pod != "" {
		name := snapshot.Name{Namespace: base.Service.Namespace, Name: e.Pod}
		if pod := m.Pod(name); pod != nil {
			d.Pod = pod
			d.Port.PodPortName, d.Port.Undeclared = "", true
			for _, c := range pod.Ports {
				if c.Port == d.Port.Pod && c.Protocol == d.Port.Protocol {
					d.Port.PodPortName, d.Port.Undeclared = c.Name, false
				}
			}
			return d
		}
		d.Broken, d.Detail = report.NotRead, snapshot.Need{Resource: snapshot.Pods, Namespace: name.Namespace, Name: e.Pod}.Permission()
		return d
	}
	// An endpoint without pod: somebody wrote the slice by hand. The address may
	// still be a pod's or a node's.
	if len(d.Addresses) > 0 {
		party, ok := m.partyAt(d.Addresses[0])
		for _, r := range []snapshot.Resource{snapshot.Pods, snapshot.Nodes} {
			if gap := m.Hidden(r, ""); gap != nil && !ok {
				d.Broken, d.Detail = report.NotRead, gap.Need.Permission()
				return d
			}
		}
		if !ok {
			party = Party{Block: address.Block{Prefix: netip.PrefixFrom(d.Addresses[0], d.Addresses[0].BitLen())}}
		}
		d.Party = party
	}
	return d
}

// whyNoEndpoints finds the reason for which a Service port has no endpoint that
// may receive traffic.
func (m *Model) whyNoEndpoints(s *snapshot.Service, p *snapshot.ServicePort, total int) (report.Reason, string) {
	if len(s.Selector) == 0 {
		return report.NoEndpoints, fmt.Sprintf("0 of %d", total)
	}
	behind := m.podsBehind(s)
	if len(behind) == 0 {
		if gap := m.Hidden(snapshot.Pods, s.Namespace); gap != nil {
			return report.NoEndpoints, fmt.Sprintf("0 of %d", total)
		}
		return report.NoPods, selectorText(s.Selector)
	}
	if p.TargetName != "" {
		declared := false
		for _, pod := range behind {
			for _, c := range pod.Ports {
				declared = declared || c.Name == p.TargetName && c.Protocol == p.Protocol
			}
		}
		if !declared {
			return report.TargetPortMissing, p.TargetName
		}
	}
	return report.NoEndpoints, fmt.Sprintf("0 of %d", max(total, len(behind)))
}

func selectorText(set map[string]string) string {
	var parts []string
	for k, v := range set {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// Alias is the Service of this cluster that one of type ExternalName stands for, or
// nil.
func (m *Model) Alias(s *snapshot.Service) *snapshot.Service { return AliasIn(m.Snapshot, s) }

// AliasIn is [Model.Alias] in what has been read so far.
func AliasIn(of *snapshot.Snapshot, s *snapshot.Service) *snapshot.Service {
	if s == nil {
		return nil
	}
	name, ok := aliased(s)
	if !ok {
		return nil
	}
	return of.Service(name)
}

// aliased is the name of the Service that an external name stands for; false where it
// is another name.
func aliased(s *snapshot.Service) (snapshot.Name, bool) {
	parts := strings.Split(s.ExternalName, ".")
	if s.Type != snapshot.ExternalName || len(parts) < 3 || parts[2] != "svc" {
		return snapshot.Name{}, false
	}
	return snapshot.Name{Namespace: parts[1], Name: parts[0]}, true
}

// throughExternalName follows a Service that is an alias. Only a name of the
// form SERVICE.NAMESPACE.svc[.…] says what it stands for; any other leaves what
// the API describes.
func (m *Model) throughExternalName(s *snapshot.Service, asked reference.Port, depth int) []Destination {
	if next := m.Alias(s); depth < 4 && next != nil {
		return m.throughService(next, asked, depth+1)
	}
	port := report.PortMapping{Protocol: orTCP(asked.Protocol), Pod: asked.Number, Service: asked.Number}
	if name, ok := aliased(s); ok {
		if gap := m.GapFor(snapshot.Need{Resource: snapshot.Services, Namespace: name.Namespace, Name: name.Name}); gap != nil {
			return []Destination{{Service: s, Port: port, Broken: report.NotRead, Detail: gap.Permission()}}
		}
	}
	return []Destination{{Party: Party{External: s.ExternalName}, Service: s, Port: port}}
}
