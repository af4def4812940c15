package model

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/clusternetworkpolicy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// wide is a policy that binds pods of several namespaces.
type wide struct {
	*policy.Policy
	// perhaps is the policy where it is not known whether it selects a pod.
	perhaps *policy.Policy
}

// Wide returns the policies that bind pods of several namespaces, in the order in
// which their tiers are asked.
func (m *Model) Wide() []*policy.Policy {
	all := m.compiled().wide
	out := make([]*policy.Policy, len(all))
	for i := range all {
		out[i] = all[i].Policy
	}
	return out
}

// compileWide compiles the policies of kinds besides NetworkPolicy that the network
// plugin enforces, or may.
func (m *Model) compileWide() []wide {
	var out []wide
	for _, in := range m.PolicyObjects() {
		p := clusternetworkpolicy.Compile(in, m.selectedNodes)
		switch {
		case p.Dialect&m.Plugin.Behaviour.Ignores != 0:
			// Kept for what is said of them; [policy.Stack.Against] passes over them.
		case p.Dialect&m.Plugin.Unsure != 0:
			p = p.Perhaps(fmt.Sprintf("whether %s enforces %s is not known", m.Plugin.Name, p.Kind))
		case m.beyondPriorities(p):
			p = p.Perhaps(fmt.Sprintf("%s %s: %s knows priorities 0 to %d, and this is %d",
				p.Kind, p.Name.Name, m.Plugin.Name, m.Plugin.AdminPriorities-1, p.Rank))
		}
		out = append(out, wide{p, p.Perhaps("whether " + p.Kind + " " + p.Name.Name + " selects the pod is not known")})
	}
	mixed := policy.Dialect(0)
	for _, w := range out {
		mixed |= w.Dialect &^ m.Plugin.Behaviour.Ignores
	}
	if mixed == policy.AdminPolicies|policy.ClusterPolicies {
		// Two versions of one API, whose priorities nobody has put in one order.
		for _, w := range out {
			w.Rank, w.perhaps.Rank = 0, 0
		}
	}
	slices.SortStableFunc(out, func(a, b wide) int {
		return cmp.Or(cmp.Compare(order(a.Stage), order(b.Stage)), cmp.Compare(a.Rank, b.Rank), strings.Compare(a.Name.Name, b.Name.Name))
	})
	return out
}

func (m *Model) beyondPriorities(p *policy.Policy) bool {
	return p.Kind == clusternetworkpolicy.AdminNetworkPolicy && m.Plugin.AdminPriorities > 0 && p.Rank >= m.Plugin.AdminPriorities
}

// order is the place of a stage among the others.
func order(s policy.Stage) int {
	switch s {
	case policy.Admin:
		return 0
	case policy.Normal:
		return 1
	default:
		return 2
	}
}

// selectedNodes are the addresses of the nodes that a selector selects.
func (m *Model) selectedNodes(s selector.Selector) *policy.Nodes {
	out := &policy.Nodes{Selector: s, Unread: !m.Has(snapshot.Need{Resource: snapshot.Nodes})}
	for _, n := range m.Nodes() {
		if s.Match(selector.Known(n.Labels)) != selector.Yes {
			continue
		}
		for _, ip := range n.IPs {
			out.Addresses = append(out.Addresses, netip.PrefixFrom(ip, ip.BitLen()))
		}
	}
	return out
}

// reaching are the wide policies that may bind pods of a namespace in a direction.
func (m *Model) reaching(namespace string, d report.Direction) []wide {
	all := m.compiled().wide
	if len(all) == 0 {
		return nil
	}
	labels := m.NamespaceLabels(namespace)
	var out []wide
	for _, w := range all {
		if w.In(d).Isolates && (w.Wide.Namespaces == nil || w.Wide.Namespaces.Match(labels) != selector.No) {
			out = append(out, w)
		}
	}
	return out
}

// WideIn reports whether some policy that is not of the namespace may bind pods there
// in a direction.
func (m *Model) WideIn(namespace string, d report.Direction) bool {
	return len(m.reaching(namespace, d)) > 0
}

// stack puts the NetworkPolicies that bind a pod, and the wide policies that may, in the
// order in which they are asked.
func (m *Model) stack(pod *snapshot.Pod, normal []*policy.Policy, reaching []wide) policy.Stack {
	own := policy.AddUp(normal)
	if m.Plugin.Behaviour.UnpolicedDenied && !pod.HostNetwork && len(normal) == 0 &&
		len(m.Isolating(pod, report.Ingress))+len(m.Isolating(pod, report.Egress)) == 0 {
		own = policy.Stack{{Else: policy.Deny}}
	}
	if len(reaching) == 0 || pod.HostNetwork {
		return own
	}
	e := m.Endpoint(Party{Pod: pod}, netip.Addr{})
	var admin, baseline policy.Tier
	for _, w := range reaching {
		p := w.Policy
		switch p.Binds(&e) {
		case selector.No:
			continue
		case selector.Undetermined:
			p = w.perhaps
		case selector.Yes:
		}
		if p.Stage == policy.Baseline {
			baseline.Policies = append(baseline.Policies, p)
		} else {
			admin.Policies = append(admin.Policies, p)
		}
	}
	var out policy.Stack
	admin.Ordered, admin.Else = true, policy.Pass
	if len(admin.Policies) > 0 {
		out = append(out, admin)
	}
	out = append(out, own...)
	baseline.Ordered, baseline.Else = true, policy.Pass
	if len(baseline.Policies) > 0 {
		out = append(out, baseline)
	}
	return out
}
