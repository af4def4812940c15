package audit

import (
	"fmt"
	"net/netip"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func databaseToInternet() *Analyzer {
	return &Analyzer{
		Code: "NG031", Name: "database-reaches-the-internet", Severity: report.Low, Security: true, Phase: remaining,
		Title: "A database can connect to the internet",
		Doc:   "Every port that a workload declares is that of a database or message broker, and the policies that restrict its egress let it connect to any address on the internet. Where nothing restricts its egress, NG021 says so.",
		Why:   "It needs no such connection, and whoever gets into it can send the data anywhere.",
		Mend:  "A policy for egress with what it needs: DNS, and its replicas. Backups to a bucket need the bucket's addresses only.",
		Sources: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-egress-traffic",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
		Others: []string{"Kubescape C-0030 (nearly)"},
		Run: func(p *Pass) {
			if !p.Enforced() {
				return
			}
			// Any address will do: what lets out to every address lets out to this one, and a rule
			// for single addresses does not have two so far apart.
			samples := []netip.Prefix{netip.MustParsePrefix("1.1.1.1/32"), netip.MustParsePrefix("198.41.0.4/32")}
			ports := connset.Of(connset.TCP, 443, 443)
			for _, w := range p.Workloads() {
				c := w.Classes[0]
				if !p.onlyData(w) || !p.Certain(c.Namespace) || p.unrestricted(c, report.Egress) {
					continue
				}
				f := found{}
				f.Object, f.Ends = w.Object(), []report.End{w.End}
				open := true
				for _, s := range samples {
					e := outside(s)
					d := p.Says(c, report.Egress, &e, ports)
					open = open && admits(d, ports)
					if d.Policy != nil && d.Rule != nil {
						f.By = appendRule(f.By, ruleRef(d.Policy, d.Rule.Path))
					}
				}
				if !open {
					continue
				}
				f.Message = fmt.Sprintf("%s serves data and can connect to any address on the internet", endName(w.End))
				p.report(f)
			}
		},
	}
}

// onlyData tells whether every port that a workload declares is that of a database or
// message broker.
func (p *Pass) onlyData(w *Workload) bool {
	c := w.Classes[0]
	for _, port := range c.Pods[0].Ports {
		data := false
		for _, s := range sensitivePorts() {
			data = data || s.port == port.Port && !s.control
		}
		if !data {
			return false
		}
	}
	return len(c.Pods[0].Ports) > 0
}
