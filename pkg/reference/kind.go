package reference

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// Kind is the API kind of an object that can be named, for instance "Deployment".
type Kind string

// The kinds that a reference can name, as far as code means one of them; package kinds has them all.
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
	UDPRoute              Kind = "UDPRoute"
)

// row is the kind's entry in the table of kinds; nil if it has none.
func (k Kind) row() *kinds.Kind { return kinds.ByType(string(k)) }

// Kinds returns every kind that a reference can name, in a fixed order.
func Kinds() []Kind {
	var out []Kind
	for _, r := range kinds.Types() {
		out = append(out, Kind(r.Name))
	}
	return out
}

// ParseKind reads a type as kubectl takes it: singular, plural or short, qualified by group or by version and group
// (deployments.apps, deployments.v1.apps), in any case. It reports false if there is no such type.
func ParseKind(text string) (Kind, bool) {
	name, qualifier, qualified := strings.Cut(strings.ToLower(text), ".")
	for _, r := range kinds.Types() {
		if name != r.Resource.Plural() && name != r.Singular() && (name != r.Short || name == "") {
			continue
		}
		if version, group, two := strings.Cut(qualifier, "."); two && isVersion(version) {
			qualifier = group
		}
		if !qualified || r.Group != "" && qualifier == r.Group {
			return Kind(r.Name), true
		}
		return "", false
	}
	return "", false
}

// isVersion reports whether text looks like v1 or v1beta1.
func isVersion(text string) bool {
	return len(text) > 1 && text[0] == 'v' && text[1] >= '1' && text[1] <= '9'
}

// Resource is the kind's name in permissions and plans, see [kinds.Resource]: "deployments". It is empty for an
// unknown kind.
func (k Kind) Resource() string {
	if r := k.row(); r != nil {
		return string(r.Resource)
	}
	return ""
}

// Group is the API group, empty for the core group: "apps".
func (k Kind) Group() string {
	if r := k.row(); r != nil {
		return r.Group
	}
	return ""
}

// Short is the name that netguard writes, one that kubectl understands: "deploy". It is the singular where kubectl's
// short name is hardly shorter (pod, node) or does not exist (job, httproute).
func (k Kind) Short() string {
	if r := k.row(); r != nil {
		return r.Type
	}
	return ""
}

// Namespaced reports whether objects of the kind live in a namespace.
func (k Kind) Namespaced() bool { r := k.row(); return r != nil && !r.Cluster }

// IsWorkload reports whether objects of the kind own pods, directly or through another workload.
func (k Kind) IsWorkload() bool { r := k.row(); return r != nil && r.Owner }

// IsDoor reports whether objects of the kind are front doors, by which traffic enters.
func (k Kind) IsDoor() bool { r := k.row(); return r != nil && r.Door }

// nearestType returns the type name most like the text, or "" if none is alike.
func nearestType(text string) string {
	text = strings.ToLower(text)
	if len(text) < 2 || len(text) > 40 {
		return ""
	}
	best, bestDistance := "", 3
	for _, r := range kinds.Types() {
		for _, name := range []string{r.Singular(), r.Resource.Plural(), r.Short} {
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
