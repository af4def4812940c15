package source

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// convertAhead has the objects that there are most of converted to their API types
// where documents are decoded, side by side, and frees what they were made from. It
// decides nothing: whoever asks for the type gets what is there, and an object that
// does not convert is as it was, so that the error is found where it always was.
func (o *object) convertAhead() {
	switch o.raw.GroupVersionKind().GroupKind() {
	case schema.GroupKind{Kind: "Pod"}:
		ahead[corev1.Pod](o)
	case schema.GroupKind{Kind: "Service"}:
		ahead[corev1.Service](o)
	case schema.GroupKind{Group: discoveryv1.GroupName, Kind: "EndpointSlice"}:
		ahead[discoveryv1.EndpointSlice](o)
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "Deployment"}:
		ahead[appsv1.Deployment](o)
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "ReplicaSet"}:
		ahead[appsv1.ReplicaSet](o)
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "StatefulSet"}:
		ahead[appsv1.StatefulSet](o)
	case schema.GroupKind{Group: batchv1.GroupName, Kind: "Job"}:
		ahead[batchv1.Job](o)
	}
}

// ahead leaves of the raw object what names it, and its metadata.
func ahead[T any](o *object) {
	in, err := fromRaw[T](o)
	if err != nil {
		return
	}
	o.converted = in
	for field := range o.raw.Object {
		switch field {
		case "apiVersion", "kind", "metadata":
		default:
			delete(o.raw.Object, field)
		}
	}
}
