package query_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// The laws of verdicts, held on generated clusters.

func FuzzLaws(f *testing.F) {
	for i := range 32 {
		f.Add([]byte(fmt.Sprint("laws ", i)))
	}
	f.Fuzz(func(t *testing.T, data []byte) { laws(t, data, map[report.ChangeCode]int{}) })
}

func TestLawsOnSeeds(t *testing.T) {
	fixes, changes := 0, map[report.ChangeCode]int{}
	for i := range seeds(t, 120) {
		fixes += laws(t, fmt.Appendf(nil, "%c laws %d", rune(i%128), i), changes)
		if t.Failed() {
			t.Fatalf("seed %d", i)
		}
	}
	if fixes == 0 {
		t.Error("no fix was proposed, so none was judged")
	}
	t.Logf("%d fixes judged: %v", fixes, changes)
}

// laws counts the changes that fixes make.
func laws(t testing.TB, data []byte, changes map[report.ChangeCode]int) int {
	g := generate(data)
	j := &judge{TB: t, generator: g, m: model.New(g.snapshot(t)), changes: changes}
	j.findEnds()
	j.addingAnAllowRuleTakesNothing()
	j.aGapOnlyOpens()
	fixes := j.fixesDoWhatTheyAnnounce()
	if t.Failed() {
		t.Logf("the cluster:\n%s", g.manifests(t))
	}
	return fixes
}

// connection is one that a map could tell about.
type connection struct {
	src, dst int
	port     connectionPort
}

type connectionPort struct {
	protocol corev1.Protocol
	port     int32
}

func somePorts() []connectionPort {
	var out []connectionPort
	for _, protocol := range []corev1.Protocol{"TCP", "UDP", "SCTP"} {
		for _, port := range []int32{1, 53, 54, 80, 81, 101, 8080, 65535} {
			out = append(out, connectionPort{protocol, port})
		}
	}
	return out
}

// allowed are all connections between the ends that the oracle allows.
func (j *judge) allowed(policies []networkingv1.NetworkPolicy) map[connection]bool {
	with := judge{TB: j.TB, generator: &generator{objects: j.objects.with(policies)}}
	out := map[connection]bool{}
	for s, src := range j.ends {
		for d, dst := range j.ends {
			if src.pod == nil && dst.pod == nil {
				continue
			}
			for _, p := range somePorts() {
				if slices.Contains(with.outcomes(src, dst, p.protocol, p.port), report.Allowed) {
					out[connection{s, d, p}] = true
				}
			}
		}
	}
	return out
}

// with is the cluster with other policies, read again.
func (j *judge) with(policies []networkingv1.NetworkPolicy) *model.Model {
	g := &generator{objects: j.objects.with(policies), services: j.services}
	return model.New(g.snapshot(j.TB))
}

func (j *judge) addingAnAllowRuleTakesNothing() {
	if len(j.policies) == 0 {
		return
	}
	at := j.n(len(j.policies))
	policies := slices.Clone(j.policies)
	p := policies[at].DeepCopy()
	if appliesTo(p, networkingv1.PolicyTypeIngress) {
		p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: j.peers(), Ports: j.ports()})
	}
	if appliesTo(p, networkingv1.PolicyTypeEgress) {
		p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: j.peers(), Ports: j.ports()})
	}
	policies[at] = *p
	before, after := query.Map(j.m, query.Scope{Labels: selector.Everything()}, query.Options{}), query.Map(j.with(policies), query.Scope{Labels: selector.Everything()}, query.Options{})
	for _, src := range j.ends {
		for _, dst := range j.ends {
			if src.pod == nil && dst.pod == nil || src.node != nil || dst.node != nil || j.apart(src, dst) {
				continue
			}
			for _, open := range []bool{false, true} {
				if was, is := j.edges(before, src, dst, open), j.edges(after, src, dst, open); !is.ContainsAll(was) {
					j.Errorf("a rule added to %s/%s takes %v from %s -> %s (open=%v)", p.Namespace, p.Name, was.Subtract(is), nameOfEnd(src), nameOfEnd(dst), open)
				}
			}
		}
	}
}

// apart: a pod and an outside address that have no IP family in common, about
// which a map says nothing.
func (j *judge) apart(src, dst oracleEnd) bool {
	return len(j.outcomes(src, dst, corev1.ProtocolTCP, 1)) == 0
}

