package files

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/manifest"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// templatesOf finds the pods that an object of a kind of its own would make: whatever
// holds a pod template, which is how controllers of all kinds are told what to run
// (Argo's Rollout, OpenShift's DeploymentConfig, Knative's Service, a JobSet …).
func (c *collection) templatesOf(o *manifest.Object, kind string) error {
	found := podTemplates(o.Raw.Object["spec"], 0)
	if len(found) == 0 {
		return nil
	}
	meta := &metav1.ObjectMeta{
		Namespace: o.Raw.GetNamespace(), Name: o.Raw.GetName(), GenerateName: o.Raw.GetGenerateName(), UID: o.Raw.GetUID(),
		Labels: o.Raw.GetLabels(), OwnerReferences: o.Raw.GetOwnerReferences(),
	}
	if err := c.identify(o, meta, true); err != nil {
		return err
	}
	for i, in := range found {
		pod := new(corev1.PodTemplateSpec)
		if runtime.DefaultUnstructuredConverter.FromUnstructured(in, pod) != nil || checkPodSpec(o, &pod.Spec, "spec") != nil {
			continue // it is a template of another sort
		}
		w := objects.Workload(kind, meta)
		t := &template{workload: w, pod: pod, replicas: 1, labels: ownLabels(o, w), extra: i}
		if n, ok, err := nestedInt(o.Raw.Object, "spec", "replicas"); ok && err == nil {
			t.replicas = n
		}
		c.templates = append(c.templates, t)
	}
	return nil
}

func nestedInt(in map[string]any, path ...string) (int, bool, error) {
	var at any = in
	for _, p := range path {
		m, ok := at.(map[string]any)
		if !ok {
			return 0, false, nil
		}
		at = m[p]
	}
	switch n := at.(type) {
	case int64:
		return int(n), true, nil
	case float64:
		return int(n), true, nil
	default:
		return 0, false, nil
	}
}

// podTemplates are what looks like a PodTemplateSpec: an object under a key that calls
// it a template, and whose spec lists containers.
func podTemplates(in any, depth int) []map[string]any {
	const deepest = 8
	var out []map[string]any
	switch in := in.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(in)) {
			at, ok := in[key].(map[string]any)
			if ok && strings.HasSuffix(strings.ToLower(key), "template") && hasContainers(at["spec"]) {
				out = append(out, at)
			} else if depth < deepest {
				out = append(out, podTemplates(in[key], depth+1)...)
			}
		}
	case []any:
		for _, item := range in {
			if depth < deepest {
				out = append(out, podTemplates(item, depth+1)...)
			}
		}
	}
	return out
}

func hasContainers(spec any) bool {
	in, ok := spec.(map[string]any)
	if !ok {
		return false
	}
	list, ok := in["containers"].([]any)
	if !ok || len(list) == 0 {
		return false
	}
	first, ok := list[0].(map[string]any)
	return ok && first["image"] != nil
}

// ownLabels are those that controllers of kinds of their own are known to add.
func ownLabels(o *manifest.Object, w *snapshot.Workload) map[string]string {
	name := w.Name.Name
	switch o.Raw.GroupVersionKind().Group {
	case "argoproj.io": // argo-rollouts, DefaultRolloutUniqueLabelKey
		return map[string]string{"rollouts-pod-template-hash": selector.Open}
	case "apps.openshift.io": // openshift/library-go, appsutil
		return map[string]string{"deployment": name + "-" + selector.Open, "deploymentconfig": name}
	case "serving.knative.dev": // knative/serving pkg/apis/serving/register.go
		return map[string]string{
			"serving.knative.dev/service": name, "serving.knative.dev/configuration": name,
			"serving.knative.dev/revision": name + "-" + selector.Open, "serving.knative.dev/revisionUID": selector.Open,
		}
	default:
		return nil
	}
}
