package plan

import (
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// otherDoor reads where a door leads that is of a kind of a single controller, and what it
// names. It reports false where there is no such object.
func (p *planner) otherDoor(r reference.Reference) bool {
	if len(snapshot.Of[snapshot.Object](p.s, snapshot.Resource(r.Kind.Resource()))) == 0 {
		return false
	}
	needs, services := frontdoor.OtherNeeds(p.s, r)
	for _, n := range needs {
		p.want(n)
	}
	for _, s := range services {
		p.backend(s)
	}
	return true
}

// otherDoors reads all doors of such kinds, and returns how many there are.
func (p *planner) otherDoors() int {
	for _, r := range snapshot.OtherDoors() {
		p.wantAll(r)
	}
	refs := frontdoor.OtherRefs(p.s)
	for _, r := range refs {
		p.otherDoor(r)
	}
	return len(refs)
}

// middlewares reads those that an Ingress names for Traefik, and whom they ask.
func (p *planner) middlewares(ing *snapshot.Ingress) {
	needs := frontdoor.MiddlewareNeeds(p.s, ing)
	for _, n := range needs {
		p.want(n)
	}
	for _, s := range frontdoor.AskedByMiddlewares(p.s, needs) {
		p.backend(s)
	}
}
