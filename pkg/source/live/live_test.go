package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
)

type getter struct {
	config *rest.Config
	raw    *clientcmdapi.Config
}

func (g getter) ToRESTConfig() (*rest.Config, error) { return g.config, nil }

func (g getter) ToRawKubeConfigLoader() clientcmd.ClientConfig {
	raw := clientcmdapi.NewConfig()
	if g.raw != nil {
		raw = g.raw
	} else {
		raw.Clusters["c"] = clientcmdapi.NewCluster()
	}
	return clientcmd.NewDefaultClientConfig(*raw, nil)
}

// server is an API server made of handlers by path; other paths are 404.
func server(t *testing.T, paths map[string]http.HandlerFunc) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for path, h := range paths {
		mux.HandleFunc(path, h)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// answer is an object as API servers write it, with its kind.
func answer(t *testing.T, object any) http.HandlerFunc {
	t.Helper()
	if typed, ok := object.(runtime.Object); ok && typed.GetObjectKind().GroupVersionKind().Empty() {
		kinds, _, err := scheme.Scheme.ObjectKinds(typed)
		if err != nil {
			t.Fatal(err)
		}
		typed.GetObjectKind().SetGroupVersionKind(kinds[0])
	}
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(data)
	}
}

func refuse(code int, reason metav1.StatusReason, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(metav1.Status{
			TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
			Status:   metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message,
		})
	}
}

// once plans a single round.
func once(needs ...snapshot.Need) source.Planner {
	asked := false
	return func(*snapshot.Snapshot) []snapshot.Need {
		if asked {
			return nil
		}
		asked = true
		return needs
	}
}

func liveOf(t *testing.T, config *rest.Config) *Source {
	t.Helper()
	live, err := New(getter{config: config})
	if err != nil {
		t.Fatal(err)
	}
	return live
}

func podList(next string, names ...string) *corev1.PodList {
	list := &corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}, ListMeta: metav1.ListMeta{Continue: next}}
	for _, name := range names {
		list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "a"}})
	}
	return list
}

func podNames(s *snapshot.Snapshot) string {
	var out []string
	for _, p := range s.Pods() {
		out = append(out, p.Name.Name)
	}
	return strings.Join(out, " ")
}

var allPods = snapshot.Need{Resource: snapshot.Pods}

func TestForbiddenIsAGapAndTheRestIsRead(t *testing.T) {
	s := server(t, map[string]http.HandlerFunc{
		"/api/v1/pods":       refuse(403, metav1.StatusReasonForbidden, "pods is forbidden: User \"u\" cannot list resource \"pods\"\nin API group \"\" at the cluster scope"),
		"/api/v1/namespaces": answer(t, &corev1.NamespaceList{Items: []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "a"}}}}),
		"/api/v1/services":   refuse(500, metav1.StatusReasonInternalError, "etcd is asleep"),
	})
	namespaces, services := snapshot.Need{Resource: snapshot.Namespaces}, snapshot.Need{Resource: snapshot.Services}
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(allPods, namespaces, services))
	if err != nil {
		t.Fatal(err)
	}
	want := []snapshot.Gap{
		{Need: allPods, Reason: snapshot.GapForbidden, Message: `pods is forbidden: User "u" cannot list resource "pods" in API group "" at the cluster scope`},
		{Need: services, Reason: snapshot.GapFailed, Message: "etcd is asleep"},
	}
	if fmt.Sprint(got.Gaps()) != fmt.Sprint(want) {
		t.Errorf("\n got %v\nwant %v", got.Gaps(), want)
	}
	if !got.Has(namespaces) || got.Has(allPods) || got.Namespace("a") == nil {
		t.Error("the namespaces were not read")
	}
}

func TestNotFoundOnGetIsReadAndAbsent(t *testing.T) {
	s := server(t, map[string]http.HandlerFunc{
		"/api/v1/namespaces/a/pods/gone": refuse(404, metav1.StatusReasonNotFound, `pods "gone" not found`),
		"/api/v1/namespaces/a/pods/web":  answer(t, &podList("", "web").Items[0]),
	})
	gone := snapshot.Need{Resource: snapshot.Pods, Namespace: "a", Name: "gone"}
	web := snapshot.Need{Resource: snapshot.Pods, Namespace: "a", Name: "web"}
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(gone, web))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Has(gone) || got.Pod(snapshot.Name{Namespace: "a", Name: "gone"}) != nil {
		t.Error("gone")
	}
	if p := got.Pod(snapshot.Name{Namespace: "a", Name: "web"}); p == nil || p.Phase != snapshot.PhasePending {
		t.Errorf("web: %+v", p)
	}
}

