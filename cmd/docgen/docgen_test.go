package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// The pages are what the code says now.
func TestDocsAreUpToDate(t *testing.T) {
	want := commands()
	maps.Copy(want, roles())
	more, err := findings(root)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(want, more)
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(root, name))
		switch {
		case err != nil:
			t.Errorf("%v: run make docs", err)
		case string(got) != text:
			t.Errorf("%s is behind: run make docs", name)
		}
	}
	for _, dir := range []string{commandPages, findingPages} {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if _, ok := want[dir+"/"+e.Name()]; !ok {
				t.Errorf("%s/%s is of nothing any more: run make docs", dir, e.Name())
			}
		}
	}
}

// A page says the same on every machine.
func TestPagesKnowNoHome(t *testing.T) {
	t.Setenv("HOME", "/home/somebody")
	for name, text := range commands() {
		if strings.Contains(text, "somebody") {
			t.Errorf("%s tells whose machine it was written on", name)
		}
	}
}
