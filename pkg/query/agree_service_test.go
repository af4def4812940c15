package query_test

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// oracleEndpoint is a pod behind a Service, at the addresses that its slices have.
type oracleEndpoint struct {
	oracleEnd
	addresses []string
	port      int32
}

// endpoints are those of the Service's slices, pod by pod; that the slices are
// right is for the tests of package source to say.
func (j *judge) endpoints(s *corev1.Service) []oracleEndpoint {
	var out []oracleEndpoint
	for _, slice := range j.m.EndpointSlicesOf(snapshot.Name{Namespace: s.Namespace, Name: s.Name}) {
		for _, port := range slice.Ports {
			for _, e := range slice.Endpoints {
				at := slices.IndexFunc(out, func(o oracleEndpoint) bool { return o.pod.Name == e.Pod && o.port == int32(port.Port) })
				if at < 0 {
					pod := slices.IndexFunc(j.pods, func(p corev1.Pod) bool { return p.Namespace == s.Namespace && p.Name == e.Pod })
					out = append(out, oracleEndpoint{oracleEnd: oracleEnd{pod: &j.pods[pod]}, port: int32(port.Port)})
					at = len(out) - 1
				}
				out[at].addresses = append(out[at].addresses, e.Addresses...)
			}
		}
	}
	return out
}

// through are the verdicts of all ways from a source through a Service: its
// documentation, under "Traffic policies" and "Virtual IPs and Service Proxies".
func (j *judge) through(src oracleEnd, s *corev1.Service) []report.Verdict {
	protocol := s.Spec.Ports[0].Protocol
	all := j.endpoints(s)
	if len(all) == 0 {
		return []report.Verdict{report.Denied}
	}
	senders := []oracleEnd{src}
	if src.ip.IsValid() && s.Spec.Type != corev1.ServiceTypeClusterIP && s.Spec.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal {
		senders = nil // a node takes the packet, and its address
		for i := range j.nodes {
			senders = append(senders, oracleEnd{node: &j.nodes[i]})
		}
	}
	var out []report.Verdict
	local, open := false, false
	for _, e := range all {
		if s.Spec.InternalTrafficPolicy != nil && *s.Spec.InternalTrafficPolicy == corev1.ServiceInternalTrafficPolicyLocal && !src.ip.IsValid() {
			if nodeOf(src) == "" || nodeOf(e.oracleEnd) == "" {
				open = true
				continue
			}
			if nodeOf(src) != nodeOf(e.oracleEnd) {
				continue
			}
			local = true
		} else {
			local = true
		}
		for _, sender := range senders {
			out = append(out, orDenied(j.toEndpoint(sender, e, protocol))...)
		}
	}
	switch {
	case open:
		out = append(out, report.Unknown)
	case !local:
		out = append(out, report.Denied)
	}
	return out
}

func (j *judge) toEndpoint(sender oracleEnd, e oracleEndpoint, protocol corev1.Protocol) []report.Verdict {
	var out []report.Verdict
	for _, a := range addressesOfEnd(sender) {
		for _, b := range addressesOfEnd(e.oracleEnd) {
			if a.Is4() == b.Is4() && slices.Contains(e.addresses, b.String()) {
				sender.ip, e.ip = a, b
				out = append(out, j.oracleVerdict(packet{sender, e.oracleEnd, protocol, e.port}))
			}
		}
	}
	return out
}

func (j *judge) service(s *corev1.Service) {
	to := s.Namespace + "/svc/" + s.Name + ":80"
	who, err := query.WhoCanReach(j.m, j.ref(to), query.Options{})
	if err != nil {
		j.Errorf("who-can-reach %s: %v", to, err)
		return
	}
	endpoints := j.endpoints(s)
	for _, src := range j.ends {
		outcomes := j.through(src, s)
		self := slices.ContainsFunc(endpoints, func(e oracleEndpoint) bool { return e.pod == src.pod && src.pod != nil })
		if self && len(endpoints) > 1 {
			// What a pod says to itself is left out where it is asked about others.
			continue
		}
		j.askMany(nameOfEnd(src), to, outcomes, self)
		if src.pod != nil && !self {
			j.inRows("who-can-reach "+to, who.Rows, src.pod, nil, outcomes)
		}
	}
}
