package query

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
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
	home   string
	order  []string
	groups map[string]*group
	// at is the hop at the question's own end.
	at report.HopKind
	// total pods of each workload, by its number.
	total []int
	// own are the parties of the question's own end, by name.
	own   map[string]model.Party
	needs map[string]bool
	// naming is the lens by which outside addresses were cut.
	naming lens
	// families in which the question's own end can talk with the outside.
	families familySet
}

// group is everybody who gets one answer.
type group struct {
	row report.ReachRow
	// all who get it: workloads, once for each class, and others, by name.
	all    []*shown
	others map[string]*shown
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
	brief := *e
	brief.brief = true
	return &collector{
		engine: &brief, home: home, groups: map[string]*group{},
		own: map[string]model.Party{}, needs: map[string]bool{},
	}
}

// sources evaluates every source against the targets.
func (c *collector) sources(from everyone, targets []model.Destination) {
	c.at, c.naming = report.HopIngress, c.lensFor(nil, targets)
	// The sources' own policies may tell the targets apart by their addresses,
	// and a source on a node may tell them apart by theirs.
	byNode := lens{nodes: true, cuts: append(slices.Clone(c.naming.cuts), c.blocksEverywhere()...)}
	c.families = destinationFamilies(targets)
	located := fold(targets, byNode.destinationKey)
	anywhere := fold(targets, lens{cuts: byNode.cuts}.destinationKey)
	for _, t := range targets {
		c.own[partyName(t.Party)] = t.Party
	}
	c.count(from)
	ask := func(class []model.Party) map[string]*said {
		answers := map[string]*said{}
		classes := anywhere
		if class[0].Host() || class[0].Block.Prefix.IsValid() || c.naming.nodes {
			classes = c.classTargets(class, located, byNode)
		}
		for _, to := range classes {
			src, dst := other(class, to)
			for _, p := range c.route(src, []model.Destination{dst}) {
				c.ask(answers, p, partiesOf(to))
			}
		}
		return answers
	}
	v := c.view(partiesOf(targets), report.Egress, c.naming.nodes)
	for _, s := range v.standings(from.classes) {
		answers := ask(s.sample(v.own))
		c.differ(answers, func(n *report.Mismatch) bool { return c.differs(s, n) })
		c.commit(answers, s.parts, nil)
	}
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
	c.count(to)
	host := slices.ContainsFunc(to.classes, func(c *model.Class) bool { return c.Pods[0].HostNetwork })
	// A pod reaches its own node whatever its policies say.
	byNode := lens{nodes: c.naming.nodes || host, cuts: append(slices.Clone(c.naming.cuts), c.blocksEverywhere()...)}
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
		return answers
	}
	v := c.view(sources, report.Ingress, c.naming.nodes)
	for _, s := range v.standings(to.classes) {
		answers := ask(s.sample(v.own))
		c.differ(answers, func(n *report.Mismatch) bool { return c.differs(s, n) })
		c.commit(answers, s.parts, nil)
	}
	for _, class := range fold(to.others, c.naming.key) {
		c.commit(ask(class), nil, class)
	}
}

// blocksEverywhere are the CIDRs that any policy of the cluster names.
func (e *engine) blocksEverywhere() []netip.Prefix {
	all := map[string]bool{}
	for _, p := range e.Policies() {
		all[p.Namespace] = true
	}
	return e.blocksIn(all)
}

