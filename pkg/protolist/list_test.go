package protolist

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/encoding/protowire"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
)

// encode is a list as an API server writes it.
func encode(t testing.TB, next string, names ...string) []byte {
	t.Helper()
	list := &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"},
		ListMeta: metav1.ListMeta{Continue: next, ResourceVersion: "7"}}
	for _, name := range names {
		list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	scheme := kruntime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := protobuf.NewSerializer(scheme, scheme).Encode(list, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read returns the names of the pods in a list, and its token.
func read(in io.Reader) (names []string, next string, err error) {
	list := NewList(NewBuffer(in), "PodList")
	for {
		item, err := list.Next()
		if errors.Is(err, io.EOF) {
			return names, list.Continue(), nil
		}
		if err != nil {
			return names, list.Continue(), err
		}
		var pod corev1.Pod
		if err := pod.Unmarshal(item); err != nil {
			return names, list.Continue(), err
		}
		names = append(names, pod.Name)
	}
}

func TestAListIsReadToItsEnd(t *testing.T) {
	long := strings.Repeat("long", bufferSize) // an item that the buffer does not hold
	for _, names := range [][]string{nil, {"a"}, {"a", "b", "c"}, {"a", long, "c", long}} {
		raw := encode(t, "more", names...)
		for how, in := range map[string]io.Reader{
			"at once": bytes.NewReader(raw), "byte by byte": iotest.OneByteReader(bytes.NewReader(raw)),
			"with the end at once": iotest.DataErrReader(bytes.NewReader(raw)),
		} {
			got, next, err := read(in)
			if fmt.Sprint(got) != fmt.Sprint(names) || next != "more" || err != nil {
				t.Errorf("%s: got %d of %d items, %q, %v", how, len(got), len(names), next, err)
			}
		}
	}
}

// The token is there as soon as the first item is, and in an empty list.
func TestTheTokenComesFirst(t *testing.T) {
	list := NewList(NewBuffer(bytes.NewReader(encode(t, "more", "a", "b"))), "PodList")
	if _, err := list.Next(); err != nil || list.Continue() != "more" {
		t.Errorf("got %q, %v", list.Continue(), err)
	}
}

func TestAPartNeverPassesForTheWhole(t *testing.T) {
	raw := encode(t, "more", "a", "b", strings.Repeat("c", 100))
	// The last four bytes are two empty fields behind the list.
	end := len(raw) - 4
	for cut := range end {
		names, _, err := read(bytes.NewReader(raw[:cut]))
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			t.Fatalf("cut off at %d of %d: got %v, %v", cut, end, names, err)
		}
	}
	broken := errors.New("the line went dead")
	for cut := range end {
		_, _, err := read(io.MultiReader(bytes.NewReader(raw[:cut]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Fatalf("failed at %d of %d: got %v", cut, end, err)
		}
	}
}

func unknown(kind string, fields ...[]byte) []byte {
	raw := []byte(prefix)
	if kind != "" {
		meta, _ := (&kruntime.TypeMeta{APIVersion: "v1", Kind: kind}).Marshal()
		raw = protowire.AppendBytes(protowire.AppendTag(raw, unknownTypeMeta, protowire.BytesType), meta)
	}
	return append(raw, bytes.Join(fields, nil)...)
}

func field2(number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
}

func TestAnswersThatAreNotTheList(t *testing.T) {
	meta, _ := (&metav1.ListMeta{Continue: "more"}).Marshal()
	item := field2(listItems, field2(1, nil))
	huge := protowire.AppendVarint(protowire.AppendTag(nil, unknownRaw, protowire.BytesType), 1<<62)
	hugeItem := protowire.AppendVarint(protowire.AppendTag(nil, listItems, protowire.BytesType), 1<<61)
	const not = "the answer is not a list as the API writes it: "
	for name, tt := range map[string]struct {
		raw  []byte
		want string
	}{
		"JSON":                       {[]byte(`{"kind":"PodList"}`), not + "it is not protobuf"},
		"another kind":               {unknown("Status", field2(unknownRaw, nil)), not + `it is a "Status" instead of a PodList`},
		"no kind":                    {unknown("", field2(unknownRaw, nil)), not + `it is a "" instead of a PodList`},
		"two lists":                  {unknown("PodList", field2(unknownRaw, item), field2(unknownRaw, item)), not + "there are two of them"},
		"metadata behind an item":    {unknown("PodList", field2(unknownRaw, append(item, field2(listMetadata, meta)...))), not + "its metadata does not come first"},
		"metadata that is none":      {unknown("PodList", field2(unknownRaw, field2(listMetadata, []byte{0x1a, 9}))), not + "its metadata: unexpected EOF"},
		"an item longer than a list": {unknown("PodList", field2(unknownRaw, hugeItem)), not + "an item is longer than the list"},
		"an item longer than memory": {append(unknown("PodList", huge), hugeItem...), not + "an item is 2305843009213693952 bytes long"},
		"a group":                    {unknown("PodList", field2(unknownRaw, []byte{0x1b, 0x1c})), not + "field 3 is of no known type"},
		"field 0":                    {unknown("PodList", field2(unknownRaw, []byte{0x02, 0})), not + "a field has no valid number"},
		"an endless number":          {unknown("PodList", bytes.Repeat([]byte{0xff}, 20)), not + "a number is too long"},
	} {
		names, _, err := read(bytes.NewReader(tt.raw))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, %v; want %s", name, names, err, tt.want)
		}
	}
}

func TestFieldsThatAreNotKnownArePassedOver(t *testing.T) {
	more := protowire.AppendVarint(protowire.AppendTag(nil, 77, protowire.VarintType), 300)
	more = protowire.AppendFixed32(protowire.AppendTag(more, 78, protowire.Fixed32Type), 1)
	more = protowire.AppendFixed64(protowire.AppendTag(more, 79, protowire.Fixed64Type), 1)
	more = append(more, field2(80, []byte("text"))...)
	pod := field2(listItems, field2(1, field2(1, []byte("a"))))
	raw := unknown("PodList", more, field2(unknownRaw, bytes.Join([][]byte{more, pod, more, pod, more}, nil)), more)
	if names, _, err := read(bytes.NewReader(raw)); err != nil || fmt.Sprint(names) != "[a a]" {
		t.Errorf("got %v, %v", names, err)
	}
}

// Memory is taken for what has arrived, not for what is announced.
func TestAnAnnouncedLengthTakesNoMemory(t *testing.T) {
	item := protowire.AppendVarint(protowire.AppendTag(nil, listItems, protowire.BytesType), maxMessage)
	raw := append(unknown("PodList"), protowire.AppendVarint(protowire.AppendTag(nil, unknownRaw, protowire.BytesType), maxMessage+100)...)
	raw = append(raw, item...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := read(bytes.NewReader(raw))
	runtime.ReadMemStats(&after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("%d bytes were taken for a list of %d", took, len(raw))
	}
}

// FuzzList: whatever the answer, reading it ends, and whoever gets a list without
// an error gets what the API's own decoder reads.
func FuzzList(f *testing.F) {
	f.Add(encode(f, "more", "a", "b"))
	f.Add(encode(f, ""))
	f.Add(unknown("PodList", field2(unknownRaw, nil)))
	scheme := kruntime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		f.Fatal(err)
	}
	decoder := protobuf.NewSerializer(scheme, scheme)
	f.Fuzz(func(t *testing.T, raw []byte) {
		names, next, err := read(bytes.NewReader(raw))
		if err != nil {
			return
		}
		object, _, err := decoder.Decode(raw, nil, nil)
		if err != nil {
			return // a version that is not registered, for example
		}
		list, ok := object.(*corev1.PodList)
		if !ok {
			t.Fatalf("%T was read as a PodList", object)
		}
		var want []string
		for _, pod := range list.Items {
			want = append(want, pod.Name)
		}
		if fmt.Sprint(names) != fmt.Sprint(want) || next != list.Continue {
			t.Fatalf("got %q %q, want %q %q", names, next, want, list.Continue)
		}
	})
}
