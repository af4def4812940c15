package probe

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/verify"
)

// Limits bound what is tried.
type Limits struct {
	// Pods of a source, and Targets of a target.
	Pods, Targets int
}

// nothing is the port of the control that nothing serves: tcpmux, which no cluster has.
const nothing = 1

// Made is the name of the source of a try from a pod that is yet to be made.
const Made = "(made for it)"

// maxControls bounds how many connections are asked about in search of a control.
const maxControls = 200

// Planner plans tries of one cluster.
type Planner struct {
	*model.Model
	Options query.Options
	Limits  Limits
}

// point is somewhere to connect to, and the reference by which netguard is asked about it.
type point struct {
	ref      reference.Reference
	protocol connset.Protocol
	host     string
	port     uint16
	url      string
}

// Plan is what to try for a source and a target: for each of some of the source's pods every point of the target,
// and the controls. The pods are chosen so that each verdict is tried from one of them.
func (p *Planner) Plan(source, target reference.Reference) ([]report.Try, error) {
	points, err := p.points(target)
	if err != nil {
		return nil, err
	}
	senders, err := p.senders(source, points)
	if err != nil {
		return nil, err
	}
	var out []report.Try
	for _, from := range senders {
		own, err := p.tries(from, points)
		if err != nil {
			return nil, err
		}
		out = append(out, own...)
		if from.Form != reference.FormInternet {
			controls, err := p.controls(from, own, points)
			if err != nil {
				return nil, err
			}
			out = append(out, controls...)
		}
	}
	return out, nil
}

// senders are the pods of the source that can send, one for each combination of verdicts first. The source internet is
// this machine.
func (p *Planner) senders(source reference.Reference, points []point) ([]reference.Reference, error) {
	if source.Form == reference.FormInternet {
		return []reference.Reference{source}, nil
	}
	if source.Form == reference.FormLabels {
		return []reference.Reference{source}, nil // a pod that will be made
	}
	if source.Form != reference.FormObject {
		return nil, fmt.Errorf("%s: packets are sent from pods; name a pod or a workload, or internet for this machine", source)
	}
	parties, err := p.Resolve(source)
	if err != nil {
		return nil, err
	}
	var first, rest []reference.Reference
	seen := map[string]bool{}
	for _, party := range parties {
		pod := party.Pod
		if pod == nil || party.Hypothetical || party.Unseen || pod.Phase != snapshot.PhaseRunning || pod.Terminating || len(pod.IPs) == 0 {
			continue
		}
		ref := podReference(pod)
		own, err := p.tries(ref, points)
		if err != nil {
			return nil, err
		}
		key := ""
		for _, t := range own {
			key += t.Predicted.String() + string(t.Reason) + " "
		}
		if seen[key] {
			rest = append(rest, ref)
		} else {
			first = append(first, ref)
		}
		seen[key] = true
	}
	all := append(first, rest...)
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no pod of it runs, from which something could be tried; --from-pod-like makes one", source)
	}
	// One of each kind is enough; more are the same again.
	return all[:min(len(all), max(1, min(len(first), p.Limits.Pods)))], nil
}

func podReference(pod *snapshot.Pod) reference.Reference {
	return reference.Reference{Form: reference.FormObject, Kind: reference.Pod, Namespace: pod.Namespace, Name: pod.Name.Name}
}

// tries are the points from one sender, as they are predicted. A Service whose endpoints differ is tried endpoint by
// endpoint: one packet would tell of one of them.
func (p *Planner) tries(from reference.Reference, points []point) ([]report.Try, error) {
	var out []report.Try
	for _, at := range points {
		predicted, err := query.CanReach(p.Model, from, at.ref, p.Options)
		if err != nil {
			return nil, err
		}
		if predicted.Partly && at.ref.Form == reference.FormObject && at.ref.Kind == reference.Service {
			behind, err := p.endpoints(at.ref)
			if err != nil {
				return nil, err
			}
			more, err := p.tries(from, behind)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
			continue
		}
		out = append(out, p.try(from, at, predicted))
	}
	return out, nil
}

func (p *Planner) try(from reference.Reference, at point, predicted *report.Permission) report.Try {
	t := report.Try{
		Role: report.RoleTarget, Target: at.ref.String(), Protocol: string(at.protocol), Host: at.host, Port: int(at.port), URL: at.url,
		Predicted: predicted.Verdict, Reason: predicted.Reason, Outcome: report.TryNone, Agreement: report.Inconclusive,
	}
	switch from.Form {
	case reference.FormInternet, reference.FormAddress:
	case reference.FormLabels:
		t.Source = report.Object{Kind: "Pod", Namespace: from.Namespace, Name: Made}
	case reference.FormObject:
		t.Source = report.Object{Kind: "Pod", Namespace: from.Namespace, Name: from.Name}
	}
	return t
}

