package overlay

import (
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// NetworkPolicy is the kind of a policy to delete, which a reference to an end
// cannot name.
const NetworkPolicy reference.Kind = "NetworkPolicy"

// ParseObject reads [NAMESPACE/]TYPE/NAME, where TYPE may be netpol or
// networkpolicy besides what references take.
func ParseObject(text, namespace string) (reference.Reference, error) {
	parts := strings.Split(text, "/")
	if n := len(parts); n == 2 || n == 3 {
		switch strings.ToLower(parts[n-2]) {
		case "netpol", "networkpolicy", "networkpolicies", "networkpolicies.networking.k8s.io", "networkpolicy.networking.k8s.io":
			if n == 3 {
				namespace = parts[0]
			}
			if parts[n-1] == "" {
				return reference.Reference{}, fmt.Errorf("missing name in %q", text)
			}
			return reference.Reference{Kind: NetworkPolicy, Namespace: namespace, Name: parts[n-1]}, nil
		}
	}
	r, err := reference.Parse(text, namespace)
	if err == nil && r.Form != reference.FormObject {
		err = fmt.Errorf("%q is no object that can be deleted; write [NAMESPACE/]TYPE/NAME", text)
	}
	return r, err
}

// Delete takes objects, and what goes with them, out of base. The error says
// which does not exist.
func Delete(base *snapshot.Snapshot, objects []reference.Reference) (*snapshot.Snapshot, error) {
	m := model.New(base)
	b := snapshot.NewBuilder(base)
	for _, r := range objects {
		name := snapshot.Name{Namespace: r.Namespace, Name: r.Name}
		switch {
		case r.Kind == NetworkPolicy:
			if base.Policy(name) == nil {
				read := snapshot.Need{Resource: snapshot.NetworkPolicies, Namespace: r.Namespace, Name: r.Name}
				if gap := base.GapFor(read); gap != nil {
					return nil, fmt.Errorf("%s/netpol/%s cannot be read: %s: %s", r.Namespace, r.Name, gap.Permission(), gap.Message)
				}
				return nil, fmt.Errorf("networkpolicy %q not found in namespace %q", r.Name, r.Namespace)
			}
			b.DeletePolicy(name)
		case !exists(base, r):
			return nil, m.Absent(r)
		case r.Kind == reference.Namespace:
			b.DeleteNamespace(r.Name)
		case r.Kind == reference.Pod:
			b.DeletePod(name)
		case r.Kind == reference.Service:
			b.DeleteService(name)
		case r.Kind.IsWorkload():
			w := base.Workload(string(r.Kind), name)
			for _, p := range owned(m, w) {
				b.DeletePod(p.Name)
			}
			b.DeleteWorkload(w.Kind, w.Name)
		case r.Kind == reference.Node:
			return nil, fmt.Errorf("deleting a %s is not modelled", r.Kind)
		default:
			b.Delete(model.ResourceOf(r.Kind), name)
		}
	}
	return withoutEndpoints(base, b.Snapshot()), nil
}

func exists(s *snapshot.Snapshot, r reference.Reference) bool {
	name := snapshot.Name{Namespace: r.Namespace, Name: r.Name}
	switch r.Kind {
	case reference.Namespace:
		return s.Namespace(r.Name) != nil
	case reference.Node:
		return s.Node(r.Name) != nil
	case reference.Pod:
		return s.Pod(name) != nil
	case reference.Service:
		return s.Service(name) != nil
	default:
		if r.Kind.IsWorkload() {
			return s.Workload(string(r.Kind), name) != nil
		}
		return snapshot.One[snapshot.Object](s, model.ResourceOf(r.Kind), name) != nil
	}
}

// withoutEndpoints takes endpoints of pods that are gone out of their slices.
func withoutEndpoints(base, s *snapshot.Snapshot) *snapshot.Snapshot {
	b := snapshot.NewBuilder(s)
	for _, slice := range s.EndpointSlices() {
		var kept []snapshot.Endpoint
		for _, e := range slice.Endpoints {
			name := e.PodName(slice.Namespace)
			if e.Pod == "" || s.Pod(name) != nil || base.Pod(name) == nil {
				kept = append(kept, e)
			}
		}
		if len(kept) < len(slice.Endpoints) {
			next := *slice
			next.Endpoints = kept
			b.AddEndpointSlice(&next)
		}
	}
	return b.Snapshot()
}
