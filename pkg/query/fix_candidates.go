package query

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/networkpolicy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// candidate is one change of one policy, and what it does.
type candidate struct {
	patch  report.Patch
	policy *snapshot.Policy
	model  *model.Model
	// created: the policy is a new one.
	created bool
	// wide: the policy selects more workloads than were asked about, or the rule has
	// peers beyond them, be it that none of them gains anything today.
	wide bool
	// rule is the one that was changed or added, as compiled.
	rule *policy.Rule
	// compiled is the whole policy.
	compiled *policy.Policy
	// cost is how much it opens that was not asked for; lost that it closes something
	// on a port that is in use.
	cost float64
	lost bool
	// mends counts the denied answers that it is for.
	mends int
}

// before tells whether a candidate is better than another: it opens less that was
// not asked for, or as little and keeps to the workloads that were. Between those that
// open the same, one that makes no object more is preferred, and a smaller change of
// what is there.
func (c *candidate) before(o *candidate) bool {
	return cmp.Or(
		cmp.Compare(c.cost, o.cost), compareBool(c.lost, o.lost), compareBool(c.wide, o.wide), cmp.Compare(o.mends, c.mends),
		cmp.Compare(effort(c.patch.Change), effort(o.patch.Change)), cmp.Compare(len(c.patch.Peers), len(o.patch.Peers)),
	) < 0
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// effort orders kinds of changes by how much of what is there they leave alone.
func effort(c report.ChangeCode) int {
	return slices.Index([]report.ChangeCode{report.ReplacePort, report.AddPort, report.AddPeer, report.AddRule, report.NewPolicy}, c)
}

// apply makes the change in a model; false where it cannot be made.
func (c *candidate) apply(m *model.Model) bool {
	if c.compiled == nil {
		compiled, err := networkpolicy.Compile(c.policy)
		if err != nil {
			return false
		}
		c.compiled = compiled
		rules := compiled.In(c.patch.Direction).Rules
		at := slices.IndexFunc(rules, func(r policy.Rule) bool { return r.Path == c.patch.Rule })
		if at < 0 {
			return false
		}
		c.rule = &rules[at]
	}
	b := snapshot.NewBuilder(m.Snapshot)
	b.AddPolicy(c.policy)
	c.model = m.With(b.Snapshot())
	return true
}

// operation is one operation of a JSON patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// candidates are all changes within reach: in each policy that denies, a port or a
// peer more in a rule, or a rule more; and a policy of its own.
func (f *fixer) candidates(w *want) []*candidate {
	var out []*candidate
	add := func(c *candidate) {
		if c != nil {
			c.mends, c.patch.Nodes = w.mends, slices.ContainsFunc(w.peers, model.Party.Host)
			out = append(out, c)
		}
	}
	peers, subjects := f.peerChoices(w), f.subjectChoices(w)
	for _, labels := range subjects {
		for _, p := range peers {
			add(f.newPolicy(w, labels, p))
		}
	}
	for _, e := range w.evidence {
		old := f.model.Policy(snapshot.Name{Namespace: e.Policy.Namespace, Name: e.Policy.Name})
		compiled := findPolicy(f.model, e.Policy)
		if old == nil || compiled == nil || f.creates(old.Name) || compiled.Subject.Empty() && len(subjects) > 0 {
			continue // a policy for a whole namespace is left alone where one of its own will do
		}
		of := &change{fixer: f, want: w, old: old, compiled: compiled}
		for i, r := range e.Rules {
			if w.merged {
				break
			}
			if r.PeersMatch() == report.Matches && len(r.Ports) > 0 && numbered16(w.ports) && w.confines(&compiled.In(w.direction).Rules[i]) {
				add(of.replacePort(i, r))
				add(of.addPort(i, r))
			}
			if r.PortsMatch() == report.Matches && len(r.Peers) > 0 && of.justPorts(i) {
				for _, p := range peers {
					if len(p) == 1 {
						add(of.addPeer(i, r, p[0]))
					}
				}
			}
		}
		for _, p := range peers {
			add(of.addRule(p))
		}
	}
	return out
}

// confines tells whether all peers of a rule are in the namespaces of those asked
// about, or the very addresses: who else gets a port more is known without reading the
// whole cluster.
func (w *want) confines(r *policy.Rule) bool {
	namespaces, blocks := map[string]bool{}, map[string]bool{}
	for _, p := range w.peers {
		for _, c := range clausesOf(w.home(), p, nil) {
			if c.IPBlock != nil {
				blocks[c.IPBlock.CIDR] = len(c.IPBlock.Except) == 0
			}
		}
		if p.Pod != nil && !p.Host() {
			namespaces[p.Pod.Namespace] = true
		}
	}
	return !r.AnyPeer && !slices.ContainsFunc(r.Peers, func(p policy.Peer) bool {
		if p.Block != nil {
			return len(p.Block.Except) > 0 || !blocks[p.Block.CIDR.String()]
		}
		return !namespaces[peerNamespace(&p)]
	})
}

// creates tells whether a step makes the policy: nobody has it yet to patch it.
func (f *fixer) creates(name snapshot.Name) bool {
	return slices.ContainsFunc(f.steps, func(c *candidate) bool { return c.created && c.policy.Name == name })
}

// numbered16 tells whether each port is a number.
func numbered16(ports []report.PortMapping) bool {
	return !slices.ContainsFunc(ports, func(p report.PortMapping) bool { return p.Pod == 0 })
}

func findPolicy(m *model.Model, name report.Object) *policy.Policy {
	for _, p := range m.PoliciesIn(name.Namespace) {
		if p.Name.Name == name.Name {
			return p
		}
	}
	return nil
}

func (w *want) rules() string {
	if w.direction == report.Egress {
		return "egress"
	}
	return "ingress"
}

func (w *want) side() string {
	if w.direction == report.Egress {
		return "to"
	}
	return "from"
}

// portClauses are the clauses that admit the ports, and what they are called; none
// for every port.
func (w *want) portClauses() (clauses []networkingv1.NetworkPolicyPort, texts []string) {
	for _, p := range w.ports {
		if p.Protocol == "" {
			return nil, nil
		}
		protocol := corev1.Protocol(p.Protocol)
		clause := networkingv1.NetworkPolicyPort{Protocol: &protocol}
		text := string(p.Protocol)
		if p.Pod != 0 {
			number := intstr.FromInt32(int32(p.Pod))
			clause.Port = &number
			text = fmt.Sprintf("%s %d", p.Protocol, p.Pod)
		}
		if !slices.Contains(texts, text) {
			clauses, texts = append(clauses, clause), append(texts, text)
		}
	}
	return clauses, texts
}

// rule admits just peers and the ports asked for.
func (w *want) rule(peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) any {
	if w.direction == report.Egress {
		return networkingv1.NetworkPolicyEgressRule{To: peers, Ports: ports}
	}
	return networkingv1.NetworkPolicyIngressRule{From: peers, Ports: ports}
}

// newPolicy is a policy of its own for just the subjects.
func (f *fixer) newPolicy(w *want, labels map[string]string, peers []networkingv1.NetworkPolicyPeer) *candidate {
	ports, texts := w.portClauses()
	name := snapshot.Name{Namespace: w.home(), Name: f.policyName(w)}
	object := networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name},
		Spec:       networkingv1.NetworkPolicySpec{PodSelector: metav1.LabelSelector{MatchLabels: labels}},
	}
	if w.direction == report.Egress {
		object.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}
		object.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{To: peers, Ports: ports}}
	} else {
		object.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		object.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: peers, Ports: ports}}
	}
	text, err := yaml.Marshal(object)
	if err != nil {
		return nil
	}
	return &candidate{
		created: true, policy: &snapshot.Policy{Name: name, Spec: *object.Spec.DeepCopy()},
		wide: f.beyond(w.subjects, name.Namespace, selector.OfSet(labels)),
		patch: report.Patch{
			Policy: report.Object{Kind: "NetworkPolicy", Namespace: name.Namespace, Name: name.Name}, Change: report.NewPolicy, Manifest: &object,
			Command: "kubectl apply -f - <<'EOF'\n" + string(text) + "EOF",
			Rule:    fmt.Sprintf("spec.%s[0]", w.rules()), Direction: w.direction, Subject: selector.OfSet(labels).String(),
			Peers: peerTexts(name.Namespace, peers), Ports: texts,
		},
	}
}

