package plan_test

import (
	"fmt"
	"math/rand"
	"net/netip"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// world is a random cluster: namespaces and pods that share few labels, hosts,
// finished pods, a Service, and policies of every kind of peer.
type world struct {
	rnd *rand.Rand
	// dual: pods have addresses of both families.
	dual bool
	b    *snapshot.Builder
}

func randomWorld(seed int64) *snapshot.Snapshot {
	w := world{rnd: rand.New(rand.NewSource(seed)), dual: seed%2 == 0, b: snapshot.NewBuilder(nil)}
	w.b.ReadEverything()
	for i := range 5 {
		name := fmt.Sprintf("ns%d", i)
		if i == 0 {
			name = "bank"
		}
		w.b.AddNamespace(&snapshot.Namespace{Name: name, Labels: map[string]string{
			"kubernetes.io/metadata.name": name, "env": w.one("prod", "dev"), "team": name,
		}})
		for j := range 4 {
			w.pod(name, j)
		}
		for j := range w.rnd.Intn(4) {
			w.policy(name, j)
		}
	}
	for i := range w.rnd.Intn(3) {
		w.b.AddNamespace(&snapshot.Namespace{Name: fmt.Sprintf("empty%d", i), Labels: map[string]string{"env": w.one("prod", "dev")}})
	}
	w.b.AddService(&snapshot.Service{Name: snapshot.Name{Namespace: "bank", Name: "svc"}, Type: snapshot.ClusterIP, Selector: map[string]string{"app": "a"},
		Ports: []snapshot.ServicePort{{Protocol: connset.TCP, Port: 80, TargetPort: 8080}}})
	slice := &snapshot.EndpointSlice{Name: snapshot.Name{Namespace: "bank", Name: "svc-1"}, Service: "svc", AddressType: "IPv4", Ports: []snapshot.EndpointPort{{Protocol: connset.TCP, Port: 8080}}}
	for _, p := range w.b.Snapshot().PodsIn("bank") {
		if p.Labels["app"] == "a" {
			slice.Endpoints = append(slice.Endpoints, snapshot.Endpoint{Addresses: []string{p.IPs[0].String()}, Pod: p.Name.Name, Node: p.Node, Ready: true, Serving: true})
		}
	}
	w.b.AddEndpointSlice(slice)
	return w.b.Snapshot()
}

func (w world) one(of ...string) string { return of[w.rnd.Intn(len(of))] }

func (w world) pod(ns string, j int) {
	p := &snapshot.Pod{
		Name: snapshot.Name{Namespace: ns, Name: fmt.Sprintf("pod%d", j)}, Phase: snapshot.PhaseRunning, Node: w.one("n1", "n2", "n3"),
		Labels: map[string]string{"app": w.one("a", "b", "c")}, IPs: []netip.Addr{netip.AddrFrom4([4]byte{10, 1, byte(w.rnd.Intn(250)), byte(w.rnd.Intn(250))})},
		Ports: []snapshot.ContainerPort{{Name: "http", Protocol: connset.TCP, Port: 8080}},
	}
	if w.rnd.Intn(3) == 0 {
		p.Ports = append(p.Ports, snapshot.ContainerPort{Name: "metrics", Protocol: connset.TCP, Port: 9090})
	}
	if w.rnd.Intn(2) == 0 {
		p.Labels["tier"] = w.one("x", "y")
	}
	if j > 0 { // some of one workload
		p.Owner = snapshot.Owner{Kind: w.one("DaemonSet", "StatefulSet", ""), Name: "web"}
		if p.Owner.Kind == "" {
			p.Owner.Name = ""
		}
	}
	switch w.rnd.Intn(8) {
	case 0:
		p.HostNetwork, p.HostIPs = true, []netip.Addr{netip.MustParseAddr("192.168.0." + p.Node[1:])}
	case 1:
		p.Phase = snapshot.PhaseSucceeded
	}
	if w.dual {
		p.IPs = append(p.IPs, netip.AddrFrom16([16]byte{0xfd, 15: byte(w.rnd.Intn(250))}))
	}
	w.b.AddPod(p)
}

func (w world) selector() metav1.LabelSelector {
	switch w.rnd.Intn(5) {
	case 0:
		return metav1.LabelSelector{}
	case 1:
		return metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: metav1.LabelSelectorOpExists}}}
	case 2:
		return metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"b", "c"}}}}
	case 3:
		return metav1.LabelSelector{MatchLabels: map[string]string{"app": w.one("a", "b"), "tier": "x"}}
	default:
		return metav1.LabelSelector{MatchLabels: map[string]string{"app": w.one("a", "b", "c")}}
	}
}

