package fleet

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func podIP(i int) string { return fmt.Sprintf("10.%d.%d.%d", 64+i/62500, i/250%250, i%250+1) }

// pod is a replica that runs on some node, as the kubelet and the controllers
// leave it: about 3.4 kB in storage.
func (m *maker) pod(a app, replica int) *corev1.Pod {
	node := m.rnd.Intn(m.size.Nodes)
	number := a.number*replicas + replica
	ip := podIP(number)
	spec := podSpec(a)
	spec.NodeName = nodeName(node)
	spec.Volumes = []corev1.Volume{tokenVolume()}
	spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: tokenVolume().Name, MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true}}
	spec.Priority, spec.PreemptionPolicy, spec.EnableServiceLinks = pointer(int32(0)), pointer(corev1.PreemptLowerPriority), pointer(true)
	for _, taint := range []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"} {
		spec.Tolerations = append(spec.Tolerations, corev1.Toleration{
			Key: taint, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: pointer(int64(300)),
		})
	}
	image := spec.Containers[0].Image
	return &corev1.Pod{
		ObjectMeta: made(metav1.ObjectMeta{
			Name: a.podName(replica), GenerateName: a.replicaSet() + "-", Namespace: a.namespace, UID: uid("pod", number),
			Labels: a.podLabels(), Annotations: podAnnotations(), Generation: 1, ManagedFields: podManagers(),
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "apps/v1", Kind: "ReplicaSet", Name: a.replicaSet(), UID: uid("rs", a.number), Controller: pointer(true), BlockOwnerDeletion: pointer(true),
			}},
		}),
		Spec: spec,
		Status: corev1.PodStatus{
			ObservedGeneration: 1, Phase: corev1.PodRunning, QOSClass: corev1.PodQOSBurstable, StartTime: pointer(created()),
			PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}}, HostIP: nodeIP(node), HostIPs: []corev1.HostIP{{IP: nodeIP(node)}},
			Conditions: podConditions(),
			ContainerStatuses: []corev1.ContainerStatus{{
				Name: "app", Ready: true, Started: pointer(true), Image: image,
				ImageID:     "registry.example/" + a.name + "@sha256:" + digest("image", a.number),
				ContainerID: "containerd://" + digest("container", number),
				State:       corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: created()}},
			}},
		},
	}
}

func podConditions() []corev1.PodCondition {
	var out []corev1.PodCondition
	for _, t := range []corev1.PodConditionType{
		corev1.PodReadyToStartContainers, corev1.PodInitialized, corev1.PodReady, corev1.ContainersReady, corev1.PodScheduled,
	} {
		out = append(out, corev1.PodCondition{Type: t, Status: corev1.ConditionTrue, ObservedGeneration: 1, LastTransitionTime: created()})
	}
	return out
}

func podAnnotations() map[string]string {
	return map[string]string{
		"prometheus.io/scrape": "true", "prometheus.io/port": "9090", "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z",
	}
}

// podSpec is the template's.
func podSpec(a app) corev1.PodSpec {
	requests := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("128Mi")}
	limits := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("256Mi")}
	probe := &corev1.Probe{
		ProbeHandler:   corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromString(a.ports[0].Name)}},
		TimeoutSeconds: 1, PeriodSeconds: 10, SuccessThreshold: 1, FailureThreshold: 3,
	}
	return corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: pointer(int64(30)),
		DNSPolicy: corev1.DNSClusterFirst, ServiceAccountName: a.name, DeprecatedServiceAccount: a.name, SchedulerName: corev1.DefaultSchedulerName,
		SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: pointer(true), FSGroup: pointer(int64(2000))},
		Containers: []corev1.Container{{
			Name: "app", Image: "registry.example/" + a.name + ":1.2.3", ImagePullPolicy: corev1.PullIfNotPresent, Ports: a.ports,
			Args: []string{"--config=/etc/app/config.yaml", "--log-level=info"},
			Env:  environment(), Resources: corev1.ResourceRequirements{Requests: requests, Limits: limits},
			ReadinessProbe: probe, LivenessProbe: probe,
			TerminationMessagePath: corev1.TerminationMessagePathDefault, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		}},
	}
}

func environment() []corev1.EnvVar {
	out := make([]corev1.EnvVar, 8)
	for i := range out {
		out[i] = corev1.EnvVar{Name: fmt.Sprintf("SETTING_%02d", i), Value: "https://service.example/a/path"}
	}
	return out
}

// tokenVolume is what the ServiceAccount admission plugin adds to a pod.
func tokenVolume() corev1.Volume {
	return corev1.Volume{Name: "kube-api-access-x2x9z", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		DefaultMode: pointer(int32(0o644)),
		Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{ExpirationSeconds: pointer(int64(3607)), Path: "token"}},
			{ConfigMap: &corev1.ConfigMapProjection{
				LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"}, Items: []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}},
			}},
			{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{
				Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.namespace"},
			}}}},
		},
	}}}
}

// podManagers is managedFields as the two who write a pod fill them in.
func podManagers() []metav1.ManagedFieldsEntry {
	at := created()
	return []metav1.ManagedFieldsEntry{
		{
			Manager: "kube-controller-manager", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", Time: &at, FieldsType: "FieldsV1",
			FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/restartedAt":{},"f:prometheus.io/port":{},"f:prometheus.io/scrape":{}},` +
				`"f:generateName":{},"f:labels":{".":{},"f:app.kubernetes.io/name":{},"f:app.kubernetes.io/part-of":{},"f:pod-template-hash":{},"f:tier":{},"f:version":{}},` +
				`"f:ownerReferences":{".":{},"k:{\"uid\":\"00000002-0000-4000-8000-000000000000\"}":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:args":{},` +
				`"f:env":{".":{},"k:{\"name\":\"SETTING_00\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:ports":{},"f:resources":{}}},` +
				`"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:serviceAccountName":{}}}`),
		},
		{
			Manager: "kubelet", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", Time: &at, FieldsType: "FieldsV1", Subresource: "status",
			FieldsV1: metav1.NewFieldsV1(`{"f:status":{"f:conditions":{"k:{\"type\":\"ContainersReady\"}":{".":{},"f:status":{},"f:type":{}},` +
				`"k:{\"type\":\"Initialized\"}":{".":{},"f:status":{},"f:type":{}},"k:{\"type\":\"Ready\"}":{".":{},"f:status":{},"f:type":{}}},` +
				`"f:containerStatuses":{},"f:hostIP":{},"f:hostIPs":{},"f:phase":{},"f:podIP":{},"f:podIPs":{".":{},"k:{\"ip\":\"10.64.0.1\"}":{".":{},"f:ip":{}}},"f:startTime":{}}}`),
		},
	}
}
