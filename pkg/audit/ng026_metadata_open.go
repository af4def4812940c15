package audit

import (
	"fmt"
	"net/netip"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func metadataOpen() *Analyzer {
	return &Analyzer{
		Code: "NG026", Name: "cloud-metadata-not-excepted", Severity: report.Medium, Security: true,
		Title: "A rule for the internet allows the cloud's metadata service, too",
		Doc:   "Policies restrict a workload's egress, and let it connect to 169.254.169.254 port 80 by an ipBlock, such as 0.0.0.0/0, that does not except the address. Workloads whose egress nothing restricts, or a rule for everybody opens, are NG021's.",
		Why:   "On most clouds that address gives credentials of the node to whoever asks, and so to whoever gets into the container.",
		Mend:  "except: [169.254.169.254/32] under the ipBlock; and the cloud's own protection (IMDSv2 with a hop limit of 1, Workload Identity).",
		Sources: []string{
			"https://kubernetes.io/docs/tasks/administer-cluster/securing-a-cluster/#restricting-cloud-metadata-api-access",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
		Others: []string{"Kubescape C-0052"},
		Run: func(p *Pass) {
			if !p.Enforced() {
				return
			}
			address := netip.MustParseAddr("169.254.169.254")
			ports := connset.Of(connset.TCP, 80, 80)
			for _, w := range p.Workloads() {
				c := w.Classes[0]
				if !c.Egress.Isolates() || !p.Certain(c.Namespace) {
					continue
				}
				e := outside(netip.PrefixFrom(address, 32))
				d := p.Says(c, report.Egress, &e, ports)
				if !admits(d, ports) || d.Policy == nil || d.Rule == nil {
					continue
				}
				f := found{}
				f.Ends, f.By = []report.End{w.End}, []report.RuleRef{ruleRef(d.Policy, d.Rule.Path)}
				for i := range d.Rule.Peers {
					peer := &d.Rule.Peers[i]
					if b := peer.Block; b != nil && b.CIDR.Contains(address) {
						f.key = peer.Key()
						f.Message = fmt.Sprintf("%s allows the cloud's metadata service, too: %s may ask 169.254.169.254", b, endName(w.End))
						f.Advice = "add except: [169.254.169.254/32]"
						p.reportClause(d.Policy, peer.Path, nil, f)
						break
					}
				}
			}
		},
	}
}
