package cmd_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// question is a command line of a scenario without what says how the answer is
// shown, and whether it is one that can be recorded.
func question(words []string) ([]string, bool) {
	if !slices.Contains([]string{"explain", "can-reach", "who-can-reach", "reachable-from", "map", "scaffold"}, words[0]) {
		return nil, false
	}
	var out []string
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "-o":
			i++
		case "--no-headers", "-q", "--by-name":
		default:
			out = append(out, words[i])
		}
	}
	return out, true
}

// questionFiles are the command lines of the scenarios and of the front doors.
func questionFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"testdata/scenarios/*/*.args", "testdata/scenarios/doors/*/*.args", "testdata/doors/*/*/*.args"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		out = append(out, found...)
	}
	return out
}

// TestSnapshotsAreAnsweredAlike records every question of the scenarios and of the
// front doors, and asks it again: the answer is the same, byte for byte.
func TestSnapshotsAreAnsweredAlike(t *testing.T) {
	asked := 0
	for _, file := range questionFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(string(text))
		recorded, ok := question(words)
		if !ok {
			continue
		}
		asked++
		t.Run(strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".args"), func(t *testing.T) {
			dir, state := filepath.Dir(file), filepath.Join(t.TempDir(), "state.yaml")
			r := inDir(t, dir, append([]string{"snapshot"}, append(recorded, "-f", "cluster.yaml", "-o", state)...))
			if r.status != 0 || r.stdout != "" {
				t.Fatalf("exit status %d\n%s%s", r.status, r.stdout, r.stderr)
			}
			want := inDir(t, dir, append(words, "-f", "cluster.yaml"))
			got := inDir(t, dir, append(words, "-f", state))
			if got != want {
				t.Errorf("recorded: exit status %d\n%s%s\nbefore: exit status %d\n%s%s", got.status, got.stdout, got.stderr, want.status, want.stdout, want.stderr)
			}
			// The command that the recording notes gives the same again.
			_, note, _ := strings.Cut(r.stderr, "kubectl netguard ")
			got = inDir(t, dir, strings.Fields(note))
			want = inDir(t, dir, append(recorded, "-f", "cluster.yaml"))
			if got.stdout != want.stdout || got.status != want.status {
				t.Errorf("%s\nexit status %d\n%s%s\nwant\n%s", note, got.status, got.stdout, got.stderr, want.stdout)
			}
		})
	}
	if asked < 40 {
		t.Errorf("only %d questions", asked)
	}
}

func TestSnapshotRefuses(t *testing.T) {
	const bank = "-f ../../examples/bankapp -n bank"
	dir := t.TempDir()
	state, other := filepath.Join(dir, "state.yaml"), filepath.Join(dir, "other.yaml")
	for _, file := range []string{state, other} {
		if r := run(t, "", strings.Fields("snapshot "+bank+" -o "+file)...); r.status != 0 {
			t.Fatal(r.stderr)
		}
	}
	tests := map[string]string{
		"snapshot nonsense " + bank: `error: "nonsense" is no question to record; those are can-reach, explain, map, reachable-from, scaffold, who-can-reach;` +
			" see 'kubectl netguard snapshot --help'\n",
		"snapshot map -o json " + bank:          "error: -o is the file to write to, not a format; for a file that is called json: -o ./json\n",
		"snapshot map -o /nowhere/x " + bank:    "error: cannot write /nowhere/x: no such file or directory\n",
		"snapshot explain a " + bank:            "error: TARGET is missing; see 'kubectl netguard snapshot explain --help'\n",
		"snapshot explain a/b/c/d x " + bank:    "error: ",
		"snapshot map -f nowhere":               "error: nowhere: no such file or directory\n",
		"map -A -f " + state + " " + bank:       "cannot be read together with the recorded state in " + state,
		"map -A -f " + state + " -f " + other:   "is a second recorded state; the first is in ",
		"snapshot explain x svc/nosuch " + bank: "note: the question itself ends with an error, and will again: ",
	}
	for line, want := range tests {
		r := run(t, "", strings.Fields(line)...)
		if !strings.Contains(r.stderr, want) || strings.HasPrefix(r.stderr, "error") && (r.status != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1) {
			t.Errorf("%s: exit status %d, stderr %q, want %q\n%s", line, r.status, r.stderr, want, r.stdout)
		}
	}
}

// A recording without a question answers any.
func TestSnapshotOfEverything(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.yaml")
	if r := run(t, "", "snapshot", "-f", "../../examples/bankapp", "-n", "bank", "-o", state); r.status != 0 {
		t.Fatal(r.stderr)
	}
	for _, line := range []string{"map", "who-can-reach ingress/bankapp -o json", "explain deploy/frontend svc/bankapp-service -o yaml", "scaffold ingress/bankapp"} {
		words := append(strings.Fields(line), "-n", "bank", "-f")
		got, want := run(t, "", append(words, state)...), run(t, "", append(words, "../../examples/bankapp")...)
		if got != want {
			t.Errorf("%s: %+v\nwant %+v", line, got, want)
		}
	}
	// Two recordings are two states, to be compared.
	if r := run(t, "", "diff", "--against", state, "-f", state); r.status != 0 {
		t.Errorf("%+v", r)
	}
	info, err := os.Stat(state)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}
