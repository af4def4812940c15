package fleet

import (
	"fmt"
	"math/rand"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
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

// replicas of a workload, on average.
const replicas = 5

// Cluster is the objects of a cluster.
type Cluster struct {
	Namespaces     []*corev1.Namespace
	Nodes          []*corev1.Node
	Pods           []*corev1.Pod
	Services       []*corev1.Service
	EndpointSlices []*discoveryv1.EndpointSlice
	Policies       []*networkingv1.NetworkPolicy
}

// Make makes the cluster of a size: every namespace holds a handful of apps of
// several tiers, which share labels across namespaces as teams' charts do.
func Make(s Size) *Cluster {
	m := &maker{size: s, rnd: rand.New(rand.NewSource(1))}
	m.namespaces()
	m.nodes()
	m.workloads()
	m.policies()
	return &m.Cluster
}

type maker struct {
	Cluster
	size Size
	rnd  *rand.Rand
	apps []app
}

// app is a workload: its namespace and labels.
type app struct {
	namespace, name, tier string
	labels                map[string]string
	ports                 []corev1.ContainerPort
}

func tiers() []string { return []string{"frontend", "backend", "database", "cache", "worker"} }

func (m *maker) namespaces() {
	for i := range m.size.Namespaces {
		name := fmt.Sprintf("team-%04d", i)
		switch i {
		case 0:
			name = "kube-system"
		case 1:
			name = "monitoring"
		case 2:
			name = "ingress-nginx"
		}
		m.Namespaces = append(m.Namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: name, UID: uid("ns", i), Labels: map[string]string{
				"kubernetes.io/metadata.name": name,
				"team":                        fmt.Sprintf("team-%d", i%40),
				"env":                         []string{"prod", "staging", "dev"}[i%3],
			},
		}})
	}
}

func (m *maker) nodes() {
	for i := range m.size.Nodes {
		m.Nodes = append(m.Nodes, &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: nodeName(i), UID: uid("node", i), Labels: map[string]string{
				"kubernetes.io/hostname": nodeName(i), "topology.kubernetes.io/zone": fmt.Sprintf("zone-%d", i%3),
			}},
			Status: corev1.NodeStatus{
				Addresses: []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: nodeIP(i)}},
				NodeInfo:  corev1.NodeSystemInfo{KubeletVersion: "v1.37.2"},
			},
		})
	}
}

func nodeName(i int) string { return fmt.Sprintf("node-%05d", i) }
func nodeIP(i int) string   { return fmt.Sprintf("10.0.%d.%d", i/250, i%250+1) }
func podIP(i int) string    { return fmt.Sprintf("10.%d.%d.%d", 64+i/62500, i/250%250, i%250+1) }

func uid(kind string, i int) types.UID {
	return types.UID(fmt.Sprintf("%08x-0000-4000-8000-%012x", len(kind), i))
}

func (m *maker) workloads() {
	count := max(m.size.Pods/replicas, 1)
	services := 0
	for i := range count {
		ns := m.Namespaces[i%len(m.Namespaces)].Name
		tier := tiers()[i/len(m.Namespaces)%len(tiers())]
		name := fmt.Sprintf("%s-%d", tier, i/len(m.Namespaces))
		a := app{
			namespace: ns, name: name, tier: tier,
			labels: map[string]string{
				"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": ns, "tier": tier, "version": fmt.Sprintf("v%d", i%7),
				"pod-template-hash": fmt.Sprintf("%010x", i*7919+1),
			},
			ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
		}
		if i%4 == 0 {
			a.ports = append(a.ports, corev1.ContainerPort{Name: "metrics", ContainerPort: 9090, Protocol: corev1.ProtocolTCP})
		}
		if tier == "database" {
			a.ports = []corev1.ContainerPort{{Name: "sql", ContainerPort: 5432, Protocol: corev1.ProtocolTCP}}
		}
		m.apps = append(m.apps, a)
		first := len(m.Pods)
		for range replicas {
			if len(m.Pods) < m.size.Pods {
				m.Pods = append(m.Pods, m.pod(a, len(m.Pods)))
			}
		}
		if services < m.size.Services {
			m.service(a, services, m.Pods[first:])
			services++
		}
	}
}

