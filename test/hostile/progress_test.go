package hostile

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// delay has the first two pages of a list come late enough for a person to wonder.
func delay(w http.ResponseWriter, r *http.Request, hit int, next http.Handler) {
	if hit <= 2 {
		select {
		case <-time.After(3 * time.Second):
		case <-r.Context().Done():
		}
	}
	next.ServeHTTP(w, r)
}

// onTerminal runs a command whose standard error is a terminal, and returns all that was written there.
func onTerminal(t *testing.T, p *proxy, env string, args ...string) (stdout, terminal string) {
	t.Helper()
	screen, tty, err := pty.Open()
	if err != nil {
		t.Skip("no terminal: ", err)
	}
	defer screen.Close()
	if err := pty.Setsize(screen, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), cluster.Binaries().Kubectl, append([]string{"netguard"}, args...)...)
	cmd.Env = append(cluster.Environment(p.kubeconfig, cluster.PluginDir), env)
	cmd.Stdout, cmd.Stderr = &out, tty
	written := make(chan string)
	go func() {
		text, _ := io.ReadAll(screen) // ends with an error when the other side is closed
		written <- string(text)
	}()
	err = cmd.Run()
	tty.Close()
	terminal = <-written
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, terminal)
	}
	return out.String(), terminal
}

func TestProgress(t *testing.T) {
	pods := func(r request) bool { return r.resource == "pods" }
	question := []string{"map", "-n", "bank"}
	stdout, terminal := onTerminal(t, startProxy(t, delay, pods), "TERM=xterm", question...)
	if !strings.Contains(terminal, "\r\x1b[Kreading ") || !strings.Contains(terminal, "pods") || !strings.Contains(terminal, " so far) …") {
		t.Errorf("no progress: %q", terminal)
	}
	// What stays on the screen is the note alone, and stdout is what it is without a terminal.
	shown := terminal[strings.LastIndex(terminal, "\r\x1b[K")+len("\r\x1b[K"):]
	if !strings.HasPrefix(shown, "note: ") || strings.Count(shown, "\n") != 1 {
		t.Errorf("it leaves %q", shown)
	}
	plain := ask(t, startProxy(t, nil, nil).kubectl(), question...)
	if stdout != plain.stdout {
		t.Errorf("on stdout:\n%s", stdout)
	}
	if strings.Contains(plain.stderr, "reading") {
		t.Errorf("no terminal, and progress: %q", plain.stderr)
	}
	for name, c := range map[string]struct {
		proxy *proxy
		env   string
		args  []string
	}{
		"a dumb terminal":      {startProxy(t, delay, pods), "TERM=dumb", question},
		"who wants no word":    {startProxy(t, delay, pods), "TERM=xterm", []string{"can-reach", "deploy/frontend", "deploy/other:8080", "-n", "bank", "-q"}},
		"who reads from files": {startProxy(t, nil, nil), "TERM=xterm", append(question, "-f", "../../examples/bankapp")},
	} {
		if _, terminal := onTerminal(t, c.proxy, c.env, c.args...); strings.Contains(terminal, "reading") || strings.Contains(terminal, "\x1b") {
			t.Errorf("%s: it says %q", name, terminal)
		}
	}
}
