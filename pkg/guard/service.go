package guard

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// OfService are the guards of a Service's load balancer: whether it has an address on the
// internet, and whom it lets in. They bind clients outside of the cluster.
func OfService(m *model.Model, s *snapshot.Service) []Guard {
	if s == nil || s.Type != snapshot.LoadBalancer {
		return nil
	}
	o := ObjectOf("Service", s.Name)
	var out []Guard
	if g, ok := internalService(m, s, o); ok {
		out = append(out, g)
	}
	if g, ok := sourceRanges(s, o); ok {
		out = append(out, g)
	}
	return append(out, cloudLists(s, o)...)
}

// scheme is an annotation by which a cloud is asked for an internal load balancer.
type scheme struct {
	key string
	// internal are the values that ask for one, in lower case; none is any value but "false".
	internal []string
}

// internalDocs lists the annotations of most clouds.
const internalDocs = "https://kubernetes.io/docs/concepts/services-networking/service/#internal-load-balancer"

// schemes are the annotations of the clouds, from their documentation (internalDocs unless
// it says otherwise).
func schemes() []scheme {
	return []scheme{
		{"networking.gke.io/load-balancer-type", []string{"internal"}},
		{"cloud.google.com/load-balancer-type", []string{"internal"}},
		// In-tree, every value but "false" (kubernetes/cloud-provider-aws pkg/providers/v1/aws.go).
		{"service.beta.kubernetes.io/aws-load-balancer-internal", nil},
		{"service.beta.kubernetes.io/aws-load-balancer-scheme", []string{"internal"}},
		{"service.beta.kubernetes.io/azure-load-balancer-internal", []string{"true"}},
		{"service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", []string{"private"}},
		{"service.beta.kubernetes.io/openstack-internal-load-balancer", []string{"true"}},
		{"service.beta.kubernetes.io/cce-load-balancer-internal-vpc", []string{"true"}},
		{"service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", nil},
		{"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", []string{"intranet"}},
		{"service.beta.kubernetes.io/oci-load-balancer-internal", []string{"true"}},
		// https://docs.oracle.com/iaas/Content/ContEng/Tasks/contengcreatingloadbalancer.htm
		{"oci-network-load-balancer.oraclecloud.com/internal", []string{"true"}},
		// https://docs.digitalocean.com/products/kubernetes/how-to/configure-load-balancers/
		{"service.beta.kubernetes.io/do-loadbalancer-network", []string{"internal"}},
		// https://github.com/hetznercloud/hcloud-cloud-controller-manager docs/reference/load_balancer_annotations.md
		{"load-balancer.hetzner.cloud/disable-public-network", []string{"true"}},
		// https://github.com/scaleway/scaleway-cloud-controller-manager docs/loadbalancer-annotations.md
		{"service.beta.kubernetes.io/scw-loadbalancer-private", []string{"true"}},
		// https://yandex.cloud/docs/managed-kubernetes/operations/create-load-balancer
		{"yandex.cloud/load-balancer-type", []string{"internal"}},
	}
}

const awsServiceDocs = "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/"

// internalService is the guard of a load balancer that has no address on the internet.
func internalService(m *model.Model, s *snapshot.Service, o report.Object) (Guard, bool) {
	for _, c := range schemes() {
		value, ok := s.Annotations[c.key]
		if !ok {
			continue
		}
		asked := strings.ToLower(strings.TrimSpace(value))
		if slices.Contains(c.internal, asked) || c.internal == nil && asked != "" && asked != "false" {
			return Annotation(o, c.key, value, internalDocs).Inside(), true
		}
	}
	const prefix = "service.beta.kubernetes.io/aws-load-balancer-"
	scheme, stated := s.Annotations[prefix+"scheme"]
	if stated && scheme != "internet-facing" {
		return Annotation(o, prefix+"scheme", scheme, awsServiceDocs).Unknown(report.DoubtInvalid), true
	}
	_, old := s.Annotations[prefix+"internal"]
	if !stated && !old {
		// "aws-load-balancer-scheme … default internal", for the Services that the AWS Load
		// Balancer Controller serves; so does EKS Auto Mode.
		switch kind := s.Annotations[prefix+"type"]; {
		case s.LoadBalancerClass == "service.k8s.aws/nlb", s.LoadBalancerClass == "eks.amazonaws.com/nlb":
			return Field(o, "spec.loadBalancerClass", s.LoadBalancerClass, awsServiceDocs).Inside(), true
		case kind == "external", kind == "nlb-ip":
			return Annotation(o, prefix+"type", kind, awsServiceDocs).Inside(), true
		}
	}
	return PrivateStatus(m, o, "status.loadBalancer.ingress", s.LoadBalancerIPs, s.LoadBalancerHostnames)
}

