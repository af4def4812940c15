package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// collector gathers the answers of one question about everybody, by what they
// say, and folds those who get the same one.
type collector struct {
	*engine
	// home is the namespace of the question's own end; its workloads are listed
	// one by one.
	home   string
	order  []string
	groups map[string]*group
	// total pods of each end.
	total map[string]int
	// own are the parties of the question's own end, by name.
	own   map[string]model.Party
	needs map[string]bool
	lens  lens
	// naming is the lens by which outside addresses were cut.
	naming lens
	// families in which the question's own end can talk with the outside.
	families familySet
}

// group is everybody who gets one answer.
type group struct {
	row  report.ReachRow
	ends map[string]*members
	keys []string
}

// said is one answer that a class of ends gets, with the ports and the parties
// of the question's own end that it is about.
type said struct {
	row   report.ReachRow
	own   map[string]model.Party
	nodes map[string]bool
	// located: the answer depends on who shares a node.
	located bool
}

func newCollector(e *engine, home string) *collector {
	return &collector{
		engine: e, home: home, groups: map[string]*group{}, total: map[string]int{},
		own: map[string]model.Party{}, needs: map[string]bool{},
	}
}

// sources evaluates every source against the targets.
func (c *collector) sources(sources []model.Party, targets []model.Destination) {
	c.lens = c.lensFor(nil, targets)
	c.naming = c.lens
	// The sources' own policies may tell the targets apart by their addresses.
	c.lens.cuts = append(c.lens.cuts, c.blocksIn(namespacesOf(sources))...)
	c.families = destinationFamilies(targets)
	plain := fold(targets, c.lens.destinationKey)
	byNode := lens{nodes: true, cuts: c.lens.cuts}
	located := fold(targets, byNode.destinationKey)
	for _, s := range sources {
		c.total[endKey(c.partyEnd(s))]++
	}
	for _, t := range targets {
		c.own[partyName(t.Party)] = t.Party
	}
	for _, class := range fold(sources, c.lens.key) {
		classes := plain
		if class[0].Host() || class[0].Block.Prefix.IsValid() || c.lens.nodes {
			classes = located
		}
		answers := map[string]*said{}
		for _, to := range c.classTargets(class, classes, byNode) {
			for _, p := range c.route(other(class, to), to[:1]) {
				c.ask(answers, p, partiesOf(to))
			}
		}
		c.commit(answers, class)
	}
}

// targets evaluates every target, on each port it declares, against the sources.
func (c *collector) targets(sources, targets []model.Party) {
	c.lens = c.lensFor(sources, nil)
	c.lens.cuts = append(c.lens.cuts, c.blocksIn(namespacesOf(targets))...)
	for _, t := range targets {
		c.total[endKey(c.partyEnd(t))]++
	}
	for _, s := range sources {
		c.own[partyName(s)] = s
	}
	// A pod reaches its own node whatever its policies say.
	byNode := lens{nodes: c.lens.nodes || slices.ContainsFunc(targets, model.Party.Host), cuts: c.lens.cuts}
	classes := fold(sources, byNode.key)
	for _, to := range fold(targets, c.lens.key) {
		answers := map[string]*said{}
		for _, port := range c.PortsOf(to[0], reference.Port{}) {
			for _, class := range classes {
				dsts := make([]model.Destination, len(to))
				for i, t := range to {
					dsts[i] = model.Destination{Party: t, Addresses: t.Addresses(), Port: port}
				}
				c.ask(answers, pair{src: other(class, dsts), dst: dsts[0]}, class)
			}
		}
		c.commit(answers, to)
	}
}

func namespacesOf(parties []model.Party) map[string]bool {
	out := map[string]bool{}
	for _, p := range parties {
		if p.Pod != nil {
			out[p.Pod.Namespace] = true
		}
	}
	return out
}

func partiesOf(dsts []model.Destination) []model.Party {
	out := make([]model.Party, len(dsts))
	for i, d := range dsts {
		out[i] = d.Party
	}
	return out
}

