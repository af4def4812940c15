package kubelet

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// logs are what ephemeral containers have written, by namespace/pod/container.
type logs struct {
	mu      sync.Mutex
	written map[string][]byte
}

func (l *logs) set(name string, text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.written == nil {
		l.written = map[string][]byte{}
	}
	l.written[name] = text
}

// serve answers `kubectl logs`.
func (l *logs) serve(w http.ResponseWriter, req *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text, ok := l.written[req.PathValue("namespace")+"/"+req.PathValue("pod")+"/"+req.PathValue("container")]
	if !ok {
		http.Error(w, "no such container", http.StatusNotFound)
		return
	}
	_, _ = w.Write(text)
}

// unstarted is an ephemeral container of the pod that does not run yet; nil for none.
func unstarted(pod *corev1.Pod) *corev1.EphemeralContainer {
	for i := range pod.Spec.EphemeralContainers {
		c := &pod.Spec.EphemeralContainers[i]
		if !slices.ContainsFunc(pod.Status.EphemeralContainerStatuses, func(s corev1.ContainerStatus) bool { return s.Name == c.Name }) {
			return c
		}
	}
	return nil
}

// runEphemeral runs an ephemeral container's command to its end, as a kubelet does at once when one is added. An image
// that says so by its name cannot be pulled.
func (k *Kubelet) runEphemeral(ctx context.Context, pod *corev1.Pod, c *corev1.EphemeralContainer) error {
	status := corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: "simulated://" + c.Image}
	if c.Image == Unpullable {
		status.State.Waiting = &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: c.Image + " is not to be had"}
	} else {
		since := metav1.Now()
		var out bytes.Buffer
		code := k.opts.Exec(ctx, pod.Namespace, pod.Name, c.Name, append(slices.Clone(c.Command), c.Args...), &out, &out)
		k.logs.set(pod.Namespace+"/"+pod.Name+"/"+c.Name, out.Bytes())
		status.ContainerID = "simulated://" + string(pod.UID) + "/" + c.Name
		status.State.Terminated = &corev1.ContainerStateTerminated{
			ExitCode: int32(code), Reason: "Completed", StartedAt: since, FinishedAt: metav1.Now(), ContainerID: status.ContainerID,
		}
	}
	changed := pod.DeepCopy()
	changed.Status.EphemeralContainerStatuses = append(changed.Status.EphemeralContainerStatuses, status)
	_, err := k.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		return fmt.Errorf("set the status of ephemeral container %s: %w", c.Name, err)
	}
	return nil
}

// Unpullable is an image that no node can pull.
const Unpullable = "registry.invalid/unpullable:1"
