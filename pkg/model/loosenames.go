package model

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// looselyNamed is the policy as a plugin reads it that does not look up names of ports
// on each destination (policy.Behaviour.LooseNames): kube-router makes numbers of the names
// that the pods in question declare, and of a rule that then has no port at all one for
// every port (kube-router pkg/controllers/netpol/policy.go, processIngressRules and
// processEgressRules; seen with packets, v2.1.0). Where those pods were not all read, the
// rules leave open what they may open.
func (m *Model) looselyNamed(p *policy.Policy) *policy.Policy {
	out := *p
	for _, d := range []report.Direction{report.Ingress, report.Egress} {
		rules := out.In(d)
		changed := []policy.Rule{}
		for i := range rules.Rules {
			changed = append(changed, m.looseRules(p, d, &rules.Rules[i])...)
		}
		if len(changed) > 0 {
			rules.Rules = changed
		}
	}
	return &out
}

// looseRules are what becomes of a rule: itself, and those beside it.
func (m *Model) looseRules(p *policy.Policy, d report.Direction, r *policy.Rule) []policy.Rule {
	named := func(port policy.Port) bool { return port.Name != "" }
	if r.Action != policy.Allow || !slices.ContainsFunc(r.Ports, named) {
		return []policy.Rule{*r}
	}
	more := *r
	if r.AnyPeer {
		if d == report.Ingress {
			return []policy.Rule{*r}
		}
		// Of egress to anywhere, the numbers count that pods of the policy's own namespace declare.
		numbers, known := m.numbers(r.Ports, func(pod *snapshot.Pod) bool { return pod.Namespace == p.Namespace }, p.Namespace)
		more.Ports = append(slices.DeleteFunc(slices.Clone(r.Ports), named), numbers...)
		if known {
			return []policy.Rule{more}
		}
		open := *r
		open.Ports, open.AnyPort, open.Unclear = nil, true, looseNamesUnread
		return []policy.Rule{more, open}
	}
	labelled := slices.DeleteFunc(slices.Clone(r.Peers), func(peer policy.Peer) bool { return !peer.Labelled() })
	out := []policy.Rule{*r}
	if d == report.Egress && len(labelled) < len(r.Peers) {
		// To addresses, egress knows no names.
		byLabels, byAddress := *r, *r
		byLabels.Peers = labelled
		byAddress.Peers = slices.DeleteFunc(slices.Clone(r.Peers), func(peer policy.Peer) bool { return peer.Labelled() })
		byAddress.Ports = slices.DeleteFunc(slices.Clone(r.Ports), named)
		out = nil
		if len(byLabels.Peers) > 0 {
			out = append(out, byLabels)
		}
		if len(byAddress.Ports) > 0 {
			out = append(out, byAddress)
		}
	}
	if len(labelled) == 0 || slices.ContainsFunc(r.Ports, func(port policy.Port) bool { return port.Name == "" }) {
		return out
	}
	home, of := p.Namespace, func(pod *snapshot.Pod) bool {
		return pod.Namespace == p.Namespace && p.Subject.Match(selector.Labels{Set: pod.Labels}) == selector.Yes
	}
	if d == report.Egress {
		home = ""
		of = func(pod *snapshot.Pod) bool {
			e := m.Endpoint(Party{Pod: pod}, netip.Addr{})
			return slices.ContainsFunc(labelled, func(peer policy.Peer) bool { return peer.Match(&e, policy.Behaviour{}) == selector.Yes })
		}
	}
	numbers, known := m.numbers(r.Ports, of, home)
	if len(numbers) > 0 {
		return out
	}
	more.Peers, more.Ports, more.AnyPort = labelled, nil, true
	if !known {
		more.Unclear = looseNamesUnread
	}
	return append(out, more)
}

const looseNamesUnread = "the network plugin takes a port's name that no pod declares for every port, and not all pods were read"

// numbers are what some pods, of one namespace or of all, declare by the names; known is
// false where they were not all read.
func (m *Model) numbers(clauses []policy.Port, of func(*snapshot.Pod) bool, namespace string) (out []policy.Port, known bool) {
	for _, pod := range m.Pods() {
		if pod.HostNetwork || len(pod.IPs) == 0 && !pod.Expected() || !of(pod) {
			continue
		}
		for i := range clauses {
			for _, declared := range pod.Ports {
				if declared.Name != clauses[i].Name || declared.Protocol != clauses[i].Protocol || declared.Name == "" {
					continue
				}
				number := policy.Port{Path: clauses[i].Path, Protocol: declared.Protocol, First: declared.Port, Last: declared.Port}
				number.Complete()
				out = append(out, number)
			}
		}
	}
	return out, m.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: namespace})
}
