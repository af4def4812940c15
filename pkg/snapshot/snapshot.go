package snapshot

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Snapshot is what was read. The zero value is an empty picture in which
// nothing was read. It is immutable: callers must not modify what it returns.
type Snapshot struct {
	objects    objects
	unmodelled []Unmodelled
	configMaps map[Name]map[string]string
	few        few
	read       []Need
	gaps       []Gap
	everything bool
	plugin     string
	places     map[placed]Place
}

// objects are those of the kinds that there are many of.
type objects struct {
	namespaces table[string, *Namespace]
	pods       table[Name, *Pod]
	services   table[Name, *Service]
	slices     table[Name, *EndpointSlice]
	policies   table[Name, *Policy]
	nodes      table[string, *Node]
	workloads  table[workloadKey, *Workload]
}

func (o *objects) share() objects {
	return objects{
		namespaces: o.namespaces.share(strings.Compare),
		pods:       o.pods.share(Name.Compare),
		services:   o.services.share(Name.Compare),
		slices:     o.slices.share(Name.Compare),
		policies:   o.policies.share(Name.Compare),
		nodes:      o.nodes.share(strings.Compare),
		workloads:  o.workloads.share(workloadKey.compare),
	}
}

type workloadKey struct {
	kind string
	name Name
}

// Namespaces returns the namespaces read, by name.
func (s *Snapshot) Namespaces() []*Namespace { return s.objects.namespaces.list }

// Pods returns the pods read, by namespace and name.
func (s *Snapshot) Pods() []*Pod { return s.objects.pods.list }

// PodsIn returns the pods of one namespace.
func (s *Snapshot) PodsIn(namespace string) []*Pod {
	return inNamespace(s.objects.pods.list, namespace, func(p *Pod) string { return p.Namespace })
}

// Services returns the Services read, by namespace and name.
func (s *Snapshot) Services() []*Service { return s.objects.services.list }

// ServicesIn returns the Services of one namespace.
func (s *Snapshot) ServicesIn(namespace string) []*Service {
	return inNamespace(s.objects.services.list, namespace, func(p *Service) string { return p.Namespace })
}

// EndpointSlicesOf returns the slices of one Service, by name.
func (s *Snapshot) EndpointSlicesOf(service Name) []*EndpointSlice {
	all := inNamespace(s.objects.slices.list, service.Namespace, func(e *EndpointSlice) string { return e.Namespace })
	var out []*EndpointSlice
	for _, e := range all {
		if e.Service == service.Name {
			out = append(out, e)
		}
	}
	return out
}

// EndpointSlices returns all slices read, by namespace and name.
func (s *Snapshot) EndpointSlices() []*EndpointSlice { return s.objects.slices.list }

// Policies returns the NetworkPolicies read, by namespace and name.
func (s *Snapshot) Policies() []*Policy { return s.objects.policies.list }

// PoliciesOf returns the NetworkPolicies of one namespace.
func (s *Snapshot) PoliciesOf(namespace string) []*Policy {
	return inNamespace(s.Policies(), namespace, func(p *Policy) string { return p.Namespace })
}

// Policy returns one NetworkPolicy, or nil.
func (s *Snapshot) Policy(name Name) *Policy {
	return s.objects.policies.by[name]
}

// Nodes returns the nodes read, by name.
func (s *Snapshot) Nodes() []*Node { return s.objects.nodes.list }

// Workloads returns every Deployment, ReplicaSet, StatefulSet, DaemonSet,
// ReplicationController, Job and CronJob read, by kind, namespace and name.
func (s *Snapshot) Workloads() []*Workload { return s.objects.workloads.list }

// Unmodelled returns the objects of policy kinds that netguard does not evaluate.
func (s *Snapshot) Unmodelled() []Unmodelled { return s.unmodelled }

// ConfigMap returns the data of a ConfigMap, and whether it was read and exists.
func (s *Snapshot) ConfigMap(name Name) (map[string]string, bool) {
	data, ok := s.configMaps[name]
	return data, ok
}

// ConfigMaps returns the names of the ConfigMaps read, in order.
func (s *Snapshot) ConfigMaps() []Name {
	return slices.SortedFunc(maps.Keys(s.configMaps), Name.Compare)
}

// Reads returns what was read to its end, in a stable order.
func (s *Snapshot) Reads() []Need { return s.read }

// HasEverything reports whether what is not in the snapshot does not exist, as
// with files.
func (s *Snapshot) HasEverything() bool { return s.everything }

// Pod returns one pod, or nil.
func (s *Snapshot) Pod(name Name) *Pod { return s.objects.pods.by[name] }

// Namespace returns one namespace, or nil when it was not read or does not exist.
func (s *Snapshot) Namespace(name string) *Namespace { return s.objects.namespaces.by[name] }

// Node returns one node, or nil.
func (s *Snapshot) Node(name string) *Node { return s.objects.nodes.by[name] }

// Service returns one Service, or nil.
func (s *Snapshot) Service(name Name) *Service { return s.objects.services.by[name] }

// Workload returns one workload, or nil.
func (s *Snapshot) Workload(kind string, name Name) *Workload {
	return s.objects.workloads.by[workloadKey{kind, name}]
}

// NetworkPlugin is the network plugin that the user named, with its modes; "" where the
// cluster's objects tell.
func (s *Snapshot) NetworkPlugin() string { return s.plugin }

// Gaps returns what could not be read, in a stable order.
func (s *Snapshot) Gaps() []Gap { return s.gaps }

// Has reports whether n was read successfully, alone or as part of a wider
// read: an object that is absent then does not exist.
func (s *Snapshot) Has(n Need) bool {
	if s.everything {
		return true
	}
	for _, r := range s.read {
		if r.Covers(n) {
			return true
		}
	}
	return false
}

// GapFor returns the gap that keeps n from being known, or nil when n was read
// or never asked for.
func (s *Snapshot) GapFor(n Need) *Gap {
	if s.Has(n) {
		return nil
	}
	for i := range s.gaps {
		if s.gaps[i].Need.Covers(n) {
			return &s.gaps[i]
		}
	}
	return nil
}

// Hidden returns a gap that may hide objects of a resource in a namespace, or
// nil when all of them were read or none was refused.
func (s *Snapshot) Hidden(r Resource, namespace string) *Gap {
	if s.Has(Need{Resource: r, Namespace: namespace}) {
		return nil
	}
	for i := range s.gaps {
		n := s.gaps[i].Need
		if n.Resource == r && (n.Namespace == "" || namespace == "" || n.Namespace == namespace) {
			return &s.gaps[i]
		}
	}
	return nil
}

// Tried reports whether n was read or is known to be unreadable, so that asking
// again is useless.
func (s *Snapshot) Tried(n Need) bool { return s.Has(n) || s.GapFor(n) != nil }

func inNamespace[T any](sorted []T, namespace string, of func(T) string) []T {
	from, _ := slices.BinarySearchFunc(sorted, namespace, func(t T, ns string) int { return cmp.Compare(of(t), ns) })
	to := from
	for to < len(sorted) && of(sorted[to]) == namespace {
		to++
	}
	return sorted[from:to]
}
