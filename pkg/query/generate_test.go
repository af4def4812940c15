package query_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand"
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
)

// generator makes small, odd clusters: every choice is a byte of the fuzzer's
// input or, where that has ended, random with a seed made from it.
type generator struct {
	data []byte
	rnd  *rand.Rand
	objects
	services []corev1.Service
	dual     int
}

func newGenerator(data []byte) *generator {
	h := fnv.New64()
	h.Write(data)
	return &generator{data: data, rnd: rand.New(rand.NewSource(int64(h.Sum64())))}
}

// n is a number below max.
func (g *generator) n(most int) int {
	if len(g.data) > 0 {
		b := g.data[0]
		g.data = g.data[1:]
		return int(b) % most
	}
	return g.rnd.Intn(most)
}

func (g *generator) one(in int) bool { return g.n(in) == 0 }

func pick[T any](g *generator, of ...T) T { return of[g.n(len(of))] }

// generate makes a cluster.
func generate(data []byte) *generator {
	g := newGenerator(data)
	g.dual = g.n(4) // 0 IPv4, 1 IPv6, else both
	for i := range 1 + g.n(3) {
		ns := corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}}
		ns.Name, ns.Labels = fmt.Sprintf("ns%d", i), g.labels()
		g.namespaces = append(g.namespaces, ns)
	}
	for i := range 1 + g.n(3) {
		n := corev1.Node{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}}
		n.Name, n.Labels = fmt.Sprintf("n%d", i), g.labels()
		for _, ip := range g.addresses(fmt.Sprintf("192.168.0.%d", i+1), fmt.Sprintf("fd01::%d", i+1), false) {
			n.Status.Addresses = append(n.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: ip})
		}
		g.nodes = append(g.nodes, n)
	}
	for i := range 1 + g.n(7) {
		p := g.pod(i)
		if i > 0 && g.one(2) {
			g.alike(&p, &g.pods[g.n(i)])
		}
		g.pods = append(g.pods, p)
	}
	for i := range g.n(5) {
		g.policies = append(g.policies, g.policy(i))
	}
	g.clusterPolicies()
	for i := range g.n(3) {
		g.services = append(g.services, g.service(i))
		if g.one(2) {
			g.policies = append(g.policies, g.tutorial(&g.services[i]))
		}
	}
	return g
}

// service has endpoints that the manifest source derives.
func (g *generator) service(i int) corev1.Service {
	s := corev1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}}
	s.Namespace, s.Name = pick(g, g.namespaces...).Name, fmt.Sprintf("s%d", i)
	s.Spec.Type = pick(g, corev1.ServiceTypeClusterIP, corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer)
	if s.Spec.Selector = g.labels(); s.Spec.Selector == nil {
		s.Spec.Selector = map[string]string{"app": pick(g, "a", "b")}
	}
	target := pick(g, intstr.FromInt32(8080), intstr.FromInt32(81), intstr.FromString("http"), intstr.FromString("web"))
	s.Spec.Ports = []corev1.ServicePort{{Name: "x", Port: 80, TargetPort: target, Protocol: pick[corev1.Protocol](g, "TCP", "UDP")}}
	if g.one(4) {
		local := corev1.ServiceInternalTrafficPolicyLocal
		s.Spec.InternalTrafficPolicy = &local
	}
	if s.Spec.Type != corev1.ServiceTypeClusterIP && g.one(3) {
		s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
	}
	if policy := corev1.IPFamilyPolicyPreferDualStack; g.one(2) {
		s.Spec.IPFamilyPolicy = &policy
	}
	return s
}

