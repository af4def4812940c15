package frontdoor_test

import (
	"slices"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// withoutClasses is a model of manifests for somebody who may not list classes, and
// may get those of some names.
func withoutClasses(t *testing.T, may []string, manifests ...string) *model.Model {
	t.Helper()
	all := modelOf(t, manifests...)
	b := snapshot.NewBuilder(nil)
	for _, r := range []snapshot.Resource{snapshot.Namespaces, snapshot.Nodes, snapshot.Pods, snapshot.Services, snapshot.EndpointSlices, snapshot.ReplicaSets, snapshot.Jobs} {
		b.Read(snapshot.Need{Resource: r})
	}
	for _, o := range all.Nodes() {
		b.AddNode(o)
	}
	for _, o := range all.Pods() {
		b.AddPod(o)
	}
	for _, o := range all.Services() {
		b.AddService(o)
	}
	for _, o := range all.EndpointSlices() {
		b.AddEndpointSlice(o)
	}
	for _, o := range all.Ingresses() {
		b.Add(o)
	}
	for _, o := range all.Gateways() {
		b.Add(o)
	}
	for _, r := range []snapshot.Resource{snapshot.IngressClasses, snapshot.GatewayClasses} {
		b.AddGap(snapshot.Gap{Need: snapshot.Need{Resource: r}, Reason: snapshot.GapForbidden, Message: "forbidden"})
	}
	for _, name := range may {
		b.Read(snapshot.Need{Resource: snapshot.IngressClasses, Name: name})
		if c := all.IngressClass(name); c != nil {
			b.Add(c)
		}
	}
	return model.New(b.Snapshot())
}

// A class that may not be read names no controller, whatever it is called: only who
// the addresses lead to, labels of the Gateway itself, or the user, tell.
func TestAClassThatMayNotBeRead(t *testing.T) {
	const ingressClasses, gatewayClasses = "list ingressclasses", "list gatewayclasses"
	nginxPod := nginx("in/c", "10.1.0.1", nginxArgs)
	odd := class("nginx", "example.com/odd")
	edge := webService("edge/lb", "a: b", "type: LoadBalancer", "{ip: 203.0.113.10}") + pod("edge/p", "a: b", "10.1.0.9", "", webPorts, "")
	for name, c := range map[string]struct {
		world       []string
		may         []string
		of          string
		controllers []string
		// want is what is behind the door, or takes the permission that is missing.
		want, takes string
	}{
		"of a well-known name":        {world: []string{odd, nginxPod, ingress("", "nginx", "")}, takes: ingressClasses},
		"of a name in arguments":      {world: []string{pod("x/c", "a: b", "10.1.0.1", "--ingress-class=mine", webPorts, ""), ingress("", "mine", "")}, takes: ingressClasses},
		"of a load balancer's name":   {world: []string{class("alb", "example.com/odd"), ingress("", "alb", "")}, takes: ingressClasses},
		"of Contour's name":           {world: []string{pod("projectcontour/envoy", "app: envoy", "10.1.0.1", "", webPorts, ""), ingress("", "contour", "")}, takes: ingressClasses},
		"by the annotation":           {world: []string{odd, nginxPod, ingress("annotations: {kubernetes.io/ingress.class: nginx}", "", "")}, takes: ingressClasses},
		"the default":                 {world: []string{defaultClass("odd", "example.com/odd"), nginxPod, ingress("", "", "")}, takes: ingressClasses},
		"an address of nobody":        {world: []string{odd, nginxPod, ingress("", "nginx", "{ip: 203.0.113.99}")}, takes: ingressClasses},
		"but its address leads to it": {world: []string{odd, nginxPod, edge, ingress("", "nginx", "{ip: 203.0.113.10}")}, want: "edge/p"},
		"but the user knows":          {world: []string{odd, nginxPod, edge, ingress("", "nginx", "")}, controllers: []string{"a=b"}, want: "edge/p"},
		"but it may be got":           {world: []string{class("nginx", nginxID), nginxPod, ingress("", "nginx", "")}, may: []string{"nginx"}, want: "in/c"},
		"of a Gateway": {
			world: []string{pod("x/c", "a: b", "10.1.0.1", "--ingress-class=mine", webPorts, ""), gateway("bank/gw", "mine", anyHTTP, "")}, of: "gateway/gw", takes: gatewayClasses,
		},
		// Its label tells whose the pods are, and not that the class exists.
		"of a Gateway with pods of its label": {
			world: []string{pod("bank/c", "gateway.networking.k8s.io/gateway-name: gw", "10.1.0.1", "", webPorts, ""), gateway("bank/gw", "mine", anyHTTP, "")}, of: "gateway/gw", takes: gatewayClasses,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.of == "" {
				c.of = "ingress/app"
			}
			world := append(c.world, backend)
			d := open(t, withoutClasses(t, c.may, world...), c.of, c.controllers...)
			if got := behind(d); got != c.want {
				t.Errorf("behind it: %q, want %q\n%v", got, c.want, d.DataPlane.Evidence)
			}
			if plane := d.DataPlane; c.takes != "" && (plane.Problem != report.NotRead || plane.Detail != c.takes) || c.takes == "" && plane.Problem != "" {
				t.Errorf("problem %q (%s), want one that takes %q", plane.Problem, plane.Detail, c.takes)
			}
			if more := frontdoor.Unread([]*frontdoor.Door{d}); len(more) > 0 {
				t.Errorf("still to read: %v", more)
			}
		})
	}
}

