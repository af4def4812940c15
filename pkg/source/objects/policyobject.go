package objects

import (
	"encoding/json"
	"fmt"
	"math"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// PolicyObject is a policy of an evaluated kind besides NetworkPolicy. Numbers are the
// same however the spec was decoded.
func PolicyObject(kind *kinds.Kind, meta *metav1.ObjectMeta, spec map[string]any) *snapshot.PolicyObject {
	out := &snapshot.PolicyObject{Group: kind.Group, Kind: kind.Name, Name: NameOf(meta), Labels: meta.Labels}
	out.Spec, _ = plainNumbers(spec).(map[string]any)
	return out
}

// DecodePolicyObject reads a policy of an evaluated kind from JSON.
func DecodePolicyObject(kind *kinds.Kind, raw []byte) (*snapshot.PolicyObject, error) {
	var in struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     map[string]any    `json:"spec"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, fmt.Errorf("decode %s: %w", kind.Name, err)
	}
	return PolicyObject(kind, &in.Metadata, in.Spec), nil
}

// PolicyObjectFields are the fields of a recorded policy.
func PolicyObjectFields(o *snapshot.PolicyObject) map[string]any {
	kind := kinds.Named(o.Group, o.Kind)
	meta := map[string]any{"name": o.Name.Name}
	if o.Namespace != "" {
		meta["namespace"] = o.Namespace
	}
	if len(o.Labels) > 0 {
		meta["labels"] = o.Labels
	}
	return map[string]any{"apiVersion": kind.APIVersion(), "kind": o.Kind, "metadata": meta, "spec": o.Spec}
}

// plainNumbers makes whole numbers of those that are.
func plainNumbers(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, field := range v {
			out[k] = plainNumbers(field)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plainNumbers(v[i])
		}
		return out
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
		return v
	default:
		return v
	}
}
