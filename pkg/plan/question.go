package plan

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Question is what is asked, as far as reading is concerned.
type Question struct {
	// Source and Target are the ends that the user named; nil stands for
	// everybody, as in who-can-reach (Source) or map (both).
	Source, Target *reference.Reference
	// Home is the namespace of -n, read on its own when the user may not read
	// all of them.
	Home string
	// Controllers are what the user says is behind a front door.
	Controllers []reference.Reference
	// Doors asks for the front doors as well, as map does.
	Doors bool
	// More are further ends that a question is about.
	More []reference.Reference
	// Services asks for the front doors and every Service besides.
	Services bool
	// Namespaces are further ones to read on their own when the user may not read
	// all of them.
	Namespaces []string
	// Brief: pods that nothing in the answer tells from the rest of their
	// namespace need not be read; who-can-reach then speaks of them together.
	Brief bool
	// PluginNamed: the user says what the network plugin is, and nothing is read for it.
	PluginNamed bool
	// Fix says what else to read, once all else was read, to tell what the change that
	// an answer proposes would open; nil where none is proposed.
	Fix func(*snapshot.Snapshot) []snapshot.Need
	// Lookup asks whether Source can look up the name of Target, too.
	Lookup bool
	// Cluster asks only what the cluster is: its network plugin and the policy
	// kinds in use.
	Cluster bool
}

// Next returns what to read next for q, given what s holds; nothing when s is
// enough.
func Next(q Question, s *snapshot.Snapshot) []snapshot.Need {
	p := &planner{s: s, q: q}
	if q.Cluster {
		p.want(snapshot.Need{Resource: snapshot.PolicyKinds})
		p.plugin(true)
		return p.needs
	}
	brief := q.Brief && q.Source == nil && q.Target != nil
	for _, r := range []*reference.Reference{q.Source, q.Target} {
		switch {
		case r != nil:
			p.end(*r)
		case !brief:
			p.everybody()
		}
	}
	if brief && !frontdoor.IsDoor(q.Target.Kind) && !p.brief(*q.Target) {
		p.everybody()
	}
	for _, r := range q.More {
		p.end(r)
	}
	if q.Doors || q.Services {
		p.allDoors()
	}
	if q.Services {
		p.want(snapshot.Need{Resource: snapshot.IngressClasses})
		p.dataPlane()
	}
	p.outsideThroughNodes()
	p.lookup()
	p.handmade()
	if p.s.SelectsNodes() {
		p.want(snapshot.Need{Resource: snapshot.Nodes})
	}
	p.plugin(false)
	if q.Fix != nil && len(p.needs) == 0 {
		for _, n := range q.Fix(s) {
			p.want(n)
		}
	}
	return p.needs
}

// plugin reads what recognises the network plugin. A node, which tells where no
// DaemonSet does, is asked for last, when a pod that was read for its own sake
// names one, and then k3s' servers; all nodes are listed for it only where the cluster
// is the question.
func (p *planner) plugin(whole bool) {
	if p.q.PluginNamed {
		return
	}
	settled := len(p.needs) == 0
	for _, n := range cni.Needs(p.s) {
		switch {
		case n.Resource != snapshot.Nodes, whole, settled && n.Name+n.Labels != "":
			p.want(n)
		}
	}
}

// planner collects the needs of one round.
type planner struct {
	s     *snapshot.Snapshot
	q     Question
	needs []snapshot.Need
	// byHand are addresses in slices of which it is not said whose they are.
	byHand []netip.Addr
}

// want asks for n unless it was tried, or a wider read is asked for already; it
// reports whether n has been read. The failure of a wider read says nothing about n.
func (p *planner) want(n snapshot.Need) bool {
	if p.s.Has(n) {
		return true
	}
	if !p.failed(n) && !slices.ContainsFunc(p.needs, func(asked snapshot.Need) bool { return asked.Covers(n) }) {
		p.needs = append(p.needs, n)
	}
	return false
}

// wantAll asks for a resource in all namespaces and, where that is refused, in
// the namespaces that the question names.
func (p *planner) wantAll(r snapshot.Resource) {
	all := snapshot.Need{Resource: r}
	if p.want(all) || !p.failed(all) {
		return
	}
	for _, ns := range p.namespaces() {
		if r == snapshot.Namespaces {
			p.want(snapshot.Need{Resource: r, Name: ns})
		} else {
			p.want(snapshot.Need{Resource: r, Namespace: ns})
		}
	}
}

// failed reports whether this very read failed already.
func (p *planner) failed(n snapshot.Need) bool {
	for _, g := range p.s.Gaps() {
		if g.Need == n {
			return true
		}
	}
	return false
}

// namespaces are those that the question names.
func (p *planner) namespaces() []string {
	var out []string
	add := func(ns string) {
		for _, have := range out {
			if have == ns {
				return
			}
		}
		if ns != "" {
			out = append(out, ns)
		}
	}
	for _, r := range []*reference.Reference{p.q.Source, p.q.Target} {
		if r == nil {
			continue
		}
		add(r.Namespace)
		if r.Kind == reference.Namespace {
			add(r.Name)
		}
	}
	for _, r := range p.q.More {
		add(r.Namespace)
	}
	for _, ns := range p.q.Namespaces {
		add(ns)
	}
	add(p.q.Home)
	return out
}

// everybody reads all that may be the other end of a connection.
func (p *planner) everybody() {
	p.wantAll(snapshot.Namespaces)
	p.wantAll(snapshot.NetworkPolicies)
	p.wantAll(snapshot.PolicyKinds)
	p.wantAll(snapshot.Pods)
	p.owners(p.s.Pods())
}

// policiesOf reads what decides about the pods of a namespace.
func (p *planner) policiesOf(namespace string) {
	p.want(snapshot.Need{Resource: snapshot.NetworkPolicies, Namespace: namespace})
	p.want(snapshot.Need{Resource: snapshot.Namespaces, Name: namespace})
	p.wantAll(snapshot.PolicyKinds)
}
