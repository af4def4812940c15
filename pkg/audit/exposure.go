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
// (https://www.iana.org/assignments/service-names-port-numbers).
type sensitive struct {
	port uint16
	what string
}

func sensitivePorts() []sensitive {
	return []sensitive{
		{1433, "Microsoft SQL Server"}, {1521, "Oracle Database"}, {2379, "etcd"}, {2380, "etcd"}, {3306, "MySQL"}, {5432, "PostgreSQL"},
		{5984, "CouchDB"}, {6379, "Redis"}, {7000, "Cassandra"}, {8086, "InfluxDB"}, {9042, "Cassandra"}, {9200, "Elasticsearch"},
		{9300, "Elasticsearch"}, {11211, "memcached"}, {26257, "CockroachDB"}, {27017, "MongoDB"},
		{2181, "ZooKeeper"}, {5672, "RabbitMQ"}, {9092, "Kafka"}, {15672, "RabbitMQ's administration"},
		{22, "SSH"}, {2375, "Docker's API"}, {2376, "Docker's API"}, {5005, "a Java debugger"}, {8500, "Consul"},
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