// tutorial is a policy for a Service's pods that names the Service's port, a
// mistake of many tutorials.
func (g *generator) tutorial(s *corev1.Service) networkingv1.NetworkPolicy {
	p := networkingv1.NetworkPolicy{TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}}
	p.Namespace, p.Name = s.Namespace, "for-"+s.Name
	p.Spec.PodSelector.MatchLabels = s.Spec.Selector
	port := intstr.FromInt32(s.Spec.Ports[0].Port)
	ports := []networkingv1.NetworkPolicyPort{{Protocol: &s.Spec.Ports[0].Protocol, Port: &port}}
	if g.one(3) {
		ports = append(ports, g.ports()...)
	}
	p.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: g.peers(), Ports: ports}}
	return p
}

func (g *generator) labels() map[string]string {
	var out map[string]string
	for range g.n(3) {
		if out == nil {
			out = map[string]string{}
		}
		out[pick(g, "app", "tier", "x.io/y")] = pick(g, "a", "b", "")
	}
	return out
}

func (g *generator) addresses(v4, v6 string, mixed bool) []string {
	mode := g.dual
	if mode > 1 && mixed {
		mode = g.n(5)
	}
	switch mode {
	case 0:
		return []string{v4}
	case 1:
		return []string{v6}
	case 2:
		return []string{v6, v4}
	default:
		return []string{v4, v6}
	}
}

func (g *generator) pod(i int) corev1.Pod {
	p := corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}}
	ns := g.n(len(g.namespaces))
	p.Namespace, p.Name, p.Labels = g.namespaces[ns].Name, fmt.Sprintf("p%d", i), g.labels()
	node := &g.nodes[g.n(len(g.nodes))]
	p.Spec.NodeName = node.Name
	p.Status.Phase = corev1.PodRunning
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	if g.one(5) {
		p.Spec.HostNetwork = true
		for _, a := range node.Status.Addresses {
			p.Status.PodIPs = append(p.Status.PodIPs, corev1.PodIP{IP: a.Address})
		}
	} else {
		for _, ip := range g.addresses(fmt.Sprintf("10.0.%d.%d", ns, i+1), fmt.Sprintf("fd00::%d:%d", ns, i+1), true) {
			p.Status.PodIPs = append(p.Status.PodIPs, corev1.PodIP{IP: ip})
		}
		if g.one(8) {
			p.Spec.NodeName = ""
		}
	}
	if p.Spec.NodeName != "" {
		for _, a := range node.Status.Addresses {
			p.Status.HostIPs = append(p.Status.HostIPs, corev1.HostIP{IP: a.Address})
		}
	}
	g.containers(&p.Spec)
	if g.one(3) {
		rs := fmt.Sprintf("w%d", g.n(2))
		p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: pick(g, "ReplicaSet", "StatefulSet"), Name: rs, UID: "u", Controller: new(bool)}}
		*p.OwnerReferences[0].Controller = true
	}
	return p
}

// alike makes a pod like another one, but for its name, node and addresses.
func (g *generator) alike(p, other *corev1.Pod) {
	if p.Spec.HostNetwork != other.Spec.HostNetwork {
		return
	}
	p.Namespace, p.Labels, p.OwnerReferences = other.Namespace, other.Labels, other.OwnerReferences
	p.Spec.Containers, p.Spec.InitContainers = other.Spec.Containers, other.Spec.InitContainers
}

func (g *generator) containers(spec *corev1.PodSpec) {
	used := map[string]bool{}
	ports := func() []corev1.ContainerPort {
		var out []corev1.ContainerPort
		for range g.n(3) {
			port := corev1.ContainerPort{
				Name: pick(g, "http", "web", "dns", ""), Protocol: pick[corev1.Protocol](g, "", "TCP", "UDP", "SCTP"), ContainerPort: pick[int32](g, 80, 81, 8080, 53),
			}
			// A name may be used once in a container, and twice in a pod is ambiguous.
			if key := port.Name; key == "" || !used[key] || g.one(2) && len(out) == 0 && !used[key+string(port.Protocol)] && port.Protocol != "" && !used[key+""] {
				used[key], used[key+string(port.Protocol)] = true, true
				out = append(out, port)
			}
		}
		return out
	}
	spec.Containers = []corev1.Container{{Name: "c", Image: "c", Ports: ports()}}
	if g.one(4) {
		always := corev1.ContainerRestartPolicyAlways
		c := corev1.Container{Name: "i", Image: "c", Ports: ports()}
		if g.one(2) {
			c.RestartPolicy = &always
		}
		spec.InitContainers = []corev1.Container{c}
	}
}

