package fleet

import (
	"fmt"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// app is a workload: a Deployment, its ReplicaSet and their pods.
type app struct {
	number                int
	namespace, name, tier string
	hash                  string
	labels                map[string]string
	ports                 []corev1.ContainerPort
}

func tiers() []string { return []string{"frontend", "backend", "database", "cache", "worker"} }

// newApp makes the i-th workload: one after the other goes to the next namespace.
func newApp(s Size, i int) app {
	ns := namespaceName(i % s.Namespaces)
	round := i / s.Namespaces
	tier := tiers()[round%len(tiers())]
	name := fmt.Sprintf("%s-%d", tier, round)
	a := app{
		number: i, namespace: ns, name: name, tier: tier, hash: fmt.Sprintf("%010x", i*7919+1),
		labels: map[string]string{
			"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": ns, "tier": tier, "version": fmt.Sprintf("v%d", i%7),
		},
		ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
	}
	if i%4 == 0 {
		a.ports = append(a.ports, corev1.ContainerPort{Name: "metrics", ContainerPort: 9090, Protocol: corev1.ProtocolTCP})
	}
	if tier == "database" {
		a.ports = []corev1.ContainerPort{{Name: "sql", ContainerPort: 5432, Protocol: corev1.ProtocolTCP}}
	}
	return a
}

func (a app) replicaSet() string { return a.name + "-" + a.hash }

// podName is that of a replica, counted from 0.
func (a app) podName(replica int) string {
	return fmt.Sprintf("%s-%05d", a.replicaSet(), a.number*replicas+replica)
}

func (a app) podLabels() map[string]string {
	out := maps.Clone(a.labels)
	out["pod-template-hash"] = a.hash
	return out
}

// workloads makes as many as have the pods of Size, but for those on the nodes.
func (m *maker) workloads() {
	pods := m.size.Nodes
	for i := 0; pods < m.size.Pods && !m.done; i++ {
		a := newApp(m.size, i)
		count := min(replicas, m.size.Pods-pods)
		m.deployment(a, count)
		var behind []*corev1.Pod
		for r := range count {
			p := m.pod(a, r)
			behind = append(behind, p)
			m.add(p)
		}
		pods += count
		if i < m.size.Services {
			m.service(a, behind)
		}
	}
}

func (m *maker) deployment(a app, count int) {
	spec := podSpec(a)
	owner := metav1.OwnerReference{APIVersion: "apps/v1", Kind: "Deployment", Name: a.name, UID: uid("deployment", a.number), Controller: pointer(true), BlockOwnerDeletion: pointer(true)}
	m.add(&appsv1.Deployment{
		ObjectMeta: made(metav1.ObjectMeta{
			Name: a.name, Namespace: a.namespace, UID: owner.UID, Labels: a.labels, Generation: 1,
			Annotations: map[string]string{"deployment.kubernetes.io/revision": "1"},
		}),
		Spec: appsv1.DeploymentSpec{
			Replicas: pointer(int32(count)), Selector: &metav1.LabelSelector{MatchLabels: a.labels},
			RevisionHistoryLimit: pointer(int32(10)), ProgressDeadlineSeconds: pointer(int32(600)),
			Strategy: appsv1.DeploymentStrategy{
				Type: appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{
					MaxUnavailable: pointer(intstr.FromString("25%")), MaxSurge: pointer(intstr.FromString("25%")),
				},
			},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: a.labels, Annotations: podAnnotations()}, Spec: spec},
		},
		Status: appsv1.DeploymentStatus{
			ObservedGeneration: 1, Replicas: int32(count), UpdatedReplicas: int32(count), ReadyReplicas: int32(count), AvailableReplicas: int32(count),
		},
	})
	m.add(&appsv1.ReplicaSet{
		ObjectMeta: made(metav1.ObjectMeta{
			Name: a.replicaSet(), Namespace: a.namespace, UID: uid("rs", a.number), Labels: a.podLabels(), Generation: 1,
			Annotations:     map[string]string{"deployment.kubernetes.io/desired-replicas": fmt.Sprint(count), "deployment.kubernetes.io/revision": "1"},
			OwnerReferences: []metav1.OwnerReference{owner},
		}),
		Spec: appsv1.ReplicaSetSpec{
			Replicas: pointer(int32(count)), Selector: &metav1.LabelSelector{MatchLabels: a.podLabels()},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: a.podLabels(), Annotations: podAnnotations()}, Spec: spec},
		},
		Status: appsv1.ReplicaSetStatus{
			ObservedGeneration: 1, Replicas: int32(count), FullyLabeledReplicas: int32(count), ReadyReplicas: int32(count), AvailableReplicas: int32(count),
		},
	})
}
