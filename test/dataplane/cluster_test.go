package dataplane

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/kubelet"
)

// Addresses of the cluster. All of them are in namespaces of the run.
const (
	podNetwork      = "10.244.0.0/16"
	serviceNetworks = "10.96.0.0/16"
	loadBalancers   = "203.0.113.0/24"
	externalIP      = "203.0.113.200"
	// outsideAddress is who is no pod and no node.
	outsideAddress = "192.168.50.99"
)

// node is a node's namespace.
type node struct {
	*netns
	address, gateway, pods string
}

// cluster is two nodes, somebody outside of them, and a control plane.
type cluster struct {
	cp      *controlplane.ControlPlane
	client  kubernetes.Interface
	kubectl *controlplane.Kubectl
	config  string
	nodes   map[string]*node
	outside *netns
	// pods by namespace/name; hostNetwork pods are their node.
	pods   map[string]*netns
	podsMu sync.Mutex
	logs   string
	// generation counts what the policies were told; see settle.
	generation int
	relayed    atomic.Int64
}

// start builds the cluster. The namespaces need no removal: see package sandbox's Main.
func start(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{nodes: map[string]*node{}, pods: map[string]*netns{}, logs: t.TempDir()}
	t.Cleanup(c.unwire)
	must(t, c.wires())
	cp, err := controlplane.Start(t.Context(), controlplane.Options{Log: os.Stderr})
	must(t, err)
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Error(err)
		}
	})
	c.cp = cp
	c.config, err = cp.Kubeconfig(controlplane.AdminUser)
	must(t, err)
	c.kubectl = cp.Kubectl(c.config, os.Getenv(inside))
	c.client, err = kubernetes.NewForConfig(cp.AdminConfig())
	must(t, err)
	nodes := kubelet.Options{AssignLoadBalancers: true, Exec: c.exec, Log: os.Stderr}
	for _, name := range slices.Sorted(maps.Keys(c.nodes)) {
		n := c.nodes[name]
		nodes.Nodes = append(nodes.Nodes, kubelet.Node{Name: name, IPs: []string{n.address}, PodCIDRs: []string{n.pods}})
	}
	k, err := kubelet.Start(t.Context(), cp.AdminConfig(), nodes)
	must(t, err)
	t.Cleanup(k.Stop)
	return c
}

// unwire removes the namespaces of one test, and with them what is plugged into them, for the next.
func (c *cluster) unwire() {
	_ = ip("-all", "netns", "delete")
	// What a process still holds open keeps a namespace, and its end of a wire: take away the other end.
	for _, link := range []string{"to-node-a", "to-node-b", "to-outside", "lan"} {
		_ = ip("link", "delete", link)
	}
}

// wires makes the nodes, the network between them, and somebody outside.
func (c *cluster) wires() error {
	if err := ip("link", "add", "lan", "type", "bridge"); err != nil {
		return err
	}
	if err := ip("link", "set", "lan", "up"); err != nil {
		return err
	}
	// The bridge is a wire: no rules for what crosses it.
	_ = os.WriteFile("/proc/sys/net/bridge/bridge-nf-call-iptables", []byte("0"), 0o644)
	attach := func(name, address string) (*netns, error) {
		n, err := newNetns(name)
		if err != nil {
			return nil, err
		}
		for _, args := range [][]string{
			{"link", "add", "to-" + name, "type", "veth", "peer", "name", "eth0", "netns", name},
			{"link", "set", "to-" + name, "master", "lan", "up"},
			{"-n", name, "addr", "add", address + "/24", "dev", "eth0"},
			{"-n", name, "link", "set", "eth0", "up"},
		} {
			if err := ip(args...); err != nil {
				return nil, err
			}
		}
		return n, nil
	}
	for i, name := range []string{"node-a", "node-b"} {
		n := &node{
			address: fmt.Sprintf("192.168.50.%d", 11+i), gateway: fmt.Sprintf("10.244.%d.1", 1+i), pods: fmt.Sprintf("10.244.%d.0/24", 1+i),
		}
		var err error
		if n.netns, err = attach(name, n.address); err != nil {
			return err
		}
		for _, s := range []string{"ipv4.ip_forward=1", "ipv4.conf.all.rp_filter=0", "ipv4.conf.default.rp_filter=0", "netfilter.nf_conntrack_max=131072"} {
			name, value, _ := strings.Cut(s, "=")
			if err := n.set(name, value); err != nil && !strings.Contains(name, "conntrack_max") {
				return err
			}
		}
		c.nodes[name] = n
	}
	a, b := c.nodes["node-a"], c.nodes["node-b"]
	var err error
	if c.outside, err = attach("outside", outsideAddress); err != nil {
		return err
	}
	for _, route := range []struct {
		at      *netns
		to, via string
	}{
		{a.netns, b.pods, b.address}, {b.netns, a.pods, a.address},
		{c.outside, serviceNetworks, b.address}, {c.outside, a.pods, a.address}, {c.outside, b.pods, b.address},
		// A cloud's router: addresses of load balancers are a node's. Pods are given them by the node they are on.
		{c.outside, loadBalancers, a.address}, {a.netns, loadBalancers, b.address}, {b.netns, loadBalancers, a.address},
	} {
		if err := route.at.ip("route", "add", route.to, "via", route.via); err != nil {
			return err
		}
	}
	// kube-proxy takes packets to cluster IPs on their way out; the way only has to exist.
	for _, n := range c.nodes {
		if err := n.ip("route", "add", "default", "via", outsideAddress); err != nil {
			return err
		}
	}
	return nil
}

