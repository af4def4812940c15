package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/test/controlplane"
)

// serviceAccount is bound to docs/rbac/clusterrole.yaml.
func serviceAccount(t *testing.T) *controlplane.Kubectl {
	t.Helper()
	kubeconfig, err := cluster.KubeconfigForServiceAccount(t.Context(), "default", "netguard")
	if err != nil {
		t.Fatal(err)
	}
	return cluster.ControlPlane.Kubectl(kubeconfig, cluster.PluginDir)
}

// The documented ClusterRole is enough for every command: the answers are the admin's, byte for byte.
func TestClusterRoleIsEnough(t *testing.T) {
	reader := serviceAccount(t)
	for _, line := range []string{
		"explain deploy/frontend svc/bankapp-service -n bank",
		"explain ingress-nginx/deploy/ingress-nginx-controller bank/svc/bankapp-service",
		"explain ing/bankapp svc/bankapp-service -n bank",
		"who-can-reach ing/bankapp -n bank",
		"explain internet svc/load-balancer -n services",
		"explain internet svc/node-port -n services",
		"explain client svc/selectorless -n services",
		"explain client 203.0.113.250:80 -n services",
		"explain cj/cronjob client -n kinds",
		"explain rc/replicationcontroller client -n kinds",
		"explain sts/statefulset job/job -n kinds",
		"explain ds/agent pinned -n hosts",
		"explain node/node-a pinned -n hosts",
		"explain ns/bank ns/kinds",
		"can-reach deploy/frontend svc/bankapp-service -n bank",
		"who-can-reach svc/bankapp-service -n bank",
		"reachable-from deploy/frontend -n bank",
		"reachable-from ns/kinds",
		"map -n bank",
		"map -A",
		"version --cluster",
	} {
		args := append([]string{"netguard"}, append(strings.Fields(line), "-o", "json")...)
		want, err := cluster.Admin.Run(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := reader.Run(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		if got.Stdout != want.Stdout || got.ExitCode != want.ExitCode || got.ExitCode == failed || got.ExitCode == undecided {
			t.Errorf("%s: exit status %d, the admin's is %d\n%s%s", line, got.ExitCode, want.ExitCode, firstDifference(want.Stdout, got.Stdout), got.Stderr)
		}
	}
	// And for the close matches of a name that does not exist.
	for _, ref := range []string{"fronted", "svc/bankapp-servic", "deploy/fronted", "sts/x", "rs/x", "ds/x", "job/x", "cj/x", "rc/x", "ing/x"} {
		fails(t, reader, []string{"explain", ref, "svc/bankapp-service", "-n", "bank"}, "not found")
	}
}

// Without Secrets, and without a way to change anything.
func TestClusterRoleIsLeast(t *testing.T) {
	reader := serviceAccount(t)
	for _, line := range []string{"get secrets", "get configmaps", "create pods", "patch networkpolicies", "create pods/exec", "delete pods", "watch pods"} {
		r, err := reader.Run(t.Context(), append([]string{"auth", "can-i", "-A"}, strings.Fields(line)...)...)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(r.Stdout) != "no" {
			t.Errorf("the documented ClusterRole allows to %s", line)
		}
	}
}

// Inside the one namespace that may be read, the answers are the admin's.
func TestOneNamespaceAnswersWithinIt(t *testing.T) {
	reader := as(t, bankReader)
	for _, line := range []string{
		"deploy/frontend svc/bankapp-service",
		"deploy/other svc/bankapp-service",
		"deploy/frontend deploy/other:80",
		"app=frontend svc/bankapp-service",
		"deploy/frontend internet",
		"ns/bank svc/bankapp-service",
		"internet svc/bankapp-service",
		"192.0.2.0/24 deploy/bankapp",
	} {
		ends := append(strings.Fields(line), "-n", "bank")
		want := ask[explanation](t, cluster.Admin, yes, append([]string{"explain"}, ends...)...)
		got := ask[explanation](t, reader, yes, append([]string{"explain"}, ends...)...)
		if got.Verdict != want.Verdict || got.Partly != want.Partly || len(got.Answers) != len(want.Answers) || len(got.Gaps) > 0 {
			t.Errorf("%s: got %s with %d answers and gaps %v, the admin gets %s with %d", line, got.Verdict, len(got.Answers), got.Gaps, want.Verdict, len(want.Answers))
		}
		status := map[string]int{"Allowed": yes, "Denied": no}[want.Verdict]
		run(t, reader, status, append([]string{"can-reach"}, ends...)...)
	}
}

// Towards the target's own policies the other namespaces are known well enough: none of their pods can match.
func TestOneNamespaceKnowsWhatItDoesNotDependOn(t *testing.T) {
	reader := as(t, bankReader)
	// Every verdict is known, and that not every source is listed is a gap.
	r := ask[reach](t, reader, undecided, "who-can-reach", bankService, "-n", "bank")
	if len(r.Gaps) != 1 {
		t.Errorf("gaps: %+v", r.Gaps)
	}
	wantGap(t, r.Gaps, "list pods in all namespaces")
	for _, name := range []string{"frontend", "other"} {
		if row := rowOf(t, r, "Deployment", "bank", name); row.Verdict != "Denied" {
			t.Errorf("%s: got %+v", name, row)
		}
	}
	for _, row := range r.Rows {
		if row.Verdict == "Unknown" {
			t.Errorf("unknown: %+v", row)
		}
	}
	if row := rowOf(t, r, "Namespace", "", ""); row.Verdict != "Denied" {
		t.Errorf("other namespaces: got %+v", row)
	}
	// A pod of another namespace, that may not even be read, cannot get in either.
	x := ask[explanation](t, reader, yes, "explain", "app=anything", "bank/"+bankService, "--source-namespace=ingress-nginx")
	if x.Verdict != "Denied" || len(x.Gaps) > 0 {
		t.Errorf("got %+v", x)
	}
	// By its address, a Service of the namespace is found without the lists of all namespaces.
	ip := must(t, "get", "svc", "bankapp-service", "-n", "bank", "-o", "jsonpath={.spec.clusterIP}")
	run(t, reader, no, "can-reach", "deploy/frontend", ip+":80", "-n", "bank")
}

// Where it depends on what may not be read, the verdict is open, and the missing permission is named.
func TestOneNamespaceIsOpenWhereItDepends(t *testing.T) {
	reader := as(t, bankReader)
	// Nothing isolates other, so that it is up to the policies of the senders.
	args := []string{"who-can-reach", "deploy/other:80", "-n", "bank"}
	r := ask[reach](t, reader, undecided, args...)
	if row := rowOf(t, r, "Deployment", "bank", "frontend"); row.Verdict != "Allowed" {
		t.Errorf("frontend: got %+v", row)
	}
	if row := rowOf(t, r, "Namespace", "", ""); row.Verdict != "Unknown" || row.Reason != "NotRead" {
		t.Errorf("other namespaces: got %+v", row)
	}
	wantGap(t, r.Gaps, "networkpolicies in all namespaces")
	out := run(t, reader, undecided, args...)
	says(t, out.Stdout+out.Stderr, "Unknown", "list networkpolicies")

	p := ask[permission](t, reader, undecided, "can-reach", "ingress-nginx/deploy/ingress-nginx-controller", "bank/deploy/other:80")
	if p.Verdict != "Unknown" {
		t.Errorf("got %+v", p)
	}
	m := ask[netmap](t, reader, undecided, "map", "-n", "bank")
	if !hasEdge(m, "frontend", "other", "Allowed") || hasEdge(m, "other", "bankapp", "Allowed") || hasEdge(m, "other", "bankapp", "Unknown") {
		t.Errorf("map: got %+v", m.Edges)
	}
	wantGap(t, m.Gaps, "in all namespaces")
	r = ask[reach](t, reader, undecided, "reachable-from", "deploy/frontend", "-n", "bank")
	if row := rowOf(t, r, "Deployment", "bank", "bankapp"); row.Verdict != "Denied" {
		t.Errorf("bankapp: got %+v", row)
	}
	if row := rowOf(t, r, "Deployment", "bank", "other"); row.Verdict != "Allowed" {
		t.Errorf("other: got %+v", row)
	}
	if row := rowOf(t, r, "Internet", "", ""); row.Verdict != "Allowed" {
		t.Errorf("internet: got %+v", row)
	}
}

// Who may read nothing gets no verdict, right or wrong.
func TestNoPermissions(t *testing.T) {
	k := as(t, nobody)
	for _, line := range []string{
		"explain deploy/frontend svc/bankapp-service -n bank",
		"can-reach deploy/frontend svc/bankapp-service -n bank",
		"can-reach app=frontend app=x -n bank",
		"who-can-reach svc/bankapp-service -n bank",
		"who-can-reach ns/bank",
		"reachable-from deploy/frontend -n bank",
		"map -n bank",
		"map -A",
	} {
		r, err := k.Run(t.Context(), append([]string{"netguard"}, strings.Fields(line)...)...)
		if err != nil {
			t.Fatal(err)
		}
		if r.ExitCode != undecided && r.ExitCode != failed {
			t.Errorf("%s: exit status %d\n%s%s", line, r.ExitCode, r.Stdout, r.Stderr)
		}
		text := r.Stdout + r.Stderr
		for _, word := range []string{"Allowed", "Denied", "yes", "DENIED", "ALLOWED"} {
			if strings.Contains(text, word) {
				t.Errorf("%s: it says %s\n%s", line, word, text)
			}
		}
		if strings.Contains(text, "no connection") {
			t.Errorf("%s: it says that there is nothing\n%s", line, text)
		}
		if !strings.Contains(text, "list ") && !strings.Contains(text, "get ") {
			t.Errorf("%s: it names no permission\n%s", line, text)
		}
	}
}

func wantGap(t *testing.T, gaps []gap, words string) {
	t.Helper()
	if !slices.ContainsFunc(gaps, func(g gap) bool { return strings.Contains(g.Needs, words) && g.Reason == "Forbidden" }) {
		t.Errorf("no gap names %q: %+v", words, gaps)
	}
}

// version --cluster says which permissions are missing, and those that the documented roles give are not.
func TestVersionTellsWhichPermissionsAreMissing(t *testing.T) {
	for user, want := range map[string]struct {
		kubectl      *controlplane.Kubectl
		status       int
		missing, own int
	}{
		"admin":       {cluster.Admin, yes, 0, 0},
		"ClusterRole": {serviceAccount(t), yes, 0, 0},
		// All but namespaces, nodes and IngressClasses, which no namespace holds.
		"Role in bank": {as(t, bankReader), undecided, 27, 22},
		"nobody":       {as(t, nobody), undecided, 27, 0},
	} {
		v := ask[version](t, want.kubectl, want.status, "version", "--cluster", "-n", "bank")
		own := 0
		for _, m := range v.Access.Missing {
			if m.InNamespace {
				own++
			}
		}
		if len(v.Access.Missing) != want.missing || own != want.own || v.Access.Unchecked != "" {
			t.Errorf("%s: %d missing, %d of them held in bank: %+v", user, len(v.Access.Missing), own, v.Access)
		}
	}
	out := run(t, as(t, bankReader), undecided, "version", "--cluster", "-n", "bank").Stdout
	says(t, out, "Permissions missing: list ingressclasses.networking.k8s.io, get and list", "namespaces, get and list nodes", "Permissions held in namespace bank only: get and list pods")
}
