package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func servicePort() *Analyzer {
	return &Analyzer{
		Code: "NG002", Name: "policy-names-the-services-port", Severity: report.High,
		Title: "A policy names the Service's port, and the pods listen on another",
		Doc:   "A rule lists a port that is the Service's own. Policies see connections after the Service has turned its port into the pod's (targetPort), and the pod's is not in the rule, nor allowed by any other for the same clients.",
		Why:   "The rule allows nothing: those for whom it was written wait for a connection until they give up.",
		Mend:  "Write the port that the container listens on, by number or by the name that the container declares.",
		Sources: []string{
			"https://github.com/kubernetes/website/issues/8295",
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource",
		},
		Run: func(p *Pass) {
			for _, x := range p.NetworkPolicies() {
				if !p.Certain(x.Namespace) {
					continue
				}
				for _, r := range x.Ingress.Rules {
					p.servicePortsIn(x, &r, report.Ingress)
				}
				for _, r := range x.Egress.Rules {
					p.servicePortsIn(x, &r, report.Egress)
				}
			}
		},
	}
}

// servicePortsIn looks at the numbered ports of one rule.
func (p *Pass) servicePortsIn(x *policy.Policy, r *policy.Rule, d report.Direction) {
	subjects := p.selected(x)
	if len(subjects) == 0 {
		return
	}
	for i := range r.Ports {
		port := &r.Ports[i]
		if port.Name != "" || port.First == 0 || port.First != port.Last {
			continue
		}
		targets, clients := subjects, p.clientsOf(r, 1)
		if d == report.Egress {
			targets, clients = p.clientsOf(r, 50), subjects
		}
		for _, target := range targets {
			if client, actual, s := p.meansServicePort(target, clients, port, d, r); s != nil {
				p.servicePortFinding(x, port, target, client, actual, s)
				break
			}
		}
	}
}

// clientsOf are some classes that a rule's peers match.
func (p *Pass) clientsOf(r *policy.Rule, most int) []*model.Class {
	var out []*model.Class
	for i := range r.Peers {
		out = append(out, p.matched(&r.Peers[i], most)...)
	}
	return out
}

// meansServicePort tells whether a port is that of a Service of the target, and the pod's
// own is denied to the rule's other end.
func (p *Pass) meansServicePort(target *model.Class, others []*model.Class, port *policy.Port, d report.Direction, r *policy.Rule) (*model.Class, uint16, *snapshot.Service) {
	pod := target.Pods[0]
	for _, c := range pod.Ports {
		if c.Port == port.First && c.Protocol == port.Protocol {
			return nil, 0, nil
		}
	}
	for _, s := range p.ServicesIn(target.Namespace) {
		if len(s.Selector) == 0 || !selector.Includes(pod.Labels, s.Selector) {
			continue
		}
		for _, sp := range s.Ports {
			actual := targetOf(&sp, pod)
			if sp.Port != port.First || sp.Protocol != port.Protocol || actual == 0 || actual == port.First {
				continue
			}
			set := connset.Of(port.Protocol, actual, actual)
			if r.AnyPeer && d == report.Ingress {
				e := stranger()
				if denies(p.Says(target, d, &e, set)) {
					return nil, actual, s
				}
			}
			for _, other := range others {
				subject, peer := target, p.endpoint(other)
				if d == report.Egress {
					subject, peer = other, p.endpoint(target)
				}
				if denies(p.Says(subject, d, &peer, set)) {
					return other, actual, s
				}
			}
		}
	}
	return nil, 0, nil
}

// targetOf is the pod's port behind a Service's; 0 where the pod does not have it.
func targetOf(sp *snapshot.ServicePort, pod *snapshot.Pod) uint16 {
	if sp.TargetName == "" {
		return sp.TargetPort
	}
	for _, c := range pod.Ports {
		if c.Name == sp.TargetName && c.Protocol == sp.Protocol {
			return c.Port
		}
	}
	return 0
}

func (p *Pass) servicePortFinding(x *policy.Policy, port *policy.Port, target, client *model.Class, actual uint16, s *snapshot.Service) {
	f := found{key: port.String() + " " + port.Path}
	f.Ends = []report.End{ownerEnd(target)}
	f.Message = fmt.Sprintf("%s port %d is that of %s; the pods of %s listen on %d, which no rule allows",
		port.Protocol, port.First, objectName(serviceObject(s)), endName(ownerEnd(target)), actual)
	f.By = []report.RuleRef{ruleRef(x, port.Path)}
	if client != nil {
		f.Ends = append(f.Ends, ownerEnd(client))
		if f.Fix = p.fix(client, target, refPort(actual, port.Protocol)); f.Fix == nil {
			f.Advice = howToFix(client, target, refPort(actual, port.Protocol))
		}
	}
	p.reportClause(x, port.Path, nil, f)
}
