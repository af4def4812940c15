package frontdoor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// finder looks for a door's data plane. Each step notes what it tried; the first
// that finds pods ends the search.
type finder struct {
	m     *model.Model
	plane *DataPlane
	// class and id are the door's class name and its controller's name.
	class, id string
	known     *controller
	// unserved: the class is named but does not exist, or none is named and
	// there is no default.
	unserved bool
	// hidden is what keeps the class from being known. No name of a class tells
	// whose it is: nginx may be anybody's.
	hidden *snapshot.Gap
	// unseen is what kept a search for pods from seeing all of them.
	unseen *snapshot.Gap
	// direct: a load balancer outside was told to send to pods, not to nodes.
	direct bool
}

func (f *finder) note(step report.EvidenceStep, found bool, detail string) {
	f.plane.Evidence = append(f.plane.Evidence, report.Evidence{Step: step, Found: found, Detail: detail})
}

// ingressClass resolves the class: spec.ingressClassName, else the legacy
// annotation, else the default class (Ingress docs, "Default IngressClass").
func (f *finder) ingressClass(ing *snapshot.Ingress) (class, id string) {
	f.look(snapshot.Need{Resource: snapshot.IngressClasses})
	gap := f.m.GapFor(snapshot.Need{Resource: snapshot.IngressClasses, Name: firstNonEmpty(ing.Class, ing.LegacyClass)})
	switch {
	case ing.Class != "":
		f.class = ing.Class
		if c := f.m.IngressClass(ing.Class); c != nil {
			f.id = c.Controller
			f.note(report.StepClass, true, fmt.Sprintf("ingressClassName %s is served by controller %s", ing.Class, c.Controller))
		} else {
			f.unserved = true
			f.note(report.StepClass, false, fmt.Sprintf("ingressClassName %s: %s", ing.Class, f.noClass(snapshot.IngressClasses, ing.Class, "IngressClass")))
		}
	case ing.LegacyClass != "":
		f.class = ing.LegacyClass
		if c := f.m.IngressClass(ing.LegacyClass); c != nil {
			f.id = c.Controller
		}
		f.note(report.StepClass, true, "annotation kubernetes.io/ingress.class: "+ing.LegacyClass)
	case gap != nil:
		f.note(report.StepClass, false, "no class named, and the IngressClasses could not be read")
	default:
		var defaults []*snapshot.IngressClass
		for _, c := range f.m.IngressClasses() {
			if c.Default {
				defaults = append(defaults, c)
			}
		}
		if len(defaults) == 1 {
			f.class, f.id = defaults[0].Name, defaults[0].Controller
			f.note(report.StepClass, true, fmt.Sprintf("no class named; default IngressClass %s, controller %s", f.class, f.id))
		} else {
			f.unserved = len(defaults) == 0
			f.note(report.StepClass, false, fmt.Sprintf("no class named, and %d IngressClasses are the default", len(defaults)))
		}
	}
	switch {
	case f.id != "":
		f.known = byController(f.id)
	case gap != nil:
		f.hidden, f.unserved = gap, false
	default:
		f.known = byClass(f.class)
	}
	return f.class, f.id
}

func (f *finder) gatewayClass(gw *snapshot.Gateway) string {
	f.look(snapshot.Need{Resource: snapshot.GatewayClasses, Name: gw.Class})
	f.class = gw.Class
	if c := f.m.GatewayClass(gw.Class); c != nil {
		f.id = c.Controller
		f.note(report.StepClass, true, fmt.Sprintf("gatewayClassName %s is served by controller %s", gw.Class, c.Controller))
	} else {
		f.hidden = f.m.GapFor(snapshot.Need{Resource: snapshot.GatewayClasses, Name: gw.Class})
		f.unserved = f.hidden == nil
		f.note(report.StepClass, false, fmt.Sprintf("gatewayClassName %s: %s", gw.Class, f.noClass(snapshot.GatewayClasses, gw.Class, "GatewayClass")))
	}
	f.known = byController(f.id)
	return f.id
}

// noClass says why a class is not known.
func (f *finder) noClass(r snapshot.Resource, name, kind string) string {
	if gap := f.m.GapFor(snapshot.Need{Resource: r, Name: name}); gap != nil {
		return "the " + kind + " could not be read"
	}
	return "no such " + kind
}

