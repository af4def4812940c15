// Package networkpolicy is the dialect of networking.k8s.io/v1: it turns a
// NetworkPolicy into rules of pkg/policy, in which every default and every
// nil-or-empty subtlety of the API is settled.
//
// Its policies add up: a pod that any of them isolates may talk where any rule of
// any of them allows it, and nowhere else (NetworkPolicy docs, "Isolation"). So
// they make one unordered tier that denies what none of its rules allows.
package networkpolicy
