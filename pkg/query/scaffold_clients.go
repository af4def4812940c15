package query

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// addClients makes those of --allow-from clients of every set that has the port
// they ask for, and those of --allow-to destinations of every set.
func (s *scaffolder) addClients() error {
	for _, r := range s.request.AllowFrom {
		c, err := s.clientOf(r, report.WhyAsked)
		if err != nil {
			return fmt.Errorf("--allow-from: %w", err)
		}
		if c == nil {
			continue
		}
		if err := s.admit(c, r.Port); err != nil {
			return fmt.Errorf("--allow-from %s: %w", r, err)
		}
	}
	for _, set := range s.sets {
		if !s.egress() {
			break
		}
		s.addDNS(set)
		for _, r := range s.request.AllowTo {
			if err := s.addDestination(set, r); err != nil {
				return fmt.Errorf("--allow-to: %w", err)
			}
		}
	}
	return nil
}

func (s *scaffolder) egress() bool { return s.request.Egress || len(s.request.AllowTo) > 0 }

// admit makes a client one of every set that has the port.
func (s *scaffolder) admit(c *client, port reference.Port) error {
	found := false
	for _, set := range s.sets {
		ports := s.portsAsked(set, port)
		if ports == nil {
			continue
		}
		found = true
		own := *c
		own.ports = ports
		set.clients = append(set.clients, &own)
	}
	if len(s.sets) == 0 {
		return errors.New("there is no backend for it to reach")
	}
	if !found {
		return fmt.Errorf("no backend has port %s", port)
	}
	return nil
}

// clientOf is a client as the user named it. A nil client could not be read,
// which is noted.
func (s *scaffolder) clientOf(r reference.Reference, why report.RuleWhy) (*client, error) {
	plain := r
	plain.Port = reference.Port{}
	c := &client{end: endOf(plain), why: why, preferred: map[string][]map[string]string{}}
	switch {
	case r.Form == reference.FormLabels:
		c.labels = &labelled{r.Namespace, r.Labels}
	case r.Form == reference.FormObject && r.Kind == reference.Namespace:
		c.namespace = r.Name
	case r.Form == reference.FormObject && r.Kind == reference.Service:
		if service := s.Service(snapshot.Name{Namespace: r.Namespace, Name: r.Name}); service != nil && len(service.Selector) > 0 {
			c.preferred[r.Namespace] = append(c.preferred[r.Namespace], service.Selector)
		}
	case r.Form == reference.FormObject && r.Kind.IsWorkload():
		if w := s.Workload(string(r.Kind), snapshot.Name{Namespace: r.Namespace, Name: r.Name}); w != nil && len(w.Selector) > 0 {
			c.preferred[r.Namespace] = append(c.preferred[r.Namespace], model.StableLabels(w.Selector))
		}
	}
	parties, problem, err := s.sources(plain)
	var u *model.UnreadableError
	switch {
	case errors.As(err, &u):
		s.fail(c.end, s.endAsked(), report.Unknown, report.Hop{
			Kind: report.HopEndpoint, Reason: report.NotRead, Needs: []string{u.Gap.Need.Permission()},
		})
		return nil, nil
	case err != nil:
		return nil, err
	case problem != nil:
		s.fail(c.end, s.endAsked(), problem.verdict, problem.hops[0])
		return nil, nil
	}
	c.parties = parties
	if r.Form == reference.FormObject && frontdoor.IsDoor(r.Kind) {
		doors, _ := frontdoor.Open(s.Model, plain, s.Controllers)
		for _, d := range doors {
			c.detail = evidenceOf(d)
		}
	}
	if len(parties) == 0 {
		return c, s.standIn(c, r)
	}
	return c, nil
}

// standIn lets a pod that does not exist yet stand for a client without pods.
func (s *scaffolder) standIn(c *client, r reference.Reference) error {
	namespace, labels := r.Namespace, map[string]string(nil)
	if c.namespace != "" {
		namespace = c.namespace
	} else {
		preferred := c.preferred[r.Namespace]
		if len(preferred) == 0 {
			return fmt.Errorf("%s has no pods, and nothing tells what labels they would have; name them as KEY=VALUE", r)
		}
		labels = preferred[0]
		c.labels = &labelled{namespace, labels}
	}
	c.parties = []model.Party{{
		Pod: &snapshot.Pod{Name: snapshot.Name{Namespace: namespace}, Labels: labels}, Hypothetical: true,
	}}
	return nil
}

