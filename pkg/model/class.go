package model

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Class is pods of one workload that nothing but their names, addresses and nodes
// tells apart: they share namespace, labels, ports, phase, IP families and the
// host's network or their own. A bare pod is a class by itself. Questions about
// everybody are asked once a class, not once a pod.
type Class struct {
	// Number is the class's place among [Model.Classes].
	Number int
	// Namespace of the pods: one string for all classes in it, quick to compare.
	Namespace string
	// Pods are never empty, and in the snapshot's order; Names are theirs.
	Pods  []*snapshot.Pod
	Names []string
	// Owner is the workload that the pods belong to in the end ([Model.TopOwner]),
	// and Workload its number: classes of one workload share it. Workloads are
	// numbered by namespace, kind and name.
	Owner    snapshot.Owner
	Workload int
	// Ingress and Egress are the policies that bind the pods, as [Model.Binding]
	// has them. Classes of one namespace that the same policies bind share them.
	Ingress, Egress policy.Stack
}

// Classes returns the classes of all pods that have not finished. Those of a
// namespace stand together, in the order of their first pods. They are made on
// first use: questions about a few named pods never need them.
func (m *Model) Classes() []*Class { return m.classes() }

// ClassesIn returns the classes of one namespace.
func (m *Model) ClassesIn(namespace string) []*Class {
	all := m.Classes()
	compare := func(c *Class, ns string) int { return strings.Compare(c.Namespace, ns) }
	first, _ := slices.BinarySearchFunc(all, namespace, compare)
	end := first
	for end < len(all) && all[end].Namespace == namespace {
		end++
	}
	return all[first:end]
}

func (m *Model) makeClasses() []*Class {
	var out []*Class
	pods := m.Pods()
	seed := maphash.MakeSeed()
	workloads := 0
	for first := 0; first < len(pods); {
		end := first
		for end < len(pods) && pods[end].Namespace == pods[first].Namespace {
			end++
		}
		var classes []*Class
		classes, workloads = m.classesOf(pods[first:end], seed, workloads)
		out = append(out, classes...)
		first = end
	}
	for i, c := range out {
		c.Number = i
	}
	return out
}

// classesLike are the classes, of which another model has most where the pods are the
// same ones.
func (m *Model) classesLike(other *Model) []*Class {
	if !m.SamePods(other) {
		return m.makeClasses()
	}
	out := slices.Clone(other.Classes())
	for first := 0; first < len(out); {
		ns := out[first].Namespace
		end := first
		for end < len(out) && out[end].Namespace == ns {
			end++
		}
		if here := out[first:end]; !m.sameBindings(other, ns) {
			for i, c := range here {
				own := *c
				own.Ingress, own.Egress = nil, nil
				here[i] = &own
			}
			m.isolate(here)
		}
		first = end
	}
	return out
}

// sameBindings tells whether the same policies may bind the pods of a namespace.
func (m *Model) sameBindings(other *Model, namespace string) bool {
	return slices.Equal(m.PoliciesIn(namespace), other.PoliciesIn(namespace)) && same(m.compiled().wide, other.compiled().wide)
}

// SamePods tells whether the pods of two models are the very same ones, and their
// owners, namespaces and nodes, too: then there are the same classes, in the same
// order, which differ in the policies that isolate them.
func (m *Model) SamePods(other *Model) bool {
	return same(m.Pods(), other.Pods()) && same(m.Workloads(), other.Workloads()) &&
		same(m.Namespaces(), other.Namespaces()) && same(m.Nodes(), other.Nodes())
}

// same tells whether two lists are one and the same.
func same[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// classesOf sorts the pods of one namespace into classes, whose workloads it
// numbers from next on.
func (m *Model) classesOf(pods []*snapshot.Pod, seed maphash.Seed, next int) ([]*Class, int) {
	var out []*Class
	buckets := map[uint64][]*Class{}
	for _, p := range pods {
		if p.Finished() {
			continue
		}
		key := fingerprint(p, seed)
		at := slices.IndexFunc(buckets[key], func(c *Class) bool { return alike(c.Pods[0], p) })
		if at < 0 {
			kind, name := m.TopOwner(p)
			c := &Class{Namespace: pods[0].Namespace, Owner: snapshot.Owner{Kind: kind, Name: name.Name}}
			buckets[key] = append(buckets[key], c)
			out = append(out, c)
			at = len(buckets[key]) - 1
		}
		c := buckets[key][at]
		c.Pods = append(c.Pods, p)
	}
	names := make([]string, 0, len(pods))
	for _, c := range out {
		first := len(names)
		for _, p := range c.Pods {
			names = append(names, p.Name.Name)
		}
		c.Names = names[first:len(names):len(names)]
	}
	m.isolate(out)
	return out, numberWorkloads(out, next)
}

// numberWorkloads numbers the workloads of the classes of one namespace from next
// on, and returns the number after them.
func numberWorkloads(classes []*Class, next int) int {
	byOwner := slices.Clone(classes)
	slices.SortFunc(byOwner, func(a, b *Class) int {
		return cmp.Or(strings.Compare(a.Owner.Kind, b.Owner.Kind), strings.Compare(a.Owner.Name, b.Owner.Name))
	})
	for i, c := range byOwner {
		if i > 0 && c.Owner != byOwner[i-1].Owner {
			next++
		}
		c.Workload = next
	}
	return next + min(len(classes), 1)
}

// isolate finds the policies of the classes of one namespace.
func (m *Model) isolate(classes []*Class) {
	if len(classes) == 0 {
		return
	}
	ns := classes[0].Namespace
	into, from := m.reaching(ns, report.Ingress), m.reaching(ns, report.Egress)
	if len(m.PoliciesIn(ns))+len(into)+len(from) == 0 && !m.Plugin.Behaviour.UnpolicedDenied {
		return
	}
	shared := [2]map[string]policy.Stack{{}, {}}
	share := func(s policy.Stack, d int) policy.Stack {
		var key []byte
		for i := range s {
			key = append(key, 1)
			for _, p := range s[i].Policies {
				key = append(key, fmt.Sprintf("%p ", p)...)
			}
		}
		if have, ok := shared[d][string(key)]; ok {
			return have
		}
		shared[d][string(key)] = s
		return s
	}
	for _, c := range classes {
		pod := c.Pods[0]
		c.Ingress = share(m.stack(pod, m.Isolating(pod, report.Ingress), into), 0)
		c.Egress = share(m.stack(pod, m.Isolating(pod, report.Egress), from), 1)
	}
}

// fingerprint is equal for pods that are [alike]. Labels are a set, so theirs add up.
func fingerprint(p *snapshot.Pod, seed maphash.Seed) uint64 {
	sum := maphash.String(seed, p.Owner.Name)
	for k, v := range p.Labels {
		sum += maphash.Comparable(seed, [2]string{k, v})
	}
	return sum
}

func alike(a, b *snapshot.Pod) bool {
	return a.Owner.Name != "" && a.Owner.Kind != nodeKind && a.HostNetwork == b.HostNetwork && a.Phase == b.Phase && a.Owner == b.Owner &&
		maps.Equal(a.Labels, b.Labels) && slices.Equal(a.Ports, b.Ports) && a.Several() == b.Several() && sameFamilies(a.IPs, b.IPs) && sameFamilies(a.HostIPs, b.HostIPs)
}

func sameFamilies(a, b []netip.Addr) bool {
	return slices.EqualFunc(a, b, func(x, y netip.Addr) bool { return x.Is4() == y.Is4() })
}
