package query

import (
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// rest finds out about the pods that were not read because the answers do not
// need them one by one: those of each namespace together or, where their own
// policies decide, by which of these select them.
func (c *collector) rest(v *viewer, ask func([]model.Party) map[string]*said) {
	if c.Has(snapshot.Need{Resource: snapshot.Pods}) || !c.Has(snapshot.Need{Resource: snapshot.Namespaces}) {
		return
	}
	// What holds for one namespace without policies for egress holds for all that
	// the target's policies see alike.
	known := map[string]map[string]*said{}
	for _, ns := range c.Namespaces() {
		need := snapshot.Need{Resource: snapshot.Pods, Namespace: ns.Name}
		if c.Has(need) || c.Hidden(snapshot.Pods, ns.Name) != nil {
			continue
		}
		party := model.Party{Pod: &snapshot.Pod{Name: snapshot.Name{Namespace: ns.Name}}, Unseen: true, Rest: &model.Rest{Not: c.excluded(v, need)}}
		sets := policy.Combinations(c.PoliciesIn(ns.Name), report.Egress)
		if c.WideIn(ns.Name, report.Egress) {
			sets = nil // which of those binds them, only their labels tell
		}
		if len(sets) == 1 && len(sets[0]) == 0 {
			party.Rest.Isolated = true
			key := v.restKey(party)
			answers, ok := known[key]
			if !ok {
				answers = ask([]model.Party{party})
				known[key] = answers
			}
			c.differ(answers, func(n *report.Mismatch) bool { return c.restDiffers(n, ns.Name) })
			c.commit(answers, nil, []model.Party{party})
			continue
		}
		needs := maps.Clone(c.needs)
		// Too many to tell apart are not left unread by any plan; a recorded state
		// may have them, and the answer is then as open as it is.
		if answers := ask([]model.Party{party}); denied(answers) || sets == nil {
			c.commit(answers, nil, []model.Party{party})
			continue
		}
		c.needs = needs // not so: the policies are taken one by one
		for _, set := range sets {
			some := party
			some.Rest = &model.Rest{Not: party.Rest.Not, Isolated: true, Egress: set}
			c.commit(ask([]model.Party{some}), nil, []model.Party{some})
		}
	}
}

// incomplete tells of which namespaces not all pods were read: how many there are,
// or a workload of theirs has, is not known then.
func (c *collector) incomplete() func(namespace string) bool {
	if c.Has(snapshot.Need{Resource: snapshot.Pods}) {
		return func(string) bool { return false }
	}
	known := map[string]bool{}
	return func(ns string) bool {
		out, ok := known[ns]
		if !ok {
			out = !c.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: ns})
			known[ns] = out
		}
		return out
	}
}

// excluded are the pod selectors of the target's policies of which all pods of a
// namespace were read.
func (c *collector) excluded(v *viewer, need snapshot.Need) []selector.Selector {
	var out []selector.Selector
	for _, peer := range v.selectors {
		if peer.Pods == nil || peer.Pods.Empty() {
			continue
		}
		need.Labels = peer.Pods.String()
		if c.Has(need) {
			out = append(out, *peer.Pods)
		}
	}
	return out
}

// restKey identifies all that answers about the rest of a namespace without
// policies for egress depend on.
func (v *viewer) restKey(p model.Party) string {
	ns := v.namespace(p.Pod)
	key := []byte{byte(ns.id), byte(ns.id >> 8), byte(ns.id >> 16)}
	for _, s := range p.Rest.Not {
		key = append(append(key, s.String()...), 0)
	}
	return string(key)
}

// restDiffers tells whether a namespace has another value than the one that a
// mismatch tells of; what labels its pods have was not read.
func (c *collector) restDiffers(n *report.Mismatch, namespace string) bool {
	if n.Reason == report.PodLabel {
		return false
	}
	got, absent, named := c.valueOf(n, &snapshot.Pod{Name: snapshot.Name{Namespace: namespace}})
	return named && (got != n.Got || absent != n.Absent)
}

func denied(answers map[string]*said) bool {
	for _, a := range answers {
		if a.row.Verdict != report.Denied {
			return false
		}
	}
	return true
}

// restID tells the groups of one namespace's pods apart.
func restID(r *model.Rest) string {
	var b strings.Builder
	b.WriteString("rest")
	for _, p := range r.Egress {
		b.WriteString("/" + p.Name.Name)
	}
	return b.String()
}

// restrictedBy names the policies that tell a group of pods from others of the
// namespace: these, and no other, isolate them for egress. Those that select every
// pod alone tell nothing.
func restrictedBy(r *model.Rest) []report.Object {
	if !slices.ContainsFunc(r.Egress, func(p *policy.Policy) bool { return !p.Subject.Empty() }) {
		return nil
	}
	var out []report.Object
	for _, p := range r.Egress {
		out = append(out, p.Ref())
	}
	return out
}
