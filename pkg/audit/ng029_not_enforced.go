package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

func notEnforced() *Analyzer {
	return &Analyzer{
		Code: "NG029", Name: "nothing-enforces-policies", Severity: report.Critical, Security: true,
		Title: "There are policies, and nothing enforces them",
		Doc:   "The cluster's network plugin, as it is set up, enforces no NetworkPolicy, and there are some. Where the plugin was not recognised, nothing is said.",
		Why:   "The API server takes policies whether or not anything acts on them. Everything is open, and everybody believes that it is not.",
		Mend:  "Switch enforcement on (docs/cni.md says for each plugin how), or use a plugin that enforces policies.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#prerequisites",
			"https://github.com/kubernetes/enhancements/pull/2947",
		},
		Others: []string{"CIS 5.3.1", "Kubescape C-0205"},
		Run: func(p *Pass) {
			policies := p.NetworkPolicies()
			if p.Enforced() || len(policies) == 0 {
				return
			}
			f := found{}
			f.Object = report.Object{Kind: "Cluster", Name: "cluster"}
			for i, x := range policies {
				if i == 3 {
					break
				}
				f.By = append(f.By, ruleRef(x, "spec"))
			}
			what := p.out.Enforcement.Plugin
			if p.out.Enforcement.Evidence != "" {
				what += " (" + p.out.Enforcement.Evidence + ")"
			}
			f.Message = fmt.Sprintf("%s enforces none of the %d policies: every connection that they deny gets through", what, len(policies))
			p.report(f)
		},
	}
}