// ask evaluates one connection and notes what it says. That a pod reaches itself
// is not worth a word where it is asked about others too.
func (c *collector) ask(answers map[string]*said, p pair, own []model.Party) {
	for _, o := range c.connect(p) {
		if o.reason == report.SamePod && len(c.own) > 1 {
			continue
		}
		row := report.ReachRow{Verdict: o.verdict, Reason: o.reason, Caveats: o.caveats, Ports: []report.PortMapping{}}
		if hop := deciding(o.hops, o.verdict, o.reason); hop != nil {
			row.Hop, row.Detail, row.Nearest = hop.Kind, hop.Detail, nearest(hop.Policies)
		}
		if o.verdict == report.Unknown {
			for _, h := range o.hops {
				for _, n := range h.Needs {
					c.needs[n] = true
				}
			}
		}
		row.DecidedBy = decidedBy(o.hops)
		key := rowKey(row, p)
		a := answers[key]
		if a == nil {
			a = &said{row: row, own: map[string]model.Party{}, nodes: map[string]bool{}}
			answers[key] = a
		}
		a.located = a.located || p.located()
		if !slices.Contains(a.row.Ports, p.dst.Port) {
			a.row.Ports = append(a.row.Ports, p.dst.Port)
		}
		for _, party := range own {
			a.own[partyName(party)] = party
		}
		if p.via != nil && p.via.Name != "" {
			a.nodes[p.via.Name] = true
		}
	}
}

// commit gives a class of ends its answers.
func (c *collector) commit(answers map[string]*said, class []model.Party) {
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		a := answers[key]
		slices.SortFunc(a.row.Ports, comparePorts)
		key += fmt.Sprint(a.row.Ports)
		if len(a.own) < len(c.own) {
			names := slices.Sorted(maps.Keys(a.own))
			key += strings.Join(names, ",")
			a.row.Of = c.part(names)
		}
		g := c.groups[key]
		if g == nil {
			g = &group{row: a.row, ends: map[string]*members{}}
			c.groups[key] = g
			c.order = append(c.order, key)
		}
		if n, m := g.row.Nearest, a.row.Nearest; n != nil && m != nil && n.Got != m.Got {
			n.Got, n.Absent = "", false
		}
		for _, party := range class {
			end := c.partyEnd(party)
			id := endKey(end)
			if g.ends[id] == nil {
				g.ends[id] = newMembers(end)
				g.keys = append(g.keys, id)
			}
			g.ends[id].add(party, a.located)
			for node := range a.nodes {
				g.ends[id].nodes[node] = true
			}
		}
	}
}

// part shows some of the parties of the question's own end.
func (c *collector) part(names []string) *report.Members {
	var some []model.Party
	for _, n := range names {
		some = append(some, c.own[n])
	}
	groups := c.membersOf(some)
	if len(groups) == 0 {
		return nil
	}
	out := groups[0]
	for _, g := range groups[1:] {
		out.Names = append(out.Names, g.Names...)
		out.Count += g.Count
	}
	out.Total = len(c.own)
	return &out
}

// rowKey identifies an answer as a row shows it. The values that failed are not
// part of it, only the clause.
func rowKey(r report.ReachRow, p pair) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %s %s %s", r.Verdict, r.Reason, r.Hop, r.Detail)
	for _, d := range r.DecidedBy {
		fmt.Fprintf(&b, " %s/%s%s", d.Policy.Namespace, d.Policy.Name, d.Path)
	}
	if n := r.Nearest; n != nil {
		fmt.Fprintf(&b, " %s %s %v", n.Reason, n.Path, n.ServicePort)
	}
	for _, c := range r.Caveats {
		fmt.Fprintf(&b, " %s", c.Code)
	}
	fmt.Fprintf(&b, " %v", p.via != nil)
	return b.String()
}

// nearest is the first mismatch of the rule that came closest to admitting.
func nearest(policies []report.PolicyEvidence) *report.Mismatch {
	var best *report.Mismatch
	score := 0
	for _, p := range policies {
		for _, r := range p.Rules {
			if m, s := closest(r); m != nil && (best == nil || s > score) {
				best, score = m, s
			}
		}
	}
	if best == nil {
		return nil
	}
	out := *best
	return &out
}

// closest ranks a rule that does not match by how little is missing, and picks
// the mismatch to show: with matching peers the port's, else the best peer's.
func closest(r report.RuleEvidence) (*report.Mismatch, int) {
	if r.Match == report.Matches {
		return nil, 0
	}
	peers, ports := r.PeersMatch() == report.Matches, r.PortsMatch() == report.Matches
	clauses := r.Peers
	if peers {
		clauses = r.Ports
	}
	var best *report.Mismatch
	score := 0
	for _, c := range clauses {
		if c.Mismatch == nil {
			continue
		}
		if s := closeness(c.Mismatch.Reason); best == nil || s > score {
			best, score = c.Mismatch, s
		}
	}
	switch {
	case peers:
		score += 40
	case ports:
		score += 20
	}
	return best, score
}

