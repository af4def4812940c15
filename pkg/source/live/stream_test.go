package live

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// answerProtobuf answers as an API server does whom protobuf is asked of.
func answerProtobuf(t testing.TB, o runtime.Object) http.HandlerFunc {
	t.Helper()
	return answerBytes(encoded(t, o))
}

func answerBytes(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", runtime.ContentTypeProtobuf)
		_, _ = w.Write(data)
	}
}

// cluster are the handlers of a cluster that holds some objects, and serves lists
// of them two at a time.
func cluster(t *testing.T, of []runtime.Object, answer func(runtime.Object) http.HandlerFunc) map[string]http.HandlerFunc {
	t.Helper()
	byKind := map[schema.GroupVersionKind][]runtime.Object{}
	for _, o := range of {
		gvks, _, err := scheme.Scheme.ObjectKinds(o)
		if err != nil {
			t.Fatal(err)
		}
		byKind[gvks[0]] = append(byKind[gvks[0]], o)
	}
	for _, c := range objects.All() {
		if in := c.New(); in != nil {
			gvks, _, err := scheme.Scheme.ObjectKinds(in)
			if err != nil {
				t.Fatal(err)
			}
			if byKind[gvks[0]] == nil {
				byKind[gvks[0]] = []runtime.Object{} // an empty list
			}
		}
	}
	paths := map[string]http.HandlerFunc{}
	for gvk, items := range byKind {
		plural, _ := meta.UnsafeGuessKindToResource(gvk)
		root := "/apis/" + gvk.GroupVersion().String()
		if gvk.Group == "" {
			root = "/api/" + gvk.Version
		}
		page := func(from int) http.HandlerFunc {
			list, err := scheme.Scheme.New(gvk.GroupVersion().WithKind(gvk.Kind + "List"))
			if err != nil {
				t.Fatal(err)
			}
			to := min(from+2, len(items))
			if err := meta.SetList(list, items[from:to]); err != nil {
				t.Fatal(err)
			}
			if to < len(items) {
				list.(metav1.ListInterface).SetContinue(strconv.Itoa(to))
			}
			list.GetObjectKind().SetGroupVersionKind(gvk.GroupVersion().WithKind(gvk.Kind + "List"))
			return answer(list)
		}
		pages := map[string]http.HandlerFunc{"": page(0)}
		for from := 2; from < len(items); from += 2 {
			pages[strconv.Itoa(from)] = page(from)
		}
		paths[root+"/"+plural.Resource] = func(w http.ResponseWriter, r *http.Request) {
			pages[r.URL.Query().Get("continue")](w, r)
		}
		for _, o := range items {
			name := o.(metav1.Object)
			paths[root+"/namespaces/"+name.GetNamespace()+"/"+plural.Resource+"/"+name.GetName()] = answer(o)
		}
	}
	return paths
}

func TestProtobufAndJSONGiveTheSameSnapshot(t *testing.T) {
	var contents []string
	for _, answering := range []func(runtime.Object) http.HandlerFunc{
		func(o runtime.Object) http.HandlerFunc { return answerProtobuf(t, o) },
		func(o runtime.Object) http.HandlerFunc { return answer(t, o) },
	} {
		paths := cluster(t, dumpObjects(t), answering)
		for path, handle := range paths {
			paths[path] = func(w http.ResponseWriter, r *http.Request) {
				if accept := r.Header.Get("Accept"); accept != "application/vnd.kubernetes.protobuf,application/json" {
					t.Errorf("%s asks for %q", r.URL, accept)
				}
				handle(w, r)
			}
		}
		got, err := liveOf(t, &rest.Config{Host: server(t, paths).URL}).Load(context.Background(), everything())
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Pods()) < 3 || len(got.Policies()) == 0 {
			t.Fatalf("%d pods, %d policies", len(got.Pods()), len(got.Policies()))
		}
		contents = append(contents, content(t, got))
	}
	if contents[0] != contents[1] {
		t.Errorf("protobuf:\n%s\nJSON:\n%s", contents[0], contents[1])
	}
}

// A page that ends too early is a gap with a reason, whatever came before it.
func TestAListThatIsCutOffIsAGap(t *testing.T) {
	second := encoded(t, podList("", "p3", "p4"))
	for _, cut := range []int{0, 3, 10, len(second) / 2, len(second) - 5} {
		s := server(t, map[string]http.HandlerFunc{"/api/v1/pods": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("continue") == "" {
				answerProtobuf(t, podList("more", "p1", "p2"))(w, r)
				return
			}
			answerBytes(second[:cut])(w, r)
		}})
		got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(allPods))
		if err != nil {
			t.Fatal(err)
		}
		gap := got.GapFor(allPods)
		if gap == nil || gap.Reason != snapshot.GapFailed || podNames(got) != "" {
			t.Errorf("cut off at %d: %v, pods %s", cut, gap, podNames(got))
		}
		if want := "the answer ends in the middle of a list: unexpected EOF"; cut > 4 && gap != nil && gap.Message != want {
			t.Errorf("cut off at %d: got %s, want %s", cut, gap.Message, want)
		}
	}
}

