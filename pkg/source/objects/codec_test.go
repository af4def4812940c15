package objects

import (
	"math/rand"
	"reflect"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/randfill"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// twoWays reads one kind in two ways: field by field, and with the API's own types
// throughout.
type twoWays struct {
	resource snapshot.Resource
	paths    []string
	// random is a random object, encoded.
	random func(*randfill.Filler) ([]byte, error)
	// fields makes a decoder; it is used for many objects, as in a list.
	fields func() (func([]byte) (any, error), error)
	typed  func([]byte) (any, error)
	// without decodes what is left when only some fields are kept.
	without func(paths []string) (func([]byte) (any, error), error)
}

func waysOf[T, S any](c Codec) twoWays {
	of, ok := c.(*typed[T, S])
	if !ok {
		panic(string(c.Resource()) + " is of another type")
	}
	convert := func() func(*T) *S {
		if of.live != nil {
			return of.live()
		}
		return of.convert
	}
	return twoWays{
		resource: of.resource,
		paths:    of.fields,
		random: func(f *randfill.Filler) ([]byte, error) {
			var in T
			f.Fill(&in)
			return any(&in).(interface{ Marshal() ([]byte, error) }).Marshal()
		},
		fields: func() (func([]byte) (any, error), error) {
			list, err := of.List()
			if err != nil {
				return nil, err
			}
			return func(item []byte) (any, error) {
				o, err := list.(*items[T, S]).decode(item)
				return o, err
			}, nil
		},
		typed: func(item []byte) (any, error) {
			var in T
			if err := any(&in).(message).Unmarshal(item); err != nil {
				return nil, err
			}
			return convert()(&in), nil
		},
		without: func(paths []string) (func([]byte) (any, error), error) {
			decode, err := cutting(paths, convert())
			return func(item []byte) (any, error) { return decode(item) }, err
		},
	}
}

// ways are those of every kind that has an API type.
func ways() []twoWays {
	var out []twoWays
	for _, c := range codecs() {
		switch c.New().(type) {
		case nil: // read as JSON, whole
		case *corev1.Namespace:
			out = append(out, waysOf[corev1.Namespace, snapshot.Namespace](c))
		case *corev1.Node:
			out = append(out, waysOf[corev1.Node, snapshot.Node](c))
		case *corev1.Pod:
			out = append(out, waysOf[corev1.Pod, snapshot.Pod](c))
		case *corev1.Service:
			out = append(out, waysOf[corev1.Service, snapshot.Service](c))
		case *discoveryv1.EndpointSlice:
			out = append(out, waysOf[discoveryv1.EndpointSlice, snapshot.EndpointSlice](c))
		case *networkingv1.NetworkPolicy:
			out = append(out, waysOf[networkingv1.NetworkPolicy, snapshot.Policy](c))
		case *networkingv1.Ingress:
			out = append(out, waysOf[networkingv1.Ingress, snapshot.Ingress](c))
		case *networkingv1.IngressClass:
			out = append(out, waysOf[networkingv1.IngressClass, snapshot.IngressClass](c))
		case *corev1.ConfigMap:
			out = append(out, waysOf[corev1.ConfigMap, configMap](c))
		case *appsv1.Deployment:
			out = append(out, waysOf[appsv1.Deployment, snapshot.Workload](c))
		case *appsv1.ReplicaSet:
			out = append(out, waysOf[appsv1.ReplicaSet, snapshot.Workload](c))
		case *appsv1.StatefulSet:
			out = append(out, waysOf[appsv1.StatefulSet, snapshot.Workload](c))
		case *appsv1.DaemonSet:
			out = append(out, waysOf[appsv1.DaemonSet, snapshot.Workload](c))
		case *corev1.ReplicationController:
			out = append(out, waysOf[corev1.ReplicationController, snapshot.Workload](c))
		case *batchv1.Job:
			out = append(out, waysOf[batchv1.Job, snapshot.Workload](c))
		case *batchv1.CronJob:
			out = append(out, waysOf[batchv1.CronJob, snapshot.Workload](c))
		default:
			panic(string(c.Resource()) + " is not compared")
		}
	}
	return out
}

// words are texts that mean something in one field or another.
func words() []string {
	return []string{
		"", "web", "shop", "None", "10.0.0.1", "fd00::1", "10.0.0.0/8", "--ingress-class=nginx", "-ingress-class",
		discoveryv1.LabelServiceName, legacyClassAnnotation, "alb.ingress.kubernetes.io/target-type", enforcingMode,
		"service.beta.kubernetes.io/azure-load-balancer-internal",
	}
}

// filler fills API objects with texts and numbers that matter.
func filler(seed int64) *randfill.Filler {
	ours := func(serializer.CodecFactory) []any {
		return []any{
			func(s *string, c randfill.Continue) { *s = oneOf(c, words()...) },
			func(n *int32, c randfill.Continue) { *n = oneOf[int32](c, -1, 0, 1, 80, 8080, 65535, 65536) },
			func(m *metav1.ObjectMeta, c randfill.Continue) {
				c.FillNoCustom(m)
				m.Annotations = map[string]string{oneOf(c, words()...): oneOf(c, words()...), defaultClassAnnotation: oneOf(c, "true", "false"), snapshot.IgnoreAnnotation: oneOf(c, words()...), k3sArgs: oneOf(c, `["agent"]`, `["server", 3]`)}
				m.Labels = oneOf(c, m.Labels, map[string]string{serviceProxyName: oneOf(c, words()...)})
				ended := metav1.Unix(1_000_000_000, 0)
				m.DeletionTimestamp = oneOf(c, nil, &ended)
				for i := range m.ManagedFields {
					m.ManagedFields[i].FieldsV1 = nil
				}
			},
			func(r *corev1.ObjectReference, c randfill.Continue) {
				c.FillNoCustom(r)
				r.Kind, r.Namespace = oneOf(c, "Pod", "Node"), oneOf(c, "", "shop")
			},
			func(s *corev1.Protocol, c randfill.Continue) {
				*s = oneOf(c, "", corev1.ProtocolTCP, corev1.ProtocolUDP, "odd")
			},
			func(s *corev1.PodConditionType, c randfill.Continue) {
				*s = oneOf(c, corev1.PodReady, corev1.PodScheduled)
			},
			func(s *corev1.ConditionStatus, c randfill.Continue) {
				*s = oneOf(c, corev1.ConditionTrue, corev1.ConditionFalse)
			},
			func(s *corev1.PodPhase, c randfill.Continue) { *s = oneOf(c, "", corev1.PodRunning, corev1.PodFailed) },
			func(s *corev1.ContainerRestartPolicy, c randfill.Continue) {
				*s = oneOf(c, corev1.ContainerRestartPolicyAlways, "Never")
			},
			func(s *corev1.LoadBalancerIPMode, c randfill.Continue) {
				*s = oneOf(c, corev1.LoadBalancerIPModeVIP, corev1.LoadBalancerIPModeProxy)
			},
			func(s *corev1.IPFamily, c randfill.Continue) { *s = oneOf(c, corev1.IPv4Protocol, corev1.IPv6Protocol) },
			func(s *corev1.ServiceType, c randfill.Continue) {
				*s = oneOf(c, "", corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeExternalName)
			},
			func(s *corev1.ServiceExternalTrafficPolicy, c randfill.Continue) {
				*s = oneOf(c, "", corev1.ServiceExternalTrafficPolicyLocal)
			},
			func(s *corev1.ServiceInternalTrafficPolicy, c randfill.Continue) {
				*s = oneOf(c, "", corev1.ServiceInternalTrafficPolicyLocal)
			},
			func(s *corev1.NodeAddressType, c randfill.Continue) {
				*s = oneOf(c, corev1.NodeInternalIP, corev1.NodeHostName)
			},
		}
	}
	return fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, ours), rand.NewSource(seed), scheme.Codecs).
		NilChance(.3).NumElements(0, 2)
}

