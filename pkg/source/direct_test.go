package source

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzDirect holds what is read directly to what kubectl's builder reads.
func FuzzDirect(f *testing.F) {
	for _, pattern := range []string{"testdata/*", "../../examples/*/*.yaml", "../cmd/testdata/*/*/*.yaml"} {
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
	for _, text := range []string{
		bankPolicy, benchText(2),
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
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		docs := split("f.yaml", []byte(text))
		for i := range docs {
			got, ok := direct(docs[i].text)
			if !ok {
				continue
			}
			built, err := build(&docs[i])
			if err != nil {
				t.Fatalf("the builder refuses what was read\n%s\n%v", docs[i].text, err)
			}
			if len(built) != len(got) {
				t.Fatalf("%d objects, and the builder has %d\n%s", len(got), len(built), docs[i].text)
			}
			for j, o := range built {
				if !reflect.DeepEqual(got[j], o.raw) {
					t.Fatalf("object %d of\n%s\nis   %#v\nwant %#v", j, docs[i].text, got[j], o.raw)
				}
			}
		}
	})
}
