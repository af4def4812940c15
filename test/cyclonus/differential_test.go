package cyclonus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// seeds is how many clusters a plain test run compares; NETGUARD_SEEDS is for more.
const seeds = 150

// edge is what is read of an edge of netguard's map.
type edge struct {
	From, To struct {
		Kind, Namespace, Name string
	}
	Verdict     string
	Connections []struct {
		Protocol corev1.Protocol
		Port     int
		EndPort  int
	}
}

func (e *edge) contains(protocol corev1.Protocol, port int) bool {
	for _, c := range e.Connections {
		last := max(c.Port, c.EndPort)
		if c.Protocol == protocol && (c.Port == 0 || c.Port <= port && port <= last) {
			return true
		}
	}
	return false
}

// netguard maps the cluster by the program in bin/.
func netguard(t *testing.T, c *cluster) []edge {
	t.Helper()
	var manifest bytes.Buffer
	write := func(o any) {
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&manifest, "---\n%s\n", text)
	}
	for _, o := range c.namespaces {
		write(o)
	}
	for _, o := range c.pods {
		write(o)
	}
	for _, o := range c.policies {
		write(o)
	}
	program, err := filepath.Abs("../../bin/kubectl-netguard")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "map", "-A", "-o", "json", "-f", "-")
	command.Stdin = &manifest
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var answer struct{ Edges []edge }
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Edges
}

// Both engines agree on every connection between two pods.
func TestAgreesWithCyclonus(t *testing.T) {
	if _, err := os.Stat("../../bin/kubectl-netguard"); err != nil {
		t.Fatal("build the plugin first: make build")
	}
	count := seeds
	if more, err := strconv.Atoi(os.Getenv("NETGUARD_SEEDS")); err == nil {
		count = more
	}
	connections := 0
	for seed := range count {
		c := generate(int64(seed))
		labels := map[string]map[string]string{}
		for _, ns := range c.namespaces {
			labels[ns.Name] = ns.Labels
		}
		theirs := matcher.BuildNetworkPolicies(false, c.policies)
		ours := map[[2]string]edge{}
		for _, e := range netguard(t, c) {
			if e.From.Kind == "Pod" && e.To.Kind == "Pod" && e.Verdict == "Allowed" {
				ours[[2]string{e.From.Namespace + "/" + e.From.Name, e.To.Namespace + "/" + e.To.Name}] = e
			}
		}
		for _, from := range c.pods {
			for _, to := range c.pods {
				if from == to {
					continue // a pod always reaches itself; cyclonus asks its policies
				}
				e := ours[[2]string{from.Namespace + "/" + from.Name, to.Namespace + "/" + to.Name}]
				for _, protocol := range []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP} {
					for port := 79; port <= 83; port++ {
						connections++
						want := theirs.IsTrafficAllowed(traffic(from, to, labels, protocol, port)).IsAllowed()
						if got := e.contains(protocol, port); got != want {
							t.Errorf("seed %d: %s/%s → %s/%s %d/%s: netguard says allowed=%v, cyclonus %v",
								seed, from.Namespace, from.Name, to.Namespace, to.Name, port, protocol, got, want)
						}
					}
				}
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d clusters, %d connections, no disagreement", count, connections)
}

func traffic(from, to *corev1.Pod, labels map[string]map[string]string, protocol corev1.Protocol, port int) *matcher.Traffic {
	out := &matcher.Traffic{
		Source: peer(from, labels), Destination: peer(to, labels), ResolvedPort: port, Protocol: protocol,
	}
	for _, p := range to.Spec.Containers[0].Ports {
		if int(p.ContainerPort) == port && p.Protocol == protocol {
			out.ResolvedPortName = p.Name
		}
	}
	return out
}

func peer(p *corev1.Pod, labels map[string]map[string]string) *matcher.TrafficPeer {
	return &matcher.TrafficPeer{
		IP:       p.Status.PodIP,
		Internal: &matcher.InternalPeer{PodLabels: p.Labels, Namespace: p.Namespace, NamespaceLabels: labels[p.Namespace]},
	}
}

// The one disagreement that was found, settled from the documentation of labels:
// "partition notin (customerA,customerB)" selects also "all resources with no
// labels with the partition key", and so does apimachinery's labels.Selector.
// Cyclonus (pkg/kube/labelselector.go) wants the key to be there.
func TestNotInHoldsWhereTheKeyIsAbsent(t *testing.T) {
	c := &cluster{
		namespaces: []*corev1.Namespace{{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: "ns0"}}},
	}
	g := &generator{rand.New(rand.NewSource(1))}
	for i := range 2 {
		p := g.pod(i, "ns0")
		p.Labels = nil
		c.pods = append(c.pods, p)
	}
	p := g.policy(0, "ns0")
	p.Spec = networkingv1.NetworkPolicySpec{
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
		Ingress: []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{
			PodSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "partition", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"customerA"}},
			}},
		}}}},
	}
	c.policies = append(c.policies, p)
	allowed := false
	for _, e := range netguard(t, c) {
		allowed = allowed || e.From.Name == "pod0" && e.To.Name == "pod1" && e.contains(corev1.ProtocolTCP, 80)
	}
	if !allowed {
		t.Error("netguard wants the key to be there")
	}
	theirs := matcher.BuildNetworkPolicies(false, c.policies)
	if theirs.IsTrafficAllowed(traffic(c.pods[0], c.pods[1], nil, corev1.ProtocolTCP, 80)).IsAllowed() {
		t.Error("cyclonus agrees by now: let the generator use NotIn again")
	}
}
