package query

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// collector gathers the answers of one question about everybody, by what they
// say, and folds those who get the same one.
type collector struct {
	*engine
	// home is the namespace of the question's own end; its workloads are listed
	// one by one.
	home string
	// groups in the order of their first answers, and by these.
	groups []*group
	byKey  map[string]*group
	// at is the hop at the question's own end.
	at report.HopKind
	// total pods of each workload, by its number.
	total []int
	// own are the parties of the question's own end, by name.
	own   map[string]model.Party
	needs map[string]bool
	// naming is the lens by which outside addresses were cut.
	naming lens
	// dns are where names are looked up; none where that is not asked.
	dns []model.Destination
	// families in which the question's own end can talk with the outside.
	families familySet
}

// said is one answer that a class of ends gets, with the ports and the parties
// of the question's own end that it is about.
type said struct {
	row report.ReachRow
	own map[string]model.Party
	// entered are the nodes by which outside addresses come in.
	entered entered
	// about tells these ports and parties from others.
	about string
	// via: a node passes the connection on.
	via bool
	// located: the answer depends on who shares a node.
	located bool
}

func newCollector(e *engine, home string) *collector {
	brief := *e
	brief.brief = true
	return &collector{
		engine: &brief, home: home, byKey: map[string]*group{},
		own: map[string]model.Party{}, needs: map[string]bool{},
	}
}

// sources evaluates every source against the targets.
func (c *collector) sources(from everyone, targets []model.Destination) {
	c.at, c.naming = report.HopIngress, c.lensFor(nil, targets)
	// The sources' own policies may tell the targets apart by their addresses,
	// and a source on a node may tell them apart by theirs.
	byNode := lens{nodes: true, cuts: append(slices.Clone(c.naming.cuts), c.Blocks()...)}
	c.families = destinationFamilies(targets)
	proxy := c.proxyFor(targets)
	located := fold(targets, byNode.destinationKey)
	anywhere := fold(targets, lens{cuts: byNode.cuts}.destinationKey)
	for _, t := range targets {
		if t.Broken == "" {
			c.own[partyName(t.Party)] = t.Party // a port without endpoint is no other pod
		}
	}
	c.count()
	ask := func(class []model.Party) map[string]*said {
		answers := map[string]*said{}
		classes := anywhere
		if class[0].Host() || class[0].Block.Prefix.IsValid() || c.naming.nodes {
			classes = located
		}
		for _, to := range classes {
			src, dst := other(class, to)
			for _, p := range proxy.route(src, dst) {
				c.ask(answers, p, partiesOf(to))
			}
		}
		c.settle(answers)
		return answers
	}
	v := c.view(partiesOf(targets), report.Egress, c.naming.nodes)
	c.standings(v, from.classes, ask)
	if from.unread {
		c.rest(v, ask)
	}
	for _, class := range fold(from.others, c.naming.key) {
		c.commit(ask(class), nil, class)
	}
}

// targets evaluates every target, on each port it declares, against the sources.
func (c *collector) targets(sources []model.Party, to everyone) {
	c.at, c.naming = report.HopEgress, c.lensFor(sources, nil)
	for _, s := range sources {
		c.own[partyName(s)] = s
	}
	c.count()
	host := slices.ContainsFunc(to.classes, func(c *model.Class) bool { return c.Pods[0].HostNetwork })
	// A pod reaches its own node whatever its policies say.
	byNode := lens{nodes: c.naming.nodes || host, cuts: append(slices.Clone(c.naming.cuts), c.Blocks()...)}
	classes := fold(sources, byNode.key)
	ask := func(to []model.Party) map[string]*said {
		answers := map[string]*said{}
		for _, port := range c.PortsOf(to[0], reference.Port{}) {
			for _, class := range classes {
				dsts := make([]model.Destination, len(to))
				for i, t := range to {
					dsts[i] = model.Destination{Party: t, Addresses: t.Addresses(), Port: port}
				}
				src, dst := other(class, dsts)
				c.ask(answers, pair{src: src, dst: dst}, class)
			}
		}
		c.settle(answers)
		return answers
	}
	v := c.view(sources, report.Ingress, c.naming.nodes)
	c.standings(v, to.classes, ask)
	for _, class := range fold(to.others, c.naming.key) {
		c.commit(ask(class), nil, class)
	}
}

// count notes how many pods each workload has, also those that are not asked about.
func (c *collector) count() {
	workloads := 0
	for _, class := range c.Classes() {
		workloads = max(workloads, class.Workload+1)
	}
	c.total = make([]int, workloads)
	for _, class := range c.Classes() {
		c.total[class.Workload] += len(class.Pods)
	}
}

func partiesOf(dsts []model.Destination) []model.Party {
	out := make([]model.Party, len(dsts))
	for i, d := range dsts {
		out[i] = d.Party
	}
	return out
}

