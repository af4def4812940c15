package record_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/internal/recorded"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
)

// load reads manifests.
func load(t *testing.T, names ...string) *snapshot.Snapshot {
	t.Helper()
	m, err := files.New(files.Options{Filenames: names})
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// folders are all the clusters in files that the tests of this project have.
func folders(t *testing.T) []string {
	t.Helper()
	out := []string{"../files/testdata/dump.yaml", "../../../examples/bankapp"}
	for _, pattern := range []string{"../../cmd/testdata/*/*/cluster.yaml", "../../cmd/testdata/scenarios/doors/*/cluster.yaml", "../../cmd/testdata/doors/*/*/cluster.yaml", "../../plan/testdata/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		out = append(out, found...)
	}
	return out
}

// A snapshot that was recorded and read again is the same, and so is what tells
// about the network plugin.
func TestRecordedStatesAreReadAgainAsTheyWere(t *testing.T) {
	for _, path := range folders(t) {
		t.Run(path, func(t *testing.T) {
			s := load(t, path)
			again := recorded.Again(t, s)
			if was, is := cni.Detect(s), cni.Detect(again); was.Name != is.Name || was.Enforced != is.Enforced || was.Evidence != is.Evidence {
				t.Errorf("network plugin %+v, before %+v", is, was)
			}
			if first, second := recorded.Text(t, s), recorded.Text(t, again); !bytes.Equal(first, second) {
				t.Errorf("recorded again:\n%s\nthe first time:\n%s", second, first)
			}
		})
	}
}