func (w world) peer() networkingv1.NetworkPolicyPeer {
	var out networkingv1.NetworkPolicyPeer
	pods := w.selector()
	namespaces := metav1.LabelSelector{MatchLabels: map[string]string{"env": w.one("prod", "dev")}}
	if w.rnd.Intn(4) == 0 {
		namespaces.MatchLabels = map[string]string{"team": w.one("ns1", "nobody")}
	}
	switch w.rnd.Intn(8) {
	case 0:
		out.NamespaceSelector = &namespaces
	case 1:
		out.NamespaceSelector = &metav1.LabelSelector{}
	case 2, 3:
		out.NamespaceSelector, out.PodSelector = &namespaces, &pods
	case 4:
		out.NamespaceSelector, out.PodSelector = &metav1.LabelSelector{}, &pods
	case 5:
		if w.rnd.Intn(4) == 0 {
			return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: w.one("10.1.0.0/17", "0.0.0.0/0", "fd00::/8")}}
		}
		out.PodSelector = &pods
	default:
		out.PodSelector = &pods
	}
	return out
}

func (w world) policy(ns string, j int) {
	spec := networkingv1.NetworkPolicySpec{PodSelector: w.selector()}
	var peers []networkingv1.NetworkPolicyPeer
	for range w.rnd.Intn(3) {
		peers = append(peers, w.peer())
	}
	var ports []networkingv1.NetworkPolicyPort
	if w.rnd.Intn(3) == 0 {
		port := []intstr.IntOrString{intstr.FromInt32(80), intstr.FromInt32(8080), intstr.FromString("http"), intstr.FromString("metrics")}[w.rnd.Intn(4)]
		ports = append(ports, networkingv1.NetworkPolicyPort{Port: &port})
	}
	if w.rnd.Intn(2) == 0 {
		spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeIngress)
		if w.rnd.Intn(4) > 0 {
			spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: peers, Ports: ports}}
		}
	} else {
		spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		if w.rnd.Intn(4) > 0 {
			spec.Egress = []networkingv1.NetworkPolicyEgressRule{{To: peers, Ports: ports}}
		}
	}
	w.b.AddPolicy(&snapshot.Policy{Name: snapshot.Name{Namespace: ns, Name: fmt.Sprintf("policy%d", j)}, Spec: spec})
}

// verdictsOn are what the rows of a report say about a pod as a source.
func verdictsOn(m *model.Model, r *report.Reach, pod *snapshot.Pod) []string {
	// Named one by one, or together by the policies that select them, or with all
	// others of the namespace, in this order.
	var named, selected, together []string
	for _, row := range r.Rows {
		of := []string{"every pod"}
		for i, m := range r.Pods {
			of = append(of[:min(i, 1)*len(of)], m.Names...)
		}
		if row.Of != nil {
			of = row.Of.Names
		}
		for _, e := range row.Ends {
			var says []string
			for _, target := range of {
				says = append(says, fmt.Sprintf("%v to %s", row.Verdict, target))
			}
			switch {
			case e.Others && e.End.Name == pod.Namespace:
				var own, by []string
				for _, p := range m.Isolating(pod, report.Egress) {
					own = append(own, p.Name.Name)
				}
				for _, o := range e.RestrictedBy {
					by = append(by, o.Name)
				}
				switch {
				case len(by) == 0:
					together = append(together, says...)
				case slices.Equal(own, by):
					selected = append(selected, says...)
				}
			case e.End.Kind == "Namespace" && e.End.Name == pod.Namespace && !e.Others:
				together = append(together, says...)
			case e.End.Namespace == pod.Namespace && slices.Contains(e.Names, pod.Name.Name):
				named = append(named, says...)
			}
		}
	}
	if len(named) == 0 {
		named = selected
	}
	if len(named) == 0 {
		named = together
	}
	slices.Sort(named)
	return slices.Compact(named)
}