// Where lists were refused, what was found need not be all that there is to find.
func TestADataPlaneThatMayNotBeAll(t *testing.T) {
	world := []string{
		class("nginx", nginxID), nginx("bank/c", "10.1.0.1", nginxArgs), nginx("other/c", "10.1.0.2", nginxArgs),
		webService("edge/lb", "a: b", "type: LoadBalancer", "{ip: 203.0.113.10}"), pod("edge/p", "a: b", "10.1.0.9", "", webPorts, ""), backend,
	}
	for name, c := range map[string]struct {
		address     string
		refused     snapshot.Need
		want        string // permission
		controllers []string
	}{
		"one of several candidates":             {"", snapshot.Need{Resource: snapshot.Pods}, "list pods in all namespaces", nil},
		"one of those with the user's labels":   {"", snapshot.Need{Resource: snapshot.Pods}, "list pods in all namespaces", []string{"app.kubernetes.io/name=ingress-nginx"}},
		"a Service that the status may name":    {"{ip: 203.0.113.10}", snapshot.Need{Resource: snapshot.Services}, "list services in all namespaces", nil},
		"the endpoints of one that it names":    {"{ip: 203.0.113.10}", snapshot.Need{Resource: snapshot.EndpointSlices}, "list endpointslices in all namespaces", nil},
		"the pod of an endpoint of that":        {"{ip: 203.0.113.10}", snapshot.Need{Resource: snapshot.Pods}, `get pods in namespace "edge"`, nil},
		"a Service that nobody says is the way": {"", snapshot.Need{Resource: snapshot.Services}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			manifests := append([]string{ingress("", "nginx", c.address)}, world...)
			if c.want == "" {
				manifests = slices.DeleteFunc(manifests, func(m string) bool { return m == nginx("other/c", "10.1.0.2", nginxArgs) })
			}
			all := modelOf(t, manifests...)
			d := open(t, model.New(onlyBankWithout(all.Snapshot, c.refused)), "ingress/app", c.controllers...).DataPlane
			if c.want != "" && (d.Problem != report.NotRead || d.Detail != c.want) || c.want == "" && d.Problem != "" {
				t.Errorf("problem %q (%s), want one that takes %q\n%v", d.Problem, d.Detail, c.want, d.Evidence)
			}
		})
	}
}

// onlyBankWithout is what somebody reads who is refused one list but in namespace bank.
func onlyBankWithout(all *snapshot.Snapshot, refused snapshot.Need) *snapshot.Snapshot {
	b := snapshot.NewBuilder(nil)
	sees := func(r snapshot.Resource, namespace string) bool { return r != refused.Resource || namespace == "bank" }
	for _, r := range []snapshot.Resource{
		snapshot.Namespaces, snapshot.Nodes, snapshot.Pods, snapshot.Services, snapshot.EndpointSlices, snapshot.ReplicaSets, snapshot.Jobs, snapshot.IngressClasses,
	} {
		if r != refused.Resource {
			b.Read(snapshot.Need{Resource: r})
		}
	}
	b.Read(snapshot.Need{Resource: refused.Resource, Namespace: "bank"})
	b.AddGap(snapshot.Gap{Need: refused, Reason: snapshot.GapForbidden, Message: "forbidden"})
	for _, o := range all.Pods() {
		if sees(snapshot.Pods, o.Namespace) {
			b.AddPod(o)
		}
	}
	for _, o := range all.Services() {
		if sees(snapshot.Services, o.Namespace) {
			b.AddService(o)
		}
	}
	for _, o := range all.EndpointSlices() {
		if sees(snapshot.EndpointSlices, o.Namespace) {
			b.AddEndpointSlice(o)
		}
	}
	b.Add(all.Ingresses()[0])
	b.Add(all.IngressClasses()[0])
	return b.Snapshot()
}
