package plan

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// lookup reads the cluster's DNS, where policies may keep the client from it: without such a
// policy nothing is read for it.
func (p *planner) lookup() {
	if !p.q.Lookup || len(p.needs) > 0 || !p.mayRestrict() {
		return
	}
	for _, n := range model.DNSNeeds(p.s) {
		p.want(n)
	}
	if s := model.ClusterDNS(p.s); s != nil {
		p.policiesOf(s.Namespace)
		p.service(reference.Reference{Kind: reference.Service, Namespace: s.Namespace, Name: s.Name.Name}, 0)
	}
}

// mayRestrict tells whether some policy that was read may bind what the source sends.
func (p *planner) mayRestrict() bool {
	return len(p.s.PolicyObjects()) > 0 || slices.ContainsFunc(p.s.Policies(), func(in *snapshot.Policy) bool {
		return len(in.Spec.Egress) > 0 || slices.Contains(in.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
	})
}
