package live

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// everything plans the lists of all kinds in one round.
func everything() source.Planner {
	needs := []snapshot.Need{{Resource: snapshot.ConfigMaps, Namespace: "kube-system", Name: "cilium-config"}}
	for _, k := range kinds.Read() {
		if k.Only == "" {
			needs = append(needs, snapshot.Need{Resource: k.Resource})
		}
	}
	return once(needs...)
}

func dumpObjects(t *testing.T) []runtime.Object {
	t.Helper()
	text, err := os.ReadFile("../files/testdata/dump.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Items []json.RawMessage }
	if err := yaml.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	var out []runtime.Object
	for _, item := range list.Items {
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode(item, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, object)
	}
	return out
}

// content is what a snapshot says, without where it was read.
func content(t *testing.T, s *snapshot.Snapshot) string {
	t.Helper()
	var policies []snapshot.Policy
	for _, p := range s.Policies() {
		policies = append(policies, snapshot.Policy{Name: p.Name, Spec: p.Spec})
	}
	config, _ := s.ConfigMap(snapshot.Name{Namespace: "kube-system", Name: "cilium-config"})
	data, err := json.MarshalIndent([]any{
		s.Namespaces(), s.Pods(), s.Services(), s.EndpointSlices(), policies, s.Nodes(), s.Workloads(), s.Unmodelled(), s.Gaps(), config,
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheSameObjectsGiveTheSameSnapshot(t *testing.T) {
	paths := cluster(t, dumpObjects(t), func(o runtime.Object) http.HandlerFunc { return answer(t, o) })
	live, err := liveOf(t, &rest.Config{Host: server(t, paths).URL}).Load(context.Background(), everything())
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := files.New(files.Options{Filenames: []string{"../files/testdata/dump.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	fromFiles, err := manifests.Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	l, f := content(t, live), content(t, fromFiles)
	if l != f {
		for i := range min(len(l), len(f)) {
			if l[i] != f[i] {
				t.Fatalf("they part after\n%s\n--- live\n%.300s\n--- files\n%.300s", l[max(0, i-300):i], l[i:], f[i:])
			}
		}
		t.Fatal("one is longer")
	}
	golden := "../files/testdata/dump.json"
	if *update {
		if err := os.WriteFile(golden, []byte(f+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != f+"\n" {
		t.Errorf("not as in %s; if that is meant, run with -update. Got\n%s", golden, f)
	}
}
