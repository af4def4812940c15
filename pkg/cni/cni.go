package cni

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Plugin is a recognised network plugin. Name is empty when none was; Gap then
// says whether that is because something could not be read.
type Plugin struct {
	// Name as people know it: Calico, Cilium, AWS VPC CNI. "" when none was recognised.
	Name string
	// Enforced says whether it enforces NetworkPolicy, as it documents for the
	// configuration that was read. A switch that could not be read is taken at
	// its default, and Evidence says so.
	Enforced report.Enforced
	// Evidence is the object that told, and what it said:
	// daemonset kube-system/cilium (configmap kube-system/cilium-config: enable-policy=never).
	Evidence string
	// Source is where the plugin documents that it enforces policies, or not.
	Source    string
	Behaviour policy.Behaviour
	// Deviations are the parts of Behaviour that differ from the specification,
	// each with its own citation.
	Deviations []Deviation
	// Enforces are the APIs besides NetworkPolicy whose policies the plugin enforces.
	Enforces policy.Dialect
	// Unsure are the APIs besides NetworkPolicy of which it is not known whether the
	// plugin enforces their policies. Of those in Behaviour.Ignores, it does not.
	Unsure policy.Dialect
	// AdminPriorities is how many priorities of AdminNetworkPolicies the plugin knows,
	// from 0; 0 is all.
	AdminPriorities int32
	// Gap is what could not be read and might have changed the answer; nil when
	// everything was read, or was never asked for.
	Gap *snapshot.Gap
	// Modes that are on, of those that change what policies mean.
	Modes []string
	// Otherwise are behaviours that it may have instead, for all that is known
	// without what Gap is about.
	Otherwise []Deviation
}

// found is a row of the table recognised by an object of the cluster.
type found struct {
	row    row
	object string
	state  state
	// set is the agent; nil where the plugin is built into a node.
	set *snapshot.Workload
}

// Detect recognises the network plugin. Where several are there, such as
// flannel for the network and Calico for policies, the one that enforces
// decides; among equals the order of the table does.
func Detect(s *snapshot.Snapshot) Plugin {
	if named := s.NetworkPlugin(); named != "" {
		if p, err := ByName(named); err == nil {
			return p
		}
	}
	all := recognise(s)
	if len(all) == 0 {
		p := Plugin{Enforced: report.EnforcedUnknown, Gap: unread(s)}
		switch {
		case p.Gap == nil:
		case s.Has(daemonSets()):
			p.Otherwise = alternatives(func(r row) bool { return r.kubelet != "" })
		default:
			p.Otherwise = alternatives(func(row) bool { return true })
		}
		return p
	}
	best := all[0]
	for _, f := range all[1:] {
		if rank(f.state.enforced) > rank(best.state.enforced) {
			best = f
		}
	}
	p := Plugin{
		Name: best.row.name, Enforced: best.state.enforced, Evidence: best.evidence() + beside(best, all),
		Source: best.row.source, Gap: best.state.gap,
	}
	modes, known := []string(nil), true
	if best.row.modesOf != nil && best.set != nil {
		modes, known = best.row.modesOf(s, best.set)
	}
	p.behave(best.row, modes)
	if len(modes) > 0 {
		p.Evidence += ", mode " + strings.Join(modes, ",")
	}
	if !known {
		// In any of its modes, for all that is known.
		for _, m := range best.row.modes {
			var other Plugin
			other.behave(best.row, []string{m.name})
			p.Otherwise = append(p.Otherwise, Deviation{
				Code: cmp.Or(m.undo, m.differs.code), Behaviour: other.Behaviour, Plugins: []string{p.Name}, Source: best.row.source,
			})
		}
	}
	kinds := best.row.besides.in(s, best.set)
	p.Enforces = kinds.enforces
	p.Unsure, p.AdminPriorities = kinds.unsure, kinds.priorities
	if ignored := specified &^ (kinds.enforces | kinds.unsure); ignored != 0 {
		p.Behaviour.Ignores = ignored
		p.Deviations = append(p.Deviations, ignoring(best.row.name, ignored, best.row.besides.source))
	}
	// What enforces may be among the DaemonSets that were not read.
	if p.Enforced == report.EnforcedNo {
		p.Gap = unread(s)
		if !s.Has(daemonSets()) {
			p.Enforced = report.EnforcedUnknown
		}
	}
	return p
}

// recognise returns the plugins found, in the order of the table.
func recognise(s *snapshot.Snapshot) []found {
	var out []found
	for _, a := range agents(s) {
		f := found{row: a.row, object: "daemonset " + a.set.Name.String(), state: state{enforced: report.EnforcedYes}, set: a.set}
		if a.row.state != nil {
			f.state = a.row.state(s, a.set)
		}
		out = append(out, f)
	}
	if enforcing(out) || !s.Has(daemonSets()) {
		return out
	}
	// A node tells of what is built into its binary.
	alone := len(out) == 0
	for _, r := range plugins() {
		if n := r.node(s.Nodes()); n != nil {
			out = append(out, found{row: r, object: "node " + n.Name, state: r.builtIn(s, n, alone)})
		}
	}
	return out
}

// enforcing tells whether one of the plugins certainly enforces policies.
func enforcing(all []found) bool {
	return slices.ContainsFunc(all, func(f found) bool { return f.state.enforced == report.EnforcedYes })
}

func (f found) evidence() string {
	if f.state.detail == "" {
		return f.object
	}
	return f.object + " (" + f.state.detail + ")"
}

func beside(best found, all []found) string {
	var names []string
	seen := map[string]bool{best.row.name: true}
	for _, f := range all {
		if !seen[f.row.name] {
			seen[f.row.name] = true
			names = append(names, f.row.name+": "+f.evidence())
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ", beside " + strings.Join(names, ", ")
}

func rank(e report.Enforced) int {
	switch e {
	case report.EnforcedYes:
		return 2
	case report.EnforcedNo:
		return 0
	default:
		return 1
	}
}
