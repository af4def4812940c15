package overlay

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Apply lays the objects of proposed over base, as applying their manifests
// would: labels that others set on namespaces stay, pods of a workload whose
// template changes are replaced, and the endpoints of Services follow.
func Apply(base, proposed *snapshot.Snapshot) *snapshot.Snapshot {
	o := &overlay{
		base: base, proposed: proposed, b: snapshot.NewBuilder(base),
		baseModel: model.New(base), proposedModel: model.New(proposed),
	}
	o.namespaces()
	for _, p := range proposed.Policies() {
		o.b.AddPolicy(p)
	}
	for _, u := range proposed.Unmodelled() {
		o.b.AddUnmodelled(u)
	}
	for _, n := range proposed.Nodes() {
		if base.Node(n.Name) == nil {
			o.b.AddNode(n)
		}
	}
	for _, g := range proposed.Gaps() {
		o.b.AddGap(g)
	}
	o.workloads()
	o.barePods()
	o.services()
	o.objects()
	return o.endpoints()
}

type overlay struct {
	base, proposed           *snapshot.Snapshot
	baseModel, proposedModel *model.Model
	b                        *snapshot.Builder
}

// namespaces: apply merges labels. A namespace that was not read stays unknown.
func (o *overlay) namespaces() {
	for _, ns := range o.proposed.Namespaces() {
		old := o.base.Namespace(ns.Name)
		if old == nil {
			if o.base.Has(snapshot.Need{Resource: snapshot.Namespaces, Name: ns.Name}) {
				o.b.AddNamespace(ns)
			}
			continue
		}
		labels := maps.Clone(old.Labels)
		if labels == nil {
			labels = map[string]string{}
		}
		maps.Copy(labels, ns.Labels)
		if !maps.Equal(labels, old.Labels) {
			o.b.AddNamespace(&snapshot.Namespace{Name: ns.Name, Labels: labels})
		}
	}
}

// workloads replaces the pods of workloads whose template says something else
// than their pods are.
func (o *overlay) workloads() {
	for _, w := range o.proposed.Workloads() {
		if o.base.Workload(w.Kind, w.Name) == nil {
			o.b.AddWorkload(w)
		}
		if w.Owner.Name != "" {
			continue
		}
		expected := unfinished(owned(o.proposedModel, w))
		live := unfinished(owned(o.baseModel, w))
		switch {
		case len(expected) == 0 && (w.Kind == "Job" || w.Kind == "CronJob"):
		case len(expected) > 0 && len(live) > 0 && alike(live, expected):
		default:
			for _, p := range live {
				o.b.DeletePod(p.Name)
			}
			for _, p := range expected {
				o.b.AddPod(p)
			}
			o.b.AddWorkload(w)
		}
	}
}

// owned are the pods that belong to a workload in the end.
func owned(m *model.Model, w *snapshot.Workload) []*snapshot.Pod {
	var out []*snapshot.Pod
	for _, p := range m.PodsIn(w.Namespace) {
		if kind, name := m.TopOwner(p); kind == w.Kind && name == w.Name {
			out = append(out, p)
		}
	}
	return out
}

func unfinished(pods []*snapshot.Pod) []*snapshot.Pod {
	return slices.DeleteFunc(slices.Clone(pods), (*snapshot.Pod).Finished)
}

// alike tells whether every live pod is what some expected one would become.
func alike(live, expected []*snapshot.Pod) bool {
	for _, p := range live {
		if !slices.ContainsFunc(expected, func(e *snapshot.Pod) bool { return becomes(e, p) }) {
			return false
		}
	}
	return true
}

// becomes tells whether a pod of a template looks like a live one to policies.
// Labels that do not last, and ports beyond those of the template, come from
// controllers and admission (a mesh's sidecar).
func becomes(template, live *snapshot.Pod) bool {
	if template.HostNetwork != live.HostNetwork || !maps.Equal(model.StableLabels(template.Labels), model.StableLabels(live.Labels)) {
		return false
	}
	return !slices.ContainsFunc(template.Ports, func(p snapshot.ContainerPort) bool {
		return !slices.ContainsFunc(live.Ports, func(q snapshot.ContainerPort) bool {
			return p.Name == q.Name && p.Port == q.Port && p.Protocol == q.Protocol
		})
	})
}

func (o *overlay) barePods() {
	for _, p := range o.proposed.Pods() {
		if kind, _ := o.proposedModel.TopOwner(p); kind != "Pod" {
			continue
		}
		old := o.base.Pod(p.Name)
		if old == nil {
			o.b.AddPod(p)
			continue
		}
		if becomes(p, old) {
			continue
		}
		changed := *old
		changed.Labels, changed.Ports = p.Labels, p.Ports
		o.b.AddPod(&changed)
	}
}

