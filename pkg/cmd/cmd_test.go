package cmd_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-netguard/netguard/pkg/cmd"
)

// result is what a command left behind.
type result struct {
	status         int
	stdout, stderr string
}

// run runs the command line as main does, on no terminal and with no cluster.
func run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	var stdout, stderr bytes.Buffer
	status := cmd.Main(context.Background(), args,
		genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: &stdout, ErrOut: &stderr},
		cmd.Environment{
			Getenv: func(string) string { return "" },
			Wait:   func(context.Context, time.Duration) bool { return false }, // --watch shows one answer
		})
	return result{status, stdout.String(), stderr.String()}
}

const example = "../../examples/bankapp"

// bank is a question about the example.
func bank(args ...string) []string { return append(args, "-n", "bank", "-f", example) }

// fails expects one clear line on stderr with the given words, nothing on
// stdout, and exit status 2.
func fails(t *testing.T, r result, words ...string) {
	t.Helper()
	if r.status != cmd.ExitError || r.stdout != "" {
		t.Errorf("exit status %d, stdout %q", r.status, r.stdout)
	}
	if strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "error: ") || strings.ContainsAny(r.stderr, "\x1b\x07\t\r") {
		t.Errorf("stderr is not one clear line: %q", r.stderr)
	}
	for _, w := range words {
		if !strings.Contains(r.stderr, w) {
			t.Errorf("stderr does not say %q: %s", w, r.stderr)
		}
	}
}

func TestBadArguments(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		words []string
	}{
		"unknown command":      {[]string{"explian", "a", "b"}, []string{`"explian"`, `did you mean "explain"?`, "--help"}},
		"unknown flag":         {bank("explain", "a", "b", "--nope"), []string{"--nope", "netguard explain --help"}},
		"flag without value":   {[]string{"explain", "a", "b", "-n"}, []string{"-n", "--help"}},
		"nothing to explain":   {bank("explain"), []string{"SOURCE and TARGET are missing"}},
		"no target":            {bank("explain", "deploy/frontend"), []string{"TARGET is missing", "explain --help"}},
		"one too many":         {bank("explain", "a", "b", "c"), []string{`"c"`, "SOURCE TARGET"}},
		"map takes none":       {bank("map", "x"), []string{`"x"`, "takes none"}},
		"unknown format":       {bank("map", "-o", "jsno"), []string{`"jsno"`, "json", "mermaid"}},
		"unknown kind":         {bank("explain", "deploi/x", "svc/y"), []string{`"deploi"`, `did you mean "deploy"?`}},
		"kind without clue":    {bank("explain", "foo/x", "svc/y"), []string{`"foo"`, "foo/pod/x"}},
		"empty reference":      {bank("explain", "", "svc/y"), []string{`""`, "[NAMESPACE/]TYPE/NAME"}},
		"too many parts":       {bank("explain", "a/b/c/d", "svc/y"), []string{"a/b/c/d", "too many parts"}},
		"no such object":       {bank("explain", "deploy/fronted", "svc/bankapp-service"), []string{`"fronted"`, "did you mean frontend?"}},
		"no such service":      {bank("who-can-reach", "svc/bankapp"), []string{`service "bankapp"`, "bankapp-service"}},
		"in another namespace": {bank("who-can-reach", "svc/ingress-nginx-controller"), []string{`namespace "ingress-nginx"`, "-n ingress-nginx"}},
		"no such namespace":    {bank("who-can-reach", "ns/bnak"), []string{`namespace "bnak"`, "bank"}},
		"no such ingress":      {bank("who-can-reach", "ing/bankap"), []string{`"bankap"`, "did you mean bankapp?"}},
		"port 0":               {bank("explain", "deploy/frontend", "svc/bankapp-service:0"), []string{"port 0", "1-65535"}},
		"port 99999":           {bank("explain", "deploy/frontend", "svc/bankapp-service:99999"), []string{"99999", "1-65535"}},
		"port that is no name": {bank("explain", "deploy/frontend", "svc/bankapp-service:ht_tp"), []string{"ht_tp"}},
		"unknown protocol":     {bank("explain", "deploy/frontend", "svc/bankapp-service:80/TPC"), []string{"TPC", "SCTP"}},
		"selector":             {bank("map", "-l", "app in (a"), []string{"--selector", "app in (a"}},
		"labels":               {bank("explain", "app=,=x", "svc/y"), []string{"app=,=x", "label key"}},
		"address":              {bank("explain", "10.0.0.300", "svc/y"), []string{"10.0.0.300"}},
		"CIDR":                 {bank("explain", "10.0.0.0/99", "svc/y"), []string{"99", "0-32"}},
		"escapes":              {bank("explain", "deploy/\x1b[31mx\nerror: y", "svc/y"), []string{`\x1b[31mx`}},
		"escapes in a flag":    {bank("map", "-o", "\x1b[31m"), nil},
		"escapes in a command": {[]string{"\x1b]0;x\x07"}, nil},
		"escapes in a file":    {[]string{"map", "-f", "\x1b[31mx\ny"}, nil},
		"escapes in -n":        {[]string{"map", "-f", example, "-n", "\x1b[31mx"}, []string{"not found"}},
		"no such -n":           {[]string{"map", "-f", example, "-n", "bnak"}, []string{`"bnak"`, "did you mean bank?"}},
		"no such file":         {[]string{"map", "-f", "no-such-file"}, []string{"no-such-file", "no such file"}},
		"no server of a URL":   {[]string{"map", "-f", "http://127.0.0.1:1/x.yaml"}, []string{"127.0.0.1:1", "connection refused"}},
		"no kustomization":     {[]string{"map", "-k", example}, []string{"kustomization"}},
		"-f and -k":            {[]string{"map", "-f", example, "-k", example}, []string{"-f", "-k"}},
		"no kubeconfig":        {[]string{"map"}, []string{"KUBECONFIG", "-f"}},
	} {
		t.Run(name, func(t *testing.T) { fails(t, run(t, "", c.args...), c.words...) })
	}
}

