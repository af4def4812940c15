package snapshot

import "strconv"

// Resources of the AWS Load Balancer Controller.
const (
	IngressClassParams  Resource = "ingressclassparams"
	TargetGroupBindings Resource = "targetgroupbindings"
)

// ALBClassParams are the settings of a class of load balancers (IngressClassParams,
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/ingress_class/).
type ALBClassParams struct {
	Meta `json:"metadata"`
	Spec ALBClassSpec `json:"spec"`
}

// ALBClassSpec is what overrules the annotations of the class's Ingresses.
type ALBClassSpec struct {
	// TargetType is ip or instance.
	TargetType string `json:"targetType,omitempty"`
	// CertificateARN are certificates of the class's listeners.
	CertificateARN []string `json:"certificateArn,omitempty"`
	// Group names the load balancer that all Ingresses of the class share.
	Group *ALBGroup `json:"group,omitempty"`
	// Scheme is internal or internet-facing.
	Scheme string `json:"scheme,omitempty"`
	// InboundCIDRs, and PrefixListsIDs that AWS keeps, are who may come.
	InboundCIDRs   []string `json:"inboundCIDRs,omitempty"`
	PrefixListsIDs []string `json:"prefixListsIDs,omitempty"`
}

// ALBGroup names a load balancer.
type ALBGroup struct {
	Name string `json:"name"`
}

// Resource implements [Object].
func (*ALBClassParams) Resource() Resource { return IngressClassParams }

// Renamed implements [Object]: classes keep their names, and so do their settings.
func (o *ALBClassParams) Renamed(Renamer) Object {
	out := *o
	out.Labels = nil
	if len(o.Spec.CertificateARN) > 0 {
		out.Spec.CertificateARN = []string{"arn"}
	}
	if len(o.Spec.PrefixListsIDs) > 0 {
		out.Spec.PrefixListsIDs = []string{"pl"}
	}
	return &out
}

// TargetGroupBinding registers a Service's pods, or nodes, with a load balancer that
// somebody made elsewhere
// (https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/).
type TargetGroupBinding struct {
	Meta `json:"metadata"`
	Spec TargetGroupSpec `json:"spec"`
}

// TargetGroupSpec names the Service; TargetType is ip or instance, the first unless said.
type TargetGroupSpec struct {
	ServiceRef TargetGroupService `json:"serviceRef"`
	TargetType string             `json:"targetType,omitempty"`
}

// TargetGroupService is a port of a Service, by number or name.
type TargetGroupService struct {
	Name string `json:"name"`
	Port any    `json:"port,omitempty"`
}

// Resource implements [Object].
func (*TargetGroupBinding) Resource() Resource { return TargetGroupBindings }

// Renamed implements [Object].
func (o *TargetGroupBinding) Renamed(n Renamer) Object {
	out := *o
	out.Meta = o.Meta.Renamed("TargetGroupBinding", n)
	out.Spec.ServiceRef.Name = n.Object("Service", o.Spec.ServiceRef.Name)
	return &out
}

// PortOf is the Service's port as a number or a name.
func (s TargetGroupService) PortOf() (number uint16, name string) {
	switch v := s.Port.(type) {
	case float64:
		return uint16(v), ""
	case int64:
		return uint16(v), ""
	case string:
		if n, err := strconv.ParseUint(v, 10, 16); err == nil {
			return uint16(n), ""
		}
		return 0, v
	default:
		return 0, ""
	}
}
