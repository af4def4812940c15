package model

import (
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"sync"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/calico"
	"github.com/kubectl-netguard/netguard/pkg/policy/networkpolicy"
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
	compiled   func() *compiled
	classes    func() []*Class
	idle       func() []*policy.Policy
	blocks     func() []netip.Prefix
	addresses  func() (v4, v6 []addressed)
	anyAddress func() address.Block

	hostNamespace func() *selector.Labels
	hosts         func() map[string][]*snapshot.Ingress
	// nodeAddresses holds the address of any node.
	nodeAddresses func() address.Block

	ingressWords, egressWords func() map[*policy.Policy]int
}

// compiled are the policies of each namespace, and those that cannot be compiled.
type compiled struct {
	policies map[string][]*policy.Policy
	invalid  map[string]*policy.Error
	// wide are the policies of other kinds, in the order in which they are asked.
	wide []wide
}

// New makes a snapshot ready for questions. Its policies are compiled when a question
// first needs one. A policy that cannot be compiled leaves the verdicts on its
// namespace open; sources that read files refuse it before.
func New(s *snapshot.Snapshot) *Model {
	m := bare(s)
	m.compiled = sync.OnceValue(func() *compiled { return m.compile(nil) })
	m.classes = sync.OnceValue(m.makeClasses)
	return m
}

// With is the model of another snapshot, that of a what-if. Policies of a namespace
// that are the same in both are not compiled again, and the classes of the same pods
// that the same policies isolate are not made again.
func (m *Model) With(s *snapshot.Snapshot) *Model {
	out := bare(s)
	out.compiled = sync.OnceValue(func() *compiled { return out.compile(m) })
	out.classes = sync.OnceValue(func() []*Class { return out.classesLike(m) })
	return out
}

func bare(s *snapshot.Snapshot) *Model {
	m := &Model{Snapshot: s, Plugin: cni.Detect(s), Deviations: cni.Deviations()}
	m.idle = sync.OnceValue(m.findIdle)
	m.blocks = sync.OnceValue(m.findBlocks)
	m.hosts = sync.OnceValue(m.findHosts)
	m.nodeAddresses = sync.OnceValue(m.findNodeAddresses)
	m.addresses = sync.OnceValues(m.sortAddresses)
	m.hostNamespace = sync.OnceValue(m.findHostNamespace)
	m.anyAddress = sync.OnceValue(m.findAnyAddress)
	m.ingressWords, m.egressWords = m.words(report.Ingress), m.words(report.Egress)
	return m
}

// compile compiles the policies, but for those of namespaces that have the same ones
// in another model; it may be nil.
func (m *Model) compile(other *Model) *compiled {
	out := &compiled{policies: map[string][]*policy.Policy{}, invalid: map[string]*policy.Error{}}
	if other != nil && m.sameWide(other) {
		out.wide = other.compiled().wide
	} else {
		out.wide = m.compileWide()
	}
	for rest := m.Policies(); len(rest) > 0; {
		ns := rest[0].Namespace
		here := m.PoliciesOf(ns)
		rest = rest[len(here):]
		if other != nil && !m.Plugin.Behaviour.LooseNames && slices.Equal(here, other.PoliciesOf(ns)) {
			known := other.compiled()
			out.policies[ns] = known.policies[ns]
			if invalid := known.invalid[ns]; invalid != nil {
				out.invalid[ns] = invalid
			}
			continue
		}
		for _, p := range here {
			compiled, err := networkpolicy.Compile(p)
			if err != nil {
				var invalid *policy.Error
				if errors.As(err, &invalid) && out.invalid[ns] == nil {
					out.invalid[ns] = invalid
				}
				continue
			}
			if m.Plugin.Behaviour.LooseNames {
				compiled = m.looselyNamed(compiled)
			}
			if m.Plugin.Behaviour.DirectionsMixed {
				compiled = mixed(compiled)
			}
			out.policies[ns] = append(out.policies[ns], compiled)
		}
	}
	return out
}

// sameWide tells whether the policies of other kinds than NetworkPolicy, and all that
// they mean depends on, are the same ones.
func (m *Model) sameWide(other *Model) bool {
	return slices.Equal(m.PolicyObjects(), other.PolicyObjects()) && reflect.DeepEqual(m.Plugin, other.Plugin) && same(m.Nodes(), other.Nodes())
}

// PoliciesIn returns the compiled policies of a namespace, by name.
func (m *Model) PoliciesIn(namespace string) []*policy.Policy {
	return m.compiled().policies[namespace]
}

// Blocks returns every CIDR that some policy names, in order. They are found on
// first use.
func (m *Model) Blocks() []netip.Prefix { return m.blocks() }

func (m *Model) findBlocks() []netip.Prefix {
	var out []netip.Prefix
	for _, in := range m.compiled().policies {
		for _, p := range in {
			out = append(out, p.Blocks()...)
		}
	}
	for _, p := range m.Wide() {
		out = append(out, p.Blocks()...)
	}
	slices.SortFunc(out, netip.Prefix.Compare)
	return slices.Compact(out)
}

// Isolating returns the policies that isolate a pod in a direction, by name.
func (m *Model) Isolating(pod *snapshot.Pod, d report.Direction) []*policy.Policy {
	if pod.HostNetwork {
		// hostNetwork pods are the node: policies do not select them.
		return nil
	}
	return policy.Select(m.PoliciesIn(pod.Namespace), selector.Known(pod.Labels), d)
}

// Binding is all that binds a pod in a direction, tier by tier.
func (m *Model) Binding(pod *snapshot.Pod, d report.Direction) policy.Stack {
	return m.stack(pod, m.Isolating(pod, d), m.reaching(pod.Namespace, d))
}

// PoliciesUnknown says why the policies of a namespace are not (all) known: the
// gap, or nil when they are.
func (m *Model) PoliciesUnknown(namespace string) *snapshot.Gap {
	need := snapshot.Need{Resource: snapshot.NetworkPolicies, Namespace: namespace}
	if gap := m.GapFor(need); gap != nil {
		return gap
	}
	if invalid := m.compiled().invalid[namespace]; invalid != nil {
		return &snapshot.Gap{Need: need, Reason: snapshot.GapInvalid, Message: invalid.Error()}
	}
	if !m.Has(need) {
		return &snapshot.Gap{Need: need, Reason: snapshot.GapFailed, Message: "not read"}
	}
	return nil
}

// NamespaceLabels returns a namespace's labels. When they could not be read, or no file
// declares the namespace, only kubernetes.io/metadata.name is known, which the API server sets on every
// namespace (KEP-2161).
func (m *Model) NamespaceLabels(name string) selector.Labels {
	if ns := m.Namespace(name); ns != nil {
		return selector.Labels{Set: ns.Labels, Partial: ns.Undeclared}
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
	for _, o := range m.PolicyObjects() {
		if !m.tiered() && calico.Decides(o) && (o.Namespace == "" || o.Namespace == namespace) {
			out = append(out, snapshot.UnmodelledOf(kinds.Of(o.Resource()), o.Name))
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
