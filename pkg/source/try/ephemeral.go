package try

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// ephemeral is the container that is added to a pod: it tries everything, says what happened in its log, and ends.
func (t *Trier) ephemeral(j *Job) corev1.EphemeralContainer {
	return corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
		Name: j.Container, Image: t.Options.Image, Command: t.command(j), ImagePullPolicy: corev1.PullIfNotPresent,
		SecurityContext: restricted(), TerminationMessagePolicy: corev1.TerminationMessageReadFile,
	}}
}

func (t *Trier) runEphemeral(ctx context.Context, j *Job) (map[int]Result, []report.Created, error) {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"ephemeralContainers": []corev1.EphemeralContainer{t.ephemeral(j)}}})
	if err != nil {
		return nil, nil, err
	}
	// A strategic merge adds the container to those that are there, by its name.
	_, err = t.Client.CoreV1().Pods(j.Namespace).Patch(ctx, j.Pod, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "ephemeralcontainers")
	if err != nil {
		return nil, nil, &Error{Step: "add an ephemeral container to pod " + j.Namespace + "/" + j.Pod, Err: err, Advice: advice(err, "patch pods/ephemeralcontainers")}
	}
	created := []report.Created{{
		Object: report.Object{Kind: "Pod", Namespace: j.Namespace, Name: j.Pod}, Container: j.Container,
		Left: "an ephemeral container cannot be removed from its pod; it has ended, or ends by itself",
	}}
	results, err := t.await(ctx, j, func(p *corev1.Pod) *corev1.ContainerStatus {
		return statusOf(p.Status.EphemeralContainerStatuses, j.Container)
	})
	return results, created, err
}

func statusOf(all []corev1.ContainerStatus, name string) *corev1.ContainerStatus {
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

// await waits until the container has ended, and reads what it said.
func (t *Trier) await(ctx context.Context, j *Job, of func(*corev1.Pod) *corev1.ContainerStatus) (map[int]Result, error) {
	ctx, cancel := context.WithTimeout(ctx, t.deadline(j))
	defer cancel()
	late := time.After(t.Options.Start) // nil once it runs
	waiting := "no status yet"
	for {
		p, err := t.Client.CoreV1().Pods(j.Namespace).Get(ctx, j.Pod, metav1.GetOptions{})
		switch {
		case ctx.Err() != nil:
			return nil, &Error{Step: "wait for container " + j.Container, Err: fmt.Errorf("%w: %s", context.Cause(ctx), waiting)}
		case apierrors.IsNotFound(err):
			return nil, &Error{Step: "wait for container " + j.Container, Err: err, Advice: "the pod went away meanwhile; try again"}
		case err != nil && !transient(err):
			return nil, &Error{Step: "wait for container " + j.Container, Err: err, Advice: advice(err, "get pods")}
		case err == nil:
			s := of(p)
			switch {
			case s == nil:
				waiting = podWaits(p)
			case s.State.Terminated != nil:
				return t.read(ctx, j, s.State.Terminated)
			case s.State.Waiting != nil:
				waiting = s.State.Waiting.Reason + " " + s.State.Waiting.Message
				if reason := s.State.Waiting.Reason; hopeless(reason) {
					return nil, &Error{Step: "start container " + j.Container, Err: fmt.Errorf("%w: %s", errNotStarted, waiting), Advice: "name an image that the nodes can pull with --image"}
				}
			case s.State.Running != nil:
				waiting, late = "it still runs", nil
			}
		}
		select {
		case <-late:
			return nil, &Error{Step: "start container " + j.Container, Err: fmt.Errorf("%w within %s: %s", errNotStarted, t.Options.Start, waiting), Advice: "give it longer with --start-timeout"}
		case <-ctx.Done():
		case <-time.After(t.every()):
		}
	}
}

// podWaits says why a pod is not on.
func podWaits(p *corev1.Pod) string {
	for _, c := range p.Status.Conditions {
		if c.Status != corev1.ConditionTrue && c.Message != "" {
			return string(c.Type) + ": " + c.Message
		}
	}
	return "phase " + string(p.Status.Phase)
}

// hopeless are reasons for waiting that do not go away by waiting (kubelet's pkg/kubelet/images and kuberuntime).
func hopeless(reason string) bool {
	switch reason {
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
		return true
	}
	return false
}

// transient are failures of a connection, after which the next answer may come.
func transient(err error) bool {
	var status apierrors.APIStatus
	return !asStatus(err, &status) || apierrors.IsServerTimeout(err) || apierrors.IsTooManyRequests(err) || apierrors.IsInternalError(err) || apierrors.IsServiceUnavailable(err)
}

// read takes the results from the container's log.
func (t *Trier) read(ctx context.Context, j *Job, ended *corev1.ContainerStateTerminated) (map[int]Result, error) {
	text, err := t.Log(ctx, j.Namespace, j.Pod, j.Container)
	for i := 0; err != nil && transient(err) && i < 3 && ctx.Err() == nil; i++ {
		time.Sleep(t.every())
		text, err = t.Log(ctx, j.Namespace, j.Pod, j.Container)
	}
	if err != nil {
		return nil, &Error{Step: "read the log of container " + j.Container, Err: err, Advice: advice(err, "get pods/log")}
	}
	results, whole := parse(text, j.Attempts)
	if !whole && len(results) == 0 {
		return nil, &Error{
			Step: "run the tries", Err: fmt.Errorf("the container ended with status %d (%s) and said %.200q", ended.ExitCode, ended.Reason, text),
			Advice: "the image of --image needs sh and agnhost, curl or nc",
		}
	}
	return results, nil
}
