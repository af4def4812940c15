package query_test

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// judge holds every query about a generated cluster against the oracle.
type judge struct {
	testing.TB
	*generator
	m         *model.Model
	connected *report.Map
	ends      []oracleEnd
	// changes counts those of the fixes that were judged.
	changes map[report.ChangeCode]int
	// checks counts the comparisons.
	checks int
}

// FuzzAgainstOracle: every pair of ends, on some ports, gets the oracle's verdict
// from every query.
func FuzzAgainstOracle(f *testing.F) {
	for i := range 32 {
		f.Add([]byte(fmt.Sprint("seed ", i)))
	}
	f.Fuzz(func(t *testing.T, data []byte) { judgeCluster(t, data, 2) })
}

// seeds is how many random clusters to judge: a tenth with -short; NETGUARD_SEEDS asks
// for more.
func seeds(t *testing.T, n int) int {
	text := os.Getenv("NETGUARD_SEEDS")
	switch {
	case text == "" && testing.Short():
		return max(n/10, 1)
	case text == "":
		return n
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOracleSeeds(t *testing.T) {
	total := 0
	for i := range seeds(t, 300) {
		total += judgeCluster(t, fmt.Appendf(nil, "%c seed %d", rune(i%128), i), 1)
		if t.Failed() {
			t.Fatalf("seed %d", i)
		}
	}
	t.Logf("%d comparisons", total)
}

// judgeCluster asks everything about a cluster, for some ports.
func judgeCluster(t testing.TB, data []byte, ports int) int {
	g := generate(data)
	j := &judge{TB: t, generator: g, m: model.New(g.snapshot(t))}
	j.connected = query.Map(j.m, query.Scope{Labels: selector.Everything()}, query.Options{})
	j.findEnds()
	for range ports {
		protocol, port := pick[corev1.Protocol](g, "TCP", "UDP", "SCTP", "TCP"), pick[int32](g, 80, 81, 8080, 53, 54, 65535)
		for _, dst := range j.ends {
			var who *report.Reach
			if dst.pod != nil {
				who = j.whoCanReach(dst, protocol, port)
			}
			for _, src := range j.ends {
				j.pair(src, dst, protocol, port, who)
			}
			if ports > 1 || j.one(6) {
				j.many(dst, protocol, port)
			}
		}
	}
	for _, src := range j.ends {
		if src.pod != nil {
			j.reachableFrom(src)
		}
	}
	for i := range g.services {
		j.service(&g.services[i])
	}
	if t.Failed() {
		t.Logf("the cluster:\n%s", g.manifests(t))
	}
	return j.checks
}

// findEnds lists everything in the cluster that connects, and some outside of it.
func (j *judge) findEnds() {
	for i := range j.pods {
		j.ends = append(j.ends, oracleEnd{pod: &j.pods[i]})
	}
	for i := range j.nodes {
		j.ends = append(j.ends, oracleEnd{node: &j.nodes[i]})
	}
	for _, ip := range []string{"203.0.113.9", "203.0.113.200", "8.8.8.8", "2001:db8::1", "2600::1"} {
		j.ends = append(j.ends, oracleEnd{ip: netip.MustParseAddr(ip)})
	}
}

// outcomes are the oracle's verdicts for each pair of addresses of one family.
func (j *judge) outcomes(src, dst oracleEnd, protocol corev1.Protocol, port int32) []report.Verdict {
	var out []report.Verdict
	for _, a := range addressesOfEnd(src) {
		for _, b := range addressesOfEnd(dst) {
			if a.Is4() == b.Is4() {
				s, d := src, dst
				s.ip, d.ip = a, b
				out = append(out, j.oracleVerdict(packet{s, d, protocol, port}))
			}
		}
	}
	return out
}

func addressesOfEnd(e oracleEnd) []netip.Addr {
	var out []netip.Addr
	switch {
	case e.pod != nil:
		for _, ip := range e.pod.Status.PodIPs {
			out = append(out, netip.MustParseAddr(ip.IP))
		}
	case e.node != nil:
		for _, a := range e.node.Status.Addresses {
			out = append(out, netip.MustParseAddr(a.Address))
		}
	default:
		out = append(out, e.ip)
	}
	return out
}

func nameOfEnd(e oracleEnd) string {
	switch {
	case e.pod != nil:
		return e.pod.Namespace + "/pod/" + e.pod.Name
	case e.node != nil:
		return "no/" + e.node.Name
	default:
		return e.ip.String()
	}
}

func portText(protocol corev1.Protocol, port int32) string {
	return fmt.Sprintf(":%d/%s", port, protocol)
}

func addressPort(a netip.Addr, protocol corev1.Protocol, port int32) string {
	if a.Is6() {
		return "[" + a.String() + "]" + portText(protocol, port)
	}
	return a.String() + portText(protocol, port)
}

func (j *judge) ref(text string) reference.Reference {
	r, err := reference.Parse(text, "ns0")
	if err != nil {
		j.Fatal(err)
	}
	return r
}

// expect folds the verdicts of several connections into one answer.
func expect(outcomes []report.Verdict) (report.Verdict, bool) {
	has := func(v report.Verdict) bool { return slices.Contains(outcomes, v) }
	switch {
	case len(outcomes) == 0:
		return report.Denied, false // no common family
	case has(report.Denied):
		return report.Denied, has(report.Allowed)
	case has(report.Unknown):
		return report.Unknown, false
	default:
		return report.Allowed, false
	}
}

func (j *judge) pair(src, dst oracleEnd, protocol corev1.Protocol, port int32, who *report.Reach) {
	if src.ip.IsValid() && dst.ip.IsValid() {
		return // no end of it is in the cluster
	}
	outcomes := j.outcomes(src, dst, protocol, port)
	want, partly := expect(outcomes)
	to := nameOfEnd(dst) + portText(protocol, port)
	if dst.ip.IsValid() {
		to = addressPort(dst.ip, protocol, port)
	}
	x := j.ask(nameOfEnd(src), to, want, partly)
	if x != nil && len(outcomes) == 1 {
		j.caveat(x, packet{src, dst, protocol, port}, want)
	}
	if dst.pod != nil {
		for _, a := range addressesOfEnd(dst) {
			s := src
			d := dst
			d.ip = a
			var one []report.Verdict
			for _, from := range addressesOfEnd(src) {
				if from.Is4() == a.Is4() {
					s.ip = from
					one = append(one, j.oracleVerdict(packet{s, d, protocol, port}))
				}
			}
			v, p := expect(one)
			j.ask(nameOfEnd(src), addressPort(a, protocol, port), v, p)
		}
	}
	if who != nil && src.pod != nil && src.pod != dst.pod {
		j.inRows("who-can-reach "+to, who.Rows, src.pod, nil, outcomes)
	}
	j.inMap(src, dst, protocol, port)
}

// many asks about sources that stand for several: namespaces and CIDRs. A
// namespace with a source is asked about the other way round, too.
func (j *judge) many(dst oracleEnd, protocol corev1.Protocol, port int32) {
	to := nameOfEnd(dst) + portText(protocol, port)
	if dst.pod == nil {
		return
	}
	for _, ns := range j.namespaces {
		var in, out []report.Verdict
		self := false
		for i := range j.pods {
			pod := oracleEnd{pod: &j.pods[i]}
			if pod.pod.Namespace != ns.Name {
				continue
			}
			if pod.pod == dst.pod {
				self = true
				continue
			}
			in = append(in, orDenied(j.outcomes(pod, dst, protocol, port))...)
			out = append(out, orDenied(j.outcomes(dst, pod, protocol, port))...)
		}
		if len(in) == 0 && self {
			in, out = []report.Verdict{report.Allowed}, []report.Verdict{report.Allowed}
		}
		j.askMany("ns/"+ns.Name, to, in, self)
		j.askMany(nameOfEnd(dst), "ns/"+ns.Name+portText(protocol, port), out, self)
		if len(in) > 0 && !(self && len(in) == 1) {
			j.manyRows(ns.Name, dst, protocol, port, out, in)
		}
	}
	for _, cidr := range []string{"203.0.113.0/24", "0.0.0.0/1", "internet", "2000::/3"} {
		p, err := query.CanReach(j.m, j.ref(cidr), j.ref(to), query.Options{})
		if err != nil {
			j.Errorf("%s -> %s: %v", cidr, to, err)
			continue
		}
		for _, src := range j.ends {
			// A block stands for the pods and nodes in it, too.
			in := slices.ContainsFunc(addressesOfEnd(src), func(ip netip.Addr) bool { return cidr != "internet" && netip.MustParsePrefix(cidr).Contains(ip) })
			if !in && (cidr != "internet" || !src.ip.IsValid()) {
				continue
			}
			for _, v := range j.outcomes(src, dst, protocol, port) {
				j.checks++
				if !p.Partly && v != p.Verdict && (p.Verdict != report.Unknown || v == report.Denied) {
					j.Errorf("%s -> %s: %v, and from %s of it the oracle says %v", cidr, to, p.Verdict, nameOfEnd(src), v)
				}
			}
		}
	}
}

func orDenied(outcomes []report.Verdict) []report.Verdict {
	if len(outcomes) == 0 {
		return []report.Verdict{report.Denied}
	}
	return outcomes
}

func (j *judge) askMany(from, to string, outcomes []report.Verdict, self bool) {
	j.checks++
	want, partly := expect(outcomes)
	p, err := query.CanReach(j.m, j.ref(from), j.ref(to), query.Options{})
	switch {
	case err != nil:
		j.Errorf("%s -> %s: %v", from, to, err)
	case p.Verdict != want || p.Partly != partly && !self:
		j.Errorf("%s -> %s: %v partly=%v, the oracle says %v", from, to, p.Verdict, p.Partly, outcomes)
	}
}

// manyRows asks the other two questions about a namespace as a whole.
func (j *judge) manyRows(ns string, end oracleEnd, protocol corev1.Protocol, port int32, into, from []report.Verdict) {
	who, err := query.WhoCanReach(j.m, j.ref("ns/"+ns+portText(protocol, port)), query.Options{})
	if err != nil {
		j.Errorf("who-can-reach ns/%s: %v", ns, err)
		return
	}
	j.inRows("who-can-reach ns/"+ns+portText(protocol, port), who.Rows, end.pod, nil, into)
	reach, err := query.ReachableFrom(j.m, j.ref("ns/"+ns), query.Options{})
	if err != nil {
		j.Errorf("reachable-from ns/%s: %v", ns, err)
		return
	}
	for _, c := range end.pod.Spec.Containers {
		for _, p := range c.Ports {
			if p.ContainerPort == port && (p.Protocol == protocol || p.Protocol == "" && protocol == corev1.ProtocolTCP) {
				mapping := report.PortMapping{Protocol: connset.Protocol(protocol), Pod: uint16(port)}
				j.inRows("reachable-from ns/"+ns+portText(protocol, port), reach.Rows, end.pod, &mapping, from)
			}
		}
	}
}

func (j *judge) ask(from, to string, want report.Verdict, partly bool) *report.Explanation {
	j.checks++
	x, err := query.Explain(j.m, j.ref(from), j.ref(to), query.Options{})
	if err != nil {
		j.Errorf("explain %s %s: %v", from, to, err)
		return nil
	}
	p, err := query.CanReach(j.m, j.ref(from), j.ref(to), query.Options{})
	if err != nil {
		j.Errorf("can-reach %s %s: %v", from, to, err)
		return nil
	}
	if x.Verdict != want || x.Partly != partly {
		j.Errorf("explain %s %s: %v partly=%v, the oracle says %v partly=%v", from, to, x.Verdict, x.Partly, want, partly)
	}
	if p.Verdict != x.Verdict || p.Partly != x.Partly {
		j.Errorf("can-reach %s %s: %v, explain says %v", from, to, p.Verdict, x.Verdict)
	}
	return x
}

// caveat: network plugins that keep ipBlocks from matching pods are mentioned
// where, and only where, they answer otherwise; and then --strict leaves it Unknown.
func (j *judge) caveat(x *report.Explanation, p packet, want report.Verdict) {
	p.src.ip, p.dst.ip = commonAddresses(p.src, p.dst)
	j.podsEscape = true
	other := j.oracleVerdict(p)
	j.podsEscape = false
	j.checks++
	if got := hasCaveat(x, report.PodsInIPBlocks, other); got != (other != want) {
		j.Errorf("%v -> %v: %v, with ipBlocks that match no pod %v, caveat %v", x.Source, x.Target, want, other, got)
	}
	if other == want {
		return
	}
	strict, err := query.CanReach(j.m, j.ref(nameOfEnd(p.src)), j.ref(nameOfEnd(p.dst)+portText(p.protocol, p.port)), query.Options{Strict: true})
	if p.dst.pod != nil && (err != nil || strict.Verdict != report.Unknown) {
		j.Errorf("%v -> %v: strict says %v %v", x.Source, x.Target, strict, err)
	}
}

func commonAddresses(src, dst oracleEnd) (netip.Addr, netip.Addr) {
	for _, a := range addressesOfEnd(src) {
		for _, b := range addressesOfEnd(dst) {
			if a.Is4() == b.Is4() {
				return a, b
			}
		}
	}
	return netip.Addr{}, netip.Addr{}
}

func (j *judge) whoCanReach(dst oracleEnd, protocol corev1.Protocol, port int32) *report.Reach {
	r, err := query.WhoCanReach(j.m, j.ref(nameOfEnd(dst)+portText(protocol, port)), query.Options{})
	if err != nil {
		j.Errorf("who-can-reach %s: %v", nameOfEnd(dst), err)
		return nil
	}
	for _, src := range j.ends {
		if src.ip.IsValid() {
			want := j.outcomes(src, dst, protocol, port)
			var got []report.Verdict
			for _, row := range r.Rows {
				if row.Scope == report.ScopeAddresses && slices.ContainsFunc(row.Ends, func(m report.Members) bool { return holds(m.End, src.ip) }) {
					got = append(got, row.Verdict)
				}
			}
			j.checks++
			if wanted, _ := expect(want); len(want) > 0 && !slices.Equal(got, []report.Verdict{wanted}) {
				j.Errorf("who-can-reach %s%s: %s is in rows that say %v, the oracle says %v", nameOfEnd(dst), portText(protocol, port), src.ip, got, wanted)
			}
		}
	}
	return r
}

// inRows: the rows about a pod's workload (or its namespace as a whole) say
// what the oracle does. Where the workload has other pods they may say more.
func (j *judge) inRows(question string, rows []report.ReachRow, pod *corev1.Pod, port *report.PortMapping, outcomes []report.Verdict) {
	j.checks++
	var got []report.Verdict
	for _, row := range rows {
		if port != nil && !slices.ContainsFunc(row.Ports, func(p report.PortMapping) bool { return p.Protocol == port.Protocol && p.Pod == port.Pod }) {
			continue
		}
		for _, m := range row.Ends {
			named := m.End.Kind == "Namespace" && m.End.Name == pod.Namespace
			listed := m.End.Namespace == pod.Namespace && slices.Contains(m.Names, pod.Name)
			if named || listed {
				got = append(got, row.Verdict)
			}
		}
	}
	if len(outcomes) == 0 {
		outcomes = []report.Verdict{report.Denied}
	}
	for _, v := range []report.Verdict{report.Allowed, report.Denied, report.Unknown} {
		if slices.Contains(outcomes, v) != slices.Contains(got, v) {
			j.Errorf("%s: the rows about %s/%s say %v, the oracle says %v", question, pod.Namespace, pod.Name, got, outcomes)
			return
		}
	}
}

func (j *judge) reachableFrom(src oracleEnd) {
	r, err := query.ReachableFrom(j.m, j.ref(nameOfEnd(src)), query.Options{})
	if err != nil {
		j.Errorf("reachable-from %s: %v", nameOfEnd(src), err)
		return
	}
	for _, dst := range j.ends {
		switch {
		case dst.pod != nil && dst.pod != src.pod:
			for _, c := range dst.pod.Spec.Containers {
				for _, p := range c.Ports {
					protocol := p.Protocol
					if protocol == "" {
						protocol = corev1.ProtocolTCP
					}
					port := report.PortMapping{Protocol: connset.Protocol(protocol), Pod: uint16(p.ContainerPort)}
					j.inRows("reachable-from "+nameOfEnd(src)+portText(protocol, p.ContainerPort), r.Rows, dst.pod, &port, j.outcomes(src, dst, protocol, p.ContainerPort))
				}
			}
		case dst.ip.IsValid():
			j.outsideRow(r, src, dst)
		}
	}
}

// outsideRow: the row that holds an outside address has the oracle's connections.
func (j *judge) outsideRow(r *report.Reach, src, dst oracleEnd) {
	for _, protocol := range []corev1.Protocol{"TCP", "UDP", "SCTP"} {
		for _, port := range []int32{1, 53, 80, 8080, 65535} {
			outcomes := j.outcomes(src, dst, protocol, port)
			if len(outcomes) == 0 {
				continue
			}
			j.checks++
			found, got := 0, false
			for _, row := range r.Rows {
				if row.Scope != report.ScopeAddresses || !slices.ContainsFunc(row.Ends, func(m report.Members) bool { return holds(m.End, dst.ip) }) {
					continue
				}
				found++
				got = got || row.Verdict == report.Allowed && (row.Connections == nil || row.Connections.Contains(connset.Protocol(protocol), uint16(port)))
			}
			if found != 1 || got != (outcomes[0] == report.Allowed) {
				j.Errorf("reachable-from %s: %d rows for %s, allowed %v, the oracle says %v", nameOfEnd(src), found, addressPort(dst.ip, protocol, port), got, outcomes[0])
			}
		}
	}
}

// holds tells whether an end of addresses contains one.
func holds(end report.End, ip netip.Addr) bool {
	internet := func() bool {
		return slices.ContainsFunc(address.Internet(), func(b address.Block) bool { return b.Contains(ip) })
	}
	if end.Kind == "Internet" {
		return internet()
	}
	for _, text := range end.Addresses {
		if text == "internet" {
			if internet() {
				return true
			}
			continue
		}
		prefix, except, _ := strings.Cut(text, " except ")
		b := address.Block{Prefix: netip.MustParsePrefix(prefix)}
		for _, e := range strings.Split(except, ", ") {
			if e != "" {
				b.Except = append(b.Except, netip.MustParsePrefix(e))
			}
		}
		if b.Contains(ip) {
			return true
		}
	}
	return false
}

// inMap: the edges between the two ends hold the port where some pair of their
// pods may use it, and not where none may.
func (j *judge) inMap(src, dst oracleEnd, protocol corev1.Protocol, port int32) {
	if src.node != nil || dst.node != nil || src.pod == dst.pod {
		return
	}
	j.checks++
	var outcomes []report.Verdict
	for _, s := range j.sameEnd(src) {
		for _, d := range j.sameEnd(dst) {
			if s.pod == nil || s.pod != d.pod {
				outcomes = append(outcomes, j.outcomes(s, d, protocol, port)...)
			}
		}
	}
	if len(outcomes) == 0 && (src.ip.IsValid() || dst.ip.IsValid()) {
		return // "internet" is that of the pod's IP families
	}
	got := map[report.Verdict]bool{}
	whole := true
	for e := range j.connected.Edges {
		if j.isEnd(e.From, src) && j.isEnd(e.To, dst) && e.Connections.Contains(connset.Protocol(protocol), uint16(port)) {
			got[e.Verdict] = true
			whole = whole && !e.Partly
		}
	}
	for _, v := range []report.Verdict{report.Allowed, report.Unknown} {
		if slices.Contains(outcomes, v) != got[v] {
			j.Errorf("map: %s -> %s%s: %v is %v, the oracle says %v", nameOfEnd(src), nameOfEnd(dst), portText(protocol, port), v, got[v], outcomes)
			return
		}
	}
	mixed := slices.Contains(outcomes, report.Denied) && slices.Contains(outcomes, report.Allowed)
	if mixed && whole && got[report.Allowed] {
		j.Errorf("map: %s -> %s%s: some are denied, and the edge is not called partly", nameOfEnd(src), nameOfEnd(dst), portText(protocol, port))
	}
}

// sameEnd are the pods that a map shows as one end with this one.
func (j *judge) sameEnd(e oracleEnd) []oracleEnd {
	if e.pod == nil || len(e.pod.OwnerReferences) == 0 {
		return []oracleEnd{e}
	}
	var out []oracleEnd
	for i := range j.pods {
		p := &j.pods[i]
		if p.Namespace == e.pod.Namespace && len(p.OwnerReferences) > 0 &&
			p.OwnerReferences[0].Kind == e.pod.OwnerReferences[0].Kind && p.OwnerReferences[0].Name == e.pod.OwnerReferences[0].Name {
			out = append(out, oracleEnd{pod: p})
		}
	}
	return out
}

func (j *judge) isEnd(end report.End, e oracleEnd) bool {
	switch {
	case e.pod == nil:
		return (end.Kind == "Internet" || end.Kind == "Addresses") && holds(end, e.ip)
	case len(e.pod.OwnerReferences) > 0:
		o := e.pod.OwnerReferences[0]
		return end.Kind == o.Kind && end.Namespace == e.pod.Namespace && end.Name == o.Name
	default:
		return end.Kind == "Pod" && end.Namespace == e.pod.Namespace && end.Name == e.pod.Name
	}
}