// A brief answer says of every pod what the whole answer says of it, whatever it
// leaves unread.
func TestBriefAnswersAgreeWithWholeOnes(t *testing.T) {
	targets := []string{"pod/pod0", "pod/pod1", "svc/svc", "app=b", "pod/pod2:80", "pod/pod3:8080"}
	compared, unread := 0, 0
	for seed := range drawn(300) {
		all := randomWorld(seed)
		for _, text := range targets {
			target := ref(t, text)
			whole, err := query.WhoCanReach(model.New(all), *target, query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			server := &server{t: t, all: all}
			read := server.load(plan.Question{Target: target, Home: "bank", Brief: true})
			brief, err := query.WhoCanReach(model.New(read), *target, query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(brief.Gaps) > 0 {
				t.Errorf("seed %d, %s: gaps %v", seed, text, brief.Gaps)
			}
			saysWhatIs(t, all, brief)
			countsWhatIs(t, all, read, brief.Rows, nil)
			sameNumbers(t, brief, whole)
			m := model.New(all)
			for _, pod := range all.Pods() {
				if pod.Finished() {
					continue
				}
				got, want := verdictsOn(m, brief, pod), verdictsOn(m, whole, pod)
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d, %s: of %s the brief answer says %v, the whole one %v\nread: %v", seed, text, pod.Name, got, want, server.asked)
				}
				compared++
				if read.Pod(pod.Name) == nil {
					unread++
				}
			}
		}
	}
	t.Logf("%d pods compared, %d of them not read", compared, unread)
	if unread < compared/10 {
		t.Errorf("only %d of %d pods were not read: nothing was put to the test", unread, compared)
	}
}

// saysWhatIs checks that what a row says of the label that failed to match is so in
// every namespace that it is about.
func saysWhatIs(t *testing.T, all *snapshot.Snapshot, r *report.Reach) {
	t.Helper()
	for _, row := range r.Rows {
		n := row.Nearest
		if n == nil || n.Reason != report.NamespaceLabel || row.Hop != report.HopIngress || n.Got == "" && !n.Absent {
			continue
		}
		for _, e := range row.Ends {
			name := e.End.Namespace
			if e.End.Kind == "Namespace" {
				name = e.End.Name
			}
			got, has := all.Namespace(name).Labels[n.Key]
			if got != n.Got || has == n.Absent {
				t.Errorf("%s is said to have %s=%q (absent: %v), and has %q", name, n.Key, n.Got, n.Absent, got)
			}
		}
	}
}

// A target that nothing isolates needs no list of pods but its own namespace's,
// and a selector of the target's policies is left to the server.
func TestBriefQuestionsReadFewPods(t *testing.T) {
	for name, test := range map[string]struct {
		peer networkingv1.NetworkPolicyPeer
		want string
	}{
		"not isolated": {want: "pods in bank"},
		"labels of its own namespace": {
			peer: networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}},
			want: "pods in bank; pods with spec.hostNetwork=true,spec.nodeName=n1",
		},
		"labels of another": {
			peer: networkingv1.NetworkPolicyPeer{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"env": "prod"}},
				PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
			},
			want: "pods in bank; pods in other with app=web; pods with spec.hostNetwork=true,spec.nodeName=n1",
		},
		"a namespace": {
			peer: networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"env": "prod"}}},
			want: "pods in bank; pods in other with spec.hostNetwork=true; pods with spec.hostNetwork=true,spec.nodeName=n1",
		},
		"addresses": {peer: networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "10.0.0.0/8"}}, want: "pods"},
	} {
		t.Run(name, func(t *testing.T) {
			b := snapshot.NewBuilder(nil)
			b.ReadEverything()
			b.AddNamespace(&snapshot.Namespace{Name: "bank"})
			b.AddNamespace(&snapshot.Namespace{Name: "other", Labels: map[string]string{"env": "prod"}})
			b.AddPod(&snapshot.Pod{Name: snapshot.Name{Namespace: "bank", Name: "db"}, Node: "n1", Phase: snapshot.PhaseRunning, Labels: map[string]string{"app": "db"}})
			if test.peer != (networkingv1.NetworkPolicyPeer{}) {
				b.AddPolicy(&snapshot.Policy{Name: snapshot.Name{Namespace: "bank", Name: "db"}, Spec: networkingv1.NetworkPolicySpec{
					Ingress: []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{test.peer}}},
				}})
			}
			server := &server{t: t, all: b.Snapshot()}
			server.load(plan.Question{Target: ref(t, "db"), Home: "bank", Brief: true})
			if text := podLists(server.asked); text != test.want {
				t.Errorf("reads %s, want %s", text, test.want)
			}
		})
	}
}

