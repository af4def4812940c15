package golden

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder is a test that keeps its failures to itself.
type recorder struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Failed() bool     { return len(r.errors) > 0 }
func (r *recorder) Skipped() bool    { return false }
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Error(args ...any) {
	r.Errorf("%v", args...)
}

func (r *recorder) Errorf(format string, args ...any) {
	text := format
	for _, a := range args {
		if s, ok := a.(string); ok {
			text += " " + s
		}
	}
	r.errors = append(r.errors, text)
}

func (r *recorder) end() string {
	for _, f := range r.cleanups {
		f()
	}
	return strings.Join(r.errors, "\n")
}

func TestCheck(t *testing.T) {
	if *update || filtered() {
		t.Skip("the flags of this run change what is tested here")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file, got, want string
	}{
		{"same", "a", "one\ntwo\n", ""},
		{"differs in a blank", "a", "one\ntwo \n", "differs"},
		{"differs at the end", "a", "one\ntwo", "differs"},
		{"missing", "b", "one\n", "-update writes it"},
		{"orphan", "", "", "no test asks for this golden file"},
	} {
		r := &recorder{}
		d := New(r, dir)
		if c.file != "" {
			d.Check(r, c.file, []byte(c.got))
		}
		if got := r.end(); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got failures %q, want %q", c.name, got, c.want)
		}
	}
}