// PrivateStatus is the guard of a door all of whose addresses, those at which clients are to come
// in, are private, or host names of internal load balancers. What is a node's own address is
// none: nodes may have others on the internet.
func PrivateStatus(m *model.Model, o report.Object, at string, ips []netip.Addr, hosts []string) (Guard, bool) {
	var all []string
	for _, a := range ips {
		if !IsPrivate(a) || slices.ContainsFunc(m.Nodes(), func(n *snapshot.Node) bool { return slices.Contains(n.IPs, a) }) {
			return Guard{}, false
		}
		all = append(all, a.String())
	}
	for _, h := range hosts {
		if !InternalHost(h) {
			return Guard{}, false
		}
		all = append(all, h)
	}
	if len(all) == 0 {
		return Guard{}, false
	}
	out := Field(o, at, strings.Join(all, ", "), internalDocs)
	if gap := m.Hidden(snapshot.Nodes, ""); gap != nil && len(ips) > 0 {
		out = out.Ranges(Private(), nil).Unknown(report.DoubtUnread)
		out.Needs = gap.Permission()
		return out, true
	}
	return out.Inside(), true
}

// InternalHost tells whether a host name is that of an internal load balancer of AWS: the
// classic and the application load balancers have it say so
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html,
// "Load balancer scheme").
func InternalHost(name string) bool {
	return strings.HasPrefix(name, "internal-") && AWSHost(name)
}

func AWSHost(name string) bool {
	return strings.HasSuffix(name, ".elb.amazonaws.com") || strings.HasSuffix(name, ".elb.amazonaws.com.cn")
}

// sourceRanges is who may come by spec.loadBalancerSourceRanges, or by the annotation that
// says the same where the field is empty (k8s.io/cloud-provider/service/helpers,
// GetLoadBalancerSourceRanges); Azure adds ranges and tags of its own.
func sourceRanges(s *snapshot.Service, o report.Object) (Guard, bool) {
	const (
		key  = "service.beta.kubernetes.io/load-balancer-source-ranges"
		docs = "https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/#ServiceSpec"
	)
	var out Guard
	only := slices.Clone(s.LoadBalancerRanges)
	bad := len(s.BadRanges) > 0
	switch value := s.Annotations[key]; {
	case len(only) > 0 || bad:
		var all []string
		for _, p := range only {
			all = append(all, p.String())
		}
		out = Field(o, "spec.loadBalancerSourceRanges", strings.Join(append(all, s.BadRanges...), ", "), docs)
	case strings.TrimSpace(value) != "":
		out = Annotation(o, key, value, docs)
		list, ok := CIDRs(value)
		only, bad = list, !ok
	}
	elsewhere := false
	const azure = "https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/"
	for _, key := range []string{"service.beta.kubernetes.io/azure-allowed-ip-ranges", "service.beta.kubernetes.io/azure-allowed-service-tags"} {
		value, ok := s.Annotations[key]
		if !ok || strings.TrimSpace(value) == "" {
			continue
		}
		if out.Field == "" {
			out = Annotation(o, key, value, azure)
		}
		if strings.HasSuffix(key, "tags") {
			elsewhere = true // which addresses a tag stands for is Azure's to know
			continue
		}
		list, ok := CIDRs(value)
		only, bad = append(only, list...), bad || !ok
	}
	switch {
	case out.Field == "":
		return out, false
	case bad:
		out = out.Ranges(only, nil).Unknown(report.DoubtInvalid)
	case elsewhere:
		out = out.Ranges(only, nil).Unknown(report.DoubtElsewhere)
	default:
		out = out.Ranges(only, nil)
	}
	return out, true
}

// cloudLists are lists of addresses that single clouds keep, in annotations or elsewhere.
func cloudLists(s *snapshot.Service, o report.Object) []Guard {
	const (
		beta     = "service.beta.kubernetes.io/"
		doDocs   = "https://docs.digitalocean.com/products/kubernetes/how-to/configure-load-balancers/"
		aliDocs  = "https://www.alibabacloud.com/help/ack/ack-managed-and-ack-dedicated/user-guide/add-annotations-to-the-yaml-file-of-a-service-to-configure-clb-instances"
		aliACL   = beta + "alibaba-cloud-loadbalancer-acl-"
		groups   = beta + "aws-load-balancer-security-groups"
		prefixes = beta + "aws-load-balancer-security-group-prefix-lists"
	)
	var out []Guard
	for _, list := range []struct {
		key  string
		deny bool
	}{{beta + "do-loadbalancer-allow-rules", false}, {beta + "do-loadbalancer-deny-rules", true}} {
		value, ok := s.Annotations[list.key]
		if !ok {
			continue
		}
		g := Annotation(o, list.key, value, doDocs)
		found, ok := CIDRs(strings.NewReplacer("ip:", "", "cidr:", "").Replace(value))
		switch {
		case !ok:
			out = append(out, g.Unknown(report.DoubtInvalid))
		case list.deny:
			out = append(out, g.Ranges(nil, found))
		default:
			out = append(out, g.Ranges(found, nil))
		}
	}
	if value := s.Annotations[aliACL+"status"]; value == "on" {
		out = append(out, Annotation(o, aliACL+"id", s.Annotations[aliACL+"id"], aliDocs).Unknown(report.DoubtElsewhere))
	}
	// Whom security groups and prefix lists let in is for AWS to know.
	for _, key := range []string{groups, prefixes} {
		if value, ok := s.Annotations[key]; ok {
			out = append(out, Annotation(o, key, value, awsServiceDocs).Unknown(report.DoubtElsewhere))
		}
	}
	return out
}
