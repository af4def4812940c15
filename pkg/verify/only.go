package verify

import (
	"errors"
	"net/netip"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// permitted are those who may connect.
type permitted struct {
	pods     map[snapshot.Name]bool
	nodes    map[string]bool
	prefixes []netip.Prefix
	// internet: everybody outside.
	internet bool
}

// only asks who can reach a target, and looks for those who may not.
func (v *verifier) only(from []reference.Reference, to reference.Reference, out *report.IntentResult) error {
	may, err := v.permit(from)
	if err != nil {
		return err
	}
	answer, err := query.WhoCanReach(v.Model, to, v.options)
	if err != nil {
		return err
	}
	for _, g := range answer.Gaps {
		v.gaps[g] = true
	}
	for _, row := range answer.Rows {
		out.Connections++
		verdict := row.Verdict
		if verdict == report.Denied && row.Reason.ByPolicy() && !v.enforced {
			verdict = report.Allowed
		}
		if verdict == report.Denied || row.Reason == report.SamePod || row.Reason == report.SameNode {
			continue // a pod reaches itself, and its node reaches it, whatever policies say
		}
		outcome := report.Undecided
		if verdict == report.Allowed {
			outcome = report.Broken
		}
		ends := row.Ends
		if len(ends) == 0 && row.Scope == report.ScopeEverywhere {
			ends = []report.Members{{End: report.End{Kind: "Namespace"}}}
		}
		for _, m := range ends {
			if v.mayAll(may, row.Scope, &m) {
				continue
			}
			fail(out, outcome, report.IntentFailure{
				From: m.End, To: answer.Of, Verdict: verdict, Partly: m.Count < m.Total,
				Reason: row.Reason, Detail: row.Detail, DecidedBy: row.DecidedBy,
			})
		}
	}
	if len(answer.Rows) == 0 && len(answer.Gaps) > 0 {
		fail(out, report.Undecided, report.IntentFailure{To: answer.Of})
	}
	return nil
}

// permit finds those who may connect: pods, nodes and addresses.
func (v *verifier) permit(from []reference.Reference) (*permitted, error) {
	out := &permitted{pods: map[snapshot.Name]bool{}, nodes: map[string]bool{}}
	for _, r := range from {
		switch {
		case r.Form == reference.FormInternet:
			out.internet = true
			continue
		case r.Form == reference.FormAddress:
			out.prefixes = append(out.prefixes, r.Prefix)
			continue
		case r.Form == reference.FormObject && r.Kind.IsDoor():
			if err := v.permitDoor(r, out); err != nil {
				return nil, err
			}
			continue
		}
		parties, err := v.Resolve(r)
		if err != nil {
			return nil, err
		}
		for _, p := range parties {
			switch {
			case p.Pod != nil:
				out.pods[p.Pod.Name] = true
			case p.Node != nil:
				out.nodes[p.Node.Name] = true
			}
		}
	}
	return out, nil
}

// permitDoor permits what carries a door's traffic.
func (v *verifier) permitDoor(r reference.Reference, out *permitted) error {
	o := v.options
	o.Alone = true
	answer, err := query.FrontDoor(v.Model, r, o)
	if err != nil {
		return err
	}
	for _, d := range answer.Doors {
		for _, m := range d.DataPlane {
			switch m.End.Kind {
			case "Internet":
				out.internet = true
			case "Addresses":
				for _, text := range m.End.Addresses {
					if p, err := netip.ParsePrefix(text); err == nil {
						out.prefixes = append(out.prefixes, p)
					}
				}
			default:
				for _, p := range v.podsOf(m.End) {
					out.pods[p.Name] = true
				}
			}
		}
	}
	return nil
}

// podsOf are the pods of an end of a report.
func (v *verifier) podsOf(e report.End) []*snapshot.Pod {
	kind := reference.Kind(e.Kind)
	if e.Kind != string(reference.Namespace) && !kind.IsWorkload() && kind != reference.Pod {
		return v.Owned(e.Kind, snapshot.Name{Namespace: e.Namespace, Name: e.Name})
	}
	r := reference.Reference{Form: reference.FormObject, Kind: kind, Namespace: e.Namespace, Name: e.Name}
	parties, err := v.Resolve(r)
	var missing *model.NotFoundError
	if err != nil && !errors.As(err, &missing) {
		return nil
	}
	var out []*snapshot.Pod
	for _, p := range parties {
		if p.Pod != nil {
			out = append(out, p.Pod)
		}
	}
	return out
}

// mayAll tells whether all that a row's end stands for may connect.
func (v *verifier) mayAll(may *permitted, scope report.RowScope, m *report.Members) bool {
	switch scope {
	case report.ScopeAddresses:
		return may.addresses(m.End)
	case report.ScopeNodes:
		for _, n := range m.Names {
			if !may.nodes[n] {
				return false
			}
		}
		return len(m.Names) > 0
	case report.ScopeEverywhere:
		for _, p := range v.Pods() {
			if !p.Finished() && !may.pods[p.Name] {
				return false
			}
		}
		return true
	case report.ScopeWorkloads, report.ScopeNamespaces, report.ScopeOtherNamespaces:
	}
	if m.Count < m.Total && len(m.Names) == m.Count {
		for _, n := range m.Names {
			if !may.pods[snapshot.Name{Namespace: m.End.Namespace, Name: n}] {
				return false
			}
		}
		return true
	}
	pods := v.podsOf(m.End)
	for _, p := range pods {
		if !may.pods[p.Name] {
			return false
		}
	}
	return len(pods) > 0
}

// addresses tells whether all of an end's addresses may connect.
func (may *permitted) addresses(e report.End) bool {
	if may.internet || e.Kind == "Internet" {
		return may.internet
	}
	for _, text := range e.Addresses {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			if a, err := netip.ParseAddr(text); err == nil {
				p = netip.PrefixFrom(a, a.BitLen())
			} else {
				return false
			}
		}
		covered := false
		for _, have := range may.prefixes {
			covered = covered || have.Bits() <= p.Bits() && have.Contains(p.Addr())
		}
		if !covered {
			return false
		}
	}
	return len(e.Addresses) > 0
}
