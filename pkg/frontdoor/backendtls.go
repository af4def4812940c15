package frontdoor

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// backendTLS tells whether a BackendTLSPolicy keeps a Gateway from connecting to a port
// of a Service: without any valid certificate of an authority, "the implementation MUST
// ensure the Accepted Condition is False ... and HTTP connections MUST fail with a 5xx"
// (BackendTLSPolicyValidation.caCertificateRefs docs). Whether ConfigMaps and Secrets
// hold certificates, the status tells; they are not read.
func (e *entrance) backendTLS(m *model.Model, service snapshot.Name, port uint16) finding {
	if gap := m.Hidden(snapshot.BackendTLSPolicies, service.Namespace); gap != nil {
		return unread(gap)
	}
	p := policyFor(m, service, port)
	if p == nil {
		return finding{}
	}
	invalid := finding{reason: report.BackendTLSInvalid, detail: fmt.Sprintf("BackendTLSPolicy %s", p.Name)}
	for _, s := range p.Statuses {
		if !e.decides(s) || s.Parent.Kind == "Gateway" && (s.Parent.Name != e.gateway.Name.Name || s.Parent.Namespace != e.gateway.Namespace) {
			continue
		}
		word, said := says(s.Conditions, "Accepted", p.Generation)
		switch {
		case !said:
		case word.Status == string(metav1.ConditionTrue):
			return finding{}
		default:
			invalid.detail += ": " + conditionText(word)
			invalid.undecided = word.Status != string(metav1.ConditionFalse)
			return invalid
		}
	}
	if p.WellKnown != "" {
		return finding{}
	}
	// "Support: Core - An optional single reference to a Kubernetes ConfigMap";
	// Secrets and other kinds are the implementation's.
	foreign := false
	for _, c := range p.CAs {
		if c.Group == "" && (c.Kind == "ConfigMap" || c.Kind == "Secret") {
			return finding{}
		}
		foreign = foreign || c.Group != ""
	}
	invalid.detail += " names no certificates of an authority"
	if foreign {
		invalid.detail, invalid.undecided = fmt.Sprintf("BackendTLSPolicy %s has its certificates from %s", p.Name, kindName(p.CAs[0])), true
	}
	return invalid
}

// policyFor is the policy of a Service's port: one that names the port goes before one
// for the whole Service, and the oldest, then the first by name, before others
// (BackendTLSPolicySpec.targetRefs docs).
func policyFor(m *model.Model, service snapshot.Name, port uint16) *snapshot.BackendTLSPolicy {
	section := ""
	if s := m.Service(service); s != nil {
		for _, p := range s.Ports {
			if p.Port == port {
				section = p.Name
			}
		}
	}
	var found *snapshot.BackendTLSPolicy
	for _, of := range []string{section, ""} {
		for _, p := range m.BackendTLSPoliciesIn(service.Namespace) {
			target := snapshot.PolicyTarget{Kind: "Service", Name: service.Name, Section: of}
			if slices.Contains(p.Targets, target) && (found == nil || p.Created.Before(found.Created)) {
				found = p
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}
