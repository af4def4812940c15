package model

import (
	"errors"
	"sync"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Model answers what the objects of a snapshot mean to each other.
type Model struct {
	*snapshot.Snapshot
	Plugin cni.Plugin
	// Deviations are what other network plugins do differently; asked for once
	// a connection, and so made once.
	Deviations []cni.Deviation
	policies   func() policies
	classes    func() []*Class
}

// policies are the compiled ones by namespace, and for namespaces with one that
// cannot be compiled, why.
type policies struct {
	valid   map[string][]*policy.Policy
	invalid map[string]*policy.Error
}

// New makes the model of a snapshot. A policy that cannot be compiled leaves the
// verdicts on its namespace open; sources that read files refuse it before.
func New(s *snapshot.Snapshot) *Model {
	m := &Model{Snapshot: s, Plugin: cni.Detect(s), Deviations: cni.Deviations()}
	m.policies = sync.OnceValue(m.compile)
	m.classes = sync.OnceValue(m.makeClasses)
	return m
}

// compile compiles the policies, once they are asked for: what is planned from a
// model needs none.
func (m *Model) compile() policies {
	out := policies{valid: map[string][]*policy.Policy{}, invalid: map[string]*policy.Error{}}
	for _, p := range m.Policies() {
		compiled, err := policy.Compile(p)
		if err != nil {
			var invalid *policy.Error
			if errors.As(err, &invalid) && out.invalid[p.Namespace] == nil {
				out.invalid[p.Namespace] = invalid
			}
			continue
		}
		out.valid[p.Namespace] = append(out.valid[p.Namespace], compiled)
	}
	return out
}

// PoliciesIn returns the compiled policies of a namespace, by name.
func (m *Model) PoliciesIn(namespace string) []*policy.Policy { return m.policies().valid[namespace] }

// Isolating returns the policies that isolate a pod in a direction, by name.
func (m *Model) Isolating(pod *snapshot.Pod, d report.Direction) []*policy.Policy {
	if pod.HostNetwork {
		// hostNetwork pods are the node: policies do not select them.
		return nil
	}
	return policy.Select(m.PoliciesIn(pod.Namespace), selector.Known(pod.Labels), d)
}

// PoliciesUnknown says why the policies of a namespace are not (all) known: the
// gap, or nil when they are.
func (m *Model) PoliciesUnknown(namespace string) *snapshot.Gap {
	need := snapshot.Need{Resource: snapshot.NetworkPolicies, Namespace: namespace}
	if gap := m.GapFor(need); gap != nil {
		return gap
	}
	if invalid := m.policies().invalid[namespace]; invalid != nil {
		return &snapshot.Gap{Need: need, Reason: snapshot.GapInvalid, Message: invalid.Error()}
	}
	if !m.Has(need) {
		return &snapshot.Gap{Need: need, Reason: snapshot.GapFailed, Message: "not read"}
	}
	return nil
}

// NamespaceLabels returns a namespace's labels. When they could not be read,
// only kubernetes.io/metadata.name is known, which the API server sets on every
// namespace (KEP-2161).
func (m *Model) NamespaceLabels(name string) selector.Labels {
	if ns := m.Namespace(name); ns != nil {
		return selector.Known(ns.Labels)
	}
	if name == "" {
		return selector.Labels{Partial: true}
	}
	return selector.Labels{Set: map[string]string{MetadataName: name}, Partial: true}
}

// MetadataName is the label that holds a namespace's own name.
const MetadataName = "kubernetes.io/metadata.name"

// Unevaluated returns the policy objects of other kinds that may bind a pod of
// the namespace, and the gaps that may hide some.
func (m *Model) Unevaluated(namespace string) ([]snapshot.Unmodelled, []snapshot.Gap) {
	var out []snapshot.Unmodelled
	for _, u := range m.Unmodelled() {
		if u.ClusterWide || u.Namespace == "" || u.Namespace == namespace {
			out = append(out, u)
		}
	}
	return out, m.kindGaps(namespace)
}

// kindGaps are the policy kinds that could not be read for a namespace: those of
// the read for that namespace alone where there was one, which may do what the
// read for all namespaces may not.
func (m *Model) kindGaps(namespace string) []snapshot.Gap {
	need := snapshot.Need{Resource: snapshot.PolicyKinds, Namespace: namespace}
	if m.Has(need) {
		return nil
	}
	var own, wide []snapshot.Gap
	for _, g := range m.Gaps() {
		switch {
		case g.Need == need:
			own = append(own, g)
		case g.Need.Covers(need):
			wide = append(wide, g)
		}
	}
	if len(own) > 0 {
		return own
	}
	return wide
}
