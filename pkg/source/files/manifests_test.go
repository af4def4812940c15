package files

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/manifest"
)

// read loads manifests from a text, in namespace "default".
func read(t *testing.T, text string) *snapshot.Snapshot {
	t.Helper()
	s, err := readText(text)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return s
}

func readText(text string) (*snapshot.Snapshot, error) {
	m, err := New(Options{Filenames: []string{"-"}, In: strings.NewReader(text)})
	if err != nil {
		return nil, err
	}
	return m.Load(context.Background(), nil)
}

// write makes files in a directory and goes there, so that names are relative.
func write(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func load(options Options) (*snapshot.Snapshot, error) {
	m, err := New(options)
	if err != nil {
		return nil, err
	}
	return m.Load(context.Background(), nil)
}

const bankPolicy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: bankapp-restrict-access
  namespace: bank
spec:
  podSelector:
    matchLabels:
      app: bankapp
  policyTypes: [Ingress]
  ingress:
  - from:
    - podSelector:
        matchLabels:
          app: frontend
    ports:
    - protocol: TCP
      port: 80
`

func TestPositionsNameTheLineOfEveryField(t *testing.T) {
	write(t, map[string]string{"bank/policy.yaml": "# a comment\n---\n" + bankPolicy})
	s, err := load(Options{Filenames: []string{"bank/policy.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	origin := s.Policies()[0].Origin
	for path, want := range map[string]string{
		"":                                    "bank/policy.yaml:3",
		"spec":                                "bank/policy.yaml:8",
		"spec.podSelector.matchLabels.app":    "bank/policy.yaml:11",
		"spec.policyTypes[0]":                 "bank/policy.yaml:12",
		"spec.ingress[0]":                     "bank/policy.yaml:14",
		"spec.ingress[0].from[0].podSelector": "bank/policy.yaml:15",
		"spec.ingress[0].from[0].podSelector.matchLabels.app": "bank/policy.yaml:17",
		"spec.ingress[0].ports[0].port":                       "bank/policy.yaml:20",
		"spec.ingress[0].ports[0].endPort":                    "bank/policy.yaml:19",
	} {
		if got := origin.At(path); got != want {
			t.Errorf("At(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestPositionsInListsJSONAndAliases(t *testing.T) {
	write(t, map[string]string{
		"list.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: a}\n" +
			"- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {name: p, namespace: a}\n  spec:\n    podSelector: {}\n    ingress:\n    - ports:\n      - port: 8080\n",
		"one.json": "{\n \"apiVersion\": \"networking.k8s.io/v1\",\n \"kind\": \"NetworkPolicy\",\n \"metadata\": {\"name\": \"j\", \"namespace\": \"a\"},\n \"spec\": {\n  \"podSelector\": {},\n  \"egress\": [\n   {\"ports\": [\n    {\"port\": 53}]}]}\n}\n",
		"list.json": "{\n \"kind\": \"List\", \"apiVersion\": \"v1\",\n \"metadata\": {},\n \"items\": [\n  {\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"b\"}},\n" +
			"  {\n   \"apiVersion\": \"networking.k8s.io/v1\", \"kind\": \"NetworkPolicy\",\n   \"metadata\": {\"name\": \"l\", \"namespace\": \"a\"},\n   \"spec\": {\n    \"podSelector\": {}}}]}\n",
		"dump.yaml": "apiVersion: v1\nitems:\n  # the first\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: c}\n    data:\n      x: |\n        items:\n        - a\n\n" +
			"  - apiVersion: networking.k8s.io/v1\n    kind: NetworkPolicy\n    metadata: {name: d, namespace: a}\n    spec:\n      podSelector: {}\n      ingress:\n      - from:\n        - podSelector: {}\nkind: List\n",
		"shared.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: s, labels: &l {app: s}}\n" +
			"- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {name: s, namespace: a}\n  spec:\n    podSelector:\n      matchLabels: *l\n",
		"alias.yaml": "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: z, namespace: a}\nspec:\n  podSelector: &all\n    matchLabels:\n      app: web\n  ingress:\n  - from:\n    - podSelector: *all\n",
	})
	s, err := load(Options{Filenames: []string{"."}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]string{
		"p": {"spec.ingress[0].ports[0].port", "list.yaml:14"},
		"l": {"spec.podSelector", "list.json:10"},
		"d": {"spec.ingress[0].from[0]", "dump.yaml:19"},
		"s": {"spec.podSelector.matchLabels.app", "shared.yaml:6"},
		"j": {"spec.egress[0].ports[0].port", "one.json:9"},
		"z": {"spec.ingress[0].from[0].podSelector.matchLabels.app", "alias.yaml:7"},
	} {
		p := s.Policy(snapshot.Name{Namespace: "a", Name: name})
		if p == nil {
			t.Errorf("policy %s was not read", name)
			continue
		}
		if got := p.Origin.At(want[0]); got != want[1] {
			t.Errorf("%s: At(%q) = %q, want %q", name, want[0], got, want[1])
		}
	}
}

func TestBadInput(t *testing.T) {
	ok := "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n"
	policy := func(spec string) string {
		return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: p\n  namespace: a\nspec:\n" + spec
	}
	for name, tt := range map[string]struct{ text, want string }{
		"malformed YAML": {
			ok + "---\n" + policy("  podSelector: {}\n   ingress: []\n"),
			`f.yaml:13 (document 2): is not valid YAML: did not find expected key`,
		},
		"truncated YAML": {
			policy("  podSelector:\n    matchLabels: {app: \"we"),
			`f.yaml:8: is not valid YAML: found unexpected end of stream`,
		},
		"a tab": {
			"apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n",
			`f.yaml:4: is not valid YAML: found character that cannot start any token`,
		},
		"unclosed list before more lines": {
			policy("  policyTypes: [Ingress\n  podSelector: {}\n  ingress: []\n"),
			`f.yaml:7: is not valid YAML: did not find expected ',' or ']'`,
		},
		"truncated JSON": {
			`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"`,
			`f.yaml:1: is not valid YAML: did not find expected ',' or '}'`,
		},
		"text behind a separator": {
			ok + "--- apiVersion: v1\n",
			`f.yaml:5: is not valid YAML: nothing but a comment may follow ---`,
		},
		"plain text": {
			"hello there\n",
			`f.yaml:1: is not a Kubernetes object: it is not a mapping with apiVersion and kind`,
		},
		"no kind": {
			ok + "---\n\napiVersion: v1\nmetadata: {name: b}\n",
			`f.yaml:7 (document 2): is not a Kubernetes object: kind is missing`,
		},
		"no apiVersion": {
			"kind: Pod\nmetadata: {name: b}\n",
			`f.yaml:1: is not a Kubernetes object: apiVersion is missing`,
		},
		"nothing": {
			"# only a comment\n---\n---\n",
			`f.yaml: holds no Kubernetes objects`,
		},
		"text for a list": {
			policy("  podSelector: {}\n  ingress:\n  - ports: \"80\"\n"),
			`f.yaml:9: NetworkPolicy a/p: spec.ingress[0].ports: expected a list, found text`,
		},
		"a list for a mapping": {
			ok + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: 1\n  template: []\n",
			`f.yaml:11 (document 2): Deployment d: spec.template: expected a mapping, found a list`,
		},
		"text for a number": {
			"apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports:\n  - port: 80\n  - port: http\n",
			`f.yaml:7: Service s: spec.ports[1].port: expected a whole number in range, found text`,
		},
		"labels that are no texts": {
			"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  labels:\n    a: b\n    version: 1\n",
			`f.yaml:7: metadata.labels.version: expected text, found a number`,
		},
		"a word that YAML reads as a boolean": {
			"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  nodeName: n\n",
			`f.yaml:5: Pod a: spec.nodeName: expected text; YAML reads n as true or false unless it is quoted`,
		},
		"a misspelt field in a policy": {
			policy("  podSelector: {}\n  ingress:\n  - form:\n    - podSelector: {}\n"),
			`f.yaml:9: spec.ingress[0].form: NetworkPolicy has no such field`,
		},
		"a field twice in a policy": {
			policy("  podSelector: {}\n  ingress: []\n  ingress:\n  - {}\n"),
			`f.yaml:9: NetworkPolicy a/p: spec.ingress appears twice`,
		},
		"an old policy version": {
			"apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: p}\n",
			`f.yaml:1: NetworkPolicy has apiVersion extensions/v1beta1; the one that clusters serve is networking.k8s.io/v1`,
		},
		"a Pod of another group": {
			"apiVersion: apps/v1\nkind: Pod\nmetadata: {name: p}\n",
			`f.yaml:1: Pod has apiVersion apps/v1; the one that clusters serve is v1`,
		},
		"a Deployment of the core group": {
			"apiVersion: v1\nkind: Deployment\nmetadata: {name: d}\n",
			`f.yaml:1: Deployment has apiVersion v1; the one that clusters serve is apps/v1`,
		},
		"an invalid CIDR": {
			policy("  podSelector: {}\n  ingress:\n  - from:\n    - ipBlock:\n        cidr: 10.0.0.0/33\n"),
			`f.yaml:11: NetworkPolicy a/p: spec.ingress[0].from[0].ipBlock.cidr: "10.0.0.0/33" is not a CIDR such as 10.0.0.0/8`,
		},
		"endPort before port": {
			policy("  podSelector: {}\n  ingress:\n  - ports:\n    - port: 8080\n      endPort: 80\n"),
			`f.yaml:11: NetworkPolicy a/p: spec.ingress[0].ports[0].endPort: 80 is less than port 8080`,
		},
		"a port number in quotes": {
			policy("  podSelector: {}\n  ingress:\n  - ports:\n    - port: \"80\"\n"),
			`f.yaml:10: NetworkPolicy a/p: spec.ingress[0].ports[0].port: "80" in quotes is a name; a port number stands without`,
		},
		"no metadata.name": {
			"apiVersion: v1\nkind: Pod\nmetadata:\n  namespace: a\n",
			`f.yaml:3: Pod has no metadata.name`,
		},
		"terminal escapes in a name": {
			"apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"\\e[31mred\"\n",
			`f.yaml:4: Pod: metadata.name "\x1b[31mred" is not a valid name`,
		},
		"terminal escapes in a namespace": {
			"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: \"\\e[31mred\"\n",
			`f.yaml:5: Pod a: metadata.namespace "\x1b[31mred" is not a valid name`,
		},
		"terminal escapes in a label": {
			"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    app: \"\\e[31mred\"\n",
			`f.yaml:6: Pod a: metadata.labels: "app": "\x1b[31mred" is not a valid label`,
		},
		"the same object twice": {
			policy("  podSelector: {}\n") + "---\n" + policy("  podSelector: {}\n"),
			`f.yaml:9 (document 2): NetworkPolicy a/p is declared twice; first in f.yaml:1 (document 1)`,
		},
		"an impossible container port": {
			"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: c\n    ports:\n    - containerPort: 70000\n",
			`f.yaml:8: Pod a: spec.containers[0].ports[0].containerPort: 70000 is out of range 1-65535`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, map[string]string{"f.yaml": tt.text})
			_, err := load(Options{Filenames: []string{"f.yaml"}})
			if err == nil {
				t.Fatalf("no error, want %s", tt.want)
			}
			if err.Error() != tt.want {
				t.Errorf("\n got %s\nwant %s", err, tt.want)
			}
			var input *manifest.InputError
			if !errors.As(err, &input) || input.File != "f.yaml" {
				t.Errorf("%T names no file", err)
			}
		})
	}
}

