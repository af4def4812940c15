package anonymous

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Snapshot is the snapshot with the new names. Where policies stood in files is
// left out, and of the messages of servers and controllers all but what they are about.
func (n *Names) Snapshot(s *snapshot.Snapshot) *snapshot.Snapshot {
	b := snapshot.NewBuilder(nil)
	if s.HasEverything() {
		b.ReadEverything()
	}
	for _, o := range s.Namespaces() {
		b.AddNamespace(&snapshot.Namespace{Name: n.Namespace(o.Name), Labels: n.Labels(o.Labels), Undeclared: o.Undeclared})
	}
	for _, o := range s.Nodes() {
		b.AddNode(&snapshot.Node{Name: n.Object("Node", o.Name), Labels: n.Labels(o.Labels), IPs: o.IPs, KubeletVersion: o.KubeletVersion, K3sArgs: cni.KeptNodeArgs(o)})
	}
	for _, o := range s.Pods() {
		b.AddPod(n.pod(o))
	}
	for _, o := range s.Workloads() {
		b.AddWorkload(&snapshot.Workload{
			Kind: o.Kind, Name: n.Names(o.Kind, o.Name), Owner: n.owner(o.Owner), Selector: n.Labels(o.Selector), Containers: cni.KeptContainers(o),
		})
	}
	for _, o := range s.Services() {
		b.AddService(n.service(o))
	}
	for _, o := range s.EndpointSlices() {
		b.AddEndpointSlice(n.endpointSlice(o))
	}
	for _, o := range s.Policies() {
		b.AddPolicy(n.policy(o))
	}
	for _, name := range s.ConfigMaps() {
		data, _ := s.ConfigMap(name)
		b.AddConfigMap(n.Names("ConfigMap", name), cni.KeptConfig(data))
	}
	for _, o := range s.Unmodelled() {
		o.Name = n.Names("policy", o.Name)
		b.AddUnmodelled(o)
	}
	for _, r := range s.Kept() {
		for _, o := range s.Objects(r) {
			b.Add(o.Renamed(n))
		}
	}
	for _, need := range s.Reads() {
		b.Read(n.need(need))
	}
	for _, g := range s.Gaps() {
		b.AddGap(n.gap(g))
	}
	return b.Snapshot()
}

func (n *Names) owner(o snapshot.Owner) snapshot.Owner {
	if o.Name == "" {
		return o
	}
	return snapshot.Owner{Kind: o.Kind, Name: n.Object(o.Kind, o.Name)}
}

func (n *Names) pod(o *snapshot.Pod) *snapshot.Pod {
	out := *o
	out.Name = n.Names("Pod", o.Name)
	out.Labels = n.Labels(o.Labels)
	if out.NodeSelector = nil; len(o.NodeSelector) > 0 {
		out.NodeSelector = n.Labels(o.NodeSelector)
	}
	out.Owner = n.owner(o.Owner)
	out.Node = n.Object("Node", o.Node)
	out.Containers = nil
	return &out
}

func (n *Names) service(o *snapshot.Service) *snapshot.Service {
	out := *o
	out.Name = n.Names("Service", o.Name)
	out.Selector = n.Labels(o.Selector)
	out.ExternalName = n.Host(o.ExternalName)
	out.LoadBalancerHostnames = mapped(o.LoadBalancerHostnames, n.Host)
	if o.Proxy != "" {
		out.Proxy = n.name("proxy", o.Proxy)
	}
	out.BadRanges = mapped(o.BadRanges, n.settings)
	out.Annotations = n.Annotations(o.Annotations)
	return &out
}

func mapped(in []string, f func(string) string) []string {
	var out []string
	for _, text := range in {
		out = append(out, f(text))
	}
	return out
}

// Address is an IP address as it was, or a host name.
func (n *Names) Address(old string) string {
	if _, err := netip.ParseAddr(old); err == nil {
		return old
	}
	return n.Host(old)
}

