package files

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const podTemplate = `
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeName: pinned
      containers:
      - {name: c, ports: [{containerPort: 8080, name: http}]}
`

func object(kind, name, spec string) string {
	version := "apps/v1"
	switch kind {
	case "Job", "CronJob":
		version = "batch/v1"
	case "Pod", "Service", "ReplicationController":
		version = "v1"
	case "EndpointSlice":
		version = "discovery.k8s.io/v1"
	}
	return fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s}\n%s\n---\n", version, kind, name, strings.TrimPrefix(spec, "\n"))
}

// podLines is every pod as "name owner labels".
func podLines(s *snapshot.Snapshot) string {
	var out []string
	for _, p := range s.Pods() {
		out = append(out, fmt.Sprintf("%s %s/%s %v", p.Name.Name, p.Owner.Kind, p.Owner.Name, p.Labels))
	}
	return strings.Join(out, "\n")
}

func TestEveryWorkloadKindBecomesPods(t *testing.T) {
	for kind, tt := range map[string]struct{ spec, want string }{
		"Deployment":            {"spec:" + podTemplate, "w-* Deployment/w map[app:web pod-template-hash:*]"},
		"ReplicaSet":            {"spec:" + podTemplate, "w-* ReplicaSet/w map[app:web]"},
		"ReplicationController": {"spec:" + podTemplate, "w-* ReplicationController/w map[app:web]"},
		"DaemonSet":             {"spec:" + podTemplate, "w-* DaemonSet/w map[app:web controller-revision-hash:* pod-template-generation:*]"},
		"Job":                   {"spec:\n  suspend: true" + podTemplate, "w-* Job/w map[app:web batch.kubernetes.io/controller-uid:* batch.kubernetes.io/job-name:w controller-uid:* job-name:w]"},
		"CronJob": {"spec:\n  suspend: true\n  jobTemplate:\n    spec:" + strings.ReplaceAll(podTemplate, "\n", "\n    "),
			"w-* CronJob/w map[app:web batch.kubernetes.io/controller-uid:* batch.kubernetes.io/job-name:w-* controller-uid:* job-name:w-*]"},
		"StatefulSet": {"spec:\n  replicas: 2\n  ordinals: {start: 5}" + podTemplate,
			"w-5 StatefulSet/w map[app:web apps.kubernetes.io/pod-index:5 controller-revision-hash:w-* statefulset.kubernetes.io/pod-name:w-5]\n" +
				"w-6 StatefulSet/w map[app:web apps.kubernetes.io/pod-index:6 controller-revision-hash:w-* statefulset.kubernetes.io/pod-name:w-6]"},
	} {
		s := read(t, object(kind, "w", tt.spec))
		if got := podLines(s); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", kind, got, tt.want)
		}
		for _, p := range s.Pods() {
			if !p.Expected() || !p.Ready || p.Node != "pinned" || len(p.IPs) > 0 || fmt.Sprint(p.Ports) != "[{http TCP 8080 0 }]" {
				t.Errorf("%s: %+v", kind, p)
			}
		}
		if s.Workload(kind, snapshot.Name{Namespace: "default", Name: "w"}) == nil {
			t.Errorf("%s: the workload itself is missing", kind)
		}
	}
}

func TestNoReplicasGiveNoPods(t *testing.T) {
	text := object("Deployment", "a", "spec:\n  replicas: 0"+podTemplate) +
		object("StatefulSet", "b", "spec:\n  replicas: 0"+podTemplate) +
		object("Job", "c", "spec:\n  parallelism: 0"+podTemplate)
	if got := podLines(read(t, text)); got != "" {
		t.Errorf("got %s", got)
	}
}

