package e2e

import (
	"slices"
	"strings"
	"testing"
)

// A policy kind that netguard does not evaluate opens the verdicts that its objects may change, and no other.
func TestPolicyKindsThatAreNotModelled(t *testing.T) {
	apply(t, "testdata/crds.yaml")
	must(t, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")

	t.Run("no objects", func(t *testing.T) {
		run(t, cluster.Admin, yes, "can-reach", "deploy/frontend", "deploy/other:80", "-n", "bank")
		run(t, cluster.Admin, no, "can-reach", "deploy/frontend", bankService, "-n", "bank")
		run(t, cluster.Admin, yes, "who-can-reach", bankService, "-n", "bank")
		run(t, cluster.Admin, yes, "map", "-A")
		// Whose objects may not be listed may be there.
		p := ask[permission](t, as(t, bankReader), undecided, "can-reach", "deploy/frontend", "deploy/other:80", "-n", "bank")
		wantGap(t, p.Gaps, "list clusternetworkpolicies.policy.networking.k8s.io")
	})

	for _, c := range []struct {
		kind, object string
		// allowed and denied become, in namespace bank and elsewhere.
		allowed, denied, elsewhere int
	}{
		{"CiliumNetworkPolicy", `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: l7, namespace: bank}
`, undecided, undecided, yes},
		// A mesh's authorization takes away, and never adds.
		{"AuthorizationPolicy", `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: deny, namespace: bank}
`, undecided, no, yes},
	} {
		t.Run(c.kind, func(t *testing.T) {
			if r, err := cluster.Admin.RunWithInput(t.Context(), c.object, "apply", "-f", "-"); err != nil || r.ExitCode != 0 {
				t.Fatal(err, r.Stderr)
			}
			defer func() {
				if r, err := cluster.Admin.RunWithInput(background(), c.object, "delete", "-f", "-"); err != nil || r.ExitCode != 0 {
					t.Error(err, r.Stderr)
				}
			}()
			p := ask[permission](t, cluster.Admin, c.allowed, "can-reach", "deploy/frontend", "deploy/other:80", "-n", "bank")
			if p.Reason != "NotModelled" || !strings.Contains(p.Detail, c.kind) {
				t.Errorf("got %+v", p)
			}
			run(t, cluster.Admin, c.denied, "can-reach", "deploy/frontend", bankService, "-n", "bank")
			run(t, cluster.Admin, c.elsewhere, "can-reach", "client", "svc/named", "-n", "services")
			says(t, run(t, cluster.Admin, c.allowed, "explain", "deploy/frontend", "deploy/other:80", "-n", "bank").Stdout, c.kind)
			run(t, cluster.Admin, undecided, "who-can-reach", "deploy/other:80", "-n", "bank")
			run(t, cluster.Admin, undecided, "map", "-n", "bank")
			v := ask[version](t, cluster.Admin, yes, "version", "--cluster")
			if !slices.ContainsFunc(v.PolicyKinds, func(k string) bool { return strings.HasPrefix(k, c.kind+".") }) {
				t.Errorf("version --cluster: got %v", v.PolicyKinds)
			}
		})
	}
}

// A ClusterNetworkPolicy of the Admin tier decides before NetworkPolicies do; one that
// cannot be made sense of leaves open what it may decide, and is named.
func TestClusterNetworkPoliciesDecide(t *testing.T) {
	apply(t, "testdata/crds.yaml")
	must(t, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
	for name, c := range map[string]struct {
		spec           string
		status         int
		reason, detail string
	}{
		"denies": {`{tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: bank}}}, ` +
			`ingress: [{action: Deny, from: [{namespaces: {}}]}]}`, no, "RuleDenies", ""},
		"elsewhere": {`{tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: services}}}, ` +
			`ingress: [{action: Deny, from: [{namespaces: {}}]}]}`, yes, "NotIsolated", ""},
		"unclear": {`{priority: 1}`, undecided, "PolicyUnclear", "ClusterNetworkPolicy admin"},
	} {
		t.Run(name, func(t *testing.T) {
			object := "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: admin}, spec: " + c.spec + "}"
			if r, err := cluster.Admin.RunWithInput(t.Context(), object, "apply", "-f", "-"); err != nil || r.ExitCode != 0 {
				t.Fatal(err, r.Stderr)
			}
			defer func() {
				if r, err := cluster.Admin.RunWithInput(background(), object, "delete", "-f", "-"); err != nil || r.ExitCode != 0 {
					t.Error(err, r.Stderr)
				}
			}()
			p := ask[permission](t, cluster.Admin, c.status, "can-reach", "deploy/frontend", "deploy/other:80", "-n", "bank")
			if p.Reason != c.reason || !strings.Contains(p.Detail, c.detail) {
				t.Errorf("got %+v", p)
			}
		})
	}
}

// On a cluster with plain flannel nothing enforces policies, and every command says so.
func TestNothingEnforces(t *testing.T) {
	apply(t, "testdata/flannel.yaml")
	isNo := func(what string, e enforcement) {
		t.Helper()
		if e.Enforced != "No" || e.Plugin != "flannel" || !strings.Contains(e.Evidence, "kube-flannel/kube-flannel-ds") {
			t.Errorf("%s: got %+v", what, e)
		}
	}
	for _, c := range []struct {
		status int
		line   string
	}{
		{yes, "explain deploy/frontend svc/bankapp-service -n bank"},
		{no, "can-reach deploy/frontend svc/bankapp-service -n bank"},
		{yes, "who-can-reach svc/bankapp-service -n bank"},
		{yes, "reachable-from deploy/frontend -n bank"},
		{yes, "map -n bank"},
		{yes, "version --cluster"},
	} {
		args := strings.Fields(c.line)
		isNo(c.line, ask[permission](t, cluster.Admin, c.status, args...).Enforcement)
		r := run(t, cluster.Admin, c.status, args...)
		if text := r.Stdout + r.Stderr; !strings.Contains(text, "flannel") || !strings.Contains(text, "enforce") {
			t.Errorf("%s: it does not say that nothing enforces policies\n%s", c.line, text)
		}
	}
	// Who may not see the DaemonSets is told what it takes.
	p := ask[permission](t, as(t, bankReader), no, "can-reach", "deploy/frontend", bankService, "-n", "bank")
	if p.Enforcement.Enforced != "Unknown" || p.Enforcement.Needs != "list daemonsets in all namespaces" {
		t.Errorf("got %+v", p.Enforcement)
	}
}