// count notes how many pods each workload has.
func (c *collector) count(in everyone) {
	for _, class := range in.classes {
		if more := class.Workload + 1 - len(c.total); more > 0 {
			c.total = append(c.total, make([]int, more)...)
		}
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

// ask evaluates one connection and notes what it says. That a pod reaches itself
// is not worth a word where it is asked about others too.
func (c *collector) ask(answers map[string]*said, p pair, own []model.Party) {
	for _, o := range c.connect(p) {
		if o.reason == report.SamePod && len(c.own) > 1 {
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

// deciding is the hop that a row tells of: where several are alike, the one at
// the question's own end.
func (c *collector) deciding(o outcome) *report.Hop {
	for i := range o.hops {
		if h := &o.hops[i]; h.Kind == c.at && h.Verdict == o.verdict && h.Reason == o.reason {
			return h
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
		slices.SortFunc(a.row.Ports, comparePorts)
		key += fmt.Sprint(a.row.Ports)
		if len(a.own) < len(c.own) {
			names := slices.Sorted(maps.Keys(a.own))
			key += strings.Join(names, ",")
			a.row.Of = c.part(names)
		}
		g := c.groups[key]
		if g == nil {
			g = &group{row: a.row, others: map[string]*shown{}}
			c.groups[key] = g
			c.order = append(c.order, key)
		}
		if n, m := g.row.Nearest, a.row.Nearest; n != nil && m != nil && (n.Got != m.Got || n.Absent != m.Absent) {
			n.Got, n.Absent = "", false
		}
		for _, p := range parts {
			g.workload(p.class).add(p.pods, a)
		}
		for _, party := range others {
			end := c.partyEnd(party)
			id := endKey(end)
			if party.Rest != nil {
				id += restID(party.Rest)
			}
			g.other(end, id).addOther(party, a)
		}
	}
}

// shown is an end as the parts of a group make it up.
type shown struct {
	// number of the workload; -1 for all else.
	number int
	end    report.End
	pods   []*snapshot.Pod
	// names of parties that are no pods.
	names map[string]bool
	// rest: the end is pods that were not read.
	rest  *model.Rest
	nodes map[string]bool
}

func (g *group) workload(class *model.Class) *shown {
	s := &shown{number: class.Workload, end: report.End{Kind: class.Owner.Kind, Namespace: class.Pods[0].Namespace, Name: class.Owner.Name}}
	g.all = append(g.all, s)
	return s
}

func (g *group) other(end report.End, id string) *shown {
	s := g.others[id]
	if s == nil {
		s = &shown{number: -1, end: end}
		g.others[id] = s
		g.all = append(g.all, s)
	}
	return s
}

// sorted are the ends in the order in which they are shown, each once.
func (g *group) sorted() []*shown {
	slices.SortStableFunc(g.all, func(a, b *shown) int {
		if order := strings.Compare(a.namespace(), b.namespace()); order != 0 {
			return order
		}
		return cmp.Or(strings.Compare(a.end.Kind, b.end.Kind), strings.Compare(a.end.Name, b.end.Name))
	})
	out := g.all[:0]
	for _, s := range g.all {
		if last := len(out) - 1; last >= 0 && s.number >= 0 && out[last].number == s.number {
			out[last].merge(s)
			continue
		}
		out = append(out, s)
	}
	g.all = out
	return out
}

// merge takes in another class of the same workload.
func (s *shown) merge(o *shown) {
	s.pods = append(s.pods, o.pods...)
	if s.nodes == nil {
		s.nodes = o.nodes
		return
	}
	maps.Copy(s.nodes, o.nodes)
}

func (s *shown) add(pods []*snapshot.Pod, a *said) {
	s.pods = append(s.pods, pods...)
	if !a.located && len(a.nodes) == 0 {
		return
	}
	if s.nodes == nil {
		s.nodes = map[string]bool{}
	}
	for _, p := range pods {
		if a.located && p.Node != "" {
			s.nodes[p.Node] = true
		}
	}
	maps.Copy(s.nodes, a.nodes)
}

func (s *shown) addOther(p model.Party, a *said) {
	s.rest = p.Rest
	m := members{names: map[string]bool{}, nodes: map[string]bool{}}
	m.add(p, a.located)
	maps.Copy(m.nodes, a.nodes)
	if s.names == nil {
		s.names, s.nodes = m.names, m.nodes
		return
	}
	maps.Copy(s.names, m.names)
	maps.Copy(s.nodes, m.nodes)
}

// count is how many pods or other parties there are; of the rest of a namespace,
// nobody knows.
func (s *shown) count() int {
	if s.rest != nil {
		return 0
	}
	return len(s.pods) + len(s.names)
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
	case s.number < 0:
		m := members{end: s.end, names: s.names, nodes: s.nodes}
		return m.report(0)
	}
	out := report.Members{End: s.end, Count: len(s.pods), Total: total, Names: make([]string, len(s.pods)), Nodes: sortedKeys(s.nodes)}
	for i, p := range s.pods {
		out.Names[i] = p.Name.Name
	}
	slices.Sort(out.Names)
	return out
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
	case report.HostNetwork, report.NotAPod, report.PluginIdentity:
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
		for _, m := range g.sorted() {
			switch ns := m.namespace(); {
			case m.end.Kind == "Addresses":
				blocks = append(blocks, m.report(0))
			case ns != c.home && uniform[ns] == key, standsForUnread(m.end):
				at, seen := folded[ns]
				if !seen {
					at = len(namespaces)
					folded[ns] = at
					namespaces = append(namespaces, report.Members{End: report.End{Kind: "Namespace", Name: ns}})
				}
				if count := m.count(); !standsForUnread(m.end) {
					namespaces[at].Count += count
					namespaces[at].Total += count
				}
			default:
				total := 0
				if m.number >= 0 {
					total = c.total[m.number]
				}
				workloads = append(workloads, m.report(total))
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
		for _, m := range c.groups[key].all {
			if m.end.Kind == "Addresses" || m.end.Kind == "Node" {
				continue
			}
			ns := m.namespace()
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
