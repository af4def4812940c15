package query

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// ScaffoldAnnotation says on a scaffolded policy what it was made for.
const ScaffoldAnnotation = "netguard.dev/scaffolded-for"

// Names of the policies that --namespace-defaults adds.
const (
	defaultDenyName   = "default-deny"
	sameNamespaceName = "allow-same-namespace"
)

// propose writes the policies.
func (s *scaffolder) propose() error {
	taken := map[snapshot.Name]bool{}
	for _, set := range s.sets {
		set.name = s.policyName(set)
		if name := (snapshot.Name{Namespace: set.namespace, Name: set.name}); taken[name] {
			set.name = fitName(set.name + "-" + shortHash(fmt.Sprint(set.selector)))
		}
		taken[snapshot.Name{Namespace: set.namespace, Name: set.name}] = true
		p, err := s.policyOf(set)
		if err != nil {
			return err
		}
		s.out.Policies = append(s.out.Policies, p)
	}
	if s.request.NamespaceDefaults {
		var namespaces []string
		if s.request.Of.Kind == reference.Namespace {
			namespaces = append(namespaces, s.request.Of.Name)
		}
		for _, set := range s.sets {
			if !slices.Contains(namespaces, set.namespace) {
				namespaces = append(namespaces, set.namespace)
			}
		}
		slices.Sort(namespaces)
		for _, ns := range namespaces {
			s.out.Policies = append(s.out.Policies, s.defaultDeny(ns), s.sameNamespace(ns))
		}
	}
	slices.SortStableFunc(s.out.Policies, func(a, b report.ProposedPolicy) int {
		if d := strings.Compare(a.Policy.Namespace, b.Policy.Namespace); d != 0 {
			return d
		}
		return strings.Compare(a.Policy.Name, b.Policy.Name)
	})
	return nil
}

// policyName is bankapp-service-allow-bankapp for a front door, and
// bankapp-service-allow-clients otherwise: the same each time, so that applying
// again replaces.
func (s *scaffolder) policyName(set *backendSet) string {
	by := "clients"
	if frontdoor.IsDoor(s.request.Of.Kind) {
		by = s.request.Of.Name
	}
	return fitName(set.lead() + "-allow-" + by)
}

// fitName keeps a name to the length that the API takes.
func fitName(name string) string {
	const longest = 253
	if len(name) <= longest {
		return name
	}
	return strings.TrimRight(name[:longest-9], "-.") + "-" + shortHash(name)
}

func shortHash(text string) string {
	h := fnv.New32a()
	h.Write([]byte(text))
	return fmt.Sprintf("%08x", h.Sum32())
}

func (s *scaffolder) object(namespace, name string, spec networkingv1.NetworkPolicySpec) networkingv1.NetworkPolicy {
	return networkingv1.NetworkPolicy{
		TypeMeta: metav1.TypeMeta{APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name, Annotations: map[string]string{ScaffoldAnnotation: s.request.Of.String()},
		},
		Spec: spec,
	}
}

// policyOf writes the policy of one set.
func (s *scaffolder) policyOf(set *backendSet) (report.ProposedPolicy, error) {
	spec := networkingv1.NetworkPolicySpec{
		PodSelector: metav1.LabelSelector{MatchLabels: set.selector},
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
	}
	out := report.ProposedPolicy{Purpose: report.ForBackends, Backends: set.objects(), Pods: s.membersOf(set.pods)}
	for _, c := range set.clients {
		at := fmt.Sprintf("spec.ingress[%d]", len(spec.Ingress))
		peers, notes, err := s.rulePeers(set, c, at, "from")
		if err != nil {
			return out, err
		}
		if len(peers) == 0 {
			continue
		}
		spec.Ingress = append(spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: peers, Ports: policyPorts(c)})
		out.Rules = append(out.Rules, notes...)
	}
	if s.egress() {
		spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		for _, c := range set.egress {
			at := fmt.Sprintf("spec.egress[%d]", len(spec.Egress))
			peers, notes, err := s.rulePeers(set, c, at, "to")
			if err != nil {
				return out, err
			}
			spec.Egress = append(spec.Egress, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: policyPorts(c)})
			out.Rules = append(out.Rules, notes...)
		}
	}
	out.Policy = s.object(set.namespace, set.name, spec)
	return out, nil
}

