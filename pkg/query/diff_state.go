package query

import (
	"iter"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// state is all connections in one model.
type state struct {
	*stream
	fringe *fringe
	// own are the blocks of the fringe that are an address of the cluster's own,
	// which some policy names.
	own []bool
	// raw is the state without regard to what was not read or is not modelled,
	// made when it is needed.
	raw *state
}

func newState(m *mapper) *state { return m.matrix().state() }

func (x *matrix) state() *state {
	f := newFringe(x)
	x.few = true
	return &state{stream: newStream(x), fringe: f, own: x.ownBlocks(f.blocks)}
}

// unlimited is the state as if nothing were unread or beyond the model. Its ends
// have the same numbers.
func (s *state) unlimited() *state {
	if s.raw == nil {
		m := newMapper(s.Model, s.Options)
		m.ideal = true
		s.raw = s.like(m).state()
		s.raw.own = s.own
	}
	return s.raw
}

// absent is the number of an end that a state does not have.
const absent int32 = -1

// between is [stream.between] for ends of which the state may have none.
func (s *state) between(from, to int32) []int32 {
	if from == absent || to == absent {
		return nil
	}
	return s.stream.between(from, to)
}

// extent is what the pods of two ends have with each other: every pod and some
// pods for certain; all may have, any may have. open is what of that is not known.
type extent struct{ every, some, most, maybe, open connset.Set }

func extentOf(sets []policy.Admitted) extent {
	var out extent
	for i, set := range sets {
		if i == 0 {
			out.every, out.most = set.Certain, set.Possible
		}
		out.every, out.most = out.every.Intersect(set.Certain), out.most.Intersect(set.Possible)
		out.some, out.maybe = out.some.Union(set.Certain), out.maybe.Union(set.Possible)
		out.open = out.open.Union(set.Possible.Subtract(set.Certain))
	}
	return out
}

// extent of sets, by their numbers.
func (v *values) extent(ids []int32) extent {
	sets := make([]policy.Admitted, len(ids))
	for i, id := range ids {
		sets[i] = v.sets[id]
	}
	return extentOf(sets)
}

// apart is what the pods of two units that share no node have with each other, of
// their addresses of either IP family.
func (s *state) apart(from, to int32) policy.Admitted {
	var out policy.Admitted
	s.found = s.found[:0]
	s.meetAt(from, to, selector.No)
	for _, id := range s.found {
		out.Certain, out.Possible = out.Certain.Union(s.values.sets[id].Certain), out.Possible.Union(s.values.sets[id].Possible)
	}
	return out
}

// sampled is a pair of pods, or a pod and a block, with a set that they have.
type sampled struct {
	src, dst model.Party
	set      policy.Admitted
}

// samples are pairs of pods of two ends, one for each set that the pods of a pair of
// units have.
func (s *state) samples(from, to int32) iter.Seq[sampled] {
	return func(yield func(sampled) bool) {
		if from == absent || to == absent {
			return
		}
		for i := range s.shown[from].pods {
			p := &s.shown[from].pods[i]
			for j := range s.shown[to].pods {
				q := &s.shown[to].pods[j]
				if s.asked(p, q) && !s.sample(p, q, yield) {
					return
				}
			}
		}
	}
}

func (s *state) sample(p, q *presence, yield func(sampled) bool) bool {
	u, v := &s.units[p.unit], &s.units[q.unit]
	cases := []selector.Result{selector.No}
	if u.host != v.host {
		cases = together(p, q, u)
	}
	for _, near := range cases {
		s.found = s.found[:0]
		s.meetAt(p.unit, q.unit, near)
		for _, id := range slices.Clone(s.found) {
			src, dst := example(u, v, near)
			if !yield(sampled{src, dst, s.values.sets[id]}) {
				return false
			}
		}
	}
	return true
}

// example is a pod of each unit, different ones where it is the same unit; where one
// unit is on its nodes' network, two that share a node, or do not, or may.
func example(u, v *unit, near selector.Result) (src, dst model.Party) {
	if u.host == v.host {
		return u.party, v.last()
	}
	for _, a := range u.parties() {
		for _, b := range v.parties() {
			if sameNode(a, b) == near {
				return a, b
			}
		}
	}
	return u.party, v.party
}

func (u *unit) last() model.Party {
	if n := len(u.pods); n > 0 {
		return model.Party{Pod: u.pods[n-1]}
	}
	return u.party
}

// parties are all pods of a unit, or what stands for those that were not read.
func (u *unit) parties() []model.Party {
	if len(u.pods) == 0 {
		return []model.Party{u.party}
	}
	out := make([]model.Party, len(u.pods))
	for i, p := range u.pods {
		out[i] = model.Party{Pod: p}
	}
	return out
}

// ask evaluates one connection; nil when its ends do not exist in the state.
func (s *state) ask(of sampled, port report.PortMapping) *outcome {
	src, ok := s.here(of.src)
	dst, also := s.here(of.dst)
	if !ok || !also {
		return nil
	}
	outcomes := s.connect(pair{src: src, dst: model.Destination{Party: dst, Addresses: dst.Addresses(), Port: port}})
	best := &outcomes[0]
	for i := range outcomes[1:] {
		if o := &outcomes[i+1]; o.verdict == report.Allowed {
			best = o
		}
	}
	return best
}

// here is a party of another state in this one.
func (s *state) here(p model.Party) (model.Party, bool) {
	if p.Pod == nil || p.Unseen {
		return p, true
	}
	if same := s.Pod(p.Pod.Name); same != nil {
		return model.Party{Pod: same}, true
	}
	// Another pod of the same workload, where the pods were replaced.
	kind, name := s.TopOwner(p.Pod)
	for _, q := range s.PodsIn(p.Pod.Namespace) {
		if k, n := s.TopOwner(q); k == kind && n == name && k != "Pod" && !q.Finished() {
			return model.Party{Pod: q}, true
		}
	}
	return model.Party{}, false
}
