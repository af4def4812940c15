package model

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// NodeDNS is the address at which NodeLocal DNSCache answers the pods of its node, by default
// (k8s.io/docs/tasks/administer-cluster/nodelocaldns).
var NodeDNS = netip.AddrFrom4([4]byte{169, 254, 20, 10}) //nolint:gochecknoglobals // an address, as a constant cannot be

// Where NodeLocal DNSCache and the cluster's own add-ons are.
const (
	nodeDNSWorkload = "node-local-dns"
	dnsNamespace    = "kube-system"
)

// DNSServices are the names of the cluster's DNS Service: kubeadm's and its kin's, RKE2's, and
// OpenShift's (its operator's dns-default, whose pods listen on port 5353).
func DNSServices() []snapshot.Name {
	return []snapshot.Name{
		{Namespace: dnsNamespace, Name: "kube-dns"}, {Namespace: dnsNamespace, Name: "coredns"},
		{Namespace: dnsNamespace, Name: "rke2-coredns-rke2-coredns"}, {Namespace: "openshift-dns", Name: "dns-default"},
	}
}

// ClusterDNS is the Service that pods ask for names; nil where none is known.
func ClusterDNS(s *snapshot.Snapshot) *snapshot.Service {
	for _, name := range DNSServices() {
		if found := s.Service(name); found != nil && AnswersDNS(found) {
			return found
		}
	}
	return nil
}

// AnswersDNS tells whether a Service has the port of DNS.
func AnswersDNS(s *snapshot.Service) bool {
	return slices.ContainsFunc(s.Ports, func(p snapshot.ServicePort) bool { return p.Port == 53 && p.Protocol == connset.UDP })
}

// DNSNeeds are the reads by which [ClusterDNS] and [Model.NodeLocalDNS] are known.
func DNSNeeds(s *snapshot.Snapshot) []snapshot.Need {
	out := []snapshot.Need{
		{Resource: snapshot.Services, Namespace: dnsNamespace},
		{Resource: snapshot.DaemonSets, Namespace: dnsNamespace, Name: nodeDNSWorkload},
	}
	if s.Tried(out[0]) && ClusterDNS(s) == nil {
		out = append(out, snapshot.Need{Resource: snapshot.Services, Namespace: "openshift-dns", Name: "dns-default"})
	}
	return out
}

// NodeLocalDNS tells whether NodeLocal DNSCache runs in the cluster.
func (m *Model) NodeLocalDNS() bool {
	return m.Workload("DaemonSet", snapshot.Name{Namespace: dnsNamespace, Name: nodeDNSWorkload}) != nil
}

// AsksClusterDNS tells whether a party asks the cluster's DNS for names (Kubernetes docs, "DNS for
// Services and Pods", dnsPolicy): not where it takes the node's settings, as nodes and pods in
// their network do unless ClusterFirstWithHostNet says otherwise, nor where its own dnsConfig names
// other servers.
func (m *Model) AsksClusterDNS(p Party) bool {
	if p.Pod == nil {
		return false
	}
	dns := p.Pod.DNS
	if dns == nil {
		return !p.Pod.HostNetwork
	}
	switch dns.Policy {
	case snapshot.DNSDefault:
		return false
	case snapshot.DNSNone:
		return slices.ContainsFunc(dns.Nameservers, m.isClusterDNS)
	case snapshot.DNSClusterFirstWithHostNet:
		return true
	default:
		return !p.Pod.HostNetwork
	}
}

func (m *Model) isClusterDNS(a netip.Addr) bool {
	s := ClusterDNS(m.Snapshot)
	return a == NodeDNS || s != nil && slices.Contains(s.ClusterIPs, a)
}

// OtherDNS are the servers besides the cluster's that a party may ask.
func (m *Model) OtherDNS(p Party) []netip.Addr {
	if p.Pod == nil || p.Pod.DNS == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.Pod.DNS.Nameservers), m.isClusterDNS)
}

// HasName tells whether clients of a target look its name up. The API server's Service is not
// asked for by name: pods are told its address (client-go's InClusterConfig).
func HasName(target reference.Reference) bool {
	return target.Form == reference.FormObject && (target.Kind == reference.Service || target.Kind.IsDoor()) &&
		(target.Kind != reference.Service || target.Namespace != "default" || target.Name != "kubernetes")
}

// AsksNames tells whether a source may be one that looks the target's name up: pods, and not the
// data plane of a front door, which is told of endpoints by its controller.
func AsksNames(source, target reference.Reference) bool {
	switch source.Form {
	case reference.FormInternet:
		return false
	case reference.FormObject:
		if source.Kind == reference.Node || source.Kind.IsDoor() {
			return false
		}
	case reference.FormLabels, reference.FormAddress:
	}
	return HasName(target)
}
