// Package recorded takes snapshots through a recording and back, for the tests of
// several packages. Only tests import it.
package recorded

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
	"github.com/kubectl-netguard/netguard/pkg/source/record"
)

// Text is a snapshot as it is recorded.
func Text(t testing.TB, s *snapshot.Snapshot) []byte {
	t.Helper()
	r, err := record.Of(s)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := printer.Snapshot(&b, r, []string{"a note"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Again is a snapshot that was recorded and read, and fails the test where it is
// another than before.
func Again(t testing.TB, s *snapshot.Snapshot) *snapshot.Snapshot {
	t.Helper()
	text := Text(t, s)
	m, err := files.New(files.Options{Filenames: []string{"-"}, Namespace: "elsewhere", In: bytes.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Load(context.Background(), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	want, got := content(t, s), content(t, out)
	for i, part := range want {
		if part != got[i] {
			t.Errorf("recorded and read again:\n%s\nbefore:\n%s", got[i], part)
		}
	}
	return out
}

// content is all that a snapshot says, a text for each kind, less what a recording
// leaves out.
func content(t testing.TB, s *snapshot.Snapshot) []string {
	t.Helper()
	var nodes, workloads []any
	for _, n := range s.Nodes() {
		kept := *n
		if kept.K3sArgs = cni.KeptNodeArgs(n); !s.SelectsNodes() {
			kept.Labels = nil
		}
		nodes = append(nodes, kept)
	}
	for _, w := range s.Workloads() {
		kept := *w
		kept.Labels = nil
		kept.Containers = cni.KeptContainers(w)
		workloads = append(workloads, kept)
	}
	configs := map[string]any{}
	for _, name := range s.ConfigMaps() {
		data, _ := s.ConfigMap(name)
		configs[name.String()] = cni.KeptConfig(data)
	}
	var out []string
	for _, part := range []any{
		s.Namespaces(), s.Pods(), s.Services(), s.EndpointSlices(), s.Policies(), nodes, workloads, s.Unmodelled(), policyObjects(s), configs,
		s.Ingresses(), s.IngressClasses(), s.Gateways(), s.GatewayClasses(), s.Routes(), snapshot.Of[*snapshot.ReferenceGrant](s, snapshot.ReferenceGrants),
		s.Reads(), s.Gaps(), s.HasEverything(),
	} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		if text, err = json.MarshalIndent(withoutEmpty(value), "", " "); err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}

// withoutEmpty leaves out lists and mappings that are nil, or empty, in the
// fields of snapshot's own types; the API's types, which tell the two apart where
// it matters, leave out nil themselves.
func withoutEmpty(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			field := withoutEmpty(v[key])
			if field == nil {
				continue
			}
			if list, ok := field.([]any); ok && len(list) == 0 {
				continue
			}
			if fields, ok := field.(map[string]any); ok && len(fields) == 0 && key >= "A" && key <= "Z~" {
				continue
			}
			out[key] = field
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = withoutEmpty(v[i])
		}
		return out
	default:
		return v
	}
}

// policyObjects are compared by what they say, not by where they are.
func policyObjects(s *snapshot.Snapshot) []snapshot.PolicyObject {
	var out []snapshot.PolicyObject
	for _, o := range s.PolicyObjects() {
		out = append(out, *o)
	}
	return out
}
