package plan_test

import (
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// server answers needs from a whole cluster, as an API server would, and keeps
// what it was asked.
type server struct {
	t         *testing.T
	all       *snapshot.Snapshot
	forbidden func(snapshot.Need) bool
	asked     []snapshot.Need
}

// load runs the plan to its end.
func (s *server) load(q plan.Question) *snapshot.Snapshot {
	s.t.Helper()
	b := snapshot.NewBuilder(nil)
	for range 20 {
		have := b.Snapshot()
		needs := plan.Next(q, have)
		if len(needs) == 0 {
			return have
		}
		for _, n := range needs {
			for _, before := range s.asked {
				if before == n {
					s.t.Fatalf("the plan asks twice to %s", n.Permission())
				}
			}
			s.asked = append(s.asked, n)
			if s.forbidden != nil && s.forbidden(n) {
				b.AddGap(snapshot.Gap{Need: n, Reason: snapshot.GapForbidden, Message: "forbidden"})
				continue
			}
			s.answer(b, n)
			b.Read(n)
		}
	}
	s.t.Fatal("the plan does not end")
	return nil
}

func (s *server) answer(b *snapshot.Builder, n snapshot.Need) {
	selected, err := labels.Parse(n.Labels)
	if err != nil {
		s.t.Fatal(err)
	}
	field, err := fields.ParseSelector(n.Fields)
	if err != nil {
		s.t.Fatal(err)
	}
	named := func(o snapshot.Name) bool {
		return (n.Namespace == "" || n.Namespace == o.Namespace) && (n.Name == "" || n.Name == o.Name)
	}
	switch n.Resource {
	case snapshot.Namespaces:
		for _, o := range s.all.Namespaces() {
			if n.Name == "" || n.Name == o.Name {
				b.AddNamespace(o)
			}
		}
	case snapshot.Nodes:
		for _, o := range s.all.Nodes() {
			if (n.Name == "" || n.Name == o.Name) && selected.Matches(labels.Set(o.Labels)) {
				b.AddNode(o)
			}
		}
	case snapshot.Pods:
		for _, o := range s.all.Pods() {
			set := fields.Set{"status.podIP": "", "spec.hostNetwork": strconv.FormatBool(o.HostNetwork), "spec.nodeName": o.Node}
			if len(o.IPs) > 0 {
				set["status.podIP"] = o.IPs[0].String()
			}
			if named(o.Name) && selected.Matches(labels.Set(o.Labels)) && field.Matches(set) {
				b.AddPod(o)
			}
		}
	case snapshot.Services:
		for _, o := range s.all.Services() {
			set := fields.Set{"spec.clusterIP": ""}
			if len(o.ClusterIPs) > 0 {
				set["spec.clusterIP"] = o.ClusterIPs[0].String()
			}
			if named(o.Name) && field.Matches(set) {
				b.AddService(o)
			}
		}
	case snapshot.EndpointSlices:
		for _, o := range s.all.EndpointSlices() {
			if named(o.Name) && selected.Matches(labels.Set{"kubernetes.io/service-name": o.Service}) {
				b.AddEndpointSlice(o)
			}
		}
	case snapshot.NetworkPolicies:
		for _, o := range s.all.Policies() {
			if named(o.Name) {
				b.AddPolicy(o)
			}
		}
	case snapshot.ConfigMaps:
		for _, name := range s.all.ConfigMaps() {
			if named(name) {
				data, _ := s.all.ConfigMap(name)
				b.AddConfigMap(name, data)
			}
		}
	case snapshot.PolicyKinds:
		for _, o := range s.all.Unmodelled() {
			if n.Namespace == "" || o.Namespace == "" || n.Namespace == o.Namespace {
				b.AddUnmodelled(o)
			}
		}
	default:
		for _, o := range s.all.Objects(n.Resource) {
			if named(o.ID()) {
				b.Add(o)
			}
		}
		for _, o := range s.all.Workloads() {
			if string(n.Resource) == resourceOf(o.Kind) && named(o.Name) && selected.Matches(labels.Set(o.Selector)) {
				b.AddWorkload(o)
			}
		}
	}
}

func resourceOf(kind string) string {
	return map[string]string{
		"Deployment": "deployments", "ReplicaSet": "replicasets", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets",
		"ReplicationController": "replicationcontrollers", "Job": "jobs", "CronJob": "cronjobs",
	}[kind]
}
