package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// stacks draws stacks over ports 80 to 83, against a peer that is known to match
// labels "yes" and not to match "no", and may or may not match each of the others.
type stacks struct {
	*rand.Rand
	labels int
}

func (g *stacks) stack() Stack {
	out := make(Stack, g.IntN(4))
	for i := range out {
		t := &out[i]
		t.Ordered, t.Else = g.IntN(2) == 0, []Action{Deny, Pass}[g.IntN(2)]
		for range 1 + g.IntN(3) {
			p := &Policy{Name: snapshot.Name{Namespace: "bank", Name: fmt.Sprint("p", i, "-", len(t.Policies))}, Rank: int32(g.IntN(3))}
			for range g.IntN(4) {
				p.Ingress.Rules = append(p.Ingress.Rules, g.rule(t))
			}
			t.Policies = append(t.Policies, p)
		}
		slices.SortStableFunc(t.Policies, func(a, b *Policy) int { return int(a.Rank - b.Rank) })
	}
	return out
}

func (g *stacks) rule(t *Tier) Rule {
	r := Rule{AnyPeer: g.IntN(4) == 0, AnyPort: g.IntN(4) == 0, Action: []Action{Allow, Deny, Pass}[g.IntN(3)]}
	if !t.Ordered && r.Action == Pass {
		r.Action = Allow
	}
	t.Denies = t.Denies || r.Action == Deny
	if !r.AnyPeer {
		g.labels++
		key := []string{"yes", "no", fmt.Sprint("l", g.labels)}[g.IntN(3)]
		s, err := selector.Compile(&metav1.LabelSelector{MatchLabels: map[string]string{key: ""}})
		if err != nil {
			panic(err)
		}
		peer := Peer{Home: "bank", Pods: &s}
		peer.Complete()
		r.Peers = []Peer{peer}
	}
	if !r.AnyPort {
		first := uint16(80 + g.IntN(4))
		port := Port{Protocol: connset.TCP, First: first, Last: first + uint16(g.IntN(2))}
		port.Complete()
		r.Ports = []Port{port}
	}
	return r
}

// peer has the label yes, and labels that were not read, but not no.
func peer() *Endpoint {
	none := selector.OfSet(map[string]string{"no": ""})
	return &Endpoint{
		Kind: PodEndpoint, Namespace: "bank", Labels: selector.Labels{Set: map[string]string{"yes": ""}, Partial: true, Not: []selector.Selector{none}},
	}
}

// worlds are all answers about a port that are possible, found without sets: in each
// world every rule matches or does not, and the policies of one rank have an order.
func worlds(s Stack, e *Endpoint, port uint16) map[Action]bool {
	out := map[Action]bool{}
	var tiers func(i int)
	tiers = func(i int) {
		if i == len(s) {
			out[Allow] = true
			return
		}
		answer := func(a Action) {
			if a == Pass {
				tiers(i + 1)
			} else {
				out[a] = true
			}
		}
		for _, order := range orders(s[i].Policies, s[i].Ordered) {
			tierWorlds(&s[i], order, e, port, answer)
		}
	}
	tiers(0)
	return out
}

// tierWorlds tells each answer that a tier may give.
func tierWorlds(t *Tier, order []*Policy, e *Endpoint, port uint16, answer func(Action)) {
	var rules []*Rule
	for _, p := range order {
		for i := range p.Ingress.Rules {
			rules = append(rules, &p.Ingress.Rules[i])
		}
	}
	if !t.Ordered {
		slices.SortStableFunc(rules, func(a, b *Rule) int { return int(b.Action) - int(a.Action) }) // Deny, then Allow
	}
	for _, r := range rules {
		certain, possible := r.Admits(e)
		if !possible.Contains(connset.TCP, port) {
			continue
		}
		if !certain.Contains(connset.TCP, port) {
			panic("no name is drawn")
		}
		match := selector.Yes
		if !r.AnyPeer {
			match = r.Peers[0].Match(e, Behaviour{})
		}
		if match != selector.No {
			answer(r.Action)
		}
		if match == selector.Yes {
			return
		}
	}
	answer(t.Else)
}

// orders are the orders in which policies may be asked.
func orders(policies []*Policy, ordered bool) [][]*Policy {
	if !ordered {
		return [][]*Policy{policies}
	}
	if len(policies) == 0 {
		return [][]*Policy{nil}
	}
	var out [][]*Policy
	for i, p := range policies {
		if p.Rank != policies[0].Rank {
			break
		}
		rest := slices.Delete(slices.Clone(policies), i, i+1)
		for _, o := range orders(rest, true) {
			out = append(out, append([]*Policy{p}, o...))
		}
	}
	return out
}

// One decision: on sets and on points, with a trace and without, and what all worlds
// in which the unknown is known come to.
func TestAgainstIsWhatAllWorldsSay(t *testing.T) {
	for seed := range uint64(4000) {
		checkStack(t, seed)
	}
}

func FuzzAgainst(f *testing.F) {
	f.Fuzz(checkStack)
}

func checkStack(t *testing.T, seed uint64) {
	g := &stacks{Rand: rand.New(rand.NewPCG(seed, 1))}
	s, e := g.stack(), peer()
	c := Connection{Direction: report.Ingress, Subject: &Endpoint{Kind: PodEndpoint, Namespace: "bank"}, Peer: e, Ports: connset.All()}
	all := s.Against(c, Behaviour{}, nil)
	if traced := s.Against(c, Behaviour{}, &Trace{Protocol: connset.TCP, Port: 80}); traced.Admitted != all.Admitted {
		t.Errorf("seed %d: a trace changes %v to %v", seed, all.Admitted, traced.Admitted)
	}
	for port := uint16(80); port < 86; port++ {
		want := report.Unknown
		switch w := worlds(s, e, port); {
		case !w[Deny]:
			want = report.Allowed
		case !w[Allow]:
			want = report.Denied
		}
		c.Ports = At(connset.TCP, port)
		got := s.Against(c, Behaviour{}, nil)
		trace := &Trace{Protocol: connset.TCP, Port: port}
		traced := s.Against(c, Behaviour{}, trace)
		switch {
		case got.Verdict != want, all.Admitted.Verdict(c.Ports) != want:
			t.Errorf("seed %d, port %d: %v, of the set %v, want %v", seed, port, got.Verdict, all.Admitted.Verdict(c.Ports), want)
		case traced != got:
			t.Errorf("seed %d, port %d: %v, with a trace %v", seed, port, got, traced)
		}
		holdTrace(t, fmt.Sprint("seed ", seed, ", port ", port), got, trace)
	}
}

// holdTrace holds what a trace shows to the decision: the rule that decides is shown
// to match, and where none does, none of its action is.
func holdTrace(t *testing.T, where string, d Decision, trace *Trace) {
	shown := report.Match("")
	for _, p := range trace.Policies {
		for i, r := range p.Rules {
			if d.Rule != nil && p.Policy == d.Policy.Ref() && &d.Policy.Ingress.Rules[i] == d.Rule {
				shown = r.Match
			}
		}
	}
	if d.Rule != nil && shown != report.Matches {
		t.Errorf("%s: the rule that decides is shown as %q", where, shown)
	}
}
