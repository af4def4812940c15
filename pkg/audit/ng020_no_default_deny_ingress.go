package audit

import "github.com/kubectl-netguard/netguard/pkg/report"

func noDefaultDenyIngress() *Analyzer {
	return &Analyzer{
		Code: "NG020", Name: "no-default-deny-ingress", Severity: report.Medium, Security: true,
		Title: "Nothing restricts who connects to the pods of a namespace",
		Doc:   "A namespace has workloads, and no policy of any kind that is evaluated keeps anybody from connecting to one of them: none isolates it, or its rules let in everybody. Namespaces of the cluster itself (kube-system) are left alone, and so are those of which not every policy is known.",
		Why:   "Every pod of the cluster can connect to every port there: one compromised container is enough.",
		Mend:  "A policy with an empty podSelector, policyTypes: [Ingress] and no rule; then rules for those who have to connect. `kubectl netguard scaffold` writes both.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-ingress-traffic",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
		Others: []string{"CIS 5.3.2", "Kubescape C-0206, C-0260", "kube-linter non-isolated-pod", "checkov CKV2_K8S_6", "Trivy KSV038"},
		Run: func(p *Pass) {
			p.noDefaultDeny(report.Ingress, func(workloads, namespace string) string {
				return "every pod of the cluster can connect to " + workloads + ": no policy of namespace " + namespace + " keeps anybody out"
			})
		},
	}
}