// find fills in the data plane.
func (f *finder) find(addresses []string, gw *snapshot.Gateway, controllers []reference.Reference) {
	if f.known != nil {
		f.plane.Name, f.plane.Source = f.known.name, f.known.source
		f.plane.Timeout, f.plane.Refused = f.known.timeout, f.known.refused
	}
	if !f.stopped() {
		f.locate(addresses, gw, controllers)
	}
	if !f.stopped() && f.plane.Entry != nil {
		f.lookBehind(f.plane.Entry) // there clients arrive
	}
	if f.stopped() {
		f.wait()
	}
}

// locate is the search, step by step. A step that has to wait for what is yet to be
// read ends it, as one does that finds pods.
func (f *finder) locate(addresses []string, gw *snapshot.Gateway, controllers []reference.Reference) {
	if len(controllers) > 0 {
		f.byUser(controllers)
		return
	}
	if f.known != nil && f.known.outside != nil {
		f.fromOutside(f.known.outside)
		return
	}
	if f.byStatus(addresses) {
		return
	}
	if f.unserved && len(addresses) == 0 && (f.known == nil || !f.known.byName) && !f.withoutClass() {
		switch {
		case f.plane.Problem != "" || f.stopped():
		case f.unseen != nil: // some pod may serve Ingresses without a class
			f.plane.Problem, f.plane.Detail = report.NotRead, f.unseen.Permission()
		case f.elsewhere():
			f.plane.Problem, f.plane.Detail = report.ControllerUnknown, f.tried()+"; the manifests hold no class, node or running pod, so the platform is described elsewhere"
		default:
			f.plane.Problem, f.plane.Detail = report.ClassMissing, f.class
		}
		return
	}
	// Labels say whose pods these are, and not that anybody serves the class.
	if len(f.plane.Parties) > 0 || f.hidden == nil && gw != nil && f.byGatewayLabel(gw) {
		return
	}
	if f.hidden != nil && f.plane.Problem == "" && !f.stopped() {
		f.plane.Problem, f.plane.Detail = report.NotRead, f.hidden.Permission()
	}
	if f.hidden == nil && (f.byArguments() || f.byCatalogue()) {
		return
	}
	if f.plane.Problem != "" || f.stopped() {
		return
	}
	if gap := f.m.Hidden(snapshot.Pods, ""); gap != nil {
		f.plane.Problem, f.plane.Detail = report.NotRead, gap.Need.Permission()
		return
	}
	f.plane.Problem, f.plane.Detail = report.ControllerUnknown, f.tried()
}

// elsewhere tells whether what was read are an app's own manifests, which say nothing of
// the platform that it runs on: that a class is not among them does not prove that there
// is none.
func (f *finder) elsewhere() bool {
	return f.m.HasEverything() && len(f.m.Nodes())+len(f.m.IngressClasses())+len(f.m.GatewayClasses()) == 0 &&
		!slices.ContainsFunc(f.m.Pods(), func(p *snapshot.Pod) bool { return !p.Expected() })
}

// tried lists what did not find the data plane.
func (f *finder) tried() string {
	var out []string
	for _, e := range f.plane.Evidence {
		if !e.Found {
			out = append(out, e.Detail)
		}
	}
	return strings.Join(out, "; ")
}

// withoutClass looks for controllers that serve Ingresses which name no class:
// ingress-nginx with --watch-ingress-without-class, and Traefik unless it was
// given a class.
func (f *finder) withoutClass() bool {
	if f.class != "" || !f.look(everyPod()) {
		return false
	}
	var found []model.Party
	for _, p := range f.m.Pods() {
		if !p.Finished() && servesAnyClass(p.ControllerArgs) {
			found = append(found, model.Party{Pod: p})
		}
	}
	f.note(report.StepArguments, len(found) > 0, "pods that were told to serve Ingresses without a class")
	return len(found) > 0 && f.settle(found)
}

func servesAnyClass(args []string) bool {
	traefik, class := false, false
	for _, a := range args {
		name, value, joined := strings.Cut(strings.ToLower(strings.TrimLeft(a, "-")), "=")
		switch name {
		case "watch-ingress-without-class":
			if !joined || value == "true" {
				return true
			}
		case "providers.kubernetesingress":
			traefik = !joined || value == "true"
		case "providers.kubernetesingress.ingressclass":
			class = value != ""
		}
	}
	return traefik && !class
}

