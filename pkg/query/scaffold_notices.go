package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// notices points out what the policies do not say: who needs to get in and is
// no client, and what rests on more than the policies.
func (s *scaffolder) notices(i *impactOf) {
	s.notice(report.Notice{Code: report.KubeletProbes})
	s.nodePeersNotice()
	s.doorNotices()
	s.scrapers(i)
	s.solvers()
	s.webhooks()
	s.ambient()
	s.openEndpoints()
	s.portsNotServed()
	for _, set := range s.sets {
		for _, p := range set.ports {
			if p.dsts[0].Port.Pod == 0 && len(set.clients) > 0 {
				s.notice(report.Notice{Code: report.AllPorts, Objects: set.objects()})
				break
			}
		}
	}
	if s.egress() && len(s.sets) > 0 {
		var all []report.Object
		for _, set := range s.sets {
			all = append(all, set.objects()...)
		}
		s.notice(report.Notice{Code: report.EgressOnlyDNS, Objects: all})
	}
}

// nodePeersNotice says what node addresses in a rule stand for.
func (s *scaffolder) nodePeersNotice() {
	var nodes []report.Object
	for _, p := range s.out.Policies {
		for _, r := range p.Rules {
			if r.Why != report.WhyNodeAddress || r.For == nil {
				continue
			}
			if o := (report.Object{Kind: "Node", Name: r.For.Name}); !slices.Contains(nodes, o) {
				nodes = append(nodes, o)
			}
		}
	}
	if len(nodes) > 0 {
		s.notice(report.Notice{Code: report.NodePeers, Objects: nodes})
	}
}

// doorNotices names doors that are shut to the outside, and others that lead to
// the same pods and are no clients.
func (s *scaffolder) doorNotices() {
	seen := map[report.Object]bool{}
	for _, set := range s.sets {
		for _, c := range set.clients {
			if c.door == nil || seen[c.door.Object] {
				continue
			}
			seen[c.door.Object] = true
			arrivals := s.arrivals(c.door)
			if len(arrivals) == 0 {
				continue
			}
			after := s.after.arriving(c.door, internetTo(arrivals), arrivals)
			if v, _ := overall(s.arriving(c.door, internetTo(arrivals), arrivals)); v == report.Allowed {
				if is, _ := overall(after); is != report.Allowed { // the policies shut the door itself
					s.failDrafts(report.End{Kind: "Internet"}, c.end, after)
				}
			}
			for _, d := range after {
				if d.verdict == report.Denied && d.reason.ByPolicy() {
					end := c.end
					s.notice(report.Notice{Code: report.DoorShut, Of: &end, Objects: policiesOf(d.hops)})
					break
				}
			}
		}
	}
	for _, d := range s.everyDoor() {
		if seen[d.Object] || d.DataPlane.Problem != "" {
			continue
		}
		for _, b := range backends(d) {
			r := b.first()
			ours := func(d model.Destination) bool {
				return slices.ContainsFunc(s.sets, func(set *backendSet) bool { return set.has(d.Pod) })
			}
			if r.Broken != "" || !slices.ContainsFunc(r.Destinations, ours) {
				continue
			}
			if v, _ := overall(s.after.leavingDoor(d, b)); v != report.Allowed {
				end := doorEnd(d)
				s.notice(report.Notice{Code: report.OtherDoor, Of: &end, Objects: []report.Object{r.Backend}})
				break
			}
		}
	}
}

// openEndpoints names pods of a Service that no policy binds, and by which it stays open.
func (s *scaffolder) openEndpoints() {
	for _, set := range s.sets {
		for _, service := range set.services {
			var open []report.Object
			for _, p := range s.Selected(service.Namespace, service.Selector) {
				if p.HostNetwork && !p.Finished() && len(service.Selector) > 0 {
					kind, name := s.TopOwner(p)
					if o := (report.Object{Kind: kind, Namespace: name.Namespace, Name: name.Name}); !slices.Contains(open, o) {
						open = append(open, o)
					}
				}
			}
			if len(open) > 0 {
				end := report.End{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name}
				s.notice(report.Notice{Code: report.HostNetworkOpen, Of: &end, Objects: open})
			}
		}
	}
}

// portsNotServed names ports of rules that are a Service's and none of the pods'.
func (s *scaffolder) portsNotServed() {
	for _, set := range s.sets {
		for _, c := range set.clients {
			for _, p := range c.ports {
				for _, d := range p.dsts {
					s.portNotServed(d)
				}
			}
		}
	}
}

