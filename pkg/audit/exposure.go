package audit

import (
	"cmp"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// servicesOf are the Services that select the pods of a class.
func (p *Pass) servicesOf(c *model.Class) []*snapshot.Service {
	var out []*snapshot.Service
	for _, s := range p.ServicesIn(c.Namespace) {
		if len(s.Selector) > 0 && selector.Includes(c.Pods[0].Labels, s.Selector) {
			out = append(out, s)
		}
	}
	return out
}

// sensitive is a port that must be open to few: what listens there gives data or control
// to whoever may connect, often without a password. The numbers are those of the programs'
// own documentation and of IANA's registry
// (https://www.iana.org/assignments/service-names-port-numbers). Numbers that other programs
// like to use, such as 7000 or 8500, are not among them.
type sensitive struct {
	port uint16
	what string
	// control: it gives control rather than data.
	control bool
}

func sensitivePorts() []sensitive {
	return []sensitive{
		{1433, "Microsoft SQL Server", false}, {1521, "Oracle Database", false}, {2379, "etcd", false}, {2380, "etcd", false}, {3306, "MySQL", false}, {5432, "PostgreSQL", false},
		{5984, "CouchDB", false}, {6379, "Redis", false}, {9042, "Cassandra", false}, {9200, "Elasticsearch", false},
		{9300, "Elasticsearch", false}, {11211, "memcached", false}, {26257, "CockroachDB", false}, {27017, "MongoDB", false},
		{2181, "ZooKeeper", false}, {5672, "RabbitMQ", false}, {9092, "Kafka", false}, {15672, "RabbitMQ's administration", true},
		{22, "SSH", true}, {2375, "Docker's API", true}, {2376, "Docker's API", true},
	}
}

// sensitiveOf are the sensitive ports at which pods of a class take connections, as their
// containers declare or a Service sends there.
func (p *Pass) sensitiveOf(c *model.Class) []sensitive {
	ports := connset.Empty()
	for _, x := range c.Pods[0].Ports {
		if x.Protocol == connset.TCP {
			ports = ports.Union(connset.Of(x.Protocol, x.Port, x.Port))
		}
	}
	for _, s := range p.servicesOf(c) {
		for _, sp := range s.Ports {
			if at := targetOf(&sp, c.Pods[0]); at != 0 && sp.Protocol == connset.TCP {
				ports = ports.Union(connset.Of(sp.Protocol, at, at))
			}
		}
	}
	var out []sensitive
	for _, s := range sensitivePorts() {
		if ports.Contains(connset.TCP, s.port) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b sensitive) int { return cmp.Compare(a.port, b.port) })
	return out
}
