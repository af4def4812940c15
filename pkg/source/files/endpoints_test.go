package files

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func servedPod(name, labels, ports, status string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: %s, labels: {%s}}\nspec: {nodeName: node, containers: [{name: c, ports: [%s]}]}\n%s---\n",
		name, labels, ports, status)
}

func running(ready bool, ips ...string) string {
	var list []string
	for _, ip := range ips {
		list = append(list, "{ip: \""+ip+"\"}")
	}
	condition := "False"
	if ready {
		condition = "True"
	}
	return fmt.Sprintf("status: {phase: Running, podIPs: [%s], conditions: [{type: Ready, status: \"%s\"}]}\n", strings.Join(list, ", "), condition)
}

// sliceLines is every slice as "name family [ports]: pod=addresses flags, …".
func sliceLines(s *snapshot.Snapshot) string {
	var out []string
	for _, e := range s.EndpointSlices() {
		var ports, endpoints []string
		for _, p := range e.Ports {
			ports = append(ports, fmt.Sprintf("%s:%d/%s", p.Name, p.Port, p.Protocol))
		}
		for _, p := range e.Endpoints {
			text := p.Pod + "=" + strings.Join(p.Addresses, "+")
			if p.Ready {
				text += " ready"
			}
			if p.Serving {
				text += " serving"
			}
			if p.Terminating {
				text += " terminating"
			}
			endpoints = append(endpoints, text)
		}
		out = append(out, fmt.Sprintf("%s %s %v: %s", e.Name.Name, e.AddressType, ports, strings.Join(endpoints, ", ")))
	}
	return strings.Join(out, "\n")
}

