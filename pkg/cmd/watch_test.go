package cmd_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-netguard/netguard/pkg/cmd"
)

const (
	twoPods = `apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x, labels: {app: a}}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: x, labels: {app: b}}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
`
	denied = twoPods + `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: none, namespace: x}
spec: {podSelector: {matchLabels: {app: b}}}
`
)

// watched runs a command with --watch on a file that has one content after the other. The user interrupts it at the end.
func watched(t *testing.T, contents []string, args ...string) result {
	t.Helper()
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	file := filepath.Join(t.TempDir(), "manifests.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(contents[0])
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	var stdout, stderr bytes.Buffer
	at := 0
	status := cmd.Main(ctx, append(args, "-n", "x", "-f", file, "--watch"),
		genericiooptions.IOStreams{In: strings.NewReader(""), Out: &stdout, ErrOut: &stderr},
		cmd.Environment{
			Getenv: func(string) string { return "" },
			Now:    func() time.Time { return time.Date(2027, 1, 31, 13, 5, 0, 0, time.UTC) },
			Wait: func(_ context.Context, d time.Duration) bool {
				if d != 5*time.Second {
					t.Errorf("it waits for %v", d)
				}
				if at++; at == len(contents) {
					interrupt()
					return false
				}
				write(contents[at])
				return true
			},
		})
	return result{status, strings.ReplaceAll(stdout.String(), file, "FILE"), strings.ReplaceAll(stderr.String(), file, "FILE")}
}

func TestWatch(t *testing.T) {
	ask := []string{"can-reach", "a", "b:80"}
	const changed = "note: 2027-01-31 13:05:00: the answer has changed\n"
	for name, c := range map[string]struct {
		args     []string
		contents []string
		want     result
	}{
		"an answer once as long as it stays": {ask, []string{twoPods, twoPods, twoPods}, result{cmd.ExitYes, "yes\n", ""}},
		"what does not matter is no change":  {ask, []string{twoPods, twoPods + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n"}, result{cmd.ExitYes, "yes\n", ""}},
		"each change": {ask, []string{twoPods, denied, denied, twoPods},
			result{cmd.ExitYes, "yes\nno - no ingress rule of networkpolicy x/none allows it\nyes\n", changed + changed}},
		"the status of the last answer": {ask, []string{twoPods, denied}, result{cmd.ExitNo, "yes\nno - no ingress rule of networkpolicy x/none allows it\n", changed}},
		"an error is told once and ends": {ask, []string{twoPods, "a: [", "b: [", twoPods}, result{cmd.ExitYes, "yes\n",
			"note: 2027-01-31 13:05:00: can no longer answer: FILE:1: is not valid YAML: did not find expected node content\n" +
				"note: 2027-01-31 13:05:00: the answer is the same as before\n"}},
		"an error and another answer": {ask, []string{twoPods, "a: [", denied}, result{cmd.ExitNo, "yes\nno - no ingress rule of networkpolicy x/none allows it\n",
			"note: 2027-01-31 13:05:00: can no longer answer: FILE:1: is not valid YAML: did not find expected node content\n" + changed}},
		"an error at once ends it": {ask, []string{"a: ["}, result{cmd.ExitError, "", "error: FILE:1: is not valid YAML: did not find expected node content\n"}},
		"quietly":                  {append(ask, "-q"), []string{twoPods, denied}, result{cmd.ExitNo, "", ""}},
		"names":                    {append(ask, "-o", "name"), []string{twoPods, denied}, result{cmd.ExitNo, "networkpolicy.networking.k8s.io/none\n", changed}},
		"by a template":            {append(ask, "-o", "jsonpath={.verdict};"), []string{twoPods, denied}, result{cmd.ExitNo, "Allowed;Denied;", changed}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := watched(t, c.contents, c.args...); got != c.want {
				t.Errorf("got\n%+v\nwant\n%+v", got, c.want)
			}
		})
	}
}

// Each answer of explain stands for itself, in every format.
func TestWatchExplain(t *testing.T) {
	for format, separator := range map[string]string{"table": "\n", "wide": "\n", "yaml": "---\n", "json": "", "name": ""} {
		args := []string{"explain", "a", "b:80", "-o", format}
		first := watched(t, []string{twoPods}, args...)
		second := watched(t, []string{denied}, args...)
		both := watched(t, []string{twoPods, denied}, args...)
		if both.stdout != first.stdout+separator+second.stdout || first.stdout == second.stdout {
			t.Errorf("-o %s: got\n%s", format, both.stdout)
		}
	}
}

// Every command that reports can be asked again and again; what it says of a state is what it says without --watch, and
// it is said again only when something that it says has changed, be it in a column that the format leaves out.
func TestWatchEveryCommand(t *testing.T) {
	before := filepath.Join(t.TempDir(), "before.yaml")
	if err := os.WriteFile(before, []byte(twoPods), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args   []string
		status int
	}{
		"explain":        {[]string{"explain", "a", "b:80"}, cmd.ExitYes},
		"can-reach":      {[]string{"can-reach", "a", "b:80"}, cmd.ExitNo},
		"who-can-reach":  {[]string{"who-can-reach", "b:80"}, cmd.ExitYes},
		"reachable-from": {[]string{"reachable-from", "a"}, cmd.ExitYes},
		"map":            {[]string{"map"}, cmd.ExitYes},
		"diff":           {[]string{"diff", "--against", before}, cmd.ExitNo},
	} {
		for _, format := range []string{"json", "table"} {
			args := c.args
			if name != "can-reach" || format != "table" {
				args = append(slices.Clone(args), "-o", format)
			}
			first, second := watched(t, []string{twoPods}, args...), watched(t, []string{denied}, args...)
			both := watched(t, []string{twoPods, twoPods, denied, denied}, args...)
			separator := map[bool]string{true: "\n"}[format == "table" && name != "can-reach"]
			if both.stdout != first.stdout+separator+second.stdout || first.stdout == second.stdout || both.status != c.status {
				t.Errorf("%s -o %s: status %d, got\n%s\nwant\n%s%s%s", name, format, both.status, both.stdout, first.stdout, separator, second.stdout)
			}
		}
	}
}

func TestWatchRefuses(t *testing.T) {
	fails(t, run(t, twoPods, "diff", "--against", "-", "-f", "x.yaml", "-w"), "--watch", "standard input", "give a file")
	fails(t, run(t, "", bank("scaffold", "svc/bankapp-service", "-w")...), "unknown shorthand flag", "scaffold --help")
	fails(t, run(t, twoPods, "can-reach", "a", "b", "-w", "-f", "-"), "--watch", "standard input", "give a file")
	fails(t, run(t, "", bank("explain", "deploy/frontend", "deploy/other", "-w", "--watch-interval=10ms")...), "--watch-interval=10ms", "1s")
}
