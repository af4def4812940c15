package query_test

import (
	"fmt"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/query"
)

// A load balancer that sends to the nodes is one end, however many they are, and
// nobody is told to keep a list of hundreds of addresses.
func TestNodesOfADoorAreOneEnd(t *testing.T) {
	for nodes, fix := range map[int]bool{3: true, 40: true, 200: false} {
		text := world
		for i := range nodes {
			text += fmt.Sprintf("---\n{apiVersion: v1, kind: Node, metadata: {name: more%d}, status: {addresses: [{type: InternalIP, address: 192.168.7.%d}]}}\n", i, i)
		}
		m := cluster(t, text, service("shop/front", "type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]"),
			slice("shop/front", "IPv4", "{port: 8080, protocol: TCP}", "{addresses: [10.0.0.1]}"),
			policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]"),
			ingressClass("alb", "ingress.k8s.aws/alb"), ingressTo("alb", "", "front"))
		x, err := query.Explain(m, ref(t, "ingress/app"), ref(t, "svc/front"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(x.Answers) != 2 || !x.Partly {
			t.Fatalf("%d nodes: %d answers", nodes, len(x.Answers))
		}
		all := nodes + 2 // two are in the world, one of which the pod is on
		denied, allowed := x.Answers[0].Source, x.Answers[1].Source
		if denied.Count != all-1 || denied.Total != all || allowed.Count != 1 || allowed.Total != all || allowed.Names[0] != "n1" || allowed.End.Name != "" {
			t.Errorf("%d nodes: denied %d of %d, allowed %+v", nodes, denied.Count, denied.Total, allowed)
		}
		if got := x.Fix != nil; got != fix {
			t.Errorf("%d nodes: a fix is %v", nodes, got)
		}
	}
}