func TestBadLabelSelector(t *testing.T) {
	write(t, map[string]string{"f.yaml": `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: a}
spec:
  podSelector:
    matchExpressions:
    - {key: app, operator: Is, values: [web]}
`})
	_, err := load(Options{Filenames: []string{"f.yaml"}})
	want := `f.yaml:5: NetworkPolicy a/p: spec.podSelector: "Is" is not a valid label selector operator`
	if err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}

func TestSeveralErrorsAreOneLineEachInOrder(t *testing.T) {
	write(t, map[string]string{
		"m/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {}\n---\nkind: Pod\n",
		"m/b.yaml": "a: [\n",
	})
	_, err := load(Options{Filenames: []string{"m"}})
	want := "m/a.yaml:3 (document 1): Pod has no metadata.name\n" +
		"m/a.yaml:5 (document 2): is not a Kubernetes object: apiVersion is missing\n" +
		"m/b.yaml:1: is not valid YAML: did not find expected node content"
	if err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}

func TestBadFiles(t *testing.T) {
	write(t, map[string]string{
		"empty/README.md":      "no manifests",
		"deep/sub/a.yaml":      "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
		"blank/a.yaml":         "",
		"blank/b.yaml":         "# nothing\n",
		"kustom/kustomization": "",
	})
	big, err := os.Create("big.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := big.Truncate(60 << 20); err != nil {
		t.Fatal(err)
	}
	big.Close()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()

	for name, tt := range map[string]struct {
		options Options
		want    string
	}{
		"no such file":       {Options{Filenames: []string{"none.yaml"}}, "none.yaml: no such file or directory"},
		"a file name escape": {Options{Filenames: []string{"\x1b[31m"}}, `"\x1b[31m": no such file or directory`},
		"no match":           {Options{Filenames: []string{"*.yml"}}, "*.yml: matches no file"},
		"empty directory":    {Options{Filenames: []string{"empty"}, Recursive: true}, "empty: holds no manifests (*.yaml, *.yml, *.json)"},
		"only subdirectories": {Options{Filenames: []string{"deep"}},
			"deep: holds no manifests (*.yaml, *.yml, *.json); -R reads subdirectories too"},
		"blank files": {Options{Filenames: []string{"blank"}}, "blank: its files hold no Kubernetes objects"},
		"too big":     {Options{Filenames: []string{"big.yaml"}}, "big.yaml: is 60 MB; netguard reads files up to 50 MB, split it"},
		"endless input": {Options{Filenames: []string{"-"}, In: endless{}},
			"-: is more than 50 MB; netguard reads files up to 50 MB, split it"},
		"no input":    {Options{Filenames: []string{"-"}}, "-: there is no standard input"},
		"empty input": {Options{Filenames: []string{"-"}, In: strings.NewReader("")}, "-: holds no Kubernetes objects"},
		"a URL that is not there": {Options{Filenames: []string{server.URL + "/x.yaml"}},
			server.URL + "/x.yaml: the server answers 404 Not Found"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(tt.options)
			if err == nil || err.Error() != tt.want {
				t.Errorf("\n got %v\nwant %s", err, tt.want)
			}
		})
	}
	for name, tt := range map[string]struct {
		options Options
		want    string
	}{
		"nothing":     {Options{}, "one of -f and -k has to be given"},
		"both":        {Options{Filenames: []string{"a"}, Kustomize: "b"}, "only one of -f and -k can be given"},
		"-k and -R":   {Options{Kustomize: "b", Recursive: true}, "-R goes with -f, not with -k"},
		"stdin twice": {Options{Filenames: []string{"-", "-"}}, "standard input (-f -) can be read only once"},
	} {
		if _, err := New(tt.options); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestKustomizationErrorIsOneLine(t *testing.T) {
	write(t, map[string]string{"k/kustomization.yaml": "resources: [gone.yaml]\n"})
	_, err := load(Options{Kustomize: "k"})
	if err == nil || !strings.HasPrefix(err.Error(), "k: kustomize: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestInputsAreReadAsKubectlReadsThem(t *testing.T) {
	namespace := func(name string) string {
		return fmt.Sprintf("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", name)
	}
	write(t, map[string]string{
		"d/a.yaml":             namespace("a") + "---\n" + namespace("b") + "...\n" + namespace("c"),
		"d/b.json":             `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"d"}}{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"e"}}`,
		"d/c.yml":              "apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: f}\n- metadata: {name: g}\n",
		"d/notes.txt":          "not read",
		"d/sub/d.yaml":         "\xff\xfe" + utf16("apiVersion: v1\r\nkind: Namespace\r\nmetadata: {name: h}\r\n"),
		"d/kustomization.yaml": "resources: [a.yaml]\n",
		"k/kustomization.yaml": "resources: [x.yaml]\nnamespace: pre-x\n",
		"k/x.yaml":             "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n",
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, namespace("web"))
	}))
	defer server.Close()
	for want, options := range map[string]Options{
		"a b c d e f g":   {Filenames: []string{"d"}},
		"a b c d e f g h": {Filenames: []string{"d", "d/a.yaml"}, Recursive: true},
		"d e":             {Filenames: []string{"d/*.json"}},
		"web":             {Filenames: []string{server.URL + "/ns.yaml"}},
		"pre-x":           {Kustomize: "k"},
		"in":              {Filenames: []string{"-"}, In: strings.NewReader(namespace("in"))},
	} {
		s, err := load(options)
		if err != nil {
			t.Errorf("%+v: %v", options, err)
			continue
		}
		var got []string
		for _, n := range s.Namespaces() {
			got = append(got, n.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v: got %v, want %s", options, got, want)
		}
	}
}

func utf16(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteByte(byte(r))
		b.WriteByte(0)
	}
	return b.String()
}

