package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// workloads are every kind of workload, with the reference that names one.
var workloads = map[string]string{
	"Deployment": "deploy/deployment", "ReplicaSet": "rs/replicaset", "StatefulSet": "sts/statefulset", "DaemonSet": "ds/daemonset",
	"Job": "job/job", "CronJob": "cj/cronjob", "ReplicationController": "rc/replicationcontroller", "Pod": "pod",
}

func TestEveryKindOfWorkload(t *testing.T) {
	for kind, ref := range workloads {
		t.Run(kind, func(t *testing.T) {
			for _, c := range []struct {
				status         int
				source, target string
			}{
				{yes, "client", ref + ":8080"},
				{no, "client", ref + ":9090"},
				{no, "app=stranger", ref + ":8080"},
				{yes, ref, "client:9090"},
				{no, ref, "client:8080"},
			} {
				run(t, cluster.Admin, c.status, "can-reach", c.source, c.target, "-n", "kinds")
			}
			x := ask[explanation](t, cluster.Admin, yes, "explain", "client", ref+":8080", "-n", "kinds")
			name := ref[strings.Index(ref, "/")+1:]
			if got := x.Answers[0].Target; got.End.Kind != kind || got.End.Name != name || got.Count == 0 {
				t.Errorf("target: got %+v", got)
			}
			r := ask[reach](t, cluster.Admin, yes, "who-can-reach", "client:9090", "-n", "kinds")
			if row := rowOf(t, r, kind, "kinds", name); row.Verdict != "Allowed" {
				t.Errorf("who-can-reach: got %+v", row)
			}
			r = ask[reach](t, cluster.Admin, yes, "reachable-from", ref, "-n", "kinds")
			if row := rowOf(t, r, "Pod", "kinds", "client"); row.Verdict == "Unknown" {
				t.Errorf("reachable-from: got %+v", row)
			}
		})
	}
}

func TestServices(t *testing.T) {
	web := must(t, "get", "pod", "web", "-n", "services", "-o", "jsonpath={.status.podIP}")
	slice := fmt.Sprintf(`apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: selectorless-1
  namespace: services
  labels:
    kubernetes.io/service-name: selectorless
addressType: IPv4
ports:
  - port: 8080
endpoints:
  - addresses: [%s]
    targetRef:
      kind: Pod
      namespace: services
      name: web
`, web)
	if r, err := cluster.Admin.RunWithInput(t.Context(), slice, "apply", "-f", "-"); err != nil || r.ExitCode != 0 {
		t.Fatal(err, r.Stderr)
	}
	for _, c := range []struct {
		status         int
		source, target string
		reason         string
	}{
		{yes, "client", "svc/named", "RuleAllows"},
		{yes, "client", "svc/named:80", "RuleAllows"},
		{no, "client", "svc/named:8080", "ServicePortMissing"},
		{no, "stranger", "svc/named", "NoRuleAllows"},
		{yes, "client", "svc/numeric:81", "RuleAllows"},
		{no, "stranger", "svc/numeric", "NoRuleAllows"},
		{yes, "client", "svc/headless", "RuleAllows"},
		{no, "client", "svc/headless:9090", "NoRuleAllows"},
		{yes, "client", "svc/selectorless", "RuleAllows"},
		{no, "stranger", "svc/selectorless", "NoRuleAllows"},
		{undecided, "client", "svc/outside", "LeavesCluster"},
		{yes, "client", "svc/inside:80", "RuleAllows"},
		{no, "stranger", "svc/inside:80", "NoRuleAllows"},
		{no, "client", "svc/wrong-name", "TargetPortMissing"},
		{no, "client", "svc/wrong-selector", "NoPods"},
		{yes, "client", "svc/dual", "RuleAllows"},
		{no, "stranger", "svc/dual", "NoRuleAllows"},
		{no, "client", "svc/node-port", "NoRuleAllows"},
	} {
		p := ask[permission](t, cluster.Admin, c.status, "can-reach", c.source, c.target, "-n", "services")
		if p.Reason != c.reason {
			t.Errorf("%s to %s: reason %s, want %s", c.source, c.target, p.Reason, c.reason)
		}
	}
}

