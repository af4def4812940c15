package snapshot

// SecurityPolicies are Envoy Gateway's.
const SecurityPolicies Resource = "securitypolicies.gateway.envoyproxy.io"

// SecurityPolicy is one of Envoy Gateway's, as far as it decides who gets to routes
// (https://gateway.envoyproxy.io/docs/api/extension_types/#securitypolicyspec).
type SecurityPolicy struct {
	Meta `json:"metadata"`
	Spec SecuritySpec `json:"spec"`
}

// SecuritySpec says what a policy is about, by name or by labels, and whom it lets in.
type SecuritySpec struct {
	TargetRef       *SecurityTarget    `json:"targetRef,omitempty"`
	TargetRefs      []SecurityTarget   `json:"targetRefs,omitempty"`
	TargetSelectors []SecuritySelector `json:"targetSelectors,omitempty"`
	// MergeType is set where a route's policy is merged with its Gateway's, and does not
	// take its place.
	MergeType     string         `json:"mergeType,omitempty"`
	Authorization *Authorization `json:"authorization,omitempty"`
	ExtAuth       *ExtAuth       `json:"extAuth,omitempty"`
}

// SecurityTarget is a Gateway or route of the policy's namespace, or a listener or rule of it.
type SecurityTarget struct {
	Kind        string `json:"kind"`
	Name        string `json:"name"`
	SectionName string `json:"sectionName,omitempty"`
}

// SecuritySelector are Gateways or routes by their labels.
type SecuritySelector struct {
	Kind string `json:"kind"`
}

// Authorization are rules of which the first that matches decides; DefaultAction, which is
// Deny unless it is said, decides where none does.
type Authorization struct {
	DefaultAction string              `json:"defaultAction,omitempty"`
	Rules         []AuthorizationRule `json:"rules,omitempty"`
}

// AuthorizationRule allows or denies clients.
type AuthorizationRule struct {
	Action    string                 `json:"action,omitempty"`
	Operation *struct{}              `json:"operation,omitempty"`
	Principal AuthorizationPrincipal `json:"principal"`
}

// AuthorizationPrincipal are all that a client has to be.
type AuthorizationPrincipal struct {
	ClientCIDRs []string   `json:"clientCIDRs,omitempty"`
	JWT         *struct{}  `json:"jwt,omitempty"`
	Headers     []struct{} `json:"headers,omitempty"`
	// ClientIPGeoLocations and SourceCIDRs are of newer releases.
	ClientIPGeoLocations []struct{} `json:"clientIPGeoLocations,omitempty"`
	SourceCIDRs          []string   `json:"sourceCIDRs,omitempty"`
}

// ExtAuth is a service that is asked before each request.
type ExtAuth struct {
	FailOpen bool            `json:"failOpen,omitempty"`
	HTTP     *ExtAuthService `json:"http,omitempty"`
	GRPC     *ExtAuthService `json:"grpc,omitempty"`
}

// ExtAuthService is where it is.
type ExtAuthService struct {
	BackendRef  *ExtAuthBackend  `json:"backendRef,omitempty"`
	BackendRefs []ExtAuthBackend `json:"backendRefs,omitempty"`
}

// ExtAuthBackend is a Service, or a Backend of Envoy Gateway's own.
type ExtAuthBackend struct {
	Kind      string `json:"kind,omitempty"`
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
	Port      uint16 `json:"port,omitempty"`
}

// Resource implements [Object].
func (*SecurityPolicy) Resource() Resource { return SecurityPolicies }

// Renamed implements [Object].
func (o *SecurityPolicy) Renamed(n Renamer) Object {
	out := *o
	out.Meta = o.Meta.Renamed("SecurityPolicy", n)
	target := func(t SecurityTarget) SecurityTarget {
		t.Name = n.Object(t.Kind, t.Name)
		return t
	}
	if o.Spec.TargetRef != nil {
		made := target(*o.Spec.TargetRef)
		out.Spec.TargetRef = &made
	}
	out.Spec.TargetRefs = nil
	for _, t := range o.Spec.TargetRefs {
		out.Spec.TargetRefs = append(out.Spec.TargetRefs, target(t))
	}
	if o.Spec.ExtAuth != nil {
		auth := *o.Spec.ExtAuth
		for _, at := range []**ExtAuthService{&auth.HTTP, &auth.GRPC} {
			if *at == nil {
				continue
			}
			made := ExtAuthService{}
			for _, b := range (*at).Backends() {
				kind := b.Kind
				if kind == "" {
					kind = "Service"
				}
				b.Name = n.Object(kind, b.Name)
				if b.Namespace != "" {
					b.Namespace = n.Namespace(b.Namespace)
				}
				made.BackendRefs = append(made.BackendRefs, b)
			}
			*at = &made
		}
		out.Spec.ExtAuth = &auth
	}
	return &out
}

// Targets are what the policy names, by the older field or the newer.
func (o *SecurityPolicy) Targets() []SecurityTarget {
	if o.Spec.TargetRef != nil {
		return append([]SecurityTarget{*o.Spec.TargetRef}, o.Spec.TargetRefs...)
	}
	return o.Spec.TargetRefs
}

// Backends are those of the older field and of the newer.
func (s *ExtAuthService) Backends() []ExtAuthBackend {
	if s.BackendRef != nil {
		return append([]ExtAuthBackend{*s.BackendRef}, s.BackendRefs...)
	}
	return s.BackendRefs
}
