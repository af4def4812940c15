package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/internal/golden"
)

// What the pages say of console blocks and commands.
const (
	// prompt starts a line of a console block that is a command; what follows up to
	// the next one is what it prints.
	prompt = "$ kubectl netguard "
	// elided stands, on a line of its own, for any lines of the output.
	elided = "[...]"
)

// Comments above a console block say in which directory its commands are run, and
// that standard error is the content of the next block.
var (
	runIn      = regexp.MustCompile(`^<!-- run in (\S+) -->$`)
	errorBelow = regexp.MustCompile(`^<!-- standard error is the next block -->$`)
)

// pages are all pages that people read, from the top of the repository.
func pages(t *testing.T) []string {
	t.Helper()
	out := []string{"README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/commands/*.md"} {
		found, err := filepath.Glob("../../" + pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d pages, %v", pattern, len(found), err)
		}
		for _, f := range found {
			out = append(out, strings.TrimPrefix(f, "../../"))
		}
	}
	return out
}

// TestPagesShowWhatIsPrinted runs every command of the pages' console blocks and
// compares what it prints, byte for byte. -update rewrites what is shown whole.
func TestPagesShowWhatIsPrinted(t *testing.T) {
	commands := 0
	for _, page := range pages(t) {
		t.Run(page, func(t *testing.T) {
			path, err := filepath.Abs("../../" + page)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			p := consolePage{t: t, dir: "."}
			for line := range strings.Lines(string(text)) {
				p.line(line)
			}
			commands += p.commands
			golden.File(t, path, []byte(p.out.String()))
		})
	}
	if commands < 30 {
		t.Errorf("the pages show %d commands", commands)
	}
}

// consolePage writes a page anew, with what its commands print now.
type consolePage struct {
	t        *testing.T
	out      strings.Builder
	commands int

	inBlock bool
	// dir is where the next block's commands run.
	dir   string
	below bool
	// stderr is what the next block has to be.
	stderr string
	// got is the output of the command whose shown output is being passed over.
	got   string
	shown []string
	ran   bool
}

func (p *consolePage) line(line string) {
	text := strings.TrimSuffix(line, "\n")
	switch {
	case !p.inBlock && runIn.MatchString(text):
		p.dir = runIn.FindStringSubmatch(text)[1]
		p.out.WriteString(line)
	case !p.inBlock && errorBelow.MatchString(text):
		p.below = true
		p.out.WriteString(line)
	case !p.inBlock:
		p.inBlock = text == "```console"
		p.out.WriteString(line)
		if p.inBlock && p.stderr != "" {
			p.got, p.ran, p.stderr = p.stderr, true, ""
		}
	case strings.HasPrefix(line, "```"):
		p.flush()
		p.inBlock, p.dir, p.below = false, ".", false
		p.out.WriteString(line)
	case strings.HasPrefix(line, prompt):
		p.flush()
		p.out.WriteString(line)
		p.command(strings.TrimPrefix(text, prompt))
	default:
		p.shown = append(p.shown, text)
	}
}

func (p *consolePage) command(text string) {
	p.commands++
	r := inDir(p.t, filepath.Join("../..", p.dir), words(text))
	p.got, p.ran = r.stdout+r.stderr, true
	if p.below {
		p.got, p.stderr = r.stdout, r.stderr
	}
}

// flush writes the output of a command in place of what was shown of it.
func (p *consolePage) flush() {
	shown := strings.Join(p.shown, "\n")
	switch {
	case !p.ran && len(p.shown) > 0:
		p.t.Errorf("a console block shows what no command prints:\n%s", shown)
	case slices.Contains(p.shown, elided):
		if !fits(p.shown, strings.Split(strings.TrimSuffix(p.got, "\n"), "\n")) {
			p.t.Errorf("shown:\n%s\n\nprinted:\n%s", shown, p.got)
		}
		p.got = shown + "\n"
	}
	p.out.WriteString(p.got)
	p.got, p.shown, p.ran = "", nil, false
}

// fits tells whether lines are those printed, with any in place of those elided.
func fits(shown, printed []string) bool {
	for i, line := range shown {
		if line != elided {
			if i >= len(printed) || printed[i] != line {
				return false
			}
			continue
		}
		for from := i; from <= len(printed); from++ {
			if fits(shown[i+1:], printed[from:]) {
				return true
			}
		}
		return false
	}
	return len(shown) == len(printed)
}

// words are the words of a command line, whose quotes are single.
func words(line string) []string {
	var out []string
	quoted, open := false, false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted = !quoted
			if !open {
				out, open = append(out, ""), true
			}
		case r == ' ' && !quoted:
			open = false
		case open:
			out[len(out)-1] += string(r)
		default:
			out, open = append(out, string(r)), true
		}
	}
	return out
}

