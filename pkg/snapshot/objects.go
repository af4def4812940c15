package snapshot

import (
	"net/netip"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// Name identifies a namespaced object of one kind. Namespace is empty for
// cluster-scoped kinds.
type Name struct{ Namespace, Name string }

func (n Name) String() string {
	if n.Namespace == "" {
		return n.Name
	}
	return n.Namespace + "/" + n.Name
}

// Compare orders names by namespace, then name.
func (n Name) Compare(o Name) int {
	if n.Namespace != o.Namespace {
		if n.Namespace < o.Namespace {
			return -1
		}
		return 1
	}
	switch {
	case n.Name < o.Name:
		return -1
	case n.Name > o.Name:
		return 1
	}
	return 0
}

// Namespace is a namespace and its labels. The API server guarantees the label
// kubernetes.io/metadata.name; sources that read files add it.
type Namespace struct {
	Name   string
	Labels map[string]string
	// Undeclared: objects live in it, and no file declares it; it may have other labels.
	Undeclared bool
}

// Owner is the controller that an object's ownerReferences name, or zero.
type Owner struct{ Kind, Name string }

// Phase is a pod's status.phase. PhaseExpected marks a pod that no API server
// has reported: one that a manifest would create. Such a pod is taken to run.
type Phase string

// Phases of a pod; see the Pod API documentation, "Pod phase".
const (
	PhaseExpected  Phase = ""
	PhasePending   Phase = "Pending"
	PhaseRunning   Phase = "Running"
	PhaseSucceeded Phase = "Succeeded"
	PhaseFailed    Phase = "Failed"
	PhaseUnknown   Phase = "Unknown"
)

// ContainerPort is a port that a container, or a sidecar (an init container
// with restartPolicy Always), declares.
type ContainerPort struct {
	Name     string
	Protocol connset.Protocol
	Port     uint16
	HostPort uint16
	// HostIP is the only address of the node at which HostPort is open; "" for all.
	HostIP string
}

// Container is what netguard reads of a container: enough to recognise network
// plugins and ingress controllers by their image and arguments.
type Container struct {
	Name  string
	Image string
	Args  []string
	// Env are the variables by which a network plugin is told its mode: NAME=value.
	Env []string
}

// Pod is a pod as the network sees it.
type Pod struct {
	Name
	Labels map[string]string
	Owner  Owner
	Node   string
	// NodeSelector is spec.nodeSelector of a pod that is only expected: on which nodes
	// it may run.
	NodeSelector map[string]string
	HostNetwork  bool
	// DNS is whom the pod asks for names; nil for the default, dnsPolicy ClusterFirst and
	// nothing besides.
	DNS         *PodDNS
	Phase       Phase
	Ready       bool
	Terminating bool
	// IPs are status.podIPs; empty while the pod has none, or is only expected.
	IPs []netip.Addr
	// HostIPs are status.hostIPs, the addresses of the pod's node.
	HostIPs []netip.Addr
	Ports   []ContainerPort
	// EndedPorts are those of init containers that are no sidecars: they have ended when
	// the pod serves, so that no name is looked up among them (upstream's FindPort).
	EndedPorts []ContainerPort
	// Programs are the containers that may be an Ingress or Gateway controller.
	Programs []Program
	// Containers is filled only where a question needs it.
	Containers []Container
	// Placement is what a manifest says of where a pod would run; nil for pods that an API
	// server has seen.
	Placement *Placement
}

// PodDNS is spec.dnsPolicy and spec.dnsConfig.nameservers.
type PodDNS struct {
	Policy      string
	Nameservers []netip.Addr
}

// Values of dnsPolicy.
const (
	DNSClusterFirst            = "ClusterFirst"
	DNSClusterFirstWithHostNet = "ClusterFirstWithHostNet"
	DNSDefault                 = "Default"
	DNSNone                    = "None"
)

// Placement is what decides on which nodes a pod that is only expected may run.
type Placement struct {
	// Everywhere: a DaemonSet's pods, which nothing keeps from a node but taints.
	Everywhere bool
	// Tolerates are the taints that the pod tolerates, as kubectl writes them.
	Tolerates []string
}

// Everywhere reports whether the pod stands for one on every node that has no taints.
func (p *Pod) Everywhere() bool { return p.Placement != nil && p.Placement.Everywhere }

// Expected reports whether the pod is one that a manifest would create, rather
// than one that an API server has seen: its address and node are unknown.
func (p *Pod) Expected() bool { return p.Phase == PhaseExpected }

// Several reports whether the pod stands for all pods of a workload that a
// manifest would create: they are alike, and have no names yet.
func (p *Pod) Several() bool { return p.Expected() && strings.HasSuffix(p.Name.Name, "*") }

// Finished reports whether the pod has ended: its address may belong to
// another pod by now.
func (p *Pod) Finished() bool { return p.Phase == PhaseSucceeded || p.Phase == PhaseFailed }

// Addresses are those that the pod has on the network: its node's, on the host's.
func (p *Pod) Addresses() []netip.Addr {
	if p.HostNetwork && len(p.HostIPs) > 0 {
		return p.HostIPs
	}
	return p.IPs
}

// Workload is an object that owns pods, directly or through other workloads.
type Workload struct {
	Kind string
	Name
	Labels map[string]string
	Owner  Owner
	// Selector is spec.selector of the kinds that have one.
	Selector map[string]string
	// Containers of the pod template; filled for DaemonSets, by which network
	// plugins are recognised.
	Containers []Container
}

// ServiceType is spec.type of a Service.
type ServiceType string

// Service types.
const (
	ClusterIP    ServiceType = "ClusterIP"
	NodePort     ServiceType = "NodePort"
	LoadBalancer ServiceType = "LoadBalancer"
	ExternalName ServiceType = "ExternalName"
)

// ServicePort is one port of a Service. TargetName is set when targetPort is a
// name, TargetPort when it is a number.
type ServicePort struct {
	Name       string
	Protocol   connset.Protocol
	Port       uint16
	TargetPort uint16
	TargetName string
	NodePort   uint16
}

// Service is a Service with the fields that decide where traffic to it goes.
type Service struct {
	Name
	Type         ServiceType
	Headless     bool
	ClusterIPs   []netip.Addr
	ExternalIPs  []netip.Addr
	ExternalName string
	Selector     map[string]string
	Ports        []ServicePort
	// PublishNotReady is spec.publishNotReadyAddresses.
	PublishNotReady bool
	// InternalLocal and ExternalLocal are the traffic policies "Local".
	InternalLocal bool
	ExternalLocal bool
	// Families are spec.ipFamilies: true for IPv4, false for IPv6; none where the
	// object does not say.
	Families []bool
	// Proxy is the label service.kubernetes.io/service-proxy-name: whose the Service's
	// addresses are, if not kube-proxy's (KEP-2447).
	Proxy string
	// LoadBalancerIPs and LoadBalancerHostnames are status.loadBalancer.ingress.
	// LoadBalancerProxies are those of the addresses with ipMode Proxy: traffic to
	// them leaves the cluster and comes back (KEP-1860).
	LoadBalancerIPs       []netip.Addr
	LoadBalancerProxies   []netip.Addr
	LoadBalancerHostnames []string
	// LoadBalancerRanges is spec.loadBalancerSourceRanges; BadRanges are those of its
	// items that are no CIDR.
	LoadBalancerRanges []netip.Prefix
	BadRanges          []string
	// NoNodePorts: spec.allocateLoadBalancerNodePorts is false.
	NoNodePorts bool
	// LoadBalancerClass is spec.loadBalancerClass.
	LoadBalancerClass string
	// Annotations are those that decide who gets to the Service and how controllers send
	// to it, and no others.
	Annotations map[string]string
}

// EndpointPort is one port of an EndpointSlice. Port 0 is an absent port: the API calls
// it "all ports", and kube-proxy takes none of them.
type EndpointPort struct {
	Name     string
	Protocol connset.Protocol
	Port     uint16
}

// Endpoint is one address of an EndpointSlice. Conditions are defaulted as the
// API documents: absent ready and serving count as true, terminating as false.
type Endpoint struct {
	Addresses []string
	// Pod is the pod that targetRef names; PodNamespace is its namespace where that is
	// not the slice's own.
	Pod          string
	PodNamespace string
	// Node is nodeName: an endpoint is local to that node alone, wherever its pod runs.
	Node string
	// ForNodes and ForZones are the hints: whose clients should use the endpoint.
	ForNodes    []string
	ForZones    []string
	Ready       bool
	Serving     bool
	Terminating bool
}

// PodName is the pod that an endpoint of a slice in a namespace names; zero where it
// names none.
func (e *Endpoint) PodName(namespace string) Name {
	if e.Pod == "" {
		return Name{}
	}
	if e.PodNamespace != "" {
		namespace = e.PodNamespace
	}
	return Name{Namespace: namespace, Name: e.Pod}
}

// AddressFQDN is the address type of slices that hold host names. They have no meaning
// of their own (EndpointSlice docs), and kube-proxy takes none of their endpoints.
const AddressFQDN = "FQDN"

// EndpointSlice is a slice of a Service's endpoints.
type EndpointSlice struct {
	Name
	Service     string
	AddressType string
	Ports       []EndpointPort
	Endpoints   []Endpoint
}

// Policy is a NetworkPolicy. The specification is kept in the API's own type,
// because fixes are patches to it.
type Policy struct {
	Name
	Spec networkingv1.NetworkPolicySpec
	// Origin tells where the policy's text stands; zero for a live cluster.
	Origin Origin
	// Ignore is its annotation netguard.dev/ignore; see [Place].
	Ignore string
}

// Origin locates an object's fields in the file it was read from.
type Origin struct {
	File string
	// Line of the object's first line; 0 when unknown.
	Line int
	// Lines maps a field path such as spec.ingress[0].ports[0].port to its line.
	Lines map[string]int
}

// At returns file:line of a field, or of the closest enclosing field that has a
// line; "" when the origin is unknown.
func (o Origin) At(path string) string {
	if o.File == "" {
		return ""
	}
	for p := path; p != ""; p = parentPath(p) {
		if line, ok := o.Lines[p]; ok {
			return fileLine(o.File, line)
		}
	}
	return fileLine(o.File, o.Line)
}

// ZoneLabel is the node label by which kube-proxy knows its zone (well-known labels).
const ZoneLabel = "topology.kubernetes.io/zone"

// Node is a node's addresses and what identifies its network.
type Node struct {
	Name           string
	Labels         map[string]string
	IPs            []netip.Addr
	KubeletVersion string
	// K3sArgs are the arguments with which k3s runs on the node, those of its
	// configuration file among them: its annotation k3s.io/node-args. The first is
	// server or agent.
	K3sArgs []string
}

// Unmodelled is an object of a policy kind that netguard does not evaluate.
// Namespace is empty for cluster-scoped ones.
type Unmodelled struct {
	Group, Kind string
	Name
	// OnlyDenies: objects of this kind take away connections and never add one
	// (a mesh's authorization): they put an Allowed in doubt, a Denied never.
	OnlyDenies bool
	// ClusterWide: the object reaches pods of every namespace. So do
	// cluster-scoped kinds, and Istio's policies in the mesh's root namespace.
	ClusterWide bool
}

// UnmodelledOf is an object of a policy kind that is noticed and not evaluated.
func UnmodelledOf(k *kinds.Kind, name Name) Unmodelled {
	return Unmodelled{Group: k.Group, Kind: k.Name, Name: name, OnlyDenies: k.Policy.OnlyDenies, ClusterWide: k.ClusterWide(name.Namespace)}
}
