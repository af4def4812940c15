package model

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Idle returns the policies that name pods and select none of those that were read,
// finished ones included, in the snapshot's order. They are found on first use.
func (m *Model) Idle() []*policy.Policy { return m.idle() }

func (m *Model) findIdle() []*policy.Policy {
	var out []*policy.Policy
	last := ""
	for _, in := range m.Policies() {
		if in.Namespace == last {
			continue
		}
		last = in.Namespace
		classes, pods := m.ClassesIn(last), m.PodsIn(last)
		for _, p := range m.PoliciesIn(last) {
			selects := func(pod *snapshot.Pod) bool {
				return p.Subject.Match(selector.Known(pod.Labels)) == selector.Yes
			}
			if !p.Subject.Empty() && !slices.ContainsFunc(classes, func(c *Class) bool { return selects(c.Pods[0]) }) &&
				!slices.ContainsFunc(pods, selects) { // finished ones count
				out = append(out, p)
			}
		}
	}
	return out
}
