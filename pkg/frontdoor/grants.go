package frontdoor

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// gatewayGroup is the API group of the Gateway API.
const gatewayGroup = "gateway.networking.k8s.io"

// granted tells whether an object of the Gateway API may refer to another: to those
// of its own namespace, and elsewhere where a ReferenceGrant there says so, with the
// groups, kinds and names of both ("the referenced group must match", ReferenceGrant
// docs; GEP-709). Where the grants could not be read it is undecided.
func granted(m *model.Model, kind, namespace string, to snapshot.ObjectRef) finding {
	if to.Namespace == namespace {
		return finding{}
	}
	for _, g := range m.ReferenceGrantsIn(to.Namespace) {
		from := slices.Contains(g.From, snapshot.GrantFrom{Group: gatewayGroup, Kind: kind, Namespace: namespace})
		admits := slices.ContainsFunc(g.To, func(t snapshot.GrantTo) bool {
			return t.Group == to.Group && t.Kind == to.Kind && (t.Name == "" || t.Name == to.Name)
		})
		if from && admits {
			return finding{}
		}
	}
	if gap := m.Hidden(snapshot.ReferenceGrants, to.Namespace); gap != nil {
		return unread(gap)
	}
	return finding{reason: report.GrantMissing, detail: to.Namespace}
}
