package objects

import (
	"encoding/json"
	"maps"
	"net/netip"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	netutils "k8s.io/utils/net"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// The conversions take objects that an API server has defaulted (see
// defaults.go for files). What they return shares no memory with the object,
// except strings and label maps, which nobody changes: keeping a label map
// keeps no more of the object alive than the map itself.

func NameOf(m *metav1.ObjectMeta) snapshot.Name {
	return snapshot.Name{Namespace: m.Namespace, Name: m.Name}
}

// ownerOf is the ownerReference that manages the object: the API allows several
// owners, but only one of them with controller=true.
func ownerOf(m *metav1.ObjectMeta) snapshot.Owner {
	if ref := metav1.GetControllerOfNoCopy(m); ref != nil {
		return snapshot.Owner{Kind: ref.Kind, Name: ref.Name}
	}
	return snapshot.Owner{}
}

func Namespace(in *corev1.Namespace) *snapshot.Namespace {
	return &snapshot.Namespace{Name: in.Name, Labels: in.Labels}
}

// Pod leaves Containers empty: on a big cluster images and arguments
// would be most of the memory, and no question asks for a pod's yet.
func Pod(in *corev1.Pod) *snapshot.Pod {
	return &snapshot.Pod{
		Name:        NameOf(&in.ObjectMeta),
		Labels:      in.Labels,
		Owner:       ownerOf(&in.ObjectMeta),
		Node:        in.Spec.NodeName,
		HostNetwork: in.Spec.HostNetwork,
		DNS:         podDNS(&in.Spec),
		Phase:       snapshot.Phase(in.Status.Phase),
		Ready:       podReady(&in.Status),
		Terminating: in.DeletionTimestamp != nil,
		IPs:         podIPs(&in.Status),
		HostIPs:     hostIPs(&in.Status),
		Ports:       containerPorts(&in.Spec),
		EndedPorts:  endedPorts(&in.Spec),

		Programs: programs(in),
	}
}

// podDNS is nil for the default, which the API server writes into every pod.
func podDNS(in *corev1.PodSpec) *snapshot.PodDNS {
	out := snapshot.PodDNS{Policy: string(in.DNSPolicy)}
	if out.Policy == "" {
		out.Policy = snapshot.DNSClusterFirst
	}
	if in.DNSConfig != nil {
		for _, text := range in.DNSConfig.Nameservers {
			out.Nameservers = appendIP(out.Nameservers, text)
		}
	}
	if out.Policy == snapshot.DNSClusterFirst && len(out.Nameservers) == 0 {
		return nil
	}
	return &out
}

func podReady(in *corev1.PodStatus) bool {
	for i := range in.Conditions {
		if in.Conditions[i].Type == corev1.PodReady {
			return in.Conditions[i].Status == corev1.ConditionTrue
		}
	}
	return false
}

func podIPs(in *corev1.PodStatus) []netip.Addr {
	var out []netip.Addr
	for i := range in.PodIPs {
		out = appendIP(out, in.PodIPs[i].IP)
	}
	if len(out) == 0 {
		out = appendIP(out, in.PodIP)
	}
	return out
}

func hostIPs(in *corev1.PodStatus) []netip.Addr {
	var out []netip.Addr
	for i := range in.HostIPs {
		out = appendIP(out, in.HostIPs[i].IP)
	}
	if len(out) == 0 {
		out = appendIP(out, in.HostIP)
	}
	return out
}

// appendIP ignores what is no address. It reads what the API server reads:
// leading zeros are legal in objects that were stored long ago.
func appendIP(list []netip.Addr, text string) []netip.Addr {
	if addr, ok := ParseIP(text); ok {
		return append(list, addr)
	}
	return list
}

func ParseIP(text string) (netip.Addr, bool) {
	if text == "" {
		return netip.Addr{}, false
	}
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return addr.Unmap(), true
	}
	addr, ok := netip.AddrFromSlice(netutils.ParseIPSloppy(text))
	return addr.Unmap(), ok
}

