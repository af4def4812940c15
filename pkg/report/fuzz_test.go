package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// A report that was written can be read back: whatever reads as one is written
// the same way again, and nothing makes reading panic.
func FuzzReadBack(f *testing.F) {
	files, err := filepath.Glob("../printer/testdata/*/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"kind":"Explanation","verdict":"Allowed","answers":[{"verdict":"Denied","hops":[{"kind":"Ingress"}]}]}`))
	f.Add([]byte(`{"kind":"Map","edges":[{"verdict":"Unknown","connections":[{"protocol":"TCP","port":80,"endPort":90}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, into := range []func() any{
			func() any { return &Explanation{} }, func() any { return &Permission{} }, func() any { return &Reach{} },
			func() any { return &FrontDoor{} }, func() any { return &Map{} }, func() any { return &Diff{} }, func() any { return &Version{} },
		} {
			first := into()
			if json.Unmarshal(text, first) != nil {
				continue
			}
			written, err := json.Marshal(first)
			if err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
			second := into()
			if err := json.Unmarshal(written, second); err != nil {
				t.Fatalf("what was written cannot be read: %v\n%s", err, written)
			}
			again, err := json.Marshal(second)
			if err != nil || !bytes.Equal(written, again) {
				t.Fatalf("written differently the second time: %v\n%s\n%s", err, written, again)
			}
		}
	})
}
