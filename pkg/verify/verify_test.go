package verify_test

import (
	"context"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
	"github.com/kubectl-netguard/netguard/pkg/verify"
)

const head = "apiVersion: netguard.dev/v1alpha1\nkind: Intents\nnamespace: shop\nintents:\n"

func shop(t *testing.T, change ...string) *model.Model {
	t.Helper()
	text, err := os.ReadFile("../audit/testdata/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	state := strings.NewReplacer(change...).Replace(string(text))
	source, err := files.New(files.Options{Filenames: []string{"-"}, In: strings.NewReader(state)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := source.Load(context.Background(), func(*snapshot.Snapshot) []snapshot.Need { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return model.New(s)
}

func TestVerify(t *testing.T) {
	const opened = "podSelector: {matchLabels: {app: db}}\n  policyTypes: [Ingress]\n  ingress:\n  - from: [{podSelector: {matchLabels: {app: web}}}]"
	for name, tt := range map[string]struct {
		intent string
		change []string
		want   report.Outcome
	}{
		"allowed":                {"- {from: deploy/web, to: sts/db, port: 5432, expect: allow}", nil, report.Holds},
		"allowed, and not so":    {"- {from: deploy/web, to: sts/db, port: 5432, expect: deny}", nil, report.Broken},
		"denied":                 {"- {from: sts/db, to: deploy/web, expect: deny}", nil, report.Holds},
		"denied, and not so":     {"- {from: sts/db, to: deploy/web, expect: allow}", nil, report.Broken},
		"one of two sources":     {"- {from: [deploy/web, ns/traefik], to: svc/db, expect: allow}", nil, report.Broken},
		"nobody by that name":    {"- {from: deploy/wep, to: sts/db, expect: deny}", nil, report.Broken},
		"nobody by these labels": {"- {from: {namespaces: {environment: prodaction}}, to: sts/db, expect: deny}", nil, report.Broken},
		"a namespace by labels":  {"- {from: {namespaces: {team: platform}}, to: sts/db, expect: deny}", nil, report.Holds},
		"pods by labels":         {"- {from: {namespaces: {team: platform}, pods: {app.kubernetes.io/name: traefik}}, to: deploy/web, port: 8080, expect: allow}", nil, report.Holds},
		"only":                   {"- {only: deploy/web, to: sts/db}", nil, report.Holds},
		"only others":            {"- {only: deploy/web, to: sts/db}", []string{opened, strings.Replace(opened, "- from: [", "- from: [{namespaceSelector: {}}, ", 1)}, report.Broken},
		"only, the door":         {"- {only: ing/web, to: svc/web}", nil, report.Holds},
		"only, from outside":     {"- {only: deploy/web, to: sts/db}", []string{opened, strings.Replace(opened, "- from: [", "- from: [{ipBlock: {cidr: 0.0.0.0/0}}, ", 1)}, report.Broken},
		"only, and a block that may hold pods whose addresses are not known": {"- {only: [deploy/web, internet, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16], to: sts/db}", []string{opened, strings.Replace(opened, "- from: [", "- from: [{ipBlock: {cidr: 203.0.113.0/24}}, ", 1)}, report.Undecided},
		"the door works":           {"- {door: ing/web}", nil, report.Holds},
		"the door is shut":         {"- {door: ing/web}", []string{"ports: [{port: 8080}]\n  egress:\n  - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system", "ports: [{port: 80}]\n  egress:\n  - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system"}, report.Broken},
		"no such door":             {"- {door: ing/wep}", nil, report.Broken},
		"not known":                {"- {from: deploy/web, to: sts/db, expect: allow}", []string{"kind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\nspec:\n  podSelector: {matchLabels: {app: db}}\n  policyTypes: [Ingress]\n  ingress:\n  - from: [{podSelector: {matchLabels: {app: web}}}]", "kind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\nspec:\n  podSelector: {matchLabels: {app: db}}\n  policyTypes: [Ingress]\n  ingress:\n  - from: [{ipBlock: {cidr: 10.0.0.0/8}}]"}, report.Undecided},
		"expected not to be known": {"- {from: deploy/web, to: sts/db, expect: unknown}", nil, report.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			intents, err := verify.Read("i.yaml", []byte(head+tt.intent), "default")
			if err != nil {
				t.Fatal(err)
			}
			r := verify.Run(shop(t, tt.change...), intents, query.Options{})
			if got := r.Results[0]; got.Outcome != tt.want || got.Line != 5 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// What nothing enforces does not keep anybody out.
func TestNothingEnforces(t *testing.T) {
	m := shop(t, "# A shop in which", `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-flannel-ds, namespace: kube-flannel}
spec:
  selector: {matchLabels: {app: flannel}}
  template:
    metadata: {labels: {app: flannel}}
    spec: {hostNetwork: true, containers: [{name: kube-flannel, image: ghcr.io/flannel-io/flannel:v0.26.0}]}
---
# A shop in which`)
	intents, err := verify.Read("i.yaml", []byte(head+"- {from: sts/db, to: deploy/web, expect: deny}\n- {only: deploy/web, to: sts/db}"), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range verify.Run(m, intents, query.Options{}).Results {
		if r.Outcome != report.Broken {
			t.Errorf("%+v", r)
		}
	}
}

// What is recorded holds.
func TestRecordHolds(t *testing.T) {
	m := shop(t)
	text, err := verify.Record(m, "shop", query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	schema(t, text)
	intents, err := verify.Read("i.yaml", []byte(text), "")
	if err != nil || len(intents) < 4 {
		t.Fatal(err, text)
	}
	for _, r := range verify.Run(m, intents, query.Options{}).Results {
		if r.Outcome != report.Holds {
			t.Errorf("%+v", r)
		}
	}
}

func TestReadErrors(t *testing.T) {
	for intent, want := range map[string]string{
		"- {form: a, to: b, expect: allow}":                                 `i.yaml:5: intents[0] has no field "form"; did you mean "from"?`,
		"- {from: deploy/a, to: b}":                                         `i.yaml:5: expect is ""; it has to be allow, deny or unknown`,
		"- from: deploy/a\n  to: deplyo/b\n  expect: deny":                  `i.yaml:6: unknown type "deplyo"`,
		"- {from: a, only: b, to: c}":                                       "from and only exclude each other",
		"- {door: deploy/a}":                                                "deploy/a is no door",
		"- {door: ing/a, port: 80}":                                         "neither from, to, only nor port",
		"- {from: a, to: b, port: 99999, expect: deny}":                     "99999",
		"- {from: a, to: 'b:80', port: 81, expect: deny}":                   "b:80 has a port already",
		"- {from: {namespace: a, namespaces: {b: c}}, to: d, expect: deny}": "an end has namespace or namespaces",
		"- {from: {labels: {a: b}}, to: d, expect: deny}":                   `an end has no field "labels"`,
		"- {only: a, to: ing/b}":                                            "for an Ingress, Gateway or route: door",
		"- x":                                                               "intents[0] has to be fields with values",
		"x: y":                                                              "intents has to be a list",
	} {
		_, err := verify.Read("i.yaml", []byte(head+intent), "default")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", intent, err, want)
		}
	}
}

func TestNetassert(t *testing.T) {
	intents, err := verify.Read("tests.yaml", []byte(`- name: web-to-db
  type: k8s
  protocol: tcp
  targetPort: 5432
  timeoutSeconds: 67
  attempts: 3
  exitCode: 0
  src: {k8sResource: {kind: deployment, name: web, namespace: shop}}
  dst: {k8sResource: {kind: statefulset, name: db, namespace: shop}}
- name: web-to-dns
  type: k8s
  protocol: udp
  targetPort: 53
  exitCode: 1
  src: {k8sResource: {kind: deployment, name: web, namespace: shop}}
  dst: {host: {name: "1.1.1.1"}}
`), "default")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range verify.Run(shop(t), intents, query.Options{}).Results {
		if r.Outcome != report.Holds {
			t.Errorf("%+v", r)
		}
	}
	if _, err := verify.Read("tests.yaml", []byte("- {name: a, type: vm, targetPort: 1}"), ""); err == nil || !strings.Contains(err.Error(), "tests.yaml:1: ") {
		t.Error(err)
	}
}

// schema holds a file of intents against docs/schemas.
func schema(t *testing.T, text string) {
	t.Helper()
	rules, err := os.ReadFile("../../docs/schemas/intents.json")
	if err != nil {
		t.Fatal(err)
	}
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(rules), gojsonschema.NewBytesLoader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		t.Error(e)
	}
}

// The schema has the fields that are read, and takes the example.
func TestSchema(t *testing.T) {
	text, err := os.ReadFile("../../examples/intents/bankapp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	schema(t, string(text))
	rules, err := os.ReadFile("../../docs/schemas/intents.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Properties  map[string]any
		Definitions map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(rules, &s); err != nil {
		t.Fatal(err)
	}
	file := reflect.TypeFor[verify.File]()
	intents, _ := file.FieldByName("Intents")
	for of, have := range map[reflect.Type]map[string]any{file: s.Properties, intents.Type.Elem(): s.Definitions["intent"].Properties} {
		var want, got []string
		for i := range of.NumField() {
			want = append(want, of.Field(i).Tag.Get("yaml"))
		}
		for name := range have {
			got = append(got, name)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("the schema has %v, the type %v", got, want)
		}
	}
}
