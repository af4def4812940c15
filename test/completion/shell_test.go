package completion

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// shells are how each is started without anybody's own configuration, and how it is told about kubectl's completion.
var shells = []struct {
	name  string
	args  []string
	setup string
}{
	{"bash", []string{"--noprofile", "--norc", "-i"}, `PS1='$ '; . %BASH_COMPLETION%; . <(kubectl completion bash)`},
	{"zsh", []string{"-f", "-i"}, `PS1='$ '; bindkey -e; autoload -U compinit; compinit -D; . <(kubectl completion zsh)`},
	{"fish", []string{"--no-config", "-i"}, `kubectl completion fish | source`},
}

// bashCompletion is the library that kubectl's completion for bash is written against.
func bashCompletion() string {
	for _, path := range []string{
		"/usr/share/bash-completion/bash_completion", "/opt/homebrew/etc/profile.d/bash_completion.sh", "/usr/local/etc/profile.d/bash_completion.sh",
	} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// TestShells types a line, presses TAB, and looks at what the line has become.
func TestShells(t *testing.T) {
	for _, shell := range shells {
		t.Run(shell.name, func(t *testing.T) {
			path, err := exec.LookPath(shell.name)
			if err != nil {
				t.Skipf("%s is not installed", shell.name)
			}
			setup := shell.setup
			if shell.name == "bash" {
				library := bashCompletion()
				if library == "" {
					t.Skip("bash-completion is not installed")
				}
				setup = strings.ReplaceAll(setup, "%BASH_COMPLETION%", library)
			}
			s := startShell(t, path, shell.args)
			s.send(setup + "\r")
			s.send("echo rea''dy\r")
			s.await("ready")
			for typed, want := range map[string]string{
				"kubectl netguard expl":                                          "kubectl netguard explain",
				"kubectl netguard explain deploy/fr":                             "kubectl netguard explain deploy/frontend",
				"kubectl netguard explain dep":                                   "kubectl netguard explain deploy/",
				"kubectl netguard who-can-reach ingress/":                        "kubectl netguard who-can-reach ingress/bankapp",
				"kubectl netguard who-can-reach bank/svc/bankapp-s":              "kubectl netguard who-can-reach bank/svc/bankapp-service",
				"kubectl netguard explain probe svc/bankapp-admin:84":            "kubectl netguard explain probe svc/bankapp-admin:8443",
				"kubectl netguard explain probe -n ingr":                         "kubectl netguard explain probe -n ingress-nginx",
				"kubectl netguard who-can-reach svc/bankapp-service -o js":       "kubectl netguard who-can-reach svc/bankapp-service -o json",
				"kubectl netguard who-can-reach svc/bankapp-service --source-na": "kubectl netguard who-can-reach svc/bankapp-service --source-na",
			} {
				if got := s.complete(typed); strings.TrimSpace(got) != want {
					t.Errorf("%s<TAB>\ngot  %q\nwant %q", typed, got, want)
				}
			}
		})
	}
}

// shell is one that runs on a terminal of its own.
type shell struct {
	t        *testing.T
	terminal *os.File
	output   chan string
	seen     string
}

func startShell(t *testing.T, path string, args []string) *shell {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	home := t.TempDir()
	cmd.Env = append(cluster.Environment(cluster.AdminKubeconfig, cluster.PluginDir),
		"TERM=xterm", "LANG=C.UTF-8", "INPUTRC=/dev/null", "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"))
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 200})
	if err != nil {
		t.Fatal(err)
	}
	s := &shell{t: t, terminal: terminal, output: make(chan string)}
	go func() {
		defer close(s.output)
		buffer := make([]byte, 4096)
		for {
			n, err := terminal.Read(buffer)
			if n > 0 {
				s.output <- string(buffer[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = terminal.Close()
		for range s.output { //nolint:revive // drained
		}
		_ = cmd.Wait()
	})
	return s
}

func (s *shell) send(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.terminal, text); err != nil {
		s.t.Fatal(err)
	}
}

// await reads until the text appears, and returns what came before it.
func (s *shell) await(text string) string {
	s.t.Helper()
	timeout := time.After(30 * time.Second)
	for !strings.Contains(s.seen, text) {
		select {
		case more, ok := <-s.output:
			if !ok {
				s.t.Fatalf("the shell has ended:\n%s", s.seen)
			}
			s.seen += more
		case <-timeout:
			s.t.Fatalf("%q does not come:\n%q", text, s.seen)
		}
	}
	before, after, _ := strings.Cut(s.seen, text)
	s.seen = after
	return before
}

// complete types a line, presses TAB, and has the shell say what stands there now: Ctrl-A goes to the line's beginning.
func (s *shell) complete(typed string) string {
	s.t.Helper()
	s.send(typed + "\t")
	s.send("\x01echo '<''<'\x05 '>''>'\r")
	s.await("<<")
	line := s.await(">>")
	return escapes.ReplaceAllString(line, "")
}

// escapes are what a terminal obeys and does not show.
var escapes = regexp.MustCompile(`\x1b(\[[0-9;?]*[a-zA-Z]|\][^\x07]*\x07|[=>(].?)`)
