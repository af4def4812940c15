package query_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The part of the second evaluator that is about ClusterNetworkPolicy (v1alpha2) and
// AdminNetworkPolicy and BaselineAdminNetworkPolicy (v1alpha1), written from the
// comments of their types in sigs.k8s.io/network-policy-api.

// clusterPolicy is what a policy of any of the kinds says.
type clusterPolicy struct {
	name string
	// old: of v1alpha1.
	old             bool
	tier            string
	priority        int
	namespaces      metav1.LabelSelector
	pods            *metav1.LabelSelector
	ingress, egress []clusterRule
}

type clusterRule struct {
	action string
	peers  []clusterPeer
	ports  []clusterPort
}

// clusterPeer is one of its fields, or nothing at all.
type clusterPeer struct {
	namespaces, pods *metav1.LabelSelector
	networks         []string
	nodes            *metav1.LabelSelector
}

type clusterPort struct {
	protocol    corev1.Protocol
	first, last int32
	name        string
}

// tier is what the first rule does that matches; "" where none does.
func (w *objects) tier(tier string, pod *corev1.Pod, p packet, egress, reversed bool) string {
	var policies []*clusterPolicy
	for i := range w.cluster {
		c := &w.cluster[i]
		if c.tier == tier && selects(&c.namespaces, w.namespaceLabels(pod.Namespace)) && (c.pods == nil || selects(c.pods, pod.Labels)) {
			policies = append(policies, c)
		}
	}
	slices.SortFunc(policies, func(a, b *clusterPolicy) int {
		names := cmp.Compare(a.name, b.name)
		if reversed {
			names = -names
		}
		return cmp.Or(cmp.Compare(a.priority, b.priority), names)
	})
	for _, c := range policies {
		rules, peer := c.ingress, p.src
		if egress {
			rules, peer = c.egress, p.dst
		}
		for _, r := range rules {
			if action := w.clusterRule(r, peer, p); action != "" {
				return action
			}
		}
	}
	return ""
}

func (w *objects) clusterRule(r clusterRule, peer oracleEnd, p packet) string {
	for _, one := range r.peers {
		if one.namespaces == nil && one.pods == nil && one.networks == nil && one.nodes == nil {
			if r.action == "Accept" {
				return "" // "treat the rule as matching no traffic"
			}
			return "Deny" // "treat the rule as a Deny all rule"
		}
	}
	if len(r.ports) > 0 && !slices.ContainsFunc(r.ports, func(c clusterPort) bool { return c.matches(p) }) {
		return ""
	}
	if slices.ContainsFunc(r.peers, func(c clusterPeer) bool { return w.clusterPeer(c, peer) }) {
		return r.action
	}
	return ""
}

func (c clusterPort) matches(p packet) bool {
	if c.name != "" {
		return p.dst.pod != nil && !p.dst.pod.Spec.HostNetwork && declares(p.dst.pod, c.name, p)
	}
	return c.protocol == p.protocol && (c.first == 0 || c.first <= p.port && p.port <= c.last)
}

// clusterPeer: "host-networked pods are not included" in namespaces and pods;
// networks are held against whatever has an address.
func (w *objects) clusterPeer(c clusterPeer, e oracleEnd) bool {
	pod := e.pod
	if pod != nil && pod.Spec.HostNetwork {
		pod = nil
	}
	switch {
	case c.networks != nil:
		return slices.ContainsFunc(c.networks, func(n string) bool { return netip.MustParsePrefix(n).Masked().Contains(e.ip) }) && !(pod != nil && w.podsEscape)
	case c.nodes != nil:
		for i := range w.nodes {
			for _, a := range w.nodes[i].Status.Addresses {
				if a.Address == e.ip.String() && selects(c.nodes, w.nodes[i].Labels) {
					return true
				}
			}
		}
		return false
	default:
		return pod != nil && selects(c.namespaces, w.namespaceLabels(pod.Namespace)) && (c.pods == nil || selects(c.pods, pod.Labels))
	}
}

// clusterPolicies draws policies of one of the versions; in a third of clusters.
func (g *generator) clusterPolicies() {
	if !g.one(3) {
		return
	}
	old := g.one(3)
	for i := range 1 + g.n(3) {
		c := clusterPolicy{name: fmt.Sprintf("cnp%d", i), old: old, tier: pick(g, "Admin", "Admin", "Baseline"), priority: i * 10}
		if old && c.tier == "Baseline" {
			c.name = "default"
			if slices.ContainsFunc(g.cluster, func(o clusterPolicy) bool { return o.tier == "Baseline" }) {
				continue
			}
		}
		if i == 2 && g.one(2) {
			c.priority = 10 // as the one before
		}
		c.namespaces = *g.namespaceSelector()
		if g.one(2) {
			c.pods = g.selector()
		}
		for range g.n(3) {
			c.ingress = append(c.ingress, g.clusterRule(&c, false))
		}
		for range g.n(3) {
			c.egress = append(c.egress, g.clusterRule(&c, true))
		}
		g.cluster = append(g.cluster, c)
	}
}

