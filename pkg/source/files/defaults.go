package files

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// What the API server does to objects before it stores them, as far as it
// decides about connections. Upstream: pkg/apis/{core,networking,apps}/v1/defaults.go.
// The conversions read absent protocols, targetPorts and conditions alike, so
// what is left for here is what another object, or a patch, gets to see.

func defaultNamespace(in *corev1.Namespace) {
	// SetDefaults_Namespace: the label is not the user's to choose.
	if in.Labels == nil {
		in.Labels = map[string]string{}
	}
	in.Labels[corev1.LabelMetadataName] = in.Name
}

func defaultPodSpec(in *corev1.PodSpec) {
	for i := range in.Containers {
		defaultContainer(&in.Containers[i], in.HostNetwork)
	}
	for i := range in.InitContainers {
		defaultContainer(&in.InitContainers[i], in.HostNetwork)
	}
}

// defaultContainer: SetDefaults_ContainerPort and defaultHostNetworkPorts.
func defaultContainer(in *corev1.Container, hostNetwork bool) {
	for i := range in.Ports {
		p := &in.Ports[i]
		if p.Protocol == "" {
			p.Protocol = corev1.ProtocolTCP
		}
		if hostNetwork && p.HostPort == 0 {
			p.HostPort = p.ContainerPort
		}
	}
}

// defaultService: SetDefaults_Service.
func defaultService(in *corev1.Service) {
	spec := &in.Spec
	if spec.Type == "" {
		spec.Type = corev1.ServiceTypeClusterIP
	}
	for i := range spec.Ports {
		p := &spec.Ports[i]
		if p.Protocol == "" {
			p.Protocol = corev1.ProtocolTCP
		}
		if p.TargetPort == intstr.FromInt32(0) || p.TargetPort == intstr.FromString("") {
			p.TargetPort = intstr.FromInt32(p.Port)
		}
	}
	if spec.InternalTrafficPolicy == nil && spec.Type != corev1.ServiceTypeExternalName {
		cluster := corev1.ServiceInternalTrafficPolicyCluster
		spec.InternalTrafficPolicy = &cluster
	}
	external := spec.Type == corev1.ServiceTypeNodePort || spec.Type == corev1.ServiceTypeLoadBalancer ||
		spec.Type == corev1.ServiceTypeClusterIP && len(spec.ExternalIPs) > 0
	if external && spec.ExternalTrafficPolicy == "" {
		spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyCluster
	}
}

// defaultPolicy: SetDefaults_NetworkPolicy and SetDefaults_NetworkPolicyPort.
func defaultPolicy(in *networkingv1.NetworkPolicy) {
	spec := &in.Spec
	if len(spec.PolicyTypes) == 0 {
		// "Any policy that does not specify policyTypes implies at least Ingress."
		spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(spec.Egress) != 0 {
			spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	for i := range spec.Ingress {
		defaultPolicyPorts(spec.Ingress[i].Ports)
	}
	for i := range spec.Egress {
		defaultPolicyPorts(spec.Egress[i].Ports)
	}
}

func defaultPolicyPorts(ports []networkingv1.NetworkPolicyPort) {
	for i := range ports {
		if ports[i].Protocol == nil {
			tcp := corev1.ProtocolTCP
			ports[i].Protocol = &tcp
		}
	}
}

// replicas: SetDefaults_Deployment and its like; an absent number is one.
func replicas(in *int32) int {
	if in == nil {
		return 1
	}
	return int(*in)
}

func firstOrdinal(in *appsv1.StatefulSet) int {
	if in.Spec.Ordinals == nil {
		return 0
	}
	return int(in.Spec.Ordinals.Start)
}
