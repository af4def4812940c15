package query

import (
	"net/netip"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// peerFinder finds the units that a clause of from or to admits. Policies repeat
// each other's clauses, and it remembers what it found. Whether a unit is admitted
// is for [policy.Peer.Match] to say; here is only decided whom to ask it about.
type peerFinder struct {
	*matrix
	namespaces, pods labelIndex
	found            map[peerKey]peerUnits
	selected         map[string][]int32
	// atoms are units that no CIDR tells apart, by plane.
	atoms [planes][][]int32
}

// peerKey identifies a clause.
type peerKey struct {
	clause    string
	plane     int
	behaviour policy.Behaviour
}

// peerUnits are those that a clause admits, and those that it may admit.
type peerUnits struct{ yes, maybe []interval }

func newPeerFinder(x *matrix) *peerFinder {
	f := &peerFinder{matrix: x, found: map[peerKey]peerUnits{}, selected: map[string][]int32{}}
	for i := range x.places {
		f.namespaces.add(int32(i), x.NamespaceLabels(x.places[i].name))
	}
	for i := range x.units {
		u := &x.units[i]
		f.pods.add(int32(i), selector.Labels{Set: u.party.Pod.Labels, Partial: u.party.Unseen})
	}
	return f
}

func (f *peerFinder) find(p *policy.Peer, plane int, b policy.Behaviour) peerUnits {
	key := peerKey{clause: p.Key(), plane: plane, behaviour: b}
	if !p.Addressed() {
		// What selectors say does not depend on addresses.
		key.plane = 0
		for !f.used[plane] {
			plane++
		}
	}
	out, ok := f.found[key]
	if !ok {
		switch {
		case p.Labelled():
			out = f.byLabels(p, plane, b)
		case p.Addressed():
			out = f.byAddress(p, plane, b)
		default:
			out = f.byKind(p, plane, b)
		}
		f.found[key] = out
	}
	return out
}

func (f *peerFinder) byLabels(p *policy.Peer, plane int, b policy.Behaviour) peerUnits {
	var yes, maybe []int32
	ask := func(u int32) {
		switch p.Match(&f.endpoints[plane][u], b) {
		case selector.Yes:
			yes = append(yes, u)
		case selector.Undetermined:
			maybe = append(maybe, u)
			f.needLabels(&f.endpoints[plane][u])
		case selector.No:
		}
	}
	places := f.placesOf(p)
	if b.HostNamespace && p.Pods == nil && p.Namespaces != nil {
		// Wherever they are, what they send is of one namespace.
		for u := range f.units {
			if _, ok := slices.BinarySearch(places, f.units[u].place); !ok && f.units[u].host {
				ask(int32(u))
			}
		}
	}
	labelled, few := []int32(nil), false
	if p.Pods != nil && len(places) > 1 {
		labelled, few = f.pods.candidates(*p.Pods)
	}
	if few {
		for _, u := range labelled {
			if _, ok := slices.BinarySearch(places, f.units[u].place); ok {
				ask(u)
			}
		}
		return peerUnits{intervals(yes), intervals(maybe)}
	}
	for _, at := range places {
		for u := f.places[at].units.from; u < f.places[at].units.to; u++ {
			ask(u)
		}
	}
	for _, at := range places {
		if u := f.places[at].unseen; u >= 0 {
			ask(u)
		}
	}
	slices.Sort(maybe)
	slices.Sort(yes)
	return peerUnits{intervals(yes), intervals(maybe)}
}

// needLabels notes what reading a namespace's labels takes, which may decide.
func (f *peerFinder) needLabels(e *policy.Endpoint) {
	if !e.NamespaceLabels.Partial {
		return
	}
	gap := f.GapFor(snapshot.Need{Resource: snapshot.Namespaces, Name: e.Namespace})
	if gap == nil {
		gap = f.Hidden(snapshot.Namespaces, "")
	}
	if gap != nil {
		f.needs[gap.Permission()] = true
	}
}

// placesOf are the namespaces in which a clause may select pods, ascending.
func (f *peerFinder) placesOf(p *policy.Peer) []int32 {
	if p.Namespaces == nil {
		if at, ok := f.placeIDs[p.Home]; ok {
			return []int32{at}
		}
		return nil
	}
	key := p.Namespaces.String()
	out, ok := f.selected[key]
	if ok {
		return out
	}
	candidates, few := f.namespaces.candidates(*p.Namespaces)
	if !few {
		candidates = make([]int32, len(f.places))
		for i := range candidates {
			candidates[i] = int32(i)
		}
	}
	for _, at := range candidates {
		if p.Namespaces.Match(f.NamespaceLabels(f.places[at].name)) != selector.No {
			out = append(out, at)
		}
	}
	f.selected[key] = out
	return out
}

// byKind asks about each unit: neither labels nor addresses tell whom.
func (f *peerFinder) byKind(p *policy.Peer, plane int, b policy.Behaviour) peerUnits {
	var yes, maybe []int32
	for u := range f.units {
		switch p.Match(&f.endpoints[plane][u], b) {
		case selector.Yes:
			yes = append(yes, int32(u))
		case selector.Undetermined:
			maybe = append(maybe, int32(u))
		case selector.No:
		}
	}
	return peerUnits{intervals(yes), intervals(maybe)}
}

// byAddress asks about one unit of each atom.
func (f *peerFinder) byAddress(p *policy.Peer, plane int, b policy.Behaviour) peerUnits {
	if f.atoms[plane] == nil {
		f.findAtoms(plane)
	}
	var yes, maybe []int32
	for _, atom := range f.atoms[plane] {
		switch p.Match(&f.endpoints[plane][atom[0]], b) {
		case selector.Yes:
			yes = append(yes, atom...)
		case selector.Undetermined:
			maybe = append(maybe, atom...)
		case selector.No:
		}
	}
	slices.Sort(yes)
	slices.Sort(maybe)
	return peerUnits{intervals(yes), intervals(maybe)}
}

func (f *peerFinder) findAtoms(plane int) {
	type atom struct {
		cut         netip.Prefix
		known, host bool
	}
	cuts, index := newCutFinder(f.lens.cuts), map[atom]int{}
	for i := range f.units {
		u := &f.units[i]
		a := atom{cuts.innermost(u.addresses[plane]), u.addresses[plane].IsValid(), u.host}
		at, ok := index[a]
		if !ok {
			at = len(f.atoms[plane])
			index[a] = at
			f.atoms[plane] = append(f.atoms[plane], nil)
		}
		f.atoms[plane][at] = append(f.atoms[plane][at], int32(i))
	}
}

// labelIndex finds things by a label, rather than by looking at all.
type labelIndex struct {
	having map[[2]string][]int32
	// partial are those whose labels are not all known.
	partial []int32
}

func (x *labelIndex) add(id int32, labels selector.Labels) {
	if x.having == nil {
		x.having = map[[2]string][]int32{}
	}
	for k, v := range labels.Set {
		key := [2]string{k, v}
		x.having[key] = append(x.having[key], id)
	}
	if labels.Partial {
		x.partial = append(x.partial, id)
	}
}

// candidates are all that a selector may match, ascending, and perhaps others;
// false where the index does not tell.
func (x *labelIndex) candidates(s selector.Selector) ([]int32, bool) {
	best, fewest := -1, 0
	for i, r := range s.Requirements() {
		if r.Operator != metav1.LabelSelectorOpIn {
			continue
		}
		n := 0
		for _, v := range r.Values {
			n += len(x.having[[2]string{r.Key, v}])
		}
		if best < 0 || n < fewest {
			best, fewest = i, n
		}
	}
	if best < 0 {
		return nil, false
	}
	r := s.Requirements()[best]
	out := slices.Clone(x.partial)
	for _, v := range r.Values {
		out = append(out, x.having[[2]string{r.Key, v}]...)
	}
	slices.Sort(out)
	return slices.Compact(out), true
}