// Where a list of some pods is refused, all are asked for.
func TestBriefQuestionsFallBack(t *testing.T) {
	all := cluster(t)
	server := &server{t: t, all: all, forbidden: func(n snapshot.Need) bool { return n.Fields != "" }}
	s := server.load(plan.Question{Target: ref(t, "svc/bankapp-service"), Home: "bank", Brief: true})
	if !s.Has(snapshot.Need{Resource: snapshot.Pods}) {
		t.Error("not all pods were read")
	}
}

// Namespaces that share an answer may each have another value of the label that
// fails; none of them is told of all.
func TestBriefAnswersTellNoValueThatDiffers(t *testing.T) {
	b := snapshot.NewBuilder(nil)
	b.ReadEverything()
	b.AddNamespace(&snapshot.Namespace{Name: "bank", Labels: map[string]string{"team": "bank"}})
	for _, ns := range []string{"a1", "a2", "a3"} {
		b.AddNamespace(&snapshot.Namespace{Name: ns, Labels: map[string]string{"team": ns, "env": "dev"}})
	}
	b.AddPod(&snapshot.Pod{Name: snapshot.Name{Namespace: "bank", Name: "db"}, Node: "n1", Phase: snapshot.PhaseRunning, IPs: []netip.Addr{netip.MustParseAddr("10.0.0.1")}})
	for label, want := range map[string]string{"team": "", "env": "dev"} {
		b.AddPolicy(&snapshot.Policy{Name: snapshot.Name{Namespace: "bank", Name: "db"}, Spec: networkingv1.NetworkPolicySpec{
			Ingress: []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{label: "client"}},
			}}}},
		}})
		server := &server{t: t, all: b.Snapshot()}
		r, err := query.WhoCanReach(model.New(server.load(plan.Question{Target: ref(t, "db"), Home: "bank", Brief: true})), *ref(t, "db"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, row := range r.Rows {
			if row.Nearest != nil && len(row.Ends) == 3 {
				found = true
				if row.Nearest.Got != want || row.Nearest.Absent {
					t.Errorf("%s: of three namespaces it is said that they have %q, want %q", label, row.Nearest.Got, want)
				}
			}
		}
		if !found {
			t.Errorf("%s: no row is about the other namespaces: %+v", label, r.Rows)
		}
	}
}
