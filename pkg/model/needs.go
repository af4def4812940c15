package model

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// OwnerNeeds are the reads by which [Model.TopOwner] knows the owners of pods: the
// ReplicaSets and Jobs in between. ReplicaSets of Deployments are told by their
// names alone.
func OwnerNeeds(pods []*snapshot.Pod) []snapshot.Need {
	var out []snapshot.Need
	seen := map[snapshot.Need]bool{}
	for _, pod := range pods {
		var resource snapshot.Resource
		switch pod.Owner.Kind {
		case "ReplicaSet":
			if hash := pod.Labels[PodTemplateHash]; hash != "" && strings.HasSuffix(pod.Owner.Name, "-"+hash) {
				continue
			}
			resource = snapshot.ReplicaSets
		case "Job":
			resource = snapshot.Jobs
		default:
			continue
		}
		n := snapshot.Need{Resource: resource, Namespace: pod.Namespace}
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

// ServiceNeeds are the reads by which [Model.Destinations] follows a Service to its
// pods. When they are in, [EndpointNeeds] are next.
func ServiceNeeds(s *snapshot.Service) []snapshot.Need {
	out := []snapshot.Need{{
		Resource: snapshot.EndpointSlices, Namespace: s.Namespace, Labels: "kubernetes.io/service-name=" + s.Name.Name,
	}}
	if len(s.Selector) > 0 {
		out = append(out, snapshot.Need{Resource: snapshot.Pods, Namespace: s.Namespace, Labels: labels.Set(s.Selector).String()})
	}
	return out
}

// EndpointNeeds are the pods of endpoints that a Service's selector has not
// brought: of a Service without selector, or pods that lost their labels.
func EndpointNeeds(of *snapshot.Snapshot, s *snapshot.Service) []snapshot.Need {
	if slices.ContainsFunc(ServiceNeeds(s), func(n snapshot.Need) bool { return !of.Has(n) }) {
		return nil
	}
	var out []snapshot.Need
	for _, slice := range of.EndpointSlicesOf(s.Name) {
		for _, e := range slice.Endpoints {
			name := snapshot.Name{Namespace: s.Namespace, Name: e.Pod}
			if e.Pod != "" && of.Pod(name) == nil {
				out = append(out, snapshot.Need{Resource: snapshot.Pods, Namespace: name.Namespace, Name: name.Name})
			}
		}
	}
	return out
}