func oneOf[T any](c randfill.Continue, of ...T) T { return of[c.Intn(len(of))] }

// renamed is an object like another, of another name: protobuf reads what is
// appended to a message as part of it.
func renamed(item []byte) []byte {
	return append(append([]byte(nil), item...), "\x0a\x06\x0a\x04twin"...)
}

// TestTheFieldsAreEnough: whatever is in an object, the fields that its codec lists
// are all that decides what the snapshot holds of it.
func TestTheFieldsAreEnough(t *testing.T) {
	for _, kind := range ways() {
		t.Run(string(kind.resource), func(t *testing.T) {
			decode, err := kind.fields()
			if err != nil {
				t.Fatal(err)
			}
			f := filler(1)
			var earlier [][2]any
			for range 100 {
				item, err := kind.random(f)
				if err != nil {
					t.Fatal(err)
				}
				for _, item := range [][]byte{item, renamed(item)} {
					want, err := kind.typed(item)
					if err != nil {
						t.Fatal(err)
					}
					got, err := decode(append([]byte(nil), item...))
					if err != nil {
						t.Fatal(err)
					}
					earlier = append(earlier, [2]any{got, want})
				}
			}
			// What was returned is not changed by what was decoded later.
			for _, pair := range earlier {
				if !reflect.DeepEqual(pair[0], pair[1]) {
					t.Fatalf("\n got %+v\nwant %+v", pair[0], pair[1])
				}
			}
		})
	}
}

