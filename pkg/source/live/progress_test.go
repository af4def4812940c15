package live

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// heard is what a Progress was told, in order.
type heard struct {
	sync.Mutex
	events []string
	total  map[snapshot.Resource]int
}

func (h *heard) note(format string, args ...any) {
	h.Lock()
	defer h.Unlock()
	h.events = append(h.events, fmt.Sprintf(format, args...))
}

func (h *heard) Begin(r snapshot.Resource) { h.note("begin %s", r) }
func (h *heard) End(r snapshot.Resource)   { h.note("end %s", r) }
func (h *heard) Count(r snapshot.Resource, n int) {
	h.Lock()
	defer h.Unlock()
	h.total[r] += n
}

// What is read is told as it comes, page by page, and ends whatever came of it.
func TestProgressIsTold(t *testing.T) {
	s := server(t, map[string]http.HandlerFunc{
		"/api/v1/pods": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("continue") == "" {
				answer(t, podList("more", "p1", "p2"))(w, r)
				return
			}
			answer(t, podList("", "p3"))(w, r)
		},
		"/api/v1/services": refuse(500, "InternalError", "etcd is asleep"),
	})
	live := liveOf(t, &rest.Config{Host: s.URL})
	h := &heard{total: map[snapshot.Resource]int{}}
	live.Tell(h)
	if _, err := live.Load(context.Background(), once(snapshot.Need{Resource: snapshot.Pods}, snapshot.Need{Resource: snapshot.Services})); err != nil {
		t.Fatal(err)
	}
	slices.Sort(h.events)
	if got, want := fmt.Sprint(h.events), "[begin pods begin services end pods end services]"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if h.total[snapshot.Pods] != 3 || h.total[snapshot.Services] != 0 {
		t.Errorf("counted %v", h.total)
	}
}
