package query

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// routeKinds are the resources whose objects say where a Gateway's requests go, and by
// which listeners.
func routeKinds() []snapshot.Resource {
	return []snapshot.Resource{
		snapshot.HTTPRoutes, snapshot.GRPCRoutes, snapshot.TLSRoutes, snapshot.TCPRoutes, snapshot.UDPRoutes, snapshot.ListenerSets,
	}
}

// unreadRoutes are the permissions whose absence may hide backends of a door. An
// Ingress names its own.
func (e *engine) unreadRoutes(d *frontdoor.Door) []string {
	if d.Object.Kind != "Gateway" {
		return nil
	}
	var out []string
	for _, r := range routeKinds() {
		if gap := e.Hidden(r, ""); gap != nil {
			out = append(out, gap.Permission())
		}
	}
	return out
}

// unreadOfDoor are the permissions whose absence may hide what else there is to
// say of a door: who serves its class, the nodes that its traffic passes, and
// who else gets to its backends.
func (e *engine) unreadOfDoor(d *frontdoor.Door) []string {
	class := snapshot.IngressClasses
	if d.Object.Kind == "Gateway" {
		class = snapshot.GatewayClasses
	}
	out := slices.Clone(d.DataPlane.Hidden)
	if gap := e.Hidden(snapshot.TargetGroupBindings, d.Object.Namespace); gap != nil && d.Object.Kind == "Ingress" {
		out = append(out, gap.Permission())
	}
	if gap := e.Hidden(snapshot.Ingresses, ""); gap != nil && d.Object.Kind == "Ingress" {
		out = append(out, gap.Permission()) // of which one may claim the same, or lead there too
	}
	for _, r := range []snapshot.Resource{class, snapshot.Services, snapshot.Pods, snapshot.Nodes} {
		gap := e.Hidden(r, "")
		if r == class {
			gap = e.GapFor(snapshot.Need{Resource: class, Name: d.Class})
		}
		if gap != nil {
			out = append(out, gap.Permission())
		}
	}
	return out
}

// entryUnread is the answer for clients of a door whose Service may be among
// those that could not be read: it decides at which port and with which address
// they arrive, also where pods listen on their nodes' ports besides. It is nil where
// the Service is known.
func (e *engine) entryUnread(d *frontdoor.Door) *draft {
	gap := e.Hidden(snapshot.Services, "")
	if gap == nil || d.DataPlane.Entry != nil {
		return nil
	}
	hop := report.Hop{Kind: report.HopService, Verdict: report.Unknown, Reason: report.NotRead, Needs: []string{gap.Permission()}}
	return &draft{
		outcome: conclude([]report.Hop{hop}), unfixable: true,
		source: newMembers(report.End{Kind: "Internet"}), target: newMembers(doorEnd(d)),
	}
}

// gapBehind is the gap that a permission is about: the very one, or one of the
// same resource, where a wider list than the one that would do was refused.
func (e *engine) gapBehind(permission string) *snapshot.Gap {
	gaps := e.Snapshot.Gaps()
	for i := range gaps {
		if gaps[i].Permission() == permission {
			return &gaps[i]
		}
	}
	for i := range gaps {
		if words := strings.Fields(permission); len(words) > 1 && words[1] == string(gaps[i].Need.Resource) {
			return &gaps[i]
		}
	}
	return nil
}
