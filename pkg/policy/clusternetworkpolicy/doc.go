// Package clusternetworkpolicy is the dialect of policy.networking.k8s.io:
// ClusterNetworkPolicy v1alpha2, and AdminNetworkPolicy and BaselineAdminNetworkPolicy
// v1alpha1 before it (sigs.k8s.io/network-policy-api, apis/ of v0.2.0). It turns them
// into rules of pkg/policy.
//
// Their rules are asked in order, policies by priority, and the first that matches
// decides: in the Admin tier before any NetworkPolicy, and in the Baseline tier where
// no NetworkPolicy isolates the pod. What is not understood of a policy leaves open
// what it may decide; it never makes a guess.
package clusternetworkpolicy
