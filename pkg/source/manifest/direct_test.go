package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// FuzzDirect holds what is read directly to what kubectl's builder reads.
func FuzzDirect(f *testing.F) {
	for _, pattern := range []string{"../files/testdata/*", "../../../examples/*/*.yaml", "../../cmd/testdata/*/*/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatal(pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	const list = "apiVersion: v1\nitems:\n"
	for _, text := range []string{
		"kind: A\napiVersion: v1\ntext: |\n  ends here", "kind: A\r\napiVersion: v1\r\ntext: |\r\n  a\r\n",
		"kind: A\napiVersion: v1\nn: [1, 1.0, 0.5, -0.0, 1e3, 1e21, .inf, 0x1F, 0o7, 017, 1_000, 18446744073709551615, 99999999999999999999, 2001-01-01, yes, ~, '1']\n",
		"kind: A\napiVersion: v1\nm: {1: a, '1': b}\n", "kind: A\napiVersion: v1\nm: {yes: a, ~: b, 1.5: c}\n", "kind: A\napiVersion: v1\nb: !!binary /w==\n",
		"kind: A\napiVersion: v1\nb: \"\\xff\\u2028<&>\"\n", "kind: A\napiVersion: v1\nmetadata: {labels: {a: 1}}\n", "kind: A\napiVersion: v1\nmetadata:\n",
		"kind: A\napiVersion: v1\nmetadata: {name: a, namespace: }\n", "kind: List\napiVersion: v1\nitems: [{kind: A, apiVersion: v1, metadata: {namespace: 1}}]\n",
		"kind: A\napiVersion: v1\nmetadata: {generation: 1.0, creationTimestamp: 2001-01-01T00:00:00Z}\n", "kind: A\napiVersion: a/b/c\n", "kind: A\n", "apiVersion: v1\n",
		"kind: AList\napiVersion: v1\nitems: [{metadata: {name: a}}]\n", "kind: List\napiVersion: v1\nitems: []\n", "kind: List\napiVersion: v1\nitems:\n", "kind: List\napiVersion: v1\nitems: {}\n",
		"kind: List\napiVersion: v1\nitems: [&a {kind: A, apiVersion: v1, metadata: {labels: [b]}}, *a, {<<: *a, kind: B}]\n", "kind: A\nkind: B\napiVersion: v1\n",
		"kind: List\napiVersion: v1\nitems: [{kind: A, apiVersion: v1, items: [{kind: B, apiVersion: v1}]}, {kind: A, apiVersion: v1, items: 1}]\n",
		"kind: List\napiVersion: v1\nmetadata: {name: [a]}\nitems: [{kind: A, apiVersion: v1}]\n", "kind: A\napiVersion: v1\n---x\n", "kind: A\napiVersion: v1\n... # end\nb: c\n", "[a]\n", "a", "\u2028{kind: A, apiVersion: v1}\n",
		list + "- {kind: A, apiVersion: v1}\n- kind: B\n  apiVersion: v1\nkind: List\n", list + "  - kind: A\n    apiVersion: v1\n  # text\n\n  - {kind: B, apiVersion: v1}\nkind: List\nmetadata: {resourceVersion: ''}",
		list + "- kind: A\n  apiVersion: v1\n  text: \"\n- kind: B\n- kind: C\n  \"\n- kind: D\n  apiVersion: v1\nkind: List\n",
		"x: \"\n" + list + "- {kind: A, apiVersion: v1}\n- {kind: A, apiVersion: v1}\n\"\nkind: List\nitems:\n",
		list + "- &a {kind: A, apiVersion: v1}\n- *a\nkind: List\n", list + "- {kind: A, apiVersion: v1}\n- {kind: A, apiVersion: v1}\nitems: []\nkind: List\n",
		list + "- {kind: A, apiVersion: v1}\n- {kind: A, apiVersion: v1}\nkind: List\nitems:\n", list + "- {kind: A, apiVersion: v1}\n- {kind: A, apiVersion: v1}\nkind: List\n\"\\x69tems\": ~\n",
		list + "- kind: A\n  apiVersion: v1\n  text: |+\n    a\n\n- kind: A\n  apiVersion: v1\n  text: |\n    a\n- kind: A\n  apiVersion: v1\n  text: |\n    a\n- kind: A\n  apiVersion: v1\n  text: |2-\n     a",
		list + "- {kind: A, apiVersion: v1}\n- {kind: A, apiVersion: v1}\n... # end\nkind: List\n", list + "- {kind: A,\n apiVersion: v1}\n- {kind: A,\napiVersion: v1}\nkind: List\n",
		list + "  - {kind: A, apiVersion: v1}\n  - {kind: A, apiVersion: v1}\n other: B\nkind: List\n", list + "- {kind: A, apiVersion: v1}\n- {kind: A, apiVersion: v1}\u2028kind: List\n",
		list + "-\n  kind: A\n  apiVersion: v1\n- ? kind\n  : A\n  apiVersion: v1\nkind: List\n", list + "-\tkind: A\n- kind: A\nkind: List\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		docs := split("f.yaml", []byte(text))
		// Of kinds that are not converted, all fields are compared.
		docs = append(docs, split("f.yaml", []byte(strings.ReplaceAll(text, "kind: ", "kind: X")))...)
		for i := range docs {
			if got, ok := direct(docs[i].text, nil); ok {
				asBuilt(t, &docs[i], got)
			}
			// Each item by itself.
			if list, ok := cutList(docs[i].text, 1); ok && usualYAML(docs[i].text) {
				if got, ok := list.read(nil); ok {
					asBuilt(t, &docs[i], got)
				}
			}
		}
	})
}

