package scale

import (
	"runtime"
	"testing"

	"github.com/kubectl-netguard/netguard/test/fleet"
)

// BenchmarkModel measures what questions cost once everything is read.
func BenchmarkModel(b *testing.B) {
	for _, name := range []string{"S", "M", "L"} {
		size, err := fleet.SizeOf(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(size.Name, func(b *testing.B) {
			s, err := readText(b.Context(), size)
			if err != nil {
				b.Fatal(err)
			}
			s.compile()
			b.Run("compile", func(b *testing.B) {
				for b.Loop() {
					s.compile()
				}
			})
			b.Run("who-can-reach", func(b *testing.B) {
				rows := 0
				for b.Loop() {
					if rows, err = s.whoCanReach(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows), "rows")
			})
			b.Run("explain", func(b *testing.B) {
				for b.Loop() {
					if err := s.explain(); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("map", func(b *testing.B) {
				for b.Loop() {
					s.compile()
					s.allPairs()
				}
				b.StopTimer()
				s.compile()
				s.model.Classes()
				before := heap()
				kept := s.allPairs()
				b.ReportMetric(float64(heap()-before)/1e6, "MB-kept")
				runtime.KeepAlive(kept)
			})
			b.Run("diff", func(b *testing.B) {
				rows := 0
				for b.Loop() {
					if rows, err = s.diff(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows), "rows")
			})
			b.Run("stream", func(b *testing.B) {
				r := s.allPairs()
				edges := 0
				for b.Loop() {
					edges = 0
					for range r.Edges {
						edges++
					}
				}
				b.ReportMetric(float64(edges), "edges")
			})
		})
	}
}
