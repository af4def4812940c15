package audit_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/audit"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
)

func TestAnalyzersAreDocumented(t *testing.T) {
	if err := audit.Validate(audit.All()); err != nil {
		t.Error(err)
	}
	codes := []string{}
	for _, a := range audit.All() {
		codes = append(codes, a.Code)
		if _, err := os.Stat(filepath.Join("testdata", a.Code, "wrong.yaml")); err != nil {
			t.Errorf("%s: no example: %v", a.Code, err)
		}
	}
	if !slices.IsSorted(codes) {
		t.Errorf("not in order: %v", codes)
	}
}

// object is a document of a manifest, with what it is of.
type object struct{ id, text string }

func documents(t *testing.T, file string) []object {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []object
	for _, doc := range regexp.MustCompile(`(?m)^---\n`).Split(string(text), -1) {
		var o struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
		}
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, object{o.Kind + "/" + o.Metadata.Namespace + "/" + o.Metadata.Name, doc})
	}
	return out
}

// laid is one state laid over another: documents take the places of those of the same
// object, and "# gone: KIND/NAMESPACE/NAME" removes one.
func laid(base, over []object) []object {
	out := slices.Clone(base)
	for _, o := range over {
		for _, gone := range regexp.MustCompile(`(?m)^# gone: (.*)$`).FindAllStringSubmatch(o.text, -1) {
			out = slices.DeleteFunc(out, func(b object) bool { return b.id == gone[1] })
		}
		if o.id == "//" {
			continue
		}
		if i := slices.IndexFunc(out, func(b object) bool { return b.id == o.id }); i >= 0 {
			out[i] = o
		} else {
			out = append(out, o)
		}
	}
	return out
}

// audited is what audit finds in a state.
func audited(t *testing.T, state []object) *report.Audit {
	t.Helper()
	var b strings.Builder
	for _, o := range state {
		b.WriteString(o.text + "\n---\n")
	}
	source, err := files.New(files.Options{Filenames: []string{"-"}, In: strings.NewReader(b.String())})
	if err != nil {
		t.Fatal(err)
	}
	s, err := source.Load(context.Background(), func(*snapshot.Snapshot) []snapshot.Need { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return audit.Run(model.New(s), audit.Options{})
}

// said is a finding in one line.
func said(f report.Finding) string {
	o := f.Object
	return strings.Join([]string{f.Code, string(f.Severity), o.Kind + "/" + o.Namespace + "/" + o.Name, f.Path}, " ")
}

// Each folder of testdata lays something wrong over a state in which nothing is: the
// findings that its comments want ("# want NG001 High NetworkPolicy/shop/web PATH") are
// found, and no others. That is the mutation test, too.
func TestFindings(t *testing.T) {
	base := documents(t, "testdata/base.yaml")
	if r := audited(t, base); len(r.Findings) > 0 {
		for _, f := range r.Findings {
			t.Errorf("the correct state: %s: %s", said(f), f.Message)
		}
	}
	wrong, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(wrong) < len(audit.All()) {
		t.Fatalf("%d examples, %v", len(wrong), err)
	}
	for _, file := range wrong {
		t.Run(strings.TrimPrefix(file, "testdata/"), func(t *testing.T) {
			over := documents(t, file)
			var want, got []string
			for _, o := range over {
				for _, m := range regexp.MustCompile(`(?m)^# want (.*)$`).FindAllStringSubmatch(o.text, -1) {
					want = append(want, m[1])
				}
			}
			r := audited(t, laid(base, over))
			for _, f := range r.Findings {
				got = append(got, said(f))
				if f.Message == "" || f.Fingerprint == "" {
					t.Errorf("%s: something is missing: %+v", f.Code, f)
				}
				t.Logf("%s: %s (fix %v)", said(f), f.Message, f.Fix != nil)
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				t.Errorf("found\n  %s\nwanted\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			}
		})
	}
}
