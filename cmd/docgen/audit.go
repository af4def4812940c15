package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/audit"
)

const (
	// findingPages is the directory of the pages of audit's findings, which the analysers
	// say better.
	findingPages = "docs/audit"
	// findingStates are the states in which the tests find them.
	findingStates = "pkg/audit/testdata"
)

// findings are the pages of all findings of the repository at root.
func findings(root string) (map[string]string, error) {
	base, err := documents(filepath.Join(root, findingStates, "base.yaml"))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	var index strings.Builder
	index.WriteString(generated + "# Findings of audit\n\n`kubectl netguard audit` finds these, proven from verdicts; [audit.md](../audit.md) says how to use it.\n\n")
	index.WriteString("| Code | Severity | What is wrong | Elsewhere |\n|---|---|---|---|\n")
	for _, a := range audit.All() {
		fmt.Fprintf(&index, "| [%s](%s.md) %s | %s | %s | %s |\n", a.Code, a.Code, a.Name, strings.ToLower(string(a.Severity)), a.Title, strings.Join(a.Others, "; "))
		wrong, err := documents(filepath.Join(root, findingStates, a.Code, "wrong.yaml"))
		if err != nil {
			return nil, err
		}
		out[path.Join(findingPages, a.Code+".md")] = findingPage(a, wrong, base)
	}
	out[path.Join(findingPages, "README.md")] = index.String()
	return out, nil
}

func findingPage(a *audit.Analyzer, wrong, base []document) string {
	var b strings.Builder
	b.WriteString(generated)
	fmt.Fprintf(&b, "# %s: %s\n\n%s. Severity: %s.\n\n%s\n\n", a.Code, a.Name, a.Title, strings.ToLower(string(a.Severity)), a.Doc)
	fmt.Fprintf(&b, "## Why it hurts\n\n%s\n\n## Wrong\n", a.Why)
	mended := ""
	for _, w := range wrong {
		fence(&b, "yaml", w.text)
		for _, m := range base {
			if m.id == w.id {
				mended += "---\n" + m.text
			}
		}
	}
	fmt.Fprintf(&b, "\n## Mended\n\n%s\n", a.Mend)
	if mended != "" {
		fence(&b, "yaml", strings.TrimPrefix(mended, "---\n"))
	}
	b.WriteString("\n## Sources\n\n")
	for _, s := range a.Sources {
		b.WriteString("- <" + s + ">\n")
	}
	if len(a.Others) > 0 {
		b.WriteString("\nElsewhere: " + strings.Join(a.Others, "; ") + ".\n")
	}
	return b.String()
}

// document is one of a manifest, without what the tests want of it.
type document struct{ id, text string }

func documents(file string) ([]document, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []document
	for _, doc := range regexp.MustCompile(`(?m)^---\n`).Split(string(text), -1) {
		doc = regexp.MustCompile(`(?m)^# (want|gone:) .*\n`).ReplaceAllString(doc, "")
		var o struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
		}
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if o.Kind != "" {
			out = append(out, document{o.Kind + "/" + o.Metadata.Namespace + "/" + o.Metadata.Name, doc})
		}
	}
	return out, nil
}