// plugins starts what enforces and what translates, on each node, and has the API know of them by DaemonSets, by which
// netguard recognises them.
func (c *cluster) plugins(t *testing.T) {
	t.Helper()
	server, err := url.Parse(c.cp.URL())
	must(t, err)
	c.apply(t, daemonSets)
	for _, name := range slices.Sorted(maps.Keys(c.nodes)) {
		n := c.nodes[name]
		must(t, n.relay(server.Host, &c.relayed))
		c.run(t, n, "kube-proxy", "--kubeconfig="+c.config, "--hostname-override="+name, "--cluster-cidr="+podNetwork, "--proxy-mode=iptables",
			"--conntrack-max-per-core=0", "--healthz-bind-address=", "--metrics-bind-address=127.0.0.1:10249", "--iptables-min-sync-period=100ms")
		c.run(t, n, "kube-router", "--kubeconfig="+c.config, "--hostname-override="+name, "--run-firewall=true", "--run-router=false",
			"--run-service-proxy=false", "--service-cluster-ip-range="+serviceNetworks, "--service-external-ip-range="+loadBalancers,
			"--health-port=0", "--metrics-port=0", "--enable-ipv6=false", "--v=1")
	}
}

// run starts a program on a node. It ends with the namespaces, or before when it is at fault, which fails the test.
func (c *cluster) run(t *testing.T, n *node, program string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(c.logs, n.name+"-"+program+".log"))
	must(t, err)
	p := exec.Command(filepath.Join(os.Getenv(inside), program), args...)
	p.Env = append(os.Environ(), "NODE_NAME="+n.name)
	p.Stdout, p.Stderr = log, log
	must(t, n.do(p.Start))
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	t.Cleanup(func() {
		select {
		case err := <-ended:
			text, _ := os.ReadFile(log.Name())
			t.Errorf("%s on %s ended: %v\n%s", program, n.name, err, text[max(0, len(text)-3000):])
		default:
			_ = p.Process.Kill()
			<-ended
			if t.Failed() {
				text, _ := os.ReadFile(log.Name())
				t.Logf("%s on %s:\n%s", program, n.name, text[max(0, len(text)-2000):])
			}
		}
	})
}

func (c *cluster) apply(t *testing.T, manifests string) {
	t.Helper()
	r, err := c.kubectl.RunWithInput(t.Context(), manifests, "apply", "-f", "-")
	if err != nil || r.ExitCode != 0 {
		t.Fatalf("kubectl apply: %v %s", err, r.Stderr)
	}
}

