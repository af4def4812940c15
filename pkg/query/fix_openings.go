package query

import (
	"math"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// openings are what changes open that was not asked for, and what they close. They
// are found as [Diff] finds them, by the same comparison, among the pods that the
// changed policies select, those that the changed rules admit, and the ends of the
// question: no others can differ.
type openings struct {
	also, closed []report.Opening
	// cost of what is opened: connections, counted as pods by pods by ports, an
	// address outside as a pod. What is opened by a part of a change never costs more
	// than what the whole opens.
	cost float64
	// inUse: something is closed on a port that a container declares.
	inUse bool
}

// Of how many of the pods that a change bears on a candidate is tried first: most that
// open too much show it among a few, and need not be compared with a whole cluster.
const (
	everyPodOf = math.MaxInt
	somePodsOf = 100
)

// weigh finds what a candidate opens; false when it is certain to be no better than
// the best so far.
func (f *fixer) weigh(c *candidate, before []*candidate, best *candidate) bool {
	steps := append(slices.Clone(before), c)
	if best != nil {
		if few := f.openings(c.model, steps, somePodsOf); few.cost > best.cost {
			return false
		}
	}
	o := f.openings(c.model, steps, everyPodOf)
	c.cost, c.lost = o.cost, len(o.closed) > 0 && (c.patch.Change != report.ReplacePort || o.inUse)
	return true
}

// openings compares the model as it is with one in which steps were made.
func (f *fixer) openings(after *model.Model, steps []*candidate, most int) openings {
	pods := f.concerned(steps, most)
	a, b := f.part(f.base, pods, steps), f.part(after, pods, steps)
	d := newDiffer(a, a.With(b.Snapshot), f.Options)
	c := &openingFinder{fixer: f, differ: d}
	ends := d.ends()
	for i := range ends {
		for j := range ends {
			if ends[i].touched || ends[j].touched {
				c.pair(&ends[i], &ends[j])
			}
		}
		if ends[i].touched {
			c.outside(&ends[i])
		}
	}
	sortOpenings(c.also)
	sortOpenings(c.closed)
	return c.openings
}

func sortOpenings(all []report.Opening) {
	slices.SortStableFunc(all, func(a, b report.Opening) int {
		if x, y := edgeKey(a.From)+"\x01"+edgeKey(a.To), edgeKey(b.From)+"\x01"+edgeKey(b.To); x != y {
			if x < y {
				return -1
			}
			return 1
		}
		return 0
	})
}

// part is a model with the pods concerned alone, and the policies of their namespaces.
func (f *fixer) part(m *model.Model, pods []*snapshot.Pod, steps []*candidate) *model.Model {
	namespaces := map[string]bool{}
	for _, p := range pods {
		namespaces[p.Namespace] = true
	}
	for _, s := range steps {
		namespaces[s.policy.Namespace] = true
	}
	b := snapshot.NewBuilder(m.Snapshot)
	b.Only(pods, namespaces)
	return model.New(b.Snapshot())
}

// concerned are the pods that steps bear on: most of them, beside those asked about.
func (f *fixer) concerned(steps []*candidate, most int) []*snapshot.Pod {
	out, seen := slices.Clone(f.asked.pods), map[*snapshot.Pod]bool{}
	for _, p := range out {
		seen[p] = true
	}
	limit := len(out) + most
	if most == everyPodOf {
		limit = everyPodOf
	}
	add := func(p *snapshot.Pod) bool {
		if !seen[p] && !p.Finished() {
			seen[p] = true
			out = append(out, p)
		}
		return len(out) < limit
	}
	for _, s := range steps {
		for _, p := range f.base.PodsIn(s.policy.Namespace) {
			if s.compiled.Subject.Match(selector.Known(p.Labels)) != selector.No && !add(p) {
				return out
			}
		}
		for _, p := range f.reachable(s.rule) {
			if matchesRule(f.base, s.rule, p) && !add(p) {
				return out
			}
		}
	}
	return out
}

// reachable are pods among which those are that a rule has for peers.
func (f *fixer) reachable(r *policy.Rule) []*snapshot.Pod {
	home := ""
	for i := range r.Peers {
		if r.Peers[i].Namespaces != nil || home != "" && r.Peers[i].Home != home {
			return f.base.Pods()
		}
		home = r.Peers[i].Home
	}
	if r.AnyPeer {
		return f.base.Pods()
	}
	return f.base.PodsIn(home)
}

// matchesRule tells whether a pod may be among the peers of a rule by its labels. Who
// has an address that a rule names is not looked for: the rule was asked for by its
// addresses, and lets in whoever has them.
func matchesRule(m *model.Model, r *policy.Rule, p *snapshot.Pod) bool {
	return r.AnyPeer || slices.ContainsFunc(r.Peers, func(peer policy.Peer) bool {
		switch {
		case peer.Block != nil,
			peer.Namespaces == nil && p.Namespace != peer.Home,
			peer.Namespaces != nil && peer.Namespaces.Match(m.NamespaceLabels(p.Namespace)) == selector.No:
			return false
		default:
			return peer.Pods == nil || peer.Pods.Match(selector.Known(p.Labels)) != selector.No
		}
	})
}

// lookAt notes what pods a candidate is told by: those that the policy selects, and
// those that the rule has for peers.
func (f *fixer) lookAt(c *candidate) {
	note := func(namespace string, s *selector.Selector) {
		n := report.Selected{Namespace: namespace}
		if s != nil {
			n.Labels = s.String()
		}
		if !slices.Contains(f.bearsOn, n) {
			f.bearsOn = append(f.bearsOn, n)
		}
	}
	note(c.policy.Namespace, &c.compiled.Subject)
	peers := c.rule.Peers
	if c.patch.Change == report.AddPeer {
		peers = peers[len(peers)-1:] // the others have what they had
	}
	for i := range peers {
		if p := &peers[i]; p.Block == nil && peerNamespace(p) != "" {
			note(peerNamespace(p), p.Pods)
		}
	}
}

// peerNamespace is the one namespace whose pods a peer may match; "" where it may be
// any, as its labels tell.
func peerNamespace(p *policy.Peer) string {
	if p.Namespaces == nil {
		return p.Home
	}
	for _, r := range p.Namespaces.Requirements() {
		if r.Key == model.MetadataName && r.Operator == metav1.LabelSelectorOpIn && len(r.Values) == 1 {
			return r.Values[0]
		}
	}
	return ""
}

// unread are the permissions whose absence may hide pods that the steps open something
// for.
func (f *fixer) unread() []string {
	needs := map[string]bool{}
	for _, b := range f.bearsOn {
		if n := (snapshot.Need{Resource: snapshot.Pods, Namespace: b.Namespace, Labels: b.Labels}); !f.base.Has(n) {
			needs[n.Permission()] = true
		}
	}
	return sortedKeys(needs)
}

// openingFinder collects openings.
type openingFinder struct {
	*fixer
	*differ
	openings
}

// pair compares two ends that are pods.
func (c *openingFinder) pair(from, to *bothEnds) {
	if from.end.Kind == "Namespace" || to.end.Kind == "Namespace" {
		return // pods that could not be read
	}
	_, change := c.differ.pair(from, to)
	if change.none() {
		return
	}
	asked := c.asked.between(from.end, to.end, c.podsOf(from), c.podsOf(to))
	pods := float64(c.count(from)) * float64(c.count(to))
	c.note(from.end, to.end, change, asked, pods)
	if change.lost.IsEmpty() {
		return
	}
	declares := connset.Empty()
	for _, p := range c.podsOf(to) {
		declares = declares.Union(declaredPorts(p))
	}
	c.closed[len(c.closed)-1].Undeclared = declares.Intersect(change.lost).IsEmpty()
	c.inUse = c.inUse || !c.closed[len(c.closed)-1].Undeclared
}

// podsOf are the pods of an end.
func (c *openingFinder) podsOf(e *bothEnds) []*snapshot.Pod {
	var out []*snapshot.Pod
	for _, p := range c.after.shown[e.after].pods {
		for _, q := range c.after.units[p.unit].pods {
			kind, name := c.after.TopOwner(q)
			if kind == e.end.Kind && name.Namespace == e.end.Namespace && name.Name == e.end.Name {
				out = append(out, q)
			}
		}
	}
	return out
}

func declaredPorts(p *snapshot.Pod) connset.Set {
	out := connset.Empty()
	for _, port := range p.Ports {
		out = out.Union(connset.Of(port.Protocol, port.Port, port.Port))
	}
	return out
}

func (c *openingFinder) count(e *bothEnds) int {
	n := 0
	for _, p := range c.before.shown[e.before].pods {
		n += int(p.count)
	}
	return n
}

func (c *openingFinder) note(from, to report.End, change pairChange, asked connset.Set, pairs float64) {
	if gained := change.gained.Subtract(asked); !gained.IsEmpty() {
		c.cost += pairs * size(gained)
		c.also = append(c.also, report.Opening{From: from, To: to, Connections: &gained})
	}
	if maybe := change.undecided.Subtract(asked); !maybe.IsEmpty() {
		c.cost += pairs * size(maybe)
		c.also = append(c.also, report.Opening{From: from, To: to, Connections: &maybe, Maybe: true})
	}
	if lost := change.lost; !lost.IsEmpty() {
		c.closed = append(c.closed, report.Opening{From: from, To: to, Connections: &lost})
	}
}

// size is how many ports a set has.
func size(s connset.Set) float64 {
	n := 0.0
	for _, p := range connset.Protocols() {
		for _, r := range s.Ranges(p) {
			n += float64(r.Last) - float64(r.First) + 1
		}
	}
	return n
}

// outside compares what a touched end has with addresses outside.
func (c *openingFinder) outside(e *bothEnds) {
	changes := c.fringe(e)
	for i := range changes {
		change := &changes[i]
		index := map[pairChange]int{}
		var unasked [][]address.Block
		var parts []pairChange
		for _, at := range change.blocks {
			block := c.after.fringe.blocks[at].Block
			set := c.asked.outside(block, e.end, change.inbound)
			rest := pairChange{gained: change.gained.Subtract(set), lost: change.lost, undecided: change.undecided.Subtract(set)}
			if rest.none() {
				continue
			}
			n, ok := index[rest]
			if !ok {
				n = len(parts)
				index[rest] = n
				parts, unasked = append(parts, rest), append(unasked, nil)
			}
			unasked[n] = append(unasked[n], block)
		}
		for n, rest := range parts {
			other, addresses := change.end, 0.0
			if len(unasked[n]) < len(change.blocks) {
				other = c.after.blocksEnd(unasked[n], bothFamilies())
			}
			for _, b := range unasked[n] {
				addresses += addressesIn(b)
			}
			from, to := e.end, other
			if change.inbound {
				from, to = to, from
			}
			c.note(from, to, rest, connset.Empty(), addresses*float64(c.count(e)))
		}
	}
}

// addressesIn is how many addresses a block has, exceptions aside.
func addressesIn(b address.Block) float64 {
	out := math.Exp2(float64(b.Prefix.Addr().BitLen() - b.Prefix.Bits()))
	for _, e := range b.Except {
		out -= math.Exp2(float64(e.Addr().BitLen() - e.Bits()))
	}
	return max(out, 1)
}
