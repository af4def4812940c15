package query

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// unit is pods that no policy tells apart: a class of the model, or a part of it
// where CIDRs of policies hold the addresses of some pods only. Which node a pod
// is on is left out; see [presence].
type unit struct {
	party model.Party // the first pod; it stands for all
	pods  []*snapshot.Pod
	class int32 // its number; pods that could not be read have none, as they are none
	place int32
	host  bool
	// inScope: the map is about these pods, and not only about who connects with them.
	inScope bool
	// addresses of the first pod by plane, and in which planes it can connect.
	addresses [planes]netip.Addr
	in        [planes]bool
	families  familySet
	// ingress and egress are the numbers of the unit's groups.
	ingress, egress int32
	// mesh is the one that the pods are part of.
	mesh meshKind
}

// Connections are IPv4 or IPv6; each is a plane of its own. Pods whose address is
// not known are in both.
const planes = 2

// place is a namespace: its units are neighbours, but for the one that stands
// for pods that could not be read.
type place struct {
	name   string
	units  interval
	unseen int32 // -1: there is none
}

// present tells whether a pod has an address, or would have one.
func present(p model.Party) bool { return len(p.Pod.IPs) > 0 || p.Pod.Expected() || p.Unseen }

// mayBeInScope tells whether pods that could not be read, of a namespace or of any
// ("") that was not read, may be some that the question is about.
func (m *mapper) mayBeInScope(namespace string) bool {
	switch {
	case m.scope.Namespace == "" || m.scope.Namespace == namespace:
		return true
	case namespace == "":
		return !m.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: m.scope.Namespace})
	default:
		return false
	}
}

// presence is the pods of a unit that are shown as one end.
type presence struct {
	unit  int32
	count int32
	// nodes on which they are, ascending and once each; 0 is not known. Only
	// filled where some pods are on their node's network.
	nodes []int32
}

// shownEnd is an end of edges, with the pods that it shows; it has none if it is
// no workload.
type shownEnd struct {
	end  report.End
	pods []presence
}

// sorter finds units and ends.
type sorter struct {
	*matrix
	cuts  cutFinder
	ends  map[report.Object]int32
	nodes map[string]int32
	hosts bool
}

func (x *matrix) findUnits() {
	s := &sorter{matrix: x, cuts: newCutFinder(x.lens.cuts), ends: map[report.Object]int32{}, nodes: map[string]int32{"": 0}}
	x.classes = x.Classes()
	s.hosts = slices.ContainsFunc(x.classes, func(c *model.Class) bool { return c.Pods[0].HostNetwork })
	for i, c := range x.classes {
		s.class(c, int32(i))
	}
	for _, p := range x.unseen() {
		s.unread(p)
	}
	for i := range x.units {
		x.units[i].mesh = x.mesh(x.units[i].party)
	}
	x.findPlanes()
	for p := range x.endpoints {
		if !x.used[p] {
			continue
		}
		x.endpoints[p] = make([]policy.Endpoint, len(x.units))
		for i := range x.units {
			x.endpoints[p][i] = x.Endpoint(x.units[i].party, x.units[i].addresses[p])
		}
	}
}

// class divides a class of pods.
func (s *sorter) class(c *model.Class, number int32) {
	type where struct {
		cuts [planes]netip.Prefix
		in   [planes]bool
	}
	index := map[where]int32{}
	for i, pod := range c.Pods {
		p := model.Party{Pod: pod}
		if !present(p) {
			continue
		}
		var w where
		var addresses [planes]netip.Addr
		own := p.Addresses()
		for plane := range planes {
			addresses[plane] = firstOf(own, plane == 0)
			w.in[plane] = addresses[plane].IsValid() || len(own) == 0
			w.cuts[plane] = s.cuts.innermost(addresses[plane])
		}
		at, ok := index[w]
		if ok {
			s.units[at].pods = withNext(s.units[at].pods, c.Pods, i)
		} else {
			at = s.add(unit{
				party: p, class: number, pods: c.Pods[i : i+1 : i+1], host: p.Host(), inScope: s.scope.has(pod),
				addresses: addresses, in: w.in, families: familiesOf(own),
			}, pod.Namespace)
			index[w] = at
		}
		count := int32(1)
		if pod.Several() {
			count = 2
		}
		kind, name := s.TopOwner(pod)
		s.show(at, report.End{Kind: kind, Namespace: name.Namespace, Name: name.Name}, count, pod.Node)
	}
}