// services keeps what the API server allocated.
func (o *overlay) services() {
	for _, s := range o.proposed.Services() {
		old := o.base.Service(s.Name)
		if old == nil {
			o.b.AddService(s)
			continue
		}
		next := *s
		next.Ports = slices.Clone(s.Ports)
		if len(next.ClusterIPs) == 0 && !next.Headless && next.Type != snapshot.ExternalName {
			next.ClusterIPs = old.ClusterIPs
		}
		if next.Type == snapshot.LoadBalancer && old.Type == snapshot.LoadBalancer {
			if len(next.LoadBalancerIPs) == 0 {
				next.LoadBalancerIPs = old.LoadBalancerIPs
			}
			if len(next.LoadBalancerHostnames) == 0 {
				next.LoadBalancerHostnames = old.LoadBalancerHostnames
			}
		}
		for i := range next.Ports {
			for _, p := range old.Ports {
				if p.Port == next.Ports[i].Port && p.Protocol == next.Ports[i].Protocol && next.Ports[i].NodePort == 0 && next.Type != snapshot.ClusterIP {
					next.Ports[i].NodePort = p.NodePort
				}
			}
		}
		o.b.AddService(&next)
	}
	for _, s := range o.proposed.EndpointSlices() {
		if !derived(s) {
			o.b.AddEndpointSlice(s)
		}
	}
}

// derived tells the slices that stand for what a controller would make: their
// names are none that an object can have.
func derived(s *snapshot.EndpointSlice) bool {
	return slices.Contains([]byte(s.Name.Name), '*')
}

// objects lays the objects of all other kinds over those that are there.
func (o *overlay) objects() {
	for _, r := range o.proposed.Kept() {
		for _, next := range o.proposed.Objects(r) {
			if applied, ok := next.(snapshot.Applied); ok {
				if old := snapshot.One[snapshot.Object](o.base, r, next.ID()); old != nil {
					next = applied.Over(old)
				}
			}
			o.b.Add(next)
		}
	}
}

// endpoints makes the slices anew of every Service whose ports or pods changed.
func (o *overlay) endpoints() *snapshot.Snapshot {
	next := o.b.Snapshot()
	m := model.New(next)
	for _, s := range next.Services() {
		if len(s.Selector) == 0 || s.Type == snapshot.ExternalName {
			continue
		}
		old := o.base.Service(s.Name)
		pods := m.Selected(s.Namespace, s.Selector)
		if old != nil && sameEndpoints(old, s) && slices.Equal(pods, o.baseModel.Selected(s.Namespace, old.Selector)) {
			continue
		}
		if o.givenSlices(s.Name) {
			continue
		}
		o.b.DeleteEndpointSlicesOf(s.Name)
		for _, slice := range slicesOf(s, pods) {
			o.b.AddEndpointSlice(slice)
		}
	}
	return o.b.Snapshot()
}

func (o *overlay) givenSlices(service snapshot.Name) bool {
	return slices.ContainsFunc(o.proposed.EndpointSlicesOf(service), func(s *snapshot.EndpointSlice) bool { return !derived(s) })
}

func sameEndpoints(a, b *snapshot.Service) bool {
	return maps.Equal(a.Selector, b.Selector) && a.PublishNotReady == b.PublishNotReady &&
		slices.EqualFunc(a.Ports, b.Ports, func(p, q snapshot.ServicePort) bool {
			p.NodePort, q.NodePort = 0, 0
			return p == q
		})
}

// slicesOf is what the endpointslice controller would make of the pods
// (k8s.io/endpointslice, reconcileByAddressType): one slice for each family and
// each way of resolving the ports.
func slicesOf(s *snapshot.Service, pods []*snapshot.Pod) []*snapshot.EndpointSlice {
	var out []*snapshot.EndpointSlice
	for _, v4 := range []bool{true, false} {
		for _, p := range pods {
			var addresses []string
			for _, ip := range p.IPs {
				if ip.Is4() == v4 {
					addresses = append(addresses, ip.String())
				}
			}
			if p.Finished() || len(addresses) == 0 && !(p.Expected() && len(p.IPs) == 0 && v4 == firstFamily(s)) {
				continue
			}
			ports := portsOf(s, p)
			at := slices.IndexFunc(out, func(x *snapshot.EndpointSlice) bool {
				return x.AddressType == family(v4) && slices.Equal(x.Ports, ports)
			})
			if at < 0 {
				at = len(out)
				out = append(out, &snapshot.EndpointSlice{
					Name:    snapshot.Name{Namespace: s.Namespace, Name: s.Name.Name + "-*" + string(rune('a'+at%26))},
					Service: s.Name.Name, AddressType: family(v4), Ports: ports,
				})
			}
			ready := p.Expected() || p.Ready && !p.Terminating || s.PublishNotReady
			out[at].Endpoints = append(out[at].Endpoints, snapshot.Endpoint{
				Addresses: addresses, Pod: p.Name.Name, Node: p.Node,
				Ready: ready, Serving: ready || p.Ready, Terminating: p.Terminating,
			})
		}
	}
	return out
}

func family(v4 bool) string {
	if v4 {
		return "IPv4"
	}
	return "IPv6"
}

func firstFamily(s *snapshot.Service) bool {
	return len(s.ClusterIPs) == 0 || slices.IndexFunc(s.ClusterIPs, netip.Addr.Is4) == 0
}

func portsOf(s *snapshot.Service, p *snapshot.Pod) []snapshot.EndpointPort {
	var out []snapshot.EndpointPort
	for _, sp := range s.Ports {
		number := sp.TargetPort
		if sp.TargetName != "" {
			number = 0
			for _, c := range p.Ports {
				if c.Name == sp.TargetName && c.Protocol == sp.Protocol {
					number = c.Port
					break
				}
			}
			if number == 0 {
				continue
			}
		}
		if number == 0 {
			number = sp.Port
		}
		out = append(out, snapshot.EndpointPort{Name: sp.Name, Protocol: sp.Protocol, Port: number})
	}
	return out
}
