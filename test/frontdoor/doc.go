// Package frontdoor asks `kubectl netguard` about front doors of a real control plane: Ingresses whose status was written as
// a controller writes it, behind ingress-nginx (a Deployment with a load balancer, and a DaemonSet on hostNetwork) and
// Traefik, and Gateways with a data plane of their own. The controllers are pods that carry their labels, arguments and
// ports; nothing runs in them.
//
// The tests share one cluster. The Gateway API is installed only while a test needs it.
package frontdoor
