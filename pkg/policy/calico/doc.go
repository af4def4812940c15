// Package calico is the dialect of Calico's policies, projectcalico.org/v3 (and
// crd.projectcalico.org/v1, in which Calico stores them): NetworkPolicy,
// GlobalNetworkPolicy, Tier, NetworkSet and GlobalNetworkSet. It turns them into rules
// of pkg/policy.
//
// Tiers are asked by order, policies of a tier by order, name, namespace and kind, their
// rules in order; the first that matches decides. A tier that selects a pod and has no
// rule for a connection does what its defaultAction says; one that selects it with no
// policy is passed over (docs.tigera.io, network-policy/policy-tiers/tiered-policy).
package calico
