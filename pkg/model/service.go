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
	if byName(s, asked) {
		// The name resolves to the endpoints' addresses whatever ports they
		// have (DNS specification, "Records for a Headless Service").
		return []snapshot.EndpointPort{{Name: p.Name, Protocol: p.Protocol, Port: asked.Number}}
	}
	var out []snapshot.EndpointPort
	for _, sp := range slice.Ports {
		// kube-proxy passes over ports without a number (endpointslicecache.go,
		// "Ignoring invalid endpoint port").
		if sp.Protocol == p.Protocol && sp.Name == p.Name && sp.Port != 0 {
			out = append(out, sp)
		}
	}
	return out
}

// byName tells whether a question is about the addresses behind a name, and no port
// of the Service.
func byName(s *snapshot.Service, asked reference.Port) bool {
	return s.Headless && (asked.Number != 0 || len(s.Ports) == 0)
}

// serves tells whether a Service can have endpoints of a slice's address type. kube-proxy
// keeps the endpoints of each IP family apart, and takes no host names (metaproxier.go).
func serves(s *snapshot.Service, slice *snapshot.EndpointSlice) bool {
	if slice.AddressType == snapshot.AddressFQDN {
		return false
	}
	v4 := slice.AddressType != "IPv6"
	switch {
	case len(s.Families) > 0:
		return slices.Contains(s.Families, v4)
	case len(s.ClusterIPs) > 0:
		return slices.ContainsFunc(s.ClusterIPs, func(ip netip.Addr) bool { return ip.Is4() == v4 })
	default:
		return true // neither a cluster nor its defaults have been asked
	}
}

// candidates are endpoints of one port of a Service that may receive traffic.
type candidates struct {
	m *Model
	// ready, and serving ones that are terminating.
	ready, spare []Destination
	index        map[string]int
	// seen are all endpoints, by their first addresses, whatever their conditions.
	seen map[string]bool
}

// throughPort follows one port of a Service. All its slices count, whoever made them
// (EndpointSlice docs, "Management"; kube-proxy's endpointslicecache.go merges them).
func (m *Model) throughPort(s *snapshot.Service, p *snapshot.ServicePort, asked reference.Port) []Destination {
	base := Destination{Service: s, ServicePort: p, Port: report.PortMapping{Protocol: p.Protocol, Service: p.Port}}
	if gap := m.Hidden(snapshot.EndpointSlices, s.Namespace); gap != nil {
		base.Broken, base.Detail = report.NotRead, gap.Need.Permission()
		return []Destination{base}
	}
	if s.Proxy != "" && !s.Headless {
		base.Broken, base.Detail = report.OtherServiceProxy, s.Proxy
		return []Destination{base}
	}
	c := candidates{m: m, index: map[string]int{}, seen: map[string]bool{}}
	for _, slice := range m.EndpointSlicesOf(s.Name) {
		if !serves(s, slice) {
			continue
		}
		for _, sp := range portsIn(slice, s, p, asked) {
			for i := range slice.Endpoints {
				c.add(base, slice, sp, &slice.Endpoints[i])
			}
		}
	}
	switch {
	case len(c.ready) > 0 && (s.InternalLocal || s.ExternalLocal):
		return append(c.ready, c.lonely()...)
	case len(c.ready) > 0:
		return c.ready
	case len(c.spare) > 0:
		// kube-proxy falls back on serving, terminating endpoints when none is
		// ready (KEP-1669). DNS does not.
		return c.spare
	}
	base.Broken, base.Detail = m.whyNoEndpoints(s, p, asked, len(c.seen))
	return []Destination{base}
}