// byUser takes the user's word.
func (f *finder) byUser(controllers []reference.Reference) {
	for _, r := range controllers {
		found, err := f.userParties(r)
		if err != nil {
			f.plane.Problem, f.plane.Detail = report.ControllerUnknown, err.Error()
			return
		}
		f.note(report.StepUser, len(found) > 0, "--controller "+r.String())
		f.plane.Parties = append(f.plane.Parties, found...)
		if r.Form == reference.FormAddress {
			f.plane.Direct = true
		}
	}
	switch {
	case f.stopped():
		return
	case f.unseen != nil: // other pods may have these labels too
		f.plane.Parties, f.plane.Problem, f.plane.Detail = nil, report.NotRead, f.unseen.Permission()
		return
	case len(f.plane.Parties) == 0:
		f.plane.Problem, f.plane.Detail = report.ControllerUnknown, "--controller names no pod that runs"
		return
	}
	f.entry()
}

func (f *finder) userParties(r reference.Reference) ([]model.Party, error) {
	if r.Form != reference.FormLabels {
		return f.m.Resolve(r)
	}
	// Labels select existing pods here, in whatever namespace they are.
	f.look(labelled("", r.Labels)...)
	var out []model.Party
	for _, p := range f.m.Pods() {
		if !p.Finished() && carries(p.Labels, r.Labels) {
			out = append(out, model.Party{Pod: p})
		}
	}
	return out, nil
}

func carries(labels, want map[string]string) bool {
	for k, v := range want {
		if got, ok := labels[k]; !ok || got != v {
			return false
		}
	}
	return true
}

// fromOutside is for controllers whose data plane is not in the cluster.
func (f *finder) fromOutside(o *outside) {
	f.note(report.StepCatalogue, true, f.known.name+": "+o.why)
	switch {
	case o.identity:
		f.plane.Parties = []model.Party{{External: "Cilium's identity \"ingress\"", Identity: true}}
	case len(o.ranges) > 0:
		f.plane.Direct = true
		for _, p := range o.ranges {
			f.plane.Parties = append(f.plane.Parties, model.Party{Block: address.Block{Prefix: p}})
		}
	case o.throughNodes && !f.direct:
		f.plane.ThroughNodes = true
		f.plane.Parties = []model.Party{{External: f.known.name}}
	default:
		f.plane.Anywhere, f.plane.Direct = true, true
		f.plane.Parties = []model.Party{{External: o.why}}
	}
}

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

// byGatewayLabel looks for pods that belong to the Gateway: by the well-known
// label in its own namespace (GEP-1762), then by the vendor's owner labels.
func (f *finder) byGatewayLabel(gw *snapshot.Gateway) bool {
	const wellKnown = "gateway.networking.k8s.io/gateway-name"
	want := map[string]string{wellKnown: gw.Name.Name}
	if !f.look(labelled(gw.Namespace, want)...) {
		return true
	}
	found := parties(f.m.Selected(gw.Namespace, want))
	f.note(report.StepGatewayLabel, len(found) > 0, fmt.Sprintf("pods of namespace %s with label %s=%s", gw.Namespace, wellKnown, gw.Name.Name))
	if len(found) > 0 {
		return f.settle(found)
	}
	if f.known == nil {
		return false
	}
	for _, l := range f.known.perGateway {
		if !f.look(labelled("", map[string]string{l.name: gw.Name.Name, l.namespace: gw.Namespace})...) {
			return true
		}
		var found []model.Party
		for _, p := range f.m.Pods() {
			if !p.Finished() && p.Labels[l.name] == gw.Name.Name && p.Labels[l.namespace] == gw.Namespace {
				found = append(found, model.Party{Pod: p})
			}
		}
		f.note(report.StepGatewayLabel, len(found) > 0, fmt.Sprintf("pods with label %s=%s", l.name, gw.Name.Name))
		if len(found) > 0 {
			return f.settle(found)
		}
	}
	if f.known.perClass != "" {
		if !f.look(labelled("", map[string]string{f.known.perClass: gw.Class})...) {
			return true
		}
		var found []model.Party
		for _, p := range f.m.Pods() {
			if !p.Finished() && p.Labels[f.known.perClass] == gw.Class {
				found = append(found, model.Party{Pod: p})
			}
		}
		f.note(report.StepGatewayLabel, len(found) > 0, fmt.Sprintf("pods with label %s=%s", f.known.perClass, gw.Class))
		return len(found) > 0 && f.settle(found)
	}
	return false
}

