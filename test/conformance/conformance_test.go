package conformance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/kubelet"
)

// specs is how many specs upstream has in v1.37: a run that was not told to leave any out must not run fewer.
const specs = 51

// TestNetworkPolicy runs the upstream suite with the plugin, or the command that the environment names, as the network.
func TestNetworkPolicy(t *testing.T) {
	skipUnlessAsked(t)
	command := verdictCommand(t)
	cp, err := controlplane.Start(t.Context(), controlplane.Options{Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Error(err)
		}
	})
	kubeconfig, err := cp.Kubeconfig(controlplane.AdminUser)
	if err != nil {
		t.Fatal(err)
	}
	if command[0] == "kubectl" {
		command[0] = cp.Binaries().Kubectl
	}
	plane := newDataPlane(command, cp.Environment(kubeconfig, pluginDir(t)), interrupt)
	nodes, err := kubelet.Start(t.Context(), cp.AdminConfig(), kubelet.Options{Exec: plane.exec, Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nodes.Stop)

	start := time.Now()
	result := runSuite(t, kubeconfig, plane, os.Stdout)
	fmt.Printf("\n%s in %s; %s\n", result, time.Since(start).Round(time.Second), plane)
	if asked, err := execRequests(t.Context(), cp); err != nil || asked != plane.answered() {
		t.Errorf("the suite sent %d probes and %d were answered: %v", asked, plane.answered(), err)
	}
	if all := result.passed + result.failed + result.skipped; all < specs || all == result.skipped {
		t.Errorf("%s, and upstream has %d: is -ginkgo.focus right, and is the suite imported?", result, specs)
	}
}

// TestWrongVerdictsFail has the suite judge a command that always says yes.
func TestWrongVerdictsFail(t *testing.T) {
	skipUnlessAsked(t)
	judge(t, "true", count{failed: 1, skipped: specs - 1}.String())
}

// TestNoVerdictsFail has the suite judge a command that never says anything, though upstream takes that for a no.
func TestNoVerdictsFail(t *testing.T) {
	skipUnlessAsked(t)
	judge(t, "/no/such/program", "in a row got no verdict")
}

// judge runs one short spec with a bad verdict command and wants the run to fail and to say something. That is another
// process, since Ginkgo runs a suite but once.
func judge(t *testing.T, verdictCommand, want string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNetworkPolicy$", "-test.timeout=5m", "-test.v",
		"-ginkgo.focus=should not mistakenly treat 'protocol: SCTP' as 'protocol: TCP'")
	cmd.Env = append(os.Environ(), "NETGUARD_VERDICT_COMMAND="+verdictCommand)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), want) {
		t.Errorf("got %v, want a failure and %q:\n%s", err, want, out)
	}
}

func skipUnlessAsked(t *testing.T) {
	t.Helper()
	if os.Getenv("NETGUARD_CONFORMANCE") != "1" {
		t.Skip("takes minutes; set NETGUARD_CONFORMANCE=1 to run it")
	}
}

// verdictCommand is what answers the probes, without source and target.
func verdictCommand(t *testing.T) []string {
	t.Helper()
	if command := strings.Fields(os.Getenv("NETGUARD_VERDICT_COMMAND")); len(command) > 0 {
		return command
	}
	// Without the plugin kubectl exits with status 1, which would be taken for a verdict.
	plugin := filepath.Join(pluginDir(t), "kubectl-netguard")
	if _, err := os.Stat(plugin); errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s does not exist: build the plugin there, or say where it is with NETGUARD_PLUGIN_DIR", plugin)
	}
	return []string{"kubectl", "netguard", "can-reach"}
}

func pluginDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("NETGUARD_PLUGIN_DIR")
	if dir == "" {
		dir = filepath.Join("..", "..", "bin")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
