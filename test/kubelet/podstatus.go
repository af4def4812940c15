package kubelet

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// setStatus makes the pod's status what a kubelet would report in the given phase.
func setStatus(pod *corev1.Pod, h *host, ips []string, phase corev1.PodPhase) {
	now := metav1.Now()
	status := &pod.Status
	running := phase == corev1.PodRunning
	status.Phase = phase
	if status.StartTime == nil {
		status.StartTime = &now
	}
	status.HostIP, status.HostIPs = h.IPs[0], nil
	for _, ip := range h.IPs {
		status.HostIPs = append(status.HostIPs, corev1.HostIP{IP: ip})
	}
	status.PodIP, status.PodIPs = ips[0], nil
	for _, ip := range ips {
		status.PodIPs = append(status.PodIPs, corev1.PodIP{IP: ip})
	}
	setCondition(pod, corev1.PodReadyToStartContainers, running, now)
	setCondition(pod, corev1.PodInitialized, true, now)
	setCondition(pod, corev1.ContainersReady, running, now)
	setCondition(pod, corev1.PodReady, running && gatesOpen(pod), now)

	status.ContainerStatuses, status.InitContainerStatuses = nil, nil
	for _, c := range pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, containerStatus(pod, c, phase, *status.StartTime))
	}
	for _, c := range pod.Spec.InitContainers {
		of := phase
		if sidecar := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways; !sidecar {
			of = corev1.PodSucceeded
		}
		status.InitContainerStatuses = append(status.InitContainerStatuses, containerStatus(pod, c, of, *status.StartTime))
	}
}

func containerStatus(pod *corev1.Pod, c corev1.Container, phase corev1.PodPhase, since metav1.Time) corev1.ContainerStatus {
	running := phase == corev1.PodRunning
	status := corev1.ContainerStatus{
		Name:        c.Name,
		Image:       c.Image,
		ImageID:     "simulated://" + c.Image,
		ContainerID: "simulated://" + string(pod.UID) + "/" + c.Name,
		Ready:       running,
		Started:     &running,
	}
	switch phase {
	case corev1.PodRunning:
		status.State.Running = &corev1.ContainerStateRunning{StartedAt: since}
	case corev1.PodFailed: // ended by SIGTERM, as a deleted pod is
		status.State.Terminated = &corev1.ContainerStateTerminated{ExitCode: 143, Reason: "Error", StartedAt: since, FinishedAt: since}
	default:
		status.Ready = phase == corev1.PodSucceeded && isInit(pod, c.Name)
		status.State.Terminated = &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: since, FinishedAt: since}
	}
	return status
}

func isInit(pod *corev1.Pod, container string) bool {
	return slices.ContainsFunc(pod.Spec.InitContainers, func(c corev1.Container) bool { return c.Name == container })
}

func isReady(pod *corev1.Pod) bool { return hasCondition(pod, corev1.PodReady) }

// gatesOpen says whether every readiness gate of the pod has been opened by whoever is in charge of it.
func gatesOpen(pod *corev1.Pod) bool {
	for _, gate := range pod.Spec.ReadinessGates {
		if !hasCondition(pod, gate.ConditionType) {
			return false
		}
	}
	return true
}

func hasCondition(pod *corev1.Pod, kind corev1.PodConditionType) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == kind && c.Status == corev1.ConditionTrue
	})
}

func setCondition(pod *corev1.Pod, kind corev1.PodConditionType, value bool, now metav1.Time) {
	status := corev1.ConditionFalse
	if value {
		status = corev1.ConditionTrue
	}
	conditions := &pod.Status.Conditions
	i := slices.IndexFunc(*conditions, func(c corev1.PodCondition) bool { return c.Type == kind })
	if i < 0 {
		*conditions = append(*conditions, corev1.PodCondition{Type: kind})
		i = len(*conditions) - 1
	}
	if c := &(*conditions)[i]; c.Status != status {
		c.Status, c.LastTransitionTime = status, now
	}
}
