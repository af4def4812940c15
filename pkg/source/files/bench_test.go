package files

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// benchText is as many pods as that, one after the other.
func benchText(t testing.TB, n int) string {
	t.Helper()
	pod, err := os.ReadFile("testdata/pod.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "---\n"+string(pod), i)
	}
	return b.String()
}

// BenchmarkManifests beside BenchmarkPlainDecode: what reading costs on top of
// parsing the YAML into API types.
func BenchmarkManifests(b *testing.B) {
	text := benchText(b, 1000)
	for b.Loop() {
		m, err := New(Options{Filenames: []string{"-"}, In: strings.NewReader(text)})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := m.Load(context.Background(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlainDecode(b *testing.B) {
	docs := strings.Split(benchText(b, 1000), "---\n")
	for b.Loop() {
		for i := range docs {
			var pod corev1.Pod
			if err := yaml.Unmarshal([]byte(docs[i]), &pod); err != nil {
				b.Fatal(err)
			}
		}
	}
}
