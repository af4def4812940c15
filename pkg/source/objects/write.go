package objects

import (
	"encoding/json"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Objects are those of a kind as they are recorded: what netguard keeps of them, so
// that nothing else can be in them.
func (c *typed[T, S]) Objects(s *snapshot.Snapshot) ([]map[string]any, error) {
	var out []map[string]any
	for _, o := range c.kept(s) {
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(c.api(o))
		if err != nil {
			return nil, err
		}
		var kept map[string]any
		if c.written != nil {
			kept = c.written(o, fields)
		} else {
			kept, _ = pruned(fields).(map[string]any)
		}
		metadata, _ := fields["metadata"].(map[string]any)
		out = append(out, withHeader(c.resource, kept, metadata))
	}
	return out, nil
}

// Objects are those of a kind as they are recorded.
func (c *byJSON) Objects(s *snapshot.Snapshot) ([]map[string]any, error) {
	var out []map[string]any
	for _, o := range s.Objects(c.resource) {
		kept, err := c.fields(o)
		if err != nil {
			return nil, err
		}
		metadata, ok := kept["metadata"].(map[string]any)
		if !ok {
			metadata = map[string]any{}
		}
		id := o.ID()
		set(metadata, "name", id.Name)
		set(metadata, "namespace", id.Namespace)
		out = append(out, withHeader(c.resource, kept, metadata))
	}
	return out, nil
}

// withHeader completes the fields that are kept of an object.
func withHeader(r snapshot.Resource, kept, metadata map[string]any) map[string]any {
	if kept == nil {
		kept = map[string]any{}
	}
	kind := kinds.Of(r)
	kept["apiVersion"], kept["kind"] = kind.APIVersion(), kind.Name
	owners, _ := metadata["ownerReferences"].([]any)
	for _, o := range owners {
		if ref, ok := o.(map[string]any); ok {
			// Neither was kept, and the type writes them all the same.
			delete(ref, "uid")
			if ref["apiVersion"] == "" {
				delete(ref, "apiVersion")
			}
		}
	}
	kept["metadata"] = pruned(metadata)
	return kept
}

// pruned leaves out what is empty, and what an absent field means as well.
func pruned(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, field := range v {
			if field = pruned(field); field != nil {
				out[key] = field
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		if len(v) == 0 {
			return nil
		}
		out := make([]any, len(v))
		for i := range v {
			if out[i] = pruned(v[i]); out[i] == nil {
				out[i] = map[string]any{}
			}
		}
		return out
	default:
		return v
	}
}

func metaOf(name snapshot.Name, labels map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name, Labels: labels}
}

func owned(m metav1.ObjectMeta, owner snapshot.Owner) metav1.ObjectMeta {
	if owner != (snapshot.Owner{}) {
		yes := true
		m.OwnerReferences = []metav1.OwnerReference{{APIVersion: workloadVersion(owner.Kind), Kind: owner.Kind, Name: owner.Name, Controller: &yes}}
	}
	return m
}

// workloadVersion is the apiVersion of a workload kind; of other owners only the
// kind was kept.
func workloadVersion(kind string) string {
	if k := kinds.ByType(kind); k != nil && k.Owner {
		return k.APIVersion()
	}
	return ""
}

func namespaceObject(o *snapshot.Namespace) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metaOf(snapshot.Name{Name: o.Name}, o.Labels)}
}

// declaredNamespaces leaves out those whose labels nobody has told.
func declaredNamespaces(s *snapshot.Snapshot) []*snapshot.Namespace {
	return slices.DeleteFunc(slices.Clone(s.Namespaces()), func(n *snapshot.Namespace) bool { return n.Undeclared })
}

// keptNodes have all their labels only where a policy selects nodes by them; their zone is
// what hints of EndpointSlices are about.
func keptNodes(s *snapshot.Snapshot) []*snapshot.Node {
	if s.SelectsNodes() {
		return s.Nodes()
	}
	var out []*snapshot.Node
	for _, n := range s.Nodes() {
		kept := *n
		if kept.Labels = nil; n.Labels[snapshot.ZoneLabel] != "" {
			kept.Labels = map[string]string{snapshot.ZoneLabel: n.Labels[snapshot.ZoneLabel]}
		}
		out = append(out, &kept)
	}
	return out
}

