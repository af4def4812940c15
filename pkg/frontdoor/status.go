package frontdoor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// byStatus matches the addresses that the door announces to Services, and those
// to pods: whoever wrote the status, that is where clients are sent. Addresses
// of nodes mean pods that listen on the nodes themselves.
func (f *finder) byStatus(addresses []string) bool {
	if len(addresses) == 0 {
		f.note(report.StepStatus, false, "the status has no address")
		return false
	}
	if !f.look(snapshot.Need{Resource: snapshot.Services}) {
		return true
	}
	var services []*snapshot.Service
	for _, a := range addresses {
		for _, s := range f.servicesAt(a) {
			if !slices.Contains(services, s) {
				services = append(services, s)
			}
		}
	}
	for _, s := range services {
		f.lookBehind(s)
	}
	if f.stopped() {
		return true
	}
	var found []model.Party
	takes := ""
	for _, s := range services {
		parties, missing := f.behind(s)
		takes = firstNonEmpty(takes, missing)
		f.note(report.StepStatus, len(parties) > 0,
			fmt.Sprintf("status address %s is that of Service %s", strings.Join(addresses, ", "), s.Name))
		if len(parties) > 0 && f.plane.Entry == nil {
			f.plane.Entry = s
		}
		for _, p := range parties {
			if !slices.ContainsFunc(found, func(o model.Party) bool { return o.Pod == p.Pod }) {
				found = append(found, p)
			}
		}
	}
	if gap := f.m.Hidden(snapshot.Services, ""); gap != nil && len(found) == 0 {
		takes = gap.Permission()
	}
	if takes != "" {
		// It may be what was not read that carries the traffic.
		f.plane.Entry = nil
		f.plane.Problem, f.plane.Detail = report.NotRead, takes
		return true
	}
	if len(found) > 0 {
		f.plane.Parties = found
		return true
	}
	parties := f.listeningOnNodes(addresses)
	if f.stopped() {
		return true
	}
	if len(parties) > 0 {
		f.note(report.StepStatus, true, fmt.Sprintf("status address %s is a node's, where these pods listen", strings.Join(addresses, ", ")))
		return f.settle(parties)
	}
	if len(services) == 0 {
		f.note(report.StepStatus, false, fmt.Sprintf("status address %s belongs to no Service, and to no node where pods listen on a web port", strings.Join(addresses, ", ")))
	}
	return false
}

// servicesAt are the Services that have an address or host name: those with a
// web port, if there are any, because Services may share an address.
func (f *finder) servicesAt(text string) []*snapshot.Service {
	addr, err := netip.ParseAddr(text)
	var web, others []*snapshot.Service
	for _, s := range f.m.Services() {
		has := slices.Contains(s.LoadBalancerHostnames, text)
		if err == nil {
			has = slices.Contains(slices.Concat(s.LoadBalancerIPs, s.ExternalIPs, s.ClusterIPs), addr)
		}
		switch {
		case !has:
		case hasWebPort(s):
			web = append(web, s)
		default:
			others = append(others, s)
		}
	}
	if len(web) > 0 {
		return web
	}
	return others
}

// behind are the pods that a Service leads to, each once, and the permission that is
// missing to know all of them.
func (f *finder) behind(s *snapshot.Service) (out []model.Party, takes string) {
	dsts, err := f.m.Destinations(reference.Reference{Kind: reference.Service, Namespace: s.Namespace, Name: s.Name.Name})
	if err != nil {
		return nil, ""
	}
	for _, d := range dsts {
		if d.Broken == report.NotRead {
			takes = d.Detail
		}
		if d.Pod != nil && !slices.ContainsFunc(out, func(p model.Party) bool { return p.Pod == d.Pod }) {
			out = append(out, model.Party{Pod: d.Pod})
		}
	}
	return out, takes
}

// listeningOnNodes are pods with a web port of a node that has one of the addresses.
func (f *finder) listeningOnNodes(addresses []string) []model.Party {
	var ips []netip.Addr
	for _, a := range addresses {
		if ip, err := netip.ParseAddr(a); err == nil {
			ips = append(ips, ip)
		}
	}
	if len(ips) == 0 || !f.look(snapshot.Need{Resource: snapshot.Nodes}) {
		return nil
	}
	nodes := map[string]bool{}
	for _, n := range f.m.Nodes() {
		for _, ip := range n.IPs {
			if slices.Contains(addresses, ip.String()) {
				nodes[n.Name] = true
			}
		}
	}
	if !f.lookOnNodes(nodes, ips) {
		return nil
	}
	var out []model.Party
	for _, p := range f.m.Pods() {
		if p.Finished() || !ListensOnHost(p) {
			continue
		}
		here := p.Node != "" && nodes[p.Node]
		for _, ip := range p.HostIPs {
			here = here || slices.Contains(addresses, ip.String())
		}
		if here {
			out = append(out, model.Party{Pod: p})
		}
	}
	// The status may name one of several nodes; their workload is what counts.
	return f.siblings(out)
}

// siblings are all running pods of the workloads that the parties belong to.
func (f *finder) siblings(parties []model.Party) []model.Party {
	if !f.lookAround(parties) {
		return nil
	}
	owners := map[string]bool{}
	for _, p := range parties {
		kind, name := f.m.TopOwner(p.Pod)
		owners[kind+" "+name.String()] = true
	}
	var out []model.Party
	for _, p := range f.m.Pods() {
		kind, name := f.m.TopOwner(p)
		if !p.Finished() && owners[kind+" "+name.String()] {
			out = append(out, model.Party{Pod: p})
		}
	}
	return out
}

// ListensOnHost tells whether a pod listens on a web port of its node.
func ListensOnHost(p *snapshot.Pod) bool {
	for _, c := range p.Ports {
		if c.HostPort == 80 || c.HostPort == 443 || p.HostNetwork && (c.Port == 80 || c.Port == 443) {
			return true
		}
	}
	return false
}

// entry finds the Service at which clients arrive: one that selects the data
// plane, a load balancer before a NodePort before any other.
func (f *finder) entry() {
	if !f.look(snapshot.Need{Resource: snapshot.Services}) {
		return
	}
	rank := map[snapshot.ServiceType]int{snapshot.LoadBalancer: 3, snapshot.NodePort: 2, snapshot.ClusterIP: 1}
	best := 0
	for _, p := range f.plane.Parties {
		if p.Pod == nil {
			continue
		}
		for _, s := range f.m.ServicesIn(p.Pod.Namespace) {
			if len(s.Selector) > 0 && carries(p.Pod.Labels, s.Selector) && rank[s.Type] > best && serves(s) {
				best, f.plane.Entry = rank[s.Type], s
			}
		}
	}
}

// serves tells a Service for clients from the controller's admission webhook or
// metrics.
func serves(s *snapshot.Service) bool {
	if hasWebPort(s) {
		return !strings.HasSuffix(s.Name.Name, "-admission")
	}
	return s.Type != snapshot.ClusterIP
}

func hasWebPort(s *snapshot.Service) bool {
	return slices.ContainsFunc(s.Ports, func(p snapshot.ServicePort) bool {
		return p.Port == 80 || p.Port == 443 || p.Name == "http" || p.Name == "https" || p.Name == "web" || p.Name == "websecure"
	})
}
