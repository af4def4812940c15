package anonymous

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Names knows what every name in a snapshot became.
type Names struct {
	// kinds maps each kind of name (a kind's short name, "v" for values of labels,
	// "h" for parts of host names) from old to new.
	kinds map[string]map[string]string
	// hashed are the ReplicaSets that are called after their Deployment and a hash.
	hashed map[string]hashed
	// agents are the DaemonSets of network plugins, which go by their names.
	agents map[string]bool
	// collecting: names are noted, and given out later, in order.
	collecting bool
}

type hashed struct{ deployment, hash string }

// Of gives every name in the snapshot a new one. They are numbered in the order
// of the old ones, so that sorted lists stay sorted.
func Of(s *snapshot.Snapshot) *Names {
	n := &Names{kinds: map[string]map[string]string{}, hashed: map[string]hashed{}, agents: map[string]bool{}, collecting: true}
	n.readOwners(s)
	n.Snapshot(s)
	n.collecting = false
	for kind, names := range n.kinds {
		width := len(strconv.Itoa(len(names)))
		for i, old := range slices.Sorted(maps.Keys(names)) {
			names[old] = fmt.Sprintf("%s-%0*d", kind, width, i+1)
		}
	}
	return n
}

// name is what a name of a kind became. One that the snapshot does not hold, of a
// question that has no answer, gets the next number.
func (n *Names) name(kind, old string) string {
	if old == "" {
		return ""
	}
	names := n.kinds[kind]
	if names == nil {
		names = map[string]string{}
		n.kinds[kind] = names
	}
	switch made, ok := names[old]; {
	case n.collecting:
		names[old] = ""
		return old
	case ok:
		return made
	default:
		names[old] = fmt.Sprintf("%s-%d", kind, len(names)+1)
		return names[old]
	}
}

// Namespace is what a namespace became. Those that Kubernetes makes, and those
// by which controllers are recognised, keep their names.
func (n *Names) Namespace(old string) string {
	if old == "default" || strings.HasPrefix(old, "kube-") || strings.HasPrefix(old, "openshift-") || old == "istio-system" ||
		frontdoor.KnownNamespace(old) {
		return old
	}
	return n.name("ns", old)
}

// Names is what an object's namespace and name became.
func (n *Names) Names(kind string, old snapshot.Name) snapshot.Name {
	return snapshot.Name{Namespace: n.Namespace(old.Namespace), Name: n.Object(kind, old.Name)}
}

// Object is what an object of an API kind became.
func (n *Names) Object(kind, old string) string {
	short := reference.Kind(kind).Short()
	if short == "" {
		short = strings.ToLower(kind)
	}
	switch kind {
	case "Namespace":
		return n.Namespace(old)
	case "ReplicaSet":
		if h, ok := n.hashed[old]; ok {
			return n.Object("Deployment", h.deployment) + "-" + h.hash
		}
	case "DaemonSet":
		if n.agents[old] || old == "node-local-dns" {
			return old
		}
	case "Service":
		switch old {
		case "kubernetes", "kube-dns", "coredns", "rke2-coredns-rke2-coredns", "dns-default":
			return old // as clusters call them, and as DNS is looked for
		}
	}
	if slices.ContainsFunc(kinds.All(), func(k *kinds.Kind) bool { return k.Name == kind && k.Public }) {
		return old
	}
	if base, ok := strings.CutSuffix(old, "*"); ok {
		return n.name(short, base) + "-*" // stands for all pods of a workload
	}
	return n.name(short, old)
}