// edges are the connections of the edges between two ends, with open the ones
// that may be, too.
func (j *judge) edges(m *report.Map, src, dst oracleEnd, open bool) connset.Set {
	var out connset.Set
	for e := range m.Edges {
		if (open || e.Verdict == report.Allowed) && j.isEnd(e.From, src) && j.isEnd(e.To, dst) {
			out = out.Union(e.Connections)
		}
	}
	return out
}

func (j *judge) aGapOnlyOpens() {
	ns := pick(j.generator, j.namespaces...).Name
	need := j.refusal(ns)
	full := j.m.Snapshot
	m := model.New(forbid(full, need))
	gapMap := query.Map(m, query.Scope{Labels: selector.Everything()}, query.Options{})
	fullMap := query.Map(j.m, query.Scope{Labels: selector.Everything()}, query.Options{})
	for _, src := range j.ends {
		for _, dst := range j.ends {
			if src.pod == nil && dst.pod == nil {
				continue
			}
			port := pick(j.generator, somePorts()...)
			to := nameOfEnd(dst) + portText(port.protocol, port.port)
			if dst.ip.IsValid() {
				to = addressPort(dst.ip, port.protocol, port.port)
			}
			was, err := query.CanReach(j.m, j.ref(nameOfEnd(src)), j.ref(to), query.Options{})
			if err != nil {
				j.Errorf("%s -> %s: %v", nameOfEnd(src), to, err)
				continue
			}
			is, err := query.CanReach(m, j.ref(nameOfEnd(src)), j.ref(to), query.Options{})
			if err != nil {
				j.Errorf("%s -> %s without %s: %v", nameOfEnd(src), to, need.Permission(), err)
				continue
			}
			if is.Verdict != report.Unknown && is.Verdict != was.Verdict {
				j.Errorf("%s -> %s: %v; without %s: %v %s", nameOfEnd(src), to, was.Verdict, need.Permission(), is.Verdict, is.Reason)
			}
			if src.node != nil || dst.node != nil || j.apart(src, dst) || hiddenEnd(need, src) || hiddenEnd(need, dst) || src.pod == dst.pod {
				continue
			}
			before, after := j.edges(fullMap, src, dst, false), j.edges(gapMap, src, dst, false)
			if !before.ContainsAll(after) && need.Resource != snapshot.Pods {
				j.Errorf("map without %s: %s -> %s is certain of %v", need.Permission(), nameOfEnd(src), nameOfEnd(dst), after.Subtract(before))
			}
			if may := j.edges(gapMap, src, dst, true); !may.ContainsAll(before) && need.Resource != snapshot.Pods {
				j.Errorf("map without %s: %s -> %s denies %v", need.Permission(), nameOfEnd(src), nameOfEnd(dst), before.Subtract(may))
			}
		}
	}
}

func hiddenEnd(n snapshot.Need, e oracleEnd) bool {
	return n.Resource == snapshot.Pods && e.pod != nil && (n.Namespace == "" || n.Namespace == e.pod.Namespace)
}

// fixesDoWhatTheyAnnounce applies the fixes of some denied connections, and has
// the oracle say what they change. It returns how many there were.
func (j *judge) fixesDoWhatTheyAnnounce() int {
	// As the API server stores them.
	policies := slices.Clone(j.policies)
	for i := range policies {
		p := policies[i].DeepCopy()
		p.Spec.PolicyTypes = nil
		for _, t := range []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress} {
			if appliesTo(&j.policies[i], t) {
				p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, t)
			}
		}
		policies[i] = *p
	}
	before := j.allowed(policies)
	fixes := 0
	for range 12 {
		src, dst := pick(j.generator, j.ends...), oracleEnd{pod: &j.pods[j.n(len(j.pods))]}
		port := pick(j.generator, somePorts()...)
		q := question{nameOfEnd(src), nameOfEnd(dst) + portText(port.protocol, port.port), func(with *judge) []report.Verdict {
			return orDenied(with.outcomes(src, dst, port.protocol, port.port))
		}}
		switch j.n(4) {
		case 0:
			if len(j.services) > 0 {
				s := pick(j.generator, j.services...)
				q.to, q.outcomes = s.Namespace+"/svc/"+s.Name+":80", func(with *judge) []report.Verdict { return with.through(src, &s) }
			}
		case 1:
			ns := pick(j.generator, j.namespaces...).Name
			q.from, q.outcomes = "ns/"+ns, func(with *judge) (out []report.Verdict) {
				for i := range with.pods {
					if with.pods[i].Namespace == ns && &with.pods[i] != dst.pod {
						out = append(out, orDenied(with.outcomes(oracleEnd{pod: &with.pods[i]}, dst, port.protocol, port.port))...)
					}
				}
				return out
			}
		}
		x, err := query.Explain(j.m, j.ref(q.from), j.ref(q.to), query.Options{})
		if err != nil {
			j.Errorf("%s -> %s: %v", q.from, q.to, err)
			continue
		}
		if x.Fix == nil {
			continue
		}
		fixes++
		for _, p := range x.Fix.Patches {
			j.changes[p.Change]++
		}
		j.judgeFix(policies, before, q, x.Fix)
		if q.from == nameOfEnd(src) && src.pod != nil && src.pod != dst.pod && !src.pod.Spec.HostNetwork && !dst.pod.Spec.HostNetwork && !strings.Contains(q.to, "/svc/") {
			j.opensTheLeast(policies, before, src, dst, port, x.Fix)
		}
		if fixes == 3 {
			break
		}
	}
	return fixes
}