const policyHead = `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: bank, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  namespace: bank
spec:
  podSelector: {}
  ingress:
`

func TestBadManifests(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		words []string
	}{
		"nothing":      {"", []string{"no Kubernetes objects"}},
		"no manifest":  {"hello world\n", []string{"bad.yaml:1", "apiVersion and kind"}},
		"malformed":    {policyHead + "  - from: [\n", []string{"bad.yaml:14", "(document 2)", "not valid YAML"}},
		"tab":          {policyHead + "\t- from: []\n", []string{"bad.yaml:14", "(document 2)", "not valid YAML"}},
		"truncated":    {`{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion"`, []string{"bad.yaml:1", "not valid"}},
		"CIDR":         {policyHead + "  - from:\n    - ipBlock: {cidr: 10.0.0.0/33}\n", []string{"bad.yaml:15", "(document 2)", "bank/p", "spec.ingress[0].from[0].ipBlock.cidr", "10.0.0.0/33"}},
		"except":       {policyHead + "  - from:\n    - ipBlock: {cidr: 10.0.0.0/8, except: [192.168.0.0/16]}\n", []string{"bad.yaml:15", "except[0]", "192.168.0.0/16"}},
		"endPort":      {policyHead + "  - ports:\n    - {port: 90, endPort: 80}\n", []string{"bad.yaml:15", "spec.ingress[0].ports[0].endPort", "80 is less than port 90"}},
		"port":         {policyHead + "  - ports:\n    - {port: 70000}\n", []string{"bad.yaml:15", "70000"}},
		"protocol":     {policyHead + "  - ports:\n    - {port: 80, protocol: HTTP}\n", []string{"bad.yaml:15", "HTTP"}},
		"label":        {policyHead + "  - from:\n    - podSelector: {matchLabels: {app: 'a b'}}\n", []string{"bad.yaml:15", "a b"}},
		"operator":     {policyHead + "  - from:\n    - podSelector: {matchExpressions: [{key: a, operator: Is, values: [b]}]}\n", []string{"bad.yaml:15", "Is"}},
		"field":        {policyHead + "  - form: []\n", []string{"bad.yaml:14", "form", "no such field"}},
		"kind":         {strings.Replace(policyHead, "NetworkPolicy", "NetworkPolcy", 1) + "  - {}\n", []string{"bad.yaml:7", "NetworkPolcy", "NetworkPolicy"}},
		"API version":  {strings.Replace(policyHead, "networking.k8s.io/v1", "extensions/v1beta1", 1) + "  - {}\n", []string{"bad.yaml:6", "networking.k8s.io/v1"}},
		"escapes":      {strings.Replace(policyHead, "name: p", `name: "\e[31mp"`, 1) + "  - {}\n", []string{"bad.yaml:9", `\x1b[31mp`}},
		"same twice":   {policyHead + "  - {}\n---\n" + policyHead[strings.Index(policyHead, "apiVersion: net"):] + "  - {}\n", []string{"bank/p", "bad.yaml:6"}},
		"binary":       {"\x00\x01\x02", []string{"bad.yaml"}},
		"anchors bomb": {bomb(), []string{"bad.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "bad.yaml"), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Chdir(dir)
			fails(t, run(t, "", "who-can-reach", "web", "-n", "bank", "-f", "bad.yaml"), c.words...)
			fails(t, run(t, c.text, "map", "-o", "json", "-f", "-"))
		})
	}
}

