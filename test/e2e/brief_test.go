package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// A table reads only the pods that the policies in play tell apart; -o wide, and
// programs, get every pod by name. The verdicts are the same.
func TestATableReadsFewPods(t *testing.T) {
	apply(t, "testdata/brief.yaml")
	must(t, "rollout", "status", "-n", "few-clients", "daemonset/agent", "--timeout=60s")
	must(t, "rollout", "status", "-n", "few-clients", "deployment/web", "--timeout=60s")
	must(t, "wait", "--for=condition=Ready", "pod", "--all", "-n", "few", "--timeout=60s")
	must(t, "wait", "--for=condition=Ready", "pod", "--all", "-n", "few-clients", "--timeout=60s")
	args := []string{"who-can-reach", "api", "-n", "few"}
	table := run(t, cluster.Admin, yes, args...).Stdout
	says(t, table, "few-clients/pod/client", "all other pods of namespace few-clients")
	if strings.Contains(table, "stranger") {
		t.Errorf("a pod that nothing tells from others is listed:\n%s", table)
	}
	// Nobody knows of how many: of the DaemonSet on the host's network only the pod on the target's node was read.
	for _, what := range []string{`pod agent-\w+ of few-clients/ds/agent on node`, `pods web-\S+, web-\S+ of few-clients/deploy/web`, `any pod of any other namespace`} {
		if !regexp.MustCompile(what).MatchString(strings.Join(strings.Fields(table), " ")) {
			t.Errorf("the table does not say %s:\n%s", what, table)
		}
	}
	if strings.Contains(table, "every pod") || regexp.MustCompile(`\d+ of \d+ pods`).MatchString(table) {
		t.Errorf("the table counts pods that were not read:\n%s", table)
	}
	says(t, run(t, cluster.Admin, yes, append(args, "-o", "wide")...).Stdout, "few-clients/pod/client", "few-clients/pod/stranger")
	for pod, verdict := range map[string]string{"client": "Allowed", "stranger": "Denied"} {
		x := ask[explanation](t, cluster.Admin, yes, "explain", "few-clients/pod/"+pod, "api", "-n", "few")
		if x.Verdict != verdict {
			t.Errorf("%s: %s, want %s", pod, x.Verdict, verdict)
		}
	}
}
