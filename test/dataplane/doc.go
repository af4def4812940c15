// Package dataplane asks packets what netguard says of them. It builds a cluster of two nodes out of network namespaces,
// without containers: veth pairs and routes made with iproute2, the real control plane of the module above, kube-router
// for policies and kube-proxy for Services, each in the namespace of its node, and pods that are namespaces in which
// something listens. Every pair and port is tried, and the verdict of netguard is held against what happened.
//
// All of it is in namespaces (mounts, processes, network) that the run made: when its first process ends, however that
// happens, the kernel removes everything. Root is needed for it; where that is not permitted, the tests are skipped and
// say why.
package dataplane
