package printer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// One question may have several answers (2 of 3 pods, one port of two). What
// differs between them is all that their titles say.

func sourceOf(a report.Answer) report.Members { return a.Source }
func targetOf(a report.Answer) report.Members { return a.Target }
func throughOf(a report.Answer) report.Members {
	if a.Through == nil {
		return report.Members{}
	}
	return *a.Through
}

// throughVaries tells whether answers differ by the data plane that they lead through.
func (n names) throughVaries(answers []report.Answer) bool {
	return slices.ContainsFunc(answers, func(a report.Answer) bool { return n.who(throughOf(a)) != n.who(throughOf(answers[0])) })
}

// byNode tells whether addresses get different answers by the nodes that take
// their packets, and by nothing else.
func (n names) byNode(answers []report.Answer) bool {
	return !slices.ContainsFunc(answers, func(a report.Answer) bool {
		return len(a.Source.Nodes) == 0 || n.members(a.Source) != n.members(answers[0].Source)
	})
}

// who identifies members, names and nodes included.
func (n names) who(m report.Members) string {
	return n.members(m) + "\n" + strings.Join(m.Names, ",") + "\n" + strings.Join(m.Nodes, ",")
}

// varies tells in what answers differ.
func varies(answers []report.Answer) (source, target, ports bool) {
	n, first := names{}, answers[0]
	for _, a := range answers[1:] {
		source = source || n.who(a.Source) != n.who(first.Source)
		target = target || n.who(a.Target) != n.who(first.Target)
		ports = ports || n.ports(a.Ports, 0) != n.ports(first.Ports, 0)
	}
	return source, target, ports
}

// partly sums several answers up in one line; "" when all are alike.
func (n names) partly(answers []report.Answer) string {
	var yes []report.Answer
	for _, a := range answers {
		if a.Verdict == report.Allowed {
			yes = append(yes, a)
		}
	}
	if len(yes) == 0 || len(yes) == len(answers) {
		return ""
	}
	source, target, ports := varies(answers)
	if over := yes[0].Family; over != "" && !source && !target && !ports && !slices.ContainsFunc(yes, func(a report.Answer) bool { return a.Family != over }) {
		return "It only works over " + over + "."
	}
	type differ struct{ source, target, ports, through bool }
	switch (differ{source, target, ports, n.throughVaries(answers)}) {
	case differ{through: true}:
		return "It only works through " + n.share(answers, yes, throughOf) + "."
	case differ{source: true}:
		if !n.byNode(answers) {
			return "It only works from " + n.share(answers, yes, sourceOf) + "."
		}
		var nodes []string
		for _, a := range yes {
			nodes = append(nodes, a.Source.Nodes...)
		}
		return "It only works through " + plural(len(nodes), "node") + " " + n.list(nodes, 3) + "."
	case differ{target: true}:
		return "It only reaches " + n.share(answers, yes, targetOf) + "."
	case differ{ports: true}:
		return "It only works on " + n.ports(allPorts(yes), 3) + "."
	default:
		return fmt.Sprintf("%d of the %d cases below %s.", len(yes), len(answers), isAre(len(yes), "allowed"))
	}
}

// share is how much of one end the allowed answers are about.
func (n names) share(all, yes []report.Answer, of func(report.Answer) report.Members) string {
	first := of(all[0])
	for _, a := range all {
		if m := of(a); m.Total != first.Total || n.end(m.End) != n.end(first.End) || m.Total == 0 || throughNodes(m) {
			texts := make([]string, 0, len(yes))
			for _, a := range yes {
				m := of(a)
				text := n.members(m)
				if throughNodes(m) {
					text += " through " + plural(len(m.Nodes), "node") + " " + n.list(m.Nodes, 3)
				}
				if !slices.Contains(texts, text) {
					texts = append(texts, text)
				}
			}
			return names{escape: same}.list(texts, 3)
		}
	}
	sum := first
	sum.Count = 0
	for _, a := range yes {
		sum.Count += of(a).Count
	}
	return n.members(sum)
}

// answerTitle heads one of several answers.
func (t text) answerTitle(p page, n names, r *report.Explanation, a report.Answer) {
	word := strings.ToUpper(t.word(a.Verdict, r.Enforcement))
	p.put(t.paint(a.Verdict, word)+"   ", 4, t.about(n, r, a))
}

// about tells an answer from the others.
func (t text) about(n names, r *report.Explanation, a report.Answer) string {
	source, target, ports := varies(r.Answers)
	nodes := slices.ContainsFunc(r.Answers, func(a report.Answer) bool {
		return slices.ContainsFunc(a.Hops, func(h report.Hop) bool { return nodeMatters(h.Reason) })
	})
	var parts []string
	if source {
		parts = append(parts, "from "+t.memberNames(n, a.Source, nodes))
	}
	if target {
		parts = append(parts, "to "+t.memberNames(n, a.Target, nodes))
	}
	if n.throughVaries(r.Answers) && a.Through != nil {
		parts = append(parts, "through "+t.memberNames(n, *a.Through, nodes))
	}
	family := slices.ContainsFunc(r.Answers, func(b report.Answer) bool { return b.Family != r.Answers[0].Family })
	if ports || len(parts) == 0 && !family {
		parts = append(parts, "port "+n.ports(a.Ports, 0))
	}
	if family && a.Family != "" {
		parts = append(parts, "over "+a.Family)
	} else if len(parts) == 0 {
		parts = append(parts, "port "+n.ports(a.Ports, 0))
	}
	return strings.Join(parts, ", ")
}

// nodeMatters tells whether a reason has to do with the node that a pod is on.
func nodeMatters(r report.Reason) bool {
	return r == report.SameNode || r == report.NodeUnknown || r == report.NoLocalEndpoint
}

// memberNames is members and which ones: 2 of 3 pods of deploy/x (x-1, x-2), or pods
// x-1, x-2 of deploy/x where nobody knows of how many; where it matters also on which nodes, or through which an outside client came.
func (t text) memberNames(n names, m report.Members, nodes bool) string {
	limit := 3
	if t.wide() {
		limit = 0
	}
	text, named := n.members(m), m.Incomplete && len(m.Names) > 0
	if named {
		text = plural(len(m.Names), "pod") + " " + n.list(m.Names, limit) + " of " + n.end(m.End)
	}
	switch {
	case len(m.Nodes) == 0:
	case throughNodes(m):
		text += " through " + plural(len(m.Nodes), "node") + " " + n.list(m.Nodes, limit)
	case nodes || t.wide():
		text += " on " + plural(len(m.Nodes), "node") + " " + n.list(m.Nodes, limit)
	}
	if len(m.Names) > 0 && !named && (m.Count < m.Total || t.wide()) && m.End.Kind != "Pod" {
		text += " (" + n.list(m.Names, limit) + ")"
	}
	return text
}

// throughNodes tells whether these are clients outside that came in by nodes.
func throughNodes(m report.Members) bool {
	return len(m.Nodes) > 0 && (m.End.Kind == kindAddresses || m.End.Kind == kindInternet)
}

func isAre(n int, what string) string {
	if n == 1 {
		return "is " + what
	}
	return "are " + what
}