func (g *generator) clusterRule(c *clusterPolicy, egress bool) clusterRule {
	r := clusterRule{action: pick(g, "Accept", "Deny", "Pass")}
	if c.old && c.tier == "Baseline" && r.action == "Pass" {
		r.action = "Deny"
	}
	for range 1 + g.n(2) {
		r.peers = append(r.peers, g.clusterPeer(egress))
	}
	for range g.n(3) {
		p := clusterPort{protocol: pick[corev1.Protocol](g, "TCP", "TCP", "UDP", "SCTP")}
		switch g.n(4) {
		case 0:
			p.name = pick(g, "http", "web", "dns")
		case 1:
			p.first = pick[int32](g, 1, 53, 79)
			p.last = p.first + pick[int32](g, 1, 2, 8000)
		default:
			p.first = pick[int32](g, 80, 81, 8080, 53)
			p.last = p.first
		}
		r.ports = append(r.ports, p)
	}
	return r
}

func (g *generator) clusterPeer(egress bool) clusterPeer {
	switch n := g.n(10); {
	case n == 0:
		return clusterPeer{}
	case n < 3 && egress:
		out := clusterPeer{networks: []string{g.block().CIDR}}
		if g.one(2) {
			out.networks = append(out.networks, g.block().CIDR)
		}
		return out
	case n == 3 && egress:
		return clusterPeer{nodes: g.selector()}
	case n < 6:
		return clusterPeer{namespaces: g.namespaceSelector()}
	default:
		return clusterPeer{namespaces: g.namespaceSelector(), pods: g.selector()}
	}
}

// manifest is the policy as its API has it.
func (c *clusterPolicy) manifest() map[string]any {
	kind, version := "ClusterNetworkPolicy", "v1alpha2"
	spec := map[string]any{"priority": c.priority}
	switch {
	case c.old && c.tier == "Baseline":
		kind, version, spec = "BaselineAdminNetworkPolicy", "v1alpha1", map[string]any{}
	case c.old:
		kind, version = "AdminNetworkPolicy", "v1alpha1"
	default:
		spec["tier"] = c.tier
	}
	spec["subject"] = selected(&c.namespaces, c.pods)
	spec["ingress"], spec["egress"] = c.rules(c.ingress, "from"), c.rules(c.egress, "to")
	return map[string]any{
		"apiVersion": "policy.networking.k8s.io/" + version, "kind": kind, "metadata": map[string]any{"name": c.name}, "spec": spec,
	}
}

func selected(namespaces, pods *metav1.LabelSelector) map[string]any {
	if pods == nil {
		return map[string]any{"namespaces": namespaces}
	}
	return map[string]any{"pods": map[string]any{"namespaceSelector": namespaces, "podSelector": pods}}
}

func (c *clusterPolicy) rules(rules []clusterRule, side string) []any {
	var out []any
	for _, r := range rules {
		peers, ports := []any{}, []any{}
		for _, p := range r.peers {
			switch {
			case p.networks != nil:
				peers = append(peers, map[string]any{"networks": p.networks})
			case p.nodes != nil:
				peers = append(peers, map[string]any{"nodes": p.nodes})
			case p.namespaces == nil:
				peers = append(peers, map[string]any{})
			default:
				peers = append(peers, selected(p.namespaces, p.pods))
			}
		}
		for _, p := range r.ports {
			ports = append(ports, p.manifest(c.old))
		}
		rule := map[string]any{"action": r.action, side: peers}
		if c.old && r.action == "Accept" {
			rule["action"] = "Allow"
		}
		if len(ports) > 0 {
			rule[map[bool]string{true: "ports", false: "protocols"}[c.old]] = ports
		}
		out = append(out, rule)
	}
	return out
}

func (p clusterPort) manifest(old bool) map[string]any {
	switch {
	case p.name != "" && old:
		return map[string]any{"namedPort": p.name}
	case p.name != "":
		return map[string]any{"destinationNamedPort": p.name}
	case old && p.first == p.last:
		return map[string]any{"portNumber": map[string]any{"protocol": p.protocol, "port": p.first}}
	case old:
		return map[string]any{"portRange": map[string]any{"protocol": p.protocol, "start": p.first, "end": p.last}}
	}
	port := map[string]any{"number": p.first}
	if p.first != p.last {
		port = map[string]any{"range": map[string]any{"start": p.first, "end": p.last}}
	}
	return map[string]any{map[corev1.Protocol]string{"TCP": "tcp", "UDP": "udp", "SCTP": "sctp"}[p.protocol]: map[string]any{"destinationPort": port}}
}