// points are where a target is connected to.
func (p *Planner) points(target reference.Reference) ([]point, error) {
	if target.Form == reference.FormObject && target.Kind.IsDoor() {
		return p.doorPoints(target)
	}
	return p.podPoints(target)
}

func (p *Planner) podPoints(target reference.Reference) ([]point, error) {
	destinations, err := p.Destinations(target)
	if err != nil {
		return nil, err
	}
	var out []point
	seen := map[string]bool{}
	unported := false
	for i := range destinations {
		d := &destinations[i]
		at, ok := pointOf(target, d)
		if !ok {
			unported = unported || d.Port.Pod == 0
			continue
		}
		if key := at.host + " " + strconv.Itoa(int(at.port)) + string(at.protocol); !seen[key] {
			seen[key] = true
			out = append(out, at)
		}
	}
	switch {
	case len(out) == 0 && unported:
		return nil, fmt.Errorf("%s: no port is declared; name one, as in %s:80", target, target)
	case len(out) == 0:
		return nil, fmt.Errorf("%s: nothing has an address to connect to", target)
	}
	return out[:min(len(out), p.Limits.Targets)], nil
}

// endpoints are the pods behind a Service's port, each for itself.
func (p *Planner) endpoints(service reference.Reference) ([]point, error) {
	destinations, err := p.Destinations(service)
	if err != nil {
		return nil, err
	}
	var out []point
	for i := range destinations {
		if d := &destinations[i]; d.Pod != nil && len(d.Pod.IPs) > 0 && d.Port.Pod != 0 {
			out = append(out, podPoint(d.Pod, d.Port.Protocol, d.Port.Pod))
		}
	}
	return out[:min(len(out), p.Limits.Targets)], nil
}

func podPoint(pod *snapshot.Pod, protocol connset.Protocol, port uint16) point {
	ref := podReference(pod)
	ref.Port = reference.Port{Number: port, Protocol: protocol}
	return point{ref: ref, protocol: protocol, host: pod.IPs[0].String(), port: port}
}

func pointOf(target reference.Reference, d *model.Destination) (point, bool) {
	at := func(ip netip.Addr, port uint16) (point, bool) {
		ref := target
		ref.Port = reference.Port{Number: port, Protocol: d.Port.Protocol}
		return point{ref: ref, protocol: d.Port.Protocol, host: ip.String(), port: port}, ip.IsValid() && port != 0
	}
	switch {
	case target.Form == reference.FormAddress && target.Prefix.IsSingleIP():
		return at(target.Prefix.Addr(), target.Port.Number)
	case d.Service != nil && !d.Service.Headless && len(d.Service.ClusterIPs) > 0:
		return at(d.Service.ClusterIPs[0], d.Port.Service)
	case d.Pod != nil && len(d.Pod.IPs) > 0 && d.Port.Pod != 0 && !d.Host():
		return podPoint(d.Pod, d.Port.Protocol, d.Port.Pod), true
	case d.Pod != nil && len(d.Pod.IPs) > 0:
		return at(d.Pod.IPs[0], d.Port.Pod)
	case d.Node != nil && len(d.Node.IPs) > 0:
		return at(d.Node.IPs[0], d.Port.Pod)
	}
	return point{}, false
}

