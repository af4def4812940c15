package cmd_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// told are the fields of a report that say what was found, and hold no names.
func told() []string {
	return []string{
		"verdict", "reason", "partly", "count", "total", "scope", "code", "port", "pod", "service", "protocol", "direction", "match",
		"anyPeer", "anyPort", "enforced", "plugin", "step", "found", "problem", "servicePort", "change", "otherwise", "kind",
	}
}

// shape is a report without its names, in an order that does not depend on them.
func shape(value any, field string) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			switch key {
			case "labels", "lines":
				out[key] = len(inner.(map[string]any))
			default:
				out[key] = shape(inner, key)
			}
		}
		return out
	case []any:
		var out []string
		for _, inner := range v {
			text, _ := json.Marshal(shape(inner, field)) //nolint:errchkjson // of JSON
			out = append(out, string(text))
		}
		slices.Sort(out)
		return out
	case string:
		if slices.Contains(told(), field) {
			return v
		}
		return v != ""
	default:
		return v
	}
}

// TestAnonymousSnapshotsKeepTheirVerdicts asks every question of the scenarios and
// front doors of a state with and without its names: verdicts, reasons, ports
// and numbers are the same, and none of the names is left.
func TestAnonymousSnapshotsKeepTheirVerdicts(t *testing.T) {
	asked := 0
	for _, file := range questionFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		words, ok := question(strings.Fields(string(text)))
		if !ok || words[0] == "scaffold" { // whose JSON is not a report
			continue
		}
		asked++
		t.Run(strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".args"), func(t *testing.T) {
			dir, state := filepath.Dir(file), filepath.Join(t.TempDir(), "state.yaml")
			r := inDir(t, dir, append([]string{"snapshot"}, append(words, "-f", "cluster.yaml", "-o", state, "--anonymize")...))
			if r.status != 0 {
				t.Fatalf("exit status %d\n%s%s", r.status, r.stdout, r.stderr)
			}
			_, note, _ := strings.Cut(r.stderr, "kubectl netguard ")
			got := inDir(t, dir, append(strings.Fields(note), "-o", "json"))
			want := inDir(t, dir, append(words, "-f", "cluster.yaml", "-o", "json"))
			if got.status != want.status || shaped(t, got.stdout) != shaped(t, want.stdout) {
				t.Errorf("exit status %d, shape\n%s\nwith its names %d\n%s\n%s%s", got.status, shaped(t, got.stdout), want.status, shaped(t, want.stdout),
					got.stderr, want.stderr)
			}
			noNames(t, filepath.Join(dir, "cluster.yaml"), state)
		})
	}
	if asked < 30 {
		t.Errorf("only %d questions", asked)
	}
}

func shaped(t *testing.T, text string) string {
	t.Helper()
	if text == "" {
		return ""
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	out, err := json.MarshalIndent(shape(value, ""), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// noNames expects that no name of an object, namespace or host of the manifests
// stands in the recorded state, but those that are kept on purpose.
func noNames(t *testing.T, manifests, state string) {
	t.Helper()
	before, err := os.ReadFile(manifests)
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	kept := regexp.MustCompile(`^(kube-.*|default|node-local-dns|cilium.*|calico.*|ovnkube-.*|aws-node|aws-eks-nodeagent|openshift-.*|istio-system|coredns|dns-default|kubernetes|ingress|own|nginx(-.*)?|haproxy(-.*)?|traefik|ingress-nginx|alb|gce.*|.*-ds|http|https|web|dns|dns-tcp|metrics|alb(-.*)?|projectcontour|envoy|websecure|kong)$`)
	for _, m := range regexp.MustCompile(`(?m)\b(?:name|namespace|host|app|nodeName): *"?([a-z0-9.-]+)`).FindAllStringSubmatch(string(before), -1) {
		name := m[1]
		if kept.MatchString(name) || len(name) < 3 {
			continue
		}
		for i, line := range strings.Split(string(after), "\n") {
			for _, field := range []string{"name", "namespace", "host", "app", "nodeName"} {
				if strings.HasSuffix(line, " "+field+": "+name) && !strings.Contains(line, "- name:") {
					t.Errorf("line %d: %s", i+1, fmt.Sprintf("%q", line))
				}
			}
		}
	}
}
