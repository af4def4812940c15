package audit

import (
	"fmt"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func crossEnvironment() *Analyzer {
	return &Analyzer{
		Code: "NG028", Name: "environments-meet", Severity: report.Medium, Security: true,
		Title: "A rule lets pods of another environment connect",
		Doc:   "Namespaces are labelled with their environment (environment, env or stage), and a rule lets pods of a namespace with another value connect to pods of this one. Namespaces that nothing isolates are NG020's.",
		Why:   "What runs in a test environment is trusted less; data of production are within its reach.",
		Mend:  "Add the environment's label to the rule's namespaceSelector.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#targeting-multiple-namespaces-by-label",
			"https://kubernetes.io/docs/concepts/security/multi-tenancy/#network-isolation",
		},
		Run: func(p *Pass) {
			if !p.Enforced() || !p.Whole() {
				return
			}
			for _, x := range p.NetworkPolicies() {
				at := p.environment(x.Namespace)
				subjects := p.selected(x)
				if at == "" || len(subjects) == 0 || !p.Certain(x.Namespace) {
					continue
				}
				for i := range x.Ingress.Rules {
					p.otherEnvironments(x, &x.Ingress.Rules[i], subjects, at)
				}
			}
		},
	}
}

// environment is what a namespace's labels call its environment.
func (p *Pass) environment(namespace string) string {
	ns := p.Namespace(namespace)
	if ns == nil {
		return ""
	}
	for _, key := range []string{"environment", "env", "stage"} {
		if v := ns.Labels[key]; v != "" {
			return v
		}
	}
	return ""
}

func (p *Pass) otherEnvironments(x *policy.Policy, r *policy.Rule, subjects []*model.Class, at string) {
	open := func(client *model.Class) bool {
		other := p.environment(client.Namespace)
		if other == "" || other == at || client.Pods[0].HostNetwork {
			return false
		}
		return slices.ContainsFunc(subjects, func(s *model.Class) bool { return p.connects(client, s) })
	}
	say := func(path, clause, key string, client *model.Class) {
		f := found{key: key}
		f.Ends, f.By = []report.End{ownerEnd(client)}, []report.RuleRef{ruleRef(x, path)}
		f.Message = fmt.Sprintf("%s of environment %q lets in %s of environment %q: %s", x.Namespace, at, endName(ownerEnd(client)), p.environment(client.Namespace), clause)
		p.reportClause(x, path, nil, f)
	}
	if r.AnyPeer {
		if i := slices.IndexFunc(p.Classes(), open); i >= 0 && !p.claimed(x, r.Path) {
			say(r.Path, "the rule has no from", r.Path, p.Classes()[i])
		}
		return
	}
	for i := range r.Peers {
		peer := &r.Peers[i]
		if peer.Namespaces == nil || peer.Addressed() {
			continue
		}
		clients := p.matched(peer, 0)
		if at := slices.IndexFunc(clients, open); at >= 0 {
			say(peer.Path, peer.String(), peer.Key(), clients[at])
		}
	}
}

// connects tells whether the policies of both sides let a connection through, at some port
// that the target declares.
func (p *Pass) connects(from, to *model.Class) bool {
	ports := connset.Empty()
	for _, c := range to.Pods[0].Ports {
		ports = ports.Union(connset.Of(c.Protocol, c.Port, c.Port))
	}
	if ports.IsEmpty() {
		ports = connset.All()
	}
	src, dst := p.endpoint(from), p.endpoint(to)
	in := p.Says(to, report.Ingress, &src, ports)
	out := p.Says(from, report.Egress, &dst, ports)
	return !in.Certain.Intersect(out.Certain).IsEmpty()
}
