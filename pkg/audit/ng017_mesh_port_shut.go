package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func meshPortShut() *Analyzer {
	return &Analyzer{
		Code: "NG017", Name: "mesh-port-shut", Severity: report.High,
		Title: "A rule names the application's port, and a mesh delivers to its own",
		Doc:   "Both ends of a rule are in Istio's ambient mesh, where the connection arrives at port 15008, which no rule lets in; the rule's own port is never seen.",
		Why:   "Connections that the rule allows are dropped.",
		Mend:  "Let in TCP port 15008, too; what may be connected to behind it, the mesh's AuthorizationPolicies decide.",
		Sources: []string{
			"https://istio.io/latest/docs/ambient/usage/networkpolicy/",
			"https://github.com/istio/istio/issues/51034",
		},
		Run: func(p *Pass) {
			for _, x := range p.NetworkPolicies() {
				if ns := p.Namespace(x.Namespace); ns == nil || ns.Labels["istio.io/dataplane-mode"] != "ambient" || !p.Enforced() {
					continue
				}
				for i := range x.Ingress.Rules {
					p.meshPort(x, &x.Ingress.Rules[i])
				}
			}
		},
	}
}

func (p *Pass) meshPort(x *policy.Policy, r *policy.Rule) {
	clients, targets := p.clientsOf(r, 1), p.selected(x)
	if r.AnyPort || len(clients) == 0 || len(targets) == 0 {
		return
	}
	for i := range r.Ports {
		for _, number := range portNumbers(&r.Ports[i], targets[0].Pods[0].Ports) {
			client, ports := p.endpoint(clients[0]), connset.Of(r.Ports[i].Protocol, number, number)
			if !admits(p.Says(targets[0], report.Ingress, &client, ports), ports) {
				continue
			}
			port := reference.Port{Number: number, Protocol: r.Ports[i].Protocol}
			answer, err := query.Explain(p.Model, refOf(clients[0], reference.Port{}), refOf(targets[0], port), p.options.Options)
			if err != nil || answer.Verdict != report.Denied || len(answer.Answers) == 0 || !answer.Answers[0].Reason.ByPolicy() || deniedHop(answer) != report.HopIngress || disputed(answer.Answers) {
				continue
			}
			f := found{key: r.Ports[i].String()}
			f.Ends, f.By, f.Fix = endsOf(targets[:1]), []report.RuleRef{ruleRef(x, r.Ports[i].Path)}, answer.Fix
			f.Message = fmt.Sprintf("%s allows %s to %s, and the mesh delivers it to port 15008, which no rule allows",
				r.Ports[i].String(), endName(ownerEnd(clients[0])), endName(ownerEnd(targets[0])))
			p.reportClause(x, r.Ports[i].Path, nil, f)
			return
		}
	}
}

// deniedHop is the stage that denies the first answer.
func deniedHop(a *report.Explanation) report.HopKind {
	for _, h := range a.Answers[0].Hops {
		if h.Verdict == report.Denied {
			return h.Kind
		}
	}
	return ""
}
