// Package conformance has the NetworkPolicy end-to-end suite of Kubernetes judge netguard. The suite makes pods and
// policies on a real control plane and probes, from within one pod, whether another one can be reached; here there is no
// network, and each probe is answered by asking the plugin, as a user would:
//
//	kubectl netguard can-reach NAMESPACE/pod/POD IP:PORT/PROTOCOL
//
// so a verdict that differs from what every conforming cluster does is a failed spec.
//
// It takes minutes, so it runs only when asked to (see the README of this module). The environment says how:
//
//	NETGUARD_CONFORMANCE=1              run the suite
//	NETGUARD_PLUGIN_DIR=DIRECTORY       where kubectl-netguard is; default: bin/ of the repository
//	NETGUARD_VERDICT_COMMAND="CMD ARG"  ask this command instead; source and target are added to its arguments, and its
//	                                    exit status is the verdict: 0 connected, 1 not, anything else fails the spec
//
// Ginkgo's flags work, too: -ginkgo.focus runs some of the specs, -ginkgo.v shows what they do.
package conformance
