package snapshot

import (
	"cmp"
	"maps"
	"slices"
)

// Builder collects objects and yields a Snapshot. Adding an object that is
// already there replaces it. It is not safe for concurrent use.
type Builder struct {
	objects    objects
	unmodelled map[Unmodelled]bool
	configMaps map[Name]map[string]string
	few        few
	read       map[Need]bool
	gaps       map[gapKey]Gap
	everything bool
	plugin     string
	places     map[placed]Place
}

// gapKey is what there is one Gap for.
type gapKey struct {
	need        Need
	group, kind string
}

func (g Gap) key() gapKey { return gapKey{g.Need, g.Group, g.Kind} }

// NewBuilder returns a Builder that starts with what base holds; base may be nil.
func NewBuilder(base *Snapshot) *Builder {
	b := &Builder{
		unmodelled: map[Unmodelled]bool{},
		configMaps: map[Name]map[string]string{},
		few:        few{},
		read:       map[Need]bool{},
		gaps:       map[gapKey]Gap{},
	}
	if base == nil {
		return b
	}
	b.objects = base.objects
	for _, o := range base.unmodelled {
		b.unmodelled[o] = true
	}
	for name, data := range base.configMaps {
		b.configMaps[name] = data
	}
	b.few = maps.Clone(base.few)
	if b.few == nil {
		b.few = few{}
	}
	for _, n := range base.read {
		b.read[n] = true
	}
	for _, g := range base.gaps {
		b.gaps[g.key()] = g
	}
	b.everything, b.plugin, b.places = base.everything, base.plugin, maps.Clone(base.places)
	return b
}

// AddNamespace adds a namespace.
func (b *Builder) AddNamespace(o *Namespace) { b.objects.namespaces.put(o.Name, o) }

// AddPod adds a pod.
func (b *Builder) AddPod(o *Pod) { b.objects.pods.put(o.Name, o) }

// AddService adds a Service.
func (b *Builder) AddService(o *Service) { b.objects.services.put(o.Name, o) }

// AddEndpointSlice adds an EndpointSlice.
func (b *Builder) AddEndpointSlice(o *EndpointSlice) { b.objects.slices.put(o.Name, o) }

// AddPolicy adds a NetworkPolicy.
func (b *Builder) AddPolicy(o *Policy) { b.objects.policies.put(o.Name, o) }

// DeletePolicy removes a NetworkPolicy, if it is there.
func (b *Builder) DeletePolicy(name Name) { b.objects.policies.delete(name) }

// AddNode adds a node.
func (b *Builder) AddNode(o *Node) { b.objects.nodes.put(o.Name, o) }

// AddWorkload adds a workload.
func (b *Builder) AddWorkload(o *Workload) {
	b.objects.workloads.put(workloadKey{o.Kind, o.Name}, o)
}

// AddUnmodelled notes an object of a policy kind that is not evaluated.
func (b *Builder) AddUnmodelled(o Unmodelled) { b.unmodelled[o] = true }

// AddConfigMap adds a ConfigMap's data.
func (b *Builder) AddConfigMap(name Name, data map[string]string) { b.configMaps[name] = data }

// Read notes that n was read to its end: what it did not bring does not exist.
func (b *Builder) Read(n Need) { b.read[n] = true }

// ReadEverything notes that there is nothing beyond what was added, as with files.
func (b *Builder) ReadEverything() { b.everything = true }

// NameNetworkPlugin sets what the user says the network plugin is.
func (b *Builder) NameNetworkPlugin(text string) { b.plugin = text }

// AddGap notes that something could not be read.
func (b *Builder) AddGap(g Gap) { b.gaps[g.key()] = g }

// HasNamespace reports whether the namespace was added.
func (b *Builder) HasNamespace(name string) bool { return b.objects.namespaces.by[name] != nil }

// Snapshot returns an immutable picture of what was added so far.
func (b *Builder) Snapshot() *Snapshot {
	s := &Snapshot{
		objects:    b.objects.share(),
		everything: b.everything,
		plugin:     b.plugin,
		places:     maps.Clone(b.places),
		few:        b.few.share(),
		configMaps: make(map[Name]map[string]string, len(b.configMaps)),
	}
	for name, data := range b.configMaps {
		s.configMaps[name] = data
	}
	for o := range b.unmodelled {
		s.unmodelled = append(s.unmodelled, o)
	}
	slices.SortFunc(s.unmodelled, func(x, y Unmodelled) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Group, y.Group), x.Name.Compare(y.Name))
	})
	for n := range b.read {
		s.read = append(s.read, n)
	}
	slices.SortFunc(s.read, Need.compare)
	for _, g := range b.gaps {
		s.gaps = append(s.gaps, g)
	}
	slices.SortFunc(s.gaps, func(x, y Gap) int {
		return cmp.Or(x.Need.compare(y.Need), cmp.Compare(x.Group, y.Group), cmp.Compare(x.Kind, y.Kind))
	})
	return s
}

func (k workloadKey) compare(o workloadKey) int {
	return cmp.Or(cmp.Compare(k.kind, o.kind), k.name.Compare(o.name))
}

func (n Need) compare(o Need) int {
	return cmp.Or(cmp.Compare(n.Resource, o.Resource), cmp.Compare(n.Namespace, o.Namespace),
		cmp.Compare(n.Name, o.Name), cmp.Compare(n.Labels, o.Labels), cmp.Compare(n.Fields, o.Fields))
}
