package query_test

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// opensTheLeast holds a fix of one pod's connection to another against two laws: what
// it announces is what diff finds, and no policies that anybody could write by hand for
// the labels of just these two pods, at one end, the other or both, open less.
func (j *judge) opensTheLeast(policies []networkingv1.NetworkPolicy, before map[connection]bool, src, dst oracleEnd, port connectionPort, fix *report.Fix) {
	question := nameOfEnd(src) + " -> " + nameOfEnd(dst) + portText(port.protocol, port.port)
	fixed := slices.Clone(policies)
	for _, p := range fix.Patches {
		var err error
		if fixed, err = applyPatch(fixed, p); err != nil {
			return // judged elsewhere
		}
	}
	j.announcesWhatDiffFinds(question, policies, fixed, src, dst, port, fix)
	opened := j.unasked(before, j.allowed(fixed), src, dst, port)
	for _, other := range j.byHand(policies, src, dst, port) {
		with := &judge{TB: j.TB, generator: &generator{objects: j.objects.with(other)}, m: j.m}
		if got, _ := expect(orDenied(with.outcomes(src, dst, port.protocol, port.port))); got != report.Allowed {
			continue
		}
		if less := j.unasked(before, j.allowed(other), src, dst, port); less < opened {
			j.Errorf("%s: the fix opens %d connections that were not asked for, and %d are enough: %+v", question, opened, less, fix.Patches)
			return
		}
	}
	if len(fix.Manifests) > 0 {
		kept := j.allowed(append(slices.Clone(policies), fix.Manifests...))
		if got := j.unasked(before, kept, src, dst, port); got > opened {
			j.Errorf("%s: the manifests open %d connections that were not asked for, the patches %d", question, got, opened)
		}
	}
}

// unasked counts connections that were gained, beside those between the workloads
// that were asked about.
func (j *judge) unasked(before, after map[connection]bool, src, dst oracleEnd, port connectionPort) int {
	n := 0
	for c := range after {
		if !before[c] && !(c.port == port && sameWorkload(j.ends[c.src], src) && sameWorkload(j.ends[c.dst], dst)) {
			n++
		}
	}
	return n
}

func sameWorkload(a, b oracleEnd) bool {
	switch {
	case a.pod == nil || b.pod == nil:
		return nameOfEnd(a) == nameOfEnd(b)
	case a.pod == b.pod:
		return true
	case a.pod.Namespace != b.pod.Namespace || len(a.pod.OwnerReferences) == 0 || len(b.pod.OwnerReferences) == 0:
		return false
	default:
		return a.pod.OwnerReferences[0].Kind == b.pod.OwnerReferences[0].Kind && a.pod.OwnerReferences[0].Name == b.pod.OwnerReferences[0].Name
	}
}

// byHand are the policies together with new ones for the pods' own labels.
func (j *judge) byHand(policies []networkingv1.NetworkPolicy, src, dst oracleEnd, port connectionPort) [][]networkingv1.NetworkPolicy {
	peer := func(home string, e oracleEnd) networkingv1.NetworkPolicyPeer {
		out := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: model.StableLabels(e.pod.Labels)}}
		if e.pod.Namespace != home {
			out.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{model.MetadataName: e.pod.Namespace}}
		}
		return out
	}
	number := intstr.FromInt32(port.port)
	ports := []networkingv1.NetworkPolicyPort{{Protocol: &port.protocol, Port: &number}}
	object := func(name string, e oracleEnd) networkingv1.NetworkPolicy {
		return networkingv1.NetworkPolicy{
			ObjectMeta: metav1.ObjectMeta{Namespace: e.pod.Namespace, Name: name},
			Spec:       networkingv1.NetworkPolicySpec{PodSelector: metav1.LabelSelector{MatchLabels: model.StableLabels(e.pod.Labels)}},
		}
	}
	in, out := object("by-hand-in", dst), object("by-hand-out", src)
	in.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	in.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{peer(dst.pod.Namespace, src)}, Ports: ports}}
	out.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}
	out.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{To: []networkingv1.NetworkPolicyPeer{peer(src.pod.Namespace, dst)}, Ports: ports}}
	var all [][]networkingv1.NetworkPolicy
	for _, more := range [][]networkingv1.NetworkPolicy{{in}, {out}, {in, out}} {
		all = append(all, append(slices.Clone(policies), more...))
	}
	return all
}

// announcesWhatDiffFinds compares what a fix says that it opens with what diff says.
func (j *judge) announcesWhatDiffFinds(question string, policies, fixed []networkingv1.NetworkPolicy, src, dst oracleEnd, port connectionPort, fix *report.Fix) {
	d := query.Diff(j.with(policies), j.with(fixed), query.Options{})
	asked := connset.Of(connset.Protocol(port.protocol), uint16(port.port), uint16(port.port))
	var found, said []string
	text := func(from, to report.End, s connset.Set) string {
		return fmt.Sprint(from.Kind, from.Namespace, from.Name, from.Addresses, " ", to.Kind, to.Namespace, to.Name, to.Addresses, " ", s)
	}
	from, to := j.workloadOf(src), j.workloadOf(dst)
	is := func(e report.End, name string) bool { return e.Namespace+"/"+e.Kind+"/"+e.Name == name }
	for _, r := range d.Rows {
		if r.Kind != report.DiffConnections || r.Gained == nil {
			continue
		}
		gained := *r.Gained.Connections
		if is(r.From, from) && is(r.To, to) {
			gained = gained.Subtract(asked)
		}
		if !gained.IsEmpty() {
			found = append(found, text(r.From, r.To, gained))
		}
	}
	for _, o := range fix.Also {
		if o.Connections != nil && !o.Maybe {
			said = append(said, text(o.From, o.To, *o.Connections))
		}
	}
	slices.Sort(found)
	slices.Sort(said)
	if !slices.Equal(found, said) {
		j.Errorf("%s: the fix announces\n  %s\nand diff finds\n  %s", question, strings.Join(said, "\n  "), strings.Join(found, "\n  "))
	}
}

// workloadOf is how reports name the workload of a pod.
func (j *judge) workloadOf(e oracleEnd) string {
	kind, name := j.m.TopOwner(j.m.Pod(snapshot.Name{Namespace: e.pod.Namespace, Name: e.pod.Name}))
	return name.Namespace + "/" + kind + "/" + name.Name
}
