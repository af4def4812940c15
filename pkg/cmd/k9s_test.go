package cmd

import (
	"os"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/reference"
)

// The commands that plugins/k9s.yaml puts on keys are ones that we have, with the flags and ends that they take.
func TestK9sPlugins(t *testing.T) {
	data, err := os.ReadFile("../../plugins/k9s.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Plugins map[string]struct {
			ShortCut, Description, Command string
			Scopes, Args                   []string
			Background                     bool
		}
	}
	if err := yaml.UnmarshalStrict(data, &file); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for name, p := range file.Plugins {
		for _, scope := range p.Scopes {
			if _, ok := reference.ParseKind(scope); !ok {
				t.Errorf("%s: no kind is called %s", name, scope)
			}
			if other := keys[scope+" "+p.ShortCut]; other != "" {
				t.Errorf("%s and %s are on one key", name, other)
			}
			keys[scope+" "+p.ShortCut] = name
		}
		if p.ShortCut == "" || p.Description == "" || p.Command != "sh" || p.Background || len(p.Args) != 2 || p.Args[0] != "-c" {
			t.Errorf("%s: %+v", name, p)
			continue
		}
		// k9s puts the selected object's name in place of $NAME before the shell sees the line.
		line := strings.NewReplacer("$NAMESPACE", "bank", "$NAME", "bankapp", "$CONTEXT", "east", "'", "").Replace(p.Args[1])
		line, ours := strings.CutPrefix(line, "kubectl netguard ")
		line, _, paged := strings.Cut(line, " 2>&1 | less")
		if !ours || !paged {
			t.Errorf("%s: %s", name, p.Args[1])
			continue
		}
		words := strings.Fields(line)
		root := NewRoot(genericiooptions.NewTestIOStreamsDiscard(), Environment{Getenv: func(string) string { return "" }})
		c, args, err := root.Find(words)
		if err != nil || c == root {
			t.Errorf("%s: no command %q: %v", name, words[0], err)
			continue
		}
		if err := c.ParseFlags(args); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.ValidateArgs(c.Flags().Args()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, end := range c.Flags().Args() {
			if _, err := reference.Parse(end, "bank"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
