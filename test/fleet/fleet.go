package fleet

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"math/rand"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// Object is an API object: one of the pointers that Cluster holds.
type Object interface {
	runtime.Object
	metav1.Object
}

// Cluster is the objects of a cluster, but for the addresses of Services.
type Cluster struct {
	Namespaces     []*corev1.Namespace
	Nodes          []*corev1.Node
	Pods           []*corev1.Pod
	Services       []*corev1.Service
	EndpointSlices []*discoveryv1.EndpointSlice
	Policies       []*networkingv1.NetworkPolicy
	Deployments    []*appsv1.Deployment
	ReplicaSets    []*appsv1.ReplicaSet
	DaemonSets     []*appsv1.DaemonSet
}

// Make makes the cluster of a size: every namespace holds a handful of apps of
// several tiers, which share labels across namespaces as teams' charts do.
func Make(s Size) *Cluster {
	var c Cluster
	for o := range Objects(s) {
		switch o := o.(type) {
		case *corev1.Namespace:
			c.Namespaces = append(c.Namespaces, o)
		case *corev1.Node:
			c.Nodes = append(c.Nodes, o)
		case *corev1.Pod:
			c.Pods = append(c.Pods, o)
		case *corev1.Service:
			c.Services = append(c.Services, o)
		case *discoveryv1.EndpointSlice:
			c.EndpointSlices = append(c.EndpointSlices, o)
		case *networkingv1.NetworkPolicy:
			c.Policies = append(c.Policies, o)
		case *appsv1.Deployment:
			c.Deployments = append(c.Deployments, o)
		case *appsv1.ReplicaSet:
			c.ReplicaSets = append(c.ReplicaSets, o)
		case *appsv1.DaemonSet:
			c.DaemonSets = append(c.DaemonSets, o)
		}
	}
	return &c
}

// Objects yields the objects one at a time: 150,000 pods need not be held to be
// written somewhere.
func Objects(s Size) iter.Seq[Object] {
	return func(yield func(Object) bool) {
		m := &maker{size: s, rnd: rand.New(rand.NewSource(1)), yield: yield}
		m.namespaces()
		m.nodes()
		m.networkPlugin()
		m.workloads()
		m.policies()
	}
}

// maker makes objects in order until nobody wants more of them.
type maker struct {
	size  Size
	rnd   *rand.Rand
	yield func(Object) bool
	done  bool
}

func (m *maker) add(o Object) { m.done = m.done || !m.yield(o) }

func (m *maker) namespaces() {
	for i := range m.size.Namespaces {
		name := namespaceName(i)
		m.add(&corev1.Namespace{
			ObjectMeta: made(metav1.ObjectMeta{
				Name: name, UID: uid("ns", i), Labels: map[string]string{
					"kubernetes.io/metadata.name": name,
					"team":                        fmt.Sprintf("team-%d", i%40),
					"env":                         []string{"prod", "staging", "dev"}[i%3],
				},
			}),
			Spec:   corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{corev1.FinalizerKubernetes}},
			Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
		})
	}
}

func namespaceName(i int) string {
	switch i {
	case 0:
		return "kube-system"
	case 1:
		return "monitoring"
	case 2:
		return "ingress-nginx"
	case 3:
		return Shared
	default:
		return fmt.Sprintf("team-%04d", i)
	}
}

// created is when everything was made: a cluster that is the same every time has
// no clock.
func created() metav1.Time { return metav1.Unix(1_767_225_600, 0) }

func made(o metav1.ObjectMeta) metav1.ObjectMeta {
	o.CreationTimestamp = created()
	return o
}

func uid(kind string, i int) types.UID {
	d := digest(kind, i)
	return types.UID(fmt.Sprintf("%s-%s-4%s-8%s-%s", d[:8], d[8:12], d[13:16], d[17:20], d[20:32]))
}

// digest is 64 digits that look random, as those of containers and images do: a
// transfer that is compressed should be no cheaper than with real pods.
func digest(kind string, i int) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, i)))
}

func pointer[T any](v T) *T { return &v }
