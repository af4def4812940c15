package fleet

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func (m *maker) nodes() {
	for i := range m.size.Nodes {
		room := corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("16"), corev1.ResourceMemory: resource.MustParse("64Gi"), corev1.ResourcePods: resource.MustParse("110"),
		}
		m.add(&corev1.Node{
			ObjectMeta: made(metav1.ObjectMeta{Name: nodeName(i), UID: uid("node", i), Labels: map[string]string{
				"kubernetes.io/hostname": nodeName(i), "topology.kubernetes.io/zone": fmt.Sprintf("zone-%d", i%3),
				"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
			}}),
			Spec: corev1.NodeSpec{ProviderID: "example:///" + nodeName(i)},
			Status: corev1.NodeStatus{
				Capacity: room, Allocatable: room,
				Addresses: []corev1.NodeAddress{
					{Type: corev1.NodeInternalIP, Address: nodeIP(i)}, {Type: corev1.NodeHostName, Address: nodeName(i)},
				},
				Conditions: []corev1.NodeCondition{{
					Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", Message: "kubelet is posting ready status",
					LastHeartbeatTime: created(), LastTransitionTime: created(),
				}},
				NodeInfo: corev1.NodeSystemInfo{
					KubeletVersion: "v1.37.2", ContainerRuntimeVersion: "containerd://2.2.0", KernelVersion: "6.12.0", OperatingSystem: "linux", Architecture: "amd64",
				},
			},
		})
	}
}

func nodeName(i int) string { return fmt.Sprintf("node-%05d", i) }
func nodeIP(i int) string   { return fmt.Sprintf("10.0.%d.%d", i/250, i%250+1) }

// networkPlugin is the DaemonSet by which a network plugin is recognised; its pods
// are left out, so that all pods are those of Size.
func (m *maker) networkPlugin() {
	labels := map[string]string{"k8s-app": "calico-node"}
	m.add(&appsv1.DaemonSet{
		ObjectMeta: made(metav1.ObjectMeta{
			Name: "calico-node", Namespace: "kube-system", UID: uid("ds", 0), Labels: labels, Generation: 1,
			Annotations: map[string]string{appsv1.DeprecatedTemplateGeneration: "1"},
		}),
		Spec: appsv1.DaemonSetSpec{
			Selector:             &metav1.LabelSelector{MatchLabels: labels},
			RevisionHistoryLimit: pointer(int32(10)),
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{
				Type:          appsv1.RollingUpdateDaemonSetStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxUnavailable: pointer(intstr.FromInt32(1)), MaxSurge: pointer(intstr.FromInt32(0))},
			},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					HostNetwork: true, RestartPolicy: corev1.RestartPolicyAlways, DNSPolicy: corev1.DNSClusterFirst,
					TerminationGracePeriodSeconds: pointer(int64(0)), SecurityContext: &corev1.PodSecurityContext{}, SchedulerName: corev1.DefaultSchedulerName,
					Containers: []corev1.Container{{
						Name: "calico-node", Image: "docker.io/calico/node:v3.31.0", ImagePullPolicy: corev1.PullIfNotPresent,
						TerminationMessagePath: corev1.TerminationMessagePathDefault, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
					}},
				},
			},
		},
		Status: appsv1.DaemonSetStatus{ObservedGeneration: 1},
	})
}
