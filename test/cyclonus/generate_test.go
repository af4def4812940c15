package cyclonus

import (
	"fmt"
	"math/rand"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// cluster is what both engines are given.
type cluster struct {
	namespaces []*corev1.Namespace
	pods       []*corev1.Pod
	policies   []*networkingv1.NetworkPolicy
}

// generate makes a small cluster: few labels and ports, so that they collide
// often, and every absent, empty and filled variant of a policy's fields.
func generate(seed int64) *cluster {
	g := &generator{rand.New(rand.NewSource(seed))}
	c := &cluster{}
	for i := range 1 + g.Intn(3) {
		name := fmt.Sprintf("ns%d", i)
		labels := g.labels()
		labels["kubernetes.io/metadata.name"] = name
		c.namespaces = append(c.namespaces, &corev1.Namespace{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		})
	}
	for i := range 2 + g.Intn(6) {
		c.pods = append(c.pods, g.pod(i, c.namespaces[g.Intn(len(c.namespaces))].Name))
	}
	for i := range 1 + g.Intn(5) {
		c.policies = append(c.policies, g.policy(i, c.namespaces[g.Intn(len(c.namespaces))].Name))
	}
	return c
}

type generator struct{ *rand.Rand }

func (g *generator) labels() map[string]string {
	out := map[string]string{}
	for _, k := range []string{"a", "b"} {
		if v := g.Intn(3); v > 0 {
			out[k] = fmt.Sprint(v)
		}
	}
	return out
}

func (g *generator) protocol() corev1.Protocol {
	return []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}[g.Intn(3)]
}

func (g *generator) pod(i int, namespace string) *corev1.Pod {
	ip := fmt.Sprintf("10.1.%d.%d", g.Intn(2), i+1)
	p := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("pod%d", i), Namespace: namespace, Labels: g.labels(), UID: "x"},
		Spec:       corev1.PodSpec{NodeName: "n1", Containers: []corev1.Container{{Name: "c", Image: "i"}}},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}}},
	}
	used := map[string]bool{}
	for range g.Intn(3) {
		port := corev1.ContainerPort{ContainerPort: int32(80 + g.Intn(3)), Protocol: g.protocol(), Name: []string{"http", "web", "dns"}[g.Intn(3)]}
		key := fmt.Sprint(port.ContainerPort, port.Protocol)
		if !used[key] && !used[port.Name] {
			used[key], used[port.Name] = true, true
			p.Spec.Containers[0].Ports = append(p.Spec.Containers[0].Ports, port)
		}
	}
	return p
}

func (g *generator) policy(i int, namespace string) *networkingv1.NetworkPolicy {
	p := &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("np%d", i), Namespace: namespace},
	}
	p.Spec.PodSelector = *g.selector()
	// Cyclonus takes defaulted policies: policyTypes are always given.
	if g.Intn(2) == 0 {
		p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		for range g.Intn(3) {
			p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: g.peers(), Ports: g.ports()})
		}
	}
	if g.Intn(3) > 0 || len(p.Spec.PolicyTypes) == 0 {
		p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress)
		for range g.Intn(3) {
			p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: g.peers(), Ports: g.ports()})
		}
	}
	return p
}

func (g *generator) selector() *metav1.LabelSelector {
	out := &metav1.LabelSelector{}
	switch g.Intn(4) {
	case 0:
	case 1, 2:
		out.MatchLabels = map[string]string{[]string{"a", "b"}[g.Intn(2)]: fmt.Sprint(1 + g.Intn(2))}
	case 3:
		e := metav1.LabelSelectorRequirement{Key: []string{"a", "b"}[g.Intn(2)]}
		// NotIn is left out: TestNotInHoldsWhereTheKeyIsAbsent.
		switch g.Intn(3) {
		case 0:
			e.Operator = metav1.LabelSelectorOpExists
		case 1:
			e.Operator = metav1.LabelSelectorOpDoesNotExist
		case 2:
			e.Operator, e.Values = metav1.LabelSelectorOpIn, []string{"1", "2"}[:1+g.Intn(2)]
		}
		out.MatchExpressions = []metav1.LabelSelectorRequirement{e}
	}
	return out
}

func (g *generator) peers() []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	for range g.Intn(3) {
		switch g.Intn(4) {
		case 0:
			out = append(out, networkingv1.NetworkPolicyPeer{PodSelector: g.selector()})
		case 1:
			out = append(out, networkingv1.NetworkPolicyPeer{NamespaceSelector: g.selector()})
		case 2:
			out = append(out, networkingv1.NetworkPolicyPeer{NamespaceSelector: g.selector(), PodSelector: g.selector()})
		case 3:
			block := &networkingv1.IPBlock{CIDR: []string{"10.1.0.0/16", "10.1.1.0/24", "0.0.0.0/0"}[g.Intn(3)]}
			if g.Intn(2) == 0 && block.CIDR != "10.1.1.0/24" {
				block.Except = []string{"10.1.1.0/24"}
			}
			out = append(out, networkingv1.NetworkPolicyPeer{IPBlock: block})
		}
	}
	return out
}

func (g *generator) ports() []networkingv1.NetworkPolicyPort {
	var out []networkingv1.NetworkPolicyPort
	for range g.Intn(3) {
		protocol := g.protocol()
		p := networkingv1.NetworkPolicyPort{Protocol: &protocol}
		switch g.Intn(4) {
		case 0:
		case 1:
			port := intstr.FromString([]string{"http", "web", "dns"}[g.Intn(3)])
			p.Port = &port
		case 2:
			port := intstr.FromInt32(int32(80 + g.Intn(3)))
			p.Port = &port
		case 3:
			port, end := intstr.FromInt32(int32(80+g.Intn(2))), int32(82)
			p.Port, p.EndPort = &port, &end
		}
		out = append(out, p)
	}
	return out
}
