package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func clientAddressReplaced() *Analyzer {
	return &Analyzer{
		Code: "NG014", Name: "ipblock-of-clients-behind-snat", Severity: report.High,
		Title: "An ipBlock lists clients whose addresses nodes replace by their own",
		Doc:   "A rule lets in clients outside by their addresses, and they come by a Service of type LoadBalancer or NodePort with externalTrafficPolicy: Cluster. A node that passes a packet on puts its own address in the place of the client's, and no rule lets that one in.",
		Why:   "The clients for whom the rule was written are shut out, always or by whichever node they come.",
		Mend:  "externalTrafficPolicy: Local keeps the client's address; or let in the nodes' addresses, and keep clients out with loadBalancerSourceRanges.",
		Sources: []string{
			"https://kubernetes.io/docs/tutorials/services/source-ip/#source-ip-for-services-with-type-loadbalancer",
			"https://github.com/projectcalico/calico/issues/2088",
		},
		Run: func(p *Pass) {
			if !p.Enforced() {
				return
			}
			for _, x := range p.NetworkPolicies() {
				for _, c := range p.selected(x) {
					for i := range x.Ingress.Rules {
						for j := range x.Ingress.Rules[i].Peers {
							p.replacedClients(x, &x.Ingress.Rules[i].Peers[j], c)
						}
					}
				}
			}
		},
	}
}

func (p *Pass) replacedClients(x *policy.Policy, peer *policy.Peer, c *model.Class) {
	if peer.Block == nil || peer.Block.CIDR.Bits() == 0 || model.MayHoldPods(peer.Block.CIDR) || p.claimed(x, peer.Path) {
		return
	}
	for _, s := range p.servicesOf(c) {
		if s.Type != snapshot.LoadBalancer && s.Type != snapshot.NodePort || s.ExternalLocal {
			continue
		}
		for _, sp := range s.Ports {
			from := reference.Reference{Form: reference.FormAddress, Prefix: peer.Block.CIDR}
			to := reference.Reference{
				Form: reference.FormObject, Kind: reference.Service, Namespace: s.Namespace, Name: s.Name.Name,
				Port: reference.Port{Number: sp.Port, Protocol: sp.Protocol},
			}
			answer, err := query.Explain(p.Model, from, to, p.options.Options)
			if err != nil || !replaced(answer) || disputed(answer.Answers) {
				continue
			}
			f := found{key: peer.Key()}
			f.Ends = []report.End{{Kind: "Service", Namespace: s.Namespace, Name: s.Name.Name}}
			f.By = []report.RuleRef{ruleRef(x, peer.Path)}
			f.Message = fmt.Sprintf("%s lists clients of %s, and with externalTrafficPolicy: Cluster their packets arrive with a node's address, which no rule lets in", peer.String(), objectName(serviceObject(s)))
			f.Advice = "externalTrafficPolicy: Local for " + objectName(serviceObject(s))
			p.reportClause(x, peer.Path, nil, f)
			return
		}
	}
}

// replaced tells whether clients are denied for certain where a node has put its address in
// the place of theirs.
func replaced(a *report.Explanation) bool {
	for _, x := range a.Answers {
		if x.Verdict != report.Denied || !x.Reason.ByPolicy() {
			continue
		}
		for _, h := range x.Hops {
			if h.Kind == report.HopService && h.Detail == report.ClientReplaced {
				return true
			}
		}
	}
	return false
}
