package plan

import (
	"maps"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/policy"
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
	settled := true
	for _, r := range []snapshot.Resource{snapshot.Namespaces, snapshot.NetworkPolicies, snapshot.PolicyKinds} {
		all := snapshot.Need{Resource: r}
		if !p.want(all) {
			if p.failed(all) {
				return false
			}
			settled = false
		}
	}
	if !settled || len(p.needs) > 0 {
		return true // the policies or the target are yet to be read
	}
	pods, ok := p.targetPods(target)
	b := briefing{planner: p, pods: pods, ports: p.targetPorts(target, pods), admitted: map[string]bool{}, hosts: map[string]bool{}}
	if !ok || !b.ingress() || !b.egress() || !b.hostPods() || !b.strays() {
		p.needs, p.asked = nil, map[snapshot.Need]bool{} // all pods are read instead
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
		if s == nil || s.Type == snapshot.ExternalName || s.InternalLocal {
			return nil, false
		}
		out := p.labelled(s.Namespace, s.Selector)
		for _, slice := range p.s.EndpointSlicesOf(s.Name) {
			for _, e := range slice.Endpoints {
				if pod := p.s.Pod(snapshot.Name{Namespace: s.Namespace, Name: e.Pod}); pod != nil {
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

// briefing plans the brief reading for a target whose pods are known.
type briefing struct {
	*planner
	pods []*snapshot.Pod
	// ports of the pods that may be meant; rules about others decide nothing.
	ports connset.Set
	// isolated: some pod of the target is. Everybody: some other is not, or a
	// rule admits all.
	isolated, everybody bool
	// admitted are the namespaces all of whose pods a peer matches; hosts, those
	// whose hostNetwork pods have to be told from the others.
	admitted, hosts map[string]bool
}

// read asks for pods. It reports false where that was refused: a server that
// knows no field spec.hostNetwork, for one, says so.
func (b *briefing) read(n snapshot.Need) bool { return b.want(n) || !b.failed(n) }

// ingress reads the pods that the peers of the target's policies select.
func (b *briefing) ingress() bool {
	home := ""
	for _, pod := range b.pods {
		if pod.HostNetwork {
			return false // nodes decide
		}
		home = pod.Namespace
	}
	if home == "" {
		return false
	}
	compiled, ok := b.compile(home)
	if !ok || !b.read(snapshot.Need{Resource: snapshot.Pods, Namespace: home}) {
		return false
	}
	seen := map[*policy.Policy]bool{}
	for _, pod := range b.pods {
		selected := policy.Select(compiled, selector.Known(pod.Labels), report.Ingress)
		b.isolated = b.isolated || len(selected) > 0
		b.everybody = b.everybody || len(selected) == 0
		for _, s := range selected {
			if seen[s] {
				continue
			}
			seen[s] = true
			for i := range s.Ingress.Rules {
				rule := &s.Ingress.Rules[i]
				if !b.concerns(rule) {
					continue
				}
				b.everybody = b.everybody || rule.AnyPeer
				for j := range rule.Peers {
					if !b.peer(&rule.Peers[j]) {
						return false
					}
				}
			}
		}
	}
	// A policy that is not evaluated may admit anybody.
	b.everybody = b.everybody || slices.ContainsFunc(b.s.Unmodelled(), func(u snapshot.Unmodelled) bool {
		return u.ClusterWide || u.Namespace == "" || u.Namespace == home
	})
	return true
}

// concerns tells whether a rule may admit anybody to a port that is meant.
func (b *briefing) concerns(rule *policy.Rule) bool {
	return slices.ContainsFunc(b.pods, func(p *snapshot.Pod) bool {
		_, possible := rule.Admits(&policy.Endpoint{Kind: policy.PodEndpoint, Ports: p.Ports, PortsUnknown: p.Phase == ""})
		return !possible.Intersect(b.ports).IsEmpty()
	})
}

// peer reads the pods that a peer selects among others of their namespace.
func (b *briefing) peer(peer *policy.Peer) bool {
	if peer.Block != nil {
		return false // which pods have such an address, no selector tells
	}
	if peer.Namespaces == nil {
		return true // the target's own, which is read
	}
	var matched []string
	for _, ns := range b.s.Namespaces() {
		if peer.Namespaces.Match(selector.Known(ns.Labels)) == selector.Yes {
			matched = append(matched, ns.Name)
		}
	}
	if peer.Pods == nil || peer.Pods.Empty() {
		for _, ns := range matched {
			b.admitted[ns], b.hosts[ns] = true, true
		}
		return true
	}
	text := peer.Pods.String()
	if len(matched) > max(maxLists, len(b.s.Namespaces())/10) {
		return b.read(snapshot.Need{Resource: snapshot.Pods, Labels: text})
	}
	return b.each(matched, func(ns string) snapshot.Need {
		return snapshot.Need{Resource: snapshot.Pods, Namespace: ns, Labels: text}
	})
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
	home := b.pods[0].Namespace
	var needs []snapshot.Need
	for _, in := range b.s.Policies() {
		if in.Namespace == home {
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
		p, err := policy.Compile(in)
		if err != nil {
			return nil, false
		}
		out = append(out, p)
	}
	return out, true
}
