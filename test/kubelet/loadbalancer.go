package kubelet

import (
	"context"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// loadBalancerNetwork is the block that RFC 5737 sets aside for examples.
const loadBalancerNetwork = "203.0.113.0/24"

// syncService gives a LoadBalancer Service that has no address yet one, as a cloud would.
func (k *Kubelet) syncService(ctx context.Context, service *corev1.Service) error {
	if service.Spec.Type != corev1.ServiceTypeLoadBalancer || service.DeletionTimestamp != nil {
		return nil
	}
	if len(service.Status.LoadBalancer.Ingress) > 0 {
		return nil
	}
	addr, err := k.loadBalancers.take(service.UID)
	if err != nil {
		return fmt.Errorf("give the Service an external address: %w", err)
	}
	changed := service.DeepCopy()
	changed.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: addr.String()}}
	_, err = k.client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		return fmt.Errorf("set the Service's external address: %w", err)
	}
	return nil
}

func (k *Kubelet) reserveLoadBalancer(service *corev1.Service) {
	for _, ingress := range service.Status.LoadBalancer.Ingress {
		if addr, err := netip.ParseAddr(ingress.IP); err == nil {
			k.loadBalancers.reserve(addr, service.UID)
		}
	}
}
