package printer

import (
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

func TestSeveralNodesAreCounted(t *testing.T) {
	several := report.End{Kind: "Node"}
	for want, m := range map[string]report.Members{
		"node/a":          {End: report.End{Kind: "Node", Name: "a"}, Names: []string{"a"}, Count: 1, Total: 1},
		"1 of 3 nodes":    {End: several, Names: []string{"a"}, Count: 1, Total: 3},
		"each of 3 nodes": {End: several, Names: []string{"a", "b", "c"}, Count: 3, Total: 3},
		"the nodes":       {End: several, Count: 1, Total: 1}, // which are not known
	} {
		if got := (names{}).members(m); got != want {
			t.Errorf("%+v is %q, want %q", m, got, want)
		}
	}
}
