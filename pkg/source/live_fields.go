package source

import "github.com/kubectl-netguard/netguard/pkg/snapshot"

// fieldsOf is what a list's items are cut down to: all that the conversion of a
// kind looks at. A path keeps everything below it.
func fieldsOf(r snapshot.Resource) []string {
	workload := []string{
		"metadata.name", "metadata.namespace", "metadata.labels",
		"metadata.ownerReferences.kind", "metadata.ownerReferences.name", "metadata.ownerReferences.controller",
	}
	switch r {
	case snapshot.Namespaces:
		return []string{"metadata.name", "metadata.labels"}
	case snapshot.Nodes:
		return []string{"metadata.name", "metadata.labels", "metadata.annotations", "status.addresses", "status.nodeInfo.kubeletVersion"}
	case snapshot.Pods:
		return append(podTemplateFields(), podFields()...)
	case snapshot.Services:
		return []string{
			"metadata.name", "metadata.namespace",
			"spec.type", "spec.clusterIP", "spec.clusterIPs", "spec.externalIPs", "spec.externalName", "spec.selector",
			"spec.ports", "spec.publishNotReadyAddresses", "spec.internalTrafficPolicy", "spec.externalTrafficPolicy",
			"spec.loadBalancerSourceRanges", "spec.allocateLoadBalancerNodePorts", "metadata.annotations",
			"status.loadBalancer.ingress.ip", "status.loadBalancer.ingress.hostname",
		}
	case snapshot.EndpointSlices:
		return []string{
			"metadata.name", "metadata.namespace", "metadata.labels", "addressType", "ports",
			"endpoints.addresses", "endpoints.conditions", "endpoints.nodeName",
			"endpoints.targetRef.kind", "endpoints.targetRef.namespace", "endpoints.targetRef.name",
		}
	case snapshot.NetworkPolicies:
		return []string{"metadata.name", "metadata.namespace", "spec"}
	case snapshot.Ingresses:
		return []string{
			"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.creationTimestamp", "spec",
			"status.loadBalancer.ingress.ip", "status.loadBalancer.ingress.hostname",
		}
	case snapshot.IngressClasses:
		return []string{"metadata.name", "metadata.annotations", "metadata.creationTimestamp", "spec"}
	case snapshot.ConfigMaps:
		return []string{"metadata.name", "metadata.namespace", "data"}
	case snapshot.CronJobs:
		return workload
	case snapshot.DaemonSets:
		const spec = "spec.template.spec."
		for _, containers := range []string{spec + "containers.", spec + "initContainers."} {
			workload = append(workload, containers+"name", containers+"image", containers+"command", containers+"args")
		}
		return append(workload, "spec.selector", spec+"initContainers.restartPolicy")
	default:
		return append(workload, "spec.selector")
	}
}

// podTemplateFields are those that pods of one workload mostly have in common.
func podTemplateFields() []string {
	return []string{
		"metadata.namespace", "metadata.labels",
		"metadata.ownerReferences.kind", "metadata.ownerReferences.name", "metadata.ownerReferences.controller",
		"spec.containers.ports", "spec.containers.image", "spec.containers.command", "spec.containers.args",
		"spec.initContainers.ports", "spec.initContainers.restartPolicy",
	}
}

// podFields are the pod's own.
func podFields() []string {
	return []string{
		"metadata.name", "metadata.deletionTimestamp", "spec.nodeName", "spec.hostNetwork",
		"status.phase", "status.conditions.type", "status.conditions.status",
		"status.podIP", "status.podIPs", "status.hostIP", "status.hostIPs",
	}
}
