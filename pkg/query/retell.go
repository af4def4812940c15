package query

import (
	"cmp"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// answered is what was answered to the pods of one standing.
type answered struct {
	by      *standing
	answers map[string]*said
}

// standings gives the pods of classes their answers. Where teams' policies say the
// same and differ in their names alone, which is most often so, one of them is asked
// and the others are told the same in their names.
func (c *collector) standings(v *viewer, classes []*model.Class, ask func([]model.Party) map[string]*said) {
	known := map[asked]answered{}
	for _, s := range v.standings(classes) {
		t, ok := known[s.asked]
		if !ok {
			t = answered{s, ask(s.sample(v.own))}
			known[s.asked] = t
		}
		answers, ok := c.retell(t, s)
		if !ok {
			answers = ask(s.sample(v.own))
		}
		c.differ(answers, func(n *report.Mismatch) bool { return c.differs(s, n) })
		nameless, others := c.byName(s)
		if len(nameless) > 0 {
			c.commit(byAddress(answers), nameless, nil)
		}
		if len(others) > 0 {
			c.commit(answers, others, nil)
		}
	}
}

// retell puts answers into the names of another standing; false where they tell of
// an address, which is each pod's own.
func (c *collector) retell(t answered, to *standing) (map[string]*said, bool) {
	out := make(map[string]*said, len(t.answers))
	for _, a := range t.answers {
		again := *a
		again.row.DecidedBy = renamed(a.row.DecidedBy, t.by.policies, to.policies)
		if n := a.row.Nearest; n != nil {
			other := *n
			if t.by != to && !c.rename(&other, a.row.Hop, t.by.parts[0].pods[0], to) {
				return nil, false
			}
			again.row.Nearest = &other
		}
		out[rowKey(again.row, again.via)] = &again
	}
	return out, true
}

// renamed are rules of other policies that say the same.
func renamed(rules []report.RuleRef, from, to []*policy.Policy) []report.RuleRef {
	if len(rules) == 0 || slices.Equal(from, to) {
		return rules
	}
	out := slices.Clone(rules)
	for i, r := range out {
		at := slices.IndexFunc(from, func(p *policy.Policy) bool { return p.Ref() == r.Policy })
		if at >= 0 {
			out[i].Policy, out[i].Location = to[at].Ref(), to[at].Origin.At(cmp.Or(r.Path, "spec"))
		}
	}
	return out
}

// rename puts a mismatch of a pod into the names of another standing.
func (c *collector) rename(n *report.Mismatch, hop report.HopKind, from *snapshot.Pod, to *standing) bool {
	pod := to.parts[0].pods[0]
	if hop != c.at {
		// What their own policies say of the question's own end.
		if n.Reason == report.NamespaceDiffers {
			n.Want = pod.Namespace
		}
		return true
	}
	switch n.Reason {
	case report.NamespaceDiffers, report.NamespaceLabel:
		if from.Namespace == pod.Namespace {
			return true
		}
	case report.PodLabel:
	default:
		_, _, named := c.valueOf(n, pod)
		return named || n.Got == "" || len(to.parts) > 1 || len(to.parts[0].pods) > 1
	}
	n.Got, n.Absent, _ = c.valueOf(n, pod)
	return true
}