// TestNoFieldIsKeptForNothing: without any one of the fields, some object is read
// otherwise. That is what TestTheFieldsAreEnough would notice.
func TestNoFieldIsKeptForNothing(t *testing.T) {
	for _, kind := range ways() {
		paths := kind.paths
		for i, path := range paths {
			decode, err := kind.without(slices.Delete(slices.Clone(paths), i, i+1))
			if err != nil {
				t.Fatal(err)
			}
			f, differs := filler(1), false
			for try := 0; try < 300 && !differs; try++ {
				item, err := kind.random(f)
				if err != nil {
					t.Fatal(err)
				}
				want, err := kind.typed(item)
				if err != nil {
					t.Fatal(err)
				}
				got, err := decode(item)
				differs = err != nil || !reflect.DeepEqual(got, want)
			}
			if !differs {
				t.Errorf("%s: %s decides nothing", kind.resource, path)
			}
		}
	}
}

// A kind in the table that is read has a codec, and the other way round.
func TestTheTableAndTheCodecsAgree(t *testing.T) {
	seen := map[snapshot.Resource]bool{}
	for _, c := range codecs() {
		seen[c.Resource()] = true
		kind := kinds.Of(c.Resource())
		if kind == nil || kind.Policy != nil {
			t.Errorf("%s has a codec, and is not read", c.Resource())
			continue
		}
		if _, err := c.List(); err != nil {
			t.Errorf("%s: %v", c.Resource(), err)
		}
		if in := c.New(); in != nil {
			gvks, _, err := scheme.Scheme.ObjectKinds(in)
			if err != nil || gvks[0].Group != kind.Group || gvks[0].Kind != kind.Name || !slices.Contains(kind.Versions, gvks[0].Version) {
				t.Errorf("%s becomes %v, %v", c.Resource(), gvks, err)
			}
		}
	}
	for _, k := range kinds.Read() {
		if !seen[k.Resource] {
			t.Errorf("%s are read, and have no codec", k.Resource)
		}
	}
}

func TestPodsOfAWorkloadShareWhatTheyHaveInCommon(t *testing.T) {
	decode, err := podDecoder()
	if err != nil {
		t.Fatal(err)
	}
	var pods []*snapshot.Pod
	for i := range 6 { // five of one workload, one of the next
		pod := bigPod(i)
		raw, err := pod.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		out, err := decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		pods = append(pods, out)
	}
	same := func(a, b *snapshot.Pod) bool {
		return reflect.ValueOf(a.Labels).Pointer() == reflect.ValueOf(b.Labels).Pointer() && &a.Ports[0] == &b.Ports[0]
	}
	if !same(pods[0], pods[4]) || same(pods[4], pods[5]) || pods[0].Name == pods[4].Name || pods[5].Labels["app.kubernetes.io/name"] != "backend-1" {
		t.Errorf("got %+v", pods)
	}
}

// FuzzItems: what the API's own decoder takes, the cutting one takes as well, and
// gets the same out of it; before and after it, objects come out as ever.
func FuzzItems(f *testing.F) {
	fill, plain := filler(2), map[snapshot.Resource][]byte{}
	for i, kind := range ways() {
		item, err := kind.random(fill)
		if err != nil {
			f.Fatal(err)
		}
		plain[kind.resource] = item
		f.Add(uint8(i), item)
		f.Add(uint8(i), renamed(item))
		f.Add(uint8(i), item[:len(item)*2/3])
	}
	f.Fuzz(func(t *testing.T, which uint8, item []byte) {
		kind := ways()[int(which)%len(ways())]
		decode, err := kind.fields()
		if err != nil {
			t.Fatal(err)
		}
		usual := plain[kind.resource]
		for _, item := range [][]byte{usual, item, usual, renamed(item)} {
			want, err := kind.typed(item)
			if err != nil {
				_, _ = decode(item) // may be lenient, may not panic
				continue
			}
			got, err := decode(item)
			if err != nil {
				t.Fatalf("%s: %v", kind.resource, err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s\n got %+v\nwant %+v", kind.resource, got, want)
			}
		}
	})
}
