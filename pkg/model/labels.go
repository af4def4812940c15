package model

import "strings"

// StableLabels returns the labels by which a policy may lastingly select a
// workload's pods: without those that controllers, releases and meshes change
// from one rollout, or give to a single pod.
func StableLabels(labels map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range labels {
		if !passing(k) {
			out[k] = v
		}
	}
	return out
}

// passing tells whether a label key is known to change; see "Well-Known Labels,
// Annotations and Taints" and Istio's list of resource labels. Controllers beyond
// Kubernetes' own give pods labels of the same kind: Argo Rollouts a hash of the
// template (argoproj/argo-rollouts, pkg/apis/rollouts/v1alpha1/types.go,
// DefaultRolloutUniqueLabelKey), Knative the revision (knative/serving,
// pkg/apis/serving/register.go).
func passing(key string) bool {
	switch key {
	case PodTemplateHash, "rollouts-pod-template-hash", "controller-revision-hash", "pod-template-generation",
		"serving.knative.dev/revision", "serving.knative.dev/revisionUID", "serving.knative.dev/configurationGeneration",
		"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
		"controller-uid", "job-name", "app.kubernetes.io/version", "app.kubernetes.io/managed-by", "helm.sh/chart",
		"service.istio.io/canonical-name", "service.istio.io/canonical-revision", "security.istio.io/tlsMode":
		return true
	}
	for _, prefix := range []string{"batch.kubernetes.io/", "topology.kubernetes.io/", "sidecar.istio.io/"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}
