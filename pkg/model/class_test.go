package model_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func TestClasses(t *testing.T) {
	like := func(n string, change func(*snapshot.Pod)) *snapshot.Pod {
		p := pod(n, change)
		if p.Labels == nil {
			p.Labels = map[string]string{"app": "web"}
		}
		if p.Owner.Name == "" && n != "k" && n != "l" {
			p.Owner = snapshot.Owner{Kind: "StatefulSet", Name: "web"}
		}
		return p
	}
	policy := &snapshot.Policy{Name: name("bank", "web"), Spec: networkingv1.NetworkPolicySpec{
		PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
	}}
	objects := []*snapshot.Pod{
		like("a", nil),
		like("b", func(p *snapshot.Pod) { p.Labels = map[string]string{"app": "api"} }),
		like("c", nil),
		like("d", func(p *snapshot.Pod) { p.HostNetwork = true }),
		like("e", func(p *snapshot.Pod) { p.Owner = snapshot.Owner{Kind: "Job", Name: "once"} }),
		like("f", func(p *snapshot.Pod) { p.Ports = []snapshot.ContainerPort{{Protocol: connset.TCP, Port: 80}} }),
		like("g", func(p *snapshot.Pod) { p.Phase = snapshot.PhaseSucceeded }),
		like("h", func(p *snapshot.Pod) { p.Phase = snapshot.PhasePending }),
		like("i", func(p *snapshot.Pod) { p.Namespace = "shop" }),
		like("j", func(p *snapshot.Pod) { p.Node = "other" }),
		like("k", nil),
		like("l", nil),
		like("m", func(p *snapshot.Pod) { p.IPs = []netip.Addr{netip.MustParseAddr("fd00::1")} }),
	}
	b := snapshot.NewBuilder(nil)
	b.ReadEverything()
	b.AddPolicy(policy)
	for _, p := range objects {
		b.AddPod(p)
	}
	m := model.New(b.Snapshot())
	var got []string
	for _, c := range m.Classes() {
		var names []string
		for _, p := range c.Pods {
			names = append(names, p.Name.Name)
			if want := m.Isolating(p, "Ingress"); !slices.Equal(c.Ingress.Policies(), want) || len(c.Egress) > 0 {
				t.Errorf("%s: isolated by %v and %v, want %v", p.Name, c.Ingress, c.Egress, want)
			}
		}
		if !slices.Equal(c.Names, names) || c.Namespace != c.Pods[0].Namespace {
			t.Errorf("names %v in %s of the pods %v", c.Names, c.Namespace, names)
		}
		got = append(got, fmt.Sprint(strings.Join(names, "+"), " ", c.Workload))
	}
	if want := []string{"a+c+j 3", "b 3", "d 3", "e 0", "f 3", "h 3", "k 1", "l 2", "m 3", "i 4"}; !slices.Equal(got, want) {
		t.Errorf("classes %v, want %v", got, want)
	}
}
