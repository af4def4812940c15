package audit

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Options say what to audit.
type Options struct {
	query.Options
	// Namespace to audit; "" is all of them. Everything is read and judged all the same:
	// who else may reach the namespace is part of the question.
	Namespace string
	// Only are the codes to look for; none is all.
	Only []string
}

// Pass is what an analyser may look at, and where it reports.
type Pass struct {
	*model.Model
	options Options

	analyzer *Analyzer
	out      *report.Audit
	// claims are clauses of policies of which a finding speaks already: one fault, one
	// finding.
	claims map[report.RuleRef]*claim

	doors     []*report.Door
	doorsDone bool
	loads     []*Workload
	fixes     int

	isolations map[isolationKey]isolation
	// inNamespaces and withLabels are classes by the selectors that select them.
	inNamespaces, withLabels map[string][]*model.Class
}

// Run looks for everything that analysers find.
func Run(m *model.Model, o Options) *report.Audit {
	p := &Pass{
		Model: m, options: o, claims: map[report.RuleRef]*claim{}, isolations: map[isolationKey]isolation{},
		inNamespaces: map[string][]*model.Class{}, withLabels: map[string][]*model.Class{},
		out: &report.Audit{Header: report.NewHeader("Audit"), Namespace: o.Namespace, Enforcement: *query.Enforcement(m), Findings: []report.Finding{}},
	}
	wanted := func(code string) bool { return len(o.Only) == 0 || slices.Contains(o.Only, code) }
	for _, a := range All() {
		if wanted(a.Code) {
			p.out.Rules = append(p.out.Rules, a.Rule())
		}
	}
	for phase := range phases {
		for _, a := range All() {
			if p.analyzer = a; a.Phase == phase {
				a.Run(p)
			}
		}
	}
	// One finding speaks for others: which there are does not depend on what is wanted.
	p.out.Findings = slices.DeleteFunc(p.out.Findings, func(f report.Finding) bool { return !wanted(f.Code) })
	sortFindings(p.out.Findings)
	p.gaps()
	return p.out
}

