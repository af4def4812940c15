package plan_test

import (
	"net/netip"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// handmade is a cluster with a Service of addresses that somebody wrote by hand,
// and pods that their node passes packets on to.
func handmade(addresses ...string) *snapshot.Snapshot {
	b := snapshot.NewBuilder(nil)
	b.ReadEverything()
	b.AddNamespace(&snapshot.Namespace{Name: "shop"})
	b.AddNamespace(&snapshot.Namespace{Name: "other"})
	for name, ip := range map[string]string{"n1": "192.168.0.1", "n2": "192.168.0.2"} {
		b.AddNode(&snapshot.Node{Name: name, IPs: []netip.Addr{netip.MustParseAddr(ip), netip.MustParseAddr("198.51.100." + name[1:])}})
	}
	pod := func(namespace, name, node string, ips []string, ports ...snapshot.ContainerPort) *snapshot.Pod {
		p := &snapshot.Pod{Name: snapshot.Name{Namespace: namespace, Name: name}, Node: node, Phase: snapshot.PhaseRunning, Ports: ports}
		for _, ip := range ips {
			p.IPs = append(p.IPs, netip.MustParseAddr(ip))
		}
		b.AddPod(p)
		return p
	}
	pod("shop", "client", "n1", []string{"10.0.0.1", "fd00::1"})
	pod("other", "db", "n2", []string{"10.0.0.2", "fd00::2"})
	pod("other", "edge", "n1", []string{"10.0.0.3", "fd00::3"}, snapshot.ContainerPort{Protocol: connset.TCP, Port: 8080, HostPort: 80})
	agent := pod("other", "agent", "n1", []string{"192.168.0.1"})
	agent.HostNetwork, agent.HostIPs = true, agent.IPs
	exporter := pod("other", "exporter", "n2", []string{"192.168.0.2"}, snapshot.ContainerPort{Name: "metrics", Protocol: connset.TCP, Port: 9100}, snapshot.ContainerPort{Name: "odd", Protocol: connset.TCP, Port: 30080})
	exporter.HostNetwork, exporter.HostIPs, exporter.Owner = true, exporter.IPs, snapshot.Owner{Kind: "DaemonSet", Name: "exporter"}
	b.AddWorkload(&snapshot.Workload{Kind: "DaemonSet", Name: snapshot.Name{Namespace: "other", Name: "exporter"}})
	b.AddPolicy(&snapshot.Policy{Name: snapshot.Name{Namespace: "other", Name: "deny"}, Spec: networkingv1.NetworkPolicySpec{
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
	}})
	b.AddService(&snapshot.Service{Name: snapshot.Name{Namespace: "other", Name: "np"}, Type: snapshot.NodePort, Ports: []snapshot.ServicePort{
		{Protocol: connset.TCP, Port: 80, NodePort: 30080},
	}})
	service := snapshot.Name{Namespace: "shop", Name: "hand"}
	b.AddService(&snapshot.Service{Name: service, Type: snapshot.ClusterIP, Ports: []snapshot.ServicePort{{Protocol: connset.TCP, Port: 80}}})
	for _, a := range addresses {
		family := "IPv4"
		if netip.MustParseAddr(a).Is6() {
			family = "IPv6"
		}
		b.AddEndpointSlice(&snapshot.EndpointSlice{
			Name: snapshot.Name{Namespace: "shop", Name: "hand-" + family}, Service: "hand", AddressType: family, Ports: []snapshot.EndpointPort{{Protocol: connset.TCP, Port: 80}},
			Endpoints: []snapshot.Endpoint{{Addresses: []string{a}, Ready: true, Serving: true}},
		})
	}
	return b.Snapshot()
}

// Whose an address is that stands in a slice, or what a node does with what
// arrives at it, is found out before a verdict is given.
func TestAddressesAreTracedToTheirHolders(t *testing.T) {
	whole := snapshot.Need{Resource: snapshot.Pods}
	for name, test := range map[string]struct {
		all    *snapshot.Snapshot
		target string
		pods   bool // all are listed
	}{
		"a pod's":                      {handmade("10.0.0.2"), "svc/hand", false},
		"a pod's second":               {handmade("fd00::2"), "svc/hand", true},
		"a node's":                     {handmade("192.168.0.2"), "svc/hand", false},
		"nobody's":                     {handmade("203.0.113.9"), "svc/hand", false},
		"several":                      {handmade("10.0.0.2", "fd00::3"), "svc/hand", true},
		"the port of a pod":            {handmade(), "no/n1:80", false},
		"a nodePort":                   {handmade(), "no/n2:30080", false},
		"a node's address":             {handmade(), "192.168.0.1:80", false},
		"another address of a node":    {handmade(), "198.51.100.1:80", true},
		"a node's address, a nodePort": {handmade(), "192.168.0.1:30080", false},
		"a hostPort of a pod, by one on the node's network": {handmade(), "other/pod/agent:80", false},
		"a nodePort, by a pod on the node's network":        {handmade(), "other/pod/agent:30080", false},
		"a nodePort that a pod declares":                    {handmade(), "other/ds/exporter:30080", false},
		"a nodePort that a pod declares by name":            {handmade(), "other/ds/exporter:odd", false},
		"a nodePort among the ports of a pod":               {handmade(), "other/ds/exporter", false},
		"a port that nobody has":                            {handmade(), "other/ds/exporter:9000", false},
		"a port that a pod declares":                        {handmade(), "other/ds/exporter:9100", false},
	} {
		for _, source := range []string{"client", "app=x", "internet", "other/pod/agent"} {
			q := plan.Question{Source: shop(t, source), Target: shop(t, test.target)}
			server := &server{t: t, all: test.all}
			got := doorAnswer(t, server.load(q), q)
			if want := doorAnswer(t, test.all, q); got != want {
				t.Errorf("%s, from %s:\nfrom what the plan reads:\n%s\nfrom the whole cluster:\n%s", name, source, got, want)
			}
			listed := false
			for _, n := range server.asked {
				listed = listed || n == whole
			}
			if source == "client" && listed != test.pods {
				t.Errorf("%s: all pods are listed: %v, want %v", name, listed, test.pods)
			}
		}
	}
}

// Where it may not be read what a node passes on, no verdict on its ports is certain,
// but on one that a pod declares: no other pod of the node gets that.
func TestWhatANodePassesOnMayNotBeRead(t *testing.T) {
	all := handmade()
	for _, c := range []struct {
		target  string
		refused snapshot.Resource
		takes   string // "" where it does not matter
	}{
		{"other/pod/agent:80", snapshot.Pods, "list pods in all namespaces"},
		{"other/pod/agent:30080", snapshot.Services, "list services in all namespaces"},
		{"other/pod/agent:9000", snapshot.Services, "list services in all namespaces"},
		{"other/pod/agent:9000", snapshot.Pods, "list pods in all namespaces"},
		{"other/ds/exporter:9100", snapshot.Services, ""},
		{"other/ds/exporter:9100", snapshot.Pods, ""},
		{"other/ds/exporter:30080", snapshot.Services, "list services in all namespaces"},
		{"other/ds/exporter", snapshot.Services, "list services in all namespaces"},
		{"no/n1:80", snapshot.Pods, "list pods in all namespaces"},
		{"no/n1:30080", snapshot.Services, "list services in all namespaces"},
		{"192.168.0.1:30080", snapshot.Services, "list services in all namespaces"},
		{"no/n1", snapshot.Services, ""},
	} {
		q := plan.Question{Source: shop(t, "client"), Target: shop(t, c.target)}
		server := &server{t: t, all: all, forbidden: func(n snapshot.Need) bool { return n.Resource == c.refused && n.Namespace == "" }}
		x, err := query.Explain(model.New(server.load(q)), *q.Source, *q.Target, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		takes := ""
		if len(x.Gaps) > 0 {
			takes = x.Gaps[0].Needs
		}
		if want := c.takes != ""; takes != c.takes || want != (x.Verdict == report.Unknown) {
			t.Errorf("%s without %s: %v, and takes %q, want %q", c.target, c.refused, x.Verdict, takes, c.takes)
		}
	}
}
