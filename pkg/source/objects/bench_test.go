package objects

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-netguard/netguard/pkg/protolist"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// bigPod is a pod of a workload of five, of the size that pods have: 3.4 kB.
func bigPod(i int) corev1.Pod {
	yes, app := true, fmt.Sprintf("backend-%d", i/5)
	hash := fmt.Sprintf("%010x", i/5*7919+1)
	ip, node := fmt.Sprintf("10.64.%d.%d", i/250%250, i%250+1), fmt.Sprintf("node-%05d", i*31%5000)
	pod := corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("%s-%s-%05d", app, hash, i), Namespace: fmt.Sprintf("team-%04d", i/75), UID: "00000003-0000-4000-8000-000000000000",
			Labels: map[string]string{
				"app.kubernetes.io/name": app, "app.kubernetes.io/part-of": "shop", "tier": "backend", "version": "v3", "pod-template-hash": hash,
			},
			Annotations:     map[string]string{"prometheus.io/scrape": "true", "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: app + "-" + hash, Controller: &yes, BlockOwnerDeletion: &yes}},
			ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "kubelet", FieldsV1: &metav1.FieldsV1{Raw: bytes.Repeat([]byte(`{"f:status":{}}`), 40)}}},
		},
		Spec: corev1.PodSpec{
			NodeName: node, SchedulerName: "default-scheduler",
			Containers: []corev1.Container{{
				Name: "app", Image: "registry.example/" + app + ":1.2.3", Args: []string{"serve", "--listen=:8080"},
				Ports:        []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
				VolumeMounts: []corev1.VolumeMount{{Name: "token", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true}},
			}},
			Volumes: []corev1.Volume{{Name: "token", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{}}}},
		},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}}, HostIP: "10.0.0.1", HostIPs: []corev1.HostIP{{IP: "10.0.0.1"}},
			Conditions: []corev1.PodCondition{
				{Type: corev1.PodInitialized, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: corev1.ConditionTrue},
				{Type: corev1.ContainersReady, Status: corev1.ConditionTrue}, {Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
			},
			ContainerStatuses: []corev1.ContainerStatus{{Name: "app", Ready: true, Image: "registry.example/" + app + ":1.2.3"}},
		},
	}
	for n := range 20 {
		pod.Spec.Containers[0].Env = append(pod.Spec.Containers[0].Env,
			corev1.EnvVar{Name: fmt.Sprintf("SETTING_%02d", n), Value: "a value of the length that values have, such as https://service.example"})
	}
	return pod
}

// encoded is an object as an API server writes it in protobuf.
func encoded(t testing.TB, o runtime.Object) []byte {
	t.Helper()
	gvks, _, err := scheme.Scheme.ObjectKinds(o)
	if err != nil {
		t.Fatal(err)
	}
	o.GetObjectKind().SetGroupVersionKind(gvks[0])
	var out bytes.Buffer
	if err := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme).Encode(o, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkPods reads a page of a thousand pods: field by field as Live does, and
// as the typed clients do.
func BenchmarkPods(b *testing.B) {
	list := &corev1.PodList{}
	for i := range 1000 {
		list.Items = append(list.Items, bigPod(i))
	}
	page := encoded(b, list)
	var sum *snapshot.Pod
	b.Run("fields", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		b.ReportAllocs()
		for b.Loop() {
			decode, err := podDecoder()
			if err != nil {
				b.Fatal(err)
			}
			items := protolist.NewList(protolist.NewBuffer(bytes.NewReader(page)), "PodList")
			for {
				item, err := items.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					b.Fatal(err)
				}
				if sum, err = decode(item); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("typed", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		b.ReportAllocs()
		for b.Loop() {
			convert := livePods()
			decoded, _, err := scheme.Codecs.UniversalDeserializer().Decode(page, nil, nil)
			list, ok := decoded.(*corev1.PodList)
			if err != nil || !ok {
				b.Fatal(err)
			}
			for i := range list.Items {
				sum = convert(&list.Items[i])
			}
		}
	})
	_ = sum
}
