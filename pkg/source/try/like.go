package try

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/reference"
)

// Like is what pods of a workload are made from, and the reference by which a pod goes when its model does. It has that
// for its controller, so that no ReplicaSet takes a pod with its labels for its own (a StatefulSet takes them by name).
func (t *Trier) Like(ctx context.Context, r reference.Reference) (*corev1.PodTemplateSpec, *metav1.OwnerReference, error) {
	client, yes := t.Client, true
	owner := func(api, kind string, m metav1.ObjectMeta) *metav1.OwnerReference {
		return &metav1.OwnerReference{APIVersion: api, Kind: kind, Name: m.Name, UID: m.UID, Controller: &yes}
	}
	apps, get := client.AppsV1(), metav1.GetOptions{}
	switch r.Kind { //nolint:exhaustive // the others have no template of their own
	case reference.Deployment:
		o, err := apps.Deployments(r.Namespace).Get(ctx, r.Name, get)
		if err != nil {
			return nil, nil, fmt.Errorf("--from-pod-like: %w", err)
		}
		return &o.Spec.Template, owner("apps/v1", "Deployment", o.ObjectMeta), nil
	case reference.StatefulSet:
		o, err := apps.StatefulSets(r.Namespace).Get(ctx, r.Name, get)
		if err != nil {
			return nil, nil, fmt.Errorf("--from-pod-like: %w", err)
		}
		of := owner("apps/v1", "StatefulSet", o.ObjectMeta)
		of.Controller = nil
		return &o.Spec.Template, of, nil
	case reference.Pod:
		o, err := client.CoreV1().Pods(r.Namespace).Get(ctx, r.Name, get)
		if err != nil {
			return nil, nil, fmt.Errorf("--from-pod-like: %w", err)
		}
		return &corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: o.Labels}, Spec: o.Spec}, owner("v1", "Pod", o.ObjectMeta), nil
	}
	return nil, nil, fmt.Errorf("--from-pod-like: %s: name a Deployment, a StatefulSet or a pod (a DaemonSet would adopt it)", r)
}
