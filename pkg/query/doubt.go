package query

import (
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// doubtOf is what is not known of the policies that bind a party, and notes what it
// would take to know. Of pods that could not be read a map tells nothing for certain:
// how many there are, and whether any, is not known either.
func (m *mapper) doubtOf(p model.Party) policy.Doubt {
	namespace := p.Pod.Namespace
	switch {
	case m.ideal:
		return policy.Doubt{}
	case p.Unseen:
		m.needs[snapshot.Need{Resource: snapshot.Pods, Namespace: namespace}.Permission()] = true
		return policy.Doubt{MayAllow: true, MayDeny: true}
	}
	doubt := m.Doubt(namespace)
	if doubt.Policies != nil {
		m.needs[doubt.Policies.Permission()] = true
	}
	for _, g := range doubt.Kinds {
		m.needs[g.Permission()] = true
	}
	return doubt.Doubt
}
