package printer

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// constants reads the values of all constants of a type from package report, so
// that a new code cannot be forgotten here.
func constants(t *testing.T, typ string) []string {
	t.Helper()
	paths, err := filepath.Glob("../report/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) == 0 {
				return true
			}
			if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != typ {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				value, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, value)
			}
			return true
		})
	}
	if len(out) == 0 {
		t.Fatalf("package report has no constants of type %s", typ)
	}
	return out
}

// check that each code has a sentence of its own.
func check(t *testing.T, typ string, sentence func(code string) string) {
	t.Helper()
	seen := map[string]string{}
	for _, code := range constants(t, typ) {
		text := sentence(code)
		if text == "" {
			t.Errorf("%s %s has no sentence", typ, code)
		}
		if other, ok := seen[text]; ok {
			t.Errorf("%s %s and %s have the same sentence %q", typ, code, other, text)
		}
		seen[text] = code
	}
}

func TestEveryCodeHasASentence(t *testing.T) {
	n := names{}
	policy := report.Object{Kind: "NetworkPolicy", Namespace: "bank", Name: "restrict"}
	check(t, "Reason", func(code string) string {
		return n.reason(cause{
			reason: report.Reason(code), hop: report.HopIngress, subject: "it",
			policies: []report.Object{policy}, rules: []report.RuleRef{{Policy: policy, Path: "spec.ingress[0]"}},
		})
	})
	check(t, "CaveatCode", func(code string) string { return n.caveat(report.Caveat{Code: report.CaveatCode(code)}) })
	check(t, "ChangeCode", func(code string) string {
		return n.change(report.Patch{Change: report.ChangeCode(code), Rule: "spec.ingress[0]"})
	})
	check(t, "EvidenceStep", func(code string) string { return n.found(report.EvidenceStep(code)) })
	check(t, "WayKind", func(code string) string {
		return n.wayText(report.Way{
			Kind: report.WayKind(code), Object: report.Object{Kind: "Service", Namespace: "bank", Name: "app"}, Port: "80/TCP", From: []string{"10.0.0.0/8"},
		})
	})
	for _, clause := range []string{"", "TCP web"} {
		for i, length := range []string{"brief", "full"} {
			t.Run(length+" "+clause, func(t *testing.T) {
				check(t, "MismatchReason", func(code string) string {
					brief, full, _ := n.mismatch(report.Mismatch{Reason: report.MismatchReason(code), Want: "want", Got: "got", Key: "key"},
						sidesOf(report.HopIngress), clause)
					return []string{brief, full}[i]
				})
			})
		}
	}
}

// Briefs stand in a table beside a policy's name.
func TestBriefSentencesAreBrief(t *testing.T) {
	for _, code := range constants(t, "MismatchReason") {
		brief, _, _ := names{}.mismatch(report.Mismatch{Reason: report.MismatchReason(code), Want: "8080", Got: "9090", Key: "app", ServicePort: true},
			sidesOf(report.HopEgress), "")
		if columns(brief) > 60 {
			t.Errorf("%s: %d columns: %s", code, columns(brief), brief)
		}
	}
}

func TestWrapNeverBreaksAWord(t *testing.T) {
	long := "bank/bankapp-restrict-access-with-a-name-that-is-too-long"
	text := "no rule of " + long + " allows it"
	for width := range 70 {
		lines := wrap(text, width, width)
		if got := strings.Join(lines, " "); got != text {
			t.Fatalf("width %d: %q", width, got)
		}
		for _, line := range lines {
			if columns(line) > width && strings.Contains(line, " ") {
				t.Errorf("width %d: line is too wide: %q", width, line)
			}
		}
	}
	if got := columns("\x1b[31mDENIED\x1b[0m → x"); got != 10 {
		t.Errorf("columns = %d, want 10", got)
	}
}