func (n *Names) endpointSlice(o *snapshot.EndpointSlice) *snapshot.EndpointSlice {
	out := *o
	out.Name = n.Names("slice", o.Name)
	out.Service = n.Object("Service", o.Service)
	out.Endpoints = nil
	for _, e := range o.Endpoints {
		e.Addresses = mapped(e.Addresses, n.Address)
		if e.Pod != "" {
			name := n.Names("Pod", e.PodName(o.Namespace))
			if e.Pod = name.Name; e.PodNamespace != "" {
				e.PodNamespace = name.Namespace
			}
		}
		e.Node = n.Object("Node", e.Node)
		e.ForNodes = mapped(e.ForNodes, func(name string) string { return n.Object("Node", name) })
		e.ForZones = mapped(e.ForZones, func(zone string) string { return n.value(snapshot.ZoneLabel, zone) })
		out.Endpoints = append(out.Endpoints, e)
	}
	return &out
}

func (n *Names) policy(o *snapshot.Policy) *snapshot.Policy {
	out := &snapshot.Policy{Name: n.Names("policy", o.Name)}
	o.Spec.DeepCopyInto(&out.Spec)
	n.selector(&out.Spec.PodSelector)
	for i := range out.Spec.Ingress {
		for j := range out.Spec.Ingress[i].From {
			n.selector(out.Spec.Ingress[i].From[j].PodSelector)
			n.selector(out.Spec.Ingress[i].From[j].NamespaceSelector)
		}
	}
	for i := range out.Spec.Egress {
		for j := range out.Spec.Egress[i].To {
			n.selector(out.Spec.Egress[i].To[j].PodSelector)
			n.selector(out.Spec.Egress[i].To[j].NamespaceSelector)
		}
	}
	return out
}

// selector replaces the values of a selector, which is the caller's own copy.
func (n *Names) selector(s *metav1.LabelSelector) {
	if s == nil {
		return
	}
	s.MatchLabels = n.Labels(s.MatchLabels)
	for i := range s.MatchExpressions {
		e := &s.MatchExpressions[i]
		e.Values = mapped(e.Values, func(old string) string { return n.value(e.Key, old) })
	}
}

// Selector is a label selector, as kubectl -l takes it, with the new values. Its
// clauses stay in their order and as they are written: by its text it is known
// what was read. What cannot be parsed is replaced as a whole.
func (n *Names) Selector(text string) string {
	if text == "" || strings.HasPrefix(text, "<") { // <none> and <error> stand for what cannot be written
		return text
	}
	var out []string
	for _, clause := range clauses(text) {
		parsed, err := labels.ParseToRequirements(clause)
		if err != nil || len(parsed) != 1 {
			return "<error>"
		}
		r := selector.Requirement{Key: parsed[0].Key()}
		switch parsed[0].Operator() {
		case selection.Equals, selection.DoubleEquals, selection.In:
			r.Operator = metav1.LabelSelectorOpIn
		case selection.NotEquals, selection.NotIn:
			r.Operator = metav1.LabelSelectorOpNotIn
		case selection.Exists:
			r.Operator = metav1.LabelSelectorOpExists
		case selection.DoesNotExist:
			r.Operator = metav1.LabelSelectorOpDoesNotExist
		default:
			return "<error>"
		}
		r.Values = slices.Sorted(slices.Values(mapped(parsed[0].ValuesUnsorted(), func(old string) string { return n.value(r.Key, old) })))
		out = append(out, r.String())
	}
	return strings.Join(out, ",")
}

// clauses are those of a selector; commas within parentheses part values.
func clauses(text string) []string {
	var out []string
	depth, from := 0, 0
	for i, r := range text {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			out, from = append(out, text[from:i]), i+1
		}
	}
	return append(out, text[from:])
}

func (n *Names) need(o snapshot.Need) snapshot.Need {
	out := o
	out.Namespace = n.Namespace(o.Namespace)
	out.Name = n.Object(kindOf(o.Resource), o.Name)
	out.Labels = n.Selector(o.Labels)
	return out
}

// kindOf is the kind whose objects a read brings.
func kindOf(r snapshot.Resource) string {
	if k := kinds.Of(r); k != nil && (k.Type != "" || k.Public) {
		return k.Name
	}
	return "policy"
}

func (n *Names) gap(g snapshot.Gap) snapshot.Gap {
	g.Need = n.need(g.Need)
	if before, rest, ok := strings.Cut(g.Takes, ` in namespace "`); ok {
		g.Takes = before + fmt.Sprintf(" in namespace %q", n.Namespace(strings.TrimSuffix(rest, `"`)))
	}
	g.Message = "cannot " + g.Permission()
	return g
}