// portsAsked are the ports of a set that a client is to have: all that it
// serves, those of the Service port asked for, or else a port of its pods.
func (s *scaffolder) portsAsked(set *backendSet, asked reference.Port) []*clientPort {
	if asked.IsZero() {
		return s.clientPorts(set, set.ports)
	}
	var served []*servedPort
	for _, p := range set.ports {
		if p.port != nil && (asked.Number != 0 && asked.Number == p.port.Port || asked.Name != "" && asked.Name == p.port.Name) &&
			(asked.Protocol == "" || asked.Protocol == p.port.Protocol) {
			served = append(served, p)
		}
	}
	if len(served) > 0 {
		return s.clientPorts(set, served)
	}
	var dsts []model.Destination
	for _, p := range set.pods {
		for _, port := range s.PortsOf(p, asked) {
			if asked.Name != "" && port.Undeclared {
				return nil
			}
			dsts = append(dsts, model.Destination{Party: p, Addresses: p.Addresses(), Port: port})
		}
	}
	if len(s.sets) > 1 && !slices.ContainsFunc(dsts, func(d model.Destination) bool { return !d.Port.Undeclared }) {
		return nil
	}
	return numbered(dsts)
}

// clientPorts are served ports as rules name them.
func (s *scaffolder) clientPorts(set *backendSet, served []*servedPort) []*clientPort {
	var out []*clientPort
	for _, p := range served {
		if name := p.byName(set); name != "" {
			protocol, port := corev1.Protocol(p.port.Protocol), intstr.FromString(name)
			out = append(out, &clientPort{
				policy: networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &port}, dsts: p.dsts,
			})
			continue
		}
		out = append(out, numbered(p.dsts)...)
	}
	return merged(out)
}

// byName is the name by which the Service targets the port, if every pod of the
// set has it: a pod without it would be shut.
func (p *servedPort) byName(set *backendSet) string {
	if p.port == nil || p.port.TargetName == "" {
		return ""
	}
	for _, party := range set.pods {
		if !slices.ContainsFunc(party.Pod.Ports, func(c snapshot.ContainerPort) bool {
			return c.Name == p.port.TargetName && c.Protocol == p.port.Protocol
		}) {
			return ""
		}
	}
	return p.port.TargetName
}

// numbered are the ports of destinations by their numbers. Port 0 is every port.
func numbered(dsts []model.Destination) []*clientPort {
	var out []*clientPort
	for _, group := range fold(dsts, func(d model.Destination) string { return fmt.Sprint(d.Port.Protocol, d.Port.Pod) }) {
		protocol := corev1.Protocol(group[0].Port.Protocol)
		p := networkingv1.NetworkPolicyPort{Protocol: &protocol}
		if n := group[0].Port.Pod; n != 0 {
			port := intstr.FromInt32(int32(n))
			p.Port = &port
		}
		out = append(out, &clientPort{policy: p, dsts: group})
	}
	return out
}

// merged joins ports that a rule would name twice.
func merged(in []*clientPort) []*clientPort {
	var out []*clientPort
	for _, group := range fold(in, func(p *clientPort) string { return portKey(p.policy) }) {
		first := *group[0]
		first.dsts = slices.Clone(first.dsts)
		for _, more := range group[1:] {
			first.dsts = append(first.dsts, more.dsts...)
		}
		out = append(out, &first)
	}
	return out
}

func portKey(p networkingv1.NetworkPolicyPort) string {
	if p.Port == nil {
		return string(*p.Protocol)
	}
	return string(*p.Protocol) + " " + p.Port.String()
}

func (c *client) addPorts(more []*clientPort) {
	c.ports = merged(append(c.ports, more...))
}

// dsts are the destinations on which a client is proven.
func (c *client) dsts() []model.Destination {
	var out []model.Destination
	for _, p := range c.ports {
		out = append(out, p.dsts...)
	}
	return out
}

// connections are those of the client with one pod.
func (c *client) connections(to *snapshot.Pod) connset.Set {
	out := connset.Empty()
	for _, p := range c.ports {
		for _, d := range p.dsts {
			if d.Pod != to {
				continue
			}
			if d.Port.Pod == 0 {
				out = out.Union(connset.AllOf(d.Port.Protocol))
			} else {
				out = out.Union(connset.Of(d.Port.Protocol, d.Port.Pod, d.Port.Pod))
			}
		}
	}
	return out
}

