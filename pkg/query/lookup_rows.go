package query

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// nameServers are where a target's clients look its name up, as far as rows can tell: not where
// pods are spoken of that were not read one by one, nor where a cache on the node may be asked.
func (e *engine) nameServers(target reference.Reference) []model.Destination {
	service := model.ClusterDNS(e.Snapshot)
	if !e.Lookup || !model.HasName(target) || service == nil || e.NodeLocalDNS() || !e.Has(snapshot.Need{Resource: snapshot.Pods}) {
		return nil
	}
	asked := reference.Reference{
		Form: reference.FormObject, Kind: reference.Service, Namespace: service.Namespace, Name: service.Name.Name,
		Port: reference.Port{Number: 53, Protocol: connset.UDP},
	}
	out, err := e.Candidates(asked)
	if err != nil || target.Kind == reference.Service && target.Name == service.Name.Name && target.Namespace == service.Namespace {
		return nil
	}
	return slices.DeleteFunc(out, func(d model.Destination) bool { return d.Broken != "" || d.Pod == nil })
}

// byName tells the pods of a standing whose own policies let them ask no DNS from the others.
func (c *collector) byName(s *standing) (nameless, others []portion) {
	if len(c.dns) == 0 || len(s.policies) == 0 || !c.letsNoDNSOut(s) {
		return nil, s.parts
	}
	for _, part := range s.parts {
		asks := func(pod *snapshot.Pod) bool {
			p := model.Party{Pod: pod}
			return c.AsksClusterDNS(p) && len(c.OtherDNS(p)) == 0
		}
		some, rest := part, part
		some.pods = slices.DeleteFunc(slices.Clone(part.pods), func(p *snapshot.Pod) bool { return !asks(p) })
		rest.pods = slices.DeleteFunc(slices.Clone(part.pods), asks)
		if len(some.pods) > 0 {
			nameless = append(nameless, some)
		}
		if len(rest.pods) > 0 {
			others = append(others, rest)
		}
	}
	return nameless, others
}

// byAddress are answers that hold by address only.
func byAddress(answers map[string]*said) map[string]*said {
	out := make(map[string]*said, len(answers))
	for key, a := range answers {
		again := *a
		if again.row.Verdict == report.Allowed && again.row.Reason != report.SamePod {
			again.row.NoLookup = true
			again.about += " by address"
		}
		out[key] = &again
	}
	return out
}

func (c *collector) letsNoDNSOut(s *standing) bool {
	sample := model.Party{Pod: s.parts[0].pods[0]}
	for _, d := range c.answers([]model.Party{sample}, c.dns) {
		if d.verdict != report.Denied || !slices.ContainsFunc(d.hops, func(h report.Hop) bool {
			return h.Kind == report.HopEgress && h.Verdict == report.Denied
		}) {
			return false
		}
	}
	return true
}
