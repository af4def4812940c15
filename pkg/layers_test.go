package pkg_test

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers is the straight way through the code, from the vocabulary up: a package
// imports only what stands in the lines above its own.
var layers = [][]string{
	{"connset", "address", "selector", "protolist", "kinds"},
	{"report", "reference"},
	{"snapshot"},
	{"policy"},
	{"policy/fields"},
	{"policy/networkpolicy", "policy/clusternetworkpolicy"}, // dialects: their objects as rules of policy
	{"cni"},
	{"model", "source", "source/objects"},
	{"source/live", "source/manifest"},
	{"source/record"},
	{"source/files"},
	{"overlay"},
	{"frontdoor"},
	{"plan"}, // it asks what the rooms of meaning have to know, and what that takes to read
	{"anonymous"},
	{"query"},
	{"printer"},
	{"cmd"},
}

const modulePath = "github.com/kubectl-netguard/netguard/pkg/"

func TestImportsPointDown(t *testing.T) {
	var below []string
	for _, layer := range layers {
		for _, name := range layer {
			pkg, err := build.ImportDir(name, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range pkg.Imports {
				dep, ours := strings.CutPrefix(path, modulePath)
				if ours && !slices.Contains(below, dep) {
					t.Errorf("pkg/%s imports pkg/%s, which is not below it", name, dep)
				}
			}
		}
		below = append(below, layer...)
	}
}

// Printers print reports and nothing else.
func TestPrinterSeesReportsOnly(t *testing.T) {
	pkg, err := build.ImportDir("printer", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pkg.Imports {
		dep, ours := strings.CutPrefix(path, modulePath)
		if ours && !slices.Contains([]string{"report", "connset", "reference", "address"}, dep) {
			t.Errorf("pkg/printer imports pkg/%s", dep)
		}
	}
}

func TestEveryPackageHasALayer(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == "testdata" || path == "internal" {
			return filepath.SkipDir
		}
		if goFiles, err := filepath.Glob(filepath.Join(path, "*.go")); err != nil || len(goFiles) == 0 || path == "." {
			return err
		}
		if !slices.ContainsFunc(layers, func(l []string) bool { return slices.Contains(l, path) }) {
			t.Errorf("pkg/%s stands in no layer", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
