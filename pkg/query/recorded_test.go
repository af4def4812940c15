package query_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/internal/recorded"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// Generated clusters, recorded and read again, have the same connections.
func TestRecordedClustersHaveTheSameMap(t *testing.T) {
	for i := range seeds(t, 60) {
		s := generate(fmt.Appendf(nil, "recorded %d", i)).snapshot(t)
		mapOf := func(m *model.Model) string {
			text, err := json.Marshal(query.Map(m, query.Scope{Labels: selector.Everything()}, query.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		if was, is := mapOf(model.New(s)), mapOf(model.New(recorded.Again(t, s))); was != is {
			t.Errorf("cluster %d: recorded:\n%s\nbefore:\n%s", i, is, was)
		}
	}
}
