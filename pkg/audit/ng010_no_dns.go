package audit

import (
	"fmt"
	"net/netip"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func noDNS() *Analyzer {
	return &Analyzer{
		Code: "NG010", Name: "egress-without-dns", Severity: report.High,
		Title: "A workload may connect to others, and not ask for their addresses",
		Doc:   "Policies restrict a workload's egress, let it connect to something, and let it ask no DNS server: neither the cluster's DNS pods nor anything else on port 53. A workload that may connect to nothing at all, or to single addresses only, is left alone: it needs no names.",
		Why:   "Every name lookup runs into a timeout, so that what the policies allow does not work either.",
		Mend:  "Allow egress to the DNS pods (namespace kube-system, k8s-app: kube-dns) on UDP and TCP port 53, and to 169.254.20.10 where NodeLocal DNSCache is in use.",
		Sources: []string{
			"https://github.com/kubernetes/website/issues/54997",
			"https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/",
		},
		Others: []string{"cyclonus CheckDNSBlockedOnUDP, CheckDNSBlockedOnTCP"},
		Run: func(p *Pass) {
			if !p.Enforced() {
				return
			}
			servers := p.dnsServers()
			for _, w := range p.Workloads() {
				for _, c := range w.Classes {
					if p.Certain(c.Namespace) && p.lacksDNS(c, servers) {
						f := found{}
						f.Object, f.Ends = w.Object(), []report.End{w.End}
						for _, x := range c.Egress.Policies() {
							f.By = append(f.By, ruleRef(x, "spec.egress"))
						}
						f.Message = fmt.Sprintf("%s may connect to others, and not to DNS: no rule of %s allows UDP 53 to the DNS pods", endName(w.End), policyNames(f.By))
						if len(servers) > 0 && servers[0].class != nil {
							f.Fix = p.fix(c, servers[0].class, reference.Port{Number: 53, Protocol: connset.UDP})
						}
						p.report(f)
						break
					}
				}
			}
		},
	}
}

// dnsServer is a pod that answers DNS, or where one would be.
type dnsServer struct {
	class    *model.Class
	endpoint policy.Endpoint
	ports    connset.Set
}

// dnsServers are the pods behind the cluster's DNS Service and, as nobody declares them in
// an application's manifests, what they are by convention.
func (p *Pass) dnsServers() []dnsServer {
	var out []dnsServer
	for _, name := range []snapshot.Name{
		{Namespace: "kube-system", Name: "kube-dns"}, {Namespace: "kube-system", Name: "coredns"},
		{Namespace: "kube-system", Name: "rke2-coredns-rke2-coredns"}, {Namespace: "openshift-dns", Name: "dns-default"},
	} {
		s := p.Service(name)
		if s == nil || len(s.Selector) == 0 {
			continue
		}
		for _, c := range p.ClassesIn(name.Namespace) {
			if !selector.Includes(c.Pods[0].Labels, s.Selector) {
				continue
			}
			ports := connset.Of(connset.UDP, 53, 53)
			for _, sp := range s.Ports {
				if at := targetOf(&sp, c.Pods[0]); sp.Protocol == connset.UDP && sp.Port == 53 && at != 0 {
					ports = connset.Of(connset.UDP, at, at)
				}
			}
			out = append(out, dnsServer{class: c, endpoint: p.endpoint(c), ports: ports})
		}
	}
	if len(out) > 0 {
		return out
	}
	labels := map[string]string{"k8s-app": "kube-dns", "app.kubernetes.io/name": "coredns"}
	e := policy.Endpoint{
		Kind: policy.PodEndpoint, Namespace: "kube-system",
		NamespaceLabels: p.NamespaceLabels("kube-system"), Labels: selector.Known(labels),
		Ports: []snapshot.ContainerPort{{Name: "dns", Protocol: connset.UDP, Port: 53}, {Name: "dns-tcp", Protocol: connset.TCP, Port: 53}},
	}
	return []dnsServer{{endpoint: e, ports: connset.Of(connset.UDP, 53, 53)}}
}

// lacksDNS tells whether a class may connect to something that has a name, and to nothing
// on the port of DNS.
func (p *Pass) lacksDNS(c *model.Class, servers []dnsServer) bool {
	names := false
	udp, tcp := connset.Of(connset.UDP, 53, 53), connset.Of(connset.TCP, 53, 53)
	for _, x := range c.Egress.Policies() {
		for _, r := range x.Egress.Rules {
			ports := connset.All()
			if !r.AnyPort {
				ports = numbered(r.Ports)
			}
			if !ports.Intersect(udp.Union(tcp)).IsEmpty() {
				return false // some server that is not in the cluster
			}
			names = names || namesSomebody(&r)
		}
	}
	if !names {
		return false
	}
	for i := range servers {
		if !denies(p.Says(c, report.Egress, &servers[i].endpoint, servers[i].ports)) {
			return false
		}
	}
	cache := outside(netip.MustParsePrefix("169.254.20.10/32"))
	return denies(p.Says(c, report.Egress, &cache, udp))
}

// namesSomebody tells whether a rule lets through what has a name: more than single addresses.
func namesSomebody(r *policy.Rule) bool {
	if r.AnyPeer {
		return true
	}
	for i := range r.Peers {
		if b := r.Peers[i].Block; b == nil || !b.CIDR.IsSingleIP() {
			return true
		}
	}
	return false
}

// numbered are the ports of a rule that stand there by number; all of them where one has
// a name.
func numbered(ports []policy.Port) connset.Set {
	out := connset.Empty()
	for _, x := range ports {
		switch {
		case x.Name != "":
			return connset.All()
		case x.First == 0:
			out = out.Union(connset.AllOf(x.Protocol))
		default:
			out = out.Union(connset.Of(x.Protocol, x.First, x.Last))
		}
	}
	return out
}