// ask evaluates one connection and notes what it says. That a pod reaches itself is not
// worth a word where it is asked about all pods of a workload or namespace; behind a
// Service it is one of the endpoints that the pod may get to.
func (c *collector) ask(answers map[string]*said, p pair, own []model.Party) {
	for _, o := range c.connect(p) {
		if o.reason == report.SamePod && p.dst.Service == nil && len(c.own) > 1 {
			continue
		}
		row := report.ReachRow{Verdict: o.verdict, Reason: o.reason, Caveats: o.caveats, Ports: []report.PortMapping{}}
		if hop := c.deciding(o); hop != nil {
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
		key := rowKey(row, p.via != nil)
		a := answers[key]
		if a == nil {
			a = &said{row: row, via: p.via != nil, own: map[string]model.Party{}}
			answers[key] = a
		}
		a.located = a.located || p.located()
		if !slices.Contains(a.row.Ports, p.dst.Port) {
			a.row.Ports = append(a.row.Ports, p.dst.Port)
		}
		for _, party := range own {
			if name := partyName(party); name != "" || len(c.own) == 1 { // a dead port is nobody's
				a.own[name] = party
			}
		}
		a.entered.add(p.via)
	}
}

// settle finds what each answer is about, once all have been asked for.
func (c *collector) settle(answers map[string]*said) {
	c.joinSelf(answers)
	for _, a := range answers {
		slices.SortFunc(a.row.Ports, comparePorts)
		a.about = fmt.Sprint(a.row.Ports)
		if len(a.own) > 0 && len(a.own) < len(c.own) {
			names := slices.Sorted(maps.Keys(a.own))
			a.about += strings.Join(names, ",")
			a.row.Of = c.part(names)
		}
	}
}

// joinSelf makes one answer of what a pod says to itself and to all the others, where both
// are allowed: it reaches every one.
func (c *collector) joinSelf(answers map[string]*said) {
	// In the order of their keys: several answers may take the pod itself in, and the
	// same one has to each time.
	keys := slices.Sorted(maps.Keys(answers))
	for _, key := range keys {
		self := answers[key]
		if self.row.Reason != report.SamePod || len(c.own) < 2 {
			continue
		}
		for _, other := range keys {
			a := answers[other]
			if a == self || a.row.Verdict != report.Allowed || a.row.Hop == "" {
				continue
			}
			covered := maps.Clone(a.own)
			maps.Copy(covered, self.own)
			if len(covered) == len(c.own) {
				a.own = covered
				for _, p := range self.row.Ports {
					if !slices.Contains(a.row.Ports, p) {
						a.row.Ports = append(a.row.Ports, p)
					}
				}
				delete(answers, key)
				return
			}
		}
	}
}

// deciding is the hop that a row tells of: where several are alike, the one at
// the question's own end. Of those that deny it is the first, which alone was asked
// for evidence.
func (c *collector) deciding(o outcome) *report.Hop {
	if o.verdict != report.Denied {
		for i := range o.hops {
			if h := &o.hops[i]; h.Kind == c.at && h.Verdict == o.verdict && h.Reason == o.reason {
				return h
			}
		}
	}
	return deciding(o.hops, o.verdict, o.reason)
}

// differ clears the value that failed to match where it is the sample's alone:
// others that the same clause turned away have another.
func (c *collector) differ(answers map[string]*said, others func(*report.Mismatch) bool) {
	for _, a := range answers {
		n := a.row.Nearest
		if n != nil && a.row.Hop == c.at && (n.Got != "" || n.Absent) && others(n) {
			n.Got, n.Absent = "", false
		}
	}
}

// differs tells whether some pod of a standing has another value than the one that
// a mismatch tells of.
func (c *collector) differs(s *standing, n *report.Mismatch) bool {
	for i, part := range s.parts {
		got, absent, named := c.valueOf(n, part.pods[0])
		if !named && (i > 0 || len(part.pods) > 1) || named && (got != n.Got || absent != n.Absent) {
			return true
		}
	}
	return false
}

// valueOf is what a pod has where a mismatch looked; named is false where that is
// an address, which is each pod's own.
func (c *collector) valueOf(n *report.Mismatch, pod *snapshot.Pod) (got string, absent, named bool) {
	var in map[string]string
	switch n.Reason {
	case report.NamespaceDiffers:
		return pod.Namespace, false, true
	case report.NamespaceLabel:
		in = c.NamespaceLabels(pod.Namespace).Set
	case report.PodLabel:
		in = pod.Labels
	case report.Port, report.PortName, report.Protocol, report.PortUnread, report.NamedPortOutside:
		return n.Got, n.Absent, true // the target's
	default:
		return "", false, false
	}
	got, has := in[n.Key]
	return got, !has, true
}

// commit gives everybody in the parts, and others of a class, their answers.
func (c *collector) commit(answers map[string]*said, parts []portion, others []model.Party) {
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		a := answers[key]
		key += a.about
		g := c.byKey[key]
		if g == nil {
			g = &group{row: a.row}
			c.byKey[key] = g
			c.groups = append(c.groups, g)
		}
		if n, m := g.row.Nearest, a.row.Nearest; n != nil && m != nil && (n.Got != m.Got || n.Absent != m.Absent) {
			n.Got, n.Absent = "", false
		}
		g.add(parts, a)
		for _, party := range others {
			end := c.partyEnd(party)
			id := endKey(end)
			if party.Rest != nil {
				id += restID(party.Rest)
			}
			g.addOther(party, end, id, a)
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
func rowKey(r report.ReachRow, via bool) string {
	words := append(make([]string, 0, 16), r.Verdict.String(), string(r.Reason), string(r.Hop), r.Detail)
	for _, d := range r.DecidedBy {
		words = append(words, d.Policy.Namespace+"/"+d.Policy.Name+d.Path)
	}
	if n := r.Nearest; n != nil {
		words = append(words, string(n.Reason), n.Path, strconv.FormatBool(n.ServicePort))
	}
	for _, c := range r.Caveats {
		words = append(words, string(c.Code))
	}
	return strings.Join(append(words, strconv.FormatBool(via)), " ")
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
	case report.HostNetwork, report.NotAPod, report.PluginIdentity:
		return 2
	default:
		return 1
	}
}

// rows folds the groups into rows.
func (c *collector) rows() []report.ReachRow {
	uniform, incomplete := c.uniformNamespaces(), c.incomplete()
	out := make([]report.ReachRow, 0, len(c.groups))
	for _, g := range c.groups {
		folds := func(ns string) bool { return ns != c.home && uniform[ns] == g }
		last, lastFolds := "", folds("")
		foldsToo := func(ns string) bool { // neighbours share a namespace
			if ns != last {
				last, lastFolds = ns, folds(ns)
			}
			return lastFolds
		}
		workloads := make([]report.Members, 0, g.count(foldsToo))
		var namespaces, blocks []report.Members
		folded := map[string]int{}
		for m := range g.ends {
			switch ns := m.namespace(); {
			case m.end.Kind == "Addresses":
				blocks = append(blocks, m.report(0))
			case foldsToo(ns), standsForUnread(m.end):
				at, seen := folded[ns]
				if !seen {
					at = len(namespaces)
					folded[ns] = at
					namespaces = append(namespaces, report.Members{End: report.End{Kind: "Namespace", Name: ns}, Incomplete: incomplete(ns)})
				}
				if count := m.count(); !standsForUnread(m.end) {
					namespaces[at].Count += count
					namespaces[at].Total += count
				}
			default:
				total := 0
				if len(m.parts) > 0 {
					total = c.total[m.parts[0].class.Workload]
				}
				end := m.report(total)
				end.Incomplete = len(m.parts) > 0 && m.end.Kind != "Pod" && incomplete(ns)
				workloads = append(workloads, end)
			}
		}
		row := func(scope report.RowScope, ends []report.Members) {
			if len(ends) > 0 {
				r := g.row
				r.Scope, r.Ends = scope, ends
				out = append(out, r)
			}
		}
		row(report.ScopeWorkloads, workloads)
		row(report.ScopeNamespaces, namespaces)
		if len(blocks) > 0 {
			row(report.ScopeAddresses, c.joinBlocks(blocks))
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

// joinBlocks shows all blocks of a row as one end, with the nodes by which they come
// in unless they may do so by all.
func (c *collector) joinBlocks(blocks []report.Members) []report.Members {
	joined := report.Members{End: report.End{Kind: "Addresses"}}
	for _, b := range blocks {
		joined.End.Addresses = append(joined.End.Addresses, b.End.Addresses...)
		joined.Nodes = append(joined.Nodes, b.Nodes...)
	}
	slices.Sort(joined.Nodes)
	if joined.Nodes = slices.Compact(joined.Nodes); len(joined.Nodes) == len(c.Nodes()) {
		joined.Nodes = nil
	}
	nameInternet(&joined, c.naming, c.families)
	return []report.Members{joined}
}

// uniformNamespaces maps each namespace whose pods all get one answer to its group.
func (c *collector) uniformNamespaces() map[string]*group {
	out := map[string]*group{}
	mixed := &group{}
	add := func(ns string, g *group) {
		if have, seen := out[ns]; seen && have != g {
			g = mixed
		}
		out[ns] = g
	}
	for _, g := range c.groups {
		last := ""
		for i := range g.parts {
			if ns := g.parts[i].class.Namespace; i == 0 || ns != last {
				add(ns, g)
				last = ns
			}
		}
		for _, o := range g.others {
			if o.end.Kind != "Addresses" && o.end.Kind != "Node" {
				add(o.namespace(), g)
			}
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
