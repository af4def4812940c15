package source

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// reader reads one need, and returns what to add to the snapshot.
type reader func(ctx context.Context, client kubernetes.Interface, need snapshot.Need) (func(*snapshot.Builder), error)

// getLister is what the typed clients of one kind have in common.
type getLister[T, L any] interface {
	Get(ctx context.Context, name string, options metav1.GetOptions) (*T, error)
	List(ctx context.Context, options metav1.ListOptions) (*L, error)
}

// readerFor is the table of what can be read; nil for a resource not in it.
func readerFor(r snapshot.Resource) reader {
	switch r {
	case snapshot.Namespaces:
		return readerOf(r,
			func(c kubernetes.Interface, _ string) getLister[corev1.Namespace, corev1.NamespaceList] {
				return c.CoreV1().Namespaces()
			},
			func(l *corev1.NamespaceList) []corev1.Namespace { return l.Items },
			convertNamespace, (*snapshot.Builder).AddNamespace)
	case snapshot.Nodes:
		return readerOf(r,
			func(c kubernetes.Interface, _ string) getLister[corev1.Node, corev1.NodeList] {
				return c.CoreV1().Nodes()
			},
			func(l *corev1.NodeList) []corev1.Node { return l.Items },
			convertNode, (*snapshot.Builder).AddNode)
	case snapshot.Pods:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[corev1.Pod, corev1.PodList] {
				return c.CoreV1().Pods(ns)
			},
			func(l *corev1.PodList) []corev1.Pod { return l.Items },
			convertLivePod(), (*snapshot.Builder).AddPod)
	case snapshot.Services:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[corev1.Service, corev1.ServiceList] {
				return c.CoreV1().Services(ns)
			},
			func(l *corev1.ServiceList) []corev1.Service { return l.Items },
			convertService, (*snapshot.Builder).AddService)
	case snapshot.EndpointSlices:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[discoveryv1.EndpointSlice, discoveryv1.EndpointSliceList] {
				return c.DiscoveryV1().EndpointSlices(ns)
			},
			func(l *discoveryv1.EndpointSliceList) []discoveryv1.EndpointSlice { return l.Items },
			convertLiveSlice(), (*snapshot.Builder).AddEndpointSlice)
	case snapshot.NetworkPolicies:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[networkingv1.NetworkPolicy, networkingv1.NetworkPolicyList] {
				return c.NetworkingV1().NetworkPolicies(ns)
			},
			func(l *networkingv1.NetworkPolicyList) []networkingv1.NetworkPolicy { return l.Items },
			convertPolicy, (*snapshot.Builder).AddPolicy)
	case snapshot.Ingresses:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[networkingv1.Ingress, networkingv1.IngressList] {
				return c.NetworkingV1().Ingresses(ns)
			},
			func(l *networkingv1.IngressList) []networkingv1.Ingress { return l.Items },
			convertIngress, (*snapshot.Builder).AddIngress)
	case snapshot.IngressClasses:
		return readerOf(r,
			func(c kubernetes.Interface, _ string) getLister[networkingv1.IngressClass, networkingv1.IngressClassList] {
				return c.NetworkingV1().IngressClasses()
			},
			func(l *networkingv1.IngressClassList) []networkingv1.IngressClass { return l.Items },
			convertIngressClass, (*snapshot.Builder).AddIngressClass)
	case snapshot.ConfigMaps:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[corev1.ConfigMap, corev1.ConfigMapList] {
				return c.CoreV1().ConfigMaps(ns)
			},
			func(l *corev1.ConfigMapList) []corev1.ConfigMap { return l.Items },
			convertConfigMap,
			func(b *snapshot.Builder, c *configMap) { b.AddConfigMap(c.name, c.data) })
	case snapshot.Deployments:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[appsv1.Deployment, appsv1.DeploymentList] {
				return c.AppsV1().Deployments(ns)
			},
			func(l *appsv1.DeploymentList) []appsv1.Deployment { return l.Items },
			convertDeployment, (*snapshot.Builder).AddWorkload)
	case snapshot.ReplicaSets:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[appsv1.ReplicaSet, appsv1.ReplicaSetList] {
				return c.AppsV1().ReplicaSets(ns)
			},
			func(l *appsv1.ReplicaSetList) []appsv1.ReplicaSet { return l.Items },
			convertReplicaSet, (*snapshot.Builder).AddWorkload)
	case snapshot.StatefulSets:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[appsv1.StatefulSet, appsv1.StatefulSetList] {
				return c.AppsV1().StatefulSets(ns)
			},
			func(l *appsv1.StatefulSetList) []appsv1.StatefulSet { return l.Items },
			convertStatefulSet, (*snapshot.Builder).AddWorkload)
	case snapshot.DaemonSets:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[appsv1.DaemonSet, appsv1.DaemonSetList] {
				return c.AppsV1().DaemonSets(ns)
			},
			func(l *appsv1.DaemonSetList) []appsv1.DaemonSet { return l.Items },
			convertDaemonSet, (*snapshot.Builder).AddWorkload)
	case snapshot.ReplicationControllers:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[corev1.ReplicationController, corev1.ReplicationControllerList] {
				return c.CoreV1().ReplicationControllers(ns)
			},
			func(l *corev1.ReplicationControllerList) []corev1.ReplicationController { return l.Items },
			convertReplicationController, (*snapshot.Builder).AddWorkload)
	case snapshot.Jobs:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[batchv1.Job, batchv1.JobList] {
				return c.BatchV1().Jobs(ns)
			},
			func(l *batchv1.JobList) []batchv1.Job { return l.Items },
			convertJob, (*snapshot.Builder).AddWorkload)
	case snapshot.CronJobs:
		return readerOf(r,
			func(c kubernetes.Interface, ns string) getLister[batchv1.CronJob, batchv1.CronJobList] {
				return c.BatchV1().CronJobs(ns)
			},
			func(l *batchv1.CronJobList) []batchv1.CronJob { return l.Items },
			convertCronJob, (*snapshot.Builder).AddWorkload)
	default:
		return nil
	}
}

