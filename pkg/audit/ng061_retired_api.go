package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func retiredAPI() *Analyzer {
	return &Analyzer{
		Code: "NG061", Name: "retired-policy-api", Severity: report.Low,
		Title: "A policy is of a kind that its API has given up",
		Doc:   "An AdminNetworkPolicy or BaselineAdminNetworkPolicy (policy.networking.k8s.io/v1alpha1). ClusterNetworkPolicy (v1alpha2) has taken the place of both. NetworkPolicies of extensions/v1beta1, which no API server serves since Kubernetes 1.16, are errors in manifests.",
		Why:   "Network plugins take out the old kinds with the next release of the API; policies that deny are gone then.",
		Mend:  "Write it as a ClusterNetworkPolicy: tier Admin or Baseline, and Accept for Allow.",
		Sources: []string{
			"https://network-policy-api.sigs.k8s.io/api-overview/",
			"https://kubernetes.io/docs/reference/using-api/deprecation-guide/#networkpolicy-v116",
		},
		Others: []string{"popeye POP-403"},
		Run: func(p *Pass) {
			if p.options.Namespace != "" {
				return
			}
			for _, x := range p.Wide() {
				if x.Dialect&policy.AdminPolicies == 0 {
					continue
				}
				f := found{where: x}
				f.Object = x.Ref()
				f.Message = fmt.Sprintf("%s is of v1alpha1; ClusterNetworkPolicy (v1alpha2) has taken its place", objectName(x.Ref()))
				p.report(f)
			}
		},
	}
}
