package try

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

var pods = schema.GroupResource{Resource: "pods"}

// fault is what goes wrong in a fake cluster.
type fault struct {
	patch, create, get, remove func(call int) error
	log                        func() (string, error)
	exec                       func() (string, error)
	// status is what the kubelet says of the container; nil for none.
	status *corev1.ContainerState
	cancel time.Duration
}

const allOpen = "netguard 1 agnhost 0 \nnetguard-done\n"

func ended() *corev1.ContainerState {
	return &corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}}
}

func waiting(reason string) *corev1.ContainerState {
	return &corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: "because"}}
}

// cluster is a fake one with a pod in it.
func cluster(f fault) *Trier {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", UID: "1"}, Status: corev1.PodStatus{Phase: corev1.PodRunning}}
	client := fake.NewClientset(pod)
	calls := map[string]int{}
	fails := func(verb string, of func(int) error) {
		client.PrependReactor(verb, "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			calls[verb]++
			if of == nil {
				return false, nil, nil
			}
			err := of(calls[verb])
			return err != nil, nil, err
		})
	}
	client.PrependReactor("get", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
		got, err := client.Tracker().Get(a.GetResource(), a.GetNamespace(), a.(clienttesting.GetAction).GetName())
		if err != nil {
			return true, nil, err
		}
		p := got.(*corev1.Pod).DeepCopy()
		if f.status != nil {
			for _, c := range p.Spec.EphemeralContainers {
				p.Status.EphemeralContainerStatuses = append(p.Status.EphemeralContainerStatuses, corev1.ContainerStatus{Name: c.Name, State: *f.status})
			}
			for _, c := range p.Spec.Containers {
				p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{Name: c.Name, State: *f.status})
			}
		}
		return true, p, nil
	})
	fails("patch", f.patch)
	fails("create", f.create)
	fails("get", f.get)
	fails("delete", f.remove)
	t := &Trier{Client: client, Options: Options{Image: "agnhost", Timeout: time.Second, Start: 100 * time.Millisecond, Parallel: 4}, interval: 5 * time.Millisecond}
	t.Log = func(context.Context, string, string, string) (string, error) {
		if f.log == nil {
			return allOpen, nil
		}
		return f.log()
	}
	t.Exec = func(context.Context, string, string, string, []string) (string, error) {
		if f.exec == nil {
			return allOpen, nil
		}
		return f.exec()
	}
	return t
}

func always(err error) func(int) error { return func(int) error { return err } }

func first(n int, err error) func(int) error {
	return func(call int) error {
		if call <= n {
			return err
		}
		return nil
	}
}

// Whatever goes wrong at whichever step, it is said with its step and the way out, and no pod is left.
func TestFaults(t *testing.T) {
	dropped := errors.New("read tcp: connection reset by peer")
	forbidden := apierrors.NewForbidden(pods, "web", errors.New(`User "dev" cannot patch resource "pods/ephemeralcontainers"`))
	psa := apierrors.NewForbidden(pods, "web", errors.New(`violates PodSecurity "restricted:latest": runAsNonRoot != true`))
	for name, c := range map[string]struct {
		way  Way
		f    fault
		want string // of the error; "" for none
		left bool
	}{
		"ephemeral: all is well":             {Ephemeral, fault{status: ended()}, "", false},
		"ephemeral: image cannot be pulled":  {Ephemeral, fault{status: waiting("ImagePullBackOff")}, "--image", false},
		"ephemeral: Pod Security refuses":    {Ephemeral, fault{patch: always(psa)}, "--exec needs no new container", false},
		"ephemeral: no permission":           {Ephemeral, fault{patch: always(forbidden)}, "docs/rbac/probe.yaml", false},
		"ephemeral: never starts":            {Ephemeral, fault{status: waiting("ContainerCreating")}, "--start-timeout", false},
		"ephemeral: no status":               {Ephemeral, fault{}, "did not start", false},
		"ephemeral: no permission for logs":  {Ephemeral, fault{status: ended(), log: func() (string, error) { return "", forbidden }}, "get pods/log", false},
		"ephemeral: the image has no client": {Ephemeral, fault{status: ended(), log: func() (string, error) { return "sh: not found", nil }}, "needs sh and agnhost", false},
		"ephemeral: the connection drops":    {Ephemeral, fault{status: ended(), get: first(3, dropped)}, "", false},
		"ephemeral: interrupted":             {Ephemeral, fault{status: waiting("ContainerCreating"), cancel: 20 * time.Millisecond}, "context canceled", false},
		"exec: all is well":                  {Exec, fault{}, "", false},
		"exec: no shell":                     {Exec, fault{exec: func() (string, error) { return "", errors.New(`exec: "sh": executable file not found in $PATH`) }}, "leave --exec out", false},
		"exec: no permission":                {Exec, fault{exec: func() (string, error) { return "", forbidden }}, "create pods/exec", false},
		"exec: the connection drops":         {Exec, fault{exec: func() (string, error) { return "netguard 1 agnhost 0 \n", dropped }}, "connection ended", false},
		"pod: all is well":                   {LikePod, fault{status: ended()}, "", false},
		"pod: Pod Security refuses":          {LikePod, fault{create: always(psa)}, "Pod Security", false},
		"pod: no permission":                 {LikePod, fault{create: always(forbidden)}, "docs/rbac/probe.yaml", false},
		"pod: image cannot be pulled":        {LikePod, fault{status: waiting("ErrImagePull")}, "--image", false},
		"pod: never starts":                  {LikePod, fault{}, "did not start", false},
		"pod: interrupted":                   {LikePod, fault{cancel: 20 * time.Millisecond}, "context canceled", false},
		"pod: the connection drops":          {LikePod, fault{status: ended(), get: first(3, dropped), remove: first(2, dropped)}, "", false},
		"pod: it may have been made":         {LikePod, fault{create: always(dropped)}, "connection reset", false},
		"pod: may not be removed":            {LikePod, fault{status: ended(), remove: always(forbidden)}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			tr := cluster(c.f)
			j := NewJob(c.way, "shop", "web")
			if c.way == Exec {
				j.Container = "web"
			}
			j.Template = &corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}}}
			j.Attempts = []Attempt{{ID: 1, Protocol: "TCP", Host: "10.0.0.1", Port: 80}}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.f.cancel > 0 {
				time.AfterFunc(c.f.cancel, cancel)
			}
			results, created, err := tr.Run(ctx, j)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want %q", err, c.want)
			}
			if c.want == "" && results[1].Outcome != report.TryOpen {
				t.Errorf("got %v", results)
			}
			left, _ := tr.Client.CoreV1().Pods("shop").List(context.Background(), metav1.ListOptions{})
			if got := len(left.Items) > 1; got != c.left {
				t.Errorf("pods left: %d", len(left.Items))
			}
			if c.left && (len(created) == 0 || created[0].Left == "") {
				t.Error("what is left is not said")
			}
		})
	}
}

