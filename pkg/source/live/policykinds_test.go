package live

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// discoveryOf is an aggregated discovery answer: "group/version kind plural scope".
func discoveryOf(t *testing.T, stale string, kinds ...string) http.HandlerFunc {
	t.Helper()
	list := apidiscovery.APIGroupDiscoveryList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupDiscoveryList", APIVersion: "apidiscovery.k8s.io/v2"}}
	for _, text := range kinds {
		var gv, kind, plural, scope string
		if _, err := fmt.Sscan(text, &gv, &kind, &plural, &scope); err != nil {
			t.Fatal(err)
		}
		group, version, _ := strings.Cut(gv, "/")
		v := apidiscovery.APIVersionDiscovery{Version: version, Freshness: apidiscovery.DiscoveryFreshnessCurrent}
		if group == stale {
			v.Freshness = apidiscovery.DiscoveryFreshnessStale
		}
		v.Resources = []apidiscovery.APIResourceDiscovery{{
			Resource: plural, Scope: apidiscovery.ResourceScope(scope), Verbs: []string{"get", "list"},
			ResponseKind: &metav1.GroupVersionKind{Group: group, Version: version, Kind: kind},
		}}
		list.Items = append(list.Items, apidiscovery.APIGroupDiscovery{
			ObjectMeta: metav1.ObjectMeta{Name: group}, Versions: []apidiscovery.APIVersionDiscovery{v},
		})
	}
	handler := answer(t, list)
	return func(w http.ResponseWriter, r *http.Request) {
		recorder := &aggregated{w}
		handler(recorder, r)
	}
}

// aggregated answers with the content type that marks aggregated discovery.
type aggregated struct{ http.ResponseWriter }

func (w *aggregated) Write(p []byte) (int, error) {
	w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
	return w.ResponseWriter.Write(p)
}

func metadataList(t *testing.T, names ...string) http.HandlerFunc {
	t.Helper()
	list := metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{Kind: "PartialObjectMetadataList", APIVersion: "meta.k8s.io/v1"}}
	for _, name := range names {
		ns, name, ok := strings.Cut(name, "/")
		if !ok {
			ns, name = "", ns
		}
		list.Items = append(list.Items, metav1.PartialObjectMetadata{
			TypeMeta:   metav1.TypeMeta{Kind: "PartialObjectMetadata", APIVersion: "meta.k8s.io/v1"},
			ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name},
		})
	}
	return answer(t, list)
}

func unmodelledLines(s *snapshot.Snapshot) string {
	var out []string
	for _, u := range s.Unmodelled() {
		out = append(out, u.Group+" "+u.Kind+" "+u.Name.String())
	}
	return strings.Join(out, "\n")
}

func TestPolicyKindsAreNoticedThroughDiscovery(t *testing.T) {
	var cilium http.HandlerFunc = metadataList(t, "a/c1", "b/c2")
	s := server(t, map[string]http.HandlerFunc{
		"/api": discoveryOf(t, ""),
		"/apis": discoveryOf(t, "",
			"policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy clusternetworkpolicies Cluster",
			"cilium.io/v2 CiliumNetworkPolicy ciliumnetworkpolicies Namespaced",
			"projectcalico.org/v3 NetworkPolicy networkpolicies Namespaced",
			"crd.projectcalico.org/v1 NetworkPolicy networkpolicies Namespaced",
			"security.istio.io/v1 AuthorizationPolicy authorizationpolicies Namespaced",
			"example.com/v1 Other others Namespaced"),
		"/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies":              refuse(403, metav1.StatusReasonForbidden, "no"),
		"/apis/cilium.io/v2/ciliumnetworkpolicies":                                    cilium,
		"/apis/cilium.io/v2/namespaces/a/ciliumnetworkpolicies":                       metadataList(t, "a/c1"),
		"/apis/projectcalico.org/v3/networkpolicies":                                  metadataList(t, "a/knp.default.mirror", "a/own"),
		"/apis/projectcalico.org/v3/namespaces/a/networkpolicies":                     metadataList(t, "a/own"),
		"/apis/crd.projectcalico.org/v1/networkpolicies":                              metadataList(t, "a/default.own"),
		"/apis/security.istio.io/v1/authorizationpolicies":                            refuse(500, metav1.StatusReasonInternalError, "broken"),
		"/apis/security.istio.io/v1/namespaces/a/authorizationpolicies":               metadataList(t, "a/authz"),
		"/apis/security.istio.io/v1/namespaces/istio-system/authorizationpolicies":    metadataList(t, "istio-system/root"),
		"/apis/security.istio.io/v1/namespaces/other-namespace/authorizationpolicies": metadataList(t, "x/never"),
	})
	all := snapshot.Need{Resource: snapshot.PolicyKinds}
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(all))
	if err != nil {
		t.Fatal(err)
	}
	if want := "cilium.io CiliumNetworkPolicy a/c1\ncilium.io CiliumNetworkPolicy b/c2\nprojectcalico.org NetworkPolicy a/own"; unmodelledLines(got) != want {
		t.Errorf("everywhere: got\n%s\nwant\n%s", unmodelledLines(got), want)
	}
	want := []snapshot.Gap{
		{Need: all, Reason: snapshot.GapForbidden, Message: "cannot list clusternetworkpolicies.policy.networking.k8s.io",
			Group: "policy.networking.k8s.io", Kind: "ClusterNetworkPolicy", Takes: "list clusternetworkpolicies.policy.networking.k8s.io"},
		{Need: all, Reason: snapshot.GapFailed, Message: "cannot list authorizationpolicies.security.istio.io in all namespaces: broken",
			Group: "security.istio.io", Kind: "AuthorizationPolicy", OnlyDenies: true, Takes: "list authorizationpolicies.security.istio.io in all namespaces"},
	}
	if fmt.Sprint(got.Gaps()) != fmt.Sprint(want) || got.Has(all) || !got.Tried(all) {
		t.Errorf("gaps:\n got %v\nwant %v", got.Gaps(), want)
	}

	one := snapshot.Need{Resource: snapshot.PolicyKinds, Namespace: "a"}
	got, err = liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(one))
	if err != nil {
		t.Fatal(err)
	}
	if want := "security.istio.io AuthorizationPolicy a/authz\nsecurity.istio.io AuthorizationPolicy istio-system/root\n" +
		"cilium.io CiliumNetworkPolicy a/c1\nprojectcalico.org NetworkPolicy a/own"; unmodelledLines(got) != want {
		t.Errorf("one namespace: got\n%s\nwant\n%s", unmodelledLines(got), want)
	}
}

