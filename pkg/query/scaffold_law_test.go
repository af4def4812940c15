package query_test

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// What scaffold prints keeps what it promised, as the oracle sees it: clients get
// in, and whoever else does is named.
func TestScaffoldKeepsItsWord(t *testing.T) {
	proven, checks, n := 0, 0, seeds(t, 400)
	for i := range n {
		p, c := scaffoldCluster(t, fmt.Appendf(nil, "%c scaffold %d", rune(i%128), i))
		proven, checks = proven+p, checks+c
		if t.Failed() {
			t.Fatalf("seed %d", i)
		}
	}
	t.Logf("%d proven, %d comparisons", proven, checks)
	if proven < n/8 {
		t.Errorf("only %d clusters could be scaffolded: that proves little", proven)
	}
}

func FuzzScaffold(f *testing.F) {
	for i := range 16 {
		f.Add([]byte(fmt.Sprint("scaffold ", i)))
	}
	f.Fuzz(func(t *testing.T, data []byte) { scaffoldCluster(t, data) })
}

// served is a Service that selects the pods with some pod's labels.
func (g *generator) served(name string) (*snapshot.Service, *corev1.Pod) {
	for range 5 {
		pod := &g.pods[g.n(len(g.pods))]
		if len(pod.Labels) == 0 || pod.Spec.HostNetwork {
			continue
		}
		return &snapshot.Service{
			Name: snapshot.Name{Namespace: pod.Namespace, Name: name}, Type: snapshot.ClusterIP, Selector: pod.Labels,
			Ports: []snapshot.ServicePort{{Name: "main", Protocol: connset.TCP, Port: 80, TargetPort: uint16(pick[int](g, 80, 8080, 53))}},
		}, pod
	}
	return nil, nil
}

// withService adds a Service and its endpoints.
func withService(base *snapshot.Snapshot, s *snapshot.Service) *snapshot.Snapshot {
	b := snapshot.NewBuilder(base)
	b.AddService(s)
	slice := &snapshot.EndpointSlice{
		Name: snapshot.Name{Namespace: s.Namespace, Name: s.Name.Name + "-1"}, Service: s.Name.Name, AddressType: "IPv4",
		Ports: []snapshot.EndpointPort{{Name: "main", Protocol: connset.TCP, Port: s.Ports[0].TargetPort}},
	}
	for _, p := range model.New(base).Selected(s.Namespace, s.Selector) {
		if p.HostNetwork {
			continue
		}
		e := snapshot.Endpoint{Pod: p.Name.Name, Ready: true, Serving: true}
		for _, ip := range p.IPs {
			e.Addresses = append(e.Addresses, ip.String())
		}
		slice.Endpoints = append(slice.Endpoints, e)
	}
	b.AddEndpointSlice(slice)
	return b.Snapshot()
}

