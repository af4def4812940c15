package manifest

import (
	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// convertAhead has the objects that there are most of converted to their API types
// where documents are decoded, side by side, and frees what they were made from. It
// decides nothing: whoever asks for the type gets what is there, and an object that
// does not convert is as it was, so that the error is found where it always was.
func (o *Object) convertAhead() {
	gvk := o.Raw.GroupVersionKind()
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
	for field := range o.Raw.Object {
		switch field {
		case "apiVersion", "kind", "metadata":
		default:
			delete(o.Raw.Object, field)
		}
	}
}

// Kind is the object's row in the table of kinds, or nil.
func (o *Object) Kind() *kinds.Kind {
	gvk := o.Raw.GroupVersionKind()
	if gvk.Group == "extensions" {
		gvk.Group = "apps" // where its kinds are now
	}
	return kinds.Named(gvk.Group, gvk.Kind)
}