func TestABrokenGroupIsAGapOnlyIfItHoldsPolicies(t *testing.T) {
	for stale, want := range map[string]string{
		"example.com":       "",
		"projectcalico.org": "cannot discover GlobalNetworkPolicy.projectcalico.org: ",
	} {
		s := server(t, map[string]http.HandlerFunc{
			"/api":  discoveryOf(t, ""),
			"/apis": discoveryOf(t, stale, "example.com/v1 Other others Namespaced", "projectcalico.org/v3 Thing things Namespaced"),
		})
		need := snapshot.Need{Resource: snapshot.PolicyKinds}
		got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(need))
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			if !got.Has(need) || len(got.Gaps()) > 0 {
				t.Errorf("%s: gaps %v", stale, got.Gaps())
			}
			continue
		}
		if len(got.Gaps()) != 2 || !strings.HasPrefix(got.Gaps()[0].Message, want) {
			t.Errorf("%s: gaps %v", stale, got.Gaps())
		}
	}
}

func TestDiscoveryOfOldServers(t *testing.T) {
	groups := metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
	for _, name := range []string{"cilium.io", "example.com"} {
		v := metav1.GroupVersionForDiscovery{GroupVersion: name + "/v2", Version: "v2"}
		groups.Groups = append(groups.Groups, metav1.APIGroup{Name: name, Versions: []metav1.GroupVersionForDiscovery{v}, PreferredVersion: v})
	}
	s := server(t, map[string]http.HandlerFunc{
		"/api":  answer(t, metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"}}),
		"/apis": answer(t, groups),
		"/apis/cilium.io/v2": answer(t, metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList"}, GroupVersion: "cilium.io/v2",
			APIResources: []metav1.APIResource{
				{Name: "ciliumnetworkpolicies/status", Kind: "CiliumNetworkPolicy", Namespaced: true, Verbs: []string{"get"}},
				{Name: "ciliumnetworkpolicies", Kind: "CiliumNetworkPolicy", Namespaced: true, Verbs: []string{"list"}},
			}}),
		"/apis/example.com/v2":                     refuse(500, metav1.StatusReasonInternalError, "must not be asked"),
		"/apis/cilium.io/v2/ciliumnetworkpolicies": metadataList(t, "a/c1"),
	})
	need := snapshot.Need{Resource: snapshot.PolicyKinds}
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(need))
	if err != nil {
		t.Fatal(err)
	}
	if unmodelledLines(got) != "cilium.io CiliumNetworkPolicy a/c1" || !got.Has(need) {
		t.Errorf("got %s, gaps %v", unmodelledLines(got), got.Gaps())
	}
}

func TestForbiddenDiscoveryIsAGap(t *testing.T) {
	s := server(t, map[string]http.HandlerFunc{"/": refuse(403, metav1.StatusReasonForbidden, "no")})
	need := snapshot.Need{Resource: snapshot.PolicyKinds}
	got, err := liveOf(t, &rest.Config{Host: s.URL}).Load(context.Background(), once(need))
	if err != nil {
		t.Fatal(err)
	}
	gap := got.GapFor(need)
	if gap == nil || gap.Reason != snapshot.GapForbidden || !strings.HasPrefix(gap.Message, "cannot discover which policy kinds are served: ") {
		t.Errorf("gap %+v", gap)
	}
}
