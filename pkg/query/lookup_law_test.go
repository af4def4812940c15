package query_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// A lookup is the client's connection to the DNS pods, and nothing else: it is answered as
// explain answers that.
func TestALookupIsAConnectionToDNS(t *testing.T) {
	peers := []string{
		"{podSelector: {}}", "{namespaceSelector: {}}", "{podSelector: {matchLabels: {app: web}}}",
		"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}",
		"{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}",
		"{ipBlock: {cidr: 10.0.3.0/24}}", "{ipBlock: {cidr: 10.96.0.10/32}}",
	}
	ports := []string{"{port: 53, protocol: UDP}", "{port: 1053, protocol: UDP}", "{port: dns, protocol: UDP}", "{port: 1053}", "{port: 8080}", "{protocol: UDP}"}
	seen := map[report.Verdict]int{}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 17))
		var policies strings.Builder
		for i := range 1 + r.IntN(3) {
			rules := make([]string, r.IntN(3))
			for j := range rules {
				rules[j] = fmt.Sprintf("{to: [%s], ports: [%s]}", peers[r.IntN(len(peers))], ports[r.IntN(len(ports))])
			}
			policies.WriteString(lookupPolicy("app", fmt.Sprintf("out%d", i), "Egress", rules))
		}
		if r.IntN(3) == 0 {
			from := []string{"{podSelector: {}}", "{namespaceSelector: {}}"}[r.IntN(2)]
			policies.WriteString(lookupPolicy("kube-system", "in", "Ingress", []string{"{from: [" + from + "]}"}))
		}
		m := cluster(t, lookupCluster, policies.String())
		client := ref(t, "app/pod/cli")
		x, err := query.Explain(m, client, ref(t, "app/svc/web"), query.Options{Lookup: true})
		if err != nil {
			t.Fatal(err)
		}
		dns, err := query.Explain(m, client, ref(t, "kube-system/svc/kube-dns:53/UDP"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if x.Lookup == nil || x.Lookup.Verdict != dns.Verdict {
			t.Fatalf("seed %d: lookup %+v, to DNS %s\n%s", seed, x.Lookup, dns.Verdict, policies.String())
		}
		if f := x.Lookup.Fix; f != nil && f.Verdict != report.Allowed {
			t.Errorf("seed %d: a fix with which the lookup is %s", seed, f.Verdict)
		}
		seen[dns.Verdict]++
	}
	if seen[report.Allowed] < 10 || seen[report.Denied] < 10 {
		t.Errorf("hardly any: %v", seen)
	}
}

func lookupPolicy(namespace, name, direction string, rules []string) string {
	return fmt.Sprintf("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: %s, namespace: %s}\nspec: {podSelector: {}, policyTypes: [%s], %s: [%s]}\n---\n",
		name, namespace, direction, strings.ToLower(direction), strings.Join(rules, ", "))
}

const lookupCluster = `
apiVersion: v1
kind: Namespace
metadata: {name: app, labels: {kubernetes.io/metadata.name: app}}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system, labels: {kubernetes.io/metadata.name: kube-system}}
---
apiVersion: v1
kind: Pod
metadata: {name: dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {nodeName: n1, containers: [{name: c, image: i, ports: [{name: dns, containerPort: 1053, protocol: UDP}, {name: dns-tcp, containerPort: 1053}]}]}
status: {phase: Running, podIP: 10.0.3.1, podIPs: [{ip: 10.0.3.1}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, protocol: UDP, targetPort: dns}, {name: dns-tcp, port: 53, targetPort: dns-tcp}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: app, labels: {app: web}}
spec: {nodeName: n2, containers: [{name: c, image: i, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cli, namespace: app, labels: {app: cli}}
spec: {nodeName: n2, containers: [{name: c, image: i}]}
status: {phase: Running, podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: app}
spec: {clusterIP: 10.96.0.5, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
`