func nodeObject(o *snapshot.Node) *corev1.Node {
	out := &corev1.Node{ObjectMeta: metaOf(snapshot.Name{Name: o.Name}, o.Labels)}
	if args := cni.KeptNodeArgs(o); args != nil {
		if text, err := json.Marshal(args); err == nil { // a list of texts
			out.Annotations = map[string]string{k3sArgs: string(text)}
		}
	}
	for _, ip := range o.IPs {
		out.Status.Addresses = append(out.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: ip.String()})
	}
	return out
}

// nodeWritten: NodeInfo has a dozen fields that are always written.
func nodeWritten(o *snapshot.Node, fields map[string]any) map[string]any {
	status := map[string]any{}
	if o.KubeletVersion != "" {
		status["nodeInfo"] = map[string]any{"kubeletVersion": o.KubeletVersion}
	}
	if all, ok := fields["status"].(map[string]any); ok && all["addresses"] != nil {
		status["addresses"] = all["addresses"]
	}
	return map[string]any{"status": status}
}

func podObject(o *snapshot.Pod) *corev1.Pod {
	out := &corev1.Pod{ObjectMeta: owned(metaOf(o.Name, o.Labels), o.Owner)}
	if o.Terminating {
		// That there is a time says it; when it was is not kept.
		epoch := metav1.Unix(0, 0)
		out.DeletionTimestamp = &epoch
	}
	out.Spec.NodeName, out.Spec.HostNetwork, out.Spec.NodeSelector = o.Node, o.HostNetwork, o.NodeSelector
	if o.DNS != nil {
		out.Spec.DNSPolicy = corev1.DNSPolicy(o.DNS.Policy)
		if len(o.DNS.Nameservers) > 0 {
			out.Spec.DNSConfig = &corev1.PodDNSConfig{}
			for _, ip := range o.DNS.Nameservers {
				out.Spec.DNSConfig.Nameservers = append(out.Spec.DNSConfig.Nameservers, ip.String())
			}
		}
	}
	out.Spec.Containers, out.Spec.Volumes = recordedContainers(o), recordedVolumes(o.Programs)
	if len(o.EndedPorts) > 0 {
		out.Spec.InitContainers = []corev1.Container{{Name: "i0", Ports: recordedPorts(o.EndedPorts)}}
	}
	out.Status.Phase = corev1.PodPhase(o.Phase)
	if o.Ready {
		out.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	}
	for _, ip := range o.IPs {
		out.Status.PodIPs = append(out.Status.PodIPs, corev1.PodIP{IP: ip.String()})
	}
	for _, ip := range o.HostIPs {
		out.Status.HostIPs = append(out.Status.HostIPs, corev1.HostIP{IP: ip.String()})
	}
	return out
}

// recordedContainers hold the pod's ports, and then the programs that may be
// controllers.
func recordedContainers(o *snapshot.Pod) []corev1.Container {
	out := []corev1.Container{{Name: "c0", Ports: recordedPorts(o.Ports)}}
	for i := range o.Programs {
		out = append(out, recordedProgram(&o.Programs[i], len(out)))
	}
	return out
}

func recordedPorts(ports []snapshot.ContainerPort) []corev1.ContainerPort {
	var out []corev1.ContainerPort
	for _, p := range ports {
		out = append(out, corev1.ContainerPort{
			Name: p.Name, Protocol: corev1.Protocol(p.Protocol), ContainerPort: int32(p.Port), HostPort: int32(p.HostPort), HostIP: p.HostIP,
		})
	}
	return out
}

func workloadMeta(o *snapshot.Workload) metav1.ObjectMeta { return owned(metaOf(o.Name, nil), o.Owner) }

func selectorOf(o *snapshot.Workload) *metav1.LabelSelector {
	if len(o.Selector) == 0 {
		return nil
	}
	return &metav1.LabelSelector{MatchLabels: o.Selector}
}

