package kubelet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/kubelet"
)

const objects = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {hostNetwork: true, containers: [{name: agent, image: agent}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: once, image: once}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pinned}
spec:
  nodeSelector: {kubernetes.io/hostname: node-b}
  initContainers:
  - {name: sidecar, image: sidecar, restartPolicy: Always}
  - {name: setup, image: setup}
  containers: [{name: main, image: main}]
---
apiVersion: v1
kind: Pod
metadata: {name: nowhere}
spec: {nodeSelector: {kubernetes.io/hostname: node-z}, containers: [{name: main, image: main}]}
---
apiVersion: v1
kind: Pod
metadata: {name: gated}
spec: {readinessGates: [{conditionType: example.com/open}], containers: [{name: main, image: main}]}
`

func TestCluster(t *testing.T) {
	ctx := t.Context()
	cp, err := controlplane.Start(ctx, controlplane.Options{
		Tokens: []controlplane.Token{{User: "jane", Groups: []string{"developers"}, Token: "jane-token"}},
		Log:    t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Error(err)
		}
	})
	nodes, err := kubelet.Start(ctx, cp.AdminConfig(), kubelet.Options{
		FinishJobs:          true,
		AssignLoadBalancers: true,
		Exec:                echo,
		Log:                 t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nodes.Stop)

	c := cluster{t: t, cp: cp}
	c.kubectl = c.as(cp.Kubeconfig(controlplane.AdminUser))
	if result, err := c.kubectl.RunWithInput(ctx, objects, "apply", "-f", "-"); err != nil || result.ExitCode != 0 {
		t.Fatalf("kubectl apply: %v: %s", err, result.Stderr)
	}
	c.must("rollout", "status", "deployment/web", "daemonset/agent", "--timeout=60s")
	c.must("wait", "--for=condition=complete", "job/once", "--timeout=60s")
	c.must("wait", "--for=condition=Ready", "pod/pinned", "--timeout=60s")
	c.must("wait", "--for=jsonpath={.status.phase}=Running", "pod/gated", "--timeout=60s")

	t.Run("versions", func(t *testing.T) {
		var version struct {
			ClientVersion, ServerVersion struct{ GitVersion, Major, Minor string }
		}
		c.read(&version, "version", "-o", "json")
		if got := version.ClientVersion; got != version.ServerVersion || !strings.HasPrefix(got.GitVersion, "v"+got.Major+"."+got.Minor+".") {
			t.Errorf("kubectl version: %+v", version)
		}
	})
	t.Run("pods of a Deployment are spread and dual-stack", func(t *testing.T) {
		seen := map[string]bool{}
		for _, pod := range c.pods("app=web") {
			seen[pod.Spec.NodeName] = true
			network := map[string]string{"node-a": "10.244.1.", "node-b": "10.244.2.", "node-c": "10.244.3."}[pod.Spec.NodeName]
			if ips := pod.Status.PodIPs; len(ips) != 2 || !strings.HasPrefix(ips[0].IP, network) || !strings.HasPrefix(ips[1].IP, "fd00:10:244:") {
				t.Errorf("pod %s on %s has addresses %v", pod.Name, pod.Spec.NodeName, ips)
			}
		}
		if len(seen) != 3 {
			t.Errorf("the pods are on nodes %v", seen)
		}
	})
	t.Run("hostNetwork pods of a DaemonSet are the nodes", func(t *testing.T) {
		ips := map[string]string{}
		for _, pod := range c.pods("app=agent") {
			ips[pod.Spec.NodeName] = pod.Status.PodIP
		}
		if got, want := fmt.Sprint(ips), "map[node-a:10.0.0.11 node-b:10.0.0.12 node-c:10.0.0.13]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("endpoints and the external address of a Service", func(t *testing.T) {
		c.must("wait", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}", "service/web", "--timeout=60s")
		if ip := c.must("get", "service/web", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}"); !strings.HasPrefix(ip, "203.0.113.") {
			t.Errorf("external address %q", ip)
		}
		c.must("wait", "--for=jsonpath={.endpoints[2].conditions.ready}=true", "endpointslice", "-l", "kubernetes.io/service-name=web", "--timeout=60s")
	})
	t.Run("a nodeSelector and init containers", func(t *testing.T) {
		var pod corev1.Pod
		c.read(&pod, "get", "pod/pinned", "-o", "json")
		init := pod.Status.InitContainerStatuses
		if pod.Spec.NodeName != "node-b" || len(init) != 2 || init[0].State.Running == nil || init[1].State.Terminated == nil {
			t.Errorf("on node %s with init containers %+v", pod.Spec.NodeName, init)
		}
	})
	t.Run("a pod that fits no node stays pending", func(t *testing.T) {
		if phase := c.must("get", "pod/nowhere", "-o", "jsonpath={.status.phase}"); phase != "Pending" {
			t.Errorf("phase %s", phase)
		}
	})
	t.Run("a readiness gate", func(t *testing.T) {
		ready := func() string {
			return c.must("get", "pod/gated", "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
		}
		if got := ready(); got != "False" {
			t.Errorf("before the gate is open, Ready is %q", got)
		}
		c.must("patch", "pod/gated", "--subresource=status", "-p", `{"status":{"conditions":[{"type":"example.com/open","status":"True"}]}}`)
		c.must("wait", "--for=condition=Ready", "pod/gated", "--timeout=60s")
	})
	t.Run("exec", func(t *testing.T) {
		result, err := c.kubectl.Run(ctx, "exec", "pinned", "-c", "main", "--", "exit", "7")
		want := controlplane.Result{Stdout: "default/pinned/main exit 7\n", Stderr: result.Stderr, ExitCode: 7}
		if err != nil || result != want || !strings.HasPrefix(result.Stderr, "complaint\n") {
			t.Errorf("got %+v, %v", result, err)
		}
		if out := c.must("exec", "pinned", "-c", "main", "--", "ok"); out != "default/pinned/main ok\n" {
			t.Errorf("got %q", out)
		}
	})
	t.Run("deleted pods go, and their Deployment makes new ones", func(t *testing.T) {
		c.must("delete", "pod", "-l", "app=web", "--timeout=60s")
		c.must("delete", "job/once", "--cascade=foreground", "--timeout=60s")
		c.must("rollout", "status", "deployment/web", "--timeout=60s")
	})
	t.Run("users have the rights that RBAC gives them", func(t *testing.T) {
		jane := c.as(cp.Kubeconfig("jane"))
		if result, err := jane.Run(ctx, "get", "pods"); err != nil || result.ExitCode != 1 || !strings.Contains(result.Stderr, `User "jane" cannot list resource "pods"`) {
			t.Errorf("before: %+v, %v", result, err)
		}
		c.must("create", "rolebinding", "developers", "--clusterrole=view", "--group=developers")
		c.eventually("jane reads pods", func() bool {
			result, err := jane.Run(ctx, "get", "pods")
			return err == nil && result.ExitCode == 0
		})
		reader := c.as(cp.KubeconfigForServiceAccount(ctx, "default", "default"))
		if result, err := reader.Run(ctx, "auth", "whoami"); err != nil || !strings.Contains(result.Stdout, "system:serviceaccount:default:default") {
			t.Errorf("ServiceAccount: %+v, %v", result, err)
		}
		stranger := c.as(cp.KubeconfigForToken("stranger", "no such token"))
		if result, err := stranger.Run(ctx, "get", "pods"); err != nil || result.ExitCode != 1 || !strings.Contains(result.Stderr, "must be logged in") {
			t.Errorf("unknown token: %+v, %v", result, err)
		}
	})
}

func echo(_ context.Context, namespace, pod, container string, command []string, stdout, stderr io.Writer) int {
	fmt.Fprintf(stdout, "%s/%s/%s %s\n", namespace, pod, container, strings.Join(command, " "))
	if command[0] == "exit" {
		fmt.Fprintln(stderr, "complaint")
		return 7
	}
	return 0
}

// cluster asks the control plane through kubectl and ends the test when that fails.
type cluster struct {
	t       *testing.T
	cp      *controlplane.ControlPlane
	kubectl *controlplane.Kubectl
}

func (c cluster) as(kubeconfig string, err error) *controlplane.Kubectl {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	return c.cp.Kubectl(kubeconfig)
}

func (c cluster) must(args ...string) string {
	c.t.Helper()
	out, err := c.kubectl.Must(c.t.Context(), args...)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

func (c cluster) read(into any, args ...string) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.must(args...)), into); err != nil {
		c.t.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
	}
}

func (c cluster) pods(selector string) []corev1.Pod {
	c.t.Helper()
	var list corev1.PodList
	c.read(&list, "get", "pods", "-l", selector, "-o", "json")
	return list.Items
}

func (c cluster) eventually(what string, holds func() bool) {
	c.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); !holds(); {
		select {
		case <-tick.C:
		case <-deadline:
			c.t.Fatalf("waited a minute until %s", what)
		}
	}
}
