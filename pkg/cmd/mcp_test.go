package cmd

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-netguard/netguard/pkg/mcp"
)

// client runs the command and speaks to it as an assistant does: over its streams.
func client(t *testing.T, args ...string) *sdk.ClientSession {
	t.Helper()
	fromClient, toServer := io.Pipe()
	fromServer, toClient := io.Pipe()
	done := make(chan int, 1)
	go func() {
		status := Main(context.Background(), append([]string{"mcp"}, args...), genericiooptions.IOStreams{In: fromClient, Out: toClient, ErrOut: io.Discard},
			Environment{Getenv: func(string) string { return "" }})
		_ = toClient.Close()
		done <- status
	}()
	c := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	session, err := c.Connect(context.Background(), &sdk.IOTransport{Reader: fromServer, Writer: toServer}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = session.Close()
		if status := <-done; status != 0 {
			t.Errorf("exit %d", status)
		}
	})
	return session
}

func call(t *testing.T, s *sdk.ClientSession, tool string, in map[string]any) (mcp.Answer, string) {
	t.Helper()
	r, err := s.CallTool(context.Background(), &sdk.CallToolParams{Name: tool, Arguments: in})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	if r.IsError {
		return mcp.Answer{Status: "error"}, r.Content[0].(*sdk.TextContent).Text
	}
	data, err := json.Marshal(r.StructuredContent)
	if err != nil {
		t.Fatal(err)
	}
	var out mcp.Answer
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out, ""
}

func TestMCPTools(t *testing.T) {
	s := client(t, "-f", "../../examples/bankapp", "-n", "bank")
	list, err := s.ListTools(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range list.Tools {
		names = append(names, tool.Name)
		if !tool.Annotations.ReadOnlyHint || tool.InputSchema == nil || tool.OutputSchema == nil {
			t.Errorf("%s: %+v", tool.Name, tool)
		}
	}
	if got := strings.Join(names, " "); got != "audit can_reach explain map scaffold verify who_can_reach" {
		t.Error(got)
	}
	for _, tt := range []struct {
		tool, status, want string
		in                 map[string]any
	}{
		{"can_reach", "no", "bankapp-restrict-access", map[string]any{"source": "deploy/frontend", "target": "svc/bankapp-service"}},
		{"explain", "yes", "DENIED", map[string]any{"source": "deploy/frontend", "target": "svc/bankapp-service"}},
		{"explain", "yes", `"kind": "Explanation"`, map[string]any{"source": "deploy/frontend", "target": "svc/bankapp-service", "format": "json"}},
		{"who_can_reach", "yes", "ingress-nginx", map[string]any{"target": "ing/bankapp"}},
		{"map", "yes", "frontend", map[string]any{}},
		{"audit", "no", "NG002", map[string]any{"allNamespaces": true}},
		{"audit", "no", "NG002", map[string]any{"namespace": "bank"}},
		{"verify", "no", "Broken", map[string]any{"intents": "apiVersion: netguard.dev/v1alpha1\nkind: Intents\nintents:\n- {from: deploy/frontend, to: svc/bankapp-service, expect: allow}\n"}},
		{"scaffold", "yes", "kind: NetworkPolicy", map[string]any{"target": "ing/bankapp", "allowFrom": []string{"deploy/frontend"}}},
	} {
		if got, bad := call(t, s, tt.tool, tt.in); got.Status != tt.status || !strings.Contains(got.Text, tt.want) {
			t.Errorf("%s %v: %+v %s", tt.tool, tt.in, got, bad)
		}
	}
}

// What a client sends is an end or a value, never a flag or a file.
func TestMCPHostile(t *testing.T) {
	s := client(t, "-f", "../../examples/bankapp", "-n", "bank")
	for _, in := range []map[string]any{
		{"source": "--filename=/etc/passwd", "target": "svc/bankapp-service"},
		{"source": "-h", "target": "-f"},
		{"source": "deploy/frontend", "target": "svc/bankapp-service", "format": "jsonpath-file=/etc/passwd"},
		{"source": "deploy/frontend\x1b[31m", "target": "svc/x"},
	} {
		got, bad := call(t, s, "explain", in)
		if got.Status != "error" || bad == "" || strings.Contains(bad, "root:") || strings.Contains(bad, "\x1b") {
			t.Errorf("%v: %+v %s", in, got, bad)
		}
	}
	if got, bad := call(t, s, "verify", map[string]any{"intents": "apiVersion: netguard.dev/v1alpha1\nkind: Intents\nintents:\n- {form: x}"}); got.Status != "error" || !strings.Contains(bad, "did you mean") {
		t.Errorf("%+v %s", got, bad)
	}
}

// An answer that is too long is cut at a line, and says how to ask for more.
func TestMCPBounds(t *testing.T) {
	long := func(_ context.Context, _ []string, _ io.Reader, out, _ io.Writer) int {
		_, _ = io.WriteString(out, strings.Repeat("a line that says something\n", 10_000))
		return 0
	}
	server, other := sdk.NewInMemoryTransports()
	go func() { _ = mcp.NewServer("v0", long, nil).Run(context.Background(), server) }()
	s, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(context.Background(), other, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := call(t, s, "map", map[string]any{"allNamespaces": true})
	if len(got.Text) > mcp.MaxText || !strings.HasSuffix(got.Text, "something\n") || !strings.Contains(got.More, "one namespace") {
		t.Errorf("%d bytes, %s", len(got.Text), got.More)
	}
	if got, _ := call(t, s, "map", map[string]any{"format": "json"}); got.Text != "" || got.More == "" {
		t.Errorf("%+v", got)
	}
}
