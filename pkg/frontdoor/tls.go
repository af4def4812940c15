package frontdoor

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// tlsHosts are the hosts of a door that have TLS, and by what; "" stands for all.
type tlsHosts struct {
	hosts []string
	// by is what says so: a field, an annotation, an option, or another Ingress.
	by string
	// passed are hosts whose TLS the pods end.
	passed []string
}

func (t *tlsHosts) add(hosts []string, by string) {
	if len(hosts) > 0 && t.by == "" {
		t.by = by
	}
	t.hosts = append(t.hosts, hosts...)
}

func (t *tlsHosts) through(hosts []string, by string) {
	t.passed = append(t.passed, hosts...)
	t.by = by
}

// specTLS are the hosts of spec.tls. An entry without hosts stands for all: they
// "default to the wildcard host setting" (IngressTLS docs).
func specTLS(q *asked) tlsHosts {
	var out tlsHosts
	out.add(ingressTLS(q.ing), "")
	return out
}

func ingressTLS(ing *snapshot.Ingress) []string {
	var out []string
	for _, t := range ing.TLS {
		if len(t.Hosts) == 0 {
			out = append(out, "")
		}
		out = append(out, t.Hosts...)
	}
	return out
}

// mergedTLS are the hosts of spec.tls, and those that another Ingress of the same
// controller has there: it serves each host once, whoever brings its certificate.
func (q *asked) mergedTLS() tlsHosts {
	out := specTLS(q)
	mine := hostsOf(q.ing)
	for _, other := range q.rivals() {
		for _, host := range ingressTLS(other) {
			if host != "" && slices.Contains(mine, host) && !slices.Contains(out.hosts, host) {
				out.add([]string{host}, "ingress "+other.Name.String())
			}
		}
	}
	return out
}

// hostsOf are the hosts of an Ingress's rules.
func hostsOf(ing *snapshot.Ingress) []string {
	var out []string
	for _, r := range ing.Rules {
		if r.Host != "" && !slices.Contains(out, r.Host) {
			out = append(out, r.Host)
		}
	}
	return out
}
