package objects

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// codecs has a line for every kind of package kinds that is read, in the order of a
// recording. A new kind comes last: own[T] where T is the object's JSON.
func codecs() []Codec {
	return []Codec{
		&typed[corev1.Namespace, snapshot.Namespace]{
			resource: snapshot.Namespaces, convert: Namespace, add: (*snapshot.Builder).AddNamespace,
			fields: []string{"metadata.name", "metadata.labels"},
			kept:   declaredNamespaces, api: namespaceObject,
		},
		&typed[corev1.Node, snapshot.Node]{
			resource: snapshot.Nodes, convert: Node, add: (*snapshot.Builder).AddNode,
			fields: []string{"metadata.name", "metadata.labels", "metadata.annotations", "status.addresses", "status.nodeInfo.kubeletVersion"},
			kept:   keptNodes, api: nodeObject, written: nodeWritten,
		},
		workloads(snapshot.CronJobs, CronJob, cronJobObject),
		workloads(snapshot.DaemonSets, DaemonSet, daemonSetObject, containerFields()...),
		workloads(snapshot.Deployments, Deployment, deploymentObject, "spec.selector"),
		workloads(snapshot.Jobs, Job, jobObject, "spec.selector"),
		workloads(snapshot.ReplicaSets, ReplicaSet, replicaSetObject, "spec.selector"),
		workloads(snapshot.ReplicationControllers, ReplicationController, replicationControllerObject, "spec.selector"),
		workloads(snapshot.StatefulSets, StatefulSet, statefulSetObject, "spec.selector"),
		&typed[corev1.Pod, snapshot.Pod]{
			resource: snapshot.Pods, convert: Pod, add: (*snapshot.Builder).AddPod,
			fields: slices.Concat(podTemplateFields(), podFields()),
			kept:   (*snapshot.Snapshot).Pods, api: podObject, live: livePods, decode: podDecoder,
		},
		&typed[corev1.Service, snapshot.Service]{
			resource: snapshot.Services, convert: Service, add: (*snapshot.Builder).AddService,
			fields: []string{
				"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations",
				"spec.type", "spec.clusterIP", "spec.clusterIPs", "spec.externalIPs", "spec.externalName", "spec.selector",
				"spec.ports", "spec.publishNotReadyAddresses", "spec.internalTrafficPolicy", "spec.externalTrafficPolicy",
				"spec.loadBalancerSourceRanges", "spec.allocateLoadBalancerNodePorts", "spec.loadBalancerClass", "spec.ipFamilies",
				"status.loadBalancer.ingress.ip", "status.loadBalancer.ingress.hostname", "status.loadBalancer.ingress.ipMode",
			},
			kept: (*snapshot.Snapshot).Services, api: serviceObject,
		},
		&typed[discoveryv1.EndpointSlice, snapshot.EndpointSlice]{
			resource: snapshot.EndpointSlices, convert: EndpointSlice, add: (*snapshot.Builder).AddEndpointSlice,
			fields: []string{
				"metadata.name", "metadata.namespace", "metadata.labels", "addressType", "ports",
				"endpoints.addresses", "endpoints.conditions", "endpoints.nodeName", "endpoints.hints",
				"endpoints.targetRef.kind", "endpoints.targetRef.namespace", "endpoints.targetRef.name",
			},
			kept: (*snapshot.Snapshot).EndpointSlices, api: endpointSliceObject, live: liveSlices,
		},
		&typed[networkingv1.NetworkPolicy, snapshot.Policy]{
			resource: snapshot.NetworkPolicies, convert: Policy, add: (*snapshot.Builder).AddPolicy,
			fields: []string{"metadata.name", "metadata.namespace", "metadata.annotations", "spec"},
			kept:   (*snapshot.Snapshot).Policies, api: policyObject, written: policyWritten,
		},
		&typed[corev1.ConfigMap, configMap]{
			resource: snapshot.ConfigMaps, convert: convertConfigMap, add: addConfigMap,
			fields: []string{"metadata.name", "metadata.namespace", "data"},
			kept:   keptConfigMaps, api: configMapObject,
		},
		&typed[networkingv1.IngressClass, snapshot.IngressClass]{
			resource: snapshot.IngressClasses, convert: ingressClass, add: addObject[*snapshot.IngressClass],
			fields: []string{"metadata.name", "metadata.annotations", "metadata.creationTimestamp", "spec"},
			kept:   (*snapshot.Snapshot).IngressClasses, api: ingressClassObject,
		},
		&typed[networkingv1.Ingress, snapshot.Ingress]{
			resource: snapshot.Ingresses, convert: ingress, add: addObject[*snapshot.Ingress],
			fields: []string{
				"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.creationTimestamp", "spec",
				"status.loadBalancer.ingress.ip", "status.loadBalancer.ingress.hostname",
			},
			kept: (*snapshot.Snapshot).Ingresses, api: ingressObject,
		},
		gatewayAPI(snapshot.GatewayClasses, (*wire).class, classFields),
		gatewayAPI(snapshot.Gateways, (*wire).gateway, gatewayFields),
		route(snapshot.GRPCRoutes),
		route(snapshot.HTTPRoutes),
		route(snapshot.TCPRoutes),
		route(snapshot.TLSRoutes),
		gatewayAPI(snapshot.ReferenceGrants, (*wire).grant, grantFields),
		own[snapshot.OpenShiftRoute](snapshot.OpenShiftRoutes),
		own[snapshot.HTTPProxy](snapshot.HTTPProxies),
		own[snapshot.IngressRoute](snapshot.IngressRoutes),
		own[snapshot.Middleware](snapshot.Middlewares),
		own[snapshot.VirtualService](snapshot.VirtualServices),
		own[snapshot.IstioGateway](snapshot.IstioGateways),
		own[snapshot.Mapping](snapshot.Mappings),
		own[snapshot.SecurityPolicy](snapshot.SecurityPolicies),
		own[snapshot.KongPlugin](snapshot.KongPlugins),
		own[snapshot.KongClusterPlugin](snapshot.KongClusterPlugins),
		own[snapshot.ALBClassParams](snapshot.IngressClassParams),
		own[snapshot.TargetGroupBinding](snapshot.TargetGroupBindings),
		route(snapshot.UDPRoutes),
		gatewayAPI(snapshot.ListenerSets, (*wire).listenerSet, listenerSetFields),
		gatewayAPI(snapshot.BackendTLSPolicies, (*wire).backendTLS, backendTLSFields),
		own[snapshot.InferencePool](snapshot.InferencePools),
	}
}

