package dataplane

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/test/kubelet"
)

// exec runs a command where the pod's packets come from, with the programs of the run (agnhost) on its PATH.
func (c *cluster) exec(ctx context.Context, namespace, pod, _ string, command []string, stdout, stderr io.Writer) int {
	c.podsMu.Lock()
	n := c.pods[namespace+"/"+pod]
	c.podsMu.Unlock()
	if n == nil {
		return 127
	}
	p := exec.CommandContext(ctx, command[0], command[1:]...)
	p.Env = append(os.Environ(), "PATH="+os.Getenv(inside)+":"+os.Getenv("PATH"))
	p.Stdout, p.Stderr = stdout, stderr
	if err := n.do(p.Start); err != nil {
		return 126
	}
	var exit *exec.ExitError
	if err := p.Wait(); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// probe types what a user types, and reads the answer.
func (c *cluster) probe(t *testing.T, status int, args ...string) report.Probe {
	t.Helper()
	r, err := c.kubectl.Run(t.Context(), append([]string{"netguard", "probe", "--yes", "--timeout=1s", "-o", "json"}, args...)...)
	must(t, err)
	if r.ExitCode != status {
		t.Errorf("probe %v: exit %d, want %d: %s\n%s", args, r.ExitCode, status, r.Stderr, r.Stdout)
	}
	var out report.Probe
	if status != 2 {
		must(t, json.Unmarshal([]byte(r.Stdout), &out))
	}
	return out
}

// The command, with real packets: where the prediction is right it says so, where nothing listens or nobody enforces,
// it says that.
func TestProbe(t *testing.T) {
	c := start(t)
	c.apply(t, stagePods)
	c.wire(t, ports...)
	c.apply(t, stageServices)
	c.plugins(t)
	c.apply(t, `
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: only-a, namespace: two}, spec: {podSelector: {matchLabels: {app: b}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: a}}}], ports: [{port: 80}]}]}}
`)
	c.settle(t)
	c.proxied(t)
	expect := func(r report.Probe, agreement report.Agreement, outcome report.TryOutcome, meaning report.Meaning) {
		t.Helper()
		if len(r.Tries) == 0 {
			t.Error("nothing was tried")
			return
		}
		if x := r.Tries[0]; r.Agreement != agreement || x.Outcome != outcome || x.Meaning != meaning {
			text, _ := json.MarshalIndent(r.Tries, "", " ")
			t.Errorf("got %s, want %s: %s", r.Agreement, agreement, text)
		}
	}
	expect(c.probe(t, 0, "one/pod/a", "two/pod/b:80"), report.Agree, report.TryOpen, "")
	expect(c.probe(t, 0, "one/pod/b", "two/pod/b:80"), report.Agree, report.TryRefused, report.RefusedAsDenied)
	expect(c.probe(t, 0, "one/pod/a", "one/svc/named:80"), report.Agree, report.TryOpen, "")
	expect(c.probe(t, 0, "one/pod/a", "two/svc/dns:53"), report.Agree, report.TryOpen, "")
	expect(c.probe(t, 0, "one/pod/b", "two/pod/b:80", "--exec", "c"), report.Agree, report.TryRefused, report.RefusedAsDenied)
	// Nothing listens there.
	expect(c.probe(t, 1, "one/pod/a", "one/pod/c:7777"), report.Disagree, report.TryRefused, report.NobodyListens)
	// The kernel here has no SCTP.
	if r := c.probe(t, 3, "one/pod/a", "one/pod/c:80/SCTP"); len(r.Tries) > 0 && r.Tries[0].Outcome == report.TryOpen {
		t.Error("SCTP is open")
	}
	// A plugin that is taken for one that enforces, where nothing does: take its rules away.
	for _, n := range c.nodes {
		must(t, n.do(exec.Command("iptables", "-I", "FORWARD", "-j", "ACCEPT").Run))
	}
	bundle := t.TempDir() + "/bundle.yaml"
	expect(c.probe(t, 1, "one/pod/b", "two/pod/b:80", "--bundle", bundle), report.Disagree, report.TryOpen, report.NotEnforced)
	text, err := os.ReadFile(bundle)
	must(t, err)
	if !strings.Contains(string(text), "NotEnforced") {
		t.Errorf("the bundle does not say what disagrees: %.300s", text)
	}
	// Faults: nothing is tried, nothing but the container is left, and the error says the way out.
	r, err := c.kubectl.Run(t.Context(), "netguard", "probe", "one/pod/c", "two/pod/b:80", "--yes", "--image", kubelet.Unpullable)
	must(t, err)
	if r.ExitCode != 2 || !strings.Contains(r.Stderr, "--image") {
		t.Errorf("exit %d: %s", r.ExitCode, r.Stderr)
	}
	r, err = c.kubectl.Run(t.Context(), "netguard", "probe", "one/pod/c", "two/pod/b:80")
	must(t, err)
	if r.ExitCode != 2 || !strings.Contains(r.Stderr, "--yes") {
		t.Errorf("without --yes and no terminal: exit %d: %s", r.ExitCode, r.Stderr)
	}
	r, err = c.kubectl.Run(t.Context(), "netguard", "probe", "two/pod/a", "two/pod/b:80", "--dry-run")
	must(t, err)
	if r.ExitCode != 0 || !strings.Contains(r.Stdout, "ephemeralContainers") || !strings.Contains(r.Stdout, "runAsNonRoot: true") {
		t.Errorf("--dry-run: exit %d: %s%s", r.ExitCode, r.Stdout, r.Stderr)
	}
	p, err := c.kubectl.Must(t.Context(), "get", "pod", "-n", "two", "a", "-o", "jsonpath={.spec.ephemeralContainers}")
	must(t, err)
	if p != "" {
		t.Errorf("--dry-run changed the pod: %s", p)
	}
}
