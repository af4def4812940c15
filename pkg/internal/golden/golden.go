package golden

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

//nolint:gochecknoglobals // A flag of the test binary has nowhere else to live.
var update = flag.Bool("update", false, "rewrite the golden files with what the tests produce")

// Dir is a directory of golden files that belongs to one test and its subtests.
type Dir struct {
	path string
	mu   sync.Mutex
	used map[string]bool
}

// New returns the golden files below path. When the test ends, files that none
// of its subtests asked for fail it, unless -run or -skip left some out. Inputs
// of the test may stand among them.
func New(t testing.TB, path string, inputs ...string) *Dir {
	t.Helper()
	d := &Dir{path: path, used: map[string]bool{}}
	for _, in := range inputs {
		d.used[in] = true
	}
	t.Cleanup(func() {
		if t.Failed() || t.Skipped() || filtered() {
			return
		}
		for _, orphan := range d.orphans(t) {
			if *update {
				if err := os.Remove(orphan); err != nil {
					t.Error(err)
				}
				continue
			}
			t.Errorf("%s: no test asks for this golden file; -update removes it", orphan)
		}
	})
	return d
}

// Check compares got with the file name, or rewrites the file under -update.
func (d *Dir) Check(t testing.TB, name string, got []byte) {
	t.Helper()
	path := filepath.Join(d.path, name)
	d.mu.Lock()
	d.used[path] = true
	d.mu.Unlock()
	File(t, path, got)
}

// File is [Dir.Check] for one file that stands among others.
func File(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v; -update writes it\ngot:\n%s", err, got)
		return
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; -update rewrites it\n%s", path, difference(string(want), string(got)))
	}
}

func (d *Dir) orphans(t testing.TB) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(d.path, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !d.used[path] {
			out = append(out, path)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
	return out
}

// filtered reports whether flags of the test binary may have left out subtests.
func filtered() bool {
	for _, name := range []string{"test.run", "test.skip"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return true
		}
	}
	return false
}

// difference shows the first line that differs, quoted, and both texts in full.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		if i >= len(w) || i >= len(g) || w[i] != g[i] {
			return fmt.Sprintf("line %d\n want %s\n  got %s\n--- want\n%s\n--- got\n%s", i+1, quoted(w, i), quoted(g, i), want, got)
		}
	}
	return ""
}

func quoted(lines []string, i int) string {
	if i >= len(lines) {
		return "(no such line)"
	}
	return strconv.Quote(lines[i])
}
