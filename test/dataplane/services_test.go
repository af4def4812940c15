package dataplane

import (
	"fmt"
	"net"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Services of every type, asked for by each address they have.
func TestServices(t *testing.T) {
	c := start(t)
	c.apply(t, stagePods)
	c.wire(t, ports...)
	c.apply(t, stageServices)
	c.plugins(t)
	c.settle(t)
	tab := &table{start: time.Now()}
	defer tab.report(t)
	senders, receivers := c.senders(), c.serviceReceivers(t)
	c.proxied(t)
	c.ask(t, tab, "services", senders, receivers)
	for seed := range sets(6) {
		c.replacePolicies(t, newGenerator(100+uint64(seed)).policies())
		c.ask(t, tab, fmt.Sprintf("services %d", seed), senders, receivers)
	}
}

// serviceReceivers are the addresses of Services: in the cluster, of load balancers, external ones, and nodes' ports.
func (c *cluster) serviceReceivers(t *testing.T) []end {
	t.Helper()
	var out []end
	deadline := time.Now().Add(time.Minute)
	for {
		list, err := c.client.CoreV1().Services("").List(t.Context(), metav1.ListOptions{})
		must(t, err)
		out = nil
		waiting := false
		for i := range list.Items {
			s := &list.Items[i]
			if s.Namespace == metav1.NamespaceDefault || s.Spec.ClusterIP == corev1.ClusterIPNone {
				continue
			}
			waiting = waiting || s.Spec.Type == corev1.ServiceTypeLoadBalancer && len(s.Status.LoadBalancer.Ingress) == 0
			for _, p := range s.Spec.Ports {
				at := func(name, address string, port int32) {
					out = append(out, end{
						name: name, protocol: string(p.Protocol), address: net.JoinHostPort(address, fmt.Sprint(port)), tries: 6,
					})
				}
				asked := fmt.Sprintf("%d/%s", p.Port, p.Protocol)
				at(fmt.Sprintf("%s/svc/%s:%s", s.Namespace, s.Name, asked), s.Spec.ClusterIP, p.Port)
				for _, ip := range s.Spec.ExternalIPs {
					at(ip+":"+asked, ip, p.Port)
				}
				for _, ingress := range s.Status.LoadBalancer.Ingress {
					at(ingress.IP+":"+asked, ingress.IP, p.Port)
					if s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal {
						// A load balancer sends where there are endpoints.
						_ = c.outside.ip("route", "replace", ingress.IP+"/32", "via", c.nodes["node-b"].address)
					}
				}
				if p.NodePort != 0 {
					for _, n := range c.nodes {
						at(fmt.Sprintf("%s:%d/%s", n.address, p.NodePort, p.Protocol), n.address, p.NodePort)
					}
				}
			}
		}
		if !waiting {
			return sorted(out)
		}
		if time.Now().After(deadline) {
			t.Fatal("load balancers have no addresses")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// proxied returns when the nodes translate.
func (c *cluster) proxied(t *testing.T) {
	t.Helper()
	s, err := c.client.CoreV1().Services("one").Get(t.Context(), "zz-last", metav1.GetOptions{})
	must(t, err)
	deadline := time.Now().Add(time.Minute)
	for _, n := range c.nodes {
		for n.try("TCP", net.JoinHostPort(s.Spec.ClusterIP, "80")).outcome != "open" {
			if time.Now().After(deadline) {
				t.Fatal("kube-proxy does not translate")
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
}

// stageServices lead to pods of stagePods.
const stageServices = `
{apiVersion: v1, kind: Service, metadata: {name: plain, namespace: one}, spec: {selector: {app: a}, ports: [{port: 8000, targetPort: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: named, namespace: one}, spec: {selector: {app: b}, ports: [{port: 80, targetPort: http}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: both, namespace: three}, spec: {selector: {tier: back}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: np-cluster, namespace: three}, spec: {type: NodePort, selector: {app: a, tier: back}, ports: [{port: 80, nodePort: 30080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: np-local, namespace: three}, spec: {type: NodePort, externalTrafficPolicy: Local, selector: {app: b, tier: back}, ports: [{port: 80, nodePort: 30081}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: lb-cluster, namespace: one}, spec: {type: LoadBalancer, selector: {app: a}, ports: [{port: 8000, targetPort: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: lb-local, namespace: one}, spec: {type: LoadBalancer, externalTrafficPolicy: Local, selector: {app: b}, ports: [{port: 8000, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: lb-ranges, namespace: two}, spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.168.50.99/32], selector: {app: a}, ports: [{port: 8000, targetPort: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: external, namespace: two}, spec: {externalIPs: [203.0.113.200], selector: {app: b}, ports: [{port: 8000, targetPort: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: node-local, namespace: three}, spec: {internalTrafficPolicy: Local, selector: {app: b}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: dns, namespace: two}, spec: {selector: {app: a}, ports: [{port: 53, protocol: UDP, targetPort: dns}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: nobody, namespace: one}, spec: {selector: {app: nobody}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: host, namespace: three}, spec: {selector: {pod: a}, ports: [{port: 80, targetPort: http}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: zz-last, namespace: one}, spec: {selector: {app: c}, ports: [{port: 80, targetPort: 81}]}}
`