// beyond tells whether a selector takes in pods of workloads that were not asked about.
func (f *fixer) beyond(asked []model.Party, namespace string, s selector.Selector) bool {
	about := f.about(asked)
	return s.Empty() || slices.ContainsFunc(f.base.PodsIn(namespace), func(p *snapshot.Pod) bool {
		return !p.Finished() && !p.HostNetwork && s.Match(selector.Known(p.Labels)) == selector.Yes && !about(p)
	})
}

// about tells whether a pod is of the workloads of some parties, or carries their labels.
func (f *fixer) about(parties []model.Party) func(*snapshot.Pod) bool {
	e, ends := &engine{Model: f.base}, map[string]bool{}
	for _, p := range parties {
		ends[endKey(e.partyEnd(p))] = true
	}
	return func(pod *snapshot.Pod) bool {
		return ends[endKey(e.partyEnd(model.Party{Pod: pod}))] || slices.ContainsFunc(parties, func(p model.Party) bool {
			return p.Hypothetical && isAll(p, []*snapshot.Pod{pod})
		})
	}
}

// change makes changes of a policy that is there.
type change struct {
	*fixer
	want     *want
	old      *snapshot.Policy
	compiled *policy.Policy
}

// replacePort puts the pods' port in the place of the Service's, where the policy is
// about just that Service's pods: then nothing else can rely on the port it names.
func (c *change) replacePort(rule int, r report.RuleEvidence) *candidate {
	s := c.want.service
	if len(c.want.ports) != 1 || s == nil || len(s.Selector) == 0 || c.compiled.Subject.String() != selector.OfSet(s.Selector).String() {
		return nil
	}
	for i, clause := range r.Ports {
		if clause.Mismatch != nil && clause.Mismatch.ServicePort {
			op := operation{Op: "replace", Path: fmt.Sprintf("/spec/%s/%d/ports/%d/port", c.want.rules(), rule, i), Value: c.want.ports[0].Pod}
			return c.patched(report.ReplacePort, rule, clauseTexts(r.Peers), nil, op)
		}
	}
	return nil
}