// A pod that is made has the labels, and nothing by which it would get traffic, secrets or a second life.
func TestLikePod(t *testing.T) {
	tr := cluster(fault{})
	j := NewJob(LikePod, "shop", "web")
	j.Template = &corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}, Annotations: map[string]string{"sidecar.istio.io/inject": "true"}},
		Spec:       corev1.PodSpec{ServiceAccountName: "web", Volumes: []corev1.Volume{{Name: "secret"}}},
	}
	j.Attempts = []Attempt{{ID: 1, Protocol: "TCP", Host: "10.0.0.1", Port: 80}}
	p := tr.likePod(j)
	switch {
	case p.Labels["app"] != "web", len(p.Spec.ReadinessGates) == 0, *p.Spec.AutomountServiceAccountToken, p.Spec.ServiceAccountName != "", len(p.Spec.Volumes) > 0:
		t.Errorf("got %+v", p)
	case p.Spec.ActiveDeadlineSeconds == nil, p.Spec.RestartPolicy != corev1.RestartPolicyNever:
		t.Error("it does not end by itself")
	}
	c := p.Spec.Containers[0].SecurityContext
	if !*c.RunAsNonRoot || *c.AllowPrivilegeEscalation || c.Capabilities.Drop[0] != "ALL" || c.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("not as the restricted Pod Security Standard asks: %+v", c)
	}
}

func TestOutcomes(t *testing.T) {
	tcp := Attempt{ID: 1, Protocol: "TCP", Host: "10.0.0.1", Port: 80}
	udp, sctp, web := tcp, tcp, tcp
	udp.Protocol, sctp.Protocol, web.URL = "UDP", "SCTP", "https://bank.example.com/"
	for line, c := range map[string]struct {
		a    Attempt
		want report.TryOutcome
	}{
		"agnhost 0":               {tcp, report.TryOpen},
		"agnhost 1 TIMEOUT":       {tcp, report.TryTimeout},
		"agnhost 1 REFUSED":       {tcp, report.TryRefused},
		"agnhost 1 DNS: lookup x": {tcp, report.TryDNS},
		"agnhost 1 REFUSED: read": {udp, report.TryRefused},
		"agnhost 1 OTHER: dial tcp: connect: no route to host": {tcp, report.TryFailed},
		"agnhost 1 OTHER: read: connection reset by peer":      {tcp, report.TryReset},
		"agnhost 1 OTHER: protocol not supported":              {sctp, report.TryUntestable},
		"curl 0 200": {web, report.TryOpen},
		"curl 0 502": {web, report.TryOpen},
		"curl 6 curl: (6) Could not resolve host: x 000":         {web, report.TryDNS},
		"curl 7 curl: (7) Failed to connect: Connection refused": {tcp, report.TryRefused},
		"curl 28 curl: (28) Connection timed out after 3001 ms":  {tcp, report.TryTimeout},
		"curl 28 curl: (28) Operation timed out with 0 bytes":    {tcp, report.TryOpen},
		"curl 52 curl: (52) Empty reply from server 000":         {web, report.TryReset},
		"nc 0 open": {tcp, report.TryOpen},
		"nc 1 nc: connect to 10.0.0.1 port 80: Connection refused":  {tcp, report.TryRefused},
		"nc 1 nc: connect to 10.0.0.1 port 80: Operation timed out": {tcp, report.TryTimeout},
		"nc 1 nc: bad address 'x'":                                  {tcp, report.TryDNS},
		"none 127 no client for sctp in this container":             {sctp, report.TryUntestable},
	} {
		got, whole := parse("netguard 1 "+line+"\nnetguard-done\n", []Attempt{c.a})
		if !whole || got[1].Outcome != c.want {
			t.Errorf("%s: got %+v", line, got)
		}
	}
	if _, whole := parse("netguard 1 agnhost 0", []Attempt{tcp}); whole {
		t.Error("half an output is taken for a whole one")
	}
}

// What is tried comes from objects of the cluster: none of it may run as a command.
func TestNothingIsACommand(t *testing.T) {
	s := script([]Attempt{{ID: 1, Protocol: "TCP", Host: "x'; rm -rf /; '", Port: 80, URL: "http://$(id)/`id`'"}}, 1, 1)
	want := `t 1 tcp 'x'\''; rm -rf /; '\''' 80 1 'http://$(id)/` + "`id`" + `'\''' &`
	if !strings.Contains(s, want) {
		t.Errorf("lacks %s\n%s", want, s)
	}
}
