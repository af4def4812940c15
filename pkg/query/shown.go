package query

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// group is everybody who gets one answer.
type group struct {
	row report.ReachRow
	// parts are pods of workloads.
	parts []portion
	// others in the order in which they got it, and by name.
	others []*shown
	byName map[string]*shown
}

// shown is an end as a group shows it.
type shown struct {
	end report.End
	// parts of a workload; none for all else.
	parts []portion
	// names of parties that are no pods, and the nodes that matter to them.
	names, nodes map[string]bool
	// entered are the nodes by which outside addresses come in.
	entered entered
	// rest: the end is pods that were not read.
	rest *model.Rest
}

// add gives pods of workloads the answer.
func (g *group) add(parts []portion, a *said) {
	if g.parts == nil && !a.located {
		g.parts = slices.Clip(parts)
		return
	}
	g.parts = slices.Grow(g.parts, len(parts))
	for _, p := range parts {
		p.nodes = a.nodesOf(p.pods)
		g.parts = append(g.parts, p)
	}
}

// nodesOf are the nodes that the answer depends on for some pods.
func (a *said) nodesOf(pods []*snapshot.Pod) map[string]bool {
	if !a.located {
		return nil
	}
	out := map[string]bool{}
	for _, p := range pods {
		if p.Node != "" {
			out[p.Node] = true
		}
	}
	return out
}

// addOther gives a party the answer, by the name of the end that it is shown as.
func (g *group) addOther(p model.Party, end report.End, id string, a *said) {
	s := g.byName[id]
	if s == nil {
		s = &shown{end: end, names: map[string]bool{}, nodes: map[string]bool{}}
		if g.byName == nil {
			g.byName = map[string]*shown{}
		}
		g.byName[id] = s
		g.others = append(g.others, s)
	}
	s.rest = p.Rest
	m := members{names: s.names, nodes: s.nodes}
	m.add(p, a.located)
	s.entered.addAll(a.entered)
}

// count is how many ends there are at most, without those in some namespaces.
func (g *group) count(without func(namespace string) bool) int {
	n := len(g.others)
	for i := range g.parts {
		if !without(g.parts[i].class.Namespace) {
			n++
		}
	}
	return n
}

// ends are the ends in the order in which they are shown: namespace, kind, name.
// What is yielded is good until the next one.
func (g *group) ends(yield func(*shown) bool) {
	byNumber := func(a, b portion) int { return a.class.Workload - b.class.Workload }
	if !slices.IsSortedFunc(g.parts, byNumber) {
		slices.SortStableFunc(g.parts, byNumber)
	}
	slices.SortStableFunc(g.others, (*shown).compare)
	parts, others := g.parts, g.others
	var next shown
	for len(parts) > 0 {
		class := parts[0].class
		end := 1
		for end < len(parts) && parts[end].class.Workload == class.Workload {
			end++
		}
		next.end = report.End{Kind: class.Owner.Kind, Namespace: class.Namespace, Name: class.Owner.Name}
		next.parts, parts = parts[:end], parts[end:]
		for len(others) > 0 && others[0].compare(&next) < 0 {
			if !yield(others[0]) {
				return
			}
			others = others[1:]
		}
		if !yield(&next) {
			return
		}
	}
	for _, o := range others {
		if !yield(o) {
			return
		}
	}
}

func (s *shown) compare(o *shown) int {
	if order := strings.Compare(s.namespace(), o.namespace()); order != 0 {
		return order
	}
	return cmp.Or(strings.Compare(s.end.Kind, o.end.Kind), strings.Compare(s.end.Name, o.end.Name))
}

// count is how many pods or other parties there are; of the rest of a namespace,
// nobody knows.
func (s *shown) count() int {
	if s.rest != nil {
		return 0
	}
	n := len(s.names)
	for i := range s.parts {
		n += len(s.parts[i].pods)
	}
	return n
}

// namespace that the pods are in.
func (s *shown) namespace() string {
	if s.rest != nil {
		return s.end.Name
	}
	return s.end.Namespace
}

func (s *shown) report(total int) report.Members {
	switch {
	case s.rest != nil:
		return report.Members{End: s.end, Others: true, RestrictedBy: restrictedBy(s.rest)}
	case len(s.parts) == 0:
		m := members{end: s.end, names: s.names, nodes: s.nodes, entered: s.entered}
		return m.report(0)
	}
	names := s.podNames()
	nodes := s.parts[0].nodes
	if len(s.parts) > 1 {
		nodes = map[string]bool{}
		for i := range s.parts {
			maps.Copy(nodes, s.parts[i].nodes)
		}
	}
	return report.Members{End: s.end, Count: len(names), Total: total, Names: names, Nodes: sortedKeys(nodes)}
}

// podNames are the names of a workload's pods, in order.
func (s *shown) podNames() []string {
	if first := &s.parts[0]; len(s.parts) == 1 && len(first.pods) == len(first.class.Pods) {
		return slices.Clip(first.class.Names)
	}
	out := make([]string, 0, s.count())
	for i := range s.parts {
		for _, p := range s.parts[i].pods {
			out = append(out, p.Name.Name)
		}
	}
	slices.Sort(out)
	return out
}
