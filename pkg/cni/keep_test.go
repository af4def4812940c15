package cni

import (
	"reflect"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// kept is a snapshot with nothing but what whoever passes it on keeps.
func kept(s *snapshot.Snapshot) *snapshot.Snapshot {
	b := snapshot.NewBuilder(nil)
	for _, w := range s.Workloads() {
		bare := *w
		bare.Containers = KeptContainers(w)
		b.AddWorkload(&bare)
	}
	for _, n := range s.Nodes() {
		b.AddNode(n)
	}
	for _, name := range s.ConfigMaps() {
		data, _ := s.ConfigMap(name)
		b.AddConfigMap(name, KeptConfig(data))
	}
	for _, n := range s.Reads() {
		b.Read(n)
	}
	if s.HasEverything() {
		b.ReadEverything()
	}
	for _, g := range s.Gaps() {
		b.AddGap(g)
	}
	return b.Snapshot()
}

// What is kept of objects is enough to detect the same: [TestDetect] asks this of
// each of its cases.
func sameOfKept(t *testing.T, s *snapshot.Snapshot) {
	t.Helper()
	if got, want := Detect(kept(s)), Detect(s); !reflect.DeepEqual(got, want) {
		t.Errorf("from what is kept: %+v\nfrom everything:   %+v", got, want)
	}
}

// Nothing else is kept: images and arguments may hold secrets.
func TestNothingElseIsKept(t *testing.T) {
	agent := daemonSet("kube-system/cilium", container("cilium-agent", "quay.io/cilium/cilium:v1.18.2",
		"--token", "hush", "--enable-policy", "never", "--key=hush", "hush", "--policy-audit-mode=true"))
	want := []snapshot.Container{container("cilium-agent", "quay.io/cilium/cilium:v1.18.2", "--enable-policy=never", "--policy-audit-mode=true")}
	if got := KeptContainers(agent); !reflect.DeepEqual(got, want) {
		t.Errorf("of the agent %+v, want %+v", got, want)
	}
	if got := KeptContainers(daemonSet("dev/app", container("app", "example.org/app:1", "--enable-policy=never"))); got != nil {
		t.Errorf("of an application %+v", got)
	}
	config := map[string]string{"enable-policy": "never", "etcd-config": "hush"}
	if got := KeptConfig(config); !reflect.DeepEqual(got, map[string]string{"enable-policy": "never"}) {
		t.Errorf("of a ConfigMap %v", got)
	}
}
