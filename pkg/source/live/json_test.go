package live

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func plain(t *testing.T, v any) http.HandlerFunc {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text)
	}
}

// TestGatewayAPI reads what the server serves of the Gateway API, and only that.
func TestGatewayAPI(t *testing.T) {
	kindsOf := func(plural string) http.HandlerFunc {
		return plain(t, metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, APIResources: []metav1.APIResource{{Name: plural}}})
	}
	group := func(versions ...string) http.HandlerFunc {
		g := metav1.APIGroup{TypeMeta: metav1.TypeMeta{Kind: "APIGroup", APIVersion: "v1"}, Name: "gateway.networking.k8s.io"}
		for _, v := range versions {
			g.Versions = append(g.Versions, metav1.GroupVersionForDiscovery{Version: v})
		}
		return plain(t, g)
	}
	list := plain(t, map[string]any{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayList", "items": []any{map[string]any{"metadata": map[string]any{"namespace": "a", "name": "gw"}}}})
	forbid := refuse(403, metav1.StatusReasonForbidden, "no")
	all := snapshot.Need{Resource: snapshot.Gateways}
	const base = "/apis/gateway.networking.k8s.io"
	for name, c := range map[string]struct {
		handlers map[string]http.HandlerFunc
		gateways int
		gap      bool
		asked    string
	}{
		"no Gateway API, and a user who may do nothing": {map[string]http.HandlerFunc{base + "/": forbid, base: refuse(404, metav1.StatusReasonNotFound, "no")}, 0, false, base},
		"the version that is served":                    {map[string]http.HandlerFunc{base: group("v1beta1"), base + "/v1beta1/gateways": list}, 1, false, base + " " + base + "/v1beta1/gateways"},
		"the stable version first":                      {map[string]http.HandlerFunc{base: group("v1beta1", "v1"), base + "/v1/gateways": list}, 1, false, base + " " + base + "/v1/gateways"},
		"the kind is not installed":                     {map[string]http.HandlerFunc{base: group("v1")}, 0, false, base + " " + base + "/v1/gateways"},
		"forbidden":                                     {map[string]http.HandlerFunc{base: group("v1"), base + "/v1/gateways": forbid}, 0, true, base + " " + base + "/v1/gateways " + base + "/v1"},
		"forbidden, and served":                         {map[string]http.HandlerFunc{base: group("v1"), base + "/v1/gateways": forbid, base + "/v1": kindsOf("gateways")}, 0, true, base + " " + base + "/v1/gateways " + base + "/v1"},
		"forbidden, and not served":                     {map[string]http.HandlerFunc{base: group("v1"), base + "/v1/gateways": forbid, base + "/v1": kindsOf("httproutes")}, 0, false, base + " " + base + "/v1/gateways " + base + "/v1"},
		"nobody says what is served":                    {map[string]http.HandlerFunc{base: refuse(403, metav1.StatusReasonForbidden, "no"), base + "/v1beta1/gateways": list}, 1, false, base + " " + base + "/v1/gateways " + base + "/v1beta1/gateways"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			for path, h := range c.handlers {
				c.handlers[path] = func(w http.ResponseWriter, r *http.Request) {
					asked = append(asked, r.URL.Path)
					h(w, r)
				}
			}
			if c.handlers[base+"/"] == nil {
				c.handlers[base+"/"] = func(w http.ResponseWriter, r *http.Request) {
					asked = append(asked, r.URL.Path)
					refuse(404, metav1.StatusReasonNotFound, "no such path")(w, r)
				}
			}
			got, err := liveOf(t, &rest.Config{Host: server(t, c.handlers).URL}).Load(context.Background(), once(all))
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Gateways()) != c.gateways {
				t.Errorf("%d Gateways, want %d", len(got.Gateways()), c.gateways)
			}
			if gap := got.GapFor(all); (gap != nil) != c.gap {
				t.Errorf("gap %+v, want one: %v", gap, c.gap)
			}
			if got := strings.Join(asked, " "); got != c.asked {
				t.Errorf("asked for %s, want %s", got, c.asked)
			}
		})
	}
}
