package model

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/calico"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// tiered tells whether the network plugin asks policies in Calico's tiers.
func (m *Model) tiered() bool { return m.Plugin.Enforces&policy.CalicoPolicies != 0 }

// inTiers adds Calico's policies to those of Kubernetes' working group, and puts all in
// the order in which Calico asks them: by their tiers, then by order, name, namespace
// and kind.
func (m *Model) inTiers(cluster []wide) []wide {
	tiers := calico.Tiers(m.PolicyObjects())
	names := map[policy.Dialect][2]string{
		policy.ClusterPolicies: {"kube-admin", "kube-baseline"}, policy.AdminPolicies: {"adminnetworkpolicy", "baselineadminnetworkpolicy"},
	}
	out := cluster
	for i, w := range out {
		name := names[w.Dialect][0]
		if w.Stage == policy.Baseline {
			name = names[w.Dialect][1]
		}
		out[i].place = place{tiers[name], float64(w.Rank)}
	}
	compiler := calico.NewCompiler(m.PolicyObjects(), m.NamespaceLabels)
	for _, in := range m.PolicyObjects() {
		if !calico.Decides(in) {
			continue
		}
		p := compiler.Compile(in)
		if p == nil {
			continue
		}
		tier, ok := tiers[p.Tier]
		if !ok {
			tier = calico.Tier{Name: p.Tier, Order: calico.Last, Else: policy.Deny}
		}
		perhaps := p.Perhaps("whether " + p.Kind + " " + p.Name.Name + " selects the pod is not known")
		out = append(out, wide{Policy: p.Policy, perhaps: perhaps, place: place{tier, p.Order}})
	}
	slices.SortStableFunc(out, func(a, b wide) int {
		return cmp.Or(cmp.Compare(a.place.tier.Order, b.place.tier.Order), strings.Compare(a.place.tier.Name, b.place.tier.Name),
			cmp.Compare(a.place.order, b.place.order), strings.Compare(a.Name.Name, b.Name.Name),
			strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Kind, b.Kind))
	})
	for i := range out {
		if out[i].Dialect == policy.CalicoPolicies {
			// Nothing is tied.
			out[i].Rank, out[i].perhaps.Rank = int32(i)+1, int32(i)+1
		}
	}
	return out
}

// tieredStack is what binds a pod, tier by tier. A tier none of whose policies selects it
// is passed over.
func (m *Model) tieredStack(pod *snapshot.Pod, normal []*policy.Policy, reaching []wide) policy.Stack {
	e := m.Endpoint(Party{Pod: pod}, netip.Addr{})
	ours := calico.Tiers(m.PolicyObjects())[calico.DefaultTier]
	var out policy.Stack
	var at *calico.Tier
	// begin goes on to a tier, and puts the NetworkPolicies into theirs.
	begin := func(t *calico.Tier) {
		passes := t == nil || t.Order > ours.Order || t.Order == ours.Order && t.Name > ours.Name
		if len(normal) > 0 && (at == nil || at.Name != ours.Name) && passes {
			out = append(out, policy.Tier{Policies: normal, Else: ours.Else})
			normal = nil
		}
		if at != nil && at.Name == ours.Name && (t == nil || t.Name != at.Name) && len(normal) > 0 {
			out[len(out)-1].Policies = append(out[len(out)-1].Policies, normal...)
			normal = nil
		}
		if t != nil && (at == nil || at.Name != t.Name) {
			out = append(out, policy.Tier{Ordered: true, Else: t.Else})
		}
		at = t
	}
	for i := range reaching {
		w := &reaching[i]
		p := w.Policy
		switch p.Binds(&e) {
		case selector.No:
			continue
		case selector.Undetermined:
			p = w.perhaps
		case selector.Yes:
		}
		begin(&w.place.tier)
		tier := &out[len(out)-1]
		for w.place.tier.Name == ours.Name && len(normal) > 0 && before(normal[0], w) {
			tier.Policies, normal = append(tier.Policies, normal[0]), normal[1:]
		}
		tier.Policies = append(tier.Policies, p)
	}
	begin(nil)
	return out
}

// before tells whether a NetworkPolicy is asked before a policy of the default tier.
func before(p *policy.Policy, w *wide) bool {
	return cmp.Or(cmp.Compare(calico.KubernetesOrder, w.place.order), strings.Compare("knp.default."+p.Name.Name, w.Name.Name)) < 0
}
