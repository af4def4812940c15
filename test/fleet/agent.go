package fleet

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// agent is the name of the network plugin's DaemonSet.
const agent = "calico-node"

func agentLabels() map[string]string { return map[string]string{"k8s-app": agent} }

func agentSpec() corev1.PodSpec {
	return corev1.PodSpec{
		HostNetwork: true, ServiceAccountName: agent, DeprecatedServiceAccount: agent, RestartPolicy: corev1.RestartPolicyAlways, DNSPolicy: corev1.DNSClusterFirst,
		TerminationGracePeriodSeconds: pointer(int64(0)), SecurityContext: &corev1.PodSecurityContext{}, SchedulerName: corev1.DefaultSchedulerName,
		Containers: []corev1.Container{{
			Name: agent, Image: "docker.io/calico/node:v3.31.0", ImagePullPolicy: corev1.PullIfNotPresent,
			TerminationMessagePath: corev1.TerminationMessagePathDefault, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		}},
	}
}

// networkPlugin is the DaemonSet by which a network plugin is recognised, with a pod
// on every node that shares the node's network: those pods policies do not bind.
func (m *maker) networkPlugin() {
	count := int32(m.size.Nodes)
	m.add(&appsv1.DaemonSet{
		ObjectMeta: made(metav1.ObjectMeta{
			Name: agent, Namespace: "kube-system", UID: uid("ds", 0), Labels: agentLabels(), Generation: 1,
			Annotations: map[string]string{appsv1.DeprecatedTemplateGeneration: "1"},
		}),
		Spec: appsv1.DaemonSetSpec{
			Selector:             &metav1.LabelSelector{MatchLabels: agentLabels()},
			RevisionHistoryLimit: pointer(int32(10)),
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{
				Type:          appsv1.RollingUpdateDaemonSetStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxUnavailable: pointer(intstr.FromInt32(1)), MaxSurge: pointer(intstr.FromInt32(0))},
			},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: agentLabels()}, Spec: agentSpec()},
		},
		Status: appsv1.DaemonSetStatus{
			ObservedGeneration: 1, DesiredNumberScheduled: count, CurrentNumberScheduled: count, UpdatedNumberScheduled: count,
			NumberReady: count, NumberAvailable: count,
		},
	})
	for i := range m.size.Nodes {
		m.add(agentPod(i))
	}
}

// agentPod is the DaemonSet's pod on a node, whose address is its own.
func agentPod(node int) *corev1.Pod {
	labels := agentLabels()
	labels["controller-revision-hash"], labels["pod-template-generation"] = "5c8d7f9b4d", "1"
	spec := agentSpec()
	spec.NodeName = nodeName(node)
	spec.Volumes = []corev1.Volume{tokenVolume()}
	spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: tokenVolume().Name, MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true}}
	spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	spec.Priority, spec.PreemptionPolicy, spec.EnableServiceLinks = pointer(int32(2_000_001_000)), pointer(corev1.PreemptLowerPriority), pointer(true)
	ip := nodeIP(node)
	return &corev1.Pod{
		ObjectMeta: made(metav1.ObjectMeta{
			Name: fmt.Sprintf("%s-%05d", agent, node), GenerateName: agent + "-", Namespace: "kube-system", UID: uid("agent", node),
			Labels: labels, Generation: 1, ManagedFields: podManagers(),
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "apps/v1", Kind: "DaemonSet", Name: agent, UID: uid("ds", 0), Controller: pointer(true), BlockOwnerDeletion: pointer(true),
			}},
		}),
		Spec: spec,
		Status: corev1.PodStatus{
			ObservedGeneration: 1, Phase: corev1.PodRunning, QOSClass: corev1.PodQOSBestEffort, StartTime: pointer(created()),
			PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}}, HostIP: ip, HostIPs: []corev1.HostIP{{IP: ip}}, Conditions: podConditions(),
			ContainerStatuses: []corev1.ContainerStatus{{
				Name: agent, Ready: true, Started: pointer(true), Image: spec.Containers[0].Image,
				ImageID:     "docker.io/calico/node@sha256:" + digest("image of", 0),
				ContainerID: "containerd://" + digest("agent's container", node),
				State:       corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: created()}},
			}},
		},
	}
}
