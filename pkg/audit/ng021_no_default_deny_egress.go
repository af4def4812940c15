package audit

import "github.com/kubectl-netguard/netguard/pkg/report"

func noDefaultDenyEgress() *Analyzer {
	return &Analyzer{
		Code: "NG021", Name: "no-default-deny-egress", Severity: report.Low, Security: true,
		Title: "Nothing restricts what the pods of a namespace connect to",
		Doc:   "A namespace has workloads, and no policy of any kind that is evaluated keeps one of them from connecting anywhere: none isolates it for egress, or its rules let it out to everybody. Namespaces of the cluster itself (kube-system) are left alone, and so are those of which not every policy is known.",
		Why:   "Whoever gets into one container can fetch tools from the internet, send data there, ask the cloud's metadata service for credentials and try every other pod.",
		Mend:  "A policy with an empty podSelector, policyTypes: [Egress] and a rule for DNS; then rules for what the workloads need. `kubectl netguard scaffold --egress` writes both.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-egress-traffic",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
		Others: []string{"CIS 5.3.2", "Kubescape C-0030, C-0206", "checkov CKV2_K8S_6"},
		Run: func(p *Pass) {
			p.noDefaultDeny(report.Egress, func(workloads, namespace string) string {
				return workloads + " can connect to everything: no policy of namespace " + namespace + " restricts egress"
			})
		},
	}
}
