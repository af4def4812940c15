package pkg_test

import (
	"bytes"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers is the straight way through the code, from the vocabulary up: a package
// imports only what stands in the lines above its own.
var layers = [][]string{
	{"connset", "address", "selector", "protolist", "kinds", "annotations"},
	{"report", "reference"},
	{"snapshot"},
	{"policy"},
	{"policy/fields"},
	{"policy/networkpolicy", "policy/clusternetworkpolicy", "policy/calico"}, // dialects: their objects as rules of policy
	{"cni", "settings"},
	{"model", "source", "source/objects"},
	{"source/live", "source/manifest", "source/try"}, // try is the only one that writes to a cluster
	{"source/record"},
	{"source/files"},
	{"overlay"},
	{"guard"},
	{"frontdoor"},
	{"plan"}, // it asks what the rooms of meaning have to know, and what that takes to read
	{"anonymous"},
	{"document"},
	{"query"},
	{"audit", "verify"},
	{"probe"},
	{"printer/picture"},
	{"printer"},
	{"printer/findings"}, // for programs that check
	{"mcp"},
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

// Whatever changes something in a cluster is in source/try: no other package calls a client's verbs that write, or opens
// a stream into a container. Reviews of one's own permissions are created, and change nothing.
func TestOnlyTryWrites(t *testing.T) {
	writes := regexp.MustCompile(`\.(Create|Update|UpdateStatus|Patch|Delete|DeleteCollection|Apply|ApplyStatus|Bind|EvictV1)\(\s*(ctx|c\.Context|context\.)|tools/remotecommand`)
	found := false
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for line := range strings.Lines(string(text)) {
			if !writes.MatchString(line) || strings.Contains(line, "SelfSubject") {
				continue
			}
			if found = found || strings.HasPrefix(path, "source/try/"); !strings.HasPrefix(path, "source/try/") {
				t.Errorf("pkg/%s writes to a cluster: %s", path, strings.TrimSpace(line))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		t.Error("source/try does not write either: the pattern is wrong")
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
		if ours && !slices.Contains([]string{"report", "connset", "reference", "address", "printer/picture"}, dep) {
			t.Errorf("pkg/printer imports pkg/%s", dep)
		}
	}
}

// maxPackage and maxFile are how many lines a package and a file may have, without
// tests: a room that one person can know, a file with one subject.
const (
	maxPackage = 4000
	maxFile    = 500
)

// large are the rooms and files that are larger than that, and what they may have. The
// list is to become shorter: cut what is on it by its subjects, and add nothing.
var large = map[string]int{
	"query":     14_700,
	"printer":   5_900,
	"frontdoor": 7_500, // a file for each controller, and their guards

	"query/collect.go":          600,
	"query/scaffold.go":         800,
	"query/scaffold_clients.go": 600,
	"query/scaffold_prove.go":   800,
}

func TestRoomsAreSmall(t *testing.T) {
	sizes := map[string]int{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		lines := bytes.Count(text, []byte("\n"))
		sizes[path] += lines
		sizes[filepath.Dir(path)] += lines
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, lines := range sizes {
		most := maxPackage
		if strings.HasSuffix(path, ".go") {
			most = maxFile
		}
		if more, listed := large[path]; listed {
			if lines <= most {
				t.Logf("pkg/%s has %d lines by now: take it off the list", path, lines)
			}
			most = more
		}
		if lines > most {
			t.Errorf("pkg/%s has %d lines, and %d at most are one subject: cut it by its subjects", path, lines, most)
		}
	}
	for path := range large {
		if sizes[path] == 0 {
			t.Errorf("pkg/%s is on the list and not there", path)
		}
	}
}

// Files that docs/ARCHITECTURE.md and the guide for contributors name are there.
func TestTheMapOfTheHouseIsTrue(t *testing.T) {
	for _, page := range []string{"../docs/ARCHITECTURE.md", "../.github/CONTRIBUTING.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		named := regexp.MustCompile("`((?:pkg|cmd|docs|test|examples)/[A-Za-z0-9_./-]*)`").FindAllSubmatch(text, -1)
		if len(named) < 10 {
			t.Errorf("%s names %d files", page, len(named))
		}
		for _, n := range named {
			if path := string(n[1]); !strings.Contains(path, "NAME") {
				if _, err := os.Stat(filepath.Join("..", path)); err != nil {
					t.Errorf("%s names %s, which is not there", page, path)
				}
			}
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
