package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func portsNobodyHas() *Analyzer {
	return &Analyzer{
		Code: "NG043", Name: "port-nobody-listens-on", Severity: report.Info, Phase: remaining,
		Title: "A rule allows a port that none of its pods declares",
		Doc:   "An ingress rule lists a port by number that no container of the pods it selects declares and that no Service sends to, while each of them declares some. Ports of meshes (15000 to 15099) are left alone, and so is what a Service's own port explains (NG002).",
		Why:   "Declaring a port is voluntary, so that this may be right; more often the program listens on another port now, or the rule was copied.",
		Mend:  "Correct the port, or declare it in the container.",
		Sources: []string{
			"https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#ports",
		},
		Others: []string{"popeye POP-1202 (nearly)"},
		Run: func(p *Pass) {
			for _, x := range p.NetworkPolicies() {
				subjects := p.selected(x)
				have, all := p.portsOfAll(subjects)
				if len(subjects) == 0 || !all {
					continue
				}
				for _, r := range x.Ingress.Rules {
					for i := range r.Ports {
						port := &r.Ports[i]
						if port.Name != "" || port.First == 0 || port.First >= 15000 && port.Last < 15100 || p.claimed(x, port.Path) {
							continue
						}
						if !connset.Of(port.Protocol, port.First, port.Last).Intersect(have).IsEmpty() {
							continue
						}
						f := found{key: port.String()}
						f.Ends, f.By = endsOf(subjects), []report.RuleRef{ruleRef(x, port.Path)}
						f.Message = fmt.Sprintf("no container of %s declares %s, and no Service sends there; they declare %s", endNames(f.Ends), port.String(), have)
						p.reportClause(x, port.Path, nil, f)
					}
				}
			}
		},
	}
}

// portsOfAll are all ports of classes that containers declare or Services send to; false
// where some class has none.
func (p *Pass) portsOfAll(classes []*model.Class) (connset.Set, bool) {
	out := connset.Empty()
	for _, c := range classes {
		if len(c.Pods[0].Ports) == 0 {
			return out, false
		}
		for _, x := range c.Pods[0].Ports {
			out = out.Union(connset.Of(x.Protocol, x.Port, x.Port))
		}
		for _, s := range p.servicesOf(c) {
			for _, sp := range s.Ports {
				if at := targetOf(&sp, c.Pods[0]); at != 0 {
					out = out.Union(connset.Of(sp.Protocol, at, at))
				}
			}
		}
	}
	return out, true
}
