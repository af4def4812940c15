package hostile

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const isolateOther = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: isolate-other, namespace: bank}
spec: {podSelector: {matchLabels: {app: other}}}
`

// A policy comes and goes, and the answer with it. Ctrl-C ends with the status of the last answer.
func TestWatch(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		// allowed and denied begin the first line of an answer.
		allowed, denied string
		// closed: the policy is there when the user has seen enough.
		closed bool
		status int
	}{
		{"can-reach, allowed", []string{"can-reach", "deploy/frontend", "deploy/other:8080"}, "yes", "no", false, yes},
		{"can-reach, denied", []string{"can-reach", "deploy/frontend", "deploy/other:8080"}, "yes", "no", true, no},
		{"explain", []string{"explain", "deploy/frontend", "deploy/other:8080"}, "ALLOWED", "DENIED", true, yes},
	} {
		t.Run(c.name, func(t *testing.T) {
			remove := []string{"delete", "netpol", "isolate-other", "-n", "bank", "--ignore-not-found"}
			t.Cleanup(func() {
				if _, err := cluster.Admin.Must(background(), remove...); err != nil {
					t.Error(err)
				}
			})
			w := startWatching(t, startProxy(t, nil, nil), c.args...)
			w.expect(c.allowed)
			if r, err := cluster.Admin.RunWithInput(t.Context(), isolateOther, "apply", "-f", "-"); err != nil || r.ExitCode != 0 {
				t.Fatal(err, r.Stderr)
			}
			w.expect(c.denied)
			if !c.closed {
				if _, err := cluster.Admin.Must(t.Context(), remove...); err != nil {
					t.Fatal(err)
				}
				w.expect(c.allowed)
			}
			if status := w.interrupt(); status != c.status {
				t.Errorf("exit status %d, want %d\n%s", status, c.status, w.stderr.String())
			}
			if changes := strings.Count(w.stderr.String(), "the answer has changed\n"); changes != 1 && c.closed || changes != 2 && !c.closed {
				t.Errorf("on stderr:\n%s", w.stderr.String())
			}
		})
	}
}

// An API server that goes away while somebody watches is one line; the watch goes on when it is back.
func TestWatchOutlivesTheServer(t *testing.T) {
	p := startProxy(t, nil, nil)
	w := startWatching(t, p, "can-reach", "deploy/frontend", "deploy/other:8080")
	w.expect("yes")
	p.set(always(status(401, "Unauthorized", "Unauthorized")))
	w.expectNote("can no longer answer: the API server at " + p.URL + " rejected the credentials (401 Unauthorized): log in again")
	p.set(nil)
	w.expectNote("the answer is the same as before")
	if status := w.interrupt(); status != yes {
		t.Errorf("exit status %d", status)
	}
	if lines := strings.Count(w.stderr.String(), "\n"); lines != 2 {
		t.Errorf("%d lines on stderr:\n%s", lines, w.stderr.String())
	}
}

// watching is a command with --watch that runs.
type watching struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
	notes chan string
	// stderr is whole when the command has ended.
	stderr strings.Builder
	ended  chan struct{}
}

func startWatching(t *testing.T, p *proxy, args ...string) *watching {
	t.Helper()
	w := &watching{t: t, lines: make(chan string, 1000), notes: make(chan string, 1000), ended: make(chan struct{})}
	w.cmd = exec.Command(cluster.Binaries().Kubectl, append([]string{"netguard"}, append(args, "-n", "bank", "--watch", "--watch-interval=1s")...)...)
	w.cmd.Env = cluster.Environment(p.kubeconfig, cluster.PluginDir)
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := w.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cmd.Process.Kill() })
	go func() {
		defer close(w.lines)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			w.lines <- s.Text()
		}
	}()
	go func() {
		defer close(w.ended)
		for s := bufio.NewScanner(stderr); s.Scan(); {
			w.stderr.WriteString(s.Text() + "\n")
			w.notes <- s.Text()
		}
	}()
	return w
}

// expect waits for an answer: a line that begins like this.
func (w *watching) expect(begin string) {
	w.t.Helper()
	w.await(w.lines, func(line string) bool { return strings.HasPrefix(line, begin) }, begin)
}

func (w *watching) expectNote(words string) {
	w.t.Helper()
	w.await(w.notes, func(line string) bool { return strings.HasPrefix(line, "note: ") && strings.HasSuffix(line, words) }, words)
}

func (w *watching) await(lines <-chan string, is func(string) bool, want string) {
	w.t.Helper()
	late := time.After(2 * time.Minute)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				w.t.Fatalf("it ended before it said %q", want)
			}
			if is(line) {
				return
			}
		case <-late:
			w.t.Fatalf("it does not say %q", want)
		}
	}
}

// interrupt is Ctrl-C; it returns the exit status.
func (w *watching) interrupt() int {
	w.t.Helper()
	if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
		w.t.Fatal(err)
	}
	<-w.ended
	for range w.lines { // until it has ended
	}
	_ = w.cmd.Wait()
	return w.cmd.ProcessState.ExitCode()
}
