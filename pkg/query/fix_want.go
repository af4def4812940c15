package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// want is what the policies of one end have to let through.
type want struct {
	direction report.Direction
	// subjects are the pods whose policies deny, peers who is to talk with them.
	subjects, peers []model.Party
	// service leads to the targets, which are the subjects of ingress and the peers
	// of egress; it may be nil.
	service *snapshot.Service
	ports   []report.PortMapping
	// evidence is of the policies that deny, as they were asked about sample.
	evidence []report.PolicyEvidence
	sample   pair
	// merged: it stands for several peers, and the evidence is of one of them.
	merged bool
	// mends counts the further answers that it stands for.
	mends int
}

// next is what has to be let through next: the first denied answer, with all others
// that the very same rule lets through, and with all that a rule for the pods of the
// same Service can. It is nil when anything but a policy denies one: a fix of the rest
// would not be a fix.
func (f *fixer) next(found []*draft) []*want {
	var all []*want
	for _, d := range found {
		if d.verdict != report.Denied {
			continue
		}
		w := wantOf(d)
		if w == nil {
			return nil
		}
		all = append(all, w)
	}
	if len(all) == 0 {
		return nil
	}
	e := &engine{Model: f.base}
	exact, wide := *all[0], *all[0]
	for _, other := range all[1:] {
		exact.join(e, other)
		if wide.direction == other.direction && wide.service != nil && wide.service == other.service && wide.home() == other.home() && samePorts(wide.ports, other.ports) {
			wide.take(other)
		}
	}
	if wide.mends > exact.mends {
		return []*want{&exact, &wide}
	}
	return []*want{&exact}
}

// wantOf is what would mend one denied answer; nil where no policy can.
func wantOf(d *draft) *want {
	if d.reason != report.NoRuleAllows || d.unfixable {
		return nil
	}
	d = d.denied()
	for _, h := range d.hops {
		if h.Verdict != report.Denied {
			continue
		}
		if h.Reason == report.RuleDenies {
			return nil // no further rule of a NetworkPolicy helps against a rule that denies
		}
		w := &want{direction: report.Ingress, ports: slices.Clone(d.ports), evidence: ofNetworkPolicies(h.Policies), sample: d.sample, service: d.sample.dst.Service}
		targets := make([]model.Party, len(d.targets))
		for i := range d.targets {
			targets[i] = d.targets[i].Party
		}
		w.subjects, w.peers = distinct(targets), distinct(d.sources)
		if h.Kind == report.HopEgress {
			w.direction, w.subjects, w.peers = report.Egress, w.peers, w.subjects
		}
		w.subjects = slices.DeleteFunc(w.subjects, func(p model.Party) bool { return p.Pod == nil || p.Host() || p.Unseen })
		if len(w.evidence) == 0 || len(w.subjects) == 0 || w.sample.via != nil && w.direction == report.Ingress {
			// Where a node puts its own address in the place of the client's, the pod
			// sees the nodes' addresses, which come and go: no rule that names them
			// today is a fix.
			return nil
		}
		return w
	}
	return nil
}

func ofNetworkPolicies(all []report.PolicyEvidence) []report.PolicyEvidence {
	return slices.DeleteFunc(slices.Clone(all), func(p report.PolicyEvidence) bool { return p.Policy.Kind != "NetworkPolicy" })
}

// denied is the part of an answer that denies it: an answer through a front door has
// one to the door and one from it.
func (d *draft) denied() *draft {
	for _, leg := range d.legs {
		if leg.verdict == report.Denied {
			return leg
		}
	}
	return d
}

// join takes in another want that the same rule can meet, and nothing more with it.
func (w *want) join(e *engine, o *want) {
	if w.direction != o.direction || w.service != o.service || w.home() != o.home() {
		return
	}
	// Pods of a workload are selected together, whichever of them denies.
	subjects, peers, ports := sameWorkloads(e, w.subjects, o.subjects), samePartiesAs(w.peers, o.peers), samePorts(w.ports, o.ports)
	switch {
	case subjects && peers:
		for _, p := range o.ports {
			if !slices.Contains(w.ports, p) {
				w.ports = append(w.ports, p)
			}
		}
		w.subjects = distinct(append(w.subjects, o.subjects...))
		w.mends++
	case subjects && ports, peers && ports && w.service != nil:
		w.take(o)
	}
}

// take takes in the ends of another want.
func (w *want) take(o *want) {
	w.merged = w.merged || !samePartiesAs(w.peers, o.peers)
	w.subjects, w.peers = distinct(append(slices.Clone(w.subjects), o.subjects...)), distinct(append(slices.Clone(w.peers), o.peers...))
	w.mends++
}

// home is the namespace of the policies.
func (w *want) home() string { return w.subjects[0].Pod.Namespace }

// distinct leaves each party once.
func distinct(parties []model.Party) []model.Party {
	seen := map[string]bool{}
	var out []model.Party
	for _, p := range parties {
		if key := partyKey(p); !seen[key] {
			seen[key] = true
			out = append(out, p)
		}
	}
	return out
}

func partyKey(p model.Party) string {
	switch {
	case p.Hypothetical:
		return fmt.Sprint("labels ", p.Pod.Namespace, p.Pod.Labels)
	case p.Pod != nil:
		return "pod " + p.Pod.Name.String()
	case p.Node != nil:
		return "node " + p.Node.Name
	default:
		return "block " + p.Block.String() + p.External
	}
}

func samePartiesAs(a, b []model.Party) bool { return partiesKey(a) == partiesKey(b) }

func partiesKey(parties []model.Party) string {
	keys := make([]string, len(parties))
	for i, p := range parties {
		keys[i] = partyKey(p)
	}
	slices.Sort(keys)
	return strings.Join(keys, "\x00")
}

func sameWorkloads(e *engine, a, b []model.Party) bool {
	ends := func(parties []model.Party) string {
		keys := make([]string, len(parties))
		for i, p := range parties {
			keys[i] = endKey(e.partyEnd(p))
		}
		slices.Sort(keys)
		return strings.Join(slices.Compact(keys), "\x00")
	}
	return ends(a) == ends(b)
}

func samePorts(a, b []report.PortMapping) bool {
	in := func(x, y []report.PortMapping) bool {
		return !slices.ContainsFunc(x, func(p report.PortMapping) bool { return !slices.Contains(y, p) })
	}
	return in(a, b) && in(b, a)
}
