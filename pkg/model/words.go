package model

import (
	"sync"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Words numbers what policies say in one direction: those with the same number say
// the same ([policy.Policy.AppendWords]). They are compared on first use.
func (m *Model) Words(d report.Direction) map[*policy.Policy]int {
	if d == report.Egress {
		return m.egressWords()
	}
	return m.ingressWords()
}

// words returns the function that numbers them once.
func (m *Model) words(d report.Direction) func() map[*policy.Policy]int {
	return sync.OnceValue(func() map[*policy.Policy]int {
		out, index := map[*policy.Policy]int{}, map[string]int{}
		var text []byte
		add := func(p *policy.Policy) {
			if !p.In(d).Isolates {
				return
			}
			text = p.AppendWords(text[:0], d)
			number, ok := index[string(text)]
			if !ok {
				number = len(index)
				index[string(text)] = number
			}
			out[p] = number
		}
		for _, in := range m.compiled().policies {
			for _, p := range in {
				add(p)
			}
		}
		for _, w := range m.compiled().wide {
			add(w.Policy)
			add(w.perhaps)
		}
		return out
	})
}
