package cni

import (
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Deviation is a behaviour in which some plugins differ from the specification
// as the upstream suite tests it.
type Deviation struct {
	Code      report.CaveatCode
	Behaviour policy.Behaviour
	Plugins   []string
	Source    string
	// Whole: all differences of one plugin together, which may matter where none does alone.
	Whole bool
}

// alternatives are what some plugins may do, where it could not be read which one it is:
// each difference by itself, and all that a plugin has.
func alternatives(of func(row) bool) []Deviation {
	out := deviations(of)
	for _, r := range plugins() {
		if !of(r) {
			continue
		}
		all := Deviation{Plugins: []string{r.name}, Source: r.source, Whole: true}
		count := 0
		for _, d := range r.differs {
			if !d.recognised {
				all.Code, all.Behaviour = d.code, merge(all.Behaviour, d.behaviour)
				count++
			}
		}
		if ignored := specified &^ r.besides.may; ignored != 0 {
			all.Behaviour.Ignores = ignored
			count++
		}
		if count > 1 {
			out = append(out, all)
		}
	}
	return out
}

// Deviations are the documented ones that can change a verdict, for clusters
// whose plugin is not known. Each differs from the specification in one point;
// its source is that of the plugin named first.
func Deviations() []Deviation {
	return deviations(func(row) bool { return true })
}

// deviations are those of some plugins.
func deviations(of func(row) bool) []Deviation {
	var out []Deviation
	for _, r := range plugins() {
		if !of(r) {
			continue
		}
		for _, d := range r.differs {
			if !d.recognised {
				out = add(out, d.deviation(r.name))
			}
		}
	}
	for _, r := range plugins() {
		if ignored := specified &^ r.besides.may; ignored != 0 {
			out = add(out, ignoring(r.name, ignored, r.besides.source))
		}
	}
	return out
}

func add(all []Deviation, d Deviation) []Deviation {
	for i := range all {
		if all[i].Code == d.Code && all[i].Behaviour == d.Behaviour {
			all[i].Plugins = append(all[i].Plugins, d.Plugins...)
			return all
		}
	}
	return append(all, d)
}

func (d difference) deviation(plugin string) Deviation {
	return Deviation{Code: d.code, Behaviour: d.behaviour, Plugins: []string{plugin}, Source: d.source}
}

// merge is both behaviours at once.
func merge(a, b policy.Behaviour) policy.Behaviour {
	return policy.Behaviour{
		PodsEscapeIPBlocks: a.PodsEscapeIPBlocks || b.PodsEscapeIPBlocks,
		HostPeers:          max(a.HostPeers, b.HostPeers),
		OwnNodePoliced:     a.OwnNodePoliced || b.OwnNodePoliced,
		HairpinPoliced:     a.HairpinPoliced || b.HairpinPoliced,

		NodesEscapeIPBlocks: a.NodesEscapeIPBlocks || b.NodesEscapeIPBlocks,
		UnpolicedDenied:     a.UnpolicedDenied || b.UnpolicedDenied,
		HostNamespace:       a.HostNamespace || b.HostNamespace,
		LooseNames:          a.LooseNames || b.LooseNames,
		BeforeMasquerade:    a.BeforeMasquerade || b.BeforeMasquerade,
		DirectionsMixed:     a.DirectionsMixed || b.DirectionsMixed,
		ThroughNodesOpen:    a.ThroughNodesOpen || b.ThroughNodesOpen,
		Ignores:             a.Ignores | b.Ignores,
	}
}
