package live

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func says(code int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}
}

// What is no API server's answer says nothing about the cluster: neither that a list is empty, nor that an object is absent.
func TestAnswersOfOthersAreNoAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		words  string
	}{
		"page":            {says(200, "text/html; charset=utf-8", "<html>log in</html>"), "200 with text/html"},
		"absent page":     {says(404, "text/html", "<html>no such host</html>"), "404 with text/html"},
		"words":           {says(200, "text/plain", "ok"), "200 with text/plain"},
		"nothing":         {says(200, "", ""), "200 without a content type"},
		"other JSON":      {says(200, "application/json", `{"error":"login required"}`), "200 with JSON that is no Kubernetes object"},
		"empty JSON":      {says(200, "application/json", `{}`), "no Kubernetes object"},
		"absent, in JSON": {says(404, "application/json", `{"error":"no such route"}`), "404 with JSON that is no Kubernetes object"},
	} {
		t.Run(name, func(t *testing.T) {
			list := snapshot.Need{Resource: snapshot.NetworkPolicies}
			get := snapshot.Need{Resource: snapshot.Services, Namespace: "a", Name: "web"}
			gateways := snapshot.Need{Resource: snapshot.Gateways}
			s := server(t, map[string]http.HandlerFunc{
				"/": c.answer,
				// The server is there all the same.
				"/api/v1/namespaces": answer(t, podList("")),
			})
			live := liveOf(t, &rest.Config{Host: s.URL})
			live.answered.Store(true)
			got, err := live.Load(context.Background(), once(list, get, gateways))
			if err != nil {
				t.Fatal(err)
			}
			for _, need := range []snapshot.Need{list, get, gateways} {
				gap := got.GapFor(need)
				if gap == nil || !strings.Contains(gap.Message, c.words) {
					t.Errorf("%s: got %+v, want a gap that says %q", need.Permission(), gap, c.words)
				}
			}
			// Where nobody else has answered, there is no API server.
			_, err = liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(list))
			if err == nil || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), s.URL) {
				t.Errorf("got error %v", err)
			}
		})
	}
}

// The server may have us wait for as long as the user would.
func TestWaitsAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		timeout time.Duration
		waits   []string
		// kept is how many of the waits are left for client-go to obey.
		kept int
	}{
		"as asked":               {5 * time.Second, []string{"1", "2", "2"}, 3},
		"in all":                 {5 * time.Second, []string{"1", "2", "3", "1"}, 2},
		"hopeless":               {5 * time.Second, []string{"3600", "1"}, 0},
		"no time costs a second": {2 * time.Second, []string{"0", "0", "0"}, 2},
		"without a timeout":      {0, []string{"30", "30", "1"}, 2},
		"a date, not obeyed":     {time.Second, []string{"Fri, 31 Dec 2027 23:59:59 GMT"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := withPatience(context.Background(), c.timeout)
			kept := 0
			for _, wait := range c.waits {
				response := &http.Response{Header: http.Header{"Retry-After": {wait}}}
				limitWait(ctx, response)
				if response.Header.Get("Retry-After") != "" {
					kept++
				}
			}
			if kept != c.kept {
				t.Errorf("%d waits of %v, want %d", kept, c.waits, c.kept)
			}
		})
	}
}

// JSON that looks like Kubernetes' but does not say what it is, is no empty list;
// and where no path is served, nothing is said of an object.
func TestAnswersSayWhatTheyAre(t *testing.T) {
	list := snapshot.Need{Resource: snapshot.NetworkPolicies}
	get := snapshot.Need{Resource: snapshot.Services, Namespace: "a", Name: "web"}
	s := server(t, map[string]http.HandlerFunc{
		"/":                  says(404, "text/plain; charset=utf-8", "404 page not found"),
		"/api/v1/namespaces": answer(t, podList("")),
		"/apis/networking.k8s.io/v1/networkpolicies": says(200, "application/json", `{"apiVersion":"v1","message":"please log in"}`),
	})
	live := liveOf(t, &rest.Config{Host: s.URL})
	live.answered.Store(true)
	got, err := live.Load(context.Background(), once(list, get))
	if err != nil {
		t.Fatal(err)
	}
	for _, need := range []snapshot.Need{list, get} {
		if got.Has(need) || got.GapFor(need) == nil {
			t.Errorf("%s: read, %+v", need.Permission(), got.GapFor(need))
		}
	}
}