func TestEndpointSlices(t *testing.T) {
	service := func(spec string) string { return object("Service", "s", "spec: {selector: {app: web}, "+spec+"}") }
	http := "{name: http, containerPort: 8080}"
	for name, tt := range map[string]struct{ text, want string }{
		"getEndpointPorts: a named targetPort resolves for each pod": {
			service("ports: [{port: 80, targetPort: http}]") +
				servedPod("a", "app: web", http, running(true, "10.0.0.1")) +
				servedPod("b", "app: web", "{name: http, containerPort: 9090}", running(true, "10.0.0.2")) +
				servedPod("c", "app: web", http, running(true, "10.0.0.3")),
			"s-* IPv4 [:8080/TCP]: a=10.0.0.1 ready serving, c=10.0.0.3 ready serving\n" +
				"s-*2 IPv4 [:9090/TCP]: b=10.0.0.2 ready serving",
		},
		"getEndpointPorts: a port the pod does not have is left out": {
			service("ports: [{name: web, port: 80, targetPort: http}, {name: metrics, port: 9, targetPort: metrics}]") +
				servedPod("a", "app: web", http, running(true, "10.0.0.1")),
			"s-* IPv4 [web:8080/TCP]: a=10.0.0.1 ready serving",
		},
		"getEndpointPorts: a pod without any of the ports is an endpoint without ports": {
			service("ports: [{port: 80, targetPort: nope}]") + servedPod("a", "app: web", http, running(true, "10.0.0.1")),
			"s-* IPv4 []: a=10.0.0.1 ready serving",
		},
		"FindPort: the protocol has to match": {
			service("ports: [{port: 53, protocol: UDP, targetPort: dns}]") +
				servedPod("a", "app: web", "{name: dns, containerPort: 1}, {name: dns, protocol: UDP, containerPort: 2}", running(true, "10.0.0.1")),
			"s-* IPv4 [:2/UDP]: a=10.0.0.1 ready serving",
		},
		"FindPort: a number need not be declared": {
			service("ports: [{port: 80, targetPort: 1234}]") + servedPod("a", "app: web", "", running(true, "10.0.0.1")),
			"s-* IPv4 [:1234/TCP]: a=10.0.0.1 ready serving",
		},
		"podToEndpoint: not ready": {
			service("ports: [{port: 80}]") + servedPod("a", "app: web", "", running(false, "10.0.0.1")),
			"s-* IPv4 [:80/TCP]: a=10.0.0.1",
		},
		"podToEndpoint: publishNotReadyAddresses": {
			service("publishNotReadyAddresses: true, ports: [{port: 80}]") + servedPod("a", "app: web", "", running(false, "10.0.0.1")),
			"s-* IPv4 [:80/TCP]: a=10.0.0.1 ready",
		},
		"podToEndpoint: a terminating pod is not ready, and may still serve": {
			service("ports: [{port: 80}]") + strings.Replace(servedPod("a", "app: web", "", running(true, "10.0.0.1")),
				"{name: a,", "{name: a, deletionTimestamp: \"2026-01-01T00:00:00Z\",", 1),
			"s-* IPv4 [:80/TCP]: a=10.0.0.1 serving terminating",
		},
		"ShouldPodBeInEndpoints: finished pods and pods without an address are not": {
			service("ports: [{port: 80}]") +
				servedPod("a", "app: web", "", "status: {phase: Succeeded, podIP: 10.0.0.1}\n") +
				servedPod("b", "app: web", "", "status: {phase: Pending}\n"),
			"",
		},
		"an expected pod is an endpoint whose address is not known": {
			service("ports: [{port: 80, targetPort: http}]") + object("Deployment", "w", "spec:"+podTemplate),
			"s-* IPv4 [:8080/TCP]: w-*= ready serving",
		},
		"getEndpointPorts: a headless Service needs no ports": {
			service("clusterIP: None") + servedPod("a", "app: web", "", running(true, "10.0.0.1")),
			"s-* IPv4 []: a=10.0.0.1 ready serving",
		},
		"getAddressTypesForService: one slice for each family": {
			service("ipFamilies: [IPv6, IPv4], ports: [{port: 80}]") + servedPod("a", "app: web", "", running(true, "10.0.0.1", "fd00::1")) +
				object("Deployment", "w", "spec:"+podTemplate),
			"s-* IPv6 [:80/TCP]: a=fd00::1 ready serving, w-*= ready serving\ns-*2 IPv4 [:80/TCP]: a=10.0.0.1 ready serving",
		},
		"getAddressTypesForService: the pods tell the family": {
			service("ports: [{port: 80}]") + servedPod("a", "app: web", "", running(true, "fd00::1", "10.0.0.1")),
			"s-* IPv6 [:80/TCP]: a=fd00::1 ready serving",
		},
		"syncService: no selector, no slices": {
			object("Service", "s", "spec: {ports: [{port: 80}]}") + servedPod("a", "app: web", "", running(true, "10.0.0.1")), "",
		},
		"mirroring: Endpoints of a Service without a selector": {
			object("Service", "s", "spec: {ports: [{port: 80}]}") +
				"apiVersion: v1\nkind: Endpoints\nmetadata: {name: s}\nsubsets:\n- addresses: [{ip: 203.0.113.1}, {ip: \"2001:db8::1\"}]\n  notReadyAddresses: [{ip: 203.0.113.2}]\n  ports: [{port: 8080}]\n",
			"s-* IPv4 [:8080/TCP]: =203.0.113.1 ready serving, =203.0.113.2 serving\ns-*2 IPv6 [:8080/TCP]: =2001:db8::1 ready serving",
		},
		"mirroring: not where the Service has a selector": {
			service("ports: [{port: 80}]") +
				"apiVersion: v1\nkind: Endpoints\nmetadata: {name: s}\nsubsets: [{addresses: [{ip: 203.0.113.1}], ports: [{port: 8080}]}]\n",
			"",
		},
		"syncService: ExternalName": {
			service("type: ExternalName, externalName: example.com") + servedPod("a", "app: web", "", running(true, "10.0.0.1")), "",
		},
		"every label of the selector has to match": {
			object("Service", "s", "spec: {selector: {app: web, tier: front}, ports: [{port: 80}]}") +
				servedPod("a", "app: web", "", running(true, "10.0.0.1")) +
				servedPod("b", "app: web, tier: front", "", running(true, "10.0.0.2")),
			"s-* IPv4 [:80/TCP]: b=10.0.0.2 ready serving",
		},
		"slices by hand stand beside the controller's own": {
			service("ports: [{port: 80}]") + servedPod("a", "app: web", "", running(true, "10.0.0.1")) +
				"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s-1, labels: {kubernetes.io/service-name: s}}\naddressType: IPv4\n",
			"s-* IPv4 [:80/TCP]: a=10.0.0.1 ready serving\ns-1 IPv4 []: ",
		},
		"where its own are in the input, none is made up": {
			service("ports: [{port: 80}]") + servedPod("a", "app: web", "", running(true, "10.0.0.1")) +
				"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s-1, labels: {kubernetes.io/service-name: s, endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}}\naddressType: IPv4\n",
			"s-1 IPv4 []: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sliceLines(read(t, tt.text)); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
