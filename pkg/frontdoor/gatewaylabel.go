package frontdoor

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// byGatewayLabel looks for pods that belong to the Gateway: by the well-known
// label in its own namespace (GEP-1762), then by the vendor's owner labels.
func (f *finder) byGatewayLabel(gw *snapshot.Gateway) bool {
	const wellKnown = "gateway.networking.k8s.io/gateway-name"
	want := map[string]string{wellKnown: gw.Name.Name}
	if !f.look(labelled(gw.Namespace, want)...) {
		return true
	}
	found := parties(f.m.Selected(gw.Namespace, want))
	f.note(report.StepGatewayLabel, len(found) > 0, fmt.Sprintf("pods of namespace %s with label %s=%s", gw.Namespace, wellKnown, gw.Name.Name))
	if len(found) > 0 {
		return f.settle(found)
	}
	if f.known == nil {
		return false
	}
	for _, l := range f.known.perGateway {
		if !f.look(labelled("", map[string]string{l.name: gw.Name.Name, l.namespace: gw.Namespace})...) {
			return true
		}
		var found []model.Party
		for _, p := range f.m.Pods() {
			if !p.Finished() && p.Labels[l.name] == gw.Name.Name && p.Labels[l.namespace] == gw.Namespace {
				found = append(found, model.Party{Pod: p})
			}
		}
		f.note(report.StepGatewayLabel, len(found) > 0, fmt.Sprintf("pods with label %s=%s", l.name, gw.Name.Name))
		if len(found) > 0 {
			return f.settle(found)
		}
	}
	if f.known.perClass != "" {
		if !f.look(labelled("", map[string]string{f.known.perClass: gw.Class})...) {
			return true
		}
		var found []model.Party
		for _, p := range f.m.Pods() {
			if !p.Finished() && p.Labels[f.known.perClass] == gw.Class {
				found = append(found, model.Party{Pod: p})
			}
		}
		f.note(report.StepGatewayLabel, len(found) > 0, fmt.Sprintf("pods with label %s=%s", f.known.perClass, gw.Class))
		return len(found) > 0 && f.settle(found)
	}
	return false
}