func TestUnauthorizedIsAnError(t *testing.T) {
	s := server(t, map[string]http.HandlerFunc{"/": refuse(401, metav1.StatusReasonUnauthorized, "Unauthorized")})
	_, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(allPods, snapshot.Need{Resource: snapshot.Namespaces}))
	want := "the API server at " + s.URL + " rejected the credentials (401 Unauthorized): log in again"
	if err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}

func TestUnreachableServersAreErrors(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	plain := server(t, nil)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	release := make(chan struct{})
	silent := server(t, map[string]http.HandlerFunc{"/": func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}})
	t.Cleanup(func() { close(release) })
	for name, tt := range map[string]struct {
		config *rest.Config
		want   string
	}{
		"connection refused": {&rest.Config{Host: closed.URL},
			"cannot reach the API server at " + closed.URL + ": connection refused; check --context and that the cluster is up"},
		"no such host": {&rest.Config{Host: "https://nowhere.invalid"},
			`cannot reach the API server at https://nowhere.invalid: `},
		"plain HTTP": {&rest.Config{Host: strings.Replace(plain.URL, "http:", "https:", 1)},
			"cannot reach the API server at " + strings.Replace(plain.URL, "http:", "https:", 1) + ": http: server gave HTTP response to HTTPS client; check the certificate-authority of the cluster in the kubeconfig"},
		"unknown authority": {&rest.Config{Host: secure.URL},
			"cannot reach the API server at " + secure.URL + ": tls: failed to verify certificate: x509: certificate signed by unknown authority; check the certificate-authority of the cluster in the kubeconfig"},
		"silence": {&rest.Config{Host: silent.URL, Timeout: 50 * time.Millisecond},
			"cannot reach the API server at " + silent.URL + ": no answer in time; check --context and that the cluster is up"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := liveOf(t, tt.config).Load(context.Background(), once(allPods, snapshot.Need{Resource: snapshot.Namespaces}))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("\n got %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestNoKubeconfig(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	live, err := New(getter{config: &rest.Config{Host: closed.URL}, raw: clientcmdapi.NewConfig()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = live.Load(context.Background(), once(allPods))
	want := "no cluster is configured, and none answers at " + closed.URL + ": set KUBECONFIG or --kubeconfig, or read manifests with -f"
	if err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
	if got := configError(clientcmd.ErrEmptyConfig).Error(); got != "no cluster is configured: set KUBECONFIG or --kubeconfig, or read manifests with -f" {
		t.Errorf("empty config: %s", got)
	}
}

func TestATimeoutOfOneListIsAGap(t *testing.T) {
	release := make(chan struct{})
	s := server(t, map[string]http.HandlerFunc{
		"/api/v1/namespaces": answer(t, &corev1.NamespaceList{}),
		"/api/v1/pods": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		},
	})
	t.Cleanup(func() { close(release) })
	namespaces := snapshot.Need{Resource: snapshot.Namespaces}
	got, err := liveOf(t, &rest.Config{Host: s.URL, Timeout: 200 * time.Millisecond}).Load(context.Background(), once(namespaces, allPods))
	if err != nil {
		t.Fatal(err)
	}
	if gap := got.GapFor(allPods); gap == nil || gap.Reason != snapshot.GapFailed || gap.Message != "the API server took too long to answer (--request-timeout)" {
		t.Errorf("gap: %+v", gap)
	}
	if !got.Has(namespaces) {
		t.Error("the namespaces were not read")
	}
}

func TestTheContextEndsEverything(t *testing.T) {
	s := server(t, map[string]http.HandlerFunc{"/": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := liveOf(t, &rest.Config{Host: s.URL}).Load(ctx, once(allPods))
	if want := "gave up reading from " + s.URL + ": the time given for it is over"; err == nil || err.Error() != want {
		t.Errorf("deadline: got %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = liveOf(t, &rest.Config{Host: s.URL}).Load(ctx, once(allPods))
	if want := "interrupted while reading from " + s.URL + ": context canceled"; err == nil || err.Error() != want {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestListsArePaged(t *testing.T) {
	var queries []string
	s := server(t, map[string]http.HandlerFunc{"/api/v1/namespaces/a/pods": func(w http.ResponseWriter, r *http.Request) {
		queries = append(queries, r.URL.RawQuery)
		if r.URL.Query().Get("continue") == "" {
			answer(t, podList("more", "p1", "p2"))(w, r)
		} else {
			answer(t, podList("", "p3"))(w, r)
		}
	}})
	need := snapshot.Need{Resource: snapshot.Pods, Namespace: "a", Labels: "app=web", Fields: "status.podIP=10.0.0.1"}
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(need))
	if err != nil {
		t.Fatal(err)
	}
	if podNames(got) != "p1 p2 p3" {
		t.Errorf("pods: %s", podNames(got))
	}
	first, _ := url.QueryUnescape(queries[0])
	if len(queries) != 2 || first != "fieldSelector=status.podIP=10.0.0.1&labelSelector=app=web&limit=2000" {
		t.Errorf("queries: %q", queries)
	}
}

func TestAnExpiredListIsReadAnewInOnePiece(t *testing.T) {
	var limits []string
	s := server(t, map[string]http.HandlerFunc{"/api/v1/pods": func(w http.ResponseWriter, r *http.Request) {
		limits = append(limits, r.URL.Query().Get("limit"))
		switch {
		case r.URL.Query().Get("continue") != "":
			refuse(410, metav1.StatusReasonExpired, "the continue token is too old")(w, r)
		case r.URL.Query().Get("limit") != "":
			answer(t, podList("more", "deleted-since"))(w, r)
		default:
			answer(t, podList("", "p1", "p2"))(w, r)
		}
	}})
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(allPods))
	if err != nil {
		t.Fatal(err)
	}
	if podNames(got) != "p1 p2" || fmt.Sprint(limits) != "[2000 2000 ]" {
		t.Errorf("pods %s, limits %v", podNames(got), limits)
	}
}

func TestAListThatExpiresAgainIsAGap(t *testing.T) {
	s := server(t, map[string]http.HandlerFunc{"/api/v1/pods": refuse(410, metav1.StatusReasonExpired, "too old")})
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(allPods))
	if err != nil || got.GapFor(allPods) == nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestTooManyRequestsIsTriedAgain(t *testing.T) {
	var calls atomic.Int32
	s := server(t, map[string]http.HandlerFunc{"/api/v1/pods": func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			w.Header().Set("Retry-After", "0")
			refuse(429, metav1.StatusReasonTooManyRequests, "slow down")(w, r)
			return
		}
		answer(t, podList("", "p1"))(w, r)
	}})
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(allPods))
	if err != nil || podNames(got) != "p1" {
		t.Errorf("got %v after %d calls, %v", got, calls.Load(), err)
	}
}

func TestAPlannerThatLoopsIsStopped(t *testing.T) {
	var calls atomic.Int32
	s := server(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		answer(t, podList(""))(w, r)
	}})
	_, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), func(*snapshot.Snapshot) []snapshot.Need {
		return []snapshot.Need{allPods}
	})
	if err == nil || err.Error() != "internal error: the plan asks again to list pods in all namespaces" || calls.Load() != 1 {
		t.Errorf("got %v after %d calls", err, calls.Load())
	}
	n := 0
	_, err = liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), func(*snapshot.Snapshot) []snapshot.Need {
		n++
		return []snapshot.Need{{Resource: snapshot.Pods, Namespace: fmt.Sprint("ns-", n)}}
	})
	if err == nil || err.Error() != "internal error: the plan is not done after 20 rounds" {
		t.Errorf("got %v", err)
	}
}

func TestOneRoundIsReadSideBySide(t *testing.T) {
	var now, most atomic.Int32
	s := server(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(30 * time.Millisecond)
		now.Add(-1)
		answer(t, podList(""))(w, r)
	}})
	var needs []snapshot.Need
	for i := range 30 {
		needs = append(needs, snapshot.Need{Resource: snapshot.Pods, Namespace: fmt.Sprint("ns-", i)})
	}
	if _, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(needs...)); err != nil {
		t.Fatal(err)
	}
	if n := most.Load(); n < 2 || n > maxRequests {
		t.Errorf("%d requests at once", n)
	}
}
