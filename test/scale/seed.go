package scale

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-netguard/netguard/test/fleet"
)

// batch is how many objects one transaction writes: etcd takes 128 operations and
// 1.5 MB by default.
const batch = 100

// writers is how many transactions are under way at once.
const writers = 4

// Seed writes the cluster of a size into the etcd at endpoint, as an API server
// would have stored it. It takes seconds where creating the objects through the
// API takes an hour. No API server may be running that has read etcd already.
func Seed(ctx context.Context, endpoint string, size fleet.Size) error {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, DialTimeout: 10 * time.Second})
	if err != nil {
		return fmt.Errorf("connect to etcd at %s: %w", endpoint, err)
	}
	defer client.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	transactions := make(chan []clientv3.Op, writers)
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for ops := range transactions {
				if _, err := client.Txn(ctx).Then(ops...).Commit(); err != nil {
					cancel(fmt.Errorf("write to etcd: %w", err))
				}
			}
		})
	}
	var ops []clientv3.Op
	flush := func() {
		if len(ops) > 0 {
			transactions <- ops
			ops = nil
		}
	}
	storage := newStorage()
	for o := range fleet.Objects(size) {
		key, value, err := storage.encode(o)
		if err != nil {
			cancel(err)
		}
		if ctx.Err() != nil {
			break
		}
		if ops = append(ops, clientv3.OpPut(key, string(value))); len(ops) == batch {
			flush()
		}
	}
	flush()
	close(transactions)
	group.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return ctx.Err()
}

// storage encodes objects as the API server stores them: protobuf, in the envelope
// that begins with "k8s\0".
type storage struct{ encoder runtime.Encoder }

func newStorage() *storage {
	return &storage{scheme.Codecs.EncoderForVersion(protobuf.NewSerializer(scheme.Scheme, scheme.Scheme), schema.GroupVersions{
		corev1.SchemeGroupVersion, appsv1.SchemeGroupVersion, discoveryv1.SchemeGroupVersion, networkingv1.SchemeGroupVersion,
	})}
}

func (s *storage) encode(o fleet.Object) (key string, value []byte, err error) {
	if key, err = storageKey(o); err != nil {
		return "", nil, err
	}
	if value, err = runtime.Encode(s.encoder, o); err != nil {
		return "", nil, fmt.Errorf("encode %s: %w", key, err)
	}
	return key, value, nil
}

// storageKey is where the API server keeps an object. Some kinds are still kept
// under the names that they had long ago.
func storageKey(o fleet.Object) (string, error) {
	var kind string
	switch o.(type) {
	case *corev1.Namespace:
		kind = "namespaces"
	case *corev1.Node:
		kind = "minions"
	case *corev1.Pod:
		kind = "pods"
	case *corev1.Service:
		kind = "services/specs"
	case *discoveryv1.EndpointSlice:
		kind = "endpointslices"
	case *networkingv1.NetworkPolicy:
		kind = "networkpolicies"
	case *networkingv1.Ingress:
		kind = "ingress"
	case *networkingv1.IngressClass:
		kind = "ingressclasses"
	case *networkingv1.IPAddress:
		kind = "ipaddresses"
	case *appsv1.Deployment:
		kind = "deployments"
	case *appsv1.ReplicaSet:
		kind = "replicasets"
	case *appsv1.DaemonSet:
		kind = "daemonsets"
	default:
		return "", fmt.Errorf("no storage key is known for a %T: add it to storageKey", o)
	}
	if o.GetNamespace() == "" {
		return "/registry/" + kind + "/" + o.GetName(), nil
	}
	return "/registry/" + kind + "/" + o.GetNamespace() + "/" + o.GetName(), nil
}
