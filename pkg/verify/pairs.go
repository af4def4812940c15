package verify

import (
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
)

// Pair is a connection that an intent is about.
type Pair struct {
	Intent   string
	From, To reference.Reference
}

// Pairs are the connections that intents name with both their ends: those of allow, deny and unknown. An intent of
// "only" or about a door names no such pair.
func Pairs(m *model.Model, intents []Intent, o query.Options) ([]Pair, error) {
	v := &verifier{Model: m, options: o}
	var out []Pair
	for i := range intents {
		x := &intents[i]
		if x.Expect == Only || x.Expect == Works {
			continue
		}
		from, err := v.expand(x.From)
		if err != nil {
			return nil, err
		}
		to, err := v.expand(x.To)
		if err != nil {
			return nil, err
		}
		for _, f := range from {
			for _, t := range to {
				out = append(out, Pair{Intent: x.Name, From: f, To: t})
			}
		}
	}
	return out, nil
}
