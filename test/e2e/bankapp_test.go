package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/test/controlplane"
)

const bankService = "svc/bankapp-service"

func TestExplainNamesTheServicePort(t *testing.T) {
	args := []string{"explain", "deploy/frontend", bankService, "-n", "bank"}
	x := ask[explanation](t, cluster.Admin, yes, args...)
	if x.APIVersion != "netguard.dev/v1alpha1" || x.Kind != "Explanation" || x.Verdict != "Denied" || len(x.Answers) != 1 {
		t.Fatalf("got %+v", x)
	}
	a := x.Answers[0]
	if a.Reason != "NoRuleAllows" || a.Source.Count != 2 || a.Target.Count != 2 || a.Ports[0] != (port{"TCP", 8080, 80}) {
		t.Errorf("got %+v", a)
	}
	hop := a.Hops[len(a.Hops)-1]
	if hop.Kind != "Ingress" || hop.Policies[0].Policy != (object{"NetworkPolicy", "bank", "bankapp-restrict-access"}) {
		t.Fatalf("got %+v", hop)
	}
	m := hop.Policies[0].Rules[0].Ports[0].Mismatch
	if m == nil || !m.ServicePort || m.Path != "spec.ingress[0].ports[0].port" || m.Want != "80" || m.Got != "8080" {
		t.Errorf("got %+v", m)
	}
	if x.Fix == nil || x.Fix.Verdict != "Allowed" || x.Fix.Patches[0].Change != "ReplacePort" {
		t.Errorf("got fix %+v", x.Fix)
	}
	says(t, run(t, cluster.Admin, yes, args...).Stdout, "80", "8080", "bankapp-restrict-access", "spec.ingress[0]", "kubectl patch networkpolicy")
}

func TestExplainTheIngressController(t *testing.T) {
	x := ask[explanation](t, cluster.Admin, yes, "explain", "ingress-nginx/deploy/ingress-nginx-controller", "bank/"+bankService)
	if x.Verdict != "Denied" || x.Fix == nil || x.Fix.Verdict != "Allowed" {
		t.Fatalf("got %+v", x)
	}
	last := x.Answers[0].Hops[len(x.Answers[0].Hops)-1]
	if m := last.Policies[0].Rules[0].Peers[0].Mismatch; m == nil || m.Reason != "NamespaceDiffers" {
		t.Errorf("got %+v", m)
	}
}

// The fix that explain prints works when it is typed as it stands.
func TestTheFixFixes(t *testing.T) {
	args := []string{"deploy/frontend", bankService, "-n", "bank"}
	x := ask[explanation](t, cluster.Admin, yes, append([]string{"explain"}, args...)...)
	if x.Fix == nil {
		t.Fatal("no fix")
	}
	t.Cleanup(func() { restoreBank(t) })
	for _, p := range x.Fix.Patches {
		must(t, "patch", "networkpolicy", p.Policy.Name, "-n", p.Policy.Namespace, "--type=json", "-p", p.Patch)
	}
	run(t, cluster.Admin, yes, append([]string{"can-reach"}, args...)...)
	run(t, cluster.Admin, no, "can-reach", "deploy/other", bankService, "-n", "bank")
}

func restoreBank(t *testing.T) {
	if _, err := cluster.Admin.Must(background(), "apply", "-f", "../../examples/bankapp"); err != nil {
		t.Error(err)
	}
}

func TestCanReach(t *testing.T) {
	p := ask[permission](t, cluster.Admin, no, "can-reach", "deploy/frontend", bankService, "-n", "bank")
	if p.Kind != "Permission" || p.Verdict != "Denied" || p.Reason != "NoRuleAllows" {
		t.Errorf("got %+v", p)
	}
	for _, c := range []struct {
		status         int
		source, target string
		word           string
	}{
		{no, "deploy/frontend", bankService, "no"},
		{yes, "deploy/frontend", "deploy/other:8080", "yes"},
		{yes, "app=other", "deploy/frontend:3000", "yes"},
		{undecided, "deploy/frontend", "services/svc/outside", "unknown"},
	} {
		args := []string{"can-reach", c.source, c.target, "-n", "bank"}
		if r := run(t, cluster.Admin, c.status, args...); !strings.HasPrefix(r.Stdout, c.word) {
			t.Errorf("%v: got %q", args, r.Stdout)
		}
		if r := run(t, cluster.Admin, c.status, append(args, "-q")...); r.Stdout+r.Stderr != "" {
			t.Errorf("%v -q: it says %q %q", args, r.Stdout, r.Stderr)
		}
	}
	fails(t, cluster.Admin, []string{"can-reach", "deploy/fronted", bankService, "-n", "bank"}, `"fronted"`, "frontend")
}

