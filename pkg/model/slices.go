package model

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Endpoints returns where a reader of a Service's EndpointSlices connects to, such as
// most Ingress controllers: to the addresses and ports of ready endpoints. Unlike
// kube-proxy, it knows no virtual address, and so neither a traffic policy nor a
// port that is translated, and takes no endpoint that is not ready for want of
// others. The Service must be none of type ExternalName.
func (m *Model) Endpoints(s *snapshot.Service, asked reference.Port) []Destination {
	plain := *s
	plain.Headless, plain.InternalLocal, plain.ExternalLocal = false, false, false
	plain.Type, plain.ExternalIPs, plain.Proxy = snapshot.ClusterIP, nil, ""
	out := m.throughService(&plain, asked, 0)
	for i := range out {
		d := &out[i]
		d.On, d.ForNodes, d.ForZones = "", nil, nil // hints are for kube-proxy
		if d.Broken == "" && d.unready {
			out[i] = Destination{Service: d.Service, ServicePort: d.ServicePort, Port: d.Port, Broken: report.NoEndpoints, Detail: fmt.Sprintf("0 of %d", len(out))}
			out = out[:1]
			break
		}
	}
	return out
}

// IngressesOf returns the Ingresses with a rule for a host; "" are those for every
// host. They are found on first use.
func (m *Model) IngressesOf(host string) []*snapshot.Ingress { return m.hosts()[host] }

func (m *Model) findHosts() map[string][]*snapshot.Ingress {
	out := map[string][]*snapshot.Ingress{}
	for _, ing := range m.Ingresses() {
		seen := map[string]bool{}
		for _, r := range ing.Rules {
			if !seen[r.Host] {
				seen[r.Host] = true
				out[r.Host] = append(out[r.Host], ing)
			}
		}
	}
	return out
}