func addObject[O snapshot.Object](b *snapshot.Builder, o O) { b.Add(o) }

// workloads is the codec of a kind that owns pods; fields are those that it has
// besides the metadata.
func workloads[T any](r snapshot.Resource, convert func(*T) *snapshot.Workload, api func(*snapshot.Workload) *T, fields ...string) Codec {
	kind := kinds.Of(r).Name
	return &typed[T, snapshot.Workload]{
		resource: r, convert: convert, add: (*snapshot.Builder).AddWorkload, api: api, written: workloadWritten,
		fields: append([]string{
			"metadata.name", "metadata.namespace", "metadata.labels",
			"metadata.ownerReferences.kind", "metadata.ownerReferences.name", "metadata.ownerReferences.controller",
		}, fields...),
		kept: func(s *snapshot.Snapshot) []*snapshot.Workload {
			return slices.DeleteFunc(slices.Clone(s.Workloads()), func(w *snapshot.Workload) bool { return w.Kind != kind })
		},
	}
}

// containerFields are those of a DaemonSet, whose containers are kept.
func containerFields() []string {
	const spec = "spec.template.spec."
	var out []string
	for _, containers := range []string{spec + "containers.", spec + "initContainers."} {
		out = append(out, containers+"name", containers+"image", containers+"command", containers+"args",
			containers+"env.name", containers+"env.value")
	}
	return append(out, "spec.selector", spec+"initContainers.restartPolicy")
}

// configMap is Cilium's, which says something about enforcement, or a controller's.
type configMap struct {
	name snapshot.Name
	data map[string]string
}

func convertConfigMap(in *corev1.ConfigMap) *configMap {
	return &configMap{NameOf(&in.ObjectMeta), in.Data}
}

func addConfigMap(b *snapshot.Builder, c *configMap) { b.AddConfigMap(c.name, c.data) }

func keptConfigMaps(s *snapshot.Snapshot) []*configMap {
	var out []*configMap
	for _, name := range s.ConfigMaps() {
		data, _ := s.ConfigMap(name)
		out = append(out, &configMap{name, keptConfig(data)})
	}
	return out
}

func configMapObject(c *configMap) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metaOf(c.name, nil), Data: c.data}
}