// closeness ranks mismatches: a wrong label of a pod in the right namespace is
// nearer than a selector that cannot apply at all.
func closeness(r report.MismatchReason) int {
	switch r {
	case report.Port, report.PortName, report.NamedPortOutside:
		return 9
	case report.Protocol:
		return 8
	case report.LabelsUnread, report.AddressUnread, report.PortUnread:
		return 7
	case report.PodLabel:
		return 6
	case report.NamespaceDiffers:
		return 5
	case report.NamespaceLabel:
		return 4
	case report.InExcept:
		return 3
	case report.HostNetwork, report.NotAPod:
		return 2
	default:
		return 1
	}
}

// rows folds the groups into rows.
func (c *collector) rows() []report.ReachRow {
	uniform := c.uniformNamespaces()
	var out []report.ReachRow
	for _, key := range c.order {
		g := c.groups[key]
		base := g.row
		var workloads, namespaces, blocks []report.Members
		folded := map[string]int{}
		slices.Sort(g.keys)
		for _, id := range g.keys {
			m := g.ends[id]
			switch ns := m.end.Namespace; {
			case m.end.Kind == "Addresses":
				blocks = append(blocks, m.report(0))
			case ns != c.home && uniform[ns] == key, standsForUnread(m.end):
				at, seen := folded[ns]
				if !seen {
					at = len(namespaces)
					folded[ns] = at
					namespaces = append(namespaces, report.Members{End: report.End{Kind: "Namespace", Name: ns}})
				}
				if count := len(m.names); !standsForUnread(m.end) {
					namespaces[at].Count += count
					namespaces[at].Total += count
				}
			default:
				workloads = append(workloads, m.report(c.total[id]))
			}
		}
		if len(workloads) > 0 {
			row := base
			row.Scope, row.Ends = report.ScopeWorkloads, workloads
			out = append(out, row)
		}
		if len(namespaces) > 0 {
			row := base
			row.Scope, row.Ends = report.ScopeNamespaces, namespaces
			out = append(out, row)
		}
		if len(blocks) > 0 {
			row := base
			row.Scope, row.Ends = report.ScopeAddresses, c.joinBlocks(blocks)
			out = append(out, row)
		}
	}
	c.nameScopes(out)
	return out
}

// standsForUnread: the end stands for the pods of a namespace that could not be read.
func standsForUnread(e report.End) bool { return e.Kind == "Pod" && e.Name == "" }

func comparePorts(a, b report.PortMapping) int {
	return strings.Compare(fmt.Sprintf("%05d%05d%s", a.Service, a.Pod, a.Protocol), fmt.Sprintf("%05d%05d%s", b.Service, b.Pod, b.Protocol))
}

// joinBlocks shows all blocks of a row as one end.
func (c *collector) joinBlocks(blocks []report.Members) []report.Members {
	joined := report.Members{End: report.End{Kind: "Addresses"}}
	for _, b := range blocks {
		joined.End.Addresses = append(joined.End.Addresses, b.End.Addresses...)
		joined.Nodes = append(joined.Nodes, b.Nodes...)
	}
	slices.Sort(joined.Nodes)
	joined.Nodes = slices.Compact(joined.Nodes)
	nameInternet(&joined, c.naming, c.families)
	return []report.Members{joined}
}

// uniformNamespaces maps each namespace whose pods all get one answer to it.
func (c *collector) uniformNamespaces() map[string]string {
	out := map[string]string{}
	for _, key := range c.order {
		for _, m := range c.groups[key].ends {
			if m.end.Kind == "Addresses" || m.end.Kind == "Node" {
				continue
			}
			ns := m.end.Namespace
			if have, seen := out[ns]; seen && have != key {
				out[ns] = "\x00mixed"
				continue
			}
			out[ns] = key
		}
	}
	return out
}

// nameScopes finds the row that speaks for everybody, or for all namespaces
// that have no row of their own: the one with the most namespaces.
func (c *collector) nameScopes(rows []report.ReachRow) {
	most := -1
	podRows := 0
	for i, r := range rows {
		if r.Scope == report.ScopeAddresses {
			continue
		}
		podRows++
		if r.Scope == report.ScopeNamespaces && (most < 0 || len(r.Ends) > len(rows[most].Ends)) {
			most = i
		}
	}
	if most < 0 {
		return
	}
	r := &rows[most]
	slices.SortFunc(r.Ends, func(a, b report.Members) int { return strings.Compare(a.End.Name, b.End.Name) })
	if podRows == 1 && c.home == "" {
		r.Scope = report.ScopeEverywhere
		return
	}
	if len(r.Ends) > 1 || podRows <= 2 {
		r.Scope = report.ScopeOtherNamespaces
	}
}
