package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/internal/golden"
)

// prompt starts the lines of README's console blocks that are commands; what
// follows up to the next one is what they print.
const prompt = "$ kubectl netguard "

// TestREADMEShowsWhatIsPrinted runs every command of README.md's console blocks
// at the top of the repository and compares what it prints, byte for byte.
func TestREADMEShowsWhatIsPrinted(t *testing.T) {
	readme, err := filepath.Abs("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	inBlock, commands := false, 0
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "```console"):
			inBlock = true
			out.WriteString(line)
		case strings.HasPrefix(line, "```"):
			inBlock = false
			out.WriteString(line)
		case !inBlock:
			out.WriteString(line)
		case strings.HasPrefix(line, prompt):
			out.WriteString(line)
			r := inDir(t, "../..", strings.Fields(strings.TrimPrefix(line, prompt)))
			out.WriteString(r.stdout + r.stderr)
			commands++
		}
	}
	if commands < 4 {
		t.Errorf("README.md shows %d commands", commands)
	}
	golden.File(t, readme, []byte(out.String()))
}

// TestREADMEListsEveryCommand keeps the table of commands whole.
func TestREADMEListsEveryCommand(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, help, ok := strings.Cut(run(t, "", "--help").stdout, "Available Commands:\n")
	if !ok {
		t.Fatal("--help lists no commands")
	}
	for line := range strings.Lines(help) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" {
			break
		}
		if name != "help" && !strings.Contains(string(text), "| `"+name) {
			t.Errorf("README.md does not list %s", name)
		}
	}
}