func (g *generator) policy(i int) networkingv1.NetworkPolicy {
	p := networkingv1.NetworkPolicy{TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}}
	p.Namespace, p.Name = pick(g, g.namespaces...).Name, fmt.Sprintf("np%d", i)
	p.Spec.PodSelector = *g.selector()
	for range g.n(3) {
		p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: g.peers(), Ports: g.ports()})
	}
	for range g.n(3) {
		p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: g.peers(), Ports: g.ports()})
	}
	if p.Spec.Ingress == nil && g.one(2) {
		p.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{}
	}
	if p.Spec.Egress == nil && g.one(2) {
		p.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{}
	}
	switch g.n(5) {
	case 0:
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	case 1:
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}
	case 2:
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	}
	return p
}

func (g *generator) selector() *metav1.LabelSelector {
	s := &metav1.LabelSelector{}
	for range g.n(2) {
		if s.MatchLabels == nil {
			s.MatchLabels = map[string]string{}
		}
		s.MatchLabels[pick(g, "app", "tier", "x.io/y")] = pick(g, "a", "b", "")
	}
	if g.one(3) {
		r := metav1.LabelSelectorRequirement{
			Key:      pick(g, "app", "tier", "x.io/y"),
			Operator: pick(g, metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist),
		}
		if r.Operator == metav1.LabelSelectorOpIn || r.Operator == metav1.LabelSelectorOpNotIn {
			r.Values = []string{pick(g, "a", "b", "")}
			if g.one(2) {
				r.Values = append(r.Values, pick(g, "a", "c"))
			}
		}
		s.MatchExpressions = append(s.MatchExpressions, r)
	}
	return s
}

func (g *generator) peers() []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	if g.one(4) {
		return pick(g, nil, []networkingv1.NetworkPolicyPeer{})
	}
	for range 1 + g.n(2) {
		var peer networkingv1.NetworkPolicyPeer
		switch g.n(5) {
		case 0:
			peer.PodSelector = g.selector()
		case 1:
			peer.NamespaceSelector = g.namespaceSelector()
		case 2:
			peer.PodSelector, peer.NamespaceSelector = g.selector(), g.namespaceSelector()
		default:
			peer.IPBlock = g.block()
		}
		out = append(out, peer)
	}
	return out
}

func (g *generator) namespaceSelector() *metav1.LabelSelector {
	if g.one(3) {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": pick(g, "ns0", "ns1", "ns2")}}
	}
	return g.selector()
}

// block is around the addresses that pods, nodes and the outside have.
func (g *generator) block() *networkingv1.IPBlock {
	cidrs := []string{
		"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.0.1.7/24", "10.0.0.0/30", "10.0.0.2/32", "192.168.0.0/16", "192.168.0.1/32", "203.0.113.0/24",
		"::/0", "fd00::/16", "fd00::/112", "fd00::1/128", "fd00::1:0/112", "fd01::/64", "fd01::1/128", "2001:db8::/32",
	}
	out := &networkingv1.IPBlock{CIDR: pick(g, cidrs...)}
	if g.one(3) {
		// One pod's, and not its likes'.
		ip := netip.MustParseAddr(pick(g, pick(g, g.pods...).Status.PodIPs...).IP)
		out.CIDR = netip.PrefixFrom(ip, ip.BitLen()).String()
	}
	outer := netip.MustParsePrefix(out.CIDR).Masked()
	for range g.n(3) {
		// An exception has to be strictly within the CIDR.
		inner := pick(g, append(cidrs, "10.0.0.1/32", "10.0.0.3/32", "203.0.113.128/25", "fd00::2/128")...)
		p := netip.MustParsePrefix(inner).Masked()
		if p.Bits() > outer.Bits() && outer.Overlaps(p) {
			out.Except = append(out.Except, inner)
		}
	}
	return out
}

