package files

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// What the endpointslice controller would make of Services whose EndpointSlices
// the input does not hold. Upstream: k8s.io/endpointslice, reconciler.go and
// utils.go; each rule below names its function there.

// endpointSlices derives the slices of the services that select pods, where none of those
// given is the controller's own: slices that somebody else made stand beside its own
// (EndpointSlice docs, "Management").
func endpointSlices(services []*corev1.Service, pods []*snapshot.Pod, has map[snapshot.Name]bool, nodes map[string]*snapshot.Node) []*snapshot.EndpointSlice {
	var out []*snapshot.EndpointSlice
	var index podIndex
	for _, service := range services {
		// syncService: "services without a selector receive no endpoints from this
		// controller"; ExternalName has none either.
		if len(service.Spec.Selector) == 0 || service.Spec.Type == corev1.ServiceTypeExternalName || has[objects.NameOf(&service.ObjectMeta)] {
			continue
		}
		if index == nil {
			index = indexPods(pods)
		}
		out = append(out, slicesOf(service, index.selected(service), nodes)...)
	}
	return out
}

// mirrored are the slices that the endpointslicemirroring controller makes of the
// Endpoints of a Service without a selector. Upstream: shouldMirror and
// addressToEndpoint in pkg/controller/endpointslicemirroring.
//
//nolint:staticcheck // Endpoints are deprecated, and still written by hand
func mirrored(all []*corev1.Endpoints, services []*corev1.Service, has map[snapshot.Name]bool) []*snapshot.EndpointSlice {
	selectorless := map[snapshot.Name]bool{}
	for _, s := range services {
		selectorless[objects.NameOf(&s.ObjectMeta)] = len(s.Spec.Selector) == 0 && s.Spec.Type != corev1.ServiceTypeExternalName
	}
	var out []*snapshot.EndpointSlice
	for _, in := range all {
		name := objects.NameOf(&in.ObjectMeta)
		if !selectorless[name] || has[name] || in.Labels[discoveryv1.LabelSkipMirror] == "true" {
			continue
		}
		n := 0
		for i := range in.Subsets {
			for _, family := range []discoveryv1.AddressType{discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6} {
				slice := mirrorSubset(&in.Subsets[i], in.Namespace, family)
				if len(slice.Endpoints) == 0 {
					continue
				}
				slice.Name = snapshot.Name{Namespace: in.Namespace, Name: sliceName(in.Name, n)}
				slice.Service = in.Name
				out = append(out, slice)
				n++
			}
		}
	}
	return out
}

//nolint:staticcheck // as above
func mirrorSubset(in *corev1.EndpointSubset, namespace string, family discoveryv1.AddressType) *snapshot.EndpointSlice {
	slice := discoveryv1.EndpointSlice{AddressType: family}
	slice.Namespace = namespace
	for i := range in.Ports {
		p := &in.Ports[i]
		slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{Name: &p.Name, Port: &p.Port, Protocol: &p.Protocol})
	}
	add := func(addresses []corev1.EndpointAddress, ready bool) {
		for i := range addresses {
			a := &addresses[i]
			ip, ok := objects.ParseIP(a.IP)
			if !ok || familyOf(ip) != family {
				continue
			}
			slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
				Addresses: []string{ip.String()}, Conditions: discoveryv1.EndpointConditions{Ready: &ready},
				TargetRef: a.TargetRef, NodeName: a.NodeName,
			})
		}
	}
	add(in.Addresses, true)
	add(in.NotReadyAddresses, false)
	return objects.EndpointSlice(&slice)
}

// podIndex finds the pods of a namespace that carry a label.
type podIndex map[podLabel][]*snapshot.Pod

type podLabel struct{ namespace, key, value string }

func indexPods(pods []*snapshot.Pod) podIndex {
	index := podIndex{}
	for _, p := range pods {
		for key, value := range p.Labels {
			if _, open := selector.OpenValue(value); open {
				value = selector.Open
			}
			at := podLabel{p.Namespace, key, value}
			index[at] = append(index[at], p)
		}
	}
	return index
}

// selected are the pods that a Service selects, by name.
func (x podIndex) selected(service *corev1.Service) []*snapshot.Pod {
	var fewest []*snapshot.Pod
	first := true
	for key, value := range service.Spec.Selector {
		candidates := x[podLabel{service.Namespace, key, value}]
		if open := x[podLabel{service.Namespace, key, selector.Open}]; len(open) > 0 {
			candidates = slices.Concat(candidates, open)
		}
		if first || len(candidates) < len(fewest) {
			fewest, first = candidates, false
		}
	}
	var out []*snapshot.Pod
	for _, p := range fewest {
		if selector.Includes(p.Labels, service.Spec.Selector) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *snapshot.Pod) int { return a.Name.Compare(b.Name) })
	return out
}

// slicesOf is reconcileByAddressType: one slice for each way in which the pods
// resolve the Service's ports.
func slicesOf(service *corev1.Service, pods []*snapshot.Pod, nodes map[string]*snapshot.Node) []*snapshot.EndpointSlice {
	converted := objects.Service(service)
	families := addressTypes(service, pods)
	var out []*snapshot.EndpointSlice
	for i, family := range families {
		byPorts := map[string]*snapshot.EndpointSlice{}
		for _, p := range pods {
			if !inEndpoints(p) {
				continue
			}
			addresses := addressesOf(p, family)
			// An expected pod has no address yet; it is counted once, in the
			// Service's first family.
			if len(addresses) == 0 && (!p.Expected() || len(p.IPs) > 0 || i > 0) {
				continue
			}
			ports := endpointPorts(converted, p)
			key := portsKey(ports)
			slice := byPorts[key]
			if slice == nil {
				slice = &snapshot.EndpointSlice{
					Name:        snapshot.Name{Namespace: service.Namespace, Name: sliceName(service.Name, len(out))},
					Service:     service.Name,
					AddressType: string(family),
					Ports:       ports,
				}
				byPorts[key] = slice
				out = append(out, slice)
			}
			slice.Endpoints = append(slice.Endpoints, endpointOf(converted, p, addresses))
		}
	}
	hint(service, out, nodes)
	return out
}