func (c *candidates) add(base Destination, slice *snapshot.EndpointSlice, sp snapshot.EndpointPort, e *snapshot.Endpoint) {
	d := c.m.endpointOf(base, slice, sp, e)
	id := partyKey(d.Party)
	if d.Pod == nil && d.Node == nil {
		id += strings.Join(e.Addresses, ",")
	}
	c.seen[id] = true
	list, kind := &c.ready, "ready"
	switch {
	case e.Ready:
	case e.Serving && e.Terminating && !base.Service.Headless:
		list, kind = &c.spare, "spare"
	default:
		return
	}
	key := fmt.Sprintf("%s/%d/%s/%s", kind, d.Port.Pod, d.Broken, id)
	if at, seen := c.index[key]; seen {
		if (*list)[at].On == "" {
			(*list)[at].On = d.On // one address and port is one endpoint, whichever slices have it
		}
		for _, a := range d.Addresses {
			if !slices.Contains((*list)[at].Addresses, a) {
				(*list)[at].Addresses = append((*list)[at].Addresses, a)
			}
		}
		return
	}
	c.index[key] = len(*list)
	*list = append(*list, d)
}

// lonely are the terminating endpoints of nodes that have no ready one: with a traffic
// policy Local each node falls back by itself (CategorizeEndpoints in kube-proxy's
// topology.go).
func (c *candidates) lonely() []Destination {
	var out []Destination
	for _, d := range c.spare {
		if d.On != "" && !slices.ContainsFunc(c.ready, func(r Destination) bool { return r.On == d.On }) {
			d.Spare = true
			out = append(out, d)
		}
	}
	return out
}

func partyKey(p Party) string {
	switch {
	case p.Pod != nil:
		return "pod " + p.Pod.Name.String()
	case p.Node != nil:
		return "node " + p.Node.Name
	default:
		return ""
	}
}

// endpointOf turns one endpoint of a slice into a destination. Whoever has the address
// gets the packets: kube-proxy never looks at targetRef.
func (m *Model) endpointOf(base Destination, slice *snapshot.EndpointSlice, sp snapshot.EndpointPort, e *snapshot.Endpoint) Destination {
	d := base
	d.On, d.ForNodes, d.ForZones = e.Node, e.ForNodes, e.ForZones
	if d.Port.Pod = sp.Port; sp.Port == 0 {
		d.Port.Pod = base.ServicePort.Port
	}
	for _, text := range e.Addresses {
		if a, err := netip.ParseAddr(text); err == nil {
			d.Addresses = append(d.Addresses, a.Unmap())
		}
	}
	named := e.PodName(slice.Namespace)
	if pod := m.Pod(named); pod != nil && d.isOf(pod) {
		d.toPod(pod)
		return d
	}
	party, ok := Party{}, false
	if len(d.Addresses) > 0 {
		party, ok = m.partyAt(d.Addresses[0])
	}
	switch {
	case ok && party.Pod != nil:
		d.toPod(party.Pod)
	case ok:
		d.Party = party
	case len(d.Addresses) == 0:
		d.Broken, d.Detail = report.NotRead, snapshot.Need{Resource: snapshot.Pods, Namespace: named.Namespace, Name: named.Name}.Permission()
		return d
	default:
		for _, n := range []snapshot.Need{{Resource: snapshot.Pods, Namespace: named.Namespace, Name: named.Name}, {Resource: snapshot.Nodes}} {
			if needed := m.hiding(n); needed != "" {
				d.Broken, d.Detail = report.NotRead, needed
				return d
			}
		}
		if named != (snapshot.Name{}) && m.Pod(named) == nil {
			d.Broken, d.Detail = report.EndpointPodMissing, fmt.Sprintf("%s in EndpointSlice %s", named, slice.Name.Name)
			return d
		}
		d.Party = Party{Block: address.Block{Prefix: netip.PrefixFrom(d.Addresses[0], d.Addresses[0].BitLen())}}
	}
	if named != (snapshot.Name{}) {
		d.Stale = fmt.Sprintf("%s in EndpointSlice %s", named, slice.Name.Name)
	}
	return d
}

// hiding is the permission whose absence may hide whose an endpoint's address is: to read
// the pod that the slice names, or all pods; "" where nothing hides it.
func (m *Model) hiding(n snapshot.Need) string {
	switch {
	case n.Name != "" && m.Has(n):
		return ""
	case n.Name != "" && m.GapFor(n) != nil:
		return n.Permission()
	}
	if gap := m.Hidden(n.Resource, ""); gap != nil {
		return gap.Need.Permission()
	}
	return ""
}

