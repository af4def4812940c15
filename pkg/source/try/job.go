package try

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// DefaultImage has agnhost and a shell (kubernetes test/images/agnhost).
const DefaultImage = "registry.k8s.io/e2e-test-images/agnhost:2.57"

// Way is how packets are sent from a pod.
type Way string

// Ways.
const (
	// Ephemeral adds a container to the running pod (its ephemeralcontainers subresource). It cannot be removed again; it
	// ends by itself.
	Ephemeral Way = "ephemeral"
	// Exec runs a client that a container of the pod has.
	Exec Way = "exec"
	// LikePod makes a short-lived pod like those of a workload.
	LikePod Way = "pod"
)

// Options of all jobs.
type Options struct {
	Image string
	// Timeout of each attempt.
	Timeout time.Duration
	// Start is how long a container may take to start.
	Start time.Duration
	// Parallel is how many attempts of a pod run at once.
	Parallel int
}

// Job is what is tried from one pod.
type Job struct {
	Way Way
	// Namespace and Pod are who sends; for LikePod, Pod is the name of the pod to be made.
	Namespace, Pod string
	// Container of Exec; for Ephemeral its name, made by [NewJob].
	Container string
	// Template of LikePod: labels, and where the pod may run. Owner is what the pod is removed with.
	Template *corev1.PodTemplateSpec
	Owner    *metav1.OwnerReference
	Attempts []Attempt
}

// NewJob names what will be made.
func NewJob(way Way, namespace, pod string) *Job {
	j := &Job{Way: way, Namespace: namespace, Pod: pod}
	suffix := name()
	switch way {
	case Ephemeral:
		j.Container = "netguard-probe-" + suffix
	case LikePod:
		j.Pod = "netguard-probe-" + suffix
	case Exec:
	}
	return j
}

func name() string {
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	var b strings.Builder
	for range 6 {
		b.WriteByte(letters[rand.IntN(len(letters))])
	}
	return b.String()
}

// Executor runs a command in a container of a pod and returns what it wrote to standard output.
type Executor func(ctx context.Context, namespace, pod, container string, command []string) (stdout string, err error)

// Logger reads what a container has written.
type Logger func(ctx context.Context, namespace, pod, container string) (string, error)

// Trier tries jobs in a cluster.
type Trier struct {
	Client   kubernetes.Interface
	Exec     Executor
	Log      Logger
	Options  Options
	interval time.Duration
}

// Error says which step of a job failed, and what that means.
type Error struct {
	// Step is create, start, run or clean up.
	Step string
	Err  error
	// Advice is the way out; "" where there is none to give.
	Advice string
}

func (e *Error) Error() string {
	text := e.Step + ": " + e.Err.Error()
	if e.Advice != "" {
		text += " (" + e.Advice + ")"
	}
	return text
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// errNotStarted: the container did not come to run.
var errNotStarted = errors.New("the container did not start")

// Objects are what a job would make, as they would be sent; none for Exec.
func (t *Trier) Objects(j *Job) []runtime.Object {
	switch j.Way {
	case Ephemeral:
		c := t.ephemeral(j)
		return []runtime.Object{&corev1.Pod{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
			ObjectMeta: metav1.ObjectMeta{Namespace: j.Namespace, Name: j.Pod},
			Spec:       corev1.PodSpec{EphemeralContainers: []corev1.EphemeralContainer{c}},
		}}
	case LikePod:
		return []runtime.Object{t.likePod(j)}
	case Exec:
	}
	return nil
}

// Run tries the attempts of a job, and removes what it made, whatever happens; that ctx is over stops the tries and not
// the removal. Left is what could not be removed.
func (t *Trier) Run(ctx context.Context, j *Job) (results map[int]Result, created []report.Created, err error) {
	if len(j.Attempts) == 0 {
		return nil, nil, nil
	}
	switch j.Way {
	case Ephemeral:
		return t.runEphemeral(ctx, j)
	case Exec:
		results, err = t.runExec(ctx, j)
		return results, nil, err
	case LikePod:
		return t.runLikePod(ctx, j)
	}
	return nil, nil, fmt.Errorf("way %q of trying is none", j.Way)
}

func (t *Trier) command(j *Job) []string {
	return []string{"sh", "-c", script(j.Attempts, t.seconds(), t.parallel())}
}

func (t *Trier) seconds() int { return max(1, int(t.Options.Timeout/time.Second)) }

func (t *Trier) parallel() int { return max(1, t.Options.Parallel) }

// deadline is how long all of a job may take.
func (t *Trier) deadline(j *Job) time.Duration {
	return t.Options.Start + budget(j.Attempts, t.seconds(), t.parallel())
}

func (t *Trier) every() time.Duration {
	if t.interval > 0 {
		return t.interval
	}
	return 500 * time.Millisecond
}

// restricted is what the Pod Security Standard "restricted" asks of a container
// (https://kubernetes.io/docs/concepts/security/pod-security-standards/).
func restricted() *corev1.SecurityContext {
	yes, no, user := true, false, int64(65534)
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no, RunAsNonRoot: &yes, RunAsUser: &user,
		Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}
