package anonymous_test

import (
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/anonymous"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// A selector keeps its clauses, their order and their operators, and none of its
// values, however it is written.
func TestSelectors(t *testing.T) {
	names := anonymous.Of(snapshot.NewBuilder(nil).Snapshot())
	for text, shape := range map[string]string{
		"":                                 "",
		"<none>":                           "<none>",
		"app=secret":                       "app=*",
		"app==secret":                      "app=*",
		"app!=secret":                      "app!=*",
		"app in (secret,secret-2)":         "app in (*,*)",
		"app notin (secret)":               "app!=*",
		"app,!tier":                        "app,!tier",
		"b=secret,a in (secret,secret-2)":  "b=*,a in (*,*)",
		"a-b=secret,a=secret-2":            "a-b=*,a=*",
		"secret of no syntax (whatsoever)": "<error>",
		"replicas>3":                       "<error>",
	} {
		got := names.Selector(text)
		if strings.Contains(got, "secret") {
			t.Errorf("%q became %q, which still tells", text, got)
		}
		hidden := strings.NewReplacer("v-1", "*", "v-2", "*", "v-01", "*", "v-02", "*").Replace(got)
		if hidden != shape {
			t.Errorf("%q became %q, want the shape %q", text, got, shape)
		}
	}
}