// question is one that is fixed; outcomes are the oracle's answer to it.
type question struct {
	from, to string
	outcomes func(with *judge) []report.Verdict
}

func (j *judge) judgeFix(policies []networkingv1.NetworkPolicy, before map[connection]bool, q question, fix *report.Fix) {
	question := q.from + " -> " + q.to
	patched := slices.Clone(policies)
	for _, p := range fix.Patches {
		var err error
		if patched, err = applyPatch(patched, p); err != nil {
			j.Errorf("%s: %s: %v", question, p.Patch, err)
			return
		}
	}
	with := &judge{TB: j.TB, generator: &generator{objects: j.objects.with(patched)}, m: j.m}
	if got, _ := expect(q.outcomes(with)); got != report.Allowed || fix.Verdict != report.Allowed {
		j.Errorf("%s: after %s the oracle says %v, the fix %v", question, fix.Patches[0].Command, got, fix.Verdict)
	}
	p, err := query.CanReach(j.with(patched), j.ref(q.from), j.ref(q.to), query.Options{})
	if err != nil || p.Verdict != report.Allowed {
		j.Errorf("%s: patched and read again: %+v %v", question, p, err)
	}
	after := j.allowed(patched)
	for c := range after {
		if !before[c] && !j.announced(c, fix.Patches) {
			j.Errorf("%s: the fix also opens %s -> %s%s, and does not say so: %+v", question, nameOfEnd(j.ends[c.src]), nameOfEnd(j.ends[c.dst]), portText(c.port.protocol, c.port.port), fix.Patches)
			return
		}
	}
	for c := range before {
		if !after[c] && !slices.ContainsFunc(fix.Patches, func(p report.Patch) bool {
			return p.Change == report.ReplacePort && j.concerns(c, p) && replaced(policies, p) == c.port.port
		}) {
			j.Errorf("%s: the fix closes %s -> %s%s: %+v", question, nameOfEnd(j.ends[c.src]), nameOfEnd(j.ends[c.dst]), portText(c.port.protocol, c.port.port), fix.Patches)
			return
		}
	}
}

// replaced is the port number that a patch takes away.
func replaced(policies []networkingv1.NetworkPolicy, p report.Patch) int32 {
	at := slices.IndexFunc(policies, func(o networkingv1.NetworkPolicy) bool {
		return o.Namespace == p.Policy.Namespace && o.Name == p.Policy.Name
	})
	var operations []struct{ Path string }
	var rule, port int
	if at < 0 || json.Unmarshal([]byte(p.Patch), &operations) != nil || len(operations) != 1 {
		return 0
	}
	if _, err := fmt.Sscanf(operations[0].Path, "/spec/ingress/%d/ports/%d/port", &rule, &port); err == nil {
		return policies[at].Spec.Ingress[rule].Ports[port].Port.IntVal
	}
	if _, err := fmt.Sscanf(operations[0].Path, "/spec/egress/%d/ports/%d/port", &rule, &port); err == nil {
		return policies[at].Spec.Egress[rule].Ports[port].Port.IntVal
	}
	return 0
}

