// Package guard is what decides who gets to a door before any policy does: an internal load
// balancer, lists of addresses, a service that is asked first. A guard says where it is
// written and from which documentation its meaning is.
//
// What a load balancer's Service says is read here ([OfService]); what an Ingress or a
// Gateway says to its controller, that controller's file in package frontdoor reads.
package guard
