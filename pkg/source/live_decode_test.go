package source

import (
	"math/rand"
	"reflect"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/randfill"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// twoWays reads one kind in two ways: field by field, and with the API's own types
// throughout.
type twoWays struct {
	resource snapshot.Resource
	// random is a random object, encoded.
	random func(*randfill.Filler) ([]byte, error)
	// fields makes a decoder; it is used for many objects, as in a list.
	fields func() (func([]byte) (any, error), error)
	typed  func([]byte) (any, error)
	// without decodes what is left when only some fields are kept.
	without func(paths []string) (func([]byte) (any, error), error)
}

func waysOf[T, S any, P interface {
	message[T]
	Marshal() ([]byte, error)
}](r snapshot.Resource, convert func() func(*T) *S) twoWays {
	return twoWays{
		resource: r,
		random: func(f *randfill.Filler) ([]byte, error) {
			var in T
			f.Fill(&in)
			return P(&in).Marshal()
		},
		fields: func() (func([]byte) (any, error), error) {
			decode, err := decoderOf[T, S, P](r, convert())
			return func(item []byte) (any, error) { return decode(item) }, err
		},
		typed: func(item []byte) (any, error) {
			var in T
			if err := P(&in).Unmarshal(item); err != nil {
				return nil, err
			}
			return convert()(&in), nil
		},
		without: func(paths []string) (func([]byte) (any, error), error) {
			decode, err := cutting[T, S, P](paths, convert())
			return func(item []byte) (any, error) { return decode(item) }, err
		},
	}
}

func always[T, S any](convert func(*T) *S) func() func(*T) *S {
	return func() func(*T) *S { return convert }
}

func kinds() []twoWays {
	return []twoWays{
		waysOf(snapshot.Namespaces, always(convertNamespace)),
		waysOf(snapshot.Nodes, always(convertNode)),
		waysOf(snapshot.Pods, convertLivePod),
		waysOf(snapshot.Services, always(convertService)),
		waysOf(snapshot.EndpointSlices, convertLiveSlice),
		waysOf(snapshot.NetworkPolicies, always(convertPolicy)),
		waysOf(snapshot.Ingresses, always(convertIngress)),
		waysOf(snapshot.IngressClasses, always(convertIngressClass)),
		waysOf(snapshot.ConfigMaps, always(convertConfigMap)),
		waysOf(snapshot.Deployments, always(convertDeployment)),
		waysOf(snapshot.ReplicaSets, always(convertReplicaSet)),
		waysOf(snapshot.StatefulSets, always(convertStatefulSet)),
		waysOf(snapshot.DaemonSets, always(convertDaemonSet)),
		waysOf(snapshot.ReplicationControllers, always(convertReplicationController)),
		waysOf(snapshot.Jobs, always(convertJob)),
		waysOf(snapshot.CronJobs, always(convertCronJob)),
	}
}

// words are texts that mean something in one field or another.
func words() []string {
	return []string{
		"", "web", "shop", "None", "10.0.0.1", "fd00::1", "10.0.0.0/8", "--ingress-class=nginx", "-ingress-class",
		discoveryv1.LabelServiceName, legacyClassAnnotation, "alb.ingress.kubernetes.io/target-type",
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
				m.Annotations = map[string]string{oneOf(c, words()...): oneOf(c, words()...), defaultClassAnnotation: oneOf(c, "true", "false"), k3sArgs: oneOf(c, `["agent"]`, `["server", 3]`)}
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

// TestTheFieldsAreEnough: whatever is in an object, the fields that fieldsOf lists
// are all that decides what the snapshot holds of it.
func TestTheFieldsAreEnough(t *testing.T) {
	for _, kind := range kinds() {
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
	for _, kind := range kinds() {
		paths := fieldsOf(kind.resource)
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

// TestEveryListIsCut: a kind that is new in the table says which of its fields are
// read, and is compared above.
func TestEveryListIsCut(t *testing.T) {
	known := map[snapshot.Resource]bool{}
	for _, kind := range kinds() {
		known[kind.resource] = true
		if _, err := kind.fields(); err != nil {
			t.Errorf("%s: %v", kind.resource, err)
		}
		if readerFor(kind.resource) == nil {
			t.Errorf("%s is not read", kind.resource)
		}
	}
	for _, need := range []snapshot.Resource{
		snapshot.Namespaces, snapshot.Pods, snapshot.Services, snapshot.EndpointSlices, snapshot.NetworkPolicies, snapshot.Nodes,
		snapshot.Ingresses, snapshot.IngressClasses, snapshot.ConfigMaps, snapshot.Deployments, snapshot.ReplicaSets, snapshot.StatefulSets,
		snapshot.DaemonSets, snapshot.ReplicationControllers, snapshot.Jobs, snapshot.CronJobs,
	} {
		if !known[need] {
			t.Errorf("%s is read, and not compared", need)
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
	for i, kind := range kinds() {
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
		kind := kinds()[int(which)%len(kinds())]
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
