// Package controlplane runs a real Kubernetes control plane for tests: etcd, kube-apiserver and
// kube-controller-manager, built from Go modules and started as processes on 127.0.0.1, and the real kubectl to talk to
// it. No container runtime and no download outside the Go module proxy is needed.
//
// What a ControlPlane answers is what a cluster answers, because it is the same code. What it has not got is nodes: see
// package kubelet for those.
//
// The package starts, stops and gives access; it must not know what netguard is.
package controlplane