// byArguments looks for pods that were told to serve the class.
func (f *finder) byArguments() bool {
	if f.id == "" && f.class == "" || f.known != nil && f.known.apart {
		return false
	}
	if !f.look(everyPod()) {
		return true
	}
	var found []model.Party
	for _, p := range f.m.Pods() {
		if !p.Finished() && f.toldToServe(p) {
			found = append(found, model.Party{Pod: p})
		}
	}
	f.note(report.StepArguments, len(found) > 0, fmt.Sprintf("pods whose arguments name %s", firstNonEmpty(f.id, f.class)))
	return len(found) > 0 && f.settle(found)
}

func (f *finder) toldToServe(p *snapshot.Pod) bool {
	for _, a := range p.ControllerArgs {
		_, value, _ := strings.Cut(a, "=")
		if value != "" && (value == f.id || f.isSuffix(value) || value == f.class && !f.otherController(p)) {
			return true
		}
	}
	return false
}

// isSuffix: some controllers take the last part of their name as the argument;
// haproxy-ingress.github.io/controller/x is served with --controller-class=x.
func (f *finder) isSuffix(value string) bool {
	return f.known != nil && slices.ContainsFunc(f.known.ids, func(id string) bool { return strings.HasSuffix(id, "/") && f.id == id+value })
}

// otherController: the pod also names a controller, and it is another one; two
// installations may share a class name.
func (f *finder) otherController(p *snapshot.Pod) bool {
	for _, a := range p.ControllerArgs {
		name, value, _ := strings.Cut(a, "=")
		if strings.HasSuffix(name, "controller-class") && f.id != "" && value != f.id && !f.isSuffix(value) {
			return true
		}
	}
	return false
}

// byCatalogue looks for the labels of the controller's own manifests.
func (f *finder) byCatalogue() bool {
	if f.known == nil {
		f.note(report.StepCatalogue, false, fmt.Sprintf("controller %s is none that netguard knows", firstNonEmpty(f.id, f.class, "(none)")))
		return false
	}
	for _, want := range f.known.pods {
		if !f.look(labelled(want.namespace, want.labels)...) {
			return true
		}
		var found []model.Party
		for _, p := range f.m.Pods() {
			if !p.Finished() && (want.namespace == "" || want.namespace == p.Namespace) && carries(p.Labels, want.labels) {
				found = append(found, model.Party{Pod: p})
			}
		}
		if len(found) > 0 {
			f.note(report.StepCatalogue, true, fmt.Sprintf("pods with the labels of %s: %s", f.known.name, text(want.labels)))
			return f.settle(found)
		}
	}
	f.note(report.StepCatalogue, false, "no pod has the labels of "+f.known.name)
	return false
}

// settle takes the pods if they are of one workload; several candidates are the
// user's to choose from. Where some pods could not be read, there may be several.
func (f *finder) settle(found []model.Party) bool {
	if f.unseen != nil {
		f.plane.Problem, f.plane.Detail = report.NotRead, f.unseen.Permission()
		return false
	}
	if !f.lookUp(found) {
		return true
	}
	var workloads []string
	for _, p := range found {
		kind, name := f.m.TopOwner(p.Pod)
		short := reference.Kind(kind).Short()
		if w := name.Namespace + "/" + short + "/" + name.Name; !slices.Contains(workloads, w) {
			workloads = append(workloads, w)
		}
	}
	if len(workloads) > 1 {
		f.plane.Problem, f.plane.Detail = report.ControllerAmbiguous, strings.Join(workloads, ", ")
		return false
	}
	f.plane.Parties = found
	f.entry()
	return true
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

func parties(pods []*snapshot.Pod) []model.Party {
	var out []model.Party
	for _, p := range pods {
		if !p.Finished() {
			out = append(out, model.Party{Pod: p})
		}
	}
	return out
}

func firstNonEmpty(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func text(labels map[string]string) string {
	var parts []string
	for k, v := range labels {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}
