package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func namedPort() *Analyzer {
	return &Analyzer{
		Code: "NG003", Name: "named-port-nobody-declares", Severity: report.Medium,
		Title: "A policy names a port that no container has",
		Doc:   "A rule lists a port by a name that no container of the pods declares for its protocol. For ingress those are the pods that the policy selects, for egress those that the rule's peers match.",
		Why:   "A name that nobody declares stands for no port: the rule allows nothing.",
		Mend:  "Write the name as the container declares it under ports, or the number.",
		Sources: []string{
			"https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/#NetworkPolicySpec",
		},
		Run: func(p *Pass) {
			for _, x := range p.NetworkPolicies() {
				subjects := p.selected(x)
				for _, r := range x.Ingress.Rules {
					p.undeclared(x, &r, subjects, report.Ingress)
				}
				if len(subjects) == 0 {
					continue
				}
				for _, r := range x.Egress.Rules {
					to := p.clientsOf(&r, 0)
					if r.AnyPeer {
						to = p.Classes()
					}
					if p.Whole() {
						p.undeclared(x, &r, to, report.Egress)
					}
				}
			}
		},
	}
}

// undeclared looks for names in one rule that none of the destinations declares.
func (p *Pass) undeclared(x *policy.Policy, r *policy.Rule, to []*model.Class, d report.Direction) {
	if len(to) == 0 {
		return
	}
	for i := range r.Ports {
		port := &r.Ports[i]
		if port.Name == "" || slices.ContainsFunc(to, func(c *model.Class) bool { return declares(c, port) }) {
			continue
		}
		if d == report.Egress && slices.ContainsFunc(r.Peers, func(peer policy.Peer) bool { return peer.Block != nil }) {
			continue // some engines open the number everywhere
		}
		f := found{key: port.String() + " " + port.Path}
		f.Ends, f.By = endsOf(to), []report.RuleRef{ruleRef(x, port.Path)}
		if d == report.Egress && r.AnyPeer {
			f.Ends = nil
		}
		who := endNames(f.Ends)
		if len(f.Ends) == 0 {
			who = "any pod"
		}
		f.Message = fmt.Sprintf("no container of %s declares a %s port called %q", who, port.Protocol, port.Name)
		var have []string
		for _, c := range to {
			for _, cp := range c.Pods[0].Ports {
				if name := cp.Name; name != "" && cp.Protocol == port.Protocol && !slices.Contains(have, name) {
					have = append(have, name)
				}
			}
		}
		if len(have) > 0 && len(to) < 20 {
			slices.Sort(have)
			f.Message += "; they have " + strings.Join(have, ", ")
		}
		if clients := p.clientsOf(r, 1); d == report.Ingress && len(clients) > 0 && len(to[0].Pods[0].Ports) == 1 {
			f.Fix = p.fix(clients[0], to[0], reference.Port{Number: to[0].Pods[0].Ports[0].Port, Protocol: port.Protocol})
		}
		p.reportClause(x, port.Path, nil, f)
	}
}

func declares(c *model.Class, port *policy.Port) bool {
	for _, cp := range c.Pods[0].Ports {
		if cp.Name == port.Name && cp.Protocol == port.Protocol {
			return true
		}
	}
	return false
}
