package e2e

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/test/controlplane"
)

// Exit statuses, as every --help promises.
const (
	yes       = 0
	no        = 1
	failed    = 2
	undecided = 3
)

// The parts of the JSON reports that the tests look at. They are written down here, and not taken from pkg/report, because
// whoever scripts netguard depends on these names.
type (
	end struct {
		Kind, Namespace, Name string
		Addresses             []string
	}
	members struct {
		End          end
		Names, Nodes []string
		Count, Total int
	}
	port struct {
		Protocol     string
		Pod, Service int
	}
	mismatch struct {
		Reason, Path, Want, Got string
		ServicePort             bool
	}
	object struct{ Kind, Namespace, Name string }
	clause struct {
		Path     string
		Mismatch *mismatch
	}
	rule struct {
		Path         string
		Peers, Ports []clause
	}
	hop struct {
		Kind, Verdict, Reason, Detail string
		Policies                      []struct {
			Policy object
			Rules  []rule
		}
		Needs []string
	}
	answer struct {
		Verdict, Reason string
		Source, Target  members
		Ports           []port
		Hops            []hop
		Caveats         []struct{ Code string }
	}
	gap         struct{ Needs, Reason string }
	enforcement struct{ Plugin, Enforced, Evidence, Needs string }
	explanation struct {
		APIVersion, Kind, Verdict string
		Partly                    bool
		Enforcement               enforcement
		Answers                   []answer
		Fix                       *struct {
			Verdict string
			Patches []struct {
				Policy                 object
				Patch, Command, Change string
			}
		}
		Gaps []gap
	}
	permission struct {
		Kind, Verdict, Reason, Detail string
		Enforcement                   enforcement
		Gaps                          []gap
	}
	row struct {
		Verdict, Reason, Scope, Hop, Detail string
		Ends                                []members
		Ports                               []port
		Nearest                             *mismatch
		DecidedBy                           []struct{ Policy object }
	}
	reach struct {
		Kind        string
		Enforcement enforcement
		Rows        []row
		Gaps        []gap
	}
	edge struct {
		From, To end
		Verdict  string
	}
	netmap struct {
		Kind        string
		Enforcement enforcement
		Edges       []edge
		Gaps        []gap
	}
	version struct {
		Kind        string
		Enforcement enforcement
		PolicyKinds []string
		Access      struct {
			Missing []struct {
				Needs       string
				InNamespace bool
			}
			Unchecked string
		}
		Gaps []gap
	}
)

// as returns kubectl for a user that TestMain made a token for.
func as(t *testing.T, user string) *controlplane.Kubectl {
	t.Helper()
	kubeconfig, err := cluster.Kubeconfig(user)
	if err != nil {
		t.Fatal(err)
	}
	return cluster.ControlPlane.Kubectl(kubeconfig, cluster.PluginDir)
}

// run types `kubectl netguard …` and expects an exit status. What is no error says nothing on stderr but notes.
func run(t *testing.T, k *controlplane.Kubectl, status int, args ...string) controlplane.Result {
	t.Helper()
	r, err := k.Run(t.Context(), append([]string{"netguard"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	if r.ExitCode != status {
		t.Errorf("kubectl netguard %s: exit status %d, want %d\nstdout:\n%s\nstderr:\n%s", strings.Join(args, " "), r.ExitCode, status, r.Stdout, r.Stderr)
	}
	for line := range strings.Lines(r.Stderr) {
		if status != failed && !strings.HasPrefix(line, "note: ") {
			t.Errorf("kubectl netguard %s: on stderr: %s", strings.Join(args, " "), line)
		}
	}
	return r
}

// ask is run with -o json, decoded.
func ask[T any](t *testing.T, k *controlplane.Kubectl, status int, args ...string) T {
	t.Helper()
	r := run(t, k, status, append(args, "-o", "json")...)
	var out T
	if err := json.Unmarshal([]byte(r.Stdout), &out); err != nil {
		t.Fatalf("kubectl netguard %s: %v\n%s", strings.Join(args, " "), err, r.Stdout)
	}
	return out
}

// fails expects an error: one clear line on stderr that holds the given words, nothing on stdout, exit status 2.
func fails(t *testing.T, k *controlplane.Kubectl, args []string, words ...string) {
	t.Helper()
	r := run(t, k, failed, args...)
	if r.Stdout != "" {
		t.Errorf("kubectl netguard %s: on stdout: %s", strings.Join(args, " "), r.Stdout)
	}
	if strings.Count(r.Stderr, "\n") != 1 || !strings.HasPrefix(r.Stderr, "error: ") {
		t.Errorf("kubectl netguard %s: want one line on stderr, got:\n%s", strings.Join(args, " "), r.Stderr)
	}
	for _, w := range words {
		if !strings.Contains(r.Stderr, w) {
			t.Errorf("kubectl netguard %s: stderr does not say %q: %s", strings.Join(args, " "), w, r.Stderr)
		}
	}
}

// must runs kubectl as admin.
func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := cluster.Admin.Must(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// apply applies a manifest as admin, and deletes its objects when the test ends.
func apply(t *testing.T, path string) {
	t.Helper()
	t.Cleanup(func() {
		if _, err := cluster.Admin.Must(background(), "delete", "-f", path, "--ignore-not-found", "--wait"); err != nil {
			t.Error(err)
		}
	})
	must(t, "apply", "-f", path)
}

// background outlives a test, for what is done after it.
func background() context.Context { return context.Background() }

// says expects words in a text.
func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("it does not say %q:\n%s", w, text)
		}
	}
}

func verdicts(x explanation) map[string]int {
	out := map[string]int{}
	for _, a := range x.Answers {
		out[a.Verdict]++
	}
	return out
}

// rowOf finds the row of an end.
func rowOf(t *testing.T, r reach, kind, namespace, name string) row {
	t.Helper()
	for _, row := range r.Rows {
		if slices.ContainsFunc(row.Ends, func(m members) bool {
			return m.End.Kind == kind && m.End.Namespace == namespace && m.End.Name == name
		}) {
			return row
		}
	}
	t.Fatalf("no row for %s %s/%s in %+v", kind, namespace, name, r.Rows)
	return row{}
}

func hasEdge(m netmap, from, to, verdict string) bool {
	return slices.ContainsFunc(m.Edges, func(e edge) bool {
		return e.From.Name == from && e.To.Name == to && e.Verdict == verdict
	})
}