func TestWhoCanReach(t *testing.T) {
	args := []string{"who-can-reach", bankService, "-n", "bank"}
	r := ask[reach](t, cluster.Admin, yes, args...)
	if row := rowOf(t, r, "Deployment", "bank", "frontend"); row.Verdict != "Denied" || row.Nearest == nil || !row.Nearest.ServicePort {
		t.Errorf("frontend: got %+v", row)
	}
	if row := rowOf(t, r, "Deployment", "bank", "other"); row.Verdict != "Denied" || row.Nearest.Reason != "PodLabel" {
		t.Errorf("other: got %+v", row)
	}
	if row := rowOf(t, r, "Namespace", "", "ingress-nginx"); row.Verdict != "Denied" || row.Nearest.Reason != "NamespaceDiffers" {
		t.Errorf("ingress-nginx: got %+v", row)
	}
	if row := rowOf(t, r, "Internet", "", ""); row.Verdict != "Denied" {
		t.Errorf("internet: got %+v", row)
	}
	says(t, run(t, cluster.Admin, yes, args...).Stdout, "deploy/frontend", "deploy/other", "internet", "bankapp-restrict-access", "8080")
	says(t, run(t, cluster.Admin, yes, append(args, "-o", "wide")...).Stdout, "deploy/frontend")
	run(t, cluster.Admin, yes, append(args, "-o", "yaml")...)
	run(t, cluster.Admin, yes, append(args, "-o", "name")...)
}

func TestReachableFrom(t *testing.T) {
	r := ask[reach](t, cluster.Admin, yes, "reachable-from", "deploy/frontend", "-n", "bank")
	if row := rowOf(t, r, "Deployment", "bank", "bankapp"); row.Verdict != "Denied" {
		t.Errorf("bankapp: got %+v", row)
	}
	if row := rowOf(t, r, "Deployment", "bank", "other"); row.Verdict != "Allowed" {
		t.Errorf("other: got %+v", row)
	}
}

func TestMap(t *testing.T) {
	m := ask[netmap](t, cluster.Admin, yes, "map", "-n", "bank")
	if m.Kind != "Map" || !hasEdge(m, "frontend", "other", "Allowed") || hasEdge(m, "other", "bankapp", "Allowed") {
		t.Errorf("got %+v", m)
	}
	if all := ask[netmap](t, cluster.Admin, yes, "map", "-A"); len(all.Edges) <= len(m.Edges) {
		t.Errorf("-A has %d edges, -n bank has %d", len(all.Edges), len(m.Edges))
	}
	for format, word := range map[string]string{"csv": ",", "md": "| ", "dot": "digraph", "mermaid": "graph", "svg": "<svg ", "html": "<!doctype html>", "yaml": "kind: Map"} {
		says(t, run(t, cluster.Admin, yes, "map", "-n", "bank", "-o", format).Stdout, word, "frontend")
	}
}

func TestVersion(t *testing.T) {
	run(t, cluster.Admin, yes, "version")
	v := ask[version](t, cluster.Admin, yes, "version", "--cluster")
	if v.Kind != "Version" || v.Enforcement.Enforced != "Unknown" || len(v.PolicyKinds) > 0 {
		t.Errorf("got %+v", v)
	}
	// Without --cluster no cluster is needed.
	run(t, cluster.ControlPlane.Kubectl("", cluster.PluginDir), yes, "version")
}

func TestHelpTellsTheExitStatus(t *testing.T) {
	for _, c := range []string{"explain", "can-reach", "who-can-reach", "reachable-from", "map", "version"} {
		says(t, run(t, cluster.Admin, yes, c, "--help").Stdout, "Exit status:", "kubectl netguard "+c)
	}
}

func TestFlagsOfKubectl(t *testing.T) {
	args := []string{"can-reach", "deploy/frontend", "deploy/other:80", "-n", "bank"}
	with := func(more ...string) []string { return append(append([]string{}, args...), more...) }

	run(t, cluster.Admin, yes, with("--request-timeout=10s")...)
	run(t, cluster.Admin, yes, with("--context=admin")...)
	fails(t, cluster.Admin, with("--context=nowhere"), `"nowhere"`)
	run(t, cluster.Admin, yes, with("--as="+bankReader)...)
	run(t, cluster.Admin, undecided, with("--as="+nobody)...)
	run(t, cluster.Admin, yes, with("--as=someone", "--as-group=system:masters")...)

	kubeconfig, err := cluster.Kubeconfig(controlplane.AdminUser)
	if err != nil {
		t.Fatal(err)
	}
	bare := cluster.ControlPlane.Kubectl("", cluster.PluginDir)
	run(t, bare, yes, with("--kubeconfig="+kubeconfig)...)
	run(t, bare.WithEnv("KUBECONFIG="+kubeconfig), yes, args...)

	// The context's namespace, as kubectl takes it.
	text, err := os.ReadFile(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	inBank := filepath.Join(t.TempDir(), "bank.kubeconfig")
	changed := strings.Replace(string(text), "    user: admin", "    user: admin\n    namespace: bank", 1)
	if err := os.WriteFile(inBank, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, cluster.ControlPlane.Kubectl(inBank, cluster.PluginDir), yes, args[:3]...)
}
