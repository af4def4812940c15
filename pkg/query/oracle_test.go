package query_test

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// A second evaluator, written from the API documentation alone (the comments of
// k8s.io/api/networking/v1 types.go and the page "Network Policies") and without
// regard to speed: one packet, and plain loops over the objects. It must share
// no code with what it judges.

// objects are a cluster's, as the API has them.
type objects struct {
	namespaces []corev1.Namespace
	nodes      []corev1.Node
	pods       []corev1.Pod
	policies   []networkingv1.NetworkPolicy
	// cluster are policies of Kubernetes' working group, see oracle_cluster_test.go.
	cluster []clusterPolicy
	// podsEscape: no ipBlock matches a pod, as network plugins may choose.
	podsEscape bool
}

// oracleEnd is one end of a packet: a pod, a node, or an address outside.
type oracleEnd struct {
	pod  *corev1.Pod
	node *corev1.Node
	ip   netip.Addr
}

// packet opens a connection.
type packet struct {
	src, dst oracleEnd
	protocol corev1.Protocol
	port     int32
}

// oracleVerdict is Unknown only where it depends on a node that is not known, on which of
// two policies of one priority is asked first, or on whether an administrator's policy binds
// a pod's own node.
func (w *objects) oracleVerdict(p packet) report.Verdict {
	yes, no := false, false
	for i := range 16 {
		if w.oracleAllows(p, chance{node: i&1 == 0, reversed: [2]bool{i&2 == 0, i&4 == 0}, near: i&8 == 0}) {
			yes = true
		} else {
			no = true
		}
	}
	switch {
	case yes && no:
		return report.Unknown
	case yes:
		return report.Allowed
	default:
		return report.Denied
	}
}

// chance is what nobody knows: whether two ends share a node where either one's node
// is not known, whether each side's policies of one priority are asked in reverse, and
// whether administrators' policies bind a pod's own node.
type chance struct {
	node     bool
	reversed [2]bool
	near     bool
}

// oracleAllows decides.
func (w *objects) oracleAllows(p packet, c chance) bool {
	if p.src.pod != nil && p.src.pod == p.dst.pod {
		return true // "A Pod cannot block access to itself."
	}
	return w.oracleEgress(p, c) && w.oracleIngress(p, c)
}

func (w *objects) oracleEgress(p packet, c chance) bool {
	pod := p.src.pod
	if pod == nil || pod.Spec.HostNetwork {
		return true // policies do not apply to nodes
	}
	// "traffic to and from the node where a Pod is running is always allowed", by NetworkPolicies.
	own := isHost(p.dst) && shareNode(p.src, p.dst, c.node)
	if own && !c.near {
		return true
	}
	if action := w.tier("Admin", pod, p, true, c.reversed[0]); action != "" && action != "Pass" {
		return action == "Accept"
	}
	isolated := false
	for i := range w.policies {
		policy := &w.policies[i]
		if policy.Namespace != pod.Namespace || !selects(&policy.Spec.PodSelector, pod.Labels) || !appliesTo(policy, networkingv1.PolicyTypeEgress) {
			continue
		}
		isolated = true
		for _, rule := range policy.Spec.Egress {
			if w.anyPeer(policy.Namespace, rule.To, p.dst) && anyPort(rule.Ports, p) {
				return true
			}
		}
	}
	if own && isolated {
		return true
	}
	return !isolated && w.tier("Baseline", pod, p, true, c.reversed[0]) != "Deny"
}

func (w *objects) oracleIngress(p packet, c chance) bool {
	pod := p.dst.pod
	if pod == nil || pod.Spec.HostNetwork {
		return true
	}
	if isHost(p.src) && shareNode(p.src, p.dst, c.node) {
		return true
	}
	if action := w.tier("Admin", pod, p, false, c.reversed[1]); action != "" && action != "Pass" {
		return action == "Accept"
	}
	isolated := false
	for i := range w.policies {
		policy := &w.policies[i]
		if policy.Namespace != pod.Namespace || !selects(&policy.Spec.PodSelector, pod.Labels) || !appliesTo(policy, networkingv1.PolicyTypeIngress) {
			continue
		}
		isolated = true
		for _, rule := range policy.Spec.Ingress {
			if w.anyPeer(policy.Namespace, rule.From, p.src) && anyPort(rule.Ports, p) {
				return true
			}
		}
	}
	return !isolated && w.tier("Baseline", pod, p, false, c.reversed[1]) != "Deny"
}

