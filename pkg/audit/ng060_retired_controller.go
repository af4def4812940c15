package audit

import (
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

func retiredController() *Analyzer {
	return &Analyzer{
		Code: "NG060", Name: "retired-ingress-nginx", Severity: report.Low, Security: true,
		Title: "A door is served by ingress-nginx, which is retired",
		Doc:   "An Ingress is served by the community's ingress-nginx controller (k8s.io/ingress-nginx), which gets no releases since March 2026: no fixes of bugs, and none of vulnerabilities. F5's NGINX controllers are others.",
		Why:   "It stands in front of everything and reads requests of everybody. And policies that name its pods will shut out its successor's.",
		Mend:  "Move to another controller or to the Gateway API. The finding lists the rules that name the old one: each needs a peer for the pods of the new one first, which `kubectl netguard scaffold` writes once it is there.",
		Sources: []string{
			"https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/",
		},
		Run: func(p *Pass) {
			for _, d := range p.Doors() {
				if d.Controller != "k8s.io/ingress-nginx" && !strings.EqualFold(d.ControllerName, "ingress-nginx") {
					continue
				}
				f := found{}
				f.Object = d.Object
				for _, b := range d.Backends {
					for _, a := range b.Answers {
						for _, h := range a.Hops {
							if h.Kind == report.HopIngress && h.Verdict == report.Allowed && h.DecidedBy != nil {
								f.By = appendRule(f.By, *h.DecidedBy)
							}
						}
					}
				}
				f.Message = objectName(d.Object) + " is served by ingress-nginx, which is retired since March 2026"
				if len(f.By) > 0 {
					f.Message += fmt.Sprintf("; %s lets its pods in, and has to let in those of its successor", policyNames(f.By))
				}
				p.report(f)
			}
		},
	}
}

func appendRule(all []report.RuleRef, r report.RuleRef) []report.RuleRef {
	for _, x := range all {
		if x == r {
			return all
		}
	}
	return append(all, r)
}