// readOwners finds the names that are made of others.
func (n *Names) readOwners(s *snapshot.Snapshot) {
	note := func(set, deployment string) {
		if hash, ok := strings.CutPrefix(set, deployment+"-"); ok && deployment != "" {
			n.hashed[set] = hashed{deployment, hash}
		}
	}
	for _, w := range s.Workloads() {
		switch {
		case w.Kind == "ReplicaSet" && w.Owner.Kind == "Deployment":
			note(w.Name.Name, w.Owner.Name)
		case cni.IsAgent(w):
			n.agents[w.Name.Name] = true
		}
	}
	for _, p := range s.Pods() {
		if deployment, ok := strings.CutSuffix(p.Owner.Name, "-"+p.Labels["pod-template-hash"]); ok && p.Owner.Kind == "ReplicaSet" {
			note(p.Owner.Name, deployment)
		}
	}
}

// Host is what a host name became, part by part, so that *.example.com covers
// what it covered. A name in a cluster's own domain is a Service's. What a cloud's own
// names tell of a load balancer stays.
func (n *Names) Host(old string) string {
	if old == "" {
		return ""
	}
	for _, cloud := range []string{".elb.amazonaws.com", ".elb.amazonaws.com.cn", ".cfargotunnel.com"} {
		if bare, ok := strings.CutSuffix(old, cloud); ok && bare != "" {
			inside, internal := strings.CutPrefix(bare, "internal-")
			if internal {
				return "internal-" + n.Host(inside) + cloud
			}
			return n.Host(inside) + cloud
		}
	}
	parts := strings.Split(old, ".")
	if len(parts) >= 3 && parts[2] == "svc" {
		parts[0], parts[1] = n.Object("Service", parts[0]), n.Namespace(parts[1])
		return strings.Join(parts, ".")
	}
	for i, p := range parts {
		if p != "*" {
			parts[i] = n.name("h", p)
		}
	}
	return strings.Join(parts, ".")
}

// Path is what a path became, and the root of all is what it was.
func (n *Names) Path(old string) string {
	if old == "" || old == "/" {
		return old
	}
	return "/" + strings.TrimPrefix(n.name("path", old), "/")
}

// value is what a label's value became. Labels that carry the name of an object
// follow it.
func (n *Names) value(key, old string) string {
	if prefix, open := selector.OpenValue(old); open {
		if prefix == "" {
			return old
		}
		return n.name("v", prefix) + "-" + selector.Open
	}
	switch key {
	case "kubernetes.io/metadata.name", "gateway.envoyproxy.io/owning-gateway-namespace":
		return n.Namespace(old)
	case "kubernetes.io/hostname":
		return n.Object("Node", old)
	case "kubernetes.io/service-name":
		return n.Object("Service", old)
	case "statefulset.kubernetes.io/pod-name":
		return n.Object("Pod", old)
	case "job-name", "batch.kubernetes.io/job-name":
		return n.Object("Job", old)
	case "gateway.networking.k8s.io/gateway-name", "gateway.envoyproxy.io/owning-gateway-name":
		return n.Object("Gateway", old)
	case "gateway.networking.k8s.io/gateway-class-name", "gateway.envoyproxy.io/owning-gatewayclass",
		"istio.io/dataplane-mode", "pod-template-hash", "controller-revision-hash", "pod-template-generation", "apps.kubernetes.io/pod-index":
		return old
	}
	switch old {
	case "true", "false", "kube-dns", "node-local-dns":
		return old
	}
	if frontdoor.KnownLabel(key, old) || key == "app.kubernetes.io/name" && old == "cert-manager" {
		return old
	}
	return n.name("v", old)
}

// Labels are what labels became.
func (n *Names) Labels(old map[string]string) map[string]string {
	if old == nil {
		return nil
	}
	out := make(map[string]string, len(old))
	for key, value := range old {
		out[key] = n.value(key, value)
	}
	return out
}

// Reference is what a reference became.
func (n *Names) Reference(r reference.Reference) reference.Reference {
	switch r.Form {
	case reference.FormObject:
		r.Namespace, r.Name = n.Namespace(r.Namespace), n.Object(string(r.Kind), r.Name)
	case reference.FormLabels:
		r.Namespace, r.Labels = n.Namespace(r.Namespace), n.Labels(r.Labels)
	case reference.FormAddress, reference.FormInternet:
	}
	return r
}
