package try

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// runExec runs the script in a container of the pod, which needs sh and a client.
func (t *Trier) runExec(ctx context.Context, j *Job) (map[int]Result, error) {
	ctx, cancel := context.WithTimeout(ctx, t.deadline(j))
	defer cancel()
	step := "run the tries in container " + j.Container + " of pod " + j.Namespace + "/" + j.Pod
	out, err := t.Exec(ctx, j.Namespace, j.Pod, j.Container, t.command(j))
	results, whole := parse(out, j.Attempts)
	switch {
	case whole:
		return results, nil
	case err != nil && len(results) > 0:
		return results, &Error{Step: step, Err: fmt.Errorf("the connection ended before the tries did: %w", err)}
	case err != nil:
		return nil, &Error{Step: step, Err: err, Advice: advice(err, "create pods/exec")}
	default:
		return results, &Error{Step: step, Err: errors.New("the container has no sh that runs them"), Advice: "leave --exec out, to use an ephemeral container"}
	}
}

// advice is the way out of an API server's no.
func advice(err error, permission string) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "violates PodSecurity"):
		return "the namespace's Pod Security level refuses it; --exec needs no new container"
	case apierrors.IsForbidden(err):
		return "it takes the permission to " + permission + "; see docs/rbac/probe.yaml"
	case strings.Contains(text, "executable file not found"), strings.Contains(text, "no such file"):
		return "the container has no sh; leave --exec out, to use an ephemeral container"
	default:
		return ""
	}
}
