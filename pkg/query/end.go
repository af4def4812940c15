package query

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// endOf is a reference in the report's terms.
func endOf(r reference.Reference) report.End {
	out := report.End{Port: r.Port.String()}
	switch r.Form {
	case reference.FormInternet:
		out.Kind = "Internet"
	case reference.FormLabels:
		out.Kind, out.Namespace, out.Labels = "Labels", r.Namespace, r.Labels
	case reference.FormAddress:
		out.Kind, out.Addresses = "Addresses", []string{addressText(r)}
	case reference.FormObject:
		out.Kind, out.Namespace, out.Name = string(r.Kind), r.Namespace, r.Name
	}
	return out
}

func addressText(r reference.Reference) string {
	if r.Prefix.IsSingleIP() {
		return r.Prefix.Addr().String()
	}
	return r.Prefix.String()
}

// partyEnd is what a party is shown as: its workload, or itself. Addresses are
// left to the caller, who knows how many belong together.
func (e *engine) partyEnd(p model.Party) report.End {
	switch {
	case p.Hypothetical:
		return report.End{Kind: "Labels", Namespace: p.Pod.Namespace, Labels: p.Pod.Labels}
	case p.Rest != nil:
		return report.End{Kind: "Namespace", Name: p.Pod.Namespace}
	case p.Pod != nil:
		kind, name := e.TopOwner(p.Pod)
		return report.End{Kind: kind, Namespace: name.Namespace, Name: name.Name}
	case p.Node != nil:
		return report.End{Kind: "Node", Name: p.Node.Name}
	case p.External != "":
		return report.End{Kind: "Addresses", Addresses: []string{p.External}}
	default:
		return report.End{Kind: "Addresses"}
	}
}

// members collects the parties of one end of an answer.
type members struct {
	end   report.End
	names map[string]bool
	nodes map[string]bool
	// entered are the nodes by which outside addresses come in.
	entered entered
}

func newMembers(end report.End) *members {
	return &members{end: end, names: map[string]bool{}, nodes: map[string]bool{}}
}

// add takes a party in; with located, its node is told too, because the answer
// depends on it.
func (m *members) add(p model.Party, located bool) {
	switch {
	case p.Hypothetical:
		m.names["(any)"] = true
	case p.Pod != nil:
		m.names[p.Pod.Name.Name] = true
		if located && p.Pod.Node != "" {
			m.nodes[p.Pod.Node] = true
		}
	case p.Node != nil:
		m.names[p.Node.Name] = true
	case p.Block.Prefix.IsValid():
		m.names[p.Block.String()] = true
	}
}

// internet tells whether the parties are all of the internet, in one IP family or both, and
// nothing besides.
func (m *members) internet() bool {
	v4, v6, rest := 0, 0, len(m.names)
	want4, want6 := 0, 0
	for _, b := range address.Internet() {
		have := 0
		if m.names[b.String()] {
			have, rest = 1, rest-1
		}
		if b.Prefix.Addr().Is4() {
			v4, want4 = v4+have, want4+1
		} else {
			v6, want6 = v6+have, want6+1
		}
	}
	whole := func(have, want int) bool { return have == want || have == 0 }
	return rest == 0 && v4+v6 > 0 && whole(v4, want4) && whole(v6, want6)
}

func (m *members) report(total int) report.Members {
	out := report.Members{End: m.end, Count: len(m.names), Total: max(total, len(m.names))}
	names := sortedKeys(m.names)
	switch m.end.Kind {
	case "Addresses":
		if len(m.end.Addresses) == 0 {
			out.End.Addresses = names
		}
		out.Nodes = m.entered.names()
	case "Labels":
	case "Node":
		if m.names[""] {
			break // nodes are not known
		}
		if out.Names = names; len(names) == 1 && out.Total == 1 {
			out.End.Name = names[0]
		}
	default:
		out.Names = names
		out.Nodes = sortedKeys(m.nodes)
	}
	return out
}

func sortedKeys(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