func TestAnswersThatAreNoListAreGaps(t *testing.T) {
	status := &metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Message: "well"}
	services := &corev1.ServiceList{TypeMeta: metav1.TypeMeta{Kind: "ServiceList", APIVersion: "v1"}}
	bad := encoded(t, podList("", "p1"))
	bad = bytes.Replace(bad, []byte("\x0a\x02p1"), []byte("\x0a\x7fp1"), 1) // a name longer than its object
	const not = "the answer is not a list as the API writes it: "
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"another kind":         {answerProtobuf(t, services), not + `it is a "ServiceList" instead of a PodList`},
		"a status":             {answer(t, status), "the answer is a Status instead of a list"},
		"another kind in JSON": {answer(t, services), "the answer is a ServiceList instead of a list"},
		"nothing":              {answerBytes(nil), "the answer is empty"},
		"a page for people":    {answerBytes([]byte("<html>log in first</html>")), "the answer cannot be decoded: "},
		"an item that is none": {answerBytes(bad), "an item of the list cannot be decoded: unexpected EOF"},
	} {
		s := server(t, map[string]http.HandlerFunc{"/api/v1/pods": tt.handler})
		got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(allPods))
		if err != nil {
			t.Fatal(err)
		}
		if gap := got.GapFor(allPods); gap == nil || !strings.HasPrefix(gap.Message, tt.want) {
			t.Errorf("%s: got %+v, want %s", name, gap, tt.want)
		}
	}
}

// The server is asked for the next page while this one is still on its way.
func TestPagesOverlap(t *testing.T) {
	asked := make(chan struct{})
	first := encoded(t, podList("more", "p1", "p2"))
	s := server(t, map[string]http.HandlerFunc{"/api/v1/pods": func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("continue") != "" {
			close(asked)
			answerProtobuf(t, podList("", "p3"))(w, r)
			return
		}
		answerBytes(first[:len(first)-10])(w, r)
		w.(http.Flusher).Flush()
		select {
		case <-asked:
		case <-r.Context().Done():
		}
		_, _ = w.Write(first[len(first)-10:])
	}})
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(t.Context(), once(allPods))
	if err != nil || podNames(got) != "p1 p2 p3" {
		t.Errorf("got %v, %v", podNames(got), err)
	}
}

func TestAnExpiredListOfProtobufIsReadAnew(t *testing.T) {
	s := server(t, map[string]http.HandlerFunc{"/api/v1/pods": func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Get("continue") != "":
			refuse(410, metav1.StatusReasonExpired, "the continue token is too old")(w, r)
		case r.URL.Query().Get("limit") != "":
			answerProtobuf(t, podList("more", "deleted-since"))(w, r)
		default:
			answerProtobuf(t, podList("", "p1", "p2"))(w, r)
		}
	}})
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(allPods))
	if err != nil || podNames(got) != "p1 p2" {
		t.Errorf("got %s, %v", podNames(got), err)
	}
}

// An API server that is just being replaced drops connections; client-go tries
// again, and so do lists.
func TestABrokenConnectionIsTriedAgain(t *testing.T) {
	var calls atomic.Int32
	s := server(t, map[string]http.HandlerFunc{"/api/v1/pods": func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		answerProtobuf(t, podList("", "p1"))(w, r)
	}})
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(allPods))
	if err != nil || podNames(got) != "p1" {
		t.Errorf("got %v after %d calls, %v", fmt.Sprint(got.Gaps()), calls.Load(), err)
	}
}

func TestAListThatStopsComingIsAGap(t *testing.T) {
	page := encoded(t, podList("", "p1", "p2"))
	s := server(t, map[string]http.HandlerFunc{
		"/api/v1/namespaces": answerProtobuf(t, &corev1.NamespaceList{}),
		"/api/v1/pods": func(w http.ResponseWriter, r *http.Request) {
			answerBytes(page[:len(page)/2])(w, r)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	})
	got, err := liveOf(t, &rest.Config{Host: s.URL, Timeout: 200 * time.Millisecond}).Load(t.Context(), once(snapshot.Need{Resource: snapshot.Namespaces}, allPods))
	if err != nil {
		t.Fatal(err)
	}
	if gap := got.GapFor(allPods); gap == nil || gap.Message != "the API server took too long to answer (--request-timeout)" || podNames(got) != "" {
		t.Errorf("gap %+v, pods %s", gap, podNames(got))
	}
}
