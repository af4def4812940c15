package query_test

import (
	"fmt"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/anonymous"
	"github.com/kubectl-netguard/netguard/pkg/internal/recorded"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
)

// In generated clusters every pod can reach under new names what it could under
// its own, and the new names can be recorded as well.
func TestNewNamesKeepTheVerdicts(t *testing.T) {
	for i := range seeds(t, 40) {
		s := generate(fmt.Appendf(nil, "anonymous %d", i)).snapshot(t)
		names := anonymous.Of(s)
		before, after := model.New(s), model.New(recorded.Again(t, names.Snapshot(s)))
		var ends []reference.Reference
		for _, p := range s.Pods() {
			ends = append(ends, reference.Reference{Form: reference.FormObject, Kind: reference.Pod, Namespace: p.Namespace, Name: p.Name.Name})
		}
		for _, v := range s.Services() {
			ends = append(ends, reference.Reference{Form: reference.FormObject, Kind: reference.Service, Namespace: v.Namespace, Name: v.Name.Name})
		}
		ends = append(ends, ref(t, "internet"), ref(t, "10.0.0.0/8"))
		for _, from := range ends {
			for _, to := range ends {
				was, err := query.Explain(before, from, to, query.Options{})
				is, errAfter := query.Explain(after, names.Reference(from), names.Reference(to), query.Options{})
				if (err == nil) != (errAfter == nil) {
					t.Errorf("cluster %d: %s -> %s: %v, with new names %v", i, from, to, err, errAfter)
					continue
				}
				if err == nil && (was.Verdict != is.Verdict || was.Partly != is.Partly || len(was.Answers) != len(is.Answers)) {
					t.Errorf("cluster %d: %s -> %s: %v, with new names %v", i, from, to, was.Verdict, is.Verdict)
				}
			}
		}
	}
}
