package query

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/networkpolicy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// operation is one operation of a JSON patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// propose finds the change that opens the least among those that let a denied
// answer's connections through the hop that denies them, and returns it with
// the model in which it is made; nil when there is none.
func propose(m *model.Model, d *draft) (*report.Patch, *model.Model) {
	direction, evidence := denyingHop(d.hops)
	if len(evidence) == 0 {
		return nil, nil
	}
	c := change{m: m, draft: d, direction: direction}
	// A rule that fails in its ports alone is mended there; so is one that
	// fails in its peers alone, if no other port comes along. Anything else
	// takes a rule of its own, which opens just what is asked for.
	for _, p := range evidence {
		for i, r := range p.Rules {
			if r.PeersMatch() == report.Matches && len(r.Ports) > 0 && c.port().Port != nil {
				return c.mendPort(p.Policy, i, r)
			}
		}
	}
	for _, p := range evidence {
		for i, r := range p.Rules {
			if r.PortsMatch() == report.Matches && len(r.Ports) == 1 && len(r.Peers) > 0 && singlePort(m, p.Policy, direction, i) {
				return c.addPeers(p.Policy, i, r)
			}
		}
	}
	return c.addRule(evidence[0].Policy)
}

// denyingHop returns the policies of the hop that denies.
func denyingHop(hops []report.Hop) (report.Direction, []report.PolicyEvidence) {
	for _, h := range hops {
		if h.Verdict != report.Denied {
			continue
		}
		if h.Reason == report.RuleDenies {
			return "", nil // no further rule of a NetworkPolicy helps against a rule that denies
		}
		policies := slices.DeleteFunc(slices.Clone(h.Policies), func(p report.PolicyEvidence) bool { return p.Policy.Kind != "NetworkPolicy" })
		if h.Kind == report.HopEgress {
			return report.Egress, policies
		}
		return report.Ingress, policies
	}
	return "", nil
}

// change makes one change of one policy.
type change struct {
	m         *model.Model
	draft     *draft
	direction report.Direction
}

func (c *change) rules() string {
	if c.direction == report.Egress {
		return "egress"
	}
	return "ingress"
}

func (c *change) side() string {
	if c.direction == report.Egress {
		return "to"
	}
	return "from"
}

// port is the port clause that admits the connection asked about.
func (c *change) port() networkingv1.NetworkPolicyPort {
	p := c.draft.sample.dst.Port
	protocol := corev1.Protocol(p.Protocol)
	out := networkingv1.NetworkPolicyPort{Protocol: &protocol}
	if p.Pod != 0 {
		number := intstr.FromInt32(int32(p.Pod))
		out.Port = &number
	}
	return out
}

// mendPort lets a rule's peers have the port: in place of the Service's port,
// where the policy is about just that Service's pods, or beside the others.
func (c *change) mendPort(name report.Object, rule int, r report.RuleEvidence) (*report.Patch, *model.Model) {
	op := operation{Op: "add", Path: fmt.Sprintf("/spec/%s/%d/ports/-", c.rules(), rule), Value: c.port()}
	code := report.AddPort
	for i, clause := range r.Ports {
		if clause.Mismatch != nil && clause.Mismatch.ServicePort && c.onlyServicePods(name) {
			op = operation{Op: "replace", Path: fmt.Sprintf("/spec/%s/%d/ports/%d/port", c.rules(), rule, i), Value: c.draft.sample.dst.Port.Pod}
			code = report.ReplacePort
		}
	}
	patch := report.Patch{Change: code, Rule: r.Path, Ports: []string{c.portText()}, Peers: clauseTexts(r.Peers)}
	return c.apply(name, op, patch)
}

// onlyServicePods tells whether the policy selects exactly what the Service
// selects: then nothing else can rely on the port it names.
func (c *change) onlyServicePods(name report.Object) bool {
	p := c.policy(name)
	s := c.draft.sample.dst.Service
	return p != nil && s != nil && len(s.Selector) > 0 && p.Subject.String() == selector.OfSet(s.Selector).String()
}

func (c *change) policy(name report.Object) *policy.Policy {
	return findPolicy(c.m, name)
}

func findPolicy(m *model.Model, name report.Object) *policy.Policy {
	for _, p := range m.PoliciesIn(name.Namespace) {
		if p.Name.Name == name.Name {
			return p
		}
	}
	return nil
}

// singlePort tells whether a rule admits one port only, so that a further peer
// gets nothing beyond it.
func singlePort(m *model.Model, name report.Object, d report.Direction, rule int) bool {
	p := findPolicy(m, name)
	if p == nil {
		return false
	}
	port := p.In(d).Rules[rule].Ports[0]
	return port.Name != "" || port.First != 0 && port.First == port.Last
}

func (c *change) addPeers(name report.Object, rule int, r report.RuleEvidence) (*report.Patch, *model.Model) {
	peers := c.peers(name.Namespace)
	if len(peers) != 1 {
		return c.addRule(name)
	}
	op := operation{Op: "add", Path: fmt.Sprintf("/spec/%s/%d/%s/-", c.rules(), rule, c.side()), Value: peers[0]}
	patch := report.Patch{Change: report.AddPeer, Rule: r.Path, Peers: peerTexts(name.Namespace, peers), Ports: clauseTexts(r.Ports)}
	return c.apply(name, op, patch)
}

