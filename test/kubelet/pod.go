package kubelet

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// syncPod takes a pod one step on. Each step changes the object, and its watch event brings the next one.
func (k *Kubelet) syncPod(ctx context.Context, pod *corev1.Pod) error {
	finished := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
	switch {
	case pod.DeletionTimestamp != nil:
		return k.endPod(ctx, pod, finished)
	case finished:
		return nil
	case pod.Spec.NodeName == "":
		return k.bindPod(ctx, pod)
	}
	h := k.hostNamed(pod.Spec.NodeName)
	if h == nil {
		return nil // a node that is not ours to run: the pod stays Pending
	}
	if k.opts.FinishJobs && isJobPod(pod) {
		return k.setPodStatus(ctx, h, pod, corev1.PodSucceeded)
	}
	if pod.Status.Phase == corev1.PodRunning && isReady(pod) == gatesOpen(pod) {
		if c := unstarted(pod); c != nil && k.opts.Exec != nil {
			return k.runEphemeral(ctx, pod, c)
		}
		return nil
	}
	return k.setPodStatus(ctx, h, pod, corev1.PodRunning)
}

// endPod removes a pod that was asked to go. One that something else holds on to by a finalizer is first shown as
// ended, since that is what the Job controller waits for.
func (k *Kubelet) endPod(ctx context.Context, pod *corev1.Pod, finished bool) error {
	if h := k.hostNamed(pod.Spec.NodeName); h != nil && len(pod.Finalizers) > 0 && !finished {
		return k.setPodStatus(ctx, h, pod, corev1.PodFailed)
	}
	if grace := pod.DeletionGracePeriodSeconds; grace != nil && *grace == 0 {
		return nil // only a finalizer keeps it
	}
	err := k.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: new(int64),
		Preconditions:      metav1.NewUIDPreconditions(string(pod.UID)),
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("remove the deleted pod: %w", err)
	}
	return nil
}

// bindPod gives a pod to the next node, going round, that its nodeSelector and its required node affinity match. A
// DaemonSet's pods name their node by such an affinity.
func (k *Kubelet) bindPod(ctx context.Context, pod *corev1.Pod) error {
	if len(pod.Spec.SchedulingGates) > 0 {
		return nil
	}
	h, err := k.nextHost(nodeaffinity.GetRequiredNodeAffinity(pod))
	if h == nil || err != nil {
		return err
	}
	err = k.client.CoreV1().Pods(pod.Namespace).Bind(ctx, &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: h.Name},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		return fmt.Errorf("bind the pod to node %s: %w", h.Name, err)
	}
	return nil
}

func (k *Kubelet) nextHost(required nodeaffinity.RequiredNodeAffinity) (*host, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.hosts {
		h := k.hosts[(k.next+i)%len(k.hosts)]
		match, err := required.Match(h.object)
		if err != nil {
			return nil, fmt.Errorf("read node affinity: %w", err)
		}
		if match {
			k.next += i + 1
			return h, nil
		}
	}
	return nil, nil
}

func (k *Kubelet) hostNamed(name string) *host {
	i := slices.IndexFunc(k.hosts, func(h *host) bool { return h.Name == name })
	if i < 0 {
		return nil
	}
	return k.hosts[i]
}

func (k *Kubelet) setPodStatus(ctx context.Context, h *host, pod *corev1.Pod, phase corev1.PodPhase) error {
	ips, err := h.podIPs(pod)
	if err != nil {
		return fmt.Errorf("give the pod an address: %w", err)
	}
	changed := pod.DeepCopy()
	setStatus(changed, h, ips, phase)
	_, err = k.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		h.releasePodIPs(pod) // its deletion may have been seen before the addresses were taken
	}
	// After a conflict the newer object's event is on its way; after a deletion there is nothing left to do.
	if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		return fmt.Errorf("set the pod's status to %s: %w", phase, err)
	}
	return nil
}

// podIPs are the node's addresses for a pod in the host's network, and one of each of the node's pod networks otherwise.
func (h *host) podIPs(pod *corev1.Pod) ([]string, error) {
	if pod.Spec.HostNetwork {
		return h.IPs, nil
	}
	var ips []string
	for _, network := range h.pods {
		addr, err := network.take(pod.UID)
		if err != nil {
			return nil, err
		}
		ips = append(ips, addr.String())
	}
	return ips, nil
}

// reservePodIPs notes the addresses that a pod has from an earlier stand-in.
func (h *host) reservePodIPs(pod *corev1.Pod) {
	for _, ip := range pod.Status.PodIPs {
		addr, err := netip.ParseAddr(ip.IP)
		if err != nil {
			continue // the API server lets no such address in
		}
		for _, network := range h.pods {
			network.reserve(addr, pod.UID)
		}
	}
}

func (h *host) releasePodIPs(pod *corev1.Pod) {
	for _, network := range h.pods {
		network.release(pod.UID)
	}
}

func isJobPod(pod *corev1.Pod) bool {
	owner := metav1.GetControllerOf(pod)
	return owner != nil && owner.Kind == "Job"
}
