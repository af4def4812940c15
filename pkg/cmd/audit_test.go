package cmd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"
)

const wrongShop = "testdata/scenarios/an-audit-finds-what-is-wrong-and-nothing-else/cluster.yaml"

// SARIF is what the schema says, and has what code scanning asks for.
func TestAuditSARIF(t *testing.T) {
	for _, state := range []string{wrongShop, "../../examples/bankapp"} {
		r := run(t, "", "audit", "-f", state, "-o", "sarif")
		if r.status != 1 {
			t.Fatalf("exit %d: %s", r.status, r.stderr)
		}
		valid(t, "../printer/findings/testdata/sarif-schema-2.1.0.json", r.stdout)
		var raw struct {
			Runs []struct {
				Tool struct {
					Driver struct {
						Rules []struct {
							ID, Name         string
							ShortDescription struct{ Text string }
							FullDescription  struct{ Text string }
							Help             struct{ Text string }
						}
					}
				}
				Results []struct {
					RuleID              string
					PartialFingerprints map[string]string
					Locations           []struct {
						PhysicalLocation struct {
							ArtifactLocation struct{ URI string }
							Region           struct{ StartLine int }
						}
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(r.stdout), &raw); err != nil {
			t.Fatal(err)
		}
		for _, rule := range raw.Runs[0].Tool.Driver.Rules {
			if rule.ShortDescription.Text == "" || rule.FullDescription.Text == "" || len(rule.FullDescription.Text) > 1024 || rule.Help.Text == "" {
				t.Errorf("rule %s lacks a text", rule.ID)
			}
		}
		for _, x := range raw.Runs[0].Results {
			l := x.Locations[0].PhysicalLocation
			if l.ArtifactLocation.URI == "" || filepath.IsAbs(l.ArtifactLocation.URI) || l.Region.StartLine < 1 || x.PartialFingerprints["primaryLocationLineHash"] == "" {
				t.Errorf("result %s has no place: %+v", x.RuleID, x)
			}
		}
	}
}

// A baseline leaves out what it has, wherever the lines are by now.
func TestAuditBaseline(t *testing.T) {
	dir := t.TempDir()
	before := run(t, "", "audit", "-f", wrongShop, "-o", "json")
	base := filepath.Join(dir, "baseline.json")
	if err := os.WriteFile(base, []byte(before.stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(wrongShop)
	if err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(dir, "moved.yaml")
	if err := os.WriteFile(moved, append([]byte("# one line more\n\n"), text...), 0o600); err != nil {
		t.Fatal(err)
	}
	after := run(t, "", "audit", "-f", moved, "--baseline", base)
	if after.status != 0 || !strings.Contains(after.stdout, "1 known from the baseline") {
		t.Errorf("exit %d\n%s%s", after.status, after.stdout, after.stderr)
	}
}

func TestAuditConfig(t *testing.T) {
	for name, tt := range map[string]struct {
		config string
		status int
		want   string
	}{
		"a reason":  {"ignore: [{code: NG004, namespace: sh*, reason: known}]", 0, "1 suppressed"},
		"severity":  {"severity: {NG004: info}", 0, "1 info"},
		"no reason": {"ignore:\n- code: NG004", 2, "4: ignore[0] has no reason"},
		"a typo":    {"ignore:\n- cod: NG004\n  reason: x", 2, `4: ignore[0] has no field "cod"; did you mean "code"?`},
		"no code":   {"ignore: [{code: NG999, reason: x}]", 2, `no finding has the code "NG999"`},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(file, []byte("apiVersion: netguard.dev/v1alpha1\nkind: AuditConfig\n"+tt.config+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			r := run(t, "", "audit", "-f", wrongShop, "--config", file)
			if r.status != tt.status || !strings.Contains(r.stdout+r.stderr, tt.want) {
				t.Errorf("exit %d\n%s%s", r.status, r.stdout, r.stderr)
			}
		})
	}
}

func TestAuditBadInput(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"audit --explain dash", "did you mean NG005 (selector-split-by-a-dash)?"},
		{"audit --explain NG002 ns/x", "leave out ns/x"},
		{"audit deploy/web", "audit takes ns/NAME"},
		{"audit --fail-on bad -f " + wrongShop, `--fail-on: "bad" is no severity; there are critical, high, medium, low, info, none`},
		{"audit ns/nowhere -f " + wrongShop, "nowhere"},
		{"audit --only NG9 -f " + wrongShop, "--only: no finding"},
		{"audit --baseline ../../go.mod -f " + wrongShop, "../../go.mod"},
	} {
		r := run(t, "", strings.Fields(tt.args)...)
		if r.status != 2 || !strings.Contains(r.stderr, tt.want) || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: exit %d\n%s%s", tt.args, r.status, r.stdout, r.stderr)
		}
	}
}

// Names may hold anything; nothing of them acts on a terminal, a page or a workflow.
func TestAuditEscapes(t *testing.T) {
	state := `apiVersion: v1
kind: Namespace
metadata: {name: x}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: x, labels: {app: web}}
spec: {containers: [{name: c, image: i, ports: [{name: web, containerPort: 80}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: x}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{ports: [{port: "web-b"}]}]
`
	for _, format := range []string{"table", "sarif", "junit", "markdown", "html", "github", "json", "yaml"} {
		file := filepath.Join(t.TempDir(), "a\x1b[31m<b>.yaml")
		if err := os.WriteFile(file, []byte(state), 0o600); err != nil {
			t.Fatal(err)
		}
		r := run(t, "", "audit", "-f", file, "-o", format)
		if r.status != 1 || strings.Contains(r.stdout, "\x1b") || format == "html" && strings.Contains(r.stdout, "<b>") {
			t.Errorf("%s: exit %d\n%s%s", format, r.status, r.stdout, r.stderr)
		}
	}
}

// valid holds a JSON text against a schema. That of SARIF is OASIS's own
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json).
func valid(t *testing.T, schema, text string) {
	t.Helper()
	rules, err := os.ReadFile(schema)
	if err != nil {
		t.Fatal(err)
	}
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(rules), gojsonschema.NewStringLoader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		t.Errorf("%s: %s", schema, e)
	}
}