// addPort lets a rule's peers have the ports, too.
func (c *change) addPort(rule int, r report.RuleEvidence) *candidate {
	clauses, _ := c.want.portClauses()
	var ops []operation
	for _, clause := range clauses {
		ops = append(ops, operation{Op: "add", Path: fmt.Sprintf("/spec/%s/%d/ports/-", c.want.rules(), rule), Value: clause})
	}
	return c.patched(report.AddPort, rule, clauseTexts(r.Peers), nil, ops...)
}

// justPorts tells whether a rule admits a single port, so that a further peer gets
// nothing beyond it.
func (c *change) justPorts(rule int) bool {
	ports := c.compiled.In(c.want.direction).Rules[rule].Ports
	return len(ports) == 1 && (ports[0].Name != "" || ports[0].First != 0 && ports[0].First == ports[0].Last)
}

func (c *change) addPeer(rule int, r report.RuleEvidence, peer networkingv1.NetworkPolicyPeer) *candidate {
	op := operation{Op: "add", Path: fmt.Sprintf("/spec/%s/%d/%s/-", c.want.rules(), rule, c.want.side()), Value: peer}
	return c.patched(report.AddPeer, rule, peerTexts(c.old.Namespace, []networkingv1.NetworkPolicyPeer{peer}), clauseTexts(r.Ports), op)
}

// addRule adds a rule for just the peers and the ports asked about.
func (c *change) addRule(peers []networkingv1.NetworkPolicyPeer) *candidate {
	ports, _ := c.want.portClauses()
	rule := c.want.rule(peers, ports)
	count := len(c.compiled.In(c.want.direction).Rules)
	op := operation{Op: "add", Path: "/spec/" + c.want.rules() + "/-", Value: rule}
	if count == 0 {
		op = operation{Op: "add", Path: "/spec/" + c.want.rules(), Value: []any{rule}}
	}
	return c.patched(report.AddRule, count, peerTexts(c.old.Namespace, peers), nil, op)
}

// patched makes the change the way kubectl patch will: as a JSON patch of the
// policy's JSON. Ports nil are those asked for.
func (c *change) patched(code report.ChangeCode, rule int, peers, ports []string, ops ...operation) *candidate {
	text, err := json.Marshal(ops)
	if err != nil {
		return nil
	}
	spec, err := patchSpec(c.old.Spec, text)
	if err != nil {
		return nil
	}
	if ports == nil {
		_, ports = c.want.portClauses()
	}
	name := c.old.Name
	out := &candidate{
		policy: &snapshot.Policy{Name: name, Spec: *spec, Origin: c.old.Origin},
		wide:   c.beyond(c.want.subjects, name.Namespace, c.compiled.Subject),
		patch: report.Patch{
			Policy: c.compiled.Ref(), Patch: string(text), Change: code, Rule: fmt.Sprintf("spec.%s[%d]", c.want.rules(), rule),
			Direction: c.want.direction, Subject: c.compiled.Subject.String(), Peers: peers, Ports: ports,
			Command: fmt.Sprintf("kubectl patch networkpolicy %s -n %s --type=json -p %s", name.Name, name.Namespace, shellQuoted(string(text))),
		},
	}
	if code == report.AddPort || code == report.ReplacePort {
		out.wide = out.wide || c.reachesBeyond(&c.compiled.In(c.want.direction).Rules[rule])
	}
	return out
}

// reachesBeyond tells whether a rule has peers among workloads that were not asked about.
func (c *change) reachesBeyond(r *policy.Rule) bool {
	if r.AnyPeer {
		return true
	}
	for _, p := range c.want.peers {
		if p.Block.Prefix.IsValid() || p.Host() {
			return false // addresses, which the comparison tells apart
		}
	}
	about := c.about(c.want.peers)
	return slices.ContainsFunc(c.base.Pods(), func(p *snapshot.Pod) bool {
		return !p.Finished() && matchesRule(c.base, r, p) && !about(p)
	})
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

func clauseTexts(clauses []report.ClauseEvidence) []string {
	out := make([]string, len(clauses))
	for i, c := range clauses {
		out[i] = c.Clause
	}
	return out
}