// applyPatch does what kubectl patch --type=json does.
// or kubectl apply.
func applyPatch(policies []networkingv1.NetworkPolicy, p report.Patch) ([]networkingv1.NetworkPolicy, error) {
	if p.Manifest != nil {
		return append(policies, *p.Manifest), nil
	}
	for i := range policies {
		if policies[i].Namespace != p.Policy.Namespace || policies[i].Name != p.Policy.Name {
			continue
		}
		text, err := json.Marshal(policies[i])
		if err != nil {
			return nil, err
		}
		patch, err := jsonpatch.DecodePatch([]byte(p.Patch))
		if err != nil {
			return nil, err
		}
		if text, err = patch.Apply(text); err != nil {
			return nil, err
		}
		var out networkingv1.NetworkPolicy
		if err := json.Unmarshal(text, &out); err != nil {
			return nil, err
		}
		policies[i] = out
		return policies, nil
	}
	return nil, fmt.Errorf("no policy %s/%s", p.Policy.Namespace, p.Policy.Name)
}

// announced: a connection that was gained needs each of its ends to be open, and
// at least one was opened by a patch that says so.
func (j *judge) announced(c connection, patches []report.Patch) bool {
	return slices.ContainsFunc(patches, func(p report.Patch) bool {
		return j.concerns(c, p) && j.peerAnnounced(c, p) && j.portAnnounced(c, p)
	})
}

// concerns tells whether the patched policy isolates an end of the connection.
func (j *judge) concerns(c connection, p report.Patch) bool {
	subject := j.ends[c.dst]
	if p.Direction == report.Egress {
		subject = j.ends[c.src]
	}
	s, err := labels.Parse(p.Subject)
	if err != nil {
		j.Errorf("subject %q: %v", p.Subject, err)
		return false
	}
	return subject.pod != nil && subject.pod.Namespace == p.Policy.Namespace && s.Matches(labels.Set(subject.pod.Labels))
}

func (j *judge) peerAnnounced(c connection, p report.Patch) bool {
	peer := j.ends[c.src]
	if p.Direction == report.Egress {
		peer = j.ends[c.dst]
	}
	return len(p.Peers) == 0 || slices.ContainsFunc(p.Peers, func(text string) bool { return j.clauseAdmits(text, p.Policy.Namespace, peer) })
}

func (j *judge) clauseAdmits(text, home string, peer oracleEnd) bool {
	if block, ok := strings.CutPrefix(text, "ipBlock "); ok {
		cidr, except, _ := strings.Cut(block, " except ")
		for _, a := range addressesOfEnd(peer) {
			in := netip.MustParsePrefix(cidr).Contains(a)
			for _, e := range strings.Split(except, ",") {
				in = in && (e == "" || !netip.MustParsePrefix(e).Contains(a))
			}
			if in {
				return true
			}
		}
		return false
	}
	if peer.pod == nil || peer.pod.Spec.HostNetwork {
		return false
	}
	namespaces := false
	for _, part := range strings.Split(text, " and ") {
		what, selectorText, _ := strings.Cut(part, " ")
		if selectorText == "{}" {
			selectorText = ""
		}
		s, err := labels.Parse(selectorText)
		if err != nil {
			j.Errorf("clause %q: %v", text, err)
			return false
		}
		switch what {
		case "namespaceSelector":
			namespaces = true
			if !s.Matches(labels.Set(j.namespaceLabels(peer.pod.Namespace))) {
				return false
			}
		case "podSelector":
			if !s.Matches(labels.Set(peer.pod.Labels)) {
				return false
			}
		default:
			j.Errorf("clause %q cannot be read", text)
			return false
		}
	}
	return namespaces || peer.pod.Namespace == home
}

func (j *judge) portAnnounced(c connection, p report.Patch) bool {
	return len(p.Ports) == 0 || slices.ContainsFunc(p.Ports, func(text string) bool {
		protocol, port, numbered := strings.Cut(text, " ")
		if protocol != string(c.port.protocol) {
			return false
		}
		first, last, ranged := strings.Cut(port, "-")
		if !ranged {
			last = first
		}
		low, err := strconv.Atoi(first)
		high, _ := strconv.Atoi(last)
		if numbered && err != nil {
			dst := j.ends[c.dst]
			return dst.pod != nil && declares(dst.pod, port, packet{protocol: c.port.protocol, port: c.port.port})
		}
		return !numbered || int32(low) <= c.port.port && c.port.port <= int32(high)
	})
}
