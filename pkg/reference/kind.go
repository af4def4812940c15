package reference

import "strings"

// Kind is the API kind of an object that can be named, for instance "Deployment".
type Kind string

// The kinds that a reference can name.
const (
	Pod                   Kind = "Pod"
	Service               Kind = "Service"
	Deployment            Kind = "Deployment"
	ReplicaSet            Kind = "ReplicaSet"
	StatefulSet           Kind = "StatefulSet"
	DaemonSet             Kind = "DaemonSet"
	ReplicationController Kind = "ReplicationController"
	Job                   Kind = "Job"
	CronJob               Kind = "CronJob"
	Ingress               Kind = "Ingress"
	Namespace             Kind = "Namespace"
	Node                  Kind = "Node"
	Gateway               Kind = "Gateway"
	HTTPRoute             Kind = "HTTPRoute"
	GRPCRoute             Kind = "GRPCRoute"
	TLSRoute              Kind = "TLSRoute"
	TCPRoute              Kind = "TCPRoute"
)

// row is what `kubectl api-resources` says about a kind. The singular is the kind in lower case.
type row struct {
	kind    Kind
	group   string
	plural  string
	short   string // kubectl's short name, if there is one
	display string // how netguard writes it
	scope   scope
}

type scope uint8

const (
	namespaced scope = iota
	workload         // namespaced, and the owner of pods
	cluster
)

func table() []row {
	const gateway = "gateway.networking.k8s.io"
	return []row{
		{Pod, "", "pods", "po", "pod", namespaced},
		{Service, "", "services", "svc", "svc", namespaced},
		{Deployment, "apps", "deployments", "deploy", "deploy", workload},
		{ReplicaSet, "apps", "replicasets", "rs", "rs", workload},
		{StatefulSet, "apps", "statefulsets", "sts", "sts", workload},
		{DaemonSet, "apps", "daemonsets", "ds", "ds", workload},
		{ReplicationController, "", "replicationcontrollers", "rc", "rc", workload},
		{Job, "batch", "jobs", "", "job", workload},
		{CronJob, "batch", "cronjobs", "cj", "cj", workload},
		{Ingress, "networking.k8s.io", "ingresses", "ing", "ing", namespaced},
		{Namespace, "", "namespaces", "ns", "ns", cluster},
		{Node, "", "nodes", "no", "node", cluster},
		{Gateway, gateway, "gateways", "gtw", "gtw", namespaced},
		{HTTPRoute, gateway, "httproutes", "", "httproute", namespaced},
		{GRPCRoute, gateway, "grpcroutes", "", "grpcroute", namespaced},
		{TLSRoute, gateway, "tlsroutes", "", "tlsroute", namespaced},
		{TCPRoute, gateway, "tcproutes", "", "tcproute", namespaced},
	}
}

func (r row) singular() string { return strings.ToLower(string(r.kind)) }

// row is the kind's entry in the table; the zero row if it has none.
func (k Kind) row() row {
	for _, r := range table() {
		if r.kind == k {
			return r
		}
	}
	return row{}
}

// Kinds returns every kind that a reference can name, in a fixed order.
func Kinds() []Kind {
	var kinds []Kind
	for _, r := range table() {
		kinds = append(kinds, r.kind)
	}
	return kinds
}

// ParseKind reads a type as kubectl takes it: singular, plural or short, qualified by group or by version and group
// (deployments.apps, deployments.v1.apps), in any case. It reports false if there is no such type.
func ParseKind(text string) (Kind, bool) {
	name, qualifier, qualified := strings.Cut(strings.ToLower(text), ".")
	for _, r := range table() {
		if name != r.plural && name != r.singular() && (name != r.short || name == "") {
			continue
		}
		if version, group, two := strings.Cut(qualifier, "."); two && isVersion(version) {
			qualifier = group
		}
		if !qualified || r.group != "" && qualifier == r.group {
			return r.kind, true
		}
		return "", false
	}
	return "", false
}

// isVersion reports whether text looks like v1 or v1beta1.
func isVersion(text string) bool {
	return len(text) > 1 && text[0] == 'v' && text[1] >= '1' && text[1] <= '9'
}

// Resource is the plural name in lower case, as in an API path: "deployments". It is empty for an unknown kind.
func (k Kind) Resource() string { return k.row().plural }

// Group is the API group, empty for the core group: "apps".
func (k Kind) Group() string { return k.row().group }

// Short is the name that netguard writes, one that kubectl understands: "deploy". It is the singular where kubectl's
// short name is hardly shorter (pod, node) or does not exist (job, httproute).
func (k Kind) Short() string { return k.row().display }

// Namespaced reports whether objects of the kind live in a namespace.
func (k Kind) Namespaced() bool { return k.row().kind != "" && k.row().scope != cluster }

// IsWorkload reports whether objects of the kind own pods, directly or through another workload.
func (k Kind) IsWorkload() bool { return k.row().scope == workload }

// nearestType returns the type name most like the text, or "" if none is alike.
func nearestType(text string) string {
	text = strings.ToLower(text)
	if len(text) < 2 || len(text) > 40 {
		return ""
	}
	best, bestDistance := "", 3
	for _, r := range table() {
		for _, name := range []string{r.singular(), r.plural, r.short} {
			if d := distance(text, name); d < bestDistance && 2*d < len(name) {
				best, bestDistance = name, d
			}
		}
	}
	return best
}

// distance counts the letters to insert, delete, replace or swap with their neighbour to turn a into b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j]+change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
