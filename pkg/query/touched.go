package query

import (
	"maps"
	"reflect"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// touched are the ends whose connections two models may tell differently: the
// pods of both are compared, and the policies that select them. A pair of ends
// neither of which is touched has the same connections in both.
type touched struct {
	// all: something that bears on every pod differs.
	all  bool
	ends map[string]bool
	// unread are the permissions whose absence may hide an end that differs.
	unread map[string]bool
}

func (t *touched) has(e report.End) bool { return t.all || t.ends[endKey(e)] }

// touchedBetween finds what differs between two models.
func touchedBetween(before, after *model.Model) *touched {
	t := &touched{ends: map[string]bool{}, unread: map[string]bool{}}
	t.all = !reflect.DeepEqual(before.Plugin, after.Plugin) || !reflect.DeepEqual(before.Unmodelled(), after.Unmodelled()) ||
		!reflect.DeepEqual(before.PolicyObjects(), after.PolicyObjects()) || !reflect.DeepEqual(before.Gaps(), after.Gaps()) || !reflect.DeepEqual(before.Nodes(), after.Nodes())
	if t.all {
		return t
	}
	t.compare(before, after)
	t.compare(after, before)
	if len(t.ends)+len(t.unread) > 0 {
		for _, r := range append(routeKinds(), snapshot.Ingresses, snapshot.Gateways, snapshot.Services, snapshot.EndpointSlices) {
			if gap := after.Hidden(r, ""); gap != nil {
				t.unread[gap.Permission()] = true
			}
		}
	}
	return t
}

// compare touches what of one model is not so in the other.
func (t *touched) compare(one, other *model.Model) {
	e := &engine{Model: one}
	changed := map[string][]*policy.Policy{}
	for _, p := range one.Policies() {
		q := other.Policy(p.Name)
		if q != nil && (p == q || reflect.DeepEqual(p.Spec, q.Spec)) {
			continue
		}
		if compiled := findPolicy(one, report.Object{Namespace: p.Namespace, Name: p.Name.Name}); compiled != nil {
			changed[p.Namespace] = append(changed[p.Namespace], compiled)
		}
	}
	namespaces, samePods := map[string]bool{}, one.SamePods(other)
	for _, p := range one.Pods() {
		same, seen := namespaces[p.Namespace]
		if !seen {
			same = sameNamespace(one, other, p.Namespace)
			namespaces[p.Namespace] = same
		}
		if !same || !samePods && !samePodIn(other, p) || selected(changed[p.Namespace], p) {
			t.ends[endKey(e.partyEnd(model.Party{Pod: p}))] = true
		}
	}
	// Pods that could not be read may be among those that a policy selects.
	for _, p := range e.unseen() {
		if len(changed[p.Pod.Namespace]) > 0 || !sameNamespace(one, other, p.Pod.Namespace) {
			t.unread[snapshot.Need{Resource: snapshot.Pods, Namespace: p.Pod.Namespace}.Permission()] = true
		}
	}
}

func samePodIn(m *model.Model, p *snapshot.Pod) bool {
	q := m.Pod(p.Name)
	return q == p || q != nil && reflect.DeepEqual(p, q)
}

// sameNamespace compares what is known of a namespace: its labels, and whether
// its policies are.
func sameNamespace(a, b *model.Model, name string) bool {
	x, y := a.NamespaceLabels(name), b.NamespaceLabels(name)
	return x.Partial == y.Partial && maps.Equal(x.Set, y.Set) && (a.PoliciesUnknown(name) == nil) == (b.PoliciesUnknown(name) == nil)
}

func selected(policies []*policy.Policy, p *snapshot.Pod) bool {
	for _, q := range policies {
		if q.Subject.Match(selector.Known(p.Labels)) != selector.No {
			return true
		}
	}
	return false
}
