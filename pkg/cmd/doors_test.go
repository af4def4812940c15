package cmd_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-netguard/netguard/pkg/cmd"
	"github.com/kubectl-netguard/netguard/pkg/internal/golden"
)

// TestDoors runs real cases of front doors that do not work. Each folder of
// testdata/doors is one: wrong as people had it, fixed as it should be. Both have
// the files of a scenario: cluster.yaml is the state, NAME.args a command line,
// NAME.txt what it prints, after a line with the exit status.
func TestDoors(t *testing.T) {
	folders, err := filepath.Glob("testdata/doors/*/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	for _, dir := range folders {
		t.Run(strings.TrimPrefix(dir, "testdata/doors/"), func(t *testing.T) {
			commands, err := filepath.Glob(filepath.Join(dir, "*.args"))
			if err != nil || len(commands) == 0 {
				t.Fatalf("no commands in %s (%v)", dir, err)
			}
			expected := golden.New(t, dir, append(commands, filepath.Join(dir, "cluster.yaml"))...)
			for _, command := range commands {
				words, err := os.ReadFile(command)
				if err != nil {
					t.Fatal(err)
				}
				name := strings.TrimSuffix(filepath.Base(command), ".args")
				t.Run(name, func(t *testing.T) {
					status, stdout, stderr := door(t, dir, append(strings.Fields(string(words)), "-f", "cluster.yaml"))
					expected.Check(t, name+".txt", fmt.Appendf(nil, "exit %d\n%s", status, stdout))
					if stderr != "" {
						t.Errorf("stderr: %s", stderr)
					}
				})
			}
		})
	}
}

// door runs a command line in a directory as main does, on no terminal and with
// no cluster.
func door(t *testing.T, dir string, args []string) (status int, stdout, stderr string) {
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
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	var out, notes bytes.Buffer
	status = cmd.Main(context.Background(), args,
		genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &notes},
		cmd.Environment{Getenv: func(string) string { return "" }})
	return status, out.String(), notes.String()
}
