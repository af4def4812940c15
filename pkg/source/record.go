package source

import (
	"encoding/json"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Record turns a snapshot back into API objects. They are made from what netguard
// keeps of the objects that it read, so that nothing else of these can be in
// them; labels of nodes and workloads, and containers and settings that tell
// nothing about the network plugin, are left out besides.
//
// Manifests reads the objects as the same snapshot (record_test.go), so that every
// question has the same answer.
func Record(s *snapshot.Snapshot) (*report.Snapshot, error) {
	r := &recorder{out: &report.Snapshot{Header: report.NewHeader(recordKind)}}
	r.header(s)
	for _, o := range s.Namespaces() {
		r.namespace(o)
	}
	for _, o := range s.Nodes() {
		r.node(o)
	}
	for _, o := range s.Workloads() {
		r.workload(o)
	}
	for _, o := range s.Pods() {
		r.pod(o)
	}
	for _, o := range s.Services() {
		r.service(o)
	}
	for _, o := range s.EndpointSlices() {
		r.endpointSlice(o)
	}
	for _, o := range s.Policies() {
		r.policy(o)
	}
	for _, name := range s.ConfigMaps() {
		data, _ := s.ConfigMap(name)
		r.add("v1", "ConfigMap", &corev1.ConfigMap{ObjectMeta: metaOf(name, nil), Data: keptConfig(data)})
	}
	r.frontDoor(s)
	return r.out, r.err
}

// recordKind is the kind of the document by which Manifests knows a recorded state.
const recordKind = "Snapshot"

type recorder struct {
	out *report.Snapshot
	err error
}

// add takes in an API object of a built-in kind.
func (r *recorder) add(apiVersion, kind string, o any) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		r.err = err
		return
	}
	if kind == "NetworkPolicy" {
		// Nothing and an empty mapping differ in a policy: from: [{podSelector: {}}].
		r.addFields(apiVersion, kind, fields, map[string]any{"spec": fields["spec"]})
		return
	}
	kept, _ := pruned(fields).(map[string]any)
	r.addFields(apiVersion, kind, fields, kept)
}

