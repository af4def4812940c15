package query

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy/networkpolicy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// subjectChoices are the labels by which a policy of its own may select just the
// pods whose policies deny: the Service's selector, where it is by a Service that
// they are reached, and the lasting labels that they share.
func (f *fixer) subjectChoices(w *want) []map[string]string {
	var out []map[string]string
	add := func(labels map[string]string) {
		if len(labels) > 0 && !slices.ContainsFunc(out, func(o map[string]string) bool { return maps.Equal(o, labels) }) {
			out = append(out, labels)
		}
	}
	var pods []*snapshot.Pod
	for _, p := range w.subjects {
		pods = append(pods, p.Pod)
	}
	if w.service != nil && w.service.Namespace == w.home() && w.direction == report.Ingress && selectsAll(w.service.Selector, pods) {
		add(w.service.Selector)
	}
	add(sharedLabels(pods))
	return out
}

func selectsAll(labels map[string]string, pods []*snapshot.Pod) bool {
	if len(labels) == 0 || len(model.StableLabels(labels)) < len(labels) {
		return false
	}
	return !slices.ContainsFunc(pods, func(p *snapshot.Pod) bool {
		for k, v := range labels {
			if p.Labels[k] != v {
				return true
			}
		}
		return false
	})
}

// peerChoices are the lists of peer clauses that admit the other end, the narrowest
// first; none when no clause can.
func (f *fixer) peerChoices(w *want) [][]networkingv1.NetworkPolicyPeer {
	var out [][]networkingv1.NetworkPolicyPeer
	add := func(peers []networkingv1.NetworkPolicyPeer) {
		if len(peers) > 0 && !slices.ContainsFunc(out, func(o []networkingv1.NetworkPolicyPeer) bool { return slices.EqualFunc(o, peers, samePeer) }) {
			out = append(out, peers)
		}
	}
	if ns := f.wholeNamespace(w.peers); ns != "" {
		if peers, ok := peersOf(w, nil, namespacePeer(w.home(), ns)); ok {
			add(peers)
		}
	}
	if w.service != nil && w.direction == report.Egress {
		if peers, ok := peersOf(w, w.service, nil); ok {
			add(peers)
		}
	}
	if peers, ok := peersOf(w, nil, nil); ok {
		add(peers)
	}
	return out
}

// wholeNamespace is the namespace of which the parties are all pods that have
// addresses of their own, where they are several workloads; or "".
func (f *fixer) wholeNamespace(parties []model.Party) string {
	asked, ns, kinds := map[*snapshot.Pod]bool{}, "", map[string]bool{}
	e := &engine{Model: f.base}
	for _, p := range parties {
		if p.Pod == nil || p.Hypothetical || p.Unseen || ns != "" && p.Pod.Namespace != ns {
			return ""
		}
		ns = p.Pod.Namespace
		asked[p.Pod] = true
		kinds[endKey(e.partyEnd(p))] = true
	}
	if len(kinds) < 2 || !f.base.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: ns}) {
		return ""
	}
	for _, p := range f.base.PodsIn(ns) {
		if !asked[p] && !p.Finished() && !p.HostNetwork {
			return ""
		}
	}
	return ns
}

func namespacePeer(home, namespace string) *networkingv1.NetworkPolicyPeer {
	if home == namespace {
		return &networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{}}
	}
	return &networkingv1.NetworkPolicyPeer{NamespaceSelector: namespaceNamed(namespace)}
}

// maxHosts is of how many nodes, or pods on their network, a fix names the addresses
// at most: nobody keeps a list of hundreds, which come and go.
const maxHosts = 50

// peersOf are the narrowest lasting clauses that match the peers; by stands for pods
// where it is given. It is false when some peer has none.
func peersOf(w *want, s *snapshot.Service, by *networkingv1.NetworkPolicyPeer) ([]networkingv1.NetworkPolicyPeer, bool) {
	var out []networkingv1.NetworkPolicyPeer
	hosts := 0
	for _, p := range w.peers {
		if p.Host() {
			hosts++
		}
		clauses := clausesOf(w.home(), p, s)
		if by != nil && p.Pod != nil && !p.Host() {
			clauses = []networkingv1.NetworkPolicyPeer{*by}
		}
		if hosts > maxHosts || len(clauses) == 0 {
			return nil, false
		}
		for _, c := range clauses {
			if !slices.ContainsFunc(out, func(o networkingv1.NetworkPolicyPeer) bool { return samePeer(o, c) }) {
				out = append(out, c)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b networkingv1.NetworkPolicyPeer) int {
		if a.IPBlock == nil || b.IPBlock == nil {
			return 0
		}
		return strings.Compare(a.IPBlock.CIDR, b.IPBlock.CIDR)
	})
	return out, true
}

// clausesOf are the narrowest lasting clauses that match a party.
func clausesOf(namespace string, p model.Party, s *snapshot.Service) []networkingv1.NetworkPolicyPeer {
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
	if s != nil && selectsAll(s.Selector, []*snapshot.Pod{p.Pod}) {
		labels = s.Selector
	}
	peer := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: labels}}
	if p.Pod.Namespace != namespace {
		peer.NamespaceSelector = namespaceNamed(p.Pod.Namespace)
	}
	return []networkingv1.NetworkPolicyPeer{peer}
}

func samePeer(a, b networkingv1.NetworkPolicyPeer) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
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

// policyName is bankapp-service-allow-frontend: what is reached, and by whom; for a
// policy of the source, frontend-allow-to-bankapp-service. It is no name that is taken.
func (f *fixer) policyName(w *want) string {
	subject, peer := f.called(w.subjects), f.called(w.peers)
	name := subject + "-allow-" + peer
	if w.direction == report.Egress {
		if w.service != nil {
			peer = w.service.Name.Name
		}
		name = subject + "-allow-to-" + peer
	} else if w.service != nil {
		name = w.service.Name.Name + "-allow-" + peer
	}
	name = fitName(name)
	for n := 2; f.model.Policy(snapshot.Name{Namespace: w.home(), Name: name}) != nil; n++ {
		name = fitName(fmt.Sprintf("%s-%d", strings.TrimSuffix(name, fmt.Sprintf("-%d", n-1)), n))
	}
	return name
}

// called is what parties are called in a name.
func (f *fixer) called(parties []model.Party) string {
	e := &engine{Model: f.base}
	end := e.partyEnd(parties[0])
	for _, p := range parties[1:] {
		if endKey(e.partyEnd(p)) != endKey(end) {
			return "clients"
		}
	}
	switch {
	case end.Kind == "Labels":
		var values []string
		for _, k := range slices.Sorted(maps.Keys(end.Labels)) {
			values = append(values, end.Labels[k])
		}
		return nameFrom(strings.Join(values, "-"), "labels")
	case parties[0].Block.Prefix.IsValid():
		return "addresses"
	case parties[0].Host():
		return "nodes"
	default:
		return nameFrom(end.Name, "pods")
	}
}

// nameFrom makes part of a DNS name of a text.
func nameFrom(text, otherwise string) string {
	out := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '-'
		}
	}, text), "-")
	if out == "" {
		return otherwise
	}
	return out
}
