package snapshot

import (
	"maps"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// Object is an object of a kind of which there are few, kept by its resource: what
// a new kind's objects have to be for sources to read them, and for recordings,
// what-ifs and --anonymize to have them. Types that embed [Name] have ID.
type Object interface {
	// Resource is that of the object's kind.
	Resource() Resource
	// ID is the object's namespace and name.
	ID() Name
	// Renamed is the object with every name in it replaced. It does not change the
	// object.
	Renamed(n Renamer) Object
}

// Applied is an [Object] of which something stays when its manifest is applied over
// the one that is there, such as what a controller has written into its status.
type Applied interface {
	Object
	// Over is the object as it is once applied over old.
	Over(old Object) Object
}

// Renamer knows what names become. Each method returns "" for "".
type Renamer interface {
	Namespace(old string) string
	// Object is an object's name; kind is that of an API, "Service".
	Object(kind, old string) string
	// Names is an object's namespace and name.
	Names(kind string, old Name) Name
	// Host is a host name, which may begin with a star; Address may be an IP address,
	// which stays.
	Host(old string) string
	Address(old string) string
	// Path is a path of a URL.
	Path(old string) string
	Labels(old map[string]string) map[string]string
	// Annotations are those that are kept of an object.
	Annotations(old map[string]string) map[string]string
	// Selector is a label selector as kubectl -l takes it.
	Selector(text string) string
}

// ID is the name itself, for the objects that embed it.
func (n Name) ID() Name { return n }

// few are the objects of the kinds that are kept by resource.
type few map[Resource]table[Name, Object]

// share returns the objects for a Snapshot, which never changes them.
func (f few) share() few {
	for r, t := range f {
		t.share(Name.Compare)
		f[r] = t
	}
	return maps.Clone(f)
}

// Add adds an object of a kind that is kept as an [Object].
func (b *Builder) Add(o Object) {
	r := o.Resource()
	t := b.few[r]
	t.put(o.ID(), o)
	b.few[r] = t
}

// Delete removes an object that [Builder.Add] added, if it is there.
func (b *Builder) Delete(r Resource, name Name) {
	t := b.few[r]
	t.delete(name)
	b.few[r] = t
}

// Objects returns the objects of a resource that [Builder.Add] added, by namespace and
// name.
func (s *Snapshot) Objects(r Resource) []Object { return s.few[r].list }

// Of returns the objects of a resource, whose type the caller knows, by namespace and
// name.
func Of[T Object](s *Snapshot, r Resource) []T {
	all := s.Objects(r)
	if len(all) == 0 {
		return nil
	}
	out := make([]T, 0, len(all))
	for _, o := range all {
		if typed, ok := o.(T); ok {
			out = append(out, typed)
		}
	}
	return out
}

// One returns one object of a resource, whose type the caller knows, or nil.
func One[T Object](s *Snapshot, r Resource, name Name) T {
	typed, _ := s.few[r].by[name].(T)
	return typed
}

// Kept returns the resources that have objects that [Builder.Add] added, in the order
// of the table of kinds.
func (s *Snapshot) Kept() []Resource {
	var out []Resource
	for _, k := range kinds.All() {
		if len(s.few[k.Resource].by) > 0 {
			out = append(out, k.Resource)
		}
	}
	return out
}

func mapped(in []string, f func(string) string) []string {
	var out []string
	for _, text := range in {
		out = append(out, f(text))
	}
	return out
}

// Meta is the metadata of an [Object] whose type is its JSON.
type Meta struct {
	Namespace string            `json:"namespace,omitempty"`
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels,omitempty"`
}

// ID is the object's namespace and name.
func (m Meta) ID() Name { return Name{Namespace: m.Namespace, Name: m.Name} }

// Renamed is the metadata of an object of a kind with its names replaced.
func (m Meta) Renamed(kind string, n Renamer) Meta {
	name := n.Names(kind, m.ID())
	return Meta{Namespace: name.Namespace, Name: name.Name, Labels: n.Labels(m.Labels)}
}
