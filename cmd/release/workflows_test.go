package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestWorkflows holds what CI runs against what is there: steps call targets of the
// Makefile, and actions are pinned by the commit that they were looked at in.
func TestWorkflows(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no workflows (%v)", err)
	}
	pinned := regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40}$`)
	target := regexp.MustCompile(`\bmake ([a-z0-9-]+)`)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var workflow struct {
			Permissions map[string]string
			Jobs        map[string]struct {
				TimeoutMinutes int `json:"timeout-minutes"`
				Steps          []struct{ Uses, Run string }
			}
		}
		if err := yaml.Unmarshal(text, &workflow); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if len(workflow.Permissions) != 1 || workflow.Permissions["contents"] != "read" {
			t.Errorf("%s: a workflow may read the contents, and its jobs ask for more: %v", path, workflow.Permissions)
		}
		for name, job := range workflow.Jobs {
			if job.TimeoutMinutes == 0 || len(job.Steps) == 0 {
				t.Errorf("%s: job %s has no timeout-minutes, or no steps", path, name)
			}
			for _, step := range job.Steps {
				if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s: %s is not pinned by a commit", path, step.Uses)
				}
				for _, m := range target.FindAllStringSubmatch(step.Run, -1) {
					if !strings.Contains(string(makefile), "\n"+m[1]+":") {
						t.Errorf("%s: make %s is no target", path, m[1])
					}
				}
			}
		}
	}
}

// TestIssueForms: forms parse, and the one for bugs asks for a recording.
func TestIssueForms(t *testing.T) {
	paths, err := filepath.Glob("../../.github/ISSUE_TEMPLATE/*.yml")
	if err != nil || len(paths) < 3 {
		t.Fatalf("%d forms (%v)", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var form map[string]any
		if err := yaml.UnmarshalStrict(text, &form); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if filepath.Base(path) == "bug.yml" && !strings.Contains(string(text), "snapshot QUESTION -o bug.yaml") {
			t.Errorf("%s does not ask for a recording", path)
		}
	}
}

// TestChangelog: what is offered for installation stands in the changelog, or is yet to
// be released.
func TestChangelog(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	headings := regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(string(text), -1)
	if len(headings) == 0 || headings[0][1] != "Unreleased" && !regexp.MustCompile(`^\[?v?\d+\.\d+\.\d+`).MatchString(headings[0][1]) {
		t.Errorf("the changelog begins with %v", headings)
	}
}
