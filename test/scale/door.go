package scale

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-netguard/netguard/test/fleet"
)

// doorAddress is where the clients of the Ingress arrive.
const doorAddress = "203.0.113.10"

// door is an Ingress that leads to the frontends of the Ordinary namespace. The
// frontends of ingress-nginx, which policies admit, are its controller.
const door = `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: ` + fleet.Ordinary + `}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: frontend-0, port: {number: 80}}}}]}
`

// oneDoor asks about an Ingress. It comes last: the fleet has no doors, which are
// all asked about where everything is.
func (b *Bench) oneDoor(ctx context.Context, c *cluster) error {
	b.section = sectionTarget
	kubectl := c.server.Kubectl(c.kubeconfig)
	if r, err := kubectl.RunWithInput(ctx, door, "apply", "-f", "-"); err != nil || r.ExitCode != 0 {
		return fmt.Errorf("make an Ingress: %s: %w", r.Stderr, err)
	}
	for _, args := range [][]string{
		{"patch", "service", "frontend-0", "-n", "ingress-nginx", "-p", `{"spec":{"externalIPs":["` + doorAddress + `"]}}`},
		{
			"patch", "ingress", "shop", "-n", fleet.Ordinary, "--subresource=status", "--type=merge",
			"-p", `{"status":{"loadBalancer":{"ingress":[{"ip":"` + doorAddress + `"}]}}}`,
		},
	} {
		if _, err := kubectl.Must(ctx, args...); err != nil {
			return err
		}
	}
	bare := c.plain
	bare.gzip = false
	all, err := c.allPods(ctx, bare)
	if err != nil {
		return err
	}
	const question = "who-can-reach ingress/NAME"
	a, err := usual(func() (answer, error) {
		return c.ask(ctx, "who-can-reach", "ingress/shop", "-n", fleet.Ordinary, "--disable-compression")
	}, func(a answer) time.Duration { return a.elapsed })
	if err != nil {
		return err
	}
	r := c.row(question, "bytes, by those of a list of all pods, nothing compressed", a)
	r.Netguard, r.Baseline, r.Ratio = bytesText(a.bytes), bytesText(all), float64(a.bytes)/float64(all)
	b.add(r)
	r = c.row(question, "lists of all pods", a)
	lists := allPodLists(a.requests)
	r.Netguard, r.Baseline, r.Ratio = fmt.Sprint(lists), "none", float64(lists)
	r.Target, r.TargetText = none, "0"
	b.add(r)
	return nil
}
