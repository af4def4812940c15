package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// entries are an archive's content.
func entries() []entry {
	return []entry{{"LICENSE", 0o644, []byte("text")}, {"kubectl-netguard", 0o755, bytes.Repeat([]byte("netguard"), 9999)}}
}

func TestArchivesKnowNoTimeAndNoOwner(t *testing.T) {
	for name, pack := range map[string]func([]entry) ([]byte, error){"tar": tarred, "zip": zipped} {
		first, err := pack(entries())
		if err != nil {
			t.Fatal(err)
		}
		second, err := pack(entries())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s: two archives of the same files differ", name)
		}
	}
}

func TestVersions(t *testing.T) {
	for version, ok := range map[string]bool{
		"v0.1.0": true, "v1.2.3-rc.1": true, "v0.0.0-g1a2b3c4-dirty": true,
		"": false, "0.1.0": false, "v1": false, "v1.2.3+meta": false, "v1.2.3 -X a=b": false,
	} {
		if semver.MatchString(version) != ok {
			t.Errorf("%q: accepted is %t", version, !ok)
		}
	}
}

// The index that is checked in is the template, rendered: whatever is changed in one has to be changed in the other.
func TestIndexIsTheRenderedTemplate(t *testing.T) {
	text, err := os.ReadFile("../../krew-manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile("../../plugins/netguard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var plugin struct {
		Spec struct {
			Version   string
			Platforms []struct{ URI, SHA256 string }
		}
	}
	if err := yaml.Unmarshal(index, &plugin); err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	for _, p := range plugin.Spec.Platforms {
		file, ok := strings.CutPrefix(p.URI, releaseURL+plugin.Spec.Version+"/")
		if !ok {
			t.Errorf("%s is no file of release %s", p.URI, plugin.Spec.Version)
		}
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(p.SHA256) {
			t.Errorf("%s has no checksum: %q", file, p.SHA256)
		}
		sums[file] = p.SHA256
	}
	for _, platform := range platforms() {
		goos, goarch, _ := strings.Cut(platform, "/")
		p := &program{os: goos, arch: goarch, version: plugin.Spec.Version}
		if sums[p.archiveName()] == "" {
			t.Errorf("%s is not in the index", p.archiveName())
		}
	}
	want, err := renderManifest(string(text), plugin.Spec.Version, sums)
	if err != nil {
		t.Fatal(err)
	}
	if string(index) != string(want) {
		t.Errorf("plugins/netguard.yaml is not what krew-manifest.yaml says; want:\n%s", want)
	}
}

func TestManifestWantsEveryArchive(t *testing.T) {
	_, err := renderManifest(`{{addURIAndSha "https://x/{{ .TagName }}/a_{{ .TagName }}.zip" .TagName }}`, "v1.0.0", nil)
	if err == nil || !strings.Contains(err.Error(), "a_v1.0.0.zip is not part of the release") {
		t.Errorf("got error %v", err)
	}
}

func TestBillOfMaterials(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Deps: []*debug.Module{
		{Path: "example.com/a", Version: "v1.0.0"},
		{Path: "example.com/b", Version: "v2.0.0+incompatible"},
		{Path: "example.com/c", Version: "v3.0.0", Replace: &debug.Module{Path: "example.com/fork", Version: "v3.0.1"}},
	}}
	p := &program{os: "linux", arch: "amd64", version: "v0.1.0", info: info}
	out, err := p.spdx(p.archiveName(), strings.Repeat("0", 64), fixedTime())
	if err != nil {
		t.Fatal(err)
	}
	var document spdxDocument
	if err := json.Unmarshal(out, &document); err != nil {
		t.Fatal(err)
	}
	var purls []string
	ids := map[string]bool{}
	for _, pkg := range document.Packages {
		purls = append(purls, pkg.References[0].Locator)
		if ids[pkg.ID] || !regexp.MustCompile(`^SPDXRef-[A-Za-z0-9.-]+$`).MatchString(pkg.ID) {
			t.Errorf("%q is no identifier, or not the only one", pkg.ID)
		}
		ids[pkg.ID] = true
	}
	want := "pkg:golang/github.com/kubectl-netguard/netguard@v0.1.0 pkg:golang/stdlib@1.26.8 pkg:golang/example.com/a@v1.0.0 " +
		"pkg:golang/example.com/b@v2.0.0%2Bincompatible pkg:golang/example.com/fork@v3.0.1"
	if got := strings.Join(purls, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, r := range document.Relationships {
		if r.Element != document.ID && !ids[r.Element] || !ids[r.Related] {
			t.Errorf("%v relates what is not there", r)
		}
	}
}

func TestSourceDate(t *testing.T) {
	if got, err := sourceDate("1700000000"); err != nil || got.Unix() != 1700000000 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := sourceDate("yesterday"); err == nil {
		t.Error("no error")
	}
}

// TestAFailedReleaseLeavesTheLastOne: neither half a release, nor none where there was one.
func TestAFailedReleaseLeavesTheLastOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dist")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	last := filepath.Join(dir, "checksums.txt")
	if err := os.WriteFile(last, []byte("last\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), []string{"-version", "v9.9.9", "-dir", dir, "-platforms", "plan9/none"}, io.Discard)
	if err == nil {
		t.Fatal("a platform that there is none of was built for")
	}
	if text, err := os.ReadFile(last); err != nil || string(text) != "last\n" {
		t.Errorf("the last release: %q, %v", text, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "*")); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
