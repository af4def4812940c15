package snapshot

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"
)

func podNames(s *Snapshot) string {
	var out []string
	for _, p := range s.Pods() {
		out = append(out, p.Name.String())
	}
	return strings.Join(out, " ")
}

// A Snapshot stays what it was, whatever becomes of the Builder that made it, and
// of Builders that began with it.
func TestSnapshotsDoNotChange(t *testing.T) {
	pod := func(ns, name string) *Pod { return &Pod{Name: Name{ns, name}} }
	b := NewBuilder(nil)
	b.AddPod(pod("b", "1"))
	b.AddPod(pod("a", "2"))
	first := b.Snapshot()
	b.AddPod(pod("a", "1"))
	b.DeletePod(Name{"b", "1"})
	second := b.Snapshot()
	other, another := NewBuilder(first), NewBuilder(first)
	other.DeleteNamespace("a")
	another.AddPod(pod("c", "1"))
	another.DeletePod(Name{"no", "such"})
	for _, tt := range []struct {
		s    *Snapshot
		want string
	}{
		{first, "a/2 b/1"}, {second, "a/1 a/2"}, {other.Snapshot(), "b/1"}, {another.Snapshot(), "a/2 b/1 c/1"},
		{first, "a/2 b/1"}, {NewBuilder(first).Snapshot(), "a/2 b/1"}, {NewBuilder(&Snapshot{}).Snapshot(), ""},
	} {
		if got := podNames(tt.s); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if first.Pod(Name{"a", "1"}) != nil || first.Pod(Name{"b", "1"}) == nil || second.Pod(Name{"b", "1"}) != nil {
		t.Error("the index is not that of the list")
	}
}

// TestBuildersAgainstASimpleOne does the same things to a Builder that is copied
// around and to a plain map.
func TestBuildersAgainstASimpleOne(t *testing.T) {
	type state struct {
		s    *Snapshot
		want map[Name]bool
	}
	random := rand.New(rand.NewSource(1))
	states := []state{{NewBuilder(nil).Snapshot(), map[Name]bool{}}}
	for range 300 {
		from := states[random.Intn(len(states))]
		b, want := NewBuilder(from.s), map[Name]bool{}
		for name := range from.want {
			want[name] = true
		}
		for range random.Intn(6) {
			name := Name{fmt.Sprint("ns", random.Intn(3)), fmt.Sprint("s", random.Intn(4))}
			switch random.Intn(5) {
			case 0:
				b.DeleteService(name)
				delete(want, name)
			case 1:
				b.DeleteNamespace(name.Namespace)
				for other := range want {
					if other.Namespace == name.Namespace {
						delete(want, other)
					}
				}
			case 2:
				states = append(states, state{b.Snapshot(), maps.Clone(want)})
			default:
				b.AddService(&Service{Name: name})
				want[name] = true
			}
		}
		states = append(states, state{b.Snapshot(), want})
	}
	for _, st := range states {
		var want []Name
		for name := range st.want {
			want = append(want, name)
			if st.s.Service(name) == nil {
				t.Fatalf("%s is not there", name)
			}
		}
		slices.SortFunc(want, Name.Compare)
		var got []Name
		for _, s := range st.s.Services() {
			got = append(got, s.Name)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// BenchmarkOnePolicyMore: a proposed policy makes another snapshot of the cluster;
// what that costs is the policies, and not the pods.
func BenchmarkOnePolicyMore(b *testing.B) {
	for _, pods := range []int{1_500, 150_000} {
		b.Run(fmt.Sprint(pods, "-pods"), func(b *testing.B) {
			builder := NewBuilder(nil)
			for i := range pods {
				builder.AddPod(&Pod{Name: Name{fmt.Sprint("ns-", i/75), fmt.Sprint("pod-", i)}})
			}
			s := builder.Snapshot()
			b.ReportAllocs()
			for b.Loop() {
				more := NewBuilder(s)
				more.AddPolicy(&Policy{Name: Name{"ns-1", "p"}})
				more.Snapshot()
			}
		})
	}
}
