package dataplane

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// The example of the README, through its front door: a client outside, the load balancer's address, an Ingress
// controller that is a reverse proxy in a pod, the policy from the tutorial, and what netguard proposes against it.
func TestBank(t *testing.T) {
	c := start(t)
	c.apply(t, markerPods)
	_, err := c.kubectl.Must(t.Context(), "apply", "-f", "../../examples/bankapp")
	must(t, err)
	_, err = c.kubectl.Must(t.Context(), "rollout", "status", "-n", "bank", "deployment/bankapp", "--timeout=60s")
	must(t, err)
	c.wire(t)
	address := ""
	for name, n := range c.pods {
		switch ns, pod, _ := strings.Cut(name, "/"); {
		case ns == "ingress-nginx":
			c.controller(t, n)
			address = c.loadBalancer(t, c.nodeOf(t, name))
		case strings.HasPrefix(pod, "bankapp"):
			must(t, n.serveHTTP(":8080", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, name) })))
		}
	}
	c.plugins(t)
	c.settle(t)

	ask := func(host string) int { return c.outside.get(t, "http://"+address+"/", host) }
	says := func() report.Verdict {
		ends := []end{{name: outsideAddress}, {name: "bank/ingress/bankapp"}}
		p, err := query.CanReach(c.model(t, ends), parse(t, ends[0].name), parse(t, ends[1].name), query.Options{})
		must(t, err)
		return p.Verdict
	}
	var status int
	for range 50 { // until the nodes translate the load balancer's address
		if status = ask("bank.example.com"); status != 0 {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if verdict := says(); status != http.StatusBadGateway || verdict != report.Denied {
		t.Errorf("with the tutorial's policy: status %d, and netguard says %s", status, verdict)
	}
	if status := ask("other.example.com"); status != http.StatusNotFound {
		t.Errorf("a host that no Ingress has: status %d", status)
	}
	fix, err := c.kubectl.Run(t.Context(), "netguard", "explain", "internet", "ingress/bankapp", "-n", "bank", "--fix")
	must(t, err)
	c.apply(t, fix.Stdout)
	c.settle(t)
	if status, verdict := ask("bank.example.com"), says(); status != http.StatusOK || verdict != report.Allowed {
		t.Errorf("with the fix: status %d, and netguard says %s\n%s", status, verdict, fix.Stdout)
	}
	// What the fix says nothing of stays closed.
	for name, n := range c.pods {
		if !strings.HasPrefix(name, "bank/other") {
			continue
		}
		for target := range c.pods {
			if strings.HasPrefix(target, "bank/bankapp") {
				if p := n.try("TCP", net.JoinHostPort(c.address(t, target), "8080")); p.outcome == "open" {
					t.Errorf("%s reaches %s", name, target)
				}
			}
		}
	}
}

// markerPods are those of [cluster.settle] alone.
const markerPods = `
apiVersion: v1
kind: Namespace
metadata: {name: marker}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: marker}
spec: {nodeName: node-a, containers: [{name: c, image: x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: marker}
spec: {nodeName: node-b, containers: [{name: c, image: x}]}
`

func (c *cluster) nodeOf(t *testing.T, pod string) *node {
	t.Helper()
	ns, name, _ := strings.Cut(pod, "/")
	p, err := c.client.CoreV1().Pods(ns).Get(t.Context(), name, metav1.GetOptions{})
	must(t, err)
	return c.nodes[p.Spec.NodeName]
}

// loadBalancer is the controller's address, sent to the node that the controller runs on.
func (c *cluster) loadBalancer(t *testing.T, n *node) string {
	t.Helper()
	for range 100 {
		s, err := c.client.CoreV1().Services("ingress-nginx").Get(t.Context(), "ingress-nginx-controller", metav1.GetOptions{})
		must(t, err)
		if in := s.Status.LoadBalancer.Ingress; len(in) > 0 {
			must(t, c.outside.ip("route", "replace", in[0].IP+"/32", "via", n.address))
			return in[0].IP
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the controller's Service has no address")
	return ""
}

// controller is an Ingress controller: it looks for the host among the Ingresses, and sends the request to an endpoint
// of the backend's Service, from its own pod.
func (c *cluster) controller(t *testing.T, n *netns) {
	t.Helper()
	proxy := &httputil.ReverseProxy{
		Rewrite: func(*httputil.ProxyRequest) {},
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       n.dial,
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	must(t, n.serveHTTP(":80", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		backend := c.backend(r.Host)
		if backend == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		to := *proxy
		to.Rewrite = func(p *httputil.ProxyRequest) { p.SetURL(backend) }
		to.ServeHTTP(w, r)
	})))
}

func (c *cluster) backend(host string) *url.URL {
	ctx := context.Background()
	list, err := c.client.NetworkingV1().Ingresses("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil
	}
	for _, ingress := range list.Items {
		for _, rule := range ingress.Spec.Rules {
			if rule.Host != host || rule.HTTP == nil {
				continue
			}
			service := rule.HTTP.Paths[0].Backend.Service.Name
			slices, err := c.client.DiscoveryV1().EndpointSlices(ingress.Namespace).List(ctx, metav1.ListOptions{
				LabelSelector: discoveryv1.LabelServiceName + "=" + service,
			})
			if err != nil || len(slices.Items) == 0 || len(slices.Items[0].Endpoints) == 0 {
				return nil
			}
			s := slices.Items[0]
			return &url.URL{Scheme: "http", Host: net.JoinHostPort(s.Endpoints[0].Addresses[0], fmt.Sprint(*s.Ports[0].Port))}
		}
	}
	return nil
}

// dial connects from the namespace.
func (n *netns) dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	return c, n.do(func() error {
		c, err = (&net.Dialer{Timeout: patience}).Dial(network, address)
		return err
	})
}

func (n *netns) serveHTTP(address string, h http.Handler) error {
	return n.do(func() error {
		l, err := net.Listen("tcp4", address)
		if err != nil {
			return err
		}
		go func() { _ = (&http.Server{Handler: h, ReadHeaderTimeout: time.Minute}).Serve(l) }()
		return nil
	})
}

// get asks for a page from the namespace, and returns the status; 0 where there was no answer.
func (n *netns) get(t *testing.T, page, host string) int {
	t.Helper()
	client := &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: n.dial}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	must(t, err)
	r.Host = host
	answer, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}