func (g *generator) ports() []networkingv1.NetworkPolicyPort {
	if g.one(3) {
		return pick(g, nil, []networkingv1.NetworkPolicyPort{})
	}
	var out []networkingv1.NetworkPolicyPort
	for range 1 + g.n(2) {
		var port networkingv1.NetworkPolicyPort
		if protocol := pick[corev1.Protocol](g, "", "TCP", "UDP", "SCTP"); protocol != "" {
			port.Protocol = &protocol
		}
		switch g.n(4) {
		case 0: // any
		case 1:
			v := intstr.FromString(pick(g, "http", "web", "dns"))
			port.Port = &v
		case 2:
			v := intstr.FromInt32(pick[int32](g, 53, 80, 1))
			port.Port = &v
			end := max(v.IntVal, pick[int32](g, 1, 54, 80, 81, 8080, 65535))
			port.EndPort = &end
		default:
			v := intstr.FromInt32(pick[int32](g, 80, 81, 8080, 53))
			port.Port = &v
		}
		out = append(out, port)
	}
	return out
}

// manifests are the cluster's objects as a file has them, empty lists included.
func (g *generator) manifests(t testing.TB) []byte {
	var b bytes.Buffer
	write := func(o any) {
		b.WriteString("---\n")
		if err := json.NewEncoder(&b).Encode(o); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range g.namespaces {
		write(o)
	}
	for _, o := range g.nodes {
		write(o)
	}
	for _, o := range g.pods {
		write(o)
	}
	for _, o := range g.services {
		write(o)
	}
	for _, o := range g.policies {
		write(withEmptyLists(o))
	}
	for i := range g.cluster {
		write(g.cluster[i].manifest())
	}
	return b.Bytes()
}

// withEmptyLists writes the lists that are there and empty, which Go's encoding
// of the API types leaves out.
func withEmptyLists(p networkingv1.NetworkPolicy) map[string]any {
	text, _ := json.Marshal(p)
	var out map[string]any
	_ = json.Unmarshal(text, &out)
	spec := out["spec"].(map[string]any)
	empty := func(at map[string]any, key string, there bool, n int) {
		if there && n == 0 {
			at[key] = []any{}
		}
	}
	empty(spec, "ingress", p.Spec.Ingress != nil, len(p.Spec.Ingress))
	empty(spec, "egress", p.Spec.Egress != nil, len(p.Spec.Egress))
	for i, r := range p.Spec.Ingress {
		at := spec["ingress"].([]any)[i].(map[string]any)
		empty(at, "from", r.From != nil, len(r.From))
		empty(at, "ports", r.Ports != nil, len(r.Ports))
	}
	for i, r := range p.Spec.Egress {
		at := spec["egress"].([]any)[i].(map[string]any)
		empty(at, "to", r.To != nil, len(r.To))
		empty(at, "ports", r.Ports != nil, len(r.Ports))
	}
	return out
}

// snapshot is the cluster as the manifest source reads it.
func (g *generator) snapshot(t testing.TB) *snapshot.Snapshot {
	m, err := files.New(files.Options{Filenames: []string{"-"}, In: bytes.NewReader(g.manifests(t))})
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Load(context.Background(), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, g.manifests(t))
	}
	return s
}

// refusal is a list that was refused, in a namespace or in all.
func (g *generator) refusal(namespace string) snapshot.Need {
	return pick(g,
		refused(snapshot.NetworkPolicies, namespace), refused(snapshot.NetworkPolicies, ""),
		refused(snapshot.Pods, namespace), refused(snapshot.Pods, ""),
		refused(snapshot.Namespaces, ""), refused(snapshot.Nodes, ""), refused(snapshot.PolicyKinds, ""))
}
