package plan

import "github.com/kubectl-netguard/netguard/pkg/snapshot"

// everyDoor reads every front door, where it leads, and what may be its data
// plane.
func (p *planner) everyDoor() {
	p.wantAll(snapshot.Ingresses)
	p.want(snapshot.Need{Resource: snapshot.IngressClasses})
	p.wantAll(snapshot.Gateways)
	p.want(snapshot.Need{Resource: snapshot.GatewayClasses})
	for _, kind := range routeKinds() {
		p.wantAll(snapshot.Resource(kind.Resource()))
	}
	p.wantAll(snapshot.ReferenceGrants)
	p.dataPlane()
}
