package policy

import (
	"net/netip"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// Condition is a condition on labels that no label selector of Kubernetes can say. It
// holds for pods whose labels satisfy it, and for the addresses of sets whose labels do.
type Condition struct {
	// Text is how its API writes it, and tells conditions apart.
	Text string
	// Labels tells whether a pod satisfies it.
	Labels func(*Endpoint) selector.Result
	// Sets are the networks of the sets that satisfy it; nil where there are none.
	Sets []netip.Prefix
}

func (c *Condition) match(e *Endpoint) selector.Result {
	result := selector.No
	if e.Kind == PodEndpoint {
		result = c.Labels(e)
	}
	if result != selector.Yes && len(c.Sets) > 0 {
		in, _ := within(c.Sets, e, Behaviour{})
		result = either(result, in)
	}
	return result
}

// conditions holds the conditions of a clause against the endpoint, beyond its
// selectors and the networks that it names.
func (p *Peer) conditions(e *Endpoint) (selector.Result, failure) {
	out, failed := selector.Yes, failure{}
	take := func(r selector.Result, text string) {
		if r == selector.No || r == selector.Undetermined && out == selector.Yes {
			out, failed = r, failure{reason: report.ConditionFails, text: text}
		}
	}
	if p.Where != nil {
		take(p.Where.match(e), p.Where.Text)
	}
	if out != selector.No && p.Nor != nil {
		take(not(p.Nor.match(e)), "not "+p.Nor.Text)
	}
	if out != selector.No && p.NotNetworks != nil {
		in, _ := within(p.NotNetworks, e, Behaviour{})
		take(not(in), "notNets")
	}
	return out, failed
}

func not(r selector.Result) selector.Result {
	switch r {
	case selector.Yes:
		return selector.No
	case selector.No:
		return selector.Yes
	default:
		return r
	}
}
