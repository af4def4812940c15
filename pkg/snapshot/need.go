package snapshot

import (
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// Resource is the name of a kind in the table of package kinds.
type Resource = kinds.Resource

// Resources that code means by name.
const (
	Namespaces             Resource = "namespaces"
	Pods                   Resource = "pods"
	Services               Resource = "services"
	EndpointSlices         Resource = "endpointslices"
	NetworkPolicies        Resource = "networkpolicies"
	Nodes                  Resource = "nodes"
	ConfigMaps             Resource = "configmaps"
	Deployments            Resource = "deployments"
	ReplicaSets            Resource = "replicasets"
	StatefulSets           Resource = "statefulsets"
	DaemonSets             Resource = "daemonsets"
	ReplicationControllers Resource = "replicationcontrollers"
	Jobs                   Resource = "jobs"
	CronJobs               Resource = "cronjobs"
	// PolicyKinds stands for every policy kind that netguard does not evaluate:
	// discovery tells which are served, and each of those is listed.
	PolicyKinds Resource = "policykinds"
)

// Need is one thing to read: a list, or one object when Name is set. Namespace
// "" means all namespaces (or a cluster-scoped kind).
type Need struct {
	Resource  Resource
	Namespace string
	Name      string
	// Labels and Fields are selectors for the server; "" selects everything.
	Labels string
	Fields string
}

// Covers reports whether whoever has read n also knows what o asks for.
func (n Need) Covers(o Need) bool {
	return n.Resource == o.Resource &&
		(n.Namespace == "" && n.Name == "" || n.Namespace == o.Namespace) &&
		(n.Name == "" || n.Name == o.Name) &&
		(n.Labels == "" || n.Labels == o.Labels) &&
		(n.Fields == "" || n.Fields == o.Fields)
}

// Permission says in the words of an RBAC rule what reading n takes, such as
// `list pods in all namespaces` or `get services in namespace "bank"`.
func (n Need) Permission() string {
	if n.Resource == PolicyKinds {
		return "list every policy kind that the API server serves"
	}
	verb := "list"
	if n.Name != "" {
		verb = "get"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", verb, n.Resource)
	switch {
	case n.Namespace != "":
		fmt.Fprintf(&b, " in namespace %q", n.Namespace)
	case !n.ClusterScoped():
		b.WriteString(" in all namespaces")
	}
	return b.String()
}

// ClusterScoped reports whether the kind has no namespaces.
func (n Need) ClusterScoped() bool {
	k := kinds.Of(n.Resource)
	return k != nil && k.Cluster || n.Resource == PolicyKinds
}

// GapReason says why a Need was not met.
type GapReason string

// Reasons for a Gap.
const (
	GapForbidden GapReason = "Forbidden"
	GapFailed    GapReason = "Failed"
	// GapInvalid: an object was read but its content cannot be evaluated.
	GapInvalid GapReason = "Invalid"
)

// Gap is something that a question needed and that could not be read. Message
// is the server's or the parser's own account of it.
//
// One Need may have several gaps: PolicyKinds has one for each Group and Kind
// that could not be read; both are empty for other resources, and when it is not
// even known which kinds there are.
type Gap struct {
	Need    Need
	Reason  GapReason
	Message string
	Group   string
	Kind    string
	// OnlyDenies: objects of the kind only take connections away, as with [Unmodelled].
	OnlyDenies bool
	// Takes is the permission that was missing where that is more exact than
	// the Need's, which may stand for several.
	Takes string
}

// Permission says in the words of an RBAC rule what closing the gap takes.
func (g Gap) Permission() string {
	if g.Takes != "" {
		return g.Takes
	}
	return g.Need.Permission()
}