func (s *scaffolder) portNotServed(d model.Destination) {
	if d.Pod == nil || d.Service != nil || d.Port.Pod == 0 ||
		slices.ContainsFunc(s.servedPorts(d.Pod), func(p report.PortMapping) bool { return p.Pod == d.Port.Pod && p.Protocol == d.Port.Protocol }) {
		return
	}
	var services []report.Object
	for _, service := range s.ServicesIn(d.Pod.Namespace) {
		if len(service.Selector) > 0 && selector.Includes(d.Pod.Labels, service.Selector) && slices.ContainsFunc(service.Ports, func(p snapshot.ServicePort) bool {
			return p.Port == d.Port.Pod && p.Protocol == d.Port.Protocol
		}) {
			services = append(services, report.Object{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name})
		}
	}
	n := report.Notice{Code: report.PortNotServed, Objects: services, Detail: string(d.Port.Protocol) + " " + strconv.Itoa(int(d.Port.Pod))}
	if len(services) > 0 && !slices.ContainsFunc(s.out.Notices, func(o report.Notice) bool { return o.Code == n.Code && o.Detail == n.Detail }) {
		s.notice(n)
	}
}

func policiesOf(hops []report.Hop) []report.Object {
	var out []report.Object
	for _, r := range decidedBy(hops) {
		if !slices.Contains(out, r.Policy) {
			out = append(out, r.Policy)
		}
	}
	return out
}

// scrapers are pods called Prometheus that are cut off.
func (s *scaffolder) scrapers(i *impactOf) {
	var found []report.Object
	for _, l := range i.lost {
		pod := l.parties[0].Pod
		if !prometheus(pod.Labels) && !strings.Contains(l.end.Name, "prometheus") {
			continue
		}
		if o := (report.Object{Kind: l.end.Kind, Namespace: l.end.Namespace, Name: l.end.Name}); !slices.Contains(found, o) {
			found = append(found, o)
		}
	}
	if len(found) > 0 {
		s.notice(report.Notice{Code: report.Scrapers, Objects: found})
	}
}

func prometheus(labels map[string]string) bool {
	return labels["app.kubernetes.io/name"] == "prometheus" || labels["app"] == "prometheus" || labels["prometheus"] != ""
}

// solvers: cert-manager answers HTTP-01 challenges with a pod of its own, to
// which the door sends (cert-manager.io/docs/configuration/acme/http01). Only a
// policy for the whole namespace shuts it.
func (s *scaffolder) solvers() {
	const solver = "acme.cert-manager.io/http01-solver"
	var found []report.Object
	manager := false
	for _, p := range s.Pods() {
		manager = manager || p.Labels["app.kubernetes.io/name"] == "cert-manager"
		if p.Labels[solver] == "true" && s.inNamespace(p.Namespace) {
			found = append(found, report.Object{Kind: "Pod", Namespace: p.Namespace, Name: p.Name.Name})
		}
	}
	if len(found) > 0 || manager && s.request.NamespaceDefaults {
		s.notice(report.Notice{Code: report.ACMESolvers, Objects: found, Detail: solver + "=true"})
	}
}

func (s *scaffolder) inNamespace(name string) bool {
	return s.request.Of.Kind == reference.Namespace && s.request.Of.Name == name || slices.ContainsFunc(s.sets, func(b *backendSet) bool { return b.namespace == name })
}

// webhooks are Services that the API server calls, as far as their names tell:
// what registers them is not read.
func (s *scaffolder) webhooks() {
	var found []report.Object
	note := func(service *snapshot.Service) {
		named := strings.Contains(service.Name.Name, "webhook") || strings.HasSuffix(service.Name.Name, "-admission")
		for _, p := range service.Ports {
			named = named || strings.Contains(p.Name, "webhook") || p.TargetPort == 9443
		}
		o := report.Object{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name}
		if named && !slices.Contains(found, o) {
			found = append(found, o)
		}
	}
	for _, service := range s.Services() {
		if !s.inNamespace(service.Namespace) || len(service.Selector) == 0 {
			continue
		}
		shut := s.request.NamespaceDefaults
		for _, p := range s.Selected(service.Namespace, service.Selector) {
			shut = shut || slices.ContainsFunc(s.sets, func(b *backendSet) bool { return b.has(p) })
		}
		if shut {
			note(service)
		}
	}
	if len(found) > 0 {
		s.notice(report.Notice{Code: report.Webhooks, Objects: found})
	}
}

// ambient: in Istio's ambient mode traffic of the mesh arrives at port 15008
// (istio.io/docs/ambient/usage/networkpolicy).
func (s *scaffolder) ambient() {
	var found []report.Object
	for _, ns := range s.Namespaces() {
		if s.inNamespace(ns.Name) && ns.Labels["istio.io/dataplane-mode"] == "ambient" {
			found = append(found, report.Object{Kind: "Namespace", Name: ns.Name})
		}
	}
	if len(found) > 0 {
		s.notice(report.Notice{Code: report.AmbientMesh, Objects: found, Detail: "15008"})
	}
}
