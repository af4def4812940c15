// Package reference reads what a user types to name one end of a connection, and writes it back.
//
// The noun is [Reference]: the syntax of a name, not the thing named. Its invariant: what [Parse] returns is complete
// (the namespace is filled in) and valid, so nothing after it checks a name again, and Parse reads what
// [Reference.String] writes as the same value.
//
//	[NAMESPACE/]TYPE/NAME[:PORT[/PROTOCOL]]    bank/deploy/frontend:8080, svc/dns:53/UDP, ns/bank
//	NAME[:PORT[/PROTOCOL]]                     a pod, as in kubectl exec
//	ADDRESS or CIDR, with or without a port    10.0.0.1:80/TCP, 10.0.0.0/8:443, fd00::1, [fd00::1]:80
//	internet[:PORT[/PROTOCOL]]                 anything outside that is reachable from anywhere
//	KEY=VALUE[,KEY=VALUE...]                   pods with these labels, whether or not any exists
//
// The package must not ask whether the object exists, nor know a cluster: the types come from a fixed table, so they
// work offline and cost no discovery call.
package reference
