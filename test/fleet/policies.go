package fleet

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// policies are what teams write: most namespaces deny by default and allow their
// own; some apps take named peers of other namespaces, monitoring or address
// ranges; some restrict what leaves. A fifth of the namespaces has none. One
// database is shared across namespaces.
func (m *maker) policies() {
	kinds := []func(ns string, i int) networkingv1.NetworkPolicySpec{
		m.denyByDefault, m.sameNamespace, m.databases, m.fromIngress, m.fromMonitoring, m.egress,
	}
	m.policy("shared-database", Shared, 0, m.sharedDatabase())
	for i, count := 0, 1; count < m.size.Policies && !m.done; i++ {
		at := i % m.size.Namespaces
		round := i / m.size.Namespaces
		if at%5 == 4 && round < 30 {
			continue
		}
		ns := namespaceName(at)
		m.policy(fmt.Sprintf("policy-%02d", round), ns, i+1, kinds[round%len(kinds)](ns, i))
		count++
	}
}

func (m *maker) policy(name, namespace string, number int, spec networkingv1.NetworkPolicySpec) {
	m.add(&networkingv1.NetworkPolicy{
		ObjectMeta: made(metav1.ObjectMeta{Name: name, Namespace: namespace, UID: uid("np", number), Generation: 1}), Spec: spec,
	})
}

// sharedDatabase admits the frontends and backends of one team, wherever they are.
func (m *maker) sharedDatabase() networkingv1.NetworkPolicySpec {
	spec := in(networkingv1.NetworkPolicyIngressRule{
		From: []networkingv1.NetworkPolicyPeer{{
			NamespaceSelector: labelled("team", "team-7"),
			PodSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "tier", Operator: metav1.LabelSelectorOpIn, Values: []string{"frontend", "backend"}},
			}},
		}},
		Ports: []networkingv1.NetworkPolicyPort{tcp(intstr.FromInt32(5432))},
	})
	spec.PodSelector = *labelled("tier", "database")
	return spec
}

func in(rules ...networkingv1.NetworkPolicyIngressRule) networkingv1.NetworkPolicySpec {
	return networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}, Ingress: rules}
}

func labelled(pairs ...string) *metav1.LabelSelector {
	out := &metav1.LabelSelector{MatchLabels: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.MatchLabels[pairs[i]] = pairs[i+1]
	}
	return out
}

func tcp(port intstr.IntOrString) networkingv1.NetworkPolicyPort {
	protocol := corev1.ProtocolTCP
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &port}
}

func (m *maker) denyByDefault(string, int) networkingv1.NetworkPolicySpec { return in() }

func (m *maker) sameNamespace(string, int) networkingv1.NetworkPolicySpec {
	return in(networkingv1.NetworkPolicyIngressRule{From: []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}}})
}

func (m *maker) databases(string, int) networkingv1.NetworkPolicySpec {
	spec := in(networkingv1.NetworkPolicyIngressRule{
		From:  []networkingv1.NetworkPolicyPeer{{PodSelector: labelled("tier", "backend")}, {PodSelector: labelled("tier", "worker")}},
		Ports: []networkingv1.NetworkPolicyPort{tcp(intstr.FromInt32(5432))},
	})
	spec.PodSelector = *labelled("tier", "database")
	return spec
}

func (m *maker) fromIngress(string, int) networkingv1.NetworkPolicySpec {
	spec := in(networkingv1.NetworkPolicyIngressRule{
		From: []networkingv1.NetworkPolicyPeer{{
			NamespaceSelector: labelled("kubernetes.io/metadata.name", "ingress-nginx"), PodSelector: labelled("tier", "frontend"),
		}},
		Ports: []networkingv1.NetworkPolicyPort{tcp(intstr.FromString("http"))},
	})
	spec.PodSelector = *labelled("tier", "frontend")
	return spec
}

func (m *maker) fromMonitoring(_ string, i int) networkingv1.NetworkPolicySpec {
	return in(networkingv1.NetworkPolicyIngressRule{
		From: []networkingv1.NetworkPolicyPeer{
			{NamespaceSelector: labelled("kubernetes.io/metadata.name", "monitoring")},
			{IPBlock: &networkingv1.IPBlock{CIDR: fmt.Sprintf("172.%d.0.0/16", 16+i%16), Except: []string{fmt.Sprintf("172.%d.9.0/24", 16+i%16)}}},
		},
		Ports: []networkingv1.NetworkPolicyPort{tcp(intstr.FromString("metrics")), tcp(intstr.FromInt32(9090))},
	})
}

func (m *maker) egress(string, int) networkingv1.NetworkPolicySpec {
	udp, dns := corev1.ProtocolUDP, intstr.FromInt32(53)
	return networkingv1.NetworkPolicySpec{
		PodSelector: *labelled("tier", "worker"),
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
		Egress: []networkingv1.NetworkPolicyEgressRule{
			{
				To:    []networkingv1.NetworkPolicyPeer{{NamespaceSelector: labelled("kubernetes.io/metadata.name", "kube-system")}},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: &udp, Port: &dns}},
			},
			{To: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: labelled("env", "prod"), PodSelector: labelled("tier", "backend")}}},
			{To: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8"}}}}},
		},
	}
}
