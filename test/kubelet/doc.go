// Package kubelet stands in for the nodes of a cluster that has a control plane only: it registers Node objects and does
// what the scheduler, the kubelets and a cloud's load balancer would do to other objects. Pods get bound, get addresses
// and run, in name only, and are gone when they are deleted.
//
// Some pods stay as a test wants them, by means that Kubernetes has: a pod with a spec.nodeName or nodeSelector that no
// node has, or with a scheduling gate, stays Pending; a pod with a readiness gate runs, but is not Ready until the
// gate's condition is set in its status.
//
// The package plays the API's part of a node's life; it must not know what netguard is.
package kubelet