// withNext adds an item of a list to others of it. As long as these are neighbours they
// stay a part of it, and take no memory of their own.
func withNext[T any](some, of []T, at int) []T {
	if first := at - len(some); &some[0] == &of[first] {
		return of[first : at+1 : at+1]
	}
	return append(some, of[at])
}

// unread adds a unit for pods that could not be read.
func (s *sorter) unread(p model.Party) {
	u := unit{party: p, inScope: s.mayBeInScope(p.Pod.Namespace), families: bothFamilies()}
	for i := range planes {
		u.in[i] = true
	}
	at := s.add(u, p.Pod.Namespace)
	s.show(at, report.End{Kind: "Namespace", Name: p.Pod.Namespace}, 2, "")
}

func (s *sorter) add(u unit, namespace string) int32 {
	at := int32(len(s.units))
	here, ok := s.placeIDs[namespace]
	if !ok {
		here = int32(len(s.places))
		s.placeIDs[namespace] = here
		s.places = append(s.places, place{name: namespace, units: interval{at, at}, unseen: -1})
	}
	if u.party.Unseen {
		s.places[here].unseen = at
	} else {
		s.places[here].units.to = at + 1
	}
	u.place = here
	s.units = append(s.units, u)
	return at
}

// show adds pods of a unit to what they are shown as.
func (s *sorter) show(unit int32, end report.End, count int32, node string) {
	key := report.Object{Kind: end.Kind, Namespace: end.Namespace, Name: end.Name}
	id, ok := s.ends[key]
	if !ok {
		id = s.end(end)
		s.ends[key] = id
	}
	pods := &s.shown[id].pods
	at := slices.IndexFunc(*pods, func(p presence) bool { return p.unit == unit })
	if at < 0 {
		at = len(*pods)
		*pods = append(*pods, presence{unit: unit})
	}
	p := &(*pods)[at]
	p.count += count
	if !s.hosts {
		return
	}
	number, ok := s.nodes[node]
	if !ok {
		number = int32(len(s.nodes))
		s.nodes[node] = number
	}
	if i, found := slices.BinarySearch(p.nodes, number); !found {
		p.nodes = slices.Insert(p.nodes, i, number)
	}
}

// findPlanes finds the planes in which there are connections. Where no address is
// known, the first stands for both.
func (x *matrix) findPlanes() {
	for i := range x.units {
		for p, a := range x.units[i].addresses {
			x.used[p] = x.used[p] || a.IsValid()
		}
	}
	if x.used == [planes]bool{} {
		x.used[0] = true
	}
}

// cutFinder finds the smallest CIDR among some that holds an address. CIDRs are
// nested or disjoint: it tells which of all hold it.
type cutFinder struct {
	lengths [planes][]int // descending
	cuts    map[netip.Prefix]bool
}

func newCutFinder(cuts []netip.Prefix) cutFinder {
	f := cutFinder{cuts: map[netip.Prefix]bool{}}
	for _, c := range cuts {
		c = address.Canonical(c)
		f.cuts[c] = true
		i := planeOf(c.Addr())
		if !slices.Contains(f.lengths[i], c.Bits()) {
			f.lengths[i] = append(f.lengths[i], c.Bits())
		}
	}
	for _, l := range f.lengths {
		slices.Sort(l)
		slices.Reverse(l)
	}
	return f
}

func planeOf(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

func (f *cutFinder) innermost(a netip.Addr) netip.Prefix {
	if !a.IsValid() {
		return netip.Prefix{}
	}
	a = a.Unmap().WithZone("")
	for _, bits := range f.lengths[planeOf(a)] {
		if p := netip.PrefixFrom(a, bits).Masked(); f.cuts[p] {
			return p
		}
	}
	return netip.Prefix{}
}
