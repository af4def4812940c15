package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// exported are the kinds that questions are answered from.
const exported = "namespaces,nodes,pods,services,endpointslices,networkpolicies,ingresses,ingressclasses," +
	"deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs,replicationcontrollers"

// The same objects give the same JSON, byte for byte, whether an API server or a file says them.
func TestClusterAndManifestsGiveTheSameJSON(t *testing.T) {
	dump := filepath.Join(t.TempDir(), "dump.yaml")
	if err := os.WriteFile(dump, []byte(must(t, "get", exported, "-A", "-o", "yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	podIP := must(t, "get", "pod", "web", "-n", "services", "-o", "jsonpath={.status.podIP}")
	clusterIP := must(t, "get", "svc", "named", "-n", "services", "-o", "jsonpath={.spec.clusterIP}")
	balancerIP := must(t, "get", "svc", "load-balancer", "-n", "services", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}")

	var questions [][]string
	ask := func(line string) { questions = append(questions, strings.Fields(line)) }
	for _, c := range []string{"explain", "can-reach"} {
		for _, ends := range []string{
			"deploy/frontend svc/bankapp-service -n bank",
			"deploy/other svc/bankapp-service -n bank",
			"app=frontend svc/bankapp-service -n bank",
			"ingress-nginx/deploy/ingress-nginx-controller bank/svc/bankapp-service",
			"internet ingress-nginx/svc/ingress-nginx-controller",
			"ing/bankapp svc/bankapp-service -n bank",
			"internet ing/bankapp -n bank",
			"ns/bank ns/kinds",
			"client svc/named -n services",
			"client svc/headless -n services",
			"client svc/inside:80 -n services",
			"client svc/outside -n services",
			"client svc/wrong-name -n services",
			"client svc/wrong-selector -n services",
			"client " + podIP + ":8080 -n services",
			"client " + clusterIP + ":80 -n services",
			"client " + balancerIP + ":80 -n services",
			"client 10.0.0.11:10250 -n services",
			"client 192.0.2.0/24 -n services",
			"10.0.0.12 web:8080 -n services",
			"v4-only svc/dual -n services",
			"internet svc/load-balancer -n services",
			"internet svc/node-port -n services",
			"ds/agent pinned -n hosts",
			"node/node-a pinned:8080 -n hosts",
		} {
			ask(c + " " + ends)
		}
		for _, ref := range workloads {
			ask(c + " client " + ref + ":8080 -n kinds")
			ask(c + " " + ref + " client -n kinds")
		}
	}
	for _, end := range []string{
		"svc/bankapp-service -n bank", "ing/bankapp -n bank", "deploy/frontend -n bank", "svc/named -n services", "svc/node-port -n services",
		"svc/load-balancer -n services", "pinned -n hosts", "ds/agent -n hosts", "ns/kinds", "cj/cronjob -n kinds", "svc/dual -n services",
	} {
		ask("who-can-reach " + end)
		ask("reachable-from " + end)
	}
	ask("map -n bank")
	ask("map -A")
	ask("map -n kinds -l app=client")

	for _, q := range questions {
		args := append(append([]string{"netguard"}, q...), "-o", "json")
		live, err := cluster.Admin.Run(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		offline, err := cluster.Admin.Run(t.Context(), append(args, "-f", dump)...)
		if err != nil {
			t.Fatal(err)
		}
		if live.ExitCode != offline.ExitCode || live.Stdout != offline.Stdout {
			t.Errorf("%s: exit status %d live, %d with -f; %s\n%s%s", strings.Join(q, " "), live.ExitCode, offline.ExitCode,
				firstDifference(live.Stdout, offline.Stdout), live.Stderr, offline.Stderr)
		}
	}
}

// firstDifference shows where two texts part.
func firstDifference(live, offline string) string {
	a, b := strings.Split(live, "\n"), strings.Split(offline, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(0, i-6)
			return "they differ after\n" + strings.Join(a[from:i], "\n") +
				"\nlive:\n" + strings.Join(a[i:min(i+4, len(a))], "\n") + "\n-f:\n" + strings.Join(b[i:min(i+4, len(b))], "\n")
		}
	}
	return "one is longer"
}
