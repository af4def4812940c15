package source

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// convertAhead has the objects that there are most of converted to their API types
// where documents are decoded, side by side, and frees what they were made from. It
// decides nothing: whoever asks for the type gets what is there, and an object that
// does not convert is as it was, so that the error is found where it always was.
func (o *object) convertAhead() {
	gvk := o.raw.GroupVersionKind()
	kind := kinds.Named(gvk.Group, gvk.Kind)
	if kind == nil {
		return
	}
	switch kind.Resource {
	case snapshot.Pods, snapshot.Services, snapshot.EndpointSlices, snapshot.Deployments, snapshot.ReplicaSets, snapshot.StatefulSets, snapshot.Jobs:
	default:
		return
	}
	in := objects.Of(kind.Resource).New()
	if o.into(in) != nil {
		return
	}
	o.converted = in
	// What is left of the raw object is what names it, and its metadata.
	for field := range o.raw.Object {
		switch field {
		case "apiVersion", "kind", "metadata":
		default:
			delete(o.raw.Object, field)
		}
	}
}

// kindOf is the object's row in the table of kinds, or nil.
func kindOf(o *object) *kinds.Kind {
	gvk := o.raw.GroupVersionKind()
	return kinds.Named(aliased(gvk.GroupKind()).Group, gvk.Kind)
}

// aliased: what is in apps now was in extensions once.
func aliased(k schema.GroupKind) schema.GroupKind {
	if k.Group == "extensions" {
		k.Group = "apps"
	}
	return k
}
