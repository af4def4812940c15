package model

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// PodTemplateHash is the label by which a Deployment tells its ReplicaSets' pods.
const PodTemplateHash = "pod-template-hash"

// nodeKind is the kind of owner that a static pod's mirror pod has (Kubernetes docs,
// "Create static Pods").
const nodeKind = "Node"

// TopOwner returns the kind and name of the workload that a pod belongs to in
// the end: the Deployment rather than its ReplicaSet, the CronJob rather than
// its Job. A bare pod is its own.
func (m *Model) TopOwner(pod *snapshot.Pod) (kind string, name snapshot.Name) {
	owner := pod.Owner
	if owner.Name == "" || owner.Kind == nodeKind {
		// A node owns the mirror pods of its static pods, and is no workload of theirs.
		return "Pod", pod.Name
	}
	// A ReplicaSet made by a Deployment is named after it and the hash that its
	// pods carry (controller/deployment/sync.go), which spares reading it.
	if owner.Kind == "ReplicaSet" {
		if hash := pod.Labels[PodTemplateHash]; hash != "" {
			if deployment, ok := strings.CutSuffix(owner.Name, "-"+hash); ok {
				return "Deployment", snapshot.Name{Namespace: pod.Namespace, Name: deployment}
			}
		}
	}
	for range 4 { // Owners of owners; a chain that long is already unheard of.
		w := m.Workload(owner.Kind, snapshot.Name{Namespace: pod.Namespace, Name: owner.Name})
		if w == nil || w.Owner.Name == "" {
			break
		}
		owner = w.Owner
	}
	return owner.Kind, snapshot.Name{Namespace: pod.Namespace, Name: owner.Name}
}

// ownersHidden returns a gap that may hide what is in between a workload and its
// pods, or nil: without it, no pod can be told to be the workload's.
func (m *Model) ownersHidden(kind reference.Kind, namespace string) *snapshot.Gap {
	switch kind {
	case reference.Deployment:
		return m.Hidden(snapshot.ReplicaSets, namespace)
	case reference.CronJob:
		return m.Hidden(snapshot.Jobs, namespace)
	default:
		return nil
	}
}

// Owned returns the pods that a workload owns, directly or through ReplicaSets
// or Jobs, by ownerReferences.
func (m *Model) Owned(kind string, name snapshot.Name) []*snapshot.Pod {
	owners := map[snapshot.Owner]bool{{Kind: kind, Name: name.Name}: true}
	for _, w := range m.Workloads() {
		if w.Namespace == name.Namespace && w.Owner == (snapshot.Owner{Kind: kind, Name: name.Name}) {
			owners[snapshot.Owner{Kind: w.Kind, Name: w.Name.Name}] = true
		}
	}
	var out []*snapshot.Pod
	for _, p := range m.PodsIn(name.Namespace) {
		if owners[p.Owner] {
			out = append(out, p)
		}
	}
	return out
}