func (m *maker) pod(a app, i int) *corev1.Pod {
	node := m.rnd.Intn(m.size.Nodes)
	yes, grace := true, int64(30)
	labels := map[string]string{}
	for k, v := range a.labels {
		labels[k] = v
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("%s-%s-%05d", a.name, a.labels["pod-template-hash"], i), Namespace: a.namespace, UID: uid("pod", i), Labels: labels,
			Annotations: map[string]string{"prometheus.io/scrape": "true", "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "apps/v1", Kind: "ReplicaSet", Name: a.name + "-" + a.labels["pod-template-hash"], UID: uid("rs", i/replicas), Controller: &yes, BlockOwnerDeletion: &yes,
			}},
		},
		Spec: corev1.PodSpec{
			NodeName: nodeName(node), RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: &grace,
			DNSPolicy: corev1.DNSClusterFirst, ServiceAccountName: a.name, SchedulerName: "default-scheduler",
			Containers: []corev1.Container{{
				Name: "app", Image: "registry.example/" + a.name + ":1.2.3", ImagePullPolicy: corev1.PullIfNotPresent, Ports: a.ports,
				Env:                    environment(),
				TerminationMessagePath: "/dev/termination-log", TerminationMessagePolicy: corev1.TerminationMessageReadFile,
				VolumeMounts: []corev1.VolumeMount{{Name: "token", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true}},
			}},
			Volumes: []corev1.Volume{{Name: "token", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{}}}},
		},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: podIP(i), PodIPs: []corev1.PodIP{{IP: podIP(i)}}, HostIP: nodeIP(node), HostIPs: []corev1.HostIP{{IP: nodeIP(node)}},
			Conditions: []corev1.PodCondition{
				{Type: corev1.PodInitialized, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: corev1.ConditionTrue},
				{Type: corev1.ContainersReady, Status: corev1.ConditionTrue}, {Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
			},
			ContainerStatuses: []corev1.ContainerStatus{{
				Name: "app", Ready: true, Image: "registry.example/" + a.name + ":1.2.3",
				ImageID: "registry.example/" + a.name + "@sha256:0000000000000000000000000000000000000000000000000000000000000000",
			}},
			QOSClass: corev1.PodQOSBurstable,
		},
	}
}

// environment is what makes pods big: netguard reads none of it.
func environment() []corev1.EnvVar {
	out := make([]corev1.EnvVar, 20)
	for i := range out {
		out[i] = corev1.EnvVar{Name: fmt.Sprintf("SETTING_%02d", i), Value: "a value of the length that values have, such as https://service.example/path"}
	}
	return out
}

func (m *maker) service(a app, i int, pods []*corev1.Pod) {
	target := intstr.FromString(a.ports[0].Name)
	ip := fmt.Sprintf("10.32.%d.%d", i/250, i%250+1)
	m.Services = append(m.Services, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: a.name, Namespace: a.namespace, UID: uid("svc", i)},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: ip, ClusterIPs: []string{ip},
			Selector: map[string]string{"app.kubernetes.io/name": a.name},
			Ports:    []corev1.ServicePort{{Name: a.ports[0].Name, Port: 80, TargetPort: target, Protocol: corev1.ProtocolTCP}},
		},
	})
	port, protocol, name, ready := a.ports[0].ContainerPort, corev1.ProtocolTCP, a.ports[0].Name, true
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Name: a.name + "-abcde", Namespace: a.namespace, UID: uid("eps", i),
			Labels: map[string]string{discoveryv1.LabelServiceName: a.name},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: &name, Port: &port, Protocol: &protocol}},
	}
	for _, p := range pods {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{p.Status.PodIP}, NodeName: &p.Spec.NodeName, Conditions: discoveryv1.EndpointConditions{Ready: &ready},
			TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: p.Namespace, Name: p.Name},
		})
	}
	m.EndpointSlices = append(m.EndpointSlices, slice)
}
