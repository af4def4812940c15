package fleet

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
