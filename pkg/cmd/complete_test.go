package cmd

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-netguard/netguard/pkg/printer"
)

// completeWords returns the words that the shell is offered, the directive last.
func completeWords(t *testing.T, words ...string) []string {
	t.Helper()
	var out, errOut bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut}
	args := append([]string{"__complete"}, words...)
	if code := Main(context.Background(), args, streams, Environment{Getenv: func(string) string { return "" }}); code != 0 {
		t.Fatalf("exit status %d: %s", code, errOut.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, line := range lines {
		lines[i] = word(line)
	}
	return lines
}

// The directives, as cobra spells them: no file names, and no space after the word.
const (
	finished = ":4"
	goesOn   = ":6"
)

// gateways is a file with a Gateway of three listeners, and routes.
func gateways(t *testing.T) string {
	t.Helper()
	const head = "---\napiVersion: gateway.networking.k8s.io/v1\n"
	text := head + `kind: Gateway
metadata: {name: edge, namespace: edge}
spec:
  gatewayClassName: g
  listeners:
  - {name: plain, port: 8080, protocol: HTTP}
  - {name: tls, port: 443, protocol: HTTPS}
  - {name: dns, port: 53, protocol: UDP}
`
	for name, parent := range map[string]string{"all": "{name: edge}", "one": "{name: edge, sectionName: plain}", "lost": "{name: nowhere}"} {
		text += head + "kind: HTTPRoute\nmetadata: {name: " + name + ", namespace: edge}\nspec: {parentRefs: [" + parent + "]}\n"
	}
	path := filepath.Join(t.TempDir(), "edge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCompletion(t *testing.T) {
	t.Setenv("KUBECONFIG", kubeconfig(t, "https://127.0.0.1:1"))
	const files = "-f ../../examples/bankapp -n bank "
	doors := "-n edge -f " + gateways(t) + " "
	tests := map[string]string{ // the line typed, with | where TAB is pressed
		"|":                         "audit can-reach diff explain help map mcp probe reachable-from scaffold snapshot verify version who-can-reach " + finished,
		"expl|":                     "explain " + finished,
		"explain --source-n|":       "--source-namespace " + finished,
		"explain dep|":              "deploy/ " + goesOn,
		"explain deployme|":         "deployment/ " + goesOn,
		"explain " + files + "int|": "internet " + finished,
		"explain deploy/x ing|":     "ing/ ingressroute/ " + goesOn,
		"who-can-reach shop/dep|":   "shop/deploy/ " + goesOn,
		"who-can-reach shop/no|":    finished,
		"explain " + files + "b|":   "bank/ " + goesOn,
		"explain app=|":             finished,
		"explain a b |":             finished,
		"version x|":                finished,
		"map x|":                    finished,
		"explain nosuchkind/x/y|":   finished,
		"explain -o |":              strings.Join(printer.Formats(printer.KindExplanation), " ") + " jsonpath= jsonpath-as-json= jsonpath-file= go-template= go-template-file= " + finished,
		"explain -o jsonpath-f|":    "jsonpath-file= " + goesOn,
		"explain --context |":       "east west " + finished,
		"explain --context w|":      "west " + finished,
		"explain --cluster |":       "here " + finished,
		"explain a ing/b " + files + "--controller ingress-nginx/deploy/|": "ingress-nginx/deploy/ingress-nginx-controller " + finished,
		"explain -f |":                                                   "json yaml yml :8",
		"explain -k |":                                                   ":16",
		"explain " + files + "deploy/|":                                  "deploy/bankapp deploy/frontend deploy/other " + finished,
		"explain " + files + "deployments.apps/f|":                       "deployments.apps/frontend " + finished,
		"explain " + files + "bank/deploy/b|":                            "bank/deploy/bankapp " + finished,
		"explain " + files + "--source-namespace ingress-nginx ds/|":     finished,
		"explain " + files + "--source-namespace ingress-nginx deploy/|": "deploy/ingress-nginx-controller " + finished,
		"explain " + files + "--source-namespace |":                      "bank ingress-nginx " + finished,
		"explain " + files + "-n i|":                                     "ingress-nginx " + finished,
		"who-can-reach " + files + "ns/|":                                "ns/bank ns/ingress-nginx " + finished,
		"who-can-reach " + files + "svc/bankapp-service:|":               "svc/bankapp-service:80 " + finished,
		"who-can-reach " + files + "svc/bankapp-service:9|":              finished,
		"who-can-reach " + files + "deploy/bankapp:|":                    "deploy/bankapp:8080 " + finished,
		"who-can-reach " + files + "ing/bankapp:|":                       "ing/bankapp:80 ing/bankapp:443 " + finished,
		"who-can-reach " + files + "ing/nosuch:|":                        finished,
		"who-can-reach " + doors + "gtw/edge:|":                          "gtw/edge:53 gtw/edge:443 gtw/edge:8080 " + finished,
		"who-can-reach " + doors + "httproute/all:|":                     "httproute/all:53 httproute/all:443 httproute/all:8080 " + finished,
		"who-can-reach " + doors + "httproute/one:|":                     "httproute/one:8080 " + finished,
		"who-can-reach " + doors + "httproute/lost:|":                    finished,
		"snapshot |": "can-reach explain map reachable-from scaffold who-can-reach " + finished,
		"snapshot explain " + files + "deploy/f|":                                       "deploy/frontend " + finished,
		"snapshot who-can-reach ing/b " + files + "--controller ingress-nginx/deploy/|": "ingress-nginx/deploy/ingress-nginx-controller " + finished,
		"diff --delete netp|":                                                        "netpol/ " + goesOn,
		"diff --delete bank/networkp|":                                               "bank/networkpolicy/ " + goesOn,
		"diff --delete bank/netpol/x/|":                                              finished,
		"diff --against ../../examples/bankapp -n bank --delete netpol/|":            "netpol/bankapp-restrict-access " + finished,
		"diff --against ../../examples/bankapp --delete bank/NetPol/b|":              "bank/NetPol/bankapp-restrict-access " + finished,
		"diff --against ../../examples/bankapp --delete ingress-nginx/netpol/|":      finished,
		"diff --against ../../examples/bankapp -n bank --delete deploy/b|":           "deploy/bankapp " + finished,
		"diff --against ../../examples/bankapp -n bank -f nosuchfile --delete ing/|": "ing/bankapp " + finished,
		"diff --against ../../examples/bankapp -n bank --delete int|":                finished,
		"diff --against |":                        "json yaml yml :8",
		"who-can-reach " + files + "svc/nosuch:|": finished,
		"who-can-reach " + files + "ns/bank:|":    finished,
		"who-can-reach -f nosuchfile svc/|":       finished,
		"who-can-reach -f - svc/|":                finished,
	}
	for line, want := range tests {
		if got := strings.Join(completeWords(t, strings.Split(strings.TrimSuffix(line, "|"), " ")...), " "); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", line, got, want)
		}
	}
}

// A server that never answers costs two seconds, and no words.
func TestCompletionDoesNotHang(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	t.Setenv("KUBECONFIG", kubeconfig(t, "https://"+listener.Addr().String()))
	start := time.Now()
	if got := strings.Join(completeWords(t, "explain", "svc/"), " "); got != finished {
		t.Errorf("got %s", got)
	}
	if took := time.Since(start); took > completionTimeout+completionTimeout/2 {
		t.Errorf("it took %v", took)
	}
}

// kubeconfig writes one with two contexts, and returns its path.
func kubeconfig(t *testing.T, server string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	text := `
apiVersion: v1
kind: Config
current-context: east
clusters: [{name: here, cluster: {server: "` + server + `"}}]
contexts: [{name: east, context: {cluster: here}}, {name: west, context: {cluster: here}}]
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