func TestAddressesAsTargets(t *testing.T) {
	address := func(ref, path string) string {
		t.Helper()
		out := must(t, "get", ref, "-n", "services", "-o", "jsonpath="+path)
		if out == "" {
			t.Fatalf("%s has no %s", ref, path)
		}
		if strings.Contains(out, ":") {
			out = "[" + out + "]"
		}
		return out
	}
	for _, c := range []struct {
		what, source, target string
		status               int
	}{
		{"ClusterIP", "client", address("svc/named", "{.spec.clusterIP}") + ":80", yes},
		{"ClusterIP", "stranger", address("svc/named", "{.spec.clusterIP}") + ":80", no},
		{"second ClusterIP", "client", address("svc/dual", "{.spec.clusterIPs[1]}") + ":80", yes},
		{"second ClusterIP", "stranger", address("svc/dual", "{.spec.clusterIPs[1]}") + ":80", no},
		{"pod IP", "client", address("pod/web", "{.status.podIP}") + ":8080", yes},
		{"pod IP", "stranger", address("pod/web", "{.status.podIP}") + ":8080", no},
		{"second pod IP", "client", address("pod/web", "{.status.podIPs[1].ip}") + ":8080", yes},
		{"second pod IP", "stranger", address("pod/web", "{.status.podIPs[1].ip}") + ":8080", no},
		{"load balancer IP", "client", address("svc/load-balancer", "{.status.loadBalancer.ingress[0].ip}") + ":80", no},
		{"node IP", "client", "10.0.0.11:10250", yes},
		{"pod IP as source", address("pod/client", "{.status.podIP}"), "web:8080", yes},
		{"pod IP as source", address("pod/stranger", "{.status.podIP}"), "web:8080", no},
		{"node IP as source, on the pod's own node", "10.0.0.11", "web:8080", yes},
		{"node IP as source, on another node", "10.0.0.12", "web:8080", no},
	} {
		t.Run(c.what+" "+c.source, func(t *testing.T) {
			run(t, cluster.Admin, c.status, "can-reach", c.source, c.target, "-n", "services")
		})
	}
}

func TestFromOutside(t *testing.T) {
	// externalTrafficPolicy: Local keeps the client's address.
	x := ask[explanation](t, cluster.Admin, yes, "explain", "internet", "svc/load-balancer", "-n", "services")
	if x.Verdict != "Denied" || !x.Partly || verdicts(x)["Allowed"] == 0 {
		t.Errorf("load balancer: got %s, partly %v, %v", x.Verdict, x.Partly, verdicts(x))
	}
	run(t, cluster.Admin, yes, "can-reach", "198.51.100.7", "svc/load-balancer", "-n", "services")
	run(t, cluster.Admin, no, "can-reach", "192.0.2.7", "svc/load-balancer", "-n", "services")
	// Through a NodePort the source is a node's address: the block of the policy
	// is never seen, and only the pod's own node gets in.
	x = ask[explanation](t, cluster.Admin, yes, "explain", "198.51.100.7", "svc/node-port", "-n", "services")
	if x.Verdict != "Denied" || !x.Partly {
		t.Errorf("node port: got %s, partly %v", x.Verdict, x.Partly)
	}
	for _, a := range x.Answers {
		if a.Verdict == "Allowed" && (a.Reason != "SameNode" || len(a.Source.Nodes) != 1 || a.Source.Nodes[0] != "node-a") {
			t.Errorf("node port: got %+v", a)
		}
	}
}

func TestHostNetworkSourcePerNode(t *testing.T) {
	x := ask[explanation](t, cluster.Admin, yes, "explain", "ds/agent", "pinned:8080", "-n", "hosts")
	if x.Verdict != "Denied" || !x.Partly || len(x.Answers) != 2 {
		t.Fatalf("got %s, partly %v, %d answers", x.Verdict, x.Partly, len(x.Answers))
	}
	for _, a := range x.Answers {
		want := "node-b node-c"
		if a.Verdict == "Allowed" {
			want = "node-a"
		}
		if got := strings.Join(a.Source.Nodes, " "); got != want || a.Source.Total != 3 {
			t.Errorf("%s from %s of %d, want %s", a.Verdict, got, a.Source.Total, want)
		}
	}
	run(t, cluster.Admin, no, "can-reach", "ds/agent", "pinned:8080", "-n", "hosts")
	run(t, cluster.Admin, yes, "can-reach", "node/node-a", "pinned:8080", "-n", "hosts")
	run(t, cluster.Admin, no, "can-reach", "node/node-b", "pinned:8080", "-n", "hosts")
}

// A pod that may send to IPv4 addresses only gets half of a dual-stack Service.
func TestDualStackDiffers(t *testing.T) {
	x := ask[explanation](t, cluster.Admin, yes, "explain", "v4-only", "svc/dual", "-n", "services")
	if x.Verdict != "Denied" || !x.Partly {
		t.Errorf("got %s, partly %v: %+v", x.Verdict, x.Partly, x.Answers)
	}
	run(t, cluster.Admin, yes, "can-reach", "v4-only", "svc/named", "-n", "services")
}
