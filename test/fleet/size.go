package fleet

import (
	"fmt"
	"strings"
)

// Size says how many objects a cluster has.
type Size struct {
	Name                              string
	Pods, Namespaces, Nodes, Services int
	Policies                          int
}

// Sizes are S, M and L, and XL: the thresholds up to which Kubernetes is tested
// (5,000 nodes, 150,000 pods, 10,000 Services), with 2,000 namespaces and 12,000
// policies.
func Sizes() []Size {
	return []Size{
		{Name: "S", Pods: 300, Namespaces: 12, Nodes: 10, Services: 40, Policies: 30},
		{Name: "M", Pods: 3_000, Namespaces: 60, Nodes: 100, Services: 300, Policies: 240},
		{Name: "L", Pods: 15_000, Namespaces: 250, Nodes: 500, Services: 1_200, Policies: 1_200},
		{Name: "XL", Pods: 150_000, Namespaces: 2_000, Nodes: 5_000, Services: 10_000, Policies: 12_000},
	}
}

// SizeOf returns the size of a name.
func SizeOf(name string) (Size, error) {
	for _, s := range Sizes() {
		if s.Name == name {
			return s, nil
		}
	}
	return Size{}, fmt.Errorf("size %q is none of S, M, L, XL", name)
}

// SizesOf returns the sizes of names that commas separate, in the order given.
func SizesOf(names string) ([]Size, error) {
	var out []Size
	for name := range strings.SplitSeq(names, ",") {
		s, err := SizeOf(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// What questions are asked about. Every size has these namespaces, and in each of
// them the workloads frontend-0, backend-1, database-2, cache-3 and worker-4, of
// which the first three have a Service.
const (
	// Ordinary is a namespace with the usual policies.
	Ordinary = "team-0007"
	// Shared is the namespace whose database-2 admits workloads of one team in
	// many namespaces: one pod in a hundred of the cluster, from size L on.
	Shared = "platform"
	// Open is a namespace without policies.
	Open = "team-0004"
)

// replicas of a workload.
const replicas = 5

// Pod returns the name of the first pod of the first workload of a tier ("frontend",
// "database", …) in a namespace.
func (s Size) Pod(namespace, tier string) (string, error) {
	for n := range s.Namespaces {
		for round, t := range tiers() {
			if namespaceName(n) == namespace && t == tier {
				a := newApp(s, round*s.Namespaces+n)
				return a.podName(0), nil
			}
		}
	}
	return "", fmt.Errorf("a cluster of size %s has no namespace %s with a %s", s.Name, namespace, tier)
}