func deploymentObject(o *snapshot.Workload) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: workloadMeta(o), Spec: appsv1.DeploymentSpec{Selector: selectorOf(o)}}
}

func replicaSetObject(o *snapshot.Workload) *appsv1.ReplicaSet {
	return &appsv1.ReplicaSet{ObjectMeta: workloadMeta(o), Spec: appsv1.ReplicaSetSpec{Selector: selectorOf(o)}}
}

func statefulSetObject(o *snapshot.Workload) *appsv1.StatefulSet {
	return &appsv1.StatefulSet{ObjectMeta: workloadMeta(o), Spec: appsv1.StatefulSetSpec{Selector: selectorOf(o)}}
}

func daemonSetObject(o *snapshot.Workload) *appsv1.DaemonSet {
	out := &appsv1.DaemonSet{ObjectMeta: workloadMeta(o), Spec: appsv1.DaemonSetSpec{Selector: selectorOf(o)}}
	for _, c := range cni.KeptContainers(o) {
		kept := corev1.Container{Name: c.Name, Image: c.Image, Args: c.Args}
		for _, e := range c.Env {
			name, value, _ := strings.Cut(e, "=")
			kept.Env = append(kept.Env, corev1.EnvVar{Name: name, Value: value})
		}
		out.Spec.Template.Spec.Containers = append(out.Spec.Template.Spec.Containers, kept)
	}
	return out
}

func replicationControllerObject(o *snapshot.Workload) *corev1.ReplicationController {
	return &corev1.ReplicationController{ObjectMeta: workloadMeta(o), Spec: corev1.ReplicationControllerSpec{Selector: o.Selector}}
}

func jobObject(o *snapshot.Workload) *batchv1.Job {
	return &batchv1.Job{ObjectMeta: workloadMeta(o), Spec: batchv1.JobSpec{Selector: selectorOf(o)}}
}

func cronJobObject(o *snapshot.Workload) *batchv1.CronJob {
	return &batchv1.CronJob{ObjectMeta: workloadMeta(o)}
}

// workloadWritten: the types write zeros, such as status.replicas, that nobody read.
func workloadWritten(_ *snapshot.Workload, fields map[string]any) map[string]any {
	out := map[string]any{}
	if spec, ok := fields["spec"].(map[string]any); ok {
		if kept := pruned(map[string]any{"selector": spec["selector"], "template": pruned(spec["template"])}); kept != nil {
			out["spec"] = kept
		}
	}
	return out
}

func serviceObject(o *snapshot.Service) *corev1.Service {
	out := &corev1.Service{ObjectMeta: metaOf(o.Name, nil)}
	out.Annotations = o.Annotations
	if o.Proxy != "" {
		out.Labels = map[string]string{serviceProxyName: o.Proxy}
	}
	spec := &out.Spec
	if o.NoNodePorts {
		no := false
		spec.AllocateLoadBalancerNodePorts = &no
	}
	spec.Type = corev1.ServiceType(o.Type)
	spec.Selector = o.Selector
	spec.ExternalName = o.ExternalName
	spec.PublishNotReadyAddresses = o.PublishNotReady
	for _, ip := range o.ClusterIPs {
		spec.ClusterIPs = append(spec.ClusterIPs, ip.String())
	}
	if o.Headless {
		spec.ClusterIP = corev1.ClusterIPNone
	}
	for _, ip := range o.ExternalIPs {
		spec.ExternalIPs = append(spec.ExternalIPs, ip.String())
	}
	if o.InternalLocal {
		local := corev1.ServiceInternalTrafficPolicyLocal
		spec.InternalTrafficPolicy = &local
	}
	if o.ExternalLocal {
		spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
	}
	for _, prefix := range o.LoadBalancerRanges {
		spec.LoadBalancerSourceRanges = append(spec.LoadBalancerSourceRanges, prefix.String())
	}
	spec.LoadBalancerSourceRanges = append(spec.LoadBalancerSourceRanges, o.BadRanges...)
	if o.LoadBalancerClass != "" {
		spec.LoadBalancerClass = &o.LoadBalancerClass
	}
	out.Annotations = o.Annotations
	for _, p := range o.Ports {
		port := corev1.ServicePort{
			Name: p.Name, Protocol: corev1.Protocol(p.Protocol), Port: int32(p.Port), NodePort: int32(p.NodePort),
			TargetPort: intstr.FromInt32(int32(p.TargetPort)),
		}
		if p.TargetName != "" {
			port.TargetPort = intstr.FromString(p.TargetName)
		}
		spec.Ports = append(spec.Ports, port)
	}
	for _, v4 := range o.Families {
		family := corev1.IPv6Protocol
		if v4 {
			family = corev1.IPv4Protocol
		}
		spec.IPFamilies = append(spec.IPFamilies, family)
	}
	for _, ip := range o.LoadBalancerIPs {
		ingress := corev1.LoadBalancerIngress{IP: ip.String()}
		if slices.Contains(o.LoadBalancerProxies, ip) {
			proxy := corev1.LoadBalancerIPModeProxy
			ingress.IPMode = &proxy
		}
		out.Status.LoadBalancer.Ingress = append(out.Status.LoadBalancer.Ingress, ingress)
	}
	for _, host := range o.LoadBalancerHostnames {
		out.Status.LoadBalancer.Ingress = append(out.Status.LoadBalancer.Ingress, corev1.LoadBalancerIngress{Hostname: host})
	}
	return out
}