func scaffoldCluster(t testing.TB, data []byte) (proven, checks int) {
	g := generate(data)
	service, _ := g.served("svc")
	if service == nil {
		return 0, 0
	}
	m := model.New(withService(g.snapshot(t), service))
	request := query.ScaffoldRequest{Of: reference.Reference{Kind: reference.Service, Namespace: service.Namespace, Name: "svc"}}
	var clients []*corev1.Pod
	for range g.n(3) {
		pod := &g.pods[g.n(len(g.pods))]
		request.AllowFrom = append(request.AllowFrom, reference.Reference{Kind: reference.Pod, Namespace: pod.Namespace, Name: pod.Name})
		clients = append(clients, pod)
	}
	if g.one(4) {
		request.NamespaceDefaults = true
	}
	if g.one(5) {
		request.KeepAll = true
	}
	r, err := query.Scaffold(m, request, query.Options{})
	if err != nil {
		return 0, 0 // such as a client without labels
	}
	if r.Verdict != report.Allowed {
		if len(r.Failed) == 0 {
			t.Errorf("%v, and nothing says why", r.Verdict)
		}
		return 0, 0
	}
	before := *g
	after := *g
	after.policies = slices.Clone(g.policies)
	for _, p := range r.Policies {
		after.policies = slices.DeleteFunc(after.policies, func(q networkingv1.NetworkPolicy) bool {
			return q.Namespace == p.Policy.Namespace && q.Name == p.Policy.Name
		})
		after.policies = append(after.policies, p.Policy)
	}
	was, now := &judge{TB: t, generator: &before}, &judge{TB: t, generator: &after}
	toldIn, anyIn := map[string]bool{}, map[string]bool{}
	target := int32(service.Ports[0].TargetPort)
	for i := range g.pods {
		dst := &g.pods[i]
		if dst.Namespace != service.Namespace || dst.Spec.HostNetwork || !selects(&metav1.LabelSelector{MatchLabels: service.Selector}, dst.Labels) {
			continue
		}
		for j := range g.pods {
			src := &g.pods[j]
			if src == dst || src.Spec.HostNetwork && (src.Spec.NodeName == dst.Spec.NodeName || dst.Spec.NodeName == "") {
				continue // a node and its own pods are no matter of policies
			}
			for _, port := range []int32{target, 80, 81, 65535} {
				for _, protocol := range []corev1.Protocol{"TCP", "UDP"} {
					checks++
					a, b := orDenied(was.outcomes(oracleEnd{pod: src}, oracleEnd{pod: dst}, protocol, port)), orDenied(now.outcomes(oracleEnd{pod: src}, oracleEnd{pod: dst}, protocol, port))
					admitted, had := slices.Contains(b, report.Allowed), slices.Contains(a, report.Allowed)
					client := slices.Contains(clients, src) && protocol == "TCP" && port == target
					what := fmt.Sprintf("%s -> %s %s/%d", src.Name, dst.Name, protocol, port)
					if client && slices.Contains(b, report.Denied) {
						t.Errorf("%s was asked for and is %v", what, b)
					}
					unnamed := slices.ContainsFunc(r.Notices, func(n report.Notice) bool {
						return n.Code == report.NotKept && now.isMember(report.Members{End: *n.Of}, src)
					})
					if request.KeepAll && !unnamed && had && !admitted && slices.Contains(declaredPorts(dst), intstr.FromInt32(port)) && protocol == "TCP" {
						t.Errorf("%s was to be kept and is lost", what)
					}
					told := map[report.ImpactChange]bool{}
					for _, row := range r.Impact {
						if row.Direction == report.Ingress && row.Connections.Contains(connset.Protocol(protocol), uint16(port)) &&
							slices.ContainsFunc(row.Ends, func(m report.Members) bool { return now.isMember(m, src) }) {
							told[row.Change] = true
						}
					}
					in := told[report.Keeps] || told[report.Gains] || told[report.StillOpen] || told[report.AlsoAdmitted]
					// Rows are about all pods of the set together: what gets in to one
					// has to be told, and what is told gets in to one at least.
					if admitted && !in {
						t.Errorf("%s: admitted, told %v", what, told)
					}
					key := fmt.Sprint(src.Name, protocol, port)
					toldIn[key], anyIn[key] = in, anyIn[key] || slices.Contains(b, report.Allowed) || slices.Contains(b, report.Unknown)
					if told[report.StillOpen] && protocol == "TCP" && port == target && client {
						t.Errorf("%s was asked for, and is told as opened by another policy", what)
					}
				}
			}
		}
	}
	for key, in := range toldIn {
		if in && !anyIn[key] {
			t.Errorf("%s: told to get in, and gets in nowhere", key)
		}
	}
	if t.Failed() {
		t.Logf("%+v\n%+v\nafter:\n%s", service, r.Impact, after.manifests(t))
	}
	return 1, checks
}

func declaredPorts(p *corev1.Pod) []intstr.IntOrString {
	var out []intstr.IntOrString
	for _, c := range p.Spec.Containers {
		for _, q := range c.Ports {
			if q.Protocol == "" || q.Protocol == corev1.ProtocolTCP {
				out = append(out, intstr.FromInt32(q.ContainerPort))
			}
		}
	}
	return out
}

func (j *judge) isMember(m report.Members, pod *corev1.Pod) bool {
	if m.End.Kind == "Namespace" {
		return m.End.Name == pod.Namespace
	}
	if len(m.Names) > 0 {
		return m.End.Namespace == pod.Namespace && slices.Contains(m.Names, pod.Name)
	}
	return j.isEnd(m.End, oracleEnd{pod: pod})
}
