package scale

import (
	"bytes"
	"context"
	"encoding/json"
	goruntime "runtime"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/test/fleet"
)

// manifests is a cluster as kubectl get -o json would dump it.
func manifests(c *fleet.Cluster) ([]byte, error) {
	list := &metav1.List{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "List"}}
	add := func(kind, version string, o runtime.Object) error {
		o.GetObjectKind().SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind(kind))
		raw, err := json.Marshal(o)
		if err != nil {
			return err
		}
		raw = bytes.Replace(raw, []byte(`"apiVersion":"meta.k8s.io/v1"`), []byte(`"apiVersion":"`+version+`"`), 1)
		list.Items = append(list.Items, runtime.RawExtension{Raw: raw})
		return nil
	}
	for _, o := range c.Namespaces {
		if err := add("Namespace", "v1", o); err != nil {
			return nil, err
		}
	}
	for _, o := range c.Nodes {
		if err := add("Node", "v1", o); err != nil {
			return nil, err
		}
	}
	for _, o := range c.Pods {
		if err := add("Pod", "v1", o); err != nil {
			return nil, err
		}
	}
	for _, o := range c.Services {
		if err := add("Service", "v1", o); err != nil {
			return nil, err
		}
	}
	for _, o := range c.EndpointSlices {
		if err := add("EndpointSlice", "discovery.k8s.io/v1", o); err != nil {
			return nil, err
		}
	}
	for _, o := range c.Policies {
		if err := add("NetworkPolicy", "networking.k8s.io/v1", o); err != nil {
			return nil, err
		}
	}
	return json.Marshal(list)
}

func load(b *testing.B, size string) *snapshot.Snapshot {
	b.Helper()
	s, err := fleet.SizeOf(size)
	if err != nil {
		b.Fatal(err)
	}
	c := fleet.Make(s)
	builder := snapshot.NewBuilder(nil)
	builder.ReadEverything()
	// Small parts, as files may not be bigger than 50 MB.
	for at := 0; at < len(c.Pods); at += 5_000 {
		part := &fleet.Cluster{Pods: c.Pods[at:min(at+5_000, len(c.Pods))]}
		if at == 0 {
			part.Namespaces, part.Nodes, part.Services, part.EndpointSlices, part.Policies = c.Namespaces, c.Nodes, c.Services, c.EndpointSlices, c.Policies
		}
		text, err := manifests(part)
		if err != nil {
			b.Fatal(err)
		}
		m, err := source.NewManifests(source.ManifestOptions{Filenames: []string{"-"}, Namespace: "default", In: bytes.NewReader(text)})
		if err != nil {
			b.Fatal(err)
		}
		got, err := m.Load(context.Background(), nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range got.Pods() {
			builder.AddPod(p)
		}
		if at == 0 {
			for _, o := range got.Namespaces() {
				builder.AddNamespace(o)
			}
			for _, o := range got.Nodes() {
				builder.AddNode(o)
			}
			for _, o := range got.Services() {
				builder.AddService(o)
			}
			for _, o := range got.EndpointSlices() {
				builder.AddEndpointSlice(o)
			}
			for _, o := range got.Policies() {
				builder.AddPolicy(o)
			}
		}
	}
	return builder.Snapshot()
}

// BenchmarkModel measures what questions cost once everything is read.
func BenchmarkModel(b *testing.B) {
	for _, size := range []string{"S", "M", "L", "XL"} {
		var snap *snapshot.Snapshot
		get := func(b *testing.B) *snapshot.Snapshot {
			if snap == nil {
				snap = load(b, size)
				b.ResetTimer()
			}
			return snap
		}
		b.Run("compile/"+size, func(b *testing.B) {
			s := get(b)
			for b.Loop() {
				model.New(s)
			}
		})
		m := func(b *testing.B) *model.Model {
			m := model.New(get(b))
			b.ResetTimer()
			return m
		}
		target, err := reference.Parse("svc/database-2", "team-0007")
		if err != nil {
			b.Fatal(err)
		}
		b.Run("who-can-reach/"+size, func(b *testing.B) {
			m := m(b)
			for b.Loop() {
				r, err := query.WhoCanReach(m, target, query.Options{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(r.Rows)), "rows")
			}
		})
		everything := query.Scope{Labels: selector.Everything()}
		// All pairs are known once query.Map returns; what it adds to the heap is
		// what a map keeps.
		b.Run("map/"+size, func(b *testing.B) {
			s := get(b)
			b.ResetTimer()
			for b.Loop() {
				query.Map(model.New(s), everything, query.Options{})
			}
			b.StopTimer()
			m := model.New(s)
			m.Classes()
			before := heap()
			r := query.Map(m, everything, query.Options{})
			b.ReportMetric(float64(heap()-before)/1e6, "MB-kept")
			goruntime.KeepAlive(r)
		})
		b.Run("stream/"+size, func(b *testing.B) {
			r := query.Map(m(b), everything, query.Options{})
			b.ResetTimer()
			edges := 0
			for b.Loop() {
				edges = 0
				for range r.Edges {
					edges++
				}
			}
			b.ReportMetric(float64(edges), "edges")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(edges), "ns/edge")
		})
	}
}

// heap is the bytes in use once the garbage is collected.
func heap() uint64 {
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return m.HeapAlloc
}
