package snapshot

// BackendTLSPolicy says how Gateways speak TLS to Services of its namespace.
type BackendTLSPolicy struct {
	Name
	Revision
	Targets []PolicyTarget
	// CAs are objects with the certificates that the backend's has to be signed by, or
	// WellKnown names a set of them.
	CAs       []ObjectRef
	WellKnown string
	// Statuses are what controllers say of it, for the Gateways it applies to.
	Statuses []ParentStatus
}

// PolicyTarget is an object that a policy is about, or one port of a Service, by name.
type PolicyTarget struct{ Group, Kind, Name, Section string }

// Resource implements [Object].
func (o *BackendTLSPolicy) Resource() Resource { return BackendTLSPolicies }

// Renamed implements [Object].
func (o *BackendTLSPolicy) Renamed(n Renamer) Object {
	out := &BackendTLSPolicy{Name: n.Names("BackendTLSPolicy", o.Name), Revision: o.Revision, WellKnown: o.WellKnown}
	for _, t := range o.Targets {
		t.Name = n.Object(t.Kind, t.Name)
		out.Targets = append(out.Targets, t)
	}
	for _, c := range o.CAs {
		c.Namespace, c.Name = n.Namespace(c.Namespace), n.Object("certificates", c.Name)
		out.CAs = append(out.CAs, c)
	}
	for _, s := range o.Statuses {
		out.Statuses = append(out.Statuses, ParentStatus{Parent: s.Parent.renamed(n), Controller: s.Controller, Conditions: s.Conditions.anonymous()})
	}
	return out
}

// BackendTLSPoliciesIn returns those of a namespace, by name.
func (s *Snapshot) BackendTLSPoliciesIn(namespace string) []*BackendTLSPolicy {
	return inNamespace(Of[*BackendTLSPolicy](s, BackendTLSPolicies), namespace, func(p *BackendTLSPolicy) string { return p.Namespace })
}

// InferencePool is a backend of routes that is no Service: pods with model servers, and
// the endpoint picker that chooses one of them for each request
// (gateway-api-inference-extension.sigs.k8s.io/api-types/inferencepool).
type InferencePool struct {
	Meta `json:"metadata"`
	Spec struct {
		Selector struct {
			MatchLabels map[string]string `json:"matchLabels,omitempty"`
		} `json:"selector"`
		TargetPorts []struct {
			Number uint16 `json:"number"`
		} `json:"targetPorts,omitempty"`
		Picker EndpointPicker `json:"endpointPickerRef"`
	} `json:"spec"`
}

// EndpointPicker is the Service, unless it is of another kind, that picks endpoints.
type EndpointPicker struct {
	Group string `json:"group,omitempty"`
	Kind  string `json:"kind,omitempty"`
	Name  string `json:"name"`
	Port  struct {
		Number uint16 `json:"number"`
	} `json:"port"`
	// FailureMode is FailClose, which "" is too, or FailOpen.
	FailureMode string `json:"failureMode,omitempty"`
}

// Resource implements [Object].
func (o *InferencePool) Resource() Resource { return InferencePools }

// Renamed implements [Object].
func (o *InferencePool) Renamed(n Renamer) Object {
	out := *o
	out.Meta = o.Meta.Renamed("InferencePool.inference.networking.k8s.io", n) // as routes name it
	out.Spec.Selector.MatchLabels = n.Labels(o.Spec.Selector.MatchLabels)
	out.Spec.Picker.Name = n.Object("Service", o.Spec.Picker.Name)
	return &out
}

// InferencePool returns one InferencePool, or nil.
func (s *Snapshot) InferencePool(name Name) *InferencePool {
	return One[*InferencePool](s, InferencePools, name)
}