func isHost(e oracleEnd) bool { return e.node != nil || e.pod != nil && e.pod.Spec.HostNetwork }

func shareNode(a, b oracleEnd, guess bool) bool {
	x, y := nodeOf(a), nodeOf(b)
	if x == "" || y == "" {
		return guess
	}
	return x == y
}

func nodeOf(e oracleEnd) string {
	if e.node != nil {
		return e.node.Name
	}
	return e.pod.Spec.NodeName
}

// appliesTo: "If this field is not specified, it will default based on the
// existence of ingress or egress rules; policies that contain an egress section
// are assumed to affect egress, and all policies (whether or not they contain an
// ingress section) are assumed to affect ingress."
func appliesTo(policy *networkingv1.NetworkPolicy, want networkingv1.PolicyType) bool {
	if len(policy.Spec.PolicyTypes) == 0 {
		return want == networkingv1.PolicyTypeIngress || len(policy.Spec.Egress) > 0
	}
	for _, t := range policy.Spec.PolicyTypes {
		if t == want {
			return true
		}
	}
	return false
}

func selects(in *metav1.LabelSelector, set map[string]string) bool {
	s, err := metav1.LabelSelectorAsSelector(in)
	if err != nil {
		panic(err)
	}
	return s.Matches(labels.Set(set))
}

// anyPeer: "If this field is empty or missing, this rule matches all sources
// (traffic not restricted by source)."
func (w *objects) anyPeer(namespace string, peers []networkingv1.NetworkPolicyPeer, e oracleEnd) bool {
	if len(peers) == 0 {
		return true
	}
	for _, peer := range peers {
		if peer.IPBlock != nil {
			pod := e.pod != nil && !e.pod.Spec.HostNetwork
			if inBlock(peer.IPBlock, e.ip) && !(pod && w.podsEscape) {
				return true
			}
			continue
		}
		if e.pod == nil || e.pod.Spec.HostNetwork {
			continue // selectors select pods; a hostNetwork pod's traffic is its node's
		}
		if peer.NamespaceSelector == nil {
			if e.pod.Namespace != namespace {
				continue
			}
		} else if !selects(peer.NamespaceSelector, w.namespaceLabels(e.pod.Namespace)) {
			continue
		}
		if peer.PodSelector == nil || selects(peer.PodSelector, e.pod.Labels) {
			return true
		}
	}
	return false
}

func (w *objects) namespaceLabels(name string) map[string]string {
	out := map[string]string{"kubernetes.io/metadata.name": name}
	for _, ns := range w.namespaces {
		if ns.Name == name {
			for k, v := range ns.Labels {
				out[k] = v
			}
		}
	}
	return out
}

func inBlock(block *networkingv1.IPBlock, ip netip.Addr) bool {
	if !netip.MustParsePrefix(block.CIDR).Masked().Contains(ip) {
		return false
	}
	for _, e := range block.Except {
		if netip.MustParsePrefix(e).Masked().Contains(ip) {
			return false
		}
	}
	return true
}

// anyPort: "If this field is empty or missing, this rule matches all ports".
func anyPort(ports []networkingv1.NetworkPolicyPort, p packet) bool {
	if len(ports) == 0 {
		return true
	}
	for _, port := range ports {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		switch {
		case protocol != p.protocol:
		case port.Port == nil:
			return true
		case port.Port.Type == intstr.String:
			if p.dst.pod != nil && !p.dst.pod.Spec.HostNetwork && declares(p.dst.pod, port.Port.StrVal, p) {
				return true
			}
		case port.EndPort != nil:
			if port.Port.IntVal <= p.port && p.port <= *port.EndPort {
				return true
			}
		case port.Port.IntVal == p.port:
			return true
		}
	}
	return false
}

// declares: a container, or a sidecar, has the name on this protocol and port.
func declares(pod *corev1.Pod, name string, p packet) bool {
	containers := append([]corev1.Container(nil), pod.Spec.Containers...)
	for _, c := range pod.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			containers = append(containers, c)
		}
	}
	for _, c := range containers {
		for _, port := range c.Ports {
			protocol := port.Protocol
			if protocol == "" {
				protocol = corev1.ProtocolTCP
			}
			if port.Name == name && protocol == p.protocol && port.ContainerPort == p.port {
				return true
			}
		}
	}
	return false
}

// with is the same cluster with other policies.
func (w *objects) with(policies []networkingv1.NetworkPolicy) objects {
	return objects{namespaces: w.namespaces, nodes: w.nodes, pods: w.pods, policies: policies, cluster: w.cluster}
}