// containerPorts are those of the containers, then those of the sidecars: init
// containers with restartPolicy Always. Other init containers have ended by the
// time the pod serves. The order decides which of two equal names wins, and is
// that of upstream's FindPort.
func containerPorts(spec *corev1.PodSpec) []snapshot.ContainerPort {
	n := 0
	for i := range spec.Containers {
		n += len(spec.Containers[i].Ports)
	}
	out := make([]snapshot.ContainerPort, 0, n)
	for i := range spec.Containers {
		out = appendPorts(out, &spec.Containers[i])
	}
	for i := range spec.InitContainers {
		if isSidecar(&spec.InitContainers[i]) {
			out = appendPorts(out, &spec.InitContainers[i])
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// endedPorts are those of the init containers that end before the pod serves.
func endedPorts(spec *corev1.PodSpec) []snapshot.ContainerPort {
	var out []snapshot.ContainerPort
	for i := range spec.InitContainers {
		if !isSidecar(&spec.InitContainers[i]) {
			out = appendPorts(out, &spec.InitContainers[i])
		}
	}
	return out
}

func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func appendPorts(list []snapshot.ContainerPort, c *corev1.Container) []snapshot.ContainerPort {
	for i := range c.Ports {
		p := &c.Ports[i]
		if port := PortNumber(p.ContainerPort); port != 0 {
			out := snapshot.ContainerPort{Name: p.Name, Protocol: protocol(p.Protocol), Port: port, HostPort: PortNumber(p.HostPort)}
			if ip, ok := ParseIP(p.HostIP); ok && out.HostPort != 0 && !ip.IsUnspecified() {
				out.HostIP = ip.String()
			}
			list = append(list, out)
		}
	}
	return list
}

// PortNumber is 0 for a number that is no port.
func PortNumber(n int32) uint16 {
	if n < 1 || n > 65535 {
		return 0
	}
	return uint16(n)
}

func protocol(in corev1.Protocol) connset.Protocol {
	if in == "" {
		return connset.TCP
	}
	return connset.Protocol(in)
}

// serviceProxyName is the label that takes a Service from kube-proxy
// (k8s.io/kubernetes pkg/proxy/apis/well_known_labels.go).
const serviceProxyName = "service.kubernetes.io/service-proxy-name"

func Service(in *corev1.Service) *snapshot.Service {
	spec := &in.Spec
	out := &snapshot.Service{
		Name:            NameOf(&in.ObjectMeta),
		Type:            snapshot.ServiceType(spec.Type),
		Selector:        spec.Selector,
		PublishNotReady: spec.PublishNotReadyAddresses,
		InternalLocal: spec.InternalTrafficPolicy != nil &&
			*spec.InternalTrafficPolicy == corev1.ServiceInternalTrafficPolicyLocal,
		ExternalLocal: spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal,
	}
	if out.Type == "" {
		out.Type = snapshot.ClusterIP
	}
	out.Proxy = in.Labels[serviceProxyName]
	for _, family := range spec.IPFamilies {
		out.Families = append(out.Families, family == corev1.IPv4Protocol)
	}
	if out.Type == snapshot.ExternalName {
		// "externalName … No proxying of any kind will be set up": whatever else
		// such a Service says of addresses and selectors has no effect.
		out.ExternalName = spec.ExternalName
		out.Selector = nil
	} else {
		out.Headless = spec.ClusterIP == corev1.ClusterIPNone
		for _, ip := range spec.ClusterIPs {
			out.ClusterIPs = appendIP(out.ClusterIPs, ip)
		}
		if len(out.ClusterIPs) == 0 {
			out.ClusterIPs = appendIP(nil, spec.ClusterIP)
		}
	}
	for _, ip := range spec.ExternalIPs {
		out.ExternalIPs = appendIP(out.ExternalIPs, ip)
	}
	for i := range spec.Ports {
		if p, ok := servicePort(&spec.Ports[i]); ok {
			out.Ports = append(out.Ports, p)
		}
	}
	for i := range in.Status.LoadBalancer.Ingress {
		ingress := &in.Status.LoadBalancer.Ingress[i]
		out.LoadBalancerIPs = appendIP(out.LoadBalancerIPs, ingress.IP)
		if ingress.IPMode != nil && *ingress.IPMode == corev1.LoadBalancerIPModeProxy {
			out.LoadBalancerProxies = appendIP(out.LoadBalancerProxies, ingress.IP)
		}
		if ingress.Hostname != "" {
			out.LoadBalancerHostnames = append(out.LoadBalancerHostnames, ingress.Hostname)
		}
	}
	for _, text := range spec.LoadBalancerSourceRanges {
		if prefix, ok := parsePrefix(text); ok {
			out.LoadBalancerRanges = append(out.LoadBalancerRanges, prefix)
		} else {
			out.BadRanges = append(out.BadRanges, text)
		}
	}
	out.NoNodePorts = spec.AllocateLoadBalancerNodePorts != nil && !*spec.AllocateLoadBalancerNodePorts
	if spec.LoadBalancerClass != nil {
		out.LoadBalancerClass = *spec.LoadBalancerClass
	}
	out.Annotations = serviceAnnotations(in.Annotations)
	return out
}

func servicePort(in *corev1.ServicePort) (snapshot.ServicePort, bool) {
	out := snapshot.ServicePort{
		Name: in.Name, Protocol: protocol(in.Protocol), Port: PortNumber(in.Port), NodePort: PortNumber(in.NodePort),
	}
	switch {
	case in.TargetPort.Type == intstr.String && in.TargetPort.StrVal != "":
		out.TargetName = in.TargetPort.StrVal
	case in.TargetPort.IntVal == 0:
		out.TargetPort = out.Port
	default:
		out.TargetPort = PortNumber(in.TargetPort.IntVal)
	}
	return out, out.Port != 0 && (out.TargetPort != 0 || out.TargetName != "")
}

// parsePrefix trims blanks, as kube-proxy does for loadBalancerSourceRanges.
func parsePrefix(text string) (netip.Prefix, bool) {
	_, ipNet, err := netutils.ParseCIDRSloppy(strings.TrimSpace(text))
	if err != nil {
		return netip.Prefix{}, false
	}
	addr, ok := netip.AddrFromSlice(ipNet.IP)
	bits, size := ipNet.Mask.Size()
	if size == 32 {
		addr = addr.Unmap()
	}
	return netip.PrefixFrom(addr, bits), ok
}

func EndpointSlice(in *discoveryv1.EndpointSlice) *snapshot.EndpointSlice {
	out := &snapshot.EndpointSlice{
		Name:        NameOf(&in.ObjectMeta),
		Service:     in.Labels[discoveryv1.LabelServiceName],
		AddressType: string(in.AddressType),
	}
	for i := range in.Ports {
		p := &in.Ports[i]
		port := snapshot.EndpointPort{Protocol: connset.TCP}
		if p.Name != nil {
			port.Name = *p.Name
		}
		if p.Protocol != nil {
			port.Protocol = protocol(*p.Protocol)
		}
		if p.Port != nil {
			if port.Port = PortNumber(*p.Port); port.Port == 0 {
				continue
			}
		}
		out.Ports = append(out.Ports, port)
	}
	for i := range in.Endpoints {
		out.Endpoints = append(out.Endpoints, endpoint(&in.Endpoints[i], in.Namespace))
	}
	return out
}

// endpoint reads absent conditions as the API documents them: "a nil
// value should be interpreted as true" for ready and serving, as false for
// terminating.
func endpoint(in *discoveryv1.Endpoint, namespace string) snapshot.Endpoint {
	out := snapshot.Endpoint{
		Addresses:   append([]string(nil), in.Addresses...),
		Ready:       in.Conditions.Ready == nil || *in.Conditions.Ready,
		Serving:     in.Conditions.Serving == nil || *in.Conditions.Serving,
		Terminating: in.Conditions.Terminating != nil && *in.Conditions.Terminating,
	}
	if ref := in.TargetRef; ref != nil && ref.Kind == "Pod" {
		if out.Pod = ref.Name; ref.Namespace != "" && ref.Namespace != namespace {
			out.PodNamespace = ref.Namespace
		}
	}
	if in.Hints != nil {
		for _, n := range in.Hints.ForNodes {
			out.ForNodes = append(out.ForNodes, n.Name)
		}
		for _, z := range in.Hints.ForZones {
			out.ForZones = append(out.ForZones, z.Name)
		}
	}
	if in.NodeName != nil {
		out.Node = *in.NodeName
	}
	return out
}

// k3sArgs is the annotation by which k3s tells its arguments, a JSON list
// (k3s-io/k3s pkg/nodeconfig).
const k3sArgs = "k3s.io/node-args"

// Node converts a node.
func Node(in *corev1.Node) *snapshot.Node {
	out := &snapshot.Node{
		Name: in.Name, Labels: in.Labels, KubeletVersion: in.Status.NodeInfo.KubeletVersion,
	}
	// Whatever else may stand there says nothing of k3s.
	if err := json.Unmarshal([]byte(in.Annotations[k3sArgs]), &out.K3sArgs); err != nil {
		out.K3sArgs = nil
	}
	for i := range in.Status.Addresses {
		switch a := &in.Status.Addresses[i]; a.Type {
		case corev1.NodeInternalIP, corev1.NodeExternalIP:
			out.IPs = appendIP(out.IPs, a.Address)
		}
	}
	return out
}

func Policy(in *networkingv1.NetworkPolicy) *snapshot.Policy {
	out := &snapshot.Policy{Name: NameOf(&in.ObjectMeta), Ignore: in.Annotations[snapshot.IgnoreAnnotation]}
	in.Spec.DeepCopyInto(&out.Spec)
	return out
}

// Workload is an object of a kind of its own that makes pods.
func Workload(kind string, m *metav1.ObjectMeta) *snapshot.Workload { return workload(kind, m, nil) }

func workload(kind string, m *metav1.ObjectMeta, selector map[string]string) *snapshot.Workload {
	return &snapshot.Workload{
		Kind: kind, Name: NameOf(m), Labels: m.Labels, Owner: ownerOf(m), Selector: maps.Clone(selector),
	}
}

// matchLabels drops matchExpressions: Workload.Selector narrows a list of pods,
// and ownerReferences decide which of them belong.
func matchLabels(s *metav1.LabelSelector) map[string]string {
	if s == nil {
		return nil
	}
	return s.MatchLabels
}

func Deployment(in *appsv1.Deployment) *snapshot.Workload {
	return workload("Deployment", &in.ObjectMeta, matchLabels(in.Spec.Selector))
}

func ReplicaSet(in *appsv1.ReplicaSet) *snapshot.Workload {
	return workload("ReplicaSet", &in.ObjectMeta, matchLabels(in.Spec.Selector))
}

func StatefulSet(in *appsv1.StatefulSet) *snapshot.Workload {
	return workload("StatefulSet", &in.ObjectMeta, matchLabels(in.Spec.Selector))
}

func ReplicationController(in *corev1.ReplicationController) *snapshot.Workload {
	return workload("ReplicationController", &in.ObjectMeta, in.Spec.Selector)
}

func Job(in *batchv1.Job) *snapshot.Workload {
	return workload("Job", &in.ObjectMeta, matchLabels(in.Spec.Selector))
}

func CronJob(in *batchv1.CronJob) *snapshot.Workload {
	return workload("CronJob", &in.ObjectMeta, nil)
}

// DaemonSet keeps the containers: network plugins are DaemonSets, and
// their images and arguments tell which one it is and what it enforces.
func DaemonSet(in *appsv1.DaemonSet) *snapshot.Workload {
	out := workload("DaemonSet", &in.ObjectMeta, matchLabels(in.Spec.Selector))
	spec := &in.Spec.Template.Spec
	for i := range spec.Containers {
		out.Containers = append(out.Containers, container(&spec.Containers[i]))
	}
	for i := range spec.InitContainers {
		if isSidecar(&spec.InitContainers[i]) {
			out.Containers = append(out.Containers, container(&spec.InitContainers[i]))
		}
	}
	return out
}

func container(in *corev1.Container) snapshot.Container {
	out := snapshot.Container{Name: in.Name, Image: in.Image}
	out.Args = append(out.Args, in.Command...)
	out.Args = append(out.Args, in.Args...)
	for _, e := range in.Env {
		if e.Name == enforcingMode {
			out.Env = append(out.Env, e.Name+"="+e.Value)
		}
	}
	return out
}

// enforcingMode is the variable that is read of containers: others may be anybody's secret.
const enforcingMode = "NETWORK_POLICY_ENFORCING_MODE"