func asBuilt(t *testing.T, doc *document, got []*Object) {
	t.Helper()
	want, err := build(doc)
	if err != nil {
		t.Fatalf("the builder refuses what was read\n%s\n%v", doc.text, err)
	}
	if len(want) != len(got) {
		t.Fatalf("%d objects, and the builder has %d\n%s", len(got), len(want), doc.text)
	}
	for i := range want {
		want[i].convertAhead()
		if !reflect.DeepEqual(got[i].Raw, want[i].Raw) || !reflect.DeepEqual(got[i].converted, want[i].converted) {
			t.Fatalf("object %d of\n%s\nis   %#v\nwant %#v", i, doc.text, got[i].Raw, want[i].Raw)
		}
	}
}

// What kubectl writes goes the direct way, and a long List of it goes in pieces.
func TestDumpsAreReadDirectly(t *testing.T) {
	dump, err := os.ReadFile("../files/testdata/dump.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const asJSON = "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n        {\n            \"apiVersion\": \"v1\",\n            \"kind\": \"Pod\"\n        }\n    ],\n    \"kind\": \"List\"\n}\n"
	for _, text := range []string{string(dump), asJSON} {
		for _, doc := range split("f", []byte(text)) {
			if _, ok := direct(doc.text, nil); !ok {
				t.Errorf("goes to the builder:\n%s", doc.text)
			}
		}
	}
	const pods = 1000
	text := strings.ReplaceAll(strings.ReplaceAll(benchText(t, pods), "\n", "\n  "), "---\n  apiVersion", "- apiVersion")
	text = "apiVersion: v1\nitems:\n" + strings.ReplaceAll(text, "\n  -", "\n-") + "\nkind: List\n"
	for _, share := range []sharing{nil, func(f func() error) bool { go f(); return true }} {
		list, ok := cutList([]byte(text), pieceSize)
		if !ok {
			t.Fatal("a long List is not cut")
		}
		found, ok := list.read(share)
		if !ok || len(found) != pods {
			t.Fatalf("%d pods of %d, ok %v", len(found), pods, ok)
		}
		for i, o := range found {
			if want := fmt.Sprintf("web-%d", i); o.Raw.GetName() != want || o.converted == nil {
				t.Fatalf("object %d is %s, converted %v", i, o.Raw.GetName(), o.converted != nil)
			}
		}
	}
	for _, oddity := range []string{"\n  x: 'in quotes\n", "\n  x: [in\n", "\n  x: *alias\n"} {
		list, ok := cutList([]byte(strings.Replace(text, "\n  kind: Pod\n", "\n  kind: Pod"+oddity, 1)), pieceSize)
		if !ok {
			t.Fatal("a long List is not cut")
		}
		if _, ok := list.read(nil); ok {
			t.Errorf("read in pieces with %q", oddity)
		}
	}
	if _, ok := cutList([]byte(strings.Replace(text, "kind: Pod\n", "kind: &anchor Pod\n", 1)), pieceSize); ok {
		t.Error("a List with an anchor is cut")
	}
}

// benchText is as many pods as that, one after the other.
func benchText(t testing.TB, n int) string {
	t.Helper()
	pod, err := os.ReadFile("../files/testdata/pod.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "---\n"+string(pod), i)
	}
	return b.String()
}
