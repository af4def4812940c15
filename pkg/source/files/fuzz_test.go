package files

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-netguard/netguard/pkg/source"
)

// FuzzManifests: whatever the input, the reader neither panics nor hangs, and an
// error is made of lines that a terminal can show.
func FuzzManifests(f *testing.F) {
	dump, err := os.ReadFile("testdata/dump.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(dump))
	f.Add(bankPolicy)
	f.Add("a: &a [*a]\nkind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nspec: *a\n")
	f.Add("kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: &m {name: p, <<: *m}\nspec: {<<: [{a: b}]}\n")
	f.Add("items: [{items: [{}]}, null, 1]\nkind: List\napiVersion: v1\n")
	f.Add("{}{}[]")
	f.Add("--- {}\n...\n%YAML 1.2\n---\n\t- a")
	f.Add(object("StatefulSet", "w", "spec:\n  replicas: 2000000000"+podTemplate))
	f.Add(object("Service", "s", "spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}") + object("Deployment", "w", "spec:"+podTemplate))
	f.Fuzz(func(t *testing.T, text string) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		m, err := New(Options{Filenames: []string{"-"}, In: strings.NewReader(text)})
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.Load(ctx, nil)
		switch {
		case ctx.Err() != nil:
			t.Fatal("took too long")
		case err == nil && s == nil:
			t.Fatal("neither a snapshot nor an error")
		case err != nil:
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if line == "" || line != source.OneLine(line) {
					t.Fatalf("not a line to show: %q", line)
				}
			}
		}
	})
}
