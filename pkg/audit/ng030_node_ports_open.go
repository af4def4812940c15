package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func nodePortsOpen() *Analyzer {
	return &Analyzer{
		Code: "NG030", Name: "kubelet-or-etcd-reachable", Severity: report.Low, Security: true, Phase: remaining,
		Title: "A workload whose egress is restricted can connect to the kubelet or to etcd",
		Doc:   "Policies restrict a workload's egress, and let it connect to a node's kubelet (TCP 10250) or to etcd on the control plane (TCP 2379). Workloads whose egress nothing restricts are NG021's; where the nodes' addresses are not known, nothing is found.",
		Why:   "The kubelet runs commands in every container of its node, and etcd holds every Secret: both ask for credentials, and both have had holes.",
		Mend:  "except the nodes' addresses under the ipBlock, or name the destinations.",
		Sources: []string{
			"https://kubernetes.io/docs/reference/networking/ports-and-protocols/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
		Others: []string{"Kubescape C-0069, C-0070 (nearly)"},
		Run: func(p *Pass) {
			if !p.Enforced() {
				return
			}
			control := p.controlPlane()
			for _, w := range p.Workloads() {
				c := w.Classes[0]
				if systemNamespace(c.Namespace) || !c.Egress.Isolates() || !p.Certain(c.Namespace) {
					continue
				}
				for _, try := range []struct {
					nodes []*snapshot.Node
					port  uint16
					what  string
				}{{control, 2379, "etcd"}, {p.Nodes(), 10250, "the kubelet"}} {
					if p.reachesNode(w, try.nodes, try.port, try.what) {
						break
					}
				}
			}
		},
	}
}

func (p *Pass) reachesNode(w *Workload, nodes []*snapshot.Node, port uint16, what string) bool {
	c, ports := w.Classes[0], connset.Of(connset.TCP, port, port)
	for _, n := range nodes {
		if len(n.IPs) == 0 || n.Name == c.Pods[0].Node {
			continue
		}
		e := p.nodeEndpoint(n, n.IPs[0])
		d := p.Says(c, report.Egress, &e, ports)
		if !admits(d, ports) || d.Policy == nil || d.Rule == nil {
			continue
		}
		f := found{key: d.Rule.Path}
		f.Ends = []report.End{w.End, {Kind: "Node", Name: n.Name}}
		f.By = []report.RuleRef{ruleRef(d.Policy, d.Rule.Path)}
		f.Message = fmt.Sprintf("%s allows %s to connect to %s of node/%s (TCP %d)", d.Rule.Path, endName(w.End), what, n.Name, port)
		p.reportClause(d.Policy, d.Rule.Path, nil, f)
		return true
	}
	return false
}
