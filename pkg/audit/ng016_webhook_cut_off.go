package audit

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func webhookCutOff() *Analyzer {
	return &Analyzer{
		Code: "NG016", Name: "webhook-cut-off", Severity: report.High, Phase: outcomes,
		Title: "Policies keep the API server from a webhook",
		Doc:   "A Service is called a webhook, policies isolate its pods, and they let in none of the control plane's nodes, whose addresses are known. The API server runs there, and is no pod: no selector matches it. Where the cluster does not show the control plane's nodes, nothing is found.",
		Why:   "The API server waits for the webhook with every request that it guards: objects can be neither created nor changed, or unchecked ones get in.",
		Mend:  "A rule for the webhook's port with the ipBlock of the control plane, or without from.",
		Sources: []string{
			"https://github.com/cozystack/cozystack/issues/3983",
			"https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#timeouts",
		},
		Run: func(p *Pass) {
			servers := p.controlPlane()
			if !p.Enforced() || len(servers) == 0 {
				return
			}
			for _, w := range p.Workloads() {
				p.webhooksOf(w, servers)
			}
		},
	}
}

// controlPlane are the nodes of the control plane, as kubeadm and others label them
// (https://kubernetes.io/docs/reference/labels-annotations-taints/#node-role-kubernetes-io-control-plane).
func (p *Pass) controlPlane() []*snapshot.Node {
	var out []*snapshot.Node
	for _, n := range p.Nodes() {
		if _, ok := n.Labels["node-role.kubernetes.io/control-plane"]; ok && len(n.IPs) > 0 {
			out = append(out, n)
		}
	}
	return out
}

// nodeEndpoint is a node as policies see it.
func (p *Pass) nodeEndpoint(n *snapshot.Node, addr netip.Addr) policy.Endpoint {
	return p.Endpoint(model.Party{Node: n}, addr)
}

func (p *Pass) webhooksOf(w *Workload, servers []*snapshot.Node) {
	for _, c := range w.Classes {
		if !c.Ingress.Isolates() || !p.Certain(c.Namespace) {
			continue
		}
		for _, s := range p.servicesOf(c) {
			for _, sp := range s.Ports {
				at := targetOf(&sp, c.Pods[0])
				named := strings.Contains(s.Name.Name, "webhook") || strings.HasSuffix(s.Name.Name, "-admission") || strings.Contains(sp.Name, "webhook")
				if at == 0 || !named || !p.shutFrom(c, servers, connset.Of(sp.Protocol, at, at)) {
					continue
				}
				f := found{key: s.Name.Name}
				f.Object, f.Ends = serviceObject(s), []report.End{w.End}
				for _, x := range c.Ingress.Policies() {
					f.By = append(f.By, ruleRef(x, "spec.ingress"))
				}
				f.Message = fmt.Sprintf("the API server may not connect to %s at %s %d: no rule of %s lets in a node of the control plane",
					endName(w.End), sp.Protocol, at, policyNames(f.By))
				p.report(f)
				return
			}
		}
	}
}

// shutFrom tells whether policies deny ports to all of some nodes, at all their addresses.
func (p *Pass) shutFrom(c *model.Class, nodes []*snapshot.Node, ports connset.Set) bool {
	for _, n := range nodes {
		for _, addr := range n.IPs {
			e := p.nodeEndpoint(n, addr)
			if !denies(p.Says(c, report.Ingress, &e, ports)) {
				return false
			}
		}
	}
	return true
}