func endpointSliceObject(o *snapshot.EndpointSlice) *discoveryv1.EndpointSlice {
	out := &discoveryv1.EndpointSlice{ObjectMeta: metaOf(o.Name, nil), AddressType: discoveryv1.AddressType(o.AddressType)}
	if o.Service != "" {
		out.Labels = map[string]string{discoveryv1.LabelServiceName: o.Service}
	}
	for i := range o.Ports {
		p := &o.Ports[i]
		protocol := corev1.Protocol(p.Protocol)
		port := discoveryv1.EndpointPort{Name: &p.Name, Protocol: &protocol}
		if number := int32(p.Port); number != 0 {
			port.Port = &number
		}
		out.Ports = append(out.Ports, port)
	}
	for i := range o.Endpoints {
		e := &o.Endpoints[i]
		endpoint := discoveryv1.Endpoint{
			Addresses:  e.Addresses,
			Conditions: discoveryv1.EndpointConditions{Ready: &e.Ready, Serving: &e.Serving, Terminating: &e.Terminating},
		}
		if e.Pod != "" {
			endpoint.TargetRef = &corev1.ObjectReference{Kind: "Pod", Namespace: e.PodNamespace, Name: e.Pod}
		}
		if e.Node != "" {
			endpoint.NodeName = &e.Node
		}
		endpoint.Hints = recordedHints(e)
		out.Endpoints = append(out.Endpoints, endpoint)
	}
	return out
}

func recordedHints(e *snapshot.Endpoint) *discoveryv1.EndpointHints {
	if len(e.ForNodes)+len(e.ForZones) == 0 {
		return nil
	}
	out := &discoveryv1.EndpointHints{}
	for _, name := range e.ForNodes {
		out.ForNodes = append(out.ForNodes, discoveryv1.ForNode{Name: name})
	}
	for _, name := range e.ForZones {
		out.ForZones = append(out.ForZones, discoveryv1.ForZone{Name: name})
	}
	return out
}

func policyObject(o *snapshot.Policy) *networkingv1.NetworkPolicy {
	out := &networkingv1.NetworkPolicy{ObjectMeta: metaOf(o.Name, nil), Spec: o.Spec}
	if o.Ignore != "" {
		out.Annotations = map[string]string{snapshot.IgnoreAnnotation: o.Ignore}
	}
	return out
}

// policyWritten: nothing and an empty mapping differ in a policy: from: [{podSelector: {}}].
func policyWritten(_ *snapshot.Policy, fields map[string]any) map[string]any {
	return map[string]any{"spec": fields["spec"]}
}
