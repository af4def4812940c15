package plan_test

import (
	"fmt"
	"math/rand"
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// doorWorld is a [randomWorld] with front doors, whatever may be behind them, and
// whatever may look as if it were.
func doorWorld(seed int64) *snapshot.Snapshot {
	w := world{rnd: rand.New(rand.NewSource(seed)), dual: seed%2 == 0, b: snapshot.NewBuilder(randomWorld(seed))}
	for i := 1; i <= 3; i++ {
		w.b.AddNode(&snapshot.Node{Name: fmt.Sprintf("n%d", i), IPs: []netip.Addr{netip.MustParseAddr(fmt.Sprintf("192.168.0.%d", i))}})
	}
	for i, ns := range []string{"edge", "odd", "projectcontour"} {
		w.b.AddNamespace(&snapshot.Namespace{Name: ns, Labels: map[string]string{"kubernetes.io/metadata.name": ns, "env": w.one("prod", "edge")}})
		if w.maybe(3) {
			w.policy(ns, i)
		}
		if w.maybe(2) {
			w.pod(ns, i)
		}
	}
	for class, controller := range map[string][]string{
		"nginx": {"k8s.io/ingress-nginx", "example.com/odd"}, "kong": {"ingress-controllers.konghq.com/kong"}, "x": {"example.com/x"},
		"alb": {"ingress.k8s.aws/alb"}, "gce": {"k8s.io/ingress-gce"}, "azure": {"azure/application-gateway"},
	} {
		if w.rnd.Intn(5) > 0 {
			w.b.Add(&snapshot.IngressClass{Name: class, Controller: w.one(controller...), Default: w.maybe(8)})
		}
	}
	w.b.Add(&snapshot.GatewayClass{Name: "eg", Controller: w.one("gateway.envoyproxy.io/gatewayclass-controller", "istio.io/gateway-controller", "example.com/g")})
	for i := range w.rnd.Intn(4) {
		w.controller(i)
	}
	w.services()
	w.doors()
	return w.b.Snapshot()
}

func (w world) maybe(n int) bool { return w.rnd.Intn(n) == 0 }

// controller adds pods that may be a data plane, and perhaps a Service of theirs.
func (w world) controller(i int) {
	ns, name := w.one("edge", "odd", "projectcontour", "ns1", "bank"), fmt.Sprintf("proxy%d", i)
	label := []map[string]string{
		{"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"},
		{"app.kubernetes.io/name": "kong", "app.kubernetes.io/component": "app"},
		{"app": "envoy"}, {"istio": "ingressgateway"}, {"gateway.networking.k8s.io/gateway-name": "gw"},
		{"gateway.envoyproxy.io/owning-gateway-name": "gw", "gateway.envoyproxy.io/owning-gateway-namespace": "ns1"},
		{"gateway.envoyproxy.io/owning-gatewayclass": "eg"}, {"app": "odd"},
	}[w.rnd.Intn(8)]
	owner := snapshot.Owner{Kind: w.one("DaemonSet", "ReplicaSet", "ReplicaSet", ""), Name: name}
	if owner.Kind == "" {
		owner = snapshot.Owner{}
	}
	if owner.Kind == "ReplicaSet" {
		w.b.AddWorkload(&snapshot.Workload{Kind: "ReplicaSet", Name: snapshot.Name{Namespace: ns, Name: name}, Owner: snapshot.Owner{Kind: "Deployment", Name: "edge"}})
	}
	args := [][]string{nil, nil, {"--ingress-class=nginx"}, {"--controller-class=k8s.io/ingress-nginx"}, {"--ingress-class=x"}, {"--watch-ingress-without-class"}, {"--controller-class=example.com/x", "--ingress-class=nginx"}}[w.rnd.Intn(7)]
	kind := w.rnd.Intn(3)
	if slices.ContainsFunc(w.b.Snapshot().Pods(), frontdoor.ListensOnHost) {
		kind = 2 // a node's port is given to one pod alone
	}
	slice := &snapshot.EndpointSlice{Name: snapshot.Name{Namespace: ns, Name: name + "-1"}, Service: name, AddressType: "IPv4", Ports: []snapshot.EndpointPort{{Name: "http", Protocol: connset.TCP, Port: 80}}}
	for j := range 1 + w.rnd.Intn(3) {
		node := fmt.Sprintf("n%d", j+1)
		host := netip.MustParseAddr("192.168.0." + node[1:])
		p := &snapshot.Pod{
			Name: snapshot.Name{Namespace: ns, Name: fmt.Sprintf("%s-%d", name, j)}, Phase: snapshot.PhaseRunning, Node: node, Owner: owner, Programs: programOf(args),
			Labels: map[string]string{"proxy": name}, IPs: []netip.Addr{netip.AddrFrom4([4]byte{10, 2, byte(i), byte(j)})}, HostIPs: []netip.Addr{host},
			Ports: []snapshot.ContainerPort{{Name: "http", Protocol: connset.TCP, Port: 80}},
		}
		for k, v := range label {
			p.Labels[k] = v
		}
		switch kind {
		case 0:
			p.HostNetwork, p.IPs = true, p.HostIPs
		case 1:
			p.Ports[0].HostPort = 80
		}
		if w.maybe(12) {
			p.Phase = snapshot.PhaseFailed
		}
		w.b.AddPod(p)
		slice.Endpoints = append(slice.Endpoints, snapshot.Endpoint{Addresses: []string{p.IPs[0].String()}, Pod: p.Name.Name, Node: node, Ready: !w.maybe(6), Serving: true})
	}
	if w.rnd.Intn(4) > 0 {
		s := &snapshot.Service{
			Name: snapshot.Name{Namespace: ns, Name: name}, Type: snapshot.ServiceType(w.one("LoadBalancer", "LoadBalancer", "NodePort", "ClusterIP")), Selector: map[string]string{"proxy": name},
			ClusterIPs: []netip.Addr{netip.AddrFrom4([4]byte{10, 96, 1, byte(i)})}, ExternalLocal: w.maybe(2),
			Ports: []snapshot.ServicePort{{Name: "http", Protocol: connset.TCP, Port: 80, TargetName: "http", NodePort: uint16(30080 + i)}},
		}
		if s.Type == snapshot.LoadBalancer {
			s.LoadBalancerIPs = []netip.Addr{netip.AddrFrom4([4]byte{203, 0, 113, byte(w.rnd.Intn(2))})}
			s.LoadBalancerHostnames = []string{"lb.example"}
		}
		w.b.AddService(s)
		w.b.AddEndpointSlice(slice)
	}
}

// services are further backends and ways around the door.
func (w world) services() {
	pods := func(ns, service, app string, ports ...snapshot.EndpointPort) {
		slice := &snapshot.EndpointSlice{Name: snapshot.Name{Namespace: ns, Name: service + "-1"}, Service: service, AddressType: "IPv4", Ports: ports}
		for _, p := range w.b.Snapshot().PodsIn(ns) {
			if p.Labels["app"] == app {
				slice.Endpoints = append(slice.Endpoints, snapshot.Endpoint{Addresses: []string{p.IPs[0].String()}, Pod: p.Name.Name, Node: p.Node, Ready: true, Serving: true})
			}
		}
		w.b.AddEndpointSlice(slice)
	}
	web := []snapshot.ServicePort{{Protocol: connset.TCP, Port: 80, TargetPort: 8080}}
	for _, ns := range []string{"bank", "ns2"} {
		w.b.AddService(&snapshot.Service{Name: snapshot.Name{Namespace: ns, Name: "b"}, Type: snapshot.ServiceType(w.one("ClusterIP", "NodePort")), Selector: map[string]string{"app": "b"}, Ports: web, InternalLocal: w.maybe(12)})
		pods(ns, "b", "b", snapshot.EndpointPort{Protocol: connset.TCP, Port: 8080})
	}
	if w.maybe(2) {
		w.b.AddService(&snapshot.Service{
			Name: snapshot.Name{Namespace: "bank", Name: "around"}, Type: snapshot.LoadBalancer, Selector: map[string]string{"app": "a"}, LoadBalancerIPs: []netip.Addr{netip.MustParseAddr("203.0.113.77")},
			Ports: []snapshot.ServicePort{{Protocol: connset.TCP, Port: 9090, TargetName: "metrics", NodePort: 30999}},
		})
		pods("bank", "around", "a", snapshot.EndpointPort{Protocol: connset.TCP, Port: 9090})
	}
	w.b.AddService(&snapshot.Service{Name: snapshot.Name{Namespace: "bank", Name: "alias"}, Type: snapshot.ExternalName, ExternalName: w.one("b.ns2.svc.cluster.local", "www.example.com")})
	w.b.AddService(&snapshot.Service{Name: snapshot.Name{Namespace: "bank", Name: "hand"}, Type: snapshot.ClusterIP, Ports: []snapshot.ServicePort{{Protocol: connset.TCP, Port: 80}}})
	slice := &snapshot.EndpointSlice{Name: snapshot.Name{Namespace: "bank", Name: "hand-1"}, Service: "hand", AddressType: "IPv4", Ports: []snapshot.EndpointPort{{Protocol: connset.TCP, Port: 8080}}}
	for range 1 + w.rnd.Intn(2) {
		all := w.b.Snapshot().Pods()
		address := w.one("192.168.0.2", "198.51.100.9", all[w.rnd.Intn(len(all))].IPs[0].String())
		slice.Endpoints = append(slice.Endpoints, snapshot.Endpoint{Addresses: []string{address}, Ready: true, Serving: true})
	}
	w.b.AddEndpointSlice(slice)
}

// addresses of a door's status.
func (w world) addresses() []string {
	var out []string
	for range w.rnd.Intn(3) {
		out = append(out, w.one("203.0.113.0", "203.0.113.1", "lb.example", "192.168.0.1", "192.168.0.2", "192.168.0.3", "198.51.100.1", "else.example", "10.96.1.0"))
	}
	return out
}

func (w world) doors() {
	for i := range 3 {
		ing := &snapshot.Ingress{Name: snapshot.Name{Namespace: "bank", Name: fmt.Sprintf("web%d", i)}, Addresses: w.addresses(), Annotations: targetType(w.one("", "", "ip"))}
		class := w.one("nginx", "nginx", "kong", "contour", "x", "alb", "gce", "azure", "cilium", "missing", "")
		if w.maybe(4) {
			ing.LegacyClass = class
		} else {
			ing.Class = class
		}
		for range 1 + w.rnd.Intn(2) {
			service := w.one("svc", "svc", "svc", "b", "b", "alias", "hand", "missing")
			ing.Rules = append(ing.Rules, snapshot.IngressRule{Host: service + ".example", Paths: []snapshot.IngressPath{{Path: "/", Backend: snapshot.IngressBackend{Service: service, PortNumber: 80}}}})
		}
		w.b.Add(ing)
	}
	listener := snapshot.Listener{Name: "http", Port: 80, Protocol: "HTTP", Routes: snapshot.AllowedNamespaces{From: w.one("All", "All", "Same")}}
	w.b.Add(&snapshot.Gateway{Name: snapshot.Name{Namespace: "ns1", Name: "gw"}, Class: w.one("eg", "eg", "eg", "none"), Addresses: w.addresses(), Listeners: []snapshot.Listener{listener}})
	w.b.Add(&snapshot.Gateway{Name: snapshot.Name{Namespace: "bank", Name: "other"}, Class: "eg", Addresses: w.addresses(), Listeners: []snapshot.Listener{listener}})
	for i, ns := range []string{"bank", "ns2"} {
		route := &snapshot.Route{Kind: "HTTPRoute", Name: snapshot.Name{Namespace: ns, Name: fmt.Sprintf("route%d", i)}, Parents: []snapshot.RouteParent{{Kind: "Gateway", Namespace: "ns1", Name: w.one("gw", "gw", "gw", "none")}}}
		if w.maybe(3) {
			route.Parents = append(route.Parents, snapshot.RouteParent{Kind: "Gateway", Namespace: "bank", Name: "other"})
		}
		for _, of := range []string{"bank", "ns2"} {
			route.Rules = append(route.Rules, snapshot.RouteRule{Backends: []snapshot.RouteBackend{{Kind: "Service", Namespace: of, Name: w.one("b", "b", "svc"), Port: 80, Weight: 1}}})
		}
		w.b.Add(route)
	}
	if w.maybe(2) {
		w.b.Add(&snapshot.ReferenceGrant{
			Name: snapshot.Name{Namespace: "ns2", Name: "grant"}, From: []snapshot.GrantFrom{{Kind: "HTTPRoute", Namespace: "bank"}}, To: []snapshot.GrantTo{{Kind: "Service"}},
		})
	}
}

func programOf(args []string) []snapshot.Program {
	if len(args) == 0 {
		return nil
	}
	return []snapshot.Program{{Args: args}}
}

func targetType(value string) map[string]string {
	if value == "" {
		return nil
	}
	return map[string]string{"alb.ingress.kubernetes.io/target-type": value}
}
