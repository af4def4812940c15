package scale

import (
	"slices"
	"testing"
)

func TestPagesAreOneList(t *testing.T) {
	requests := []request{
		{"get", "/api/v1/namespaces/a/pods/b"},
		{"list", "/api/v1/pods?limit=1000"},
		{"list", "/api/v1/pods?continue=abc&limit=1000"},
		{"list", "/api/v1/pods?labelSelector=app%3Da&limit=1000"},
		{"list", "/api/v1/namespaces/a/pods?limit=1000"},
		{"create", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"},
	}
	want := []string{"/api/v1/namespaces/a/pods/b", "/api/v1/pods", "/api/v1/pods?labelSelector=app%3Da", "/api/v1/namespaces/a/pods"}
	if got := whole(requests); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n := allPodLists(requests); n != 1 {
		t.Errorf("%d lists of all pods, want 1", n)
	}
}
