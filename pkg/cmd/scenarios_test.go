package cmd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/internal/golden"
)

// TestScenarios runs what people come with. Each folder of testdata/scenarios, or of
// doors in it, is one situation, named as a sentence: cluster.yaml is the state, others beside it are what diff compares it with, NAME.args one
// command line, a word per field of it, and NAME.txt what it prints, after a
// first line with the exit status; NAME.err is standard error, if any.
func TestScenarios(t *testing.T) {
	const root = "testdata/scenarios"
	var states []string
	for _, pattern := range []string{"*", "*/*"} {
		found, err := filepath.Glob(filepath.Join(root, pattern, "cluster.yaml"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s (%v)", pattern, err)
		}
		states = append(states, found...)
	}
	for _, state := range states {
		dir := filepath.Dir(state)
		t.Run(strings.TrimPrefix(dir, root+"/"), func(t *testing.T) {
			commands, err := filepath.Glob(filepath.Join(dir, "*.args"))
			if err != nil || len(commands) == 0 {
				t.Fatalf("no commands in %s (%v)", dir, err)
			}
			states, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			expected := golden.New(t, dir, append(commands, states...)...)
			for _, command := range commands {
				words, err := os.ReadFile(command)
				if err != nil {
					t.Fatal(err)
				}
				name := strings.TrimSuffix(filepath.Base(command), ".args")
				t.Run(name, func(t *testing.T) {
					r := inDir(t, dir, append(strings.Fields(string(words)), "-f", "cluster.yaml"))
					expected.Check(t, name+".txt", fmt.Appendf(nil, "exit %d\n%s", r.status, r.stdout))
					if r.stderr != "" {
						expected.Check(t, name+".err", []byte(r.stderr))
					}
				})
			}
		})
	}
}

// inDir runs a command in another directory, so that the files it names are
// named as a user there would.
func inDir(t *testing.T, dir string, args []string) (r result) {
	t.Helper()
	in(t, dir, func() { r = run(t, "", slices.Clone(args)...) })
	return r
}

// in does something in another directory.
func in(t *testing.T, dir string, do func()) {
	t.Helper()
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chdir(dir); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := os.Chdir(home); err != nil {
			t.Fatal(err)
		}
	}()
	do()
}
