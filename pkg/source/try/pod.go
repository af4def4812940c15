package try

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// neverReady is a readiness gate that nobody opens: the pod has the labels of others, and must get none of their traffic.
const neverReady = "netguard.dev/never-ready"

// settle is how long a new pod waits before it tries: some plugins let a new pod do everything for a second or two
// (aws/aws-network-policy-agent issue 345).
const settle = 5 * time.Second

// likePod is a pod like those of a workload as policies see them: labels, and the nodes that it may run on, and nothing
// else of it. It ends by itself, is removed with the workload, and is nobody's endpoint.
func (t *Trier) likePod(j *Job) *corev1.Pod {
	no, seconds := false, int64(math.Ceil((t.deadline(j) + settle).Seconds()))
	grace := int64(0)
	p := &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: j.Namespace, Name: j.Pod, Labels: j.Template.Labels,
			Annotations: map[string]string{"netguard.dev/probe": "a short-lived pod of kubectl netguard probe"},
		},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever, ActiveDeadlineSeconds: &seconds, TerminationGracePeriodSeconds: &grace,
			AutomountServiceAccountToken: &no, EnableServiceLinks: &no,
			ReadinessGates: []corev1.PodReadinessGate{{ConditionType: neverReady}},
			NodeSelector:   j.Template.Spec.NodeSelector, Affinity: j.Template.Spec.Affinity, Tolerations: j.Template.Spec.Tolerations,
			SecurityContext: &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
			Containers: []corev1.Container{{
				Name: "probe", Image: t.Options.Image, ImagePullPolicy: corev1.PullIfNotPresent, SecurityContext: restricted(),
				Command: []string{"sh", "-c", fmt.Sprintf("sleep %d\n", int(settle.Seconds())) + script(j.Attempts, t.seconds(), t.parallel())},
			}},
		},
	}
	if j.Owner != nil {
		p.OwnerReferences = []metav1.OwnerReference{*j.Owner}
	}
	return p
}

func (t *Trier) runLikePod(ctx context.Context, j *Job) (results map[int]Result, created []report.Created, err error) {
	pods := t.Client.CoreV1().Pods(j.Namespace)
	object := report.Object{Kind: "Pod", Namespace: j.Namespace, Name: j.Pod}
	made, err := pods.Create(ctx, t.likePod(j), metav1.CreateOptions{})
	if err != nil {
		if ctx.Err() != nil || !definite(err) {
			// It may have been made all the same.
			return nil, t.remove(ctx, j, "", object), &Error{Step: "create pod " + j.Namespace + "/" + j.Pod, Err: err}
		}
		return nil, nil, &Error{Step: "create pod " + j.Namespace + "/" + j.Pod, Err: err, Advice: advice(err, "create pods")}
	}
	// The deferred removal is what keeps nothing behind when a step panics or ctx is over.
	defer func() { created = t.remove(ctx, j, string(made.UID), object) }()
	j.Container = "probe"
	results, err = t.await(ctx, j, func(p *corev1.Pod) *corev1.ContainerStatus { return statusOf(p.Status.ContainerStatuses, "probe") })
	return results, nil, err
}

// remove deletes the pod, with time of its own: an interrupt must not leave it.
func (t *Trier) remove(ctx context.Context, j *Job, uid string, object report.Object) []report.Created {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	options := metav1.DeleteOptions{GracePeriodSeconds: new(int64)}
	if uid != "" {
		options.Preconditions = metav1.NewUIDPreconditions(uid)
	}
	var err error
	for range 4 { // a connection that dropped may come back
		err = t.Client.CoreV1().Pods(j.Namespace).Delete(ctx, j.Pod, options)
		if err == nil || apierrors.IsNotFound(err) {
			return []report.Created{{Object: object}}
		}
		if !transient(err) {
			break
		}
		time.Sleep(t.every())
	}
	return []report.Created{{Object: object, Left: fmt.Sprintf("not removed: %v; it ends by its activeDeadlineSeconds", err)}}
}

// definite: the server has said no, so that nothing was made.
func definite(err error) bool {
	var status apierrors.APIStatus
	return asStatus(err, &status) && !transient(err)
}

func asStatus(err error, status *apierrors.APIStatus) bool { return errors.As(err, status) }
