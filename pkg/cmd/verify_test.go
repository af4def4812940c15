package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerifyOutputs(t *testing.T) {
	in := []string{"verify", "-f", "../../examples/intents/bankapp.yaml", "-f", "../../examples/bankapp"}
	for format, want := range map[string][]string{
		"":       {"Broken     the frontend uses it", "Fix: kubectl patch", "of 4 intents hold"},
		"junit":  {`<testcase classname="NGV001" name="the frontend uses it"`, "<failure message="},
		"tap":    {"TAP version 14\n1..4\n", "not ok 2 - the frontend uses it"},
		"sarif":  {`"ruleId": "NGV001"`},
		"github": {"::error title=NGV001 the frontend uses it,file=../../examples/intents/bankapp.yaml,line="},
		"json":   {`"outcome": "Broken"`},
	} {
		args := in
		if format != "" {
			args = append(append([]string{}, in...), "-o", format)
		}
		r := run(t, "", args...)
		if r.status != 1 {
			t.Errorf("%s: exit %d %s", format, r.status, r.stderr)
		}
		for _, w := range want {
			if !strings.Contains(r.stdout, w) {
				t.Errorf("%s: lacks %q\n%s", format, w, r.stdout)
			}
		}
		if format == "sarif" {
			valid(t, "../printer/findings/testdata/sarif-schema-2.1.0.json", r.stdout)
		}
	}
}

// Unknown never passes, unless somebody says so.
func TestVerifyUnknown(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"state.yaml": `apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: x}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: x}
spec: {containers: [{name: c, image: i}]}
`,
		"intents.yaml": "apiVersion: netguard.dev/v1alpha1\nkind: Intents\nintents:\n- {from: x/pod/b, to: x/pod/a, expect: deny}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := []string{"verify", "-f", filepath.Join(dir, "intents.yaml"), "-f", filepath.Join(dir, "state.yaml")}
	if r := run(t, "", in...); r.status != 3 || !strings.Contains(r.stdout, "1 undecided") {
		t.Errorf("exit %d\n%s%s", r.status, r.stdout, r.stderr)
	}
	if r := run(t, "", append(in, "--allow-unknown")...); r.status != 0 {
		t.Errorf("exit %d\n%s%s", r.status, r.stdout, r.stderr)
	}
}

func TestVerifyBadInput(t *testing.T) {
	typo := filepath.Join(t.TempDir(), "typo.yaml")
	if err := os.WriteFile(typo, []byte("apiVersion: netguard.dev/v1alpha1\nkind: Intents\nintents:\n- {form: a, to: b, expect: deny}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"verify":                 "name the intents with -f or -i",
		"verify -f " + typo:      `typo.yaml:4: intents[0] has no field "form"; did you mean "from"?`,
		"verify -i nowhere.yaml": "nowhere.yaml",
		"verify --record -i x":   "leave out -i",
		"verify -f ../../go.mod": "",
		"verify -i ../../go.mod": "go.mod",
	} {
		r := run(t, "", strings.Fields(args)...)
		if r.status != 2 || !strings.Contains(r.stderr, want) || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: exit %d\n%s%s", args, r.status, r.stdout, r.stderr)
		}
	}
}
