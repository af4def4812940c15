package fleet

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// serviceIP leaves the first addresses of the range to the API server's own Services.
func serviceIP(i int) string { return fmt.Sprintf("10.96.%d.%d", 1+i/250, i%250+1) }

// service makes a Service, its address (which the API server would add if it were
// missing, while something is measured) and its endpoints.
func (m *maker) service(a app, pods []*corev1.Pod) {
	ip := serviceIP(a.number)
	m.add(&corev1.Service{
		ObjectMeta: made(metav1.ObjectMeta{Name: a.name, Namespace: a.namespace, UID: uid("svc", a.number), Labels: a.labels}),
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: ip, ClusterIPs: []string{ip},
			IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}, IPFamilyPolicy: pointer(corev1.IPFamilyPolicySingleStack),
			InternalTrafficPolicy: pointer(corev1.ServiceInternalTrafficPolicyCluster), SessionAffinity: corev1.ServiceAffinityNone,
			Selector: map[string]string{"app.kubernetes.io/name": a.name},
			Ports:    []corev1.ServicePort{{Name: a.ports[0].Name, Port: 80, TargetPort: intstr.FromString(a.ports[0].Name), Protocol: corev1.ProtocolTCP}},
		},
	})
	m.add(&networkingv1.IPAddress{
		ObjectMeta: made(metav1.ObjectMeta{Name: ip, UID: uid("ip address", a.number), Generation: 1, Labels: map[string]string{
			networkingv1.LabelIPAddressFamily: string(corev1.IPv4Protocol), networkingv1.LabelManagedBy: "ipallocator.k8s.io",
		}}),
		Spec: networkingv1.IPAddressSpec{ParentRef: &networkingv1.ParentReference{Resource: "services", Namespace: a.namespace, Name: a.name}},
	})
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: made(metav1.ObjectMeta{
			Name: a.name + "-abcde", GenerateName: a.name + "-", Namespace: a.namespace, UID: uid("slice", a.number), Generation: 1,
			Labels: map[string]string{discoveryv1.LabelServiceName: a.name, discoveryv1.LabelManagedBy: "endpointslice-controller.k8s.io"},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "v1", Kind: "Service", Name: a.name, UID: uid("svc", a.number), Controller: pointer(true), BlockOwnerDeletion: pointer(true),
			}},
		}),
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: &a.ports[0].Name, Port: &a.ports[0].ContainerPort, Protocol: &a.ports[0].Protocol}},
	}
	for _, p := range pods {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{p.Status.PodIP}, NodeName: &p.Spec.NodeName,
			Conditions: discoveryv1.EndpointConditions{Ready: pointer(true), Serving: pointer(true), Terminating: pointer(false)},
			TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: p.Namespace, Name: p.Name, UID: p.UID},
		})
	}
	m.add(slice)
}