// wire gives every running pod that has none its namespace, and in it listeners on the ports; all of them tell the
// pod's name.
func (c *cluster) wire(t *testing.T, ports ...port) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		list, err := c.client.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
		must(t, err)
		waiting := ""
		for i := range list.Items {
			p := &list.Items[i]
			name := p.Namespace + "/" + p.Name
			if p.Status.Phase != corev1.PodRunning || p.Status.PodIP == "" {
				waiting = name
				continue
			}
			if c.pods[name] != nil || p.Namespace == "kube-system" {
				continue
			}
			must(t, c.wirePod(p, ports))
		}
		if waiting == "" && len(list.Items) > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("pod %s does not run", waiting)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (c *cluster) wirePod(p *corev1.Pod, ports []port) error {
	name := p.Namespace + "/" + p.Name
	home := c.nodes[p.Spec.NodeName]
	if p.Spec.HostNetwork {
		c.setPod(name, home.netns)
		for _, container := range p.Spec.Containers {
			for _, declared := range container.Ports {
				if _, err := home.listen(name, string(declared.Protocol), int(declared.ContainerPort)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	n, err := newNetns(fmt.Sprintf("pod%d", len(c.pods)))
	if err != nil {
		return err
	}
	outer := "v" + n.name
	for _, args := range [][]string{
		{"-n", home.name, "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", n.name},
		{"-n", n.name, "addr", "add", p.Status.PodIP + "/32", "dev", "eth0"},
		{"-n", n.name, "link", "set", "eth0", "up"},
		{"-n", home.name, "addr", "add", home.gateway + "/32", "dev", outer},
		{"-n", home.name, "link", "set", outer, "up"},
		{"-n", home.name, "route", "add", p.Status.PodIP + "/32", "dev", outer, "src", home.address},
		{"-n", n.name, "route", "add", home.gateway + "/32", "dev", "eth0"},
		{"-n", n.name, "route", "add", "default", "via", home.gateway},
	} {
		if err := ip(args...); err != nil {
			return err
		}
	}
	c.setPod(name, n)
	for _, port := range ports {
		if _, err := n.listen(name, port.protocol, port.number); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) setPod(name string, n *netns) {
	c.podsMu.Lock()
	defer c.podsMu.Unlock()
	c.pods[name] = n
}

// settle returns when the plugin on each node enforces all that the API holds: policies are told in order, so one that
// was made last, and opens a port that no other does, is the last to be obeyed.
func (c *cluster) settle(t *testing.T) {
	t.Helper()
	c.generation++
	port := markerPorts + c.generation
	c.apply(t, fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: marker, namespace: marker}
spec: {podSelector: {}, ingress: [{ports: [{port: %d}]}]}
`, port))
	deadline := time.Now().Add(90 * time.Second)
	for _, pod := range []string{"marker/a", "marker/b"} {
		stop, err := c.pods[pod].listen(pod, "TCP", port)
		must(t, err)
		defer stop()
		from := c.nodes["node-b"]
		if pod == "marker/b" {
			from = c.nodes["node-a"]
		}
		address := net.JoinHostPort(c.address(t, pod), fmt.Sprint(port))
		for {
			p := from.try("TCP", address)
			// At first nothing isolates the pod, and every port is open.
			closed := from.try("TCP", net.JoinHostPort(c.address(t, pod), "80"))
			if p.outcome == "open" && closed.outcome != "open" {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("policies do not settle: %s %s from %s: %s", pod, address, from.name, p)
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
}

// markerPorts are above what pods listen on.
const markerPorts = 20000

func (c *cluster) address(t *testing.T, pod string) string {
	t.Helper()
	ns, name, _ := strings.Cut(pod, "/")
	p, err := c.client.CoreV1().Pods(ns).Get(context.Background(), name, metav1.GetOptions{})
	must(t, err)
	return p.Status.PodIP
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// port is one that pods listen on.
type port struct {
	protocol string
	number   int
}

// daemonSets are what the plugins are to the API. Their pods run in name only.
const daemonSets = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-router, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: kube-router}}
  template:
    metadata: {labels: {k8s-app: kube-router}}
    spec:
      hostNetwork: true
      containers:
      - {name: kube-router, image: "docker.io/cloudnativelabs/kube-router:v2.1.0", args: [--run-firewall=true, --run-router=false, --run-service-proxy=false]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-proxy, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: kube-proxy}}
  template:
    metadata: {labels: {k8s-app: kube-proxy}}
    spec:
      hostNetwork: true
      containers:
      - {name: kube-proxy, image: "registry.k8s.io/kube-proxy:v1.37.2"}
`