// addFields takes in the fields that are kept of an object, with its metadata.
func (r *recorder) addFields(apiVersion, kind string, from, kept map[string]any) {
	kept["apiVersion"], kept["kind"] = apiVersion, kind
	if m, ok := from["metadata"].(map[string]any); ok {
		owners, _ := m["ownerReferences"].([]any)
		for _, o := range owners {
			if ref, ok := o.(map[string]any); ok {
				// Neither was kept, and the type writes them all the same.
				delete(ref, "uid")
				if ref["apiVersion"] == "" {
					delete(ref, "apiVersion")
				}
			}
		}
		kept["metadata"] = pruned(m)
	}
	r.out.Objects = append(r.out.Objects, kept)
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

func (r *recorder) header(s *snapshot.Snapshot) {
	r.out.Everything = s.HasEverything()
	for _, n := range s.Reads() {
		r.out.Read = append(r.out.Read, recordedNeed(n))
	}
	for _, g := range s.Gaps() {
		r.out.Unread = append(r.out.Unread, report.SnapshotGap{
			SnapshotRead: recordedNeed(g.Need), Reason: string(g.Reason), Message: g.Message,
			Group: g.Group, Kind: g.Kind, OnlyDenies: g.OnlyDenies, Takes: g.Takes,
		})
	}
	for _, u := range s.Unmodelled() {
		r.out.Unevaluated = append(r.out.Unevaluated, report.SnapshotObject{
			Group: u.Group, Kind: u.Kind, Namespace: u.Namespace, Name: u.Name.Name, OnlyDenies: u.OnlyDenies, ClusterWide: u.ClusterWide,
		})
	}
	for _, p := range s.Policies() {
		if o := p.Origin; o.File != "" {
			r.out.Origins = append(r.out.Origins, report.SnapshotOrigin{
				Namespace: p.Namespace, Name: p.Name.Name, File: o.File, Line: o.Line, Lines: o.Lines,
			})
		}
	}
}

func recordedNeed(n snapshot.Need) report.SnapshotRead {
	return report.SnapshotRead{Resource: string(n.Resource), Namespace: n.Namespace, Name: n.Name, Labels: n.Labels, Fields: n.Fields}
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
	switch kind {
	case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet":
		return appsv1.SchemeGroupVersion.String()
	case "Job", "CronJob":
		return batchv1.SchemeGroupVersion.String()
	case "ReplicationController":
		return corev1.SchemeGroupVersion.String()
	default:
		return ""
	}
}

func (r *recorder) namespace(o *snapshot.Namespace) {
	r.add("v1", "Namespace", &corev1.Namespace{ObjectMeta: metaOf(snapshot.Name{Name: o.Name}, o.Labels)})
}

func (r *recorder) node(o *snapshot.Node) {
	out := &corev1.Node{ObjectMeta: metaOf(snapshot.Name{Name: o.Name}, nil)}
	if args := cni.KeptNodeArgs(o); args != nil {
		text, err := json.Marshal(args)
		if err != nil {
			r.err = err
			return
		}
		out.Annotations = map[string]string{k3sArgs: string(text)}
	}
	out.Status.NodeInfo.KubeletVersion = o.KubeletVersion
	for _, ip := range o.IPs {
		out.Status.Addresses = append(out.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: ip.String()})
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(out)
	if err != nil {
		r.err = err
		return
	}
	status := map[string]any{}
	if o.KubeletVersion != "" {
		// NodeInfo has a dozen fields that are always written.
		status["nodeInfo"] = map[string]any{"kubeletVersion": o.KubeletVersion}
	}
	if all, ok := fields["status"].(map[string]any); ok && all["addresses"] != nil {
		status["addresses"] = all["addresses"]
	}
	r.addFields("v1", "Node", fields, map[string]any{"status": status})
}

func (r *recorder) pod(o *snapshot.Pod) {
	out := &corev1.Pod{ObjectMeta: owned(metaOf(o.Name, o.Labels), o.Owner)}
	if o.Terminating {
		// That there is a time says it; when it was is not kept.
		epoch := metav1.Unix(0, 0)
		out.DeletionTimestamp = &epoch
	}
	out.Spec.NodeName, out.Spec.HostNetwork = o.Node, o.HostNetwork
	out.Spec.Containers, out.Spec.Volumes = recordedContainers(o), recordedVolumes(o.Programs)
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
	r.add("v1", "Pod", out)
}

// recordedContainers hold the pod's ports, and then the programs that may be
// controllers.
func recordedContainers(o *snapshot.Pod) []corev1.Container {
	out := []corev1.Container{{Name: "c0"}}
	for _, p := range o.Ports {
		out[0].Ports = append(out[0].Ports, corev1.ContainerPort{
			Name: p.Name, Protocol: corev1.Protocol(p.Protocol), ContainerPort: int32(p.Port), HostPort: int32(p.HostPort),
		})
	}
	for i := range o.Programs {
		out = append(out, recordedProgram(&o.Programs[i], len(out)))
	}
	return out
}

func (r *recorder) workload(o *snapshot.Workload) {
	m := owned(metaOf(o.Name, nil), o.Owner)
	var selector *metav1.LabelSelector
	if len(o.Selector) > 0 {
		selector = &metav1.LabelSelector{MatchLabels: o.Selector}
	}
	var out any
	switch o.Kind {
	case "Deployment":
		out = &appsv1.Deployment{ObjectMeta: m, Spec: appsv1.DeploymentSpec{Selector: selector}}
	case "ReplicaSet":
		out = &appsv1.ReplicaSet{ObjectMeta: m, Spec: appsv1.ReplicaSetSpec{Selector: selector}}
	case "StatefulSet":
		out = &appsv1.StatefulSet{ObjectMeta: m, Spec: appsv1.StatefulSetSpec{Selector: selector}}
	case "DaemonSet":
		set := &appsv1.DaemonSet{ObjectMeta: m, Spec: appsv1.DaemonSetSpec{Selector: selector}}
		for _, c := range cni.KeptContainers(o) {
			set.Spec.Template.Spec.Containers = append(set.Spec.Template.Spec.Containers,
				corev1.Container{Name: c.Name, Image: c.Image, Args: c.Args})
		}
		out = set
	case "ReplicationController":
		out = &corev1.ReplicationController{ObjectMeta: m, Spec: corev1.ReplicationControllerSpec{Selector: o.Selector}}
	case "Job":
		out = &batchv1.Job{ObjectMeta: m, Spec: batchv1.JobSpec{Selector: selector}}
	case "CronJob":
		out = &batchv1.CronJob{ObjectMeta: m}
	default:
		return
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(out)
	if err != nil {
		r.err = err
		return
	}
	// What remains is what was kept: the types write zeros, such as status.replicas, that nobody read.
	kept := map[string]any{}
	if spec, ok := fields["spec"].(map[string]any); ok {
		template := pruned(spec["template"])
		if kept["spec"] = pruned(map[string]any{"selector": spec["selector"], "template": template}); kept["spec"] == nil {
			delete(kept, "spec")
		}
	}
	r.addFields(workloadVersion(o.Kind), o.Kind, fields, kept)
}

func (r *recorder) service(o *snapshot.Service) {
	out := &corev1.Service{ObjectMeta: metaOf(o.Name, nil)}
	out.Annotations = o.Annotations
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
	for _, ip := range o.LoadBalancerIPs {
		out.Status.LoadBalancer.Ingress = append(out.Status.LoadBalancer.Ingress, corev1.LoadBalancerIngress{IP: ip.String()})
	}
	for _, host := range o.LoadBalancerHostnames {
		out.Status.LoadBalancer.Ingress = append(out.Status.LoadBalancer.Ingress, corev1.LoadBalancerIngress{Hostname: host})
	}
	r.add("v1", "Service", out)
}

func (r *recorder) endpointSlice(o *snapshot.EndpointSlice) {
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
			endpoint.TargetRef = &corev1.ObjectReference{Kind: "Pod", Name: e.Pod}
		}
		if e.Node != "" {
			endpoint.NodeName = &e.Node
		}
		out.Endpoints = append(out.Endpoints, endpoint)
	}
	r.add(discoveryv1.SchemeGroupVersion.String(), "EndpointSlice", out)
}

func (r *recorder) policy(o *snapshot.Policy) {
	r.add(networkingv1.SchemeGroupVersion.String(), "NetworkPolicy", &networkingv1.NetworkPolicy{ObjectMeta: metaOf(o.Name, nil), Spec: o.Spec})
}