// doorPoints are the requests that an Ingress routes, at its address.
func (p *Planner) doorPoints(target reference.Reference) ([]point, error) {
	if target.Kind != reference.Ingress {
		return nil, fmt.Errorf("%s: of front doors, Ingresses can be tried; for another, try the address of its Service", target)
	}
	ingress := snapshot.One[*snapshot.Ingress](p.Snapshot, snapshot.Ingresses, snapshot.Name{Namespace: target.Namespace, Name: target.Name})
	switch {
	case ingress == nil:
		return nil, p.Absent(target)
	case len(ingress.Addresses) == 0:
		return nil, fmt.Errorf("%s: its status has no address to connect to", target)
	}
	var out []point
	for _, rule := range ingress.Rules {
		host := rule.Host
		if host == "" {
			host = ingress.Addresses[0]
		}
		scheme, port := "http", uint16(80)
		for _, t := range ingress.TLS {
			if slices.Contains(t.Hosts, rule.Host) {
				scheme, port = "https", 443
			}
		}
		for _, path := range rule.Paths {
			at := path.Path
			if at == "" {
				at = "/"
			}
			out = append(out, point{ref: target, protocol: connset.TCP, host: ingress.Addresses[0], port: port, url: scheme + "://" + host + at})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: it has no rule with a path to ask for", target)
	}
	return out[:min(len(out), p.Limits.Targets)], nil
}

// errNothing ends the search for controls.
var errNothing = errors.New("no control")

// controls are, for one sender, what the prediction allows and can be connected to, and a port that nothing serves at the
// first target.
func (p *Planner) controls(from reference.Reference, own []report.Try, points []point) ([]report.Try, error) {
	var out []report.Try
	at, err := p.open(from, own)
	switch {
	case errors.Is(err, errNothing):
	case err != nil:
		return nil, err
	default:
		at.Role = report.RoleOpen
		out = append(out, at)
	}
	for _, x := range points {
		if x.protocol != connset.TCP || x.url != "" {
			continue
		}
		closed := x
		closed.port = nothing
		closed.ref.Port = reference.Port{Number: nothing, Protocol: connset.TCP}
		if closed.ref.Form == reference.FormObject && closed.ref.Kind == reference.Service {
			// A Service has no such port: ask about its address.
			addr, err := netip.ParseAddr(closed.host)
			if err != nil {
				continue
			}
			closed.ref = reference.Reference{Form: reference.FormAddress, Prefix: netip.PrefixFrom(addr, addr.BitLen()), Port: closed.ref.Port}
		}
		t := p.try(from, closed, &report.Permission{})
		if predicted, err := query.CanReach(p.Model, from, closed.ref, p.Options); err == nil {
			t = p.try(from, closed, predicted)
		}
		t.Role = report.RoleNothing
		out = append(out, t)
		break
	}
	return out, nil
}

// open is a connection from the same pod that the prediction allows, to a ready pod that declares the port.
func (p *Planner) open(from reference.Reference, own []report.Try) (report.Try, error) {
	asked := 0
	for _, pod := range p.Pods() {
		if pod.Phase != snapshot.PhaseRunning || !pod.Ready || pod.Terminating || len(pod.IPs) == 0 || pod.HostNetwork ||
			pod.Namespace == from.Namespace && pod.Name.Name == from.Name {
			continue
		}
		for _, declared := range pod.Ports {
			if declared.Protocol != connset.TCP {
				continue
			}
			at := podPoint(pod, connset.TCP, declared.Port)
			if slices.ContainsFunc(own, func(t report.Try) bool { return t.Host == at.host && t.Port == int(at.port) }) {
				continue
			}
			if asked++; asked > maxControls {
				return report.Try{}, errNothing
			}
			predicted, err := query.CanReach(p.Model, from, at.ref, p.Options)
			if err != nil {
				return report.Try{}, err
			}
			if predicted.Verdict == report.Allowed {
				return p.try(from, at, predicted), nil
			}
		}
	}
	return report.Try{}, errNothing
}

// Within are the connections of a namespace: from each of its workloads to each of its Services.
func (p *Planner) Within(namespace string) []verify.Pair {
	var sources []reference.Reference
	seen := map[string]bool{}
	for _, pod := range p.PodsIn(namespace) {
		kind, name := p.TopOwner(pod)
		ref := podReference(pod)
		if kind != "" {
			if r, err := reference.Parse(namespace+"/"+kind+"/"+name.Name, namespace); err == nil {
				ref = r
			}
		}
		if !seen[ref.String()] {
			seen[ref.String()] = true
			sources = append(sources, ref)
		}
	}
	var out []verify.Pair
	for _, from := range sources {
		for _, s := range p.ServicesIn(namespace) {
			if s.Type == snapshot.ExternalName {
				continue
			}
			out = append(out, verify.Pair{From: from, To: reference.Reference{Form: reference.FormObject, Kind: reference.Service, Namespace: namespace, Name: s.Name.Name}})
		}
	}
	return out
}

// Mesh tells whether a pod is in a mesh, by the labels that meshes give their pods.
func (p *Planner) Mesh(o report.Object) bool {
	pod := p.Pod(snapshot.Name{Namespace: o.Namespace, Name: o.Name})
	return pod != nil && query.InMesh(p.Model, pod)
}
