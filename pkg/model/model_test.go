package model_test

import (
	"maps"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func name(namespace, name string) snapshot.Name {
	return snapshot.Name{Namespace: namespace, Name: name}
}

func of(objects ...any) *model.Model {
	b := snapshot.NewBuilder(nil)
	b.ReadEverything()
	for _, o := range objects {
		switch o := o.(type) {
		case *snapshot.Pod:
			b.AddPod(o)
		case *snapshot.Workload:
			b.AddWorkload(o)
		case *snapshot.Service:
			b.AddService(o)
		case *snapshot.Node:
			b.AddNode(o)
		}
	}
	return model.New(b.Snapshot())
}

func pod(n string, change func(*snapshot.Pod)) *snapshot.Pod {
	p := &snapshot.Pod{Name: name("bank", n), Phase: snapshot.PhaseRunning, IPs: []netip.Addr{netip.MustParseAddr("10.244.1.2")}}
	if change != nil {
		change(p)
	}
	return p
}

func TestTopOwner(t *testing.T) {
	owned := func(kind, owner string, labels map[string]string) *snapshot.Pod {
		return pod("p", func(p *snapshot.Pod) { p.Owner, p.Labels = snapshot.Owner{Kind: kind, Name: owner}, labels })
	}
	for _, test := range []struct {
		says string
		pod  *snapshot.Pod
		with []any
		want string
	}{
		{"a bare pod is its own", pod("p", nil), nil, "Pod p"},
		{"a Deployment is told by its ReplicaSet's name", owned("ReplicaSet", "web-5c7", map[string]string{"pod-template-hash": "5c7"}), nil, "Deployment web"},
		{"a ReplicaSet of its own, whatever the pod's labels", owned("ReplicaSet", "web", map[string]string{"pod-template-hash": "5c7"}), nil, "ReplicaSet web"},
		{"through owners that were read", owned("Job", "report-1", nil), []any{
			&snapshot.Workload{Kind: "Job", Name: name("bank", "report-1"), Owner: snapshot.Owner{Kind: "CronJob", Name: "report"}},
		}, "CronJob report"},
		{"an owner in another namespace is another", owned("Job", "report-1", nil), []any{
			&snapshot.Workload{Kind: "Job", Name: name("other", "report-1"), Owner: snapshot.Owner{Kind: "CronJob", Name: "report"}},
		}, "Job report-1"},
	} {
		kind, owner := of(append(test.with, test.pod)...).TopOwner(test.pod)
		if got := kind + " " + owner.Name; got != test.want {
			t.Errorf("%s: got %s, want %s", test.says, got, test.want)
		}
	}
}

func TestOwnedGoesThroughReplicaSets(t *testing.T) {
	m := of(
		&snapshot.Workload{Kind: "Deployment", Name: name("bank", "web")},
		&snapshot.Workload{Kind: "ReplicaSet", Name: name("bank", "web-1"), Owner: snapshot.Owner{Kind: "Deployment", Name: "web"}},
		pod("mine", func(p *snapshot.Pod) { p.Owner = snapshot.Owner{Kind: "ReplicaSet", Name: "web-1"} }),
		pod("foreign", func(p *snapshot.Pod) { p.Owner = snapshot.Owner{Kind: "ReplicaSet", Name: "web-2"} }),
		pod("elsewhere", func(p *snapshot.Pod) {
			p.Namespace, p.Owner = "other", snapshot.Owner{Kind: "ReplicaSet", Name: "web-1"}
		}),
	)
	got := m.Owned("Deployment", name("bank", "web"))
	if len(got) != 1 || got[0].Name.Name != "mine" {
		t.Errorf("got %d pods", len(got))
	}
}

// A finished pod's address may have a new owner, and a hostNetwork pod's is its
// node's.
func TestAddressesBelongToWhoHasThemNow(t *testing.T) {
	m := of(
		pod("a-finished", func(p *snapshot.Pod) { p.Phase = snapshot.PhaseSucceeded }),
		pod("b-running", nil),
		pod("c-host", func(p *snapshot.Pod) { p.HostNetwork, p.IPs = true, []netip.Addr{netip.MustParseAddr("10.0.0.1")} }),
		&snapshot.Node{Name: "n1", IPs: []netip.Addr{netip.MustParseAddr("10.0.0.1")}},
	)
	if got := m.PodAt(netip.MustParseAddr("10.244.1.2")); got == nil || got.Name.Name != "b-running" {
		t.Errorf("10.244.1.2 is of %v", got)
	}
	if got := m.PodAt(netip.MustParseAddr("10.0.0.1")); got != nil {
		t.Errorf("10.0.0.1 is of pod %s", got.Name)
	}
	if got := m.NodeAt(netip.MustParseAddr("10.0.0.1")); got == nil || got.Name != "n1" {
		t.Errorf("10.0.0.1 is of node %v", got)
	}
}

func TestStableLabels(t *testing.T) {
	got := model.StableLabels(map[string]string{
		"app": "web", "tier": "front", "pod-template-hash": "5c7", "controller-revision-hash": "x", "helm.sh/chart": "web-1.2",
		"app.kubernetes.io/version": "1.2", "statefulset.kubernetes.io/pod-name": "web-0", "topology.kubernetes.io/zone": "a",
		"batch.kubernetes.io/job-name": "j",
	})
	if !maps.Equal(got, map[string]string{"app": "web", "tier": "front"}) {
		t.Errorf("got %v", got)
	}
}

func TestNotFoundSaysWhatMayBeMeant(t *testing.T) {
	m := of(pod("frontend", nil), pod("web", func(p *snapshot.Pod) { p.Namespace = "shop" }))
	for text, want := range map[string]string{
		"frontned": `pod "frontned" not found in namespace "bank"; did you mean frontend?`,
		"web":      `pod "web" not found in namespace "bank"; it exists in namespace "shop": use -n shop`,
		"zzz":      `pod "zzz" not found in namespace "bank"`,
	} {
		r, err := reference.Parse(text, "bank")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = m.Resolve(r); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
