package query

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Scope limits a map to connections that begin or end at certain pods.
type Scope struct {
	// Namespace of the pods; "" is all.
	Namespace string
	Labels    selector.Selector
}

func (s Scope) has(p *snapshot.Pod) bool {
	return (s.Namespace == "" || p.Namespace == s.Namespace) && s.Labels.Match(selector.Known(p.Labels)) == selector.Yes
}

// Map returns every connection that policies allow between workloads, between
// workloads and addresses outside, and through front doors, as sets of protocols
// and ports.
func Map(m *model.Model, s Scope, o Options) *report.Map {
	b := newMapper(m, o)
	b.scope, b.lens = s, b.lensForEverybody()
	x := b.matrix()
	x.profilers = [2]*profiler{} // the edges keep the matrix, and need no other like it
	x.findOutside()
	b.doors()
	x.join()
	open := x.undecided()
	if open && len(m.Plugin.Otherwise) > 0 {
		b.needs[m.Plugin.Gap.Permission()] = true
	}
	// Policies alone say nothing of connections: there is nobody who has any.
	nobody := m.HasEverything() && len(m.Pods()) == 0 && len(m.Policies()) > 0
	open = open || nobody
	return &report.Map{
		Nobody: nobody,
		Header: report.NewHeader("Map"), Enforcement: enforcement(m), Edges: x.edges,
		Gaps: b.gapsFor(b.needs), Undecided: open, Fold: x.fold,
	}
}

// mapper evaluates classes of pods for all ports at once.
type mapper struct {
	*engine
	scope Scope
	// edges are those of front doors, by the keys of their ends.
	edges map[[2]string]*edge
	needs map[string]bool
	lens  lens
	// internet is what the internet is, by IP families.
	internet map[familySet]map[string]bool
	// behaviours are those of network plugins that a strict map has to suit.
	behaviours []policy.Behaviour
	// ideal leaves out of account what was not read or is not modelled.
	ideal bool
}

func newMapper(m *model.Model, o Options) *mapper {
	out := &mapper{
		engine: &engine{Model: m, Options: o}, scope: Scope{Labels: selector.Everything()},
		edges: map[[2]string]*edge{}, needs: map[string]bool{}, internet: map[familySet]map[string]bool{},
	}
	deviations := m.Plugin.Otherwise
	if o.Strict && m.Plugin.Name == "" {
		deviations = m.Deviations
	}
	for _, d := range deviations {
		if d.Whole || d.Behaviour.Ignores == 0 || out.hasAny(d.Behaviour.Ignores) {
			out.behaviours = append(out.behaviours, d.Behaviour)
		}
	}
	return out
}

// edge collects the sets that two ends have.
type edge struct {
	from, to report.End
	sets     []admitted
}

// admitted is a set of connections; partly when not all that the ends stand for
// have it.
type admitted struct {
	policy.Admitted
	partly bool
}

func (m *mapper) add(from, to report.End, set admitted) {
	key := [2]string{edgeKey(from), edgeKey(to)}
	e := m.edges[key]
	if e == nil {
		e = &edge{from: from, to: to}
		m.edges[key] = e
	}
	if !slices.Contains(e.sets, set) {
		e.sets = append(e.sets, set)
	}
}

// edgeKey orders ends by namespace and name, addresses last.
func edgeKey(e report.End) string {
	if e.Kind == "Internet" || e.Kind == "Addresses" {
		return "\x7f" + strings.Join(e.Addresses, ",")
	}
	return e.Namespace + "\x00" + e.Name + "\x00" + e.Kind
}