// selectorFor picks labels that select pods of one namespace: the first of the
// preferred ones that selects just these, else the lasting labels that they
// share. Extras are other pods that it selects, too.
func (e *engine) selectorFor(pods []*snapshot.Pod, preferred []map[string]string) (labels map[string]string, extras []*snapshot.Pod) {
	if len(pods) == 0 {
		return nil, nil
	}
	found := false
	for _, candidate := range append(slices.Clone(preferred), sharedLabels(pods)) {
		if len(candidate) == 0 {
			continue
		}
		covered, others := 0, []*snapshot.Pod(nil)
		for _, p := range e.Selected(pods[0].Namespace, candidate) {
			switch {
			case slices.Contains(pods, p):
				covered++
			case !p.Finished() && !p.HostNetwork:
				others = append(others, p)
			}
		}
		if covered < len(pods) || found && len(others) >= len(extras) {
			continue
		}
		labels, extras, found = candidate, others, true
	}
	return labels, extras
}

// sharedLabels are the lasting labels that all of the pods have.
func sharedLabels(pods []*snapshot.Pod) map[string]string {
	out := maps.Clone(model.StableLabels(pods[0].Labels))
	for _, p := range pods[1:] {
		maps.DeleteFunc(out, func(k, v string) bool { return p.Labels[k] != v })
	}
	return out
}

// peer is a clause of a rule with what is to be said of it.
type peer struct {
	networkingv1.NetworkPolicyPeer
	why    report.RuleWhy
	end    *report.End
	detail string
}

// peersFor are the clauses that admit a client to the pods of a namespace.
func (s *scaffolder) peersFor(namespace string, c *client) []peer {
	switch {
	case c.namespace != "":
		out := []peer{{NetworkPolicyPeer: networkingv1.NetworkPolicyPeer{NamespaceSelector: namespaceNamed(c.namespace)}}}
		return append(out, nodePeers(slices.DeleteFunc(slices.Clone(c.parties), func(p model.Party) bool { return !p.Host() }))...)
	case c.labels != nil:
		return []peer{{NetworkPolicyPeer: podPeer(namespace, c.labels.namespace, c.labels.set)}}
	}
	var out []peer
	hosts, pods := []model.Party(nil), map[string][]*snapshot.Pod{}
	for _, p := range c.parties {
		switch {
		case p.Block.Prefix.IsValid():
			out = append(out, peer{
				NetworkPolicyPeer: networkingv1.NetworkPolicyPeer{IPBlock: ipBlock(p.Block)}, why: report.WhyOutsideAddress, detail: c.detail,
			})
		case p.Host():
			hosts = append(hosts, p)
		case p.Pod != nil && !p.Unseen:
			pods[p.Pod.Namespace] = append(pods[p.Pod.Namespace], p.Pod)
		}
	}
	for _, from := range slices.Sorted(maps.Keys(pods)) {
		for _, labels := range s.labelsFor(pods[from], c.preferred[from]) {
			out = append(out, peer{NetworkPolicyPeer: podPeer(namespace, from, labels)})
		}
	}
	return append(out, nodePeers(hosts)...)
}

// labelsFor are the labels that select pods of a namespace: one set for all of
// them where one is exact, else one for each workload.
func (s *scaffolder) labelsFor(pods []*snapshot.Pod, preferred []map[string]string) []map[string]string {
	if labels, extras := s.selectorFor(pods, preferred); len(labels) > 0 && len(extras) == 0 {
		return []map[string]string{labels}
	}
	var out []map[string]string
	for _, group := range fold(pods, func(p *snapshot.Pod) string { kind, name := s.TopOwner(p); return kind + name.String() }) {
		labels, _ := s.selectorFor(group, preferred)
		if !slices.ContainsFunc(out, func(o map[string]string) bool { return maps.Equal(o, labels) }) {
			out = append(out, labels)
		}
	}
	return out
}

// nodePeers are the addresses of nodes: what pods on their node's network have.
func nodePeers(hosts []model.Party) []peer {
	nodes := map[netip.Addr]string{}
	for _, p := range hosts {
		for _, a := range p.Addresses() {
			nodes[a] = p.NodeName()
		}
	}
	var out []peer
	for _, a := range slices.SortedFunc(maps.Keys(nodes), netip.Addr.Compare) {
		out = append(out, peer{
			NetworkPolicyPeer: networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: netip.PrefixFrom(a, a.BitLen()).String()}},
			why:               report.WhyNodeAddress, end: &report.End{Kind: "Node", Name: nodes[a]},
		})
	}
	return out
}

// podPeer selects pods of a namespace from a policy of another, or the same, one.
func podPeer(home, namespace string, labels map[string]string) networkingv1.NetworkPolicyPeer {
	out := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: labels}}
	if namespace != home {
		out.NamespaceSelector = namespaceNamed(namespace)
	}
	return out
}

