package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Skip("no links here: ", err)
	}
}

// -f DIR reads what is in DIR, and nothing that it merely points to.
func TestLinksLeadNowhereElse(t *testing.T) {
	const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: "
	for name, c := range map[string]struct {
		// links are made in the working directory, beside the directories in and out.
		links     map[string]string
		filenames []string
		recursive bool
		// want are the namespaces read; refused is the error.
		want, refused string
	}{
		"a link out": {links: map[string]string{"in/b.yaml": "../out/secret.yaml"}, filenames: []string{"in"},
			refused: "in/b.yaml: is a link that leads out of in; where that is meant, name the file with a -f of its own"},
		"a link out by its full path":  {links: map[string]string{"in/b.yaml": "/etc/passwd"}, filenames: []string{"in"}, refused: "in/b.yaml: is a link that leads out of in"},
		"a link to a link out":         {links: map[string]string{"in/b.yaml": "c", "in/c": "../out/secret.yaml"}, filenames: []string{"in"}, refused: "in/b.yaml: is a link that leads out of in"},
		"deeper down":                  {links: map[string]string{"in/deep/b.yaml": "../../out/secret.yaml"}, filenames: []string{"in"}, recursive: true, refused: "in/deep/b.yaml: is a link"},
		"a link to a directory":        {links: map[string]string{"in/more": "../out"}, filenames: []string{"in"}, recursive: true, want: "a deep"},
		"a directory by a file's name": {links: map[string]string{"in/b.yaml": "deep"}, filenames: []string{"in"}, refused: "in/b.yaml: is no regular file"},
		"a link to nowhere":            {links: map[string]string{"in/b.yaml": "nowhere"}, filenames: []string{"in"}, refused: "in/b.yaml: no such file or directory"},
		"a link to itself":             {links: map[string]string{"in/b.yaml": "b.yaml"}, filenames: []string{"in"}, refused: "in/b.yaml: "},
		"inside":                       {links: map[string]string{"in/b.yaml": "deep/deep.yaml"}, filenames: []string{"in"}, want: "a deep"},
		"as ConfigMaps are mounted":    {links: map[string]string{"in/..data": "deep", "in/b.yaml": "..data/deep.yaml"}, filenames: []string{"in"}, want: "a deep"},
		"a file that is named":         {links: map[string]string{"b.yaml": "out/secret.yaml"}, filenames: []string{"b.yaml"}, want: "secret"},
		"files of a pattern":           {links: map[string]string{"b.yaml": "out/secret.yaml"}, filenames: []string{"*.yaml"}, want: "secret"},
		"a directory that is a link":   {links: map[string]string{"there": "in"}, filenames: []string{"there"}, want: "a"},
		"out of a linked directory":    {links: map[string]string{"there": "in", "in/b.yaml": "../out/secret.yaml"}, filenames: []string{"there"}, refused: "there/b.yaml: is a link that leads out of there/"},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, map[string]string{
				"in/a.yaml": namespace + "a}", "in/deep/deep.yaml": namespace + "deep}", "out/secret.yaml": namespace + "secret}",
			})
			for name, to := range c.links {
				link(t, to, filepath.FromSlash(name))
			}
			s, err := load(Options{Filenames: c.filenames, Recursive: c.recursive})
			if c.refused != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.refused) || strings.Contains(err.Error(), "root:") {
					t.Fatalf("got error %v, want %q", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ns := range s.Namespaces() {
				if ns.Name != "default" {
					got = append(got, ns.Name)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

// A name of a file cannot steer the terminal that an error is shown on.
func TestFileNamesAreShownSafely(t *testing.T) {
	for name, shown := range map[string]string{
		"\x1b[31mred.yaml":    `"\x1b[31mred.yaml"`,
		"fdp\u202elmay.yaml":  `"fdp\u202elmay.yaml"`,
		"a\nerror: b.yaml":    `"a\nerror: b.yaml"`,
		"zero\u200bwidth.yml": `"zero\u200bwidth.yml"`,
		"plain-ü.yaml":        "plain-ü.yaml",
	} {
		t.Run(shown, func(t *testing.T) {
			write(t, map[string]string{name: "a: ["})
			for _, given := range []string{name, "."} {
				_, err := load(Options{Filenames: []string{given}})
				if err == nil || !strings.HasPrefix(err.Error(), shown+":1: is not valid YAML") {
					t.Errorf("got error %v, want %s", err, shown)
				}
			}
		})
	}
}
