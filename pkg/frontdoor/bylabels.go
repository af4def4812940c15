package frontdoor

import (
	"fmt"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// byCatalogue looks for the labels of the controller's own manifests.
func (f *finder) byCatalogue() bool {
	if f.known == nil {
		f.note(report.StepCatalogue, false, fmt.Sprintf("netguard does not know controller %s", firstNonEmpty(f.id, f.class, "(none)")))
		return false
	}
	for _, want := range f.known.pods {
		if !f.look(labelled(want.namespace, want.labels)...) {
			return true
		}
		var found []model.Party
		for _, p := range f.m.Pods() {
			if !p.Finished() && want.match(p) {
				found = append(found, model.Party{Pod: p})
			}
		}
		if f.home != "" {
			// Those beside the control plane are its own.
			here := slices.DeleteFunc(slices.Clone(found), func(p model.Party) bool { return p.Pod.Namespace != f.home })
			if len(here) > 0 {
				found = here
			}
		}
		if len(found) > 0 {
			f.note(report.StepCatalogue, true, fmt.Sprintf("pods with the labels of %s: %s", f.known.name, text(want.labels)))
			return f.settle(found)
		}
	}
	f.note(report.StepCatalogue, false, "no pod has the labels of "+f.known.name)
	return false
}
