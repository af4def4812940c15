package protolist

import (
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func fieldsOf(t testing.TB, object any, paths ...string) *Fields {
	t.Helper()
	f, err := FieldsOf(object, paths...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func samplePod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web-1", Namespace: "shop", Labels: map[string]string{"app": "web", "tier": ""},
			Annotations: map[string]string{"a": strings.Repeat("a", 130)}},
		Spec: corev1.PodSpec{NodeName: "n", Containers: []corev1.Container{
			{Name: "a", Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}, {ContainerPort: 9090}}, Env: []corev1.EnvVar{{Name: "E", Value: strings.Repeat("v", 130)}}},
			{Name: "b"},
			{Name: "c", Ports: []corev1.ContainerPort{{Name: "sql", ContainerPort: 5432}}},
		}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning},
	}
}

func TestOnlyTheFieldsAreKept(t *testing.T) {
	raw, err := samplePod().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := fieldsOf(t, corev1.Pod{}, "metadata.name", "metadata.labels", "spec.containers.ports").Keep(nil, raw)
	if err != nil {
		t.Fatal(err)
	}
	var got corev1.Pod
	if err := got.Unmarshal(kept); err != nil {
		t.Fatal(err)
	}
	// Containers without ports stay, empty: the list keeps its length.
	want := corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web-1", Labels: map[string]string{"app": "web", "tier": ""}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{
			{Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}, {ContainerPort: 9090}}}, {},
			{Ports: []corev1.ContainerPort{{Name: "sql", ContainerPort: 5432}}},
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

func TestKeepAppends(t *testing.T) {
	raw, err := samplePod().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	fields := fieldsOf(t, corev1.Pod{}, "metadata.name", "spec.nodeName")
	alone, err := fields.Keep(nil, raw)
	if err != nil {
		t.Fatal(err)
	}
	behind, err := fields.Keep([]byte("before"), raw)
	if err != nil || string(behind) != "before"+string(alone) {
		t.Errorf("got %q, %v; want before%q", behind, err, alone)
	}
}

// What protobuf says of fields that come in pieces holds for what is kept: the
// last text wins, lists go on, messages merge.
func TestFieldsInPieces(t *testing.T) {
	whole, err := samplePod().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	second, err := (&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web-2"},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Ports: []corev1.ContainerPort{{ContainerPort: 1}}}}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	raw := append(whole, second...)
	fields := fieldsOf(t, corev1.Pod{}, "metadata.name", "metadata.labels", "spec.containers.ports")
	kept, err := fields.Keep(nil, raw)
	if err != nil {
		t.Fatal(err)
	}
	var got, want corev1.Pod
	if err := got.Unmarshal(kept); err != nil {
		t.Fatal(err)
	}
	if err := want.Unmarshal(raw); err != nil {
		t.Fatal(err)
	}
	if got.Name != "web-2" || !reflect.DeepEqual(got.Labels, want.Labels) || len(got.Spec.Containers) != 4 ||
		!reflect.DeepEqual(got.Spec.Containers[3].Ports, want.Spec.Containers[3].Ports) {
		t.Errorf("got %+v", got)
	}
}

func TestWhatIsNotKeptMayBeAnything(t *testing.T) {
	fields := fieldsOf(t, corev1.Pod{}, "metadata.name")
	var raw []byte
	raw = protowire.AppendTag(raw, 2, protowire.BytesType) // spec, and it is no message
	raw = protowire.AppendBytes(raw, []byte{0xff, 0xff})
	raw = protowire.AppendTag(raw, 900, protowire.StartGroupType)
	raw = protowire.AppendTag(raw, 1, protowire.VarintType)
	raw = protowire.AppendVarint(raw, 7)
	raw = protowire.AppendTag(raw, 900, protowire.EndGroupType)
	raw = protowire.AppendTag(raw, 901, protowire.Fixed32Type)
	raw = protowire.AppendFixed32(raw, 7)
	if kept, err := fields.Keep(nil, raw); err != nil || len(kept) != 0 {
		t.Errorf("got %q, %v", kept, err)
	}
}

func TestBrokenMessages(t *testing.T) {
	fields := fieldsOf(t, corev1.Pod{}, "metadata.name", "metadata.labels")
	for name, raw := range map[string][]byte{
		"a tag that does not end":       {0x80},
		"a number without its bytes":    {0x0a, 0x05, 'a'},
		"a length beyond all memory":    {0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"field 0":                       {0x02, 0x00},
		"the end of no group":           {0x0c},
		"an inner message that is none": {0x0a, 0x02, 0x0a, 0x05},
		"a type that there is not":      {0x0f},
		"a label longer than its entry": {0x0a, 0x06, 0x5a, 0x04, 0x0a, 0x7f, 'a', 'b'},
		"a label that is no text":       {0x0a, 0x06, 0x5a, 0x04, 0x08, 0x01, 0x12, 0x00},
	} {
		if kept, err := fields.Keep(nil, raw); err == nil {
			t.Errorf("%s: kept %q", name, kept)
		}
	}
}

func TestPathsThatATypeDoesNotHave(t *testing.T) {
	for _, path := range []string{"metadata.nme", "spec.containers.ports.x.y", "metadata.name.first", "", "metadata."} {
		if f, err := FieldsOf(corev1.Pod{}, path); err == nil {
			t.Errorf("%q: got %+v", path, f)
		}
	}
	_, err := FieldsOf(corev1.Pod{}, "spec.containers.porst")
	if want := "v1.Pod has no field spec.containers.porst: porst is not there"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// FuzzKeep: whatever the bytes, what is kept of them decodes to the same as they
// do, in the fields that are kept; and what cannot be cut is an error.
func FuzzKeep(f *testing.F) {
	raw, err := samplePod().Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(append(raw, raw...))
	f.Add([]byte{0x0a, 0x82, 0x00, 0x0a, 0x00})
	fields := fieldsOf(f, corev1.Pod{}, "metadata.name", "metadata.labels", "spec.nodeName", "spec.containers.ports", "status.phase")
	pick := func(p *corev1.Pod) any {
		ports := [][]corev1.ContainerPort{}
		for _, c := range p.Spec.Containers {
			ports = append(ports, c.Ports)
		}
		return []any{p.Name, p.Labels, p.Spec.NodeName, ports, p.Status.Phase}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		kept, err := fields.Keep(nil, raw)
		if err != nil {
			return
		}
		if len(kept) > len(raw) {
			t.Fatalf("%d bytes were kept of %d", len(kept), len(raw))
		}
		var got, want corev1.Pod
		if err := want.Unmarshal(raw); err != nil {
			return // what is not kept may be broken
		}
		if err := got.Unmarshal(kept); err != nil {
			t.Fatalf("what was kept does not decode: %v", err)
		}
		if g, w := pick(&got), pick(&want); !reflect.DeepEqual(g, w) {
			t.Fatalf("\n got %+v\nwant %+v", g, w)
		}
	})
}
