package kinds

import (
	"strings"
	"sync"
)

// Resource is how permissions, plans and recordings name a kind: its plural name,
// and behind a dot its group where another group has one of the same plural, or
// the kind is only noticed.
type Resource string

// Plural is the name in an API path.
func (r Resource) Plural() string {
	plural, _, _ := strings.Cut(string(r), ".")
	return plural
}

// Part is what a kind has to do with connections.
type Part uint8

// Parts, in the order of docs/rbac.
const (
	// Ends are pods, what owns them, and what sends traffic to them.
	Ends Part = iota
	// Doors are what sends traffic from outside to Services.
	Doors
	// Policies decide about connections.
	Policies
	// Settings are of network plugins.
	Settings
)

// Kind is a row of the table.
type Kind struct {
	Part     Part
	Resource Resource
	// Group is the API group, empty for the core group.
	Group string
	// Name is the kind as objects write it: "Deployment".
	Name string
	// Versions in which the kind may be served, and whose fields are, as far as they are
	// read, the same; tried in this order, and written in the first.
	Versions []string
	// Cluster: objects live in no namespace.
	Cluster bool

	// Verbs are what netguard may do: "list", or "get list".
	Verbs string
	// Only is the one object that is read, where netguard reads no other.
	Only string
	// Optional: not every server has the kind.
	Optional bool

	// Policy is for kinds whose objects decide about connections, and that are
	// noticed and not evaluated; nil for all others.
	Policy *Policy

	// Short is kubectl's short name, if there is one.
	Short string
	// Type is the name by which netguard calls the kind in references, one that kubectl
	// understands; empty for kinds that a reference cannot name. It is the singular where
	// kubectl's short name is hardly shorter (pod, node) or does not exist (job).
	Type string
	// Owner: its objects own pods, directly or through other workloads.
	Owner bool
	// Door: an object of the kind is a front door, by which traffic enters.
	Door bool

	// Public: the names of its objects are not the user's own (classes of controllers);
	// --anonymize keeps them.
	Public bool
}

// Policy is what objects of a policy kind besides NetworkPolicy can do.
type Policy struct {
	// Evaluated: the specs of its objects are read, and decide. Of the others, names are
	// all that is asked for.
	Evaluated bool
	// OnlyDenies: an object can take a connection away but never admits one that
	// a NetworkPolicy refuses.
	OnlyDenies bool
	// RootNamespace is the namespace whose objects apply to all namespaces.
	RootNamespace string
	// Mirrors names a group that serves the same objects again.
	Mirrors string
}

// Singular is the kind in lower case.
func (k *Kind) Singular() string { return strings.ToLower(k.Name) }

// APIVersion is the apiVersion that objects of the kind are written with.
func (k *Kind) APIVersion() string {
	if k.Group == "" {
		return k.Versions[0]
	}
	return k.Group + "/" + k.Versions[0]
}

// ClusterWide reports whether an object of the kind in a namespace reaches beyond it.
func (k *Kind) ClusterWide(namespace string) bool {
	return k.Cluster || k.Policy != nil && k.Policy.RootNamespace != "" && namespace == k.Policy.RootNamespace
}

// Mirrored reports whether a name is one under which Calico shows a Kubernetes
// policy (NetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy,
// ClusterNetworkPolicy) as its own: the object itself is read elsewhere.
func (k *Kind) Mirrored(name string) bool {
	if k.Group != "projectcalico.org" && k.Group != "crd.projectcalico.org" {
		return false
	}
	for _, prefix := range []string{"knp.default.", "kanp.", "kbanp.", "kcnp."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Of returns the row of a resource, or nil.
func Of(r Resource) *Kind { return known().byResource[r] }

// Named returns the row of a group and kind, or nil.
func Named(group, name string) *Kind { return known().byName[[2]string{group, name}] }

// ByType returns the row of a kind that a reference can name, as "Deployment", or nil.
func ByType(name string) *Kind { return known().byType[name] }

// All is the table, in a fixed order. The rows are not to be changed.
func All() []*Kind { return known().all }

// Read are the kinds whose objects are read.
func Read() []*Kind { return known().read }

// Noticed are the policy kinds of whose objects only the names are asked for.
func Noticed() []*Kind { return known().noticed }

// Evaluated are the policy kinds besides NetworkPolicy whose objects decide.
func Evaluated() []*Kind { return known().evaluated }

// Types are the kinds that a reference can name.
func Types() []*Kind { return known().types }

// index finds rows; references are written by them a million times in a big map.
type index struct {
	all, read, noticed, evaluated, types []*Kind

	byResource map[Resource]*Kind
	byName     map[[2]string]*Kind
	byType     map[string]*Kind
}

// known is the table, made once and never changed.
//
//nolint:gochecknoglobals // A constant that Go has no literal for.
var known = sync.OnceValue(func() *index {
	out := &index{byResource: map[Resource]*Kind{}, byName: map[[2]string]*Kind{}, byType: map[string]*Kind{}}
	rows := table()
	for i := range rows {
		k := &rows[i]
		out.all = append(out.all, k)
		out.byResource[k.Resource] = k
		out.byName[[2]string{k.Group, k.Name}] = k
		if k.Policy != nil && k.Policy.Evaluated {
			out.evaluated = append(out.evaluated, k)
		}
		if k.Policy != nil {
			out.noticed = append(out.noticed, k)
		} else {
			out.read = append(out.read, k)
		}
		if k.Type != "" {
			out.types = append(out.types, k)
			out.byType[k.Name] = k
		}
	}
	return out
})
