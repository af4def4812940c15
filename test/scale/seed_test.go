package scale

import (
	"context"
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/fleet"
)

// What is written into etcd is, to the API server, what it would have stored
// itself: it serves each object as it was made, and takes it back.
func TestSeededObjectsAreTheServersOwn(t *testing.T) {
	size, err := fleet.SizeOf("S")
	if err != nil {
		t.Fatal(err)
	}
	cp, err := controlplane.Start(t.Context(), controlplane.Options{
		WithoutControllers: true,
		Seed:               func(ctx context.Context, endpoint string) error { return Seed(ctx, endpoint, size) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Error(err)
		}
	})
	client, err := kubernetes.NewForConfig(cp.AdminConfig())
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]int{}
	for want := range fleet.Objects(size) {
		got, err := getAndUpdate(t.Context(), client, want, served[fmt.Sprintf("%T", want)] == 0)
		if err != nil {
			t.Errorf("%T %s/%s: %v", want, want.GetNamespace(), want.GetName(), err)
			continue
		}
		served[fmt.Sprintf("%T", want)]++
		if got.GetResourceVersion() == "" {
			t.Errorf("%T %s/%s has no resource version", want, want.GetNamespace(), want.GetName())
		}
		got.SetResourceVersion("")
		if !apiequality.Semantic.DeepEqual(got, want) {
			t.Errorf("%T %s/%s is not served as it was made:\n%s", want, want.GetNamespace(), want.GetName(), diff.Diff(want, got))
		}
	}
	pods, err := client.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(pods.Items) != size.Pods || served["*v1.Pod"] != size.Pods {
		t.Errorf("%d pods are listed and %d served, want %d of both", len(pods.Items), served["*v1.Pod"], size.Pods)
	}
}

// verbs are what the typed clients of all kinds have in common.
type verbs[T any] interface {
	Get(ctx context.Context, name string, options metav1.GetOptions) (T, error)
	Update(ctx context.Context, object T, options metav1.UpdateOptions) (T, error)
}

// getAndUpdate gets the object of o's name and, if asked, has the server try an
// update of it, which validates it as a whole.
func getAndUpdate(ctx context.Context, client kubernetes.Interface, o fleet.Object, update bool) (fleet.Object, error) {
	ns := o.GetNamespace()
	switch o.(type) {
	case *corev1.Namespace:
		return roundTrip(ctx, client.CoreV1().Namespaces(), o, update)
	case *corev1.Node:
		return roundTrip(ctx, client.CoreV1().Nodes(), o, update)
	case *corev1.Pod:
		return roundTrip(ctx, client.CoreV1().Pods(ns), o, update)
	case *corev1.Service:
		return roundTrip(ctx, client.CoreV1().Services(ns), o, update)
	case *discoveryv1.EndpointSlice:
		return roundTrip(ctx, client.DiscoveryV1().EndpointSlices(ns), o, update)
	case *networkingv1.NetworkPolicy:
		return roundTrip(ctx, client.NetworkingV1().NetworkPolicies(ns), o, update)
	case *networkingv1.IPAddress:
		return roundTrip(ctx, client.NetworkingV1().IPAddresses(), o, update)
	case *appsv1.Deployment:
		return roundTrip(ctx, client.AppsV1().Deployments(ns), o, update)
	case *appsv1.ReplicaSet:
		return roundTrip(ctx, client.AppsV1().ReplicaSets(ns), o, update)
	case *appsv1.DaemonSet:
		return roundTrip(ctx, client.AppsV1().DaemonSets(ns), o, update)
	default:
		return nil, fmt.Errorf("this test knows no client for it: add one")
	}
}

func roundTrip[T fleet.Object](ctx context.Context, client verbs[T], o fleet.Object, update bool) (fleet.Object, error) {
	got, err := client.Get(ctx, o.GetName(), metav1.GetOptions{})
	if err != nil || !update {
		return got, err
	}
	changed := got.DeepCopyObject().(T)
	changed.SetLabels(map[string]string{"changed": "yes"})
	answer, err := client.Update(ctx, changed, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
	if err == nil && answer.GetLabels()["changed"] != "yes" {
		err = fmt.Errorf("the update got lost")
	}
	return got, err
}

// Pods are as big as pods are: 150,000 of them take half a gigabyte.
func TestPodsAreOfRealSize(t *testing.T) {
	size, err := fleet.SizeOf("S")
	if err != nil {
		t.Fatal(err)
	}
	total, storage := 0, newStorage()
	for _, p := range fleet.Make(size).Pods {
		_, value, err := storage.encode(p)
		if err != nil {
			t.Fatal(err)
		}
		total += len(value)
	}
	if average := total / size.Pods; average < 3200 || average > 3700 {
		t.Errorf("a pod takes %d bytes in storage on average, want about 3,450", average)
	}
}
