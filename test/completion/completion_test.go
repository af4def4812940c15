// Package completion tests shell completion as a user meets it: in a shell, through kubectl, on a cluster.
package completion

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/stage"
)

// nobody may do nothing at all.
const nobody = "nobody"

// The last line of what kubectl completes says what the shell does next: offer no file names, and put no space.
const (
	finished = ":4"
	goesOn   = ":6"
)

// cluster is what the tests share.
var cluster *stage.Stage

func TestMain(m *testing.M) {
	os.Exit(stage.Main(m, stage.Options{Tokens: []controlplane.Token{{User: nobody, Token: "nobody-token"}}}, furnish))
}

// furnish applies the example, with a pod whose name is known, and makes bank the context's namespace.
func furnish(ctx context.Context, s *stage.Stage) error {
	cluster = s
	for _, command := range [][]string{
		{"apply", "-f", filepath.Join(stage.Repository, "examples", "bankapp", "namespaces.yaml")},
		{"apply", "-f", filepath.Join(stage.Repository, "examples", "bankapp")},
		{"run", "probe", "-n", "bank", "--image=registry.example/probe:1.0", "--port=9000"},
		{"create", "service", "clusterip", "bankapp-admin", "-n", "bank", "--tcp=8443", "--tcp=9090"},
		{"config", "set-context", "--current", "--namespace=bank"},
	} {
		if _, err := os.Stat(command[len(command)-1]); command[0] == "apply" && err != nil {
			continue
		}
		if _, err := cluster.Admin.Must(ctx, command...); err != nil {
			return err
		}
	}
	for range 100 {
		out, err := cluster.Admin.Must(ctx, "get", "pods", "-A", "-o", "name")
		if err == nil && strings.Count(out, "\n") >= 6 {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("the Deployments got no pods")
}

// complete returns what kubectl offers for a line, where TAB is pressed at its end: the words, then the directive.
func complete(t *testing.T, k *controlplane.Kubectl, line string) string {
	t.Helper()
	result, err := k.Run(t.Context(), append([]string{"__complete", "netguard"}, strings.Split(line, " ")...)...)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(result.Stdout), "\n")
	for i, line := range lines {
		lines[i], _, _ = strings.Cut(line, "\t")
	}
	return strings.Join(lines, " ")
}

func TestThroughKubectl(t *testing.T) {
	tests := map[string]string{
		"who-can-reach svc/":                     "svc/bankapp-admin svc/bankapp-service " + finished,
		"who-can-reach bank/svc/bankapp-s":       "bank/svc/bankapp-service " + finished,
		"who-can-reach ingress/":                 "ingress/bankapp " + finished,
		"explain deploy/":                        "deploy/bankapp deploy/frontend deploy/other " + finished,
		"explain deploy/frontend svc/bankapp-a":  "svc/bankapp-admin " + finished,
		"explain pro":                            "probe " + finished,
		"explain -n ingress-nginx deploy/":       "deploy/ingress-nginx-controller " + finished,
		"explain --source-namespace ":            "bank default ingress-nginx kube-node-lease kube-public kube-system " + finished,
		"explain -n ingr":                        "ingress-nginx " + finished,
		"explain --context ":                     controlplane.AdminUser + " " + finished,
		"explain deploy/x svc/bankapp-admin:":    "svc/bankapp-admin:8443 svc/bankapp-admin:9090 " + finished,
		"explain deploy/x svc/bankapp-admin:9":   "svc/bankapp-admin:9090 " + finished,
		"explain deploy/x deploy/bankapp:":       "deploy/bankapp:8080 " + finished,
		"explain deploy/x probe:":                "probe:9000 " + finished,
		"explain deploy/x gtw/":                  finished, // this cluster has no Gateway API
		"diff --delete netpol/":                  "netpol/bankapp-restrict-access " + finished,
		"diff --delete bank/netpol/b":            "bank/netpol/bankapp-restrict-access " + finished,
		"diff -f x.yaml --delete ingress/":       "ingress/bankapp " + finished,
		"explain --source-namespace kube-sy":     "kube-system " + finished,
		"explain --source-namespace default pod": "pod/ " + goesOn,
	}
	for line, want := range tests {
		got := complete(t, cluster.Admin, line)
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", line, got, want)
		}
	}
}

// Pods stand beside the namespaces that a name may begin with: bankapp-… and bank/.
func TestPodsAndNamespaces(t *testing.T) {
	got := strings.Fields(complete(t, cluster.Admin, "explain ban"))
	if len(got) != 4 || !strings.HasPrefix(got[0], "bankapp-") || got[2] != "bank/" || got[3] != finished {
		t.Errorf("got %s", got)
	}
}

func TestWhoMayReadNothingIsOfferedNothing(t *testing.T) {
	kubeconfig, err := cluster.Kubeconfig(nobody)
	if err != nil {
		t.Fatal(err)
	}
	gone, err := cluster.KubeconfigForToken("stranger", "no-such-token")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{kubeconfig, gone} {
		k := cluster.Kubectl(path, cluster.PluginDir)
		for _, line := range []string{"explain svc/", "explain deploy/x svc/bankapp-service:", "explain -n "} {
			if got := complete(t, k, line); got != finished {
				t.Errorf("%s: got %s", line, got)
			}
		}
		if got := complete(t, k, "explain dep"); got != "deploy/ "+goesOn {
			t.Errorf("got %s", got)
		}
	}
}
