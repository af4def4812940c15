package cmd_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/cmd"
)

// Every report can be printed by a template, which sees the JSON.
func TestTemplates(t *testing.T) {
	file := filepath.Join(t.TempDir(), "template")
	if err := os.WriteFile(file, []byte("{.kind}"), 0o600); err != nil {
		t.Fatal(err)
	}
	goFile := filepath.Join(t.TempDir(), "template.go")
	if err := os.WriteFile(goFile, []byte("{{.kind}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	explain := bank("explain", "deploy/frontend", "svc/bankapp-service")
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"explain":         {append(explain, "-o", "jsonpath={.verdict} {.answers[0].ports[0].pod}"), cmd.ExitYes, "Denied 8080"},
		"can-reach":       {bank("can-reach", "deploy/frontend", "svc/bankapp-service", "-o", "jsonpath={.reason}"), cmd.ExitNo, "NoRuleAllows"},
		"who-can-reach":   {bank("who-can-reach", "svc/bankapp-service", "-o", `jsonpath={range .rows[?(@.verdict=="Denied")]}{.ends[*].end.name} {end}`), cmd.ExitYes, "bankapp other frontend ingress-nginx  "},
		"a front door":    {bank("who-can-reach", "ing/bankapp", "-o", "jsonpath={.doors[*].verdict}"), cmd.ExitYes, "Denied"},
		"reachable-from":  {bank("reachable-from", "deploy/frontend", "-o", "jsonpath={.direction}"), cmd.ExitYes, "Egress"},
		"map":             {bank("map", "-o", "go-template={{.kind}} {{len .edges}}"), cmd.ExitYes, "Map 18"},
		"diff":            {[]string{"diff", "--against", example, "-f", example, "-o", "jsonpath={.kind} {.rows}"}, cmd.ExitYes, "Diff []"},
		"version":         {[]string{"version", "-o", "jsonpath={.kind}"}, cmd.ExitYes, "Version"},
		"scaffold":        {bank("scaffold", "svc/bankapp-service", "-o", "jsonpath={.items[*].metadata.name}"), cmd.ExitYes, "bankapp-service-allow-clients"},
		"as JSON":         {append(explain, "-o", "jsonpath-as-json={.verdict}"), cmd.ExitYes, "[\n    \"Denied\"\n]\n"},
		"from a file":     {append(explain, "-o", "jsonpath-file="+file), cmd.ExitYes, "Explanation"},
		"go from a file":  {append(explain, "-o", "go-template-file="+goFile), cmd.ExitYes, "Explanation"},
		"by --template":   {append(explain, "-o", "jsonpath", "--template={.kind}"), cmd.ExitYes, "Explanation"},
		"--template only": {append(explain, "--template={{.kind}}"), cmd.ExitYes, "Explanation"},
		"a missing key":   {append(explain, "-o", "jsonpath={.nothing}"), cmd.ExitYes, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := run(t, "", c.args...); got.status != c.status || got.stdout != c.want {
				t.Errorf("exit status %d, want %d\n%q\nwant\n%q\n%s", got.status, c.status, got.stdout, c.want, got.stderr)
			}
		})
	}
	fails(t, run(t, "", append(explain, "-o", "jsonpath={.nothing}", "--allow-missing-template-keys=false")...), "nothing is not found")
	fails(t, run(t, "", append(explain, "-o", "jsonpath={.verdict")...), "-o jsonpath={.verdict", "unclosed action")
	fails(t, run(t, "", append(explain, "-o", "jsonpath")...), "-o jsonpath", "no template given")
	fails(t, run(t, "", append(explain, "-o", "go-template-file=/nowhere")...), "/nowhere")
	fails(t, run(t, "", append(explain, "-o", "jsonpaht={.x}")...), `"jsonpaht={.x}"`, "json", "jsonpath", "go-template")
}