// addRule adds a rule for just the peers and the port asked about.
func (c *change) addRule(name report.Object) (*report.Patch, *model.Model) {
	peers := c.peers(name.Namespace)
	if len(peers) == 0 {
		return nil, nil
	}
	ports := []networkingv1.NetworkPolicyPort(nil)
	texts := []string{}
	if c.port().Port != nil {
		ports = []networkingv1.NetworkPolicyPort{c.port()}
		texts = []string{c.portText()}
	}
	var rule any = networkingv1.NetworkPolicyIngressRule{From: peers, Ports: ports}
	if c.direction == report.Egress {
		rule = networkingv1.NetworkPolicyEgressRule{To: peers, Ports: ports}
	}
	p := c.policy(name)
	if p == nil {
		return nil, nil
	}
	count := len(p.In(c.direction).Rules)
	op := operation{Op: "add", Path: "/spec/" + c.rules() + "/-", Value: rule}
	if count == 0 {
		op = operation{Op: "add", Path: "/spec/" + c.rules(), Value: []any{rule}}
	}
	patch := report.Patch{
		Change: report.AddRule, Rule: fmt.Sprintf("spec.%s[%d]", c.rules(), count), Peers: peerTexts(name.Namespace, peers), Ports: texts,
	}
	return c.apply(name, op, patch)
}

// apply makes the change the way kubectl patch will: as a JSON patch of the
// policy's JSON.
func (c *change) apply(name report.Object, op operation, patch report.Patch) (*report.Patch, *model.Model) {
	old := c.m.Policy(snapshot.Name{Namespace: name.Namespace, Name: name.Name})
	if old == nil {
		return nil, nil
	}
	text, err := json.Marshal([]operation{op})
	if err != nil {
		return nil, nil
	}
	spec, err := patchSpec(old.Spec, text)
	if err != nil {
		return nil, nil
	}
	b := snapshot.NewBuilder(c.m.Snapshot)
	b.AddPolicy(&snapshot.Policy{Name: old.Name, Spec: *spec, Origin: old.Origin})
	patch.Policy, patch.Patch, patch.Direction = name, string(text), c.direction
	if p := c.policy(name); p != nil {
		patch.Subject = p.Subject.String()
	}
	patch.Command = fmt.Sprintf("kubectl patch networkpolicy %s -n %s --type=json -p %s", name.Name, name.Namespace, shellQuoted(string(text)))
	return &patch, model.New(b.Snapshot())
}

// shellQuoted makes one word of the shell of a text. Names need no quotes: they
// are DNS names, wherever they were read.
func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func patchSpec(spec networkingv1.NetworkPolicySpec, text []byte) (*networkingv1.NetworkPolicySpec, error) {
	before, err := json.Marshal(map[string]any{"spec": spec})
	if err != nil {
		return nil, err
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return nil, err
	}
	after, err := patch.Apply(before)
	if err != nil {
		return nil, err
	}
	var out struct {
		Spec networkingv1.NetworkPolicySpec `json:"spec"`
	}
	if err := json.Unmarshal(after, &out); err != nil {
		return nil, err
	}
	return &out.Spec, nil
}

// peers are the peer clauses that admit the other end of the answer, as seen
// from a policy of the namespace; none when no clause can.
func (c *change) peers(namespace string) []networkingv1.NetworkPolicyPeer {
	if c.direction == report.Egress {
		return peersOf(namespace, c.draft.sample.dst.Party, c.draft.sample.dst.Service)
	}
	if c.draft.sample.via != nil {
		// The pod sees the nodes' addresses, which come and go: no rule that
		// names them today is a fix.
		return nil
	}
	var out []networkingv1.NetworkPolicyPeer
	hosts := 0
	for _, s := range c.draft.sources {
		if s.Host() {
			hosts++
		}
		if hosts > maxHosts {
			return nil
		}
		for _, p := range peersOf(namespace, s, nil) {
			if !slices.ContainsFunc(out, func(o networkingv1.NetworkPolicyPeer) bool { return samePeer(o, p) }) {
				out = append(out, p)
			}
		}
	}
	return out
}

// maxHosts is of how many nodes, or pods on their network, a fix names the addresses
// at most: nobody keeps a list of hundreds, which come and go.
const maxHosts = 50

func samePeer(a, b networkingv1.NetworkPolicyPeer) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// peersOf are the narrowest lasting clauses that match a party.
func peersOf(namespace string, p model.Party, s *snapshot.Service) []networkingv1.NetworkPolicyPeer {
	switch {
	case p.Block.Prefix.IsValid():
		return []networkingv1.NetworkPolicyPeer{{IPBlock: ipBlock(p.Block)}}
	case p.Host():
		var out []networkingv1.NetworkPolicyPeer
		for _, a := range p.Addresses() {
			out = append(out, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: fmt.Sprintf("%s/%d", a, a.BitLen())}})
		}
		return out
	case p.Pod == nil || p.Unseen:
		return nil
	}
	labels := model.StableLabels(p.Pod.Labels)
	if s != nil && len(s.Selector) > 0 {
		labels = s.Selector
	}
	peer := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: labels}}
	if p.Pod.Namespace != namespace {
		peer.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{model.MetadataName: p.Pod.Namespace}}
	}
	return []networkingv1.NetworkPolicyPeer{peer}
}

func ipBlock(b address.Block) *networkingv1.IPBlock {
	out := &networkingv1.IPBlock{CIDR: b.Prefix.String()}
	for _, e := range b.Except {
		out.Except = append(out.Except, e.String())
	}
	return out
}

func peerTexts(namespace string, peers []networkingv1.NetworkPolicyPeer) []string {
	out := make([]string, len(peers))
	for i := range peers {
		out[i] = networkpolicy.DescribePeer(namespace, peers[i])
	}
	return out
}

func clauseTexts(clauses []report.ClauseEvidence) []string {
	out := make([]string, len(clauses))
	for i, c := range clauses {
		out[i] = c.Clause
	}
	return out
}

func (c *change) portText() string {
	p := c.draft.sample.dst.Port
	return fmt.Sprintf("%s %d", p.Protocol, p.Pod)
}