func TestAnAliasBombDoesNotExplode(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nx0: &x0 [a,a,a,a,a,a,a,a,a]\n")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&b, "x%d: &x%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d,", i-1), 9), ","))
	}
	_, err := readText(b.String())
	if err == nil || !strings.Contains(err.Error(), "excessive aliasing") {
		t.Errorf("got %v", err)
	}
}

func TestACancelledReadIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m, err := New(Options{Filenames: []string{"-"}, In: strings.NewReader(bankPolicy)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Load(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDefaultsAreThoseOfTheAPIServer(t *testing.T) {
	s := read(t, `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: both}
spec: {podSelector: {}, egress: [{ports: [{port: 53}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: empty-egress}
spec: {podSelector: {}, egress: []}
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: declared, labels: {team: a}}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  hostNetwork: true
  initContainers:
  - {name: once, ports: [{containerPort: 1}]}
  - {name: sidecar, restartPolicy: Always, ports: [{containerPort: 2}]}
  containers:
  - {name: c, ports: [{containerPort: 3, name: dns, protocol: UDP}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: e, labels: {kubernetes.io/service-name: s}}
addressType: IPv4
ports: [{}]
endpoints: [{addresses: [10.0.0.1]}]
`)
	both := s.Policy(snapshot.Name{Namespace: "default", Name: "both"})
	if got := fmt.Sprintf("%v %v", both.Spec.PolicyTypes, *both.Spec.Egress[0].Ports[0].Protocol); got != "[Ingress Egress] TCP" {
		t.Errorf("policy: %s", got)
	}
	if got := fmt.Sprint(s.Policy(snapshot.Name{Namespace: "default", Name: "empty-egress"}).Spec.PolicyTypes); got != "[Ingress]" {
		t.Errorf("policy without egress rules: %s", got)
	}
	if got := s.Services()[0]; got.Type != snapshot.ClusterIP || got.Ports[0] != (snapshot.ServicePort{Protocol: connset.TCP, Port: 80, TargetPort: 80}) {
		t.Errorf("service: %+v", got)
	}
	if got := fmt.Sprint(s.Namespace("default").Labels, s.Namespace("declared").Labels); got !=
		"map[kubernetes.io/metadata.name:default] map[kubernetes.io/metadata.name:declared team:a]" {
		t.Errorf("namespaces: %s", got)
	}
	pod := s.Pods()[0]
	if got := fmt.Sprint(pod.Ports); got != "[{dns UDP 3 3 } { TCP 2 2 }]" {
		t.Errorf("ports: %s", got)
	}
	if !pod.Expected() || !pod.Ready {
		t.Errorf("a pod without status: %+v", pod)
	}
	slice := s.EndpointSlices()[0]
	if got := fmt.Sprintf("%+v %+v", slice.Ports, slice.Endpoints); got !=
		"[{Name: Protocol:TCP Port:0}] [{Addresses:[10.0.0.1] Pod: PodNamespace: Node: ForNodes:[] ForZones:[] Ready:true Serving:true Terminating:false}]" {
		t.Errorf("slice: %s", got)
	}
	if !s.Has(snapshot.Need{Resource: snapshot.Nodes}) {
		t.Error("files leave nothing unread")
	}
}

func TestOtherKinds(t *testing.T) {
	s := read(t, `
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data: {enable-policy: never}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:reader"}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: c}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: cnp}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: root, namespace: istio-system}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: one, namespace: a}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: knp.default.mirror, namespace: a}
---
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: {name: staged, namespace: a}
---
apiVersion: nobody.example.com/v1
kind: FancyNetworkPolicy
metadata: {name: fancy, namespace: a}
`)
	var got []string
	for _, u := range s.Unmodelled() {
		got = append(got, fmt.Sprintf("%s.%s %s denies=%t wide=%t", u.Kind, u.Group, u.Name, u.OnlyDenies, u.ClusterWide))
	}
	want := `AuthorizationPolicy.security.istio.io a/one denies=true wide=false
AuthorizationPolicy.security.istio.io istio-system/root denies=true wide=true
CiliumNetworkPolicy.cilium.io default/c denies=false wide=false
FancyNetworkPolicy.nobody.example.com a/fancy denies=false wide=false`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if all := s.PolicyObjects(); len(all) != 1 || all[0].Kind != "ClusterNetworkPolicy" || all[0].Name.Name != "cnp" {
		t.Errorf("policies of evaluated kinds: %v", all)
	}
	if data, ok := s.ConfigMap(ciliumConfig()); !ok || data["enable-policy"] != "never" {
		t.Errorf("cilium-config: %v", data)
	}
	if _, ok := s.ConfigMap(snapshot.Name{Namespace: "default", Name: "c"}); ok {
		t.Error("a ConfigMap was kept that says nothing about the network")
	}
}
