package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/test/controlplane"
)

// What a question read of the cluster, recorded, gives the same answer without it, byte for byte, in text and in JSON:
// to an admin, to somebody who may read one namespace, and to somebody who may read nothing. Recording fails nowhere
// where the question does not.
func TestSnapshotsAreAnsweredAsTheCluster(t *testing.T) {
	apply(t, "testdata/crds.yaml")
	must(t, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
	podIP := must(t, "get", "pod", "web", "-n", "services", "-o", "jsonpath={.status.podIP}")
	clusterIP := must(t, "get", "svc", "named", "-n", "services", "-o", "jsonpath={.spec.clusterIP}")
	users := map[string]*controlplane.Kubectl{
		"admin": cluster.Admin, "ClusterRole": serviceAccount(t), bankReader: as(t, bankReader), nobody: as(t, nobody),
	}
	state := filepath.Join(t.TempDir(), "state.yaml")
	for _, line := range []string{
		"explain deploy/frontend svc/bankapp-service -n bank",
		"explain app=frontend svc/bankapp-service -n bank --strict",
		"explain ingress-nginx/deploy/ingress-nginx-controller bank/svc/bankapp-service",
		"explain internet ing/bankapp -n bank",
		"explain internet svc/load-balancer -n services",
		"explain internet svc/node-port -n services",
		"explain client svc/selectorless -n services",
		"explain client svc/outside -n services",
		"explain client " + podIP + ":8080 -n services",
		"explain client " + clusterIP + ":80 -n services",
		"explain v4-only svc/dual -n services",
		"explain cj/cronjob sts/statefulset -n kinds",
		"explain node/node-a pinned:8080 -n hosts",
		"explain ns/bank ns/kinds",
		"explain fronted svc/bankapp-servic -n bank",
		"can-reach ds/agent pinned -n hosts",
		"who-can-reach ing/bankapp -n bank",
		"who-can-reach ing/bankapp -n bank --controller ingress-nginx/deploy/ingress-nginx-controller",
		"who-can-reach svc/bankapp-service -n bank",
		"who-can-reach svc/load-balancer -n services",
		"reachable-from deploy/frontend -n bank",
		"reachable-from cj/cronjob -n kinds",
		"scaffold ingress/bankapp -n bank --allow-from deploy/frontend",
		"map -n bank",
		"map -A",
		"map -n kinds -l app=client",
	} {
		for user, kubectl := range users {
			words := append([]string{"netguard"}, strings.Fields(line)...)
			for _, format := range []string{"", "json"} {
				record := append([]string{"netguard", "snapshot", "-o", state}, words[1:]...)
				if format != "" && words[1] == "who-can-reach" {
					record = append(record, "--all-pods") // a table reads fewer
				}
				r, err := kubectl.Run(t.Context(), record...)
				if err != nil {
					t.Fatal(err)
				}
				if r.ExitCode != yes || r.Stdout != "" {
					t.Errorf("%s, snapshot %s: exit status %d\n%s%s", user, line, r.ExitCode, r.Stdout, r.Stderr)
					continue
				}
				args := words
				if format != "" {
					args = append(args, "-o", format)
				}
				live, err := kubectl.Run(t.Context(), args...)
				if err != nil {
					t.Fatal(err)
				}
				// Whoever has the recording needs no cluster.
				replayed, err := as(t, nobody).Run(t.Context(), append(args, "-f", state, "--server", "https://127.0.0.1:1")...)
				if err != nil {
					t.Fatal(err)
				}
				if live.ExitCode != replayed.ExitCode || live.Stdout != replayed.Stdout || live.Stderr != replayed.Stderr {
					t.Errorf("%s, %s -o %q: exit status %d live, %d recorded; %s\nstderr live: %s\nrecorded: %s", user, line, format, live.ExitCode, replayed.ExitCode,
						firstDifference(live.Stdout, replayed.Stdout), live.Stderr, replayed.Stderr)
				}
			}
		}
	}
}

// A recording holds nothing that netguard does not read.
func TestSnapshotsHoldNothingElse(t *testing.T) {
	must(t, "create", "secret", "generic", "hidden", "-n", "bank", "--from-literal=key=not-to-be-seen")
	must(t, "create", "configmap", "hidden", "-n", "bank", "--from-literal=key=not-to-be-seen")
	must(t, "annotate", "deployment", "frontend", "-n", "bank", "note=not-to-be-seen", "--overwrite")
	must(t, "annotate", "networkpolicy", "bankapp-restrict-access", "-n", "bank", "note=not-to-be-seen", "--overwrite")
	t.Cleanup(func() {
		for _, args := range [][]string{
			{"delete", "secret,configmap", "hidden", "-n", "bank"},
			{"annotate", "deployment", "frontend", "-n", "bank", "note-"}, {"annotate", "networkpolicy", "bankapp-restrict-access", "-n", "bank", "note-"},
		} {
			if _, err := cluster.Admin.Must(background(), args...); err != nil {
				t.Error(err)
			}
		}
	})
	state := filepath.Join(t.TempDir(), "state.yaml")
	r, err := cluster.Admin.Run(t.Context(), "netguard", "snapshot", "-n", "bank", "-o", state)
	if err != nil || r.ExitCode != yes {
		t.Fatalf("%v %+v", err, r)
	}
	text, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"not-to-be-seen", "Secret", "managedFields", " uid:", "registry.example", "env:", "volumes:", "resourceVersion", "serviceAccount"} {
		if strings.Contains(string(text), word) {
			t.Errorf("it holds %s", word)
		}
	}
	// And it answers any question, not only one.
	for _, line := range []string{
		"explain deploy/frontend svc/bankapp-service -n bank", "who-can-reach ing/bankapp -n bank", "map -A", "explain cj/cronjob sts/statefulset -n kinds",
		"reachable-from ds/agent -n hosts", "explain internet svc/load-balancer -n services", "explain rs/replicaset job/job -n kinds",
	} {
		args := append([]string{"netguard"}, append(strings.Fields(line), "-o", "json")...)
		live, err := cluster.Admin.Run(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		replayed, err := cluster.Admin.Run(t.Context(), append(args, "-f", state)...)
		if err != nil {
			t.Fatal(err)
		}
		if live.ExitCode != replayed.ExitCode || live.Stdout != replayed.Stdout {
			t.Errorf("%s: exit status %d live, %d recorded; %s\n%s", line, live.ExitCode, replayed.ExitCode, firstDifference(live.Stdout, replayed.Stdout), replayed.Stderr)
		}
	}
}
