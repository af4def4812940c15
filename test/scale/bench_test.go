package scale

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-netguard/netguard/test/fleet"
)

// A small run takes every figure, none of its questions fails, and the page tells of
// all of them. How long they take is not judged here.
func TestBenchTakesItsFigures(t *testing.T) {
	netguard := filepath.Join(t.TempDir(), "kubectl-netguard")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", netguard, "./cmd/kubectl-netguard")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the plugin: %v\n%s", err, out)
	}
	size, err := fleet.SizeOf("S")
	if err != nil {
		t.Fatal(err)
	}
	b := &Bench{
		Netguard: netguard, Self: os.Args[0], Sizes: []fleet.Size{size}, Log: t.Output(),
		Limits: Limits{Time: 5 * time.Minute, Memory: 4e9},
	}
	rows, err := b.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	questions := map[string]bool{}
	for _, r := range rows {
		questions[r.Question] = true
		if r.Ended != "" {
			t.Errorf("%s, %s: %s", r.Question, r.Figure, r.Ended)
		}
		if r.Netguard == "" || r.Section == "" {
			t.Errorf("nothing was measured for %+v", r)
		}
	}
	var page bytes.Buffer
	if err := b.Page(&page, rows); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"explain pod pod", "can-reach pod pod", "who-can-reach, 1 % admitted", "who-can-reach, all admitted", "who-can-reach ingress/NAME",
		"map -A", "diff -f POLICY", "scaffold --keep-current", "model", "who-can-reach -f", "map -A -f",
	} {
		if !questions[want] {
			t.Errorf("no figure of %q", want)
		}
		if !strings.Contains(page.String(), "| "+want+" |") {
			t.Errorf("the page does not tell of %q", want)
		}
	}
}