// hint is what trafficDistribution makes the controller write: an endpoint is for clients
// of its own zone, and with PreferSameNode of its own node; unless a zone is not known of
// every endpoint that is ready (k8s.io/endpointslice, trafficdist.ReconcileHintsForSlices).
func hint(service *corev1.Service, slices []*snapshot.EndpointSlice, nodes map[string]*snapshot.Node) {
	if service.Spec.TrafficDistribution == nil {
		return
	}
	zone := func(e *snapshot.Endpoint) string {
		if n := nodes[e.Node]; n != nil {
			return n.Labels[snapshot.ZoneLabel]
		}
		return ""
	}
	for _, s := range slices {
		for i := range s.Endpoints {
			e := &s.Endpoints[i]
			if !e.Ready {
				continue
			}
			if z := zone(e); z != "" {
				e.ForZones = []string{z}
			}
			if e.Node != "" && *service.Spec.TrafficDistribution == corev1.ServiceTrafficDistributionPreferSameNode {
				e.ForNodes = []string{e.Node}
			}
		}
	}
}

// sliceName cannot be a real slice's: no real name holds a star.
func sliceName(service string, n int) string {
	if n == 0 {
		return service + "-*"
	}
	return fmt.Sprintf("%s-*%d", service, n+1)
}

// inEndpoints is ShouldPodBeInEndpoints: not when the pod is finished, and not
// while it has no address; an expected pod will have one.
func inEndpoints(p *snapshot.Pod) bool {
	return !p.Finished() && (len(p.IPs) > 0 || p.Expected())
}

// endpointOf is podToEndpoint.
func endpointOf(service *snapshot.Service, p *snapshot.Pod, addresses []string) snapshot.Endpoint {
	return snapshot.Endpoint{
		Addresses:   addresses,
		Pod:         p.Name.Name,
		Node:        p.Node,
		Ready:       service.PublishNotReady || p.Ready && !p.Terminating,
		Serving:     p.Ready,
		Terminating: p.Terminating,
	}
}

// endpointPorts is getEndpointPorts: a port whose targetPort the pod does not
// declare is left out, and with it, as far as that port goes, the pod.
func endpointPorts(service *snapshot.Service, p *snapshot.Pod) []snapshot.EndpointPort {
	var out []snapshot.EndpointPort
	for i := range service.Ports {
		sp := &service.Ports[i]
		if port := findPort(p, sp); port != 0 {
			out = append(out, snapshot.EndpointPort{Name: sp.Name, Protocol: sp.Protocol, Port: port})
		}
	}
	return out
}

// findPort is FindPort: a number is taken as it is, declared or not; a name is
// looked up among the pod's ports of the same protocol.
func findPort(p *snapshot.Pod, sp *snapshot.ServicePort) uint16 {
	if sp.TargetName == "" {
		return sp.TargetPort
	}
	for i := range p.Ports {
		if p.Ports[i].Name == sp.TargetName && p.Ports[i].Protocol == sp.Protocol {
			return p.Ports[i].Port
		}
	}
	return 0
}

func portsKey(ports []snapshot.EndpointPort) string {
	var b strings.Builder
	for _, p := range ports {
		fmt.Fprintf(&b, "%s/%s/%d;", p.Name, p.Protocol, p.Port)
	}
	return b.String()
}

// addressTypes is getAddressTypesForService. A manifest seldom says ipFamilies;
// the API server would then give the cluster's first family, which the cluster
// IPs, or else the pods' own addresses, tell.
func addressTypes(service *corev1.Service, pods []*snapshot.Pod) []discoveryv1.AddressType {
	var out []discoveryv1.AddressType
	add := func(t discoveryv1.AddressType) {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	for _, family := range service.Spec.IPFamilies {
		add(discoveryv1.AddressType(family))
	}
	if len(out) == 0 {
		for _, ip := range objects.Service(service).ClusterIPs {
			add(familyOf(ip))
		}
	}
	if len(out) == 0 {
		for _, p := range pods {
			if len(p.IPs) > 0 {
				add(familyOf(p.IPs[0]))
				break
			}
		}
	}
	if len(out) == 0 {
		add(discoveryv1.AddressTypeIPv4)
	}
	if policy := service.Spec.IPFamilyPolicy; policy != nil && *policy != corev1.IPFamilyPolicySingleStack {
		add(discoveryv1.AddressTypeIPv4)
		add(discoveryv1.AddressTypeIPv6)
	}
	return out
}

func familyOf(ip netip.Addr) discoveryv1.AddressType {
	if ip.Is4() {
		return discoveryv1.AddressTypeIPv4
	}
	return discoveryv1.AddressTypeIPv6
}

func addressesOf(p *snapshot.Pod, family discoveryv1.AddressType) []string {
	var out []string
	for _, ip := range p.IPs {
		if familyOf(ip) == family {
			out = append(out, ip.String())
		}
	}
	return out
}
