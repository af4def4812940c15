package query

import (
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// seenBy is the connection as policies of the destination see it. A node gives its own
// address last of all to what leaves it, so that a plugin which polices what the node
// forwards sees the client's own on the node that the destination runs on
// (policy.Behaviour.BeforeMasquerade).
func (e *engine) seenBy(p pair, l link, b policy.Behaviour) (pair, link) {
	if !b.BeforeMasquerade || p.via == nil || p.blurred || sameNode(model.Party{Node: p.via.node}, p.dst.Party) != selector.Yes {
		return p, l
	}
	kept := p
	kept.via, kept.masked = nil, false
	links, ok := families(kept.src, kept.dst)
	if !ok {
		return p, l
	}
	for _, x := range links {
		if x.dst == l.dst || !l.dst.IsValid() {
			return kept, x
		}
	}
	return p, l
}