type configMap struct {
	name snapshot.Name
	data map[string]string
}

func convertConfigMap(in *corev1.ConfigMap) *configMap {
	return &configMap{nameOf(&in.ObjectMeta), in.Data}
}

// readerOf makes a reader of a kind: which client lists it, where its list keeps
// the items, how one is converted, and where it goes. Items are converted as they
// come, so that no more than one of them (with protobuf) or one page of them (with
// JSON) is held as an API object.
func readerOf[T, L, S any, P message[T]](
	resource snapshot.Resource,
	client func(kubernetes.Interface, string) getLister[T, L],
	items func(*L) []T,
	convert func(*T) *S,
	add func(*snapshot.Builder, *S),
) reader {
	return func(ctx context.Context, c kubernetes.Interface, need snapshot.Need) (func(*snapshot.Builder), error) {
		from := client(c, need.Namespace)
		var out []*S
		fill := func(b *snapshot.Builder) {
			for _, o := range out {
				add(b, o)
			}
		}
		if need.Name != "" {
			o, err := from.Get(ctx, need.Name, metav1.GetOptions{})
			switch {
			case apierrors.IsNotFound(err) && !apierrors.IsUnexpectedServerError(err):
				return nil, nil // read, and absent, as an API server says it
			case err != nil:
				return nil, err
			}
			out = append(out, convert(o))
			return fill, nil
		}
		options := metav1.ListOptions{LabelSelector: need.Labels, FieldSelector: need.Fields}
		whole := func(page *L) {
			list := items(page)
			counted(ctx, len(list))
			for i := range list {
				out = append(out, convert(&list[i]))
			}
		}
		restart := func() { out = nil }
		if raw := restClient(c, resource); raw != nil {
			decode, err := decoderOf[T, S, P](resource, convert)
			if err != nil {
				return nil, err
			}
			one := func(item []byte) error {
				o, err := decode(item)
				if err == nil {
					out = append(out, o)
					counted(ctx, 1)
				}
				return err
			}
			if err := streamed[T](ctx, raw, need, options, one, whole, restart); err != nil {
				return nil, err
			}
			return fill, nil
		}
		err := pages(ctx, from.List, options,
			func(page *L, next func(string)) error {
				next(continueOf(page))
				whole(page)
				return nil
			}, restart)
		if err != nil {
			return nil, err
		}
		return fill, nil
	}
}