// isOf tells whether a pod has an endpoint's address; a pod that is only expected has
// none yet.
func (d *Destination) isOf(pod *snapshot.Pod) bool {
	if len(d.Addresses) == 0 || len(pod.IPs)+len(pod.HostIPs) == 0 {
		return true
	}
	return slices.Contains(pod.IPs, d.Addresses[0]) || pod.HostNetwork && slices.Contains(pod.HostIPs, d.Addresses[0])
}

func (d *Destination) toPod(pod *snapshot.Pod) {
	d.Party = Party{Pod: pod}
	d.Port.PodPortName, d.Port.Undeclared = "", true
	for _, c := range pod.Ports {
		if c.Port == d.Port.Pod && c.Protocol == d.Port.Protocol {
			d.Port.PodPortName, d.Port.Undeclared = c.Name, false
		}
	}
}

// whyNoEndpoints finds the reason for which a Service port has no endpoint that
// may receive traffic.
func (m *Model) whyNoEndpoints(s *snapshot.Service, p *snapshot.ServicePort, asked reference.Port, total int) (report.Reason, string) {
	if reason, detail := m.whyPassedOver(s, p, asked); reason != "" && total == 0 {
		return reason, detail
	}
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
		if reason, detail := whyNoTarget(behind, p); reason != "" {
			return reason, detail
		}
	}
	return report.NoEndpoints, fmt.Sprintf("0 of %d", max(total, len(behind)))
}

// whyNoTarget says why none of the pods has the port that targetPort names: a name is
// looked up together with its protocol, and not among init containers that end
// (upstream's FindPort).
func whyNoTarget(pods []*snapshot.Pod, p *snapshot.ServicePort) (report.Reason, string) {
	reason, detail := report.TargetPortMissing, p.TargetName
	for _, pod := range pods {
		for _, c := range pod.Ports {
			switch {
			case c.Name != p.TargetName:
			case c.Protocol == p.Protocol:
				return "", ""
			default:
				reason, detail = report.TargetPortProtocol, fmt.Sprintf("%s as %s, the Service asks for %s", p.TargetName, c.Protocol, p.Protocol)
			}
		}
		for _, c := range pod.EndedPorts {
			if c.Name == p.TargetName && reason == report.TargetPortMissing {
				reason = report.TargetPortEnded
			}
		}
	}
	return reason, detail
}

// whyPassedOver says why nothing of a Service's slices serves a port, where they hold
// endpoints that are ready.
func (m *Model) whyPassedOver(s *snapshot.Service, p *snapshot.ServicePort, asked reference.Port) (report.Reason, string) {
	var reason report.Reason
	var detail string
	for _, slice := range m.EndpointSlicesOf(s.Name) {
		if !slices.ContainsFunc(slice.Endpoints, func(e snapshot.Endpoint) bool { return e.Ready }) {
			continue
		}
		switch {
		case slice.AddressType == snapshot.AddressFQDN:
			reason, detail = report.EndpointHostNames, slice.Name.Name
		case !serves(s, slice):
			reason, detail = report.EndpointFamily, slice.Name.Name+" is "+slice.AddressType
		case !byName(s, asked):
			for _, sp := range slice.Ports {
				switch {
				case sp.Name == p.Name && sp.Protocol == p.Protocol && sp.Port == 0:
					return report.EndpointPortUnset, slice.Name.Name
				case sp.Name != p.Name && len(s.Selector) == 0 && sp.Protocol == p.Protocol:
					reason, detail = report.EndpointPortName, fmt.Sprintf("%s in %s, %s in the Service", quoted(sp.Name), slice.Name.Name, quoted(p.Name))
				}
			}
		}
	}
	return reason, detail
}

func quoted(name string) string {
	if name == "" {
		return "without a name"
	}
	return "named " + name
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
	if asked == (reference.Port{}) && len(s.Ports) > 0 || asked.Name != "" {
		// Nothing translates them: they say to which port clients of the name connect.
		var out []Destination
		for _, p := range s.Ports {
			if (asked.Name == "" || asked.Name == p.Name) && (asked.Protocol == "" || asked.Protocol == p.Protocol) {
				out = append(out, m.throughExternalName(s, reference.Port{Number: p.Port, Protocol: p.Protocol}, depth)...)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
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
