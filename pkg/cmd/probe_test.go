package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What probe cannot do is said before anything is read or created.
func TestProbeUsage(t *testing.T) {
	manifest := filepath.Join(t.TempDir(), "deploy.yaml")
	if err := os.WriteFile(manifest, []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"probe":          "SOURCE and TARGET are missing",
		"probe deploy/x": "TARGET is missing",
		"probe deploy/x svc/y --exec c --from-pod-like deploy/x": "name one",
		"probe deploy/x svc/y --timeout=0s":                      "--timeout",
		"probe deploy/x svc/y --limit=0":                         "--limit",
		"probe deploy/x svc/y --from-pod-like svc/y":             "neither a workload nor a pod",
		"probe --all-of deploy/x":                                "is no namespace",
		"probe --all-of ns/x -f intents.yaml":                    "name one",
		"probe -f " + manifest:                                   "reads intents",
		"probe deploy/x svc/y -k .":                              "nothing runs",
	} {
		if r := run(t, "", strings.Fields(line)...); r.status != 2 || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, %q, want %q", line, r.status, r.stderr, want)
		}
	}
}