func TestWorkloadsOfOneNameKeepTheirPodsApart(t *testing.T) {
	text := object("Deployment", "w", "spec:"+podTemplate) + object("DaemonSet", "w", "spec:"+podTemplate)
	want := "w-* Deployment/w map[app:web pod-template-hash:*]\n" +
		"w-*-daemonset DaemonSet/w map[app:web controller-revision-hash:* pod-template-generation:*]"
	if got := podLines(read(t, text)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func ownedPod(name, kind, owner, labels string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata:
  name: %s
  labels: %s
  ownerReferences: [{apiVersion: x/v1, kind: %s, name: %s, uid: u, controller: true}]
status: {phase: Running, podIP: 10.0.0.1}
---
`, name, labels, kind, owner)
}

func TestRealPodsStandInForTheirWorkload(t *testing.T) {
	owned := func(kind, name, ownerKind, owner string) string {
		return strings.Replace(object(kind, name, "spec:"+podTemplate), "metadata: {name: "+name+"}",
			fmt.Sprintf("metadata: {name: %s, ownerReferences: [{apiVersion: x/v1, kind: %s, name: %s, uid: u, controller: true}]}", name, ownerKind, owner), 1)
	}
	cron := object("CronJob", "w", "spec:\n  jobTemplate:\n    spec:"+strings.ReplaceAll(podTemplate, "\n", "\n    "))
	for name, tt := range map[string]struct{ text, want string }{
		"directly": {
			object("StatefulSet", "w", "spec:\n  replicas: 3"+podTemplate) + ownedPod("w-0", "StatefulSet", "w", "{}"),
			"w-0 StatefulSet/w map[]",
		},
		"Deployment through ReplicaSet": {
			object("Deployment", "w", "spec:"+podTemplate) + owned("ReplicaSet", "w-1", "Deployment", "w") + ownedPod("w-1-x", "ReplicaSet", "w-1", "{}"),
			"w-1-x ReplicaSet/w-1 map[]",
		},
		"Deployment whose ReplicaSet is left out": {
			object("Deployment", "w", "spec:"+podTemplate) + ownedPod("w-6b7-x", "ReplicaSet", "w-6b7", "{pod-template-hash: 6b7}"),
			"w-6b7-x ReplicaSet/w-6b7 map[pod-template-hash:6b7]",
		},
		"CronJob through Job": {
			cron + owned("Job", "w-1", "CronJob", "w") + ownedPod("w-1-x", "Job", "w-1", "{}"),
			"w-1-x Job/w-1 map[]",
		},
		"CronJob whose Job is left out": {
			cron + ownedPod("w-29000000-x", "Job", "w-29000000", "{}"),
			"w-29000000-x Job/w-29000000 map[]",
		},
		"a pod of another Deployment": {
			object("Deployment", "w", "spec:"+podTemplate) + ownedPod("v-6b7-x", "ReplicaSet", "v-6b7", "{pod-template-hash: 6b7}"),
			"v-6b7-x ReplicaSet/v-6b7 map[pod-template-hash:6b7]\nw-* Deployment/w map[app:web pod-template-hash:*]",
		},
		"a ReplicaSet leaves it to its Deployment": {
			object("Deployment", "w", "spec:"+podTemplate) + owned("ReplicaSet", "w-1", "Deployment", "w"),
			"w-* Deployment/w map[app:web pod-template-hash:*]",
		},
		"a ReplicaSet whose Deployment is left out": {
			owned("ReplicaSet", "w-1", "Deployment", "w"),
			"w-1-* ReplicaSet/w-1 map[app:web]",
		},
	} {
		s := read(t, tt.text)
		if got := podLines(s); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, tt.want)
		}
		if strings.HasSuffix(name, "is left out") && !strings.HasPrefix(name, "a ReplicaSet") {
			p := s.Pods()[0]
			w := s.Workload(p.Owner.Kind, snapshot.Name{Namespace: "default", Name: p.Owner.Name})
			if w == nil || w.Owner.Name != "w" {
				t.Errorf("%s: nothing leads from the pod to its workload: %+v", name, w)
			}
		}
	}
}

func TestAStoredObjectThatReportsNoPodsHasNone(t *testing.T) {
	stored := func(status string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w, uid: abc}\nspec:" + podTemplate + "status: {" + status + "}\n"
	}
	if got := podLines(read(t, stored(""))); got != "" {
		t.Errorf("without replicas: got %s", got)
	}
	if got := podLines(read(t, stored("replicas: 2"))); got != "w-* Deployment/w map[app:web pod-template-hash:*]" {
		t.Errorf("with replicas: got %s", got)
	}
}

func TestAHugeStatefulSetIsCut(t *testing.T) {
	s := read(t, object("StatefulSet", "w", "spec:\n  replicas: 2000000000"+podTemplate))
	if n := len(s.Pods()); n != 1000 {
		t.Errorf("%d pods", n)
	}
	if len(s.Gaps()) != 1 || s.Gaps()[0].Message != "StatefulSet default/w has 2000000000 replicas; only the first 1000 pods are considered" {
		t.Errorf("gaps: %+v", s.Gaps())
	}
}

func TestGeneratedNames(t *testing.T) {
	text := "apiVersion: v1\nkind: Pod\nmetadata: {generateName: run-, labels: {a: b}}\n"
	if got := podLines(read(t, text)); got != "run-* / map[a:b]" {
		t.Errorf("got %s", got)
	}
}
