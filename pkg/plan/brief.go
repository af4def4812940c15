package plan

import (
	"maps"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/networkpolicy"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Limits of a brief reading, beyond which one list of everything is the cheaper
// or the only way.
const (
	// maxLists is how many namespaces are listed one by one, in any cluster; where
	// the lists are of few pods, a tenth of all namespaces are.
	maxLists = 20
	// maxStrays is how many policies that may have been meant for the target's
	// namespace are looked into.
	maxStrays = 5
)

// brief reads, of everybody who may be the source, the target's own namespace and
// the pods that the policies in play can tell from the others of their namespace.
// It reports false where that is not possible and all pods have to be read.
//
// The pods left out are known well enough: no selector of the target's policies
// matches them, or one matches all of their namespace, and their own policies are
// those of their namespace. Not so where addresses or nodes decide, which no
// selector finds.
func (p *planner) brief(target reference.Reference) bool {
	if !p.policies() {
		return false
	}
	if len(p.needs) > 0 {
		return true // the policies or the target are yet to be read
	}
	if b := cni.Detect(p.s).Behaviour; b.UnpolicedDenied || b.HostNamespace || len(p.s.PolicyObjects()) > 0 {
		return false // it is not the target's policies alone that tell pods apart
	}
	pods, ok := p.targetPods(target)
	b := briefing{planner: p, ports: map[*snapshot.Pod]connset.Set{}}
	ports := p.targetPorts(target, pods)
	for _, pod := range pods {
		b.target(pod, ports)
	}
	if !ok || !b.everybodyElse() || !b.strays() {
		p.needs = nil // all pods are read instead
		return false
	}
	p.owners(p.s.Pods())
	return true
}

// targetPods are the pods behind a target, or more of its namespace; false where
// they do not tell what decides.
func (p *planner) targetPods(r reference.Reference) ([]*snapshot.Pod, bool) {
	name := nameOf(r)
	switch r.Form {
	case reference.FormLabels:
		return []*snapshot.Pod{{Name: snapshot.Name{Namespace: r.Namespace}, Labels: r.Labels}}, true
	case reference.FormObject:
	default:
		return nil, false
	}
	switch {
	case r.Kind == reference.Pod:
		if pod := p.s.Pod(name); pod != nil {
			return []*snapshot.Pod{pod}, true
		}
	case r.Kind == reference.Service:
		s := p.s.Service(name)
		if s == nil || s.Type == snapshot.ExternalName || s.InternalLocal || hinted(p.s.EndpointSlicesOf(s.Name)) {
			return nil, false
		}
		out := p.labelled(s.Namespace, s.Selector)
		for _, slice := range p.s.EndpointSlicesOf(s.Name) {
			for _, e := range slice.Endpoints {
				if pod := p.s.Pod(e.PodName(slice.Namespace)); pod != nil {
					out = append(out, pod)
				} else {
					return nil, false // an address by hand, of whatever there is
				}
			}
		}
		return out, true
	case r.Kind.IsWorkload():
		if w := p.s.Workload(string(r.Kind), name); w != nil {
			return p.labelled(w.Namespace, w.Selector), true
		}
	}
	return nil, false
}

// targetPorts are the ports of the pods behind a target that a question may be
// about, or more.
func (p *planner) targetPorts(r reference.Reference, pods []*snapshot.Pod) connset.Set {
	out := connset.Empty()
	add := func(protocol connset.Protocol, port uint16) {
		if port == 0 {
			out = connset.All()
		}
		out = out.Union(connset.Of(protocol, port, port))
	}
	number := r.Port.Number
	if r.Kind != reference.Service || r.Form != reference.FormObject {
		for _, pod := range pods {
			for _, port := range pod.Ports {
				add(port.Protocol, port.Port)
			}
			if len(pod.Ports) == 0 {
				return connset.All() // any
			}
		}
		for _, protocol := range connset.Protocols() {
			if number != 0 {
				add(protocol, number)
			}
		}
		return out
	}
	s := p.s.Service(nameOf(r))
	if s == nil || s.Headless {
		return connset.All() // a client's port is the pod's
	}
	for _, slice := range p.s.EndpointSlicesOf(s.Name) {
		for _, port := range slice.Ports {
			add(port.Protocol, port.Port)
		}
	}
	for _, port := range s.Ports {
		if port.TargetName == "" {
			add(port.Protocol, port.TargetPort)
		}
		for _, pod := range pods {
			for _, declared := range pod.Ports {
				if declared.Name == port.TargetName && port.TargetName != "" {
					add(declared.Protocol, declared.Port)
				}
			}
		}
	}
	return out
}

// labelled are the pods of a namespace with these labels; with none, all.
func (p *planner) labelled(namespace string, set map[string]string) []*snapshot.Pod {
	match := labels.SelectorFromSet(set)
	var out []*snapshot.Pod
	for _, pod := range p.s.PodsIn(namespace) {
		if match.Matches(labels.Set(pod.Labels)) {
			out = append(out, pod)
		}
	}
	return out
}

// policies reads those of all namespaces; false where that is refused.
func (p *planner) policies() bool {
	for _, r := range []snapshot.Resource{snapshot.Namespaces, snapshot.NetworkPolicies, snapshot.PolicyKinds} {
		if all := (snapshot.Need{Resource: r}); !p.want(all) && p.failed(all) {
			return false
		}
	}
	return true
}

// briefing plans the brief reading for targets whose pods are known.
type briefing struct {
	*planner
	pods []*snapshot.Pod
	// ports of the pods that may be meant; rules about others decide nothing.
	ports map[*snapshot.Pod]connset.Set
	// byPort: whom a rule names is told even where it admits them to other ports.
	byPort bool
	// isolated: some pod of the target is. Everybody: some other is not, or a
	// rule admits all.
	isolated, everybody bool
	// admitted are the namespaces all of whose pods a peer matches; hosts, those
	// whose hostNetwork pods have to be told from the others.
	admitted, hosts map[string]bool
}

// target adds a pod that is asked about, on these ports.
func (b *briefing) target(pod *snapshot.Pod, ports connset.Set) {
	have, known := b.ports[pod]
	if !known {
		b.pods = append(b.pods, pod)
	}
	b.ports[pod] = have.Union(ports)
}

// everybodyElse reads the pods that something tells from the others of their
// namespace. It reports false where that is not possible.
func (b *briefing) everybodyElse() bool {
	b.admitted, b.hosts = map[string]bool{}, map[string]bool{}
	return b.ingress() && b.egress() && b.hostPods()
}

// read asks for pods. It reports false where that was refused: a server that
// knows no field spec.hostNetwork, for one, says so.
func (b *briefing) read(n snapshot.Need) bool { return b.want(n) || !b.failed(n) }

// ingress reads the pods that the peers of the target's policies select.
func (b *briefing) ingress() bool {
	homes := map[string][]*policy.Policy{}
	for _, pod := range b.pods {
		if pod.HostNetwork || pod.Namespace == "" {
			return false // nodes decide, or nothing is known
		}
		if _, known := homes[pod.Namespace]; known {
			continue
		}
		compiled, ok := b.compile(pod.Namespace)
		if !ok || !b.read(snapshot.Need{Resource: snapshot.Pods, Namespace: pod.Namespace}) {
			return false
		}
		homes[pod.Namespace] = compiled
	}
	selects := map[*policy.Policy][]*snapshot.Pod{}
	var order []*policy.Policy
	for _, pod := range b.pods {
		selected := policy.Select(homes[pod.Namespace], selector.Known(pod.Labels), report.Ingress)
		b.isolated = b.isolated || len(selected) > 0
		b.everybody = b.everybody || len(selected) == 0
		for _, s := range selected {
			if len(selects[s]) == 0 {
				order = append(order, s)
			}
			selects[s] = append(selects[s], pod)
		}
	}
	for _, s := range order {
		for i := range s.Ingress.Rules {
			if !b.rule(&s.Ingress.Rules[i], selects[s]) {
				return false
			}
		}
	}
	// A policy that is not evaluated may admit anybody.
	b.everybody = b.everybody || slices.ContainsFunc(b.s.Unmodelled(), func(u snapshot.Unmodelled) bool {
		_, home := homes[u.Namespace]
		return u.ClusterWide || u.Namespace == "" || home
	})
	return len(b.pods) > 0
}

// rule reads the pods that a rule tells from others, of a policy that selects these
// pods of the target.
func (b *briefing) rule(rule *policy.Rule, target []*snapshot.Pod) bool {
	if !b.concerns(rule, target) {
		return !b.byPort || !slices.ContainsFunc(rule.Peers, func(p policy.Peer) bool { return !b.named(&p) })
	}
	b.everybody = b.everybody || rule.AnyPeer
	for j := range rule.Peers {
		if !b.peer(&rule.Peers[j]) {
			return false
		}
	}
	return true
}

// concerns tells whether a rule may admit anybody to a port that is meant.
func (b *briefing) concerns(rule *policy.Rule, target []*snapshot.Pod) bool {
	return slices.ContainsFunc(target, func(p *snapshot.Pod) bool {
		_, possible := rule.Admits(&policy.Endpoint{Kind: policy.PodEndpoint, Ports: p.Ports, PortsUnknown: p.Phase == ""})
		return !possible.Intersect(b.ports[p]).IsEmpty()
	})
}

// peer reads the pods that a peer selects among others of their namespace.
func (b *briefing) peer(peer *policy.Peer) bool {
	if peer.Block != nil {
		return false // which pods have such an address, no selector tells
	}
	if peer.Namespaces != nil && (peer.Pods == nil || peer.Pods.Empty()) {
		for _, ns := range b.matching(peer) {
			b.admitted[ns], b.hosts[ns] = true, true
		}
	}
	return b.named(peer)
}

// named reads the pods that a peer selects by their labels. Those of the target's
// own namespace are read.
func (b *briefing) named(peer *policy.Peer) bool {
	if peer.Namespaces == nil || peer.Pods == nil || peer.Pods.Empty() {
		return true
	}
	text, matched := peer.Pods.String(), b.matching(peer)
	if len(matched) > max(maxLists, len(b.s.Namespaces())/10) {
		return b.read(snapshot.Need{Resource: snapshot.Pods, Labels: text})
	}
	return b.each(matched, func(ns string) snapshot.Need {
		return snapshot.Need{Resource: snapshot.Pods, Namespace: ns, Labels: text}
	})
}

// matching are the namespaces that a peer selects.
func (b *briefing) matching(peer *policy.Peer) []string {
	var out []string
	for _, ns := range b.s.Namespaces() {
		if peer.Namespaces.Match(selector.Known(ns.Labels)) == selector.Yes {
			out = append(out, ns.Name)
		}
	}
	return out
}

// egress reads the pods of the namespaces that get in as a whole but whose own
// policies make too many groups of them.
func (b *briefing) egress() bool {
	for _, ns := range b.s.Namespaces() {
		if !b.everybody && !b.admitted[ns.Name] {
			continue
		}
		compiled, ok := b.compile(ns.Name)
		if !ok {
			return false
		}
		whole := policy.Combinations(compiled, report.Egress) == nil
		for _, p := range compiled {
			switch {
			case !p.Egress.Isolates:
			case b.twoFamilies() && p.HasBlocks():
				// They may treat the target's addresses differently, and a source
				// may have one only. Otherwise, that pods of a cluster have an
				// address in common is taken for granted.
				whole = true
			case p.Subject.Empty():
				// hostNetwork pods are those that even this does not select.
				b.hosts[ns.Name] = true
			}
		}
		if whole && !b.read(snapshot.Need{Resource: snapshot.Pods, Namespace: ns.Name}) {
			return false
		}
	}
	return true
}

// twoFamilies tells whether a pod of the target has IPv4 and IPv6 addresses.
func (b *briefing) twoFamilies() bool {
	return slices.ContainsFunc(b.pods, func(p *snapshot.Pod) bool {
		return slices.ContainsFunc(p.IPs, netip.Addr.Is4) && slices.ContainsFunc(p.IPs, netip.Addr.Is6)
	})
}

// hostPods reads the hostNetwork pods for which something else holds than for the
// pods beside them: those on the nodes of an isolated target, which always get
// in, and those of the namespaces noted.
func (b *briefing) hostPods() bool {
	const host = "spec.hostNetwork=true"
	nodes := map[string]bool{}
	if b.isolated {
		for _, pod := range b.pods {
			nodes[pod.Node] = true
		}
	}
	if len(b.hosts) > maxLists || len(nodes) > maxLists || nodes[""] {
		return b.read(snapshot.Need{Resource: snapshot.Pods, Fields: host})
	}
	return b.each(slices.Sorted(maps.Keys(b.hosts)), func(ns string) snapshot.Need {
		return snapshot.Need{Resource: snapshot.Pods, Namespace: ns, Fields: host}
	}) && b.each(slices.Sorted(maps.Keys(nodes)), func(node string) snapshot.Need {
		return snapshot.Need{Resource: snapshot.Pods, Fields: host + ",spec.nodeName=" + node}
	})
}

// each reads one list for each name.
func (b *briefing) each(names []string, need func(string) snapshot.Need) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !b.read(need(name)) })
}

// strays reads whether policies of other namespaces that would select the target
// select anything at all where they are.
func (b *briefing) strays() bool {
	var needs []snapshot.Need
	for _, in := range b.s.Policies() {
		if in.Namespace == b.pods[0].Namespace {
			continue
		}
		subject, err := selector.Compile(&in.Spec.PodSelector)
		if err != nil || subject.Empty() {
			continue
		}
		if slices.ContainsFunc(b.pods, func(p *snapshot.Pod) bool { return subject.Match(selector.Known(p.Labels)) == selector.Yes }) {
			needs = append(needs, snapshot.Need{Resource: snapshot.Pods, Namespace: in.Namespace, Labels: subject.String()})
		}
	}
	return len(needs) > maxStrays || !slices.ContainsFunc(needs, func(n snapshot.Need) bool { return !b.read(n) })
}

// compile returns the policies of a namespace; false where one is invalid.
func (b *briefing) compile(namespace string) ([]*policy.Policy, bool) {
	var out []*policy.Policy
	for _, in := range b.s.PoliciesOf(namespace) {
		p, err := networkpolicy.Compile(in)
		if err != nil {
			return nil, false
		}
		out = append(out, p)
	}
	return out, true
}
