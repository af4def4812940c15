package audit

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// systemNamespace tells whether a namespace is the cluster's own: what isolation its pods
// have is the business of whoever made the cluster.
func systemNamespace(name string) bool {
	return slices.Contains([]string{"kube-system", "kube-public", "kube-node-lease"}, name)
}

// unrestricted tells whether policies keep a class from nobody: none isolates it, or those
// that do let everybody in (or it out to everywhere) at every port.
func (p *Pass) unrestricted(c *model.Class, d report.Direction) bool {
	if !stackOf(c, d).Isolates() {
		return true
	}
	pod, address := stranger(), outside(netip.MustParsePrefix("198.41.0.4/32"))
	return admits(p.Says(c, d, &pod, connset.All()), connset.All()) && admits(p.Says(c, d, &address, connset.All()), connset.All())
}

// isolation is how many of a namespace's workloads policies restrict in a direction.
type isolation struct {
	open, bound []*Workload
	// unknown: policies that could not be read may bind some.
	unknown bool
}

type isolationKey struct {
	namespace string
	direction report.Direction
}

// isolationOf tells workloads apart that policies bind in a direction.
func (p *Pass) isolationOf(namespace string, d report.Direction) isolation {
	key := isolationKey{namespace, d}
	if have, ok := p.isolations[key]; ok {
		return have
	}
	out := isolation{unknown: !p.Certain(namespace) || p.Plugin.Behaviour.UnpolicedDenied}
	all := p.Workloads()
	at, _ := slices.BinarySearchFunc(all, namespace, func(w *Workload, ns string) int { return cmp.Compare(w.Namespace, ns) })
	for _, w := range all[at:] {
		if w.Namespace != namespace {
			break
		}
		if slices.ContainsFunc(w.Classes, func(c *model.Class) bool { return p.unrestricted(c, d) }) {
			out.open = append(out.open, w)
		} else {
			out.bound = append(out.bound, w)
		}
	}
	p.isolations[key] = out
	return out
}

// noDefaultDeny reports namespaces of which no workload is restricted in a direction.
func (p *Pass) noDefaultDeny(d report.Direction, say func(workloads, namespace string) string) {
	if !p.Enforced() {
		return
	}
	for _, ns := range p.namespaces() {
		if systemNamespace(ns) {
			continue
		}
		i := p.isolationOf(ns, d)
		if i.unknown || len(i.open) == 0 || len(i.bound) > 0 {
			continue
		}
		f := found{}
		f.Object = report.Object{Kind: "Namespace", Name: ns}
		for _, w := range i.open {
			f.Ends = append(f.Ends, w.End)
		}
		f.Message = say(endNames(f.Ends), ns)
		f.Advice = "kubectl netguard scaffold ns/" + ns + " --namespace-defaults"
		p.report(f)
	}
}
