package cmd_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// Hooks and the action call commands with flags that there are, and others' actions are
// pinned to commits.
func TestCIFilesAreTrue(t *testing.T) {
	read := func(path string, into any) string {
		t.Helper()
		text, err := os.ReadFile("../../" + path)
		if err == nil {
			err = yaml.Unmarshal(text, into)
		}
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var hooks []struct {
		Entry, Language string
		Args            []string
	}
	read(".pre-commit-hooks.yaml", &hooks)
	dir := t.TempDir()
	prepare(t, dir)
	for _, h := range hooks {
		words := append(strings.Fields(h.Entry), h.Args...)
		var r result
		in(t, dir, func() { r = run(t, "", words[1:]...) })
		if words[0] != "kubectl-netguard" || h.Language != "golang" || r.status != 1 {
			t.Errorf("%v: exit %d %s", words, r.status, r.stderr)
		}
	}
	var action struct {
		Inputs map[string]struct{ Description string }
		Runs   struct {
			Using string
			Steps []struct{ Uses, Shell, Run string }
		}
	}
	text := read("action.yml", &action)
	for name := range action.Inputs {
		if !strings.Contains(text, "inputs."+name+" ") {
			t.Errorf("action.yml does not use its input %s", name)
		}
	}
	pages := text
	for _, page := range []string{"docs/ci.md"} {
		more, err := os.ReadFile("../../" + page)
		if err != nil {
			t.Fatal(err)
		}
		pages += string(more)
	}
	for _, uses := range regexp.MustCompile(`uses: (\S+)`).FindAllStringSubmatch(pages, -1) {
		if !regexp.MustCompile(`@([0-9a-f]{40}|COMMIT)$`).MatchString(uses[1]) {
			t.Errorf("%s is not pinned to a commit", uses[1])
		}
	}
	for _, s := range action.Runs.Steps {
		// What a workflow puts into a script is text, not code: by environment alone.
		if strings.Contains(s.Run, "${{") || s.Run != "" && s.Shell != "bash" {
			t.Errorf("a step of action.yml: %s", s.Run)
		}
	}
}