func namespaceNamed(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{model.MetadataName: name}}
}

// Where the cluster's DNS is found (Kubernetes DNS specification), and NodeLocal DNSCache's
// address by default (k8s.io/docs/tasks/administer-cluster/nodelocaldns).
const (
	dnsPort          = 53
	nodeDNSAddress   = "169.254.20.10"
	nodeDNSWorkload  = "node-local-dns"
	systemNamespace  = "kube-system"
	dnsLabel, dnsApp = "k8s-app", "kube-dns"
)

// addDNS lets a set's pods ask the cluster's DNS.
func (s *scaffolder) addDNS(set *backendSet) {
	var service *snapshot.Service
	for _, name := range model.DNSServices() {
		if found := s.Service(name); found != nil && len(found.Selector) > 0 && service == nil {
			service = found
		}
	}
	c := &client{
		end: report.End{Kind: "Service", Namespace: systemNamespace, Name: "kube-dns"}, why: report.WhyDNS,
		preferred: map[string][]map[string]string{},
	}
	if service != nil {
		c.end = report.End{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name}
		c.labels = &labelled{service.Namespace, service.Selector}
		dsts, err := s.Destinations(reference.Reference{Kind: reference.Service, Namespace: service.Namespace, Name: service.Name.Name})
		if err == nil {
			var dns []model.Destination
			for _, d := range dsts {
				if d.ServicePort != nil && d.ServicePort.Port == dnsPort && d.Broken == "" && d.Pod != nil {
					dns = append(dns, d)
				}
			}
			c.ports = numbered(dns)
		}
	}
	if len(c.ports) == 0 {
		if service == nil {
			c.labels = &labelled{systemNamespace, map[string]string{dnsLabel: dnsApp}}
		}
		c.ports = bothDNSPorts(nil)
		if !slices.ContainsFunc(s.out.Notices, func(n report.Notice) bool { return n.Code == report.DNSNotFound }) {
			s.notice(report.Notice{Code: report.DNSNotFound})
		}
	}
	set.egress = append(set.egress, c)
	if s.nodeLocalDNS() {
		blocks := []netip.Addr{netip.MustParseAddr(nodeDNSAddress)}
		if service != nil {
			blocks = append(blocks, service.ClusterIPs...)
		}
		n := &client{end: report.End{Kind: "DaemonSet", Namespace: systemNamespace, Name: nodeDNSWorkload}, why: report.WhyNodeDNS}
		for _, a := range blocks {
			n.parties = append(n.parties, model.Party{Block: address.Block{Prefix: netip.PrefixFrom(a, a.BitLen())}})
		}
		n.ports = bothDNSPorts(n.parties)
		set.egress = append(set.egress, n)
	}
}

func bothDNSPorts(to []model.Party) []*clientPort {
	var dsts []model.Destination
	for _, protocol := range []connset.Protocol{connset.UDP, connset.TCP} {
		list := to
		if len(list) == 0 {
			list = []model.Party{{}}
		}
		for _, p := range list {
			dsts = append(dsts, model.Destination{Party: p, Port: report.PortMapping{Protocol: protocol, Pod: dnsPort}})
		}
	}
	out := numbered(dsts)
	if len(to) == 0 {
		for _, p := range out {
			p.dsts = nil
		}
	}
	return out
}

// nodeLocalDNS tells whether NodeLocal DNSCache runs in the cluster.
func (s *scaffolder) nodeLocalDNS() bool {
	if s.Workload("DaemonSet", snapshot.Name{Namespace: systemNamespace, Name: nodeDNSWorkload}) != nil {
		return true
	}
	return slices.ContainsFunc(s.PodsIn(systemNamespace), func(p *snapshot.Pod) bool {
		return !p.Finished() && (p.Labels[dnsLabel] == nodeDNSWorkload || p.Owner.Name == nodeDNSWorkload)
	})
}

// addDestination lets a set's pods talk to what --allow-to names.
func (s *scaffolder) addDestination(set *backendSet, r reference.Reference) error {
	c, err := s.clientOf(r, report.WhyAsked)
	if err != nil || c == nil {
		return err
	}
	dsts, err := s.Destinations(r)
	if err != nil {
		return err
	}
	for _, d := range dsts {
		if d.Broken != "" {
			hops := s.serviceHop(pair{dst: d})
			s.fail(s.endAsked(), c.end, conclude(hops).verdict, hops[0])
			return nil
		}
	}
	// A Service's pods are named by its selector, and see their own port.
	c.ports = merged(numbered(dsts))
	set.egress = append(set.egress, c)
	return nil
}
