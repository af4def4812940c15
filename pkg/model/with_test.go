package model_test

import (
	"fmt"
	"net/netip"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// A model of a what-if answers as one that was made from its snapshot alone, and
// makes again only what the change bears on.
func TestWith(t *testing.T) {
	selecting := func(ns, n, app string) *snapshot.Policy {
		return &snapshot.Policy{Name: name(ns, n), Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": app}},
		}}
	}
	invalid := selecting("shop", "invalid", "web")
	invalid.Spec.PodSelector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "x", Operator: "Odd"}}
	b := snapshot.NewBuilder(nil)
	b.ReadEverything()
	for _, ns := range []string{"bank", "shop", "open"} {
		for i, app := range []string{"web", "api", "web"} {
			p := pod(fmt.Sprint("p", i), nil)
			p.Namespace, p.Labels, p.Owner = ns, map[string]string{"app": app}, snapshot.Owner{Kind: "StatefulSet", Name: app}
			b.AddPod(p)
		}
	}
	b.AddPolicy(selecting("bank", "web", "web"))
	b.AddPolicy(invalid)
	m := model.New(b.Snapshot())
	for what, change := range map[string]func(*snapshot.Builder){
		"nothing":              func(*snapshot.Builder) {},
		"another policy":       func(b *snapshot.Builder) { b.AddPolicy(selecting("bank", "api", "api")) },
		"a changed policy":     func(b *snapshot.Builder) { b.AddPolicy(selecting("bank", "web", "api")) },
		"a first policy":       func(b *snapshot.Builder) { b.AddPolicy(selecting("open", "web", "web")) },
		"a policy less":        func(b *snapshot.Builder) { b.DeletePolicy(name("bank", "web")) },
		"the invalid one less": func(b *snapshot.Builder) { b.DeletePolicy(invalid.Name) },
		"a pod less":           func(b *snapshot.Builder) { b.DeletePod(name("bank", "p0")) },
		"a workload more": func(b *snapshot.Builder) {
			b.AddWorkload(&snapshot.Workload{Kind: "StatefulSet", Name: name("bank", "web")})
		},
	} {
		t.Run(what, func(t *testing.T) {
			next := snapshot.NewBuilder(m.Snapshot)
			change(next)
			s := next.Snapshot()
			got, want := m.With(s), model.New(s)
			if g, w := described(got), described(want); g != w {
				t.Errorf("got\n%swant\n%s", g, w)
			}
			if again := m.PoliciesIn("bank"); what == "a first policy" && got.PoliciesIn("bank")[0] != again[0] {
				t.Error("the policies of another namespace are compiled again")
			}
			if what == "a first policy" && got.Classes()[0] != m.Classes()[0] {
				t.Error("the classes of another namespace are made again")
			}
		})
	}
}

// described is what a model says of namespaces and classes.
func described(m *model.Model) string {
	var out string
	for _, ns := range []string{"bank", "shop", "open"} {
		out += fmt.Sprintln(ns, len(m.PoliciesIn(ns)), m.PoliciesUnknown(ns))
	}
	for _, c := range m.Classes() {
		out += fmt.Sprint(c.Pods[0].Name, len(c.Pods), c.Owner, c.Workload)
		for _, p := range append(append(m.Isolating(c.Pods[0], "Ingress"), c.Ingress.Policies()...), c.Egress.Policies()...) {
			out += fmt.Sprint(" ", p.Name, p.Subject)
		}
		out += "\n"
	}
	return out
}

func TestInside(t *testing.T) {
	b := snapshot.NewBuilder(nil)
	b.ReadEverything()
	at := func(text string) []netip.Addr { return []netip.Addr{netip.MustParseAddr(text)} }
	b.AddPod(pod("running", func(p *snapshot.Pod) { p.IPs, p.HostIPs, p.Node = at("10.0.0.1"), at("192.168.0.1"), "n1" }))
	b.AddPod(pod("finished", func(p *snapshot.Pod) { p.IPs, p.HostIPs, p.Phase = at("10.0.0.2"), nil, snapshot.PhaseFailed }))
	b.AddPod(pod("host", func(p *snapshot.Pod) { p.IPs, p.HostIPs, p.HostNetwork, p.Node = at("192.168.0.2"), nil, true, "n2" }))
	b.AddNode(&snapshot.Node{Name: "n3", IPs: at("192.168.0.3")})
	m := model.New(b.Snapshot())
	asked := map[netip.Addr]bool{}
	for _, text := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "192.168.0.1", "192.168.0.2", "192.168.0.3"} {
		asked[netip.MustParseAddr(text)] = true
	}
	got := m.Inside(asked)
	for a := range asked {
		if want := m.PodAt(a) != nil || m.NodeAt(a) != nil; got[a] != want {
			t.Errorf("%s: %v, want %v", a, got[a], want)
		}
	}
}
