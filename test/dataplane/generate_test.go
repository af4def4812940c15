package dataplane

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes policies at random, the same ones for the same seed. What it makes is about the pods of stagePods.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 21))} }

func (g generator) one(in int) bool { return g.IntN(in) == 0 }

func pick[T any](g generator, of ...T) T { return of[g.IntN(len(of))] }

// policies are a few, in the three namespaces.
func (g generator) policies() string {
	var out strings.Builder
	for i := range 2 + g.IntN(5) {
		var types, rules []string
		if g.one(3) {
			types = append(types, "Ingress")
		}
		if g.one(3) || len(types) == 0 {
			types = append(types, "Egress")
		}
		if g.one(2) {
			types = []string{"Ingress"}
		}
		for _, direction := range types {
			var list []string
			for range g.IntN(3) {
				list = append(list, g.rule(direction))
			}
			rules = append(rules, fmt.Sprintf("%s: [%s]", strings.ToLower(direction), strings.Join(list, ", ")))
		}
		fmt.Fprintf(&out, "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p%d, namespace: %s, labels: {made: generated}}, spec: {podSelector: %s, policyTypes: [%s], %s}}\n",
			i, pick(g, "one", "two", "three"), g.podSelector(), strings.Join(types, ", "), strings.Join(rules, ", "))
	}
	return out.String()
}

func (g generator) rule(direction string) string {
	peers, key := []string{}, "from"
	if direction == "Egress" {
		key = "to"
	}
	for range g.IntN(3) {
		peers = append(peers, g.peer())
	}
	var listed []string
	for range g.IntN(3) {
		listed = append(listed, g.port())
	}
	return fmt.Sprintf("{%s: [%s], ports: [%s]}", key, strings.Join(peers, ", "), strings.Join(listed, ", "))
}

func (g generator) podSelector() string {
	return pick(g, "{}", "{matchLabels: {app: a}}", "{matchLabels: {app: b}}", "{matchLabels: {pod: a}}", "{matchLabels: {tier: back}}",
		"{matchExpressions: [{key: app, operator: In, values: [a, c]}]}", "{matchExpressions: [{key: pod, operator: DoesNotExist}]}",
		"{matchExpressions: [{key: app, operator: NotIn, values: [b]}]}")
}

func (g generator) namespaceSelector() string {
	return pick(g, "{}", "{matchLabels: {team: red}}", "{matchLabels: {team: blue}}", "{matchLabels: {kubernetes.io/metadata.name: one}}",
		"{matchExpressions: [{key: tier, operator: Exists}]}", "{matchExpressions: [{key: tier, operator: DoesNotExist}]}")
}

func (g generator) peer() string {
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf("{podSelector: %s}", g.podSelector())
	case 1:
		return fmt.Sprintf("{namespaceSelector: %s}", g.namespaceSelector())
	case 2:
		return fmt.Sprintf("{namespaceSelector: %s, podSelector: %s}", g.namespaceSelector(), g.podSelector())
	default:
		return pick(g, "{ipBlock: {cidr: 10.244.1.0/24}}", "{ipBlock: {cidr: 10.244.0.0/16, except: [10.244.1.0/29]}}", "{ipBlock: {cidr: 0.0.0.0/0}}",
			"{ipBlock: {cidr: 192.168.50.0/24}}", "{ipBlock: {cidr: 192.168.50.12/32}}", "{ipBlock: {cidr: 0.0.0.0/0, except: [10.244.0.0/16]}}",
			"{ipBlock: {cidr: 192.168.50.96/28}}", "{ipBlock: {cidr: 10.96.0.0/16}}")
	}
}

func (g generator) port() string {
	return pick(g, "{port: 80}", "{port: 81}", "{port: 8080}", "{port: http}", "{port: alt}", "{port: dns, protocol: UDP}", "{port: 53, protocol: UDP}",
		"{port: 80, endPort: 90}", "{port: 81, endPort: 9000}", "{protocol: UDP}", "{protocol: TCP}", "{port: 53}", "{port: dns}")
}