func sortFindings(all []report.Finding) {
	rank := func(s report.Severity) int { return slices.Index(report.Severities(), s) }
	slices.SortStableFunc(all, func(a, b report.Finding) int {
		return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Object.Namespace, b.Object.Namespace), cmp.Compare(a.Object.Kind, b.Object.Kind),
			cmp.Compare(a.Object.Name, b.Object.Name), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
}

// found is a finding before what follows from the rest is filled in.
type found struct {
	report.Finding
	// key tells findings of one object apart, where the path may change.
	key string
	// where is the policy with the field at Path; nil for other objects.
	where *policy.Policy
}

// report takes a finding in.
func (p *Pass) report(f found) {
	f.Code = p.analyzer.Code
	f.Severity = cmp.Or(f.Severity, p.analyzer.Severity)
	f.Fingerprint = fingerprint(&f.Finding, f.key)
	if f.where != nil {
		f.File, f.Line = splitLocation(f.where.Origin.At(cmp.Or(f.Path, "spec")))
	}
	if f.File == "" {
		place := p.PlaceOf(f.Object.Kind, snapshot.Name{Namespace: f.Object.Namespace, Name: f.Object.Name})
		f.File, f.Line = place.File, place.Line
	}
	p.out.Findings = append(p.out.Findings, f.Finding)
}

// splitLocation takes file:line apart.
func splitLocation(at string) (file string, line int) {
	i := strings.LastIndexByte(at, ':')
	if i < 0 {
		return at, 0
	}
	for _, c := range at[i+1:] {
		if c < '0' || c > '9' {
			return at, 0
		}
		line = line*10 + int(c-'0')
	}
	return at[:i], line
}

// claim is a finding about a clause of a policy.
type claim struct {
	// at is its place among the findings.
	at int
	// meant are the pods that the clause was meant for.
	meant map[snapshot.Name]bool
}

// reportClause takes in a finding about a clause of a policy, unless another finding
// speaks of it already. Meant are those whom the clause was meant for.
func (p *Pass) reportClause(x *policy.Policy, path string, meant []*model.Class, f found) {
	ref := report.RuleRef{Policy: x.Ref(), Path: path}
	if p.claims[ref] != nil {
		return
	}
	c := &claim{at: len(p.out.Findings), meant: map[snapshot.Name]bool{}}
	for _, class := range meant {
		for _, pod := range class.Pods {
			c.meant[pod.Name] = true
		}
	}
	p.claims[ref] = c
	f.Object, f.Path, f.where = x.Ref(), path, x
	p.report(f)
}

// claimed tells whether a finding speaks of a clause already.
func (p *Pass) claimed(x *policy.Policy, path string) bool {
	return p.claims[report.RuleRef{Policy: x.Ref(), Path: path}] != nil
}

// Audited tells whether a namespace is part of the question.
func (p *Pass) Audited(namespace string) bool {
	return p.options.Namespace == "" || p.options.Namespace == namespace
}

// Certain tells whether all policies that bind pods of a namespace are known.
func (p *Pass) Certain(namespace string) bool {
	d := p.Doubt(namespace)
	return d.None()
}

// Whole tells whether every pod and namespace is known: who says that nobody matches
// has to have seen everybody.
func (p *Pass) Whole() bool {
	return p.Hidden(snapshot.Pods, "") == nil && p.Has(snapshot.Need{Resource: snapshot.Pods}) && p.Has(snapshot.Need{Resource: snapshot.Namespaces})
}

// Enforced is false where it is known that nothing enforces policies.
func (p *Pass) Enforced() bool { return p.out.Enforcement.Enforced != report.EnforcedNo }

// NetworkPolicies are the NetworkPolicies of the audited namespaces, by namespace and name.
func (p *Pass) NetworkPolicies() []*policy.Policy {
	var out []*policy.Policy
	for _, ns := range p.namespaces() {
		for _, x := range p.PoliciesIn(ns) {
			if x.Kind == "" {
				out = append(out, x)
			}
		}
	}
	return out
}

// namespaces are the audited ones that anything lives in, in order.
func (p *Pass) namespaces() []string {
	known := map[string]bool{}
	for _, ns := range p.Namespaces() {
		known[ns.Name] = true
	}
	for _, x := range p.Pods() {
		known[x.Namespace] = true
	}
	for _, x := range p.Policies() {
		known[x.Namespace] = true
	}
	var out []string
	for ns := range known {
		if p.Audited(ns) {
			out = append(out, ns)
		}
	}
	slices.Sort(out)
	return out
}

// Workload is pods of one owner.
type Workload struct {
	report.End
	Classes []*model.Class
}

// Workloads are those of the audited namespaces with pods in the pod network.
func (p *Pass) Workloads() []*Workload {
	if p.loads != nil {
		return p.loads
	}
	for _, c := range p.Classes() {
		if !p.Audited(c.Namespace) || c.Pods[0].HostNetwork {
			continue
		}
		if n := len(p.loads); n == 0 || p.loads[n-1].Namespace != c.Namespace || p.loads[n-1].Kind != c.Owner.Kind || p.loads[n-1].Name != c.Owner.Name {
			p.loads = append(p.loads, &Workload{End: ownerEnd(c)})
		}
		w := p.loads[len(p.loads)-1]
		w.Classes = append(w.Classes, c)
	}
	slices.SortStableFunc(p.loads, func(a, b *Workload) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	merged := p.loads[:0]
	for _, w := range p.loads {
		if n := len(merged); n > 0 && merged[n-1].Namespace == w.Namespace && merged[n-1].Kind == w.Kind && merged[n-1].Name == w.Name {
			merged[n-1].Classes = append(merged[n-1].Classes, w.Classes...)
			continue
		}
		merged = append(merged, w)
	}
	p.loads = merged
	return p.loads
}

func ownerEnd(c *model.Class) report.End {
	if c.Owner.Kind == "" {
		return report.End{Kind: "Pod", Namespace: c.Namespace, Name: c.Names[0]}
	}
	return report.End{Kind: c.Owner.Kind, Namespace: c.Namespace, Name: c.Owner.Name}
}

// Object is the workload as the object to mend.
func (w *Workload) Object() report.Object {
	return report.Object{Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}
}

// stackOf are the policies of a class in a direction.
func stackOf(c *model.Class, d report.Direction) policy.Stack {
	if d == report.Egress {
		return c.Egress
	}
	return c.Ingress
}

// endpoint is a class as policies see it, with the address of its first pod.
func (p *Pass) endpoint(c *model.Class) policy.Endpoint {
	var addr netip.Addr
	if ips := c.Pods[0].IPs; len(ips) > 0 {
		addr = ips[0]
	}
	return p.Endpoint(model.Party{Pod: c.Pods[0]}, addr)
}

// stranger is a pod of a namespace that does not exist, of which nothing is special: what
// lets it in lets in every pod of every namespace that anybody makes.
func stranger() policy.Endpoint {
	const name = "netguard-any-namespace"
	return policy.Endpoint{
		Kind: policy.PodEndpoint, Namespace: name,
		NamespaceLabels: selector.Known(map[string]string{model.MetadataName: name}), Labels: selector.Known(nil),
	}
}

// outside is an address outside the cluster, or a block of them.
func outside(b netip.Prefix) policy.Endpoint {
	return policy.Endpoint{Kind: policy.AddressEndpoint, Addresses: address.Block{Prefix: b}}
}

// Says is what the policies of a class say about ports of a connection with a peer: for
// certain, whatever could not be read.
func (p *Pass) Says(c *model.Class, d report.Direction, peer *policy.Endpoint, ports connset.Set) policy.Decision {
	subject, stack := p.endpoint(c), stackOf(c, d)
	decision := stack.Against(policy.Connection{Direction: d, Subject: &subject, Peer: peer, Ports: ports}, p.Plugin.Behaviour, nil)
	decision.Admitted = p.Doubt(c.Namespace).Apply(decision.Admitted, stack.Isolates())
	return decision
}

// admits tells whether all of some ports are let through for certain, and denies whether
// none of them may be.
func admits(d policy.Decision, ports connset.Set) bool { return ports.Subtract(d.Certain).IsEmpty() }
func denies(d policy.Decision) bool                    { return d.Possible.IsEmpty() }

// selected are the classes that a NetworkPolicy binds.
func (p *Pass) selected(x *policy.Policy) []*model.Class {
	var out []*model.Class
	for _, c := range p.ClassesIn(x.Namespace) {
		if !c.Pods[0].HostNetwork && x.Subject.Match(selector.Known(c.Pods[0].Labels)) == selector.Yes {
			out = append(out, c)
		}
	}
	return out
}

// matched are the classes that a peer matches, up to a limit; 0 is all.
func (p *Pass) matched(peer *policy.Peer, limit int) []*model.Class {
	var out []*model.Class
	for _, c := range p.candidates(peer) {
		e := p.endpoint(c)
		if peer.Admits(&e, p.Plugin.Behaviour) {
			if out = append(out, c); limit > 0 && len(out) == limit {
				break
			}
		}
	}
	return out
}

// candidates are the classes of namespaces that a peer may match: many peers name the same
// ones.
func (p *Pass) candidates(peer *policy.Peer) []*model.Class {
	switch {
	case peer.Addressed() || peer.Conditional():
		return p.Classes()
	case peer.Namespaces == nil:
		return p.ClassesIn(peer.Home)
	}
	key := peer.Namespaces.String()
	have, ok := p.inNamespaces[key]
	if !ok {
		last, open := "", false
		for _, c := range p.Classes() {
			if c.Namespace != last {
				last, open = c.Namespace, peer.Namespaces.Match(p.NamespaceLabels(c.Namespace)) != selector.No
			}
			if open {
				have = append(have, c)
			}
		}
		p.inNamespaces[key] = have
	}
	return have
}

func (p *Pass) gaps() {
	seen := map[report.Gap]bool{}
	for _, g := range p.Snapshot.Gaps() {
		gap := report.Gap{Needs: g.Permission(), Reason: string(g.Reason), Message: g.Message}
		if !seen[gap] {
			seen[gap] = true
			p.out.Gaps = append(p.out.Gaps, gap)
		}
	}
}

// endsOf are the ends of classes, each once and in order.
func endsOf(classes []*model.Class) []report.End {
	var out []report.End
	for _, c := range classes {
		e := ownerEnd(c)
		if !slices.ContainsFunc(out, func(o report.End) bool { return o.Kind == e.Kind && o.Namespace == e.Namespace && o.Name == e.Name }) {
			out = append(out, e)
		}
	}
	return out
}