// bomb is a few lines that expand to billions of values.
func bomb() string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := '1'; i <= '9'; i++ {
		last := string(i - 1)
		b.WriteString("a" + string(i) + ": &a" + string(i) + " [" + strings.Repeat("*a"+last+", ", 9) + "*a" + last + "]\n")
	}
	return b.String()
}

func TestHugeManifest(t *testing.T) {
	name := filepath.Join(t.TempDir(), "huge.yaml")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	pod := "---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: bank}\nspec: {containers: [{name: a, image: a}]}\n"
	chunk := strings.Repeat(pod, 1<<20/len(pod))
	for range 60 {
		if _, err := f.WriteString(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	fails(t, run(t, "", "map", "-f", name), "huge.yaml", "MB")
}

// outside is a Service whose traffic leaves the cluster.
const outside = "{apiVersion: v1, kind: Service, metadata: {name: outside}, spec: {type: ExternalName, externalName: example.com}}"

func TestExitStatus(t *testing.T) {
	for _, c := range []struct {
		status int
		args   []string
	}{
		{cmd.ExitYes, bank("can-reach", "deploy/frontend", "deploy/other")},
		{cmd.ExitNo, bank("can-reach", "deploy/frontend", "svc/bankapp-service")},
		{cmd.ExitUndecided, []string{"can-reach", "app=x", "svc/outside", "-f", "-"}},
		{cmd.ExitYes, bank("explain", "deploy/frontend", "svc/bankapp-service")},
		{cmd.ExitYes, bank("who-can-reach", "svc/bankapp-service")},
		{cmd.ExitYes, bank("reachable-from", "deploy/frontend")},
		{cmd.ExitYes, bank("map")},
		{cmd.ExitYes, []string{"version"}},
		{cmd.ExitYes, []string{"--help"}},
		{cmd.ExitYes, nil},
	} {
		r := run(t, outside, c.args...)
		if r.status != c.status || r.stderr != "" || r.stdout == "" {
			t.Errorf("%v: exit status %d, want %d\n%s%s", c.args, r.status, c.status, r.stdout, r.stderr)
		}
	}
	if r := run(t, "", append(bank("can-reach", "deploy/frontend", "svc/bankapp-service"), "-q")...); r != (result{status: cmd.ExitNo}) {
		t.Errorf("-q: got %+v", r)
	}
}