// TestShownCommandsRun runs the commands that pages show without what they print:
// in sh blocks, and in the examples of --help, which are in docs/commands.
func TestShownCommandsRun(t *testing.T) {
	dir := t.TempDir()
	prepare(t, dir)
	ran := 0
	for _, page := range pages(t) {
		text, err := os.ReadFile("../../" + page)
		if err != nil {
			t.Fatal(err)
		}
		block := ""
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if name, ok := strings.CutPrefix(line, "```"); ok {
				block = name
				continue
			}
			var shown []string
			switch {
			case block == "sh":
				shown = append(shown, line)
			case block == "":
				for _, m := range regexp.MustCompile("`(kubectl netguard [^`]*)`").FindAllStringSubmatch(line, -1) {
					shown = append(shown, m[1])
				}
			}
			for _, command := range shown {
				if strings.HasPrefix(command, "kubectl netguard ") && !placeholder(command) {
					ran++
					shownCommand(t, dir, page, command)
				}
			}
		}
	}
	if ran < 40 {
		t.Errorf("only %d commands", ran)
	}
}

// placeholder: the line is how a command is written, and no command.
func placeholder(line string) bool {
	return regexp.MustCompile(`\b[A-Z]{3,}\b|…|\[flags\]|^kubectl netguard (can-reach|snapshot)$`).MatchString(line)
}

// prepare makes the files that examples name.
func prepare(t *testing.T, dir string) {
	t.Helper()
	for _, to := range []string{"manifests", "main/manifests", "branch/manifests"} {
		if err := os.CopyFS(filepath.Join(dir, to), os.DirFS("../../examples/bankapp")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to, "more.yaml"), []byte(more), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(filepath.Join(dir, "main/manifests/policy.yaml"), filepath.Join(dir, "policy.yaml")); err != nil {
		t.Fatal(err)
	}
	in(t, dir, func() {
		if err := os.WriteFile("baseline.json", []byte(run(t, "", "audit", "-f", "manifests", "-o", "json").stdout), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	if err := os.CopyFS(dir, os.DirFS("../../examples/intents")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "bankapp.yaml"), filepath.Join(dir, "intents.yaml")); err != nil {
		t.Fatal(err)
	}
	// Recordings by which a page means those of two days.
	for _, name := range []string{"today.yaml", "tomorrow.yaml"} {
		in(t, dir, func() {
			if r := run(t, "", "snapshot", "-f", "manifests", "-n", "bank", "-o", name); r.status != 0 {
				t.Fatal(r.stderr)
			}
		})
	}
}

// more are objects that examples name beside those of examples/bankapp.
const more = `
apiVersion: v1
kind: Pod
metadata: {name: frontend-0, namespace: bank, labels: {app: frontend-0}}
spec: {containers: [{name: c, image: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: bankapp-0, namespace: bank, labels: {app: bankapp-0}}
spec: {containers: [{name: c, image: c, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Pod
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: c, image: c, ports: [{containerPort: 53, protocol: UDP}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: bank}
spec: {selector: {app: bankapp-0}, ports: [{port: 5432, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: prometheus, namespace: monitoring}
spec: {selector: {matchLabels: {app: prometheus}}, template: {metadata: {labels: {app: prometheus}}, spec: {containers: [{name: c, image: c}]}}}
`

// shownCommand runs the commands of a line that are ours; the cluster that the
// line asks is the prepared manifests.
func shownCommand(t *testing.T, dir, page, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, " && ")
	stdin := ""
	for part := range strings.SplitSeq(line, "|") {
		text, ours := strings.CutPrefix(strings.TrimSpace(part), "kubectl netguard ")
		if !ours {
			return
		}
		args := words(text)
		switch {
		case args[0] == "probe":
			return // it tries in a cluster; test/dataplane runs it
		case args[0] == "diff" && !slices.Contains(args, "--against"):
			args = append(args, "--against", "manifests", "-n", "bank")
		case args[0] == "verify" && !slices.Contains(args, "manifests/"):
			args = append(args, "-f", "manifests")
		case slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--keep-current=") }):
			args = append(args, "-f", "main/manifests") // where nothing isolates the backend yet
		case !slices.Contains(args, "-f") && args[0] != "diff":
			args = append(args, "-f", "manifests")
		}
		var r result
		in(t, dir, func() { r = run(t, stdin, args...) })
		if r.status == 2 {
			t.Errorf("%s: kubectl netguard %s: %s", page, strings.Join(args, " "), r.stderr)
		}
		stdin = r.stdout
	}
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
