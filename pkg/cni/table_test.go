package cni

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/policy"
)

var update = flag.Bool("update", false, "rewrite the table in docs/cni.md")

func TestEveryRowHasACitation(t *testing.T) {
	for _, r := range plugins() {
		if !strings.HasPrefix(r.source, "https://") {
			t.Errorf("%s: source %q", r.name, r.source)
		}
		for _, d := range r.differs {
			if !strings.HasPrefix(d.source, "https://") || d.words == "" || d.code == "" {
				t.Errorf("%s: difference %+v lacks its source, words or code", r.name, d)
			}
		}
	}
}

func TestRowsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range plugins() {
		switch {
		case seen[r.name]:
			t.Errorf("%s: twice", r.name)
		case r.enforces == "":
			t.Errorf("%s: does not say whether it enforces", r.name)
		case r.kubelet == "" && (len(r.agent.names) == 0 || len(r.agent.containers) == 0):
			t.Errorf("%s: recognised by a name alone", r.name)
		case r.kubelet == "" && (r.state == nil) != (r.enforces == "yes"):
			t.Errorf("%s: says %q but state says otherwise", r.name, r.enforces)
		}
		seen[r.name] = true
	}
}

func TestDeviations(t *testing.T) {
	var got []string
	for _, d := range Deviations() {
		got = append(got, fmt.Sprintf("%s: %s", d.Code, strings.Join(d.Plugins, ", ")))
		if d.Source == "" {
			t.Errorf("%s has no source", d.Code)
		}
		if d.Behaviour == (policy.Behaviour{}) {
			t.Errorf("%s differs in nothing", d.Code)
		}
	}
	want := []string{
		"PodsInIPBlocks: Cilium, GKE Dataplane V2",
		"NodesInIPBlocks: Cilium, GKE Dataplane V2",
		"OwnNodeExempt: Cilium, GKE Dataplane V2, Calico, Canal, kube-router, k3s",
		"Hairpin: kube-router, k3s",
		"HostNetworkPeers: OVN-Kubernetes",
		"HostNetworkNamespace: OVN-Kubernetes",
		"HostNetworkPeers: AWS VPC CNI",
		"PoliciesIgnored: Cilium, GKE Dataplane V2",
		"PoliciesIgnored: Antrea, OVN-Kubernetes",
		"PoliciesIgnored: kube-router, AWS VPC CNI, Azure NPM, Weave Net, k3s",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestDocs holds docs/cni.md against the table; go test ./pkg/cni -update
// rewrites it.
func TestDocs(t *testing.T) {
	const file, begin, end = "../../docs/cni.md", "<!-- table: begin -->\n", "<!-- table: end -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := bytes.Cut(text, []byte(begin))
	_, tail, ok2 := bytes.Cut(rest, []byte(end))
	if !ok1 || !ok2 {
		t.Fatalf("%s lacks the lines %q and %q", file, begin, end)
	}
	want := string(head) + begin + table() + end + string(tail)
	if string(text) == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the table says; run go test ./pkg/cni -update", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("| Plugin | Recognised by | Enforces NetworkPolicy | Enforces besides | Does differently | Source |\n|---|---|---|---|---|---|\n")
	for _, r := range plugins() {
		var differs []string
		for _, d := range r.differs {
			differs = append(differs, fmt.Sprintf("%s ([source](%s))", d.words, d.source))
		}
		if len(differs) == 0 {
			differs = []string{"–"}
		}
		besides := "none"
		if r.besides.words != "" {
			besides = fmt.Sprintf("%s ([source](%s))", r.besides.words, cmp.Or(r.besides.source, implementations))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | [source](%s) |\n", r.name, recognisedBy(r), r.enforces, besides, strings.Join(differs, "; "), r.source)
	}
	return b.String()
}

func recognisedBy(r row) string {
	if r.kubelet != "" {
		return fmt.Sprintf("a node's kubelet version with `%s`, and no DaemonSet of a plugin that enforces", r.kubelet)
	}
	return fmt.Sprintf("DaemonSet %s with container %s or image %s",
		quoted(r.agent.names), quoted(r.agent.containers), quoted(r.agent.images))
}

func quoted(all []string) string { return "`" + strings.Join(all, "`, `") + "`" }