// rulePeers are a rule's peers with the reasons for the rule and for those that
// need one of their own.
func (s *scaffolder) rulePeers(set *backendSet, c *client, at, side string) ([]networkingv1.NetworkPolicyPeer, []report.RuleNote, error) {
	end := c.end
	note := report.RuleNote{Path: at, Why: c.why, For: &end, Detail: portDetail(c)}
	if c.door != nil {
		note.Door = &c.door.Object
		if planes := s.membersOf(c.parties); len(planes) > 1 && planes[0].End.Kind == "Node" {
			note.For = &report.End{Kind: "Node"}
		} else if len(planes) > 0 {
			note.For = &planes[0].End
		}
	}
	notes := []report.RuleNote{note}
	var peers []networkingv1.NetworkPolicyPeer
	for _, p := range s.peersFor(set.namespace, c) {
		if p.PodSelector != nil && len(p.PodSelector.MatchLabels) == 0 && p.IPBlock == nil && c.labels == nil {
			return nil, nil, fmt.Errorf("%s has pods with only generated labels, and no rule can admit just them", endText(end))
		}
		if p.why != "" && (p.why != report.WhyOutsideAddress || p.detail != "") {
			notes = append(notes, report.RuleNote{
				Path: fmt.Sprintf("%s.%s[%d]", at, side, len(peers)), Why: p.why, For: p.end, Detail: p.detail,
			})
		}
		peers = append(peers, p.NetworkPolicyPeer)
	}
	if len(peers) == 0 {
		s.fail(end, report.End{Kind: "Namespace", Name: set.namespace}, report.Unknown, report.Hop{
			Kind: report.HopIngress, Reason: report.AddressUnknown,
		})
	}
	return peers, notes, nil
}

func endText(e report.End) string {
	if e.Namespace == "" {
		return e.Kind + " " + e.Name
	}
	return e.Kind + " " + e.Namespace + "/" + e.Name
}

// portDetail says which Service ports a rule's ports stand for, where the
// numbers differ.
func portDetail(c *client) string {
	var parts []string
	for _, p := range c.ports {
		for _, d := range p.dsts {
			if d.Port.Service == 0 || d.Port.Service == d.Port.Pod || d.Service == nil {
				continue
			}
			if text := fmt.Sprintf("port %d of Service %s is %d/%s at the pod", d.Port.Service, d.Service.Name.Name, d.Port.Pod, d.Port.Protocol); !slices.Contains(parts, text) {
				parts = append(parts, text)
			}
		}
	}
	return strings.Join(parts, "; ")
}

// policyPorts are a rule's ports; none where every port of TCP is meant, as with
// pods that declare none.
func policyPorts(c *client) []networkingv1.NetworkPolicyPort {
	var out []networkingv1.NetworkPolicyPort
	for _, p := range c.ports {
		out = append(out, *p.policy.DeepCopy())
	}
	return out
}

// defaultDeny isolates every pod of a namespace.
func (s *scaffolder) defaultDeny(namespace string) report.ProposedPolicy {
	spec := networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}}
	if s.egress() {
		spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
	}
	return report.ProposedPolicy{Purpose: report.ForDefaultDeny, Policy: s.object(namespace, defaultDenyName, spec)}
}

// sameNamespace lets the pods of a namespace talk to each other, and with egress
// isolated to DNS.
func (s *scaffolder) sameNamespace(namespace string) report.ProposedPolicy {
	everybody := []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}}
	spec := networkingv1.NetworkPolicySpec{
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
		Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: everybody}},
	}
	home := &report.End{Kind: "Namespace", Name: namespace}
	notes := []report.RuleNote{{Path: "spec.ingress[0]", Why: report.WhySameNamespace, For: home}}
	if s.egress() {
		spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		spec.Egress = append(spec.Egress, networkingv1.NetworkPolicyEgressRule{To: everybody})
		notes = append(notes, report.RuleNote{Path: "spec.egress[0]", Why: report.WhySameNamespace, For: home})
		dns := &backendSet{namespace: namespace}
		s.addDNS(dns)
		for _, c := range dns.egress {
			peers, more, err := s.rulePeers(dns, c, fmt.Sprintf("spec.egress[%d]", len(spec.Egress)), "to")
			if err == nil {
				spec.Egress = append(spec.Egress, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: policyPorts(c)})
				notes = append(notes, more...)
			}
		}
	}
	return report.ProposedPolicy{Purpose: report.ForSameNamespace, Policy: s.object(namespace, sameNamespaceName, spec), Rules: notes}
}
