package source

import (
	"context"
	"errors"
	"maps"
	"slices"

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

// pageSize bounds how much of a list the server and we hold at once: a thousand
// pods are a few megabytes, and 150,000 pods are 150 round trips.
const pageSize = 1000

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
		return readerOf(
			func(c kubernetes.Interface, _ string) getLister[corev1.Namespace, corev1.NamespaceList] {
				return c.CoreV1().Namespaces()
			},
			func(l *corev1.NamespaceList) []corev1.Namespace { return l.Items },
			convertNamespace, (*snapshot.Builder).AddNamespace)
	case snapshot.Nodes:
		return readerOf(
			func(c kubernetes.Interface, _ string) getLister[corev1.Node, corev1.NodeList] {
				return c.CoreV1().Nodes()
			},
			func(l *corev1.NodeList) []corev1.Node { return l.Items },
			convertNode, (*snapshot.Builder).AddNode)
	case snapshot.Pods:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[corev1.Pod, corev1.PodList] {
				return c.CoreV1().Pods(ns)
			},
			func(l *corev1.PodList) []corev1.Pod { return l.Items },
			convertLivePod(), (*snapshot.Builder).AddPod)
	case snapshot.Services:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[corev1.Service, corev1.ServiceList] {
				return c.CoreV1().Services(ns)
			},
			func(l *corev1.ServiceList) []corev1.Service { return l.Items },
			convertService, (*snapshot.Builder).AddService)
	case snapshot.EndpointSlices:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[discoveryv1.EndpointSlice, discoveryv1.EndpointSliceList] {
				return c.DiscoveryV1().EndpointSlices(ns)
			},
			func(l *discoveryv1.EndpointSliceList) []discoveryv1.EndpointSlice { return l.Items },
			convertEndpointSlice, (*snapshot.Builder).AddEndpointSlice)
	case snapshot.NetworkPolicies:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[networkingv1.NetworkPolicy, networkingv1.NetworkPolicyList] {
				return c.NetworkingV1().NetworkPolicies(ns)
			},
			func(l *networkingv1.NetworkPolicyList) []networkingv1.NetworkPolicy { return l.Items },
			convertPolicy, (*snapshot.Builder).AddPolicy)
	case snapshot.Ingresses:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[networkingv1.Ingress, networkingv1.IngressList] {
				return c.NetworkingV1().Ingresses(ns)
			},
			func(l *networkingv1.IngressList) []networkingv1.Ingress { return l.Items },
			convertIngress, (*snapshot.Builder).AddIngress)
	case snapshot.IngressClasses:
		return readerOf(
			func(c kubernetes.Interface, _ string) getLister[networkingv1.IngressClass, networkingv1.IngressClassList] {
				return c.NetworkingV1().IngressClasses()
			},
			func(l *networkingv1.IngressClassList) []networkingv1.IngressClass { return l.Items },
			convertIngressClass, (*snapshot.Builder).AddIngressClass)
	case snapshot.ConfigMaps:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[corev1.ConfigMap, corev1.ConfigMapList] {
				return c.CoreV1().ConfigMaps(ns)
			},
			func(l *corev1.ConfigMapList) []corev1.ConfigMap { return l.Items },
			func(in *corev1.ConfigMap) *configMap { return &configMap{nameOf(&in.ObjectMeta), in.Data} },
			func(b *snapshot.Builder, c *configMap) { b.AddConfigMap(c.name, c.data) })
	case snapshot.Deployments:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[appsv1.Deployment, appsv1.DeploymentList] {
				return c.AppsV1().Deployments(ns)
			},
			func(l *appsv1.DeploymentList) []appsv1.Deployment { return l.Items },
			convertDeployment, (*snapshot.Builder).AddWorkload)
	case snapshot.ReplicaSets:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[appsv1.ReplicaSet, appsv1.ReplicaSetList] {
				return c.AppsV1().ReplicaSets(ns)
			},
			func(l *appsv1.ReplicaSetList) []appsv1.ReplicaSet { return l.Items },
			convertReplicaSet, (*snapshot.Builder).AddWorkload)
	case snapshot.StatefulSets:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[appsv1.StatefulSet, appsv1.StatefulSetList] {
				return c.AppsV1().StatefulSets(ns)
			},
			func(l *appsv1.StatefulSetList) []appsv1.StatefulSet { return l.Items },
			convertStatefulSet, (*snapshot.Builder).AddWorkload)
	case snapshot.DaemonSets:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[appsv1.DaemonSet, appsv1.DaemonSetList] {
				return c.AppsV1().DaemonSets(ns)
			},
			func(l *appsv1.DaemonSetList) []appsv1.DaemonSet { return l.Items },
			convertDaemonSet, (*snapshot.Builder).AddWorkload)
	case snapshot.ReplicationControllers:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[corev1.ReplicationController, corev1.ReplicationControllerList] {
				return c.CoreV1().ReplicationControllers(ns)
			},
			func(l *corev1.ReplicationControllerList) []corev1.ReplicationController { return l.Items },
			convertReplicationController, (*snapshot.Builder).AddWorkload)
	case snapshot.Jobs:
		return readerOf(
			func(c kubernetes.Interface, ns string) getLister[batchv1.Job, batchv1.JobList] {
				return c.BatchV1().Jobs(ns)
			},
			func(l *batchv1.JobList) []batchv1.Job { return l.Items },
			convertJob, (*snapshot.Builder).AddWorkload)
	case snapshot.CronJobs:
		return readerOf(
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

// convertLivePod: an API server that has not said a phase yet (a pod that was
// just created) means Pending; the empty phase is for pods of manifests.
//
// Pods of one workload carry the same labels. Sharing the maps and the names of
// owners and nodes more than halves what a snapshot of 100,000 pods takes.
func convertLivePod() func(*corev1.Pod) *snapshot.Pod {
	var (
		texts  = map[string]string{}
		labels = map[string]map[string]string{}
		key    []byte
	)
	shared := func(text string) string {
		if known, ok := texts[text]; ok {
			return known
		}
		texts[text] = text
		return text
	}
	return func(in *corev1.Pod) *snapshot.Pod {
		out := convertPod(in)
		if out.Phase == snapshot.PhaseExpected {
			out.Phase = snapshot.PhasePending
		}
		out.Namespace = shared(out.Namespace)
		out.Node = shared(out.Node)
		out.Owner = snapshot.Owner{Kind: shared(out.Owner.Kind), Name: shared(out.Owner.Name)}
		key = key[:0]
		for _, k := range slices.Sorted(maps.Keys(out.Labels)) {
			key = append(append(append(append(key, k...), '='), out.Labels[k]...), ',')
		}
		if known, ok := labels[string(key)]; ok {
			out.Labels = known
		} else {
			labels[string(key)] = out.Labels
		}
		return out
	}
}

// readerOf makes a reader of a kind: which client lists it, where its list keeps
// the items, how one is converted, and where it goes. Pages are converted as they
// come, so that no more than one of them is held as API objects.
func readerOf[T, L, S any](
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
			case apierrors.IsNotFound(err):
				return nil, nil // read, and absent
			case err != nil:
				return nil, err
			}
			out = append(out, convert(o))
			return fill, nil
		}
		options := metav1.ListOptions{LabelSelector: need.Labels, FieldSelector: need.Fields}
		err := pages(ctx, from.List, options,
			func(page *L) {
				list := items(page)
				counted(ctx, len(list))
				for i := range list {
					out = append(out, convert(&list[i]))
				}
			},
			func() { out = nil })
		if err != nil {
			return nil, err
		}
		return fill, nil
	}
}

// pages lists page by page.
//
// resourceVersion stays unset, the most recent state: "0" would be cheaper for
// the server, but may answer from a cache that is behind, and who has just
// applied a policy asks about that policy. (Since Kubernetes 1.31 the server
// answers consistent lists from its watch cache all the same.)
//
// A continue token expires with the server's history, after five minutes or so:
// 410 Gone. The pages so far belong to a state that cannot be completed; the
// list is then read anew, once, in one piece, which cannot expire.
func pages[L any](
	ctx context.Context,
	list func(context.Context, metav1.ListOptions) (*L, error),
	options metav1.ListOptions,
	add func(*L),
	restart func(),
) error {
	options.Limit = pageSize
	for {
		page, err := list(ctx, options)
		if err != nil {
			if options.Continue == "" || !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err) {
				return err
			}
			restart()
			options.Limit, options.Continue = 0, ""
			continue
		}
		add(page)
		meta, ok := any(page).(metav1.ListInterface)
		if !ok || meta.GetContinue() == "" {
			return nil
		}
		if meta.GetContinue() == options.Continue {
			return errors.New("the server returns the same page again and again")
		}
		options.Continue = meta.GetContinue()
	}
}
