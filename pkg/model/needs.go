package model

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
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
			name := e.PodName(slice.Namespace)
			if e.Pod != "" && of.Pod(name) == nil {
				out = append(out, snapshot.Need{Resource: snapshot.Pods, Namespace: name.Namespace, Name: name.Name})
			}
		}
	}
	return out
}

// HostNeeds are the reads by which [Model.Destinations] knows what a node, or a pod in
// a node's network, gets of the packets that arrive at ports: a nodePort leads on to
// a Service's pods, and a hostPort to another pod.
func HostNeeds(p Party, asked reference.Port) []snapshot.Need {
	if !p.Host() {
		return nil
	}
	var out []snapshot.Need
	for _, port := range portsOf(p, asked) {
		for _, n := range passingNeeds(p, port) {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// passingNeeds are those of [HostNeeds] for one port.
func passingNeeds(p Party, port report.PortMapping) []snapshot.Need {
	// Those that kube-apiserver gives to Services by default, whatever pods declare.
	const firstNodePort, lastNodePort = 30000, 32767
	services := snapshot.Need{Resource: snapshot.Services}
	switch {
	case port.Pod == 0:
		return nil
	case p.Pod == nil || port.Undeclared:
		return []snapshot.Need{services, {Resource: snapshot.Pods, Fields: "spec.nodeName=" + p.NodeName()}}
	case port.Pod >= firstNodePort && port.Pod <= lastNodePort:
		// The scheduler gives a port of a node that pods declare to one of them alone.
		return []snapshot.Need{services}
	default:
		return nil
	}
}
