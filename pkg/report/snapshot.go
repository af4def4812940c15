package report

// Snapshot is the first document of a recorded state: what was read and what
// could not be. The objects follow it, each a document of its own.
//
// A reader that finds this document takes the objects as they are: nothing is
// completed, defaulted or imagined, and what was not read stays unknown.
type Snapshot struct {
	Header `json:",inline"`
	// Client is the version of netguard that wrote it.
	Client string `json:"client,omitempty"`
	// Namespace is that of -n, in which the question was asked.
	Namespace string `json:"namespace,omitempty"`
	// Anonymous: names were replaced.
	Anonymous bool `json:"anonymous,omitempty"`
	// Everything: what is not here does not exist, as with manifests.
	Everything bool `json:"everything,omitempty"`
	// Read is what was read to its end.
	Read []SnapshotRead `json:"read,omitempty"`
	// Unread is what could not be read, and why.
	Unread []SnapshotGap `json:"unread,omitempty"`
	// Unevaluated are the objects of policy kinds that netguard does not
	// evaluate: their names are all that it reads.
	Unevaluated []SnapshotObject `json:"unevaluated,omitempty"`
	// Origins are the places where policies stood in manifests; none for a cluster.
	Origins []SnapshotOrigin `json:"origins,omitempty"`
	// Undeclared are the namespaces that no manifest declared, and that may have labels.
	Undeclared []string `json:"undeclared,omitempty"`
	// Placements say on which nodes pods of manifests may run, where that is not any.
	Placements []SnapshotPlacement `json:"placements,omitempty"`
	// Objects are API objects with the fields that netguard reads.
	Objects []any `json:"-"`
}

// SnapshotRead is one read: a list, or one object where it has a name.
type SnapshotRead struct {
	// Resource is the plural name of the kind; policykinds stands for every
	// policy kind that is not evaluated.
	Resource string `json:"resource"`
	// Namespace that was read; empty for all of them.
	Namespace string `json:"namespace,omitempty"`
	// Name of the one object that was read.
	Name string `json:"name,omitempty"`
	// Labels is the label selector of the read.
	Labels string `json:"labels,omitempty"`
	// Fields is the field selector of the read.
	Fields string `json:"fields,omitempty"`
}

// SnapshotGap is a read that failed.
type SnapshotGap struct {
	SnapshotRead `json:",inline"`
	// Reason is Forbidden, Failed or Invalid.
	Reason string `json:"reason"`
	// Message is the server's account of it.
	Message string `json:"message,omitempty"`
	// Group of the policy kind that could not be read.
	Group string `json:"group,omitempty"`
	// Kind of policies that could not be read.
	Kind string `json:"kind,omitempty"`
	// OnlyDenies: policies of the kind only take connections away.
	OnlyDenies bool `json:"onlyDenies,omitempty"`
	// Takes is the missing permission where it is more exact than the read's.
	Takes string `json:"takes,omitempty"`
}

// SnapshotObject is an object of a policy kind that is not evaluated.
type SnapshotObject struct {
	// Group of the API.
	Group string `json:"group,omitempty"`
	// Kind of the object.
	Kind string `json:"kind"`
	// Namespace of the object; empty for cluster-scoped kinds.
	Namespace string `json:"namespace,omitempty"`
	// Name of the object.
	Name string `json:"name"`
	// OnlyDenies: it only takes connections away.
	OnlyDenies bool `json:"onlyDenies,omitempty"`
	// ClusterWide: it reaches pods of every namespace.
	ClusterWide bool `json:"clusterWide,omitempty"`
}

// SnapshotOrigin tells where a policy stood in the manifests it came from.
type SnapshotOrigin struct {
	// Resource of the policy; absent for a NetworkPolicy.
	Resource string `json:"resource,omitempty"`
	// Namespace of the policy.
	Namespace string `json:"namespace"`
	// Name of the policy.
	Name string `json:"name"`
	// File as it was named.
	File string `json:"file"`
	// Line of the object's first line.
	Line int `json:"line,omitempty"`
	// Lines maps the paths of fields to their lines.
	Lines map[string]int `json:"lines,omitempty"`
}

// SnapshotPlacement is where a pod that a manifest would create may run.
type SnapshotPlacement struct {
	// Namespace of the pod.
	Namespace string `json:"namespace"`
	// Name of the pod.
	Name string `json:"name"`
	// Everywhere: the pod stands for one on every node.
	Everywhere bool `json:"everywhere,omitempty"`
	// Tolerates are the taints that it tolerates.
	Tolerates []string `json:"tolerates,omitempty"`
}
