package e2e

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubectl-netguard/netguard/test/controlplane"
)

// question is a command that needs a cluster.
var question = []string{"can-reach", "deploy/frontend", bankService, "-n", "bank"}

func TestMissingObjects(t *testing.T) {
	for _, c := range []struct {
		args  []string
		words []string
	}{
		{[]string{"explain", "deploy/fronted", bankService, "-n", "bank"}, []string{`deployment "fronted"`, "did you mean frontend?"}},
		{[]string{"who-can-reach", "svc/bankapp", "-n", "bank"}, []string{`service "bankapp"`, "bankapp-service"}},
		{[]string{"who-can-reach", "ns/bnak"}, []string{`namespace "bnak"`, "bank"}},
		{[]string{"map", "-n", "bnak"}, []string{`namespace "bnak"`, "bank"}},
		{[]string{"who-can-reach", "svc/bankapp-service", "-n", "kinds"}, []string{`service "bankapp-service" not found in namespace "kinds"`}},
		{[]string{"explain", "node/node-x", "client", "-n", "kinds"}, []string{`node "node-x"`}},
		{[]string{"who-can-reach", "ing/bankap", "-n", "bank"}, []string{`"bankap"`, "bankapp"}},
	} {
		fails(t, cluster.Admin, c.args, c.words...)
	}
}

func TestNoKubeconfig(t *testing.T) {
	k := cluster.ControlPlane.Kubectl("", cluster.PluginDir)
	fails(t, k, question, "no cluster is configured", "KUBECONFIG", "-f")
	k = cluster.ControlPlane.Kubectl(filepath.Join(t.TempDir(), "missing"), cluster.PluginDir)
	fails(t, k, question, "KUBECONFIG")
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("apiVersion: [v1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fails(t, cluster.ControlPlane.Kubectl(broken, cluster.PluginDir), question, "kubeconfig")
}

func TestExpiredToken(t *testing.T) {
	kubeconfig, err := cluster.KubeconfigForToken("expired", "no-longer-valid")
	if err != nil {
		t.Fatal(err)
	}
	fails(t, cluster.ControlPlane.Kubectl(kubeconfig, cluster.PluginDir), question, "rejected the credentials", "log in")
}

func TestUnreachableServer(t *testing.T) {
	fails(t, cluster.Admin, append(question, "--server=https://127.0.0.1:1"), "cannot reach the API server at https://127.0.0.1:1", "connection refused")
	fails(t, cluster.Admin, append(question, "--server=https://no-such-host.invalid"), "no-such-host.invalid")
	// One whose certificate nobody vouches for.
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = nil
	fails(t, cluster.Admin, append(question, "--server="+server.URL), server.URL, "certificate")
}

// A server that takes connections and says nothing.
func TestSilentServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	start := time.Now()
	fails(t, cluster.Admin, append(question, "--request-timeout=1s", "--server=https://"+listener.Addr().String()), "in time")
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("--request-timeout=1s took %v", took)
	}
}

// A server that is none of Kubernetes, and one that answers nonsense.
func TestOtherServers(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"web server": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>It works!</html>") },
		"not found":  http.NotFound,
		"escapes": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, "\x1b[31mred\nerror: two lines")
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewTLSServer(handler)
			defer server.Close()
			r, err := trusting(t, server).Run(t.Context(), append([]string{"netguard"}, question...)...)
			if err != nil {
				t.Fatal(err)
			}
			if r.ExitCode != failed && r.ExitCode != undecided {
				t.Errorf("exit status %d\n%s%s", r.ExitCode, r.Stdout, r.Stderr)
			}
			for _, c := range r.Stdout + r.Stderr {
				if c < ' ' && c != '\n' {
					t.Errorf("control character %q in %q", c, r.Stdout+r.Stderr)
					break
				}
			}
		})
	}
}

// trusting returns kubectl for a server with a certificate of its own.
func trusting(t *testing.T, server *httptest.Server) *controlplane.Kubectl {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.crt")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	server.TLS.MinVersion = tls.VersionTLS12
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	config := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: x
clusters: [{name: x, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: x, user: {token: x}}]
contexts: [{name: x, context: {cluster: x, user: x}}]
`, server.URL, ca)
	if err := os.WriteFile(kubeconfig, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return cluster.ControlPlane.Kubectl(kubeconfig, cluster.PluginDir)
}
