package cni

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// row is what is known of a plugin.
type row struct {
	name  string
	agent agent
	// kubelet is the part of a node's kubeletVersion that tells of a plugin
	// built into the node; "" for plugins that run as DaemonSets.
	kubelet string
	// state reads the plugin's switches; nil when it has none that is visible.
	state func(*snapshot.Snapshot, *snapshot.Workload) state
	// reads is what state needs beyond the DaemonSet; nil when nothing.
	reads func(*snapshot.Workload) snapshot.Need
	// enforces is for people: yes, no, or on what it depends.
	enforces string
	// builtIn reads the switches of a plugin that is built into the node; alone
	// tells whether there is no other network.
	builtIn func(s *snapshot.Snapshot, n *snapshot.Node, alone bool) state
	differs []difference
	// modes change differs; modesOf reads which are on, and is false where that could
	// not be read.
	modes   []mode
	modesOf func(*snapshot.Snapshot, *snapshot.Workload) ([]string, bool)
	source  string
	// besides is what the plugin does with policies of other APIs.
	besides besides
}

// difference is a behaviour that differs from the specification.
type difference struct {
	code      report.CaveatCode
	behaviour policy.Behaviour
	words     string
	source    string
	// recognised: it counts where the plugin was recognised, and is not held against
	// every answer where none was.
	recognised bool
}

func (r row) node(nodes []*snapshot.Node) *snapshot.Node {
	for _, n := range nodes {
		if r.kubelet != "" && strings.Contains(n.KubeletVersion, r.kubelet) {
			return n
		}
	}
	return nil
}

// plugins is the table. Where several plugins are found and none of them
// enforces, or several do, the first one decides: plugins that replace the
// network come before those that add policies to another's.
func plugins() []row {
	return []row{
		{
			name:     "Cilium",
			agent:    agent{names: []string{"cilium"}, containers: []string{"cilium-agent"}, images: []string{"cilium/cilium"}},
			state:    cilium,
			reads:    ciliumConfig,
			enforces: "yes, unless `cilium-config` says `enable-policy: never`, `policy-audit-mode: true` or `enable-k8s-networkpolicy: false`",
			// "Known missing features": ipBlock set with a pod IP, issue #9209.
			differs: ciliumDiffers("https://docs.cilium.io/en/stable/network/kubernetes/policy/"),
			modes:   ciliumModes(),
			modesOf: ciliumModesOf,
			source:  "https://docs.cilium.io/en/stable/security/policy/intro/",
			besides: ciliumBesides(),
		},
		{
			// "GKE deploys the controller as a DaemonSet named anetd"; implemented
			// using Cilium; policies are always on. Its container is Cilium's.
			name:     "GKE Dataplane V2",
			agent:    agent{names: []string{"anetd"}, containers: []string{"cilium-agent"}, images: []string{"cilium/cilium"}},
			enforces: "yes",
			// Google does not document it; a user's report: an ipBlock of 10.0.0.0/8
			// did not admit kube-dns.
			differs: ciliumDiffers("https://github.com/jupyterhub/zero-to-jupyterhub-k8s/issues/3167"),
			modes:   ciliumModes(),
			source:  "https://cloud.google.com/kubernetes-engine/docs/concepts/dataplane-v2",
			besides: besides{may: policy.ClusterPolicies, of: unsure(policy.ClusterPolicies), words: "whether ClusterNetworkPolicy is not documented"},
		},
		{
			// Selectors do not match hostNetwork pods: projectcalico/calico#4493.
			name:     "Calico",
			agent:    agent{names: []string{"calico-node"}, containers: []string{"calico-node"}, images: []string{"calico/node", "tigera/cnx-node"}},
			enforces: "yes",
			differs:  calicoDiffers(),
			source:   "https://docs.tigera.io/calico/latest/network-policy/",
			besides:  calicoBesides(agent{containers: []string{"calico-node"}}),
		},
		{
			name:     "Canal",
			agent:    agent{names: []string{"canal", "rke2-canal"}, containers: []string{"calico-node"}, images: []string{"calico/node"}},
			enforces: "yes",
			differs:  calicoDiffers(),
			source:   "https://docs.tigera.io/calico/latest/getting-started/kubernetes/flannel/install-for-flannel",
			besides:  calicoBesides(agent{containers: []string{"calico-node"}}),
		},
		{
			name:     "Antrea",
			agent:    agent{names: []string{"antrea-agent"}, containers: []string{"antrea-agent"}, images: []string{"antrea/antrea-agent-ubuntu", "antrea/antrea-ubuntu"}},
			enforces: "yes",
			source:   "https://github.com/antrea-io/antrea/blob/main/docs/design/architecture.md",
			besides: besides{
				// Behind the feature gate AdminNetworkPolicy, which is off by default.
				may: policy.AdminPolicies, of: unsure(policy.AdminPolicies), source: "https://antrea.io/docs/main/docs/admin-network-policy/",
				words: "AdminNetworkPolicy, BaselineAdminNetworkPolicy, with a feature gate that netguard does not read",
			},
		},
		{
			name:     "kube-router",
			agent:    agent{names: []string{"kube-router"}, containers: []string{"kube-router"}, images: []string{"cloudnativelabs/kube-router"}},
			state:    kubeRouter,
			enforces: "yes, unless it runs with `--run-firewall=false`",
			differs:  kubeRouterDiffers(),
			source:   "https://www.kube-router.io/docs/see-it-in-action/",
		},
		{
			name: "OVN-Kubernetes",
			agent: agent{
				names:      []string{"ovnkube-node*"},
				containers: []string{"ovnkube-controller", "ovnkube-node", "ovn-node", "ovn-controller"},
				images:     []string{"ovn-kube-fedora", "ovn-kube-ubuntu", "ovnkube/ovn-daemonset"},
			},
			enforces: "yes",
			differs: []difference{{
				code:      report.HostNetworkPeers,
				behaviour: policy.Behaviour{HostPeers: policy.HostPeersWithPodSelector},
				words:     "a peer with a podSelector, even an empty one, matches hostNetwork pods",
				// "You must use the podSelector set to {} with the namespaceSelector
				// field in order to target hostNetwork pods."
				source: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/network_security/network-policy",
			}, {
				code:      report.HostNetworkNamespace,
				behaviour: policy.Behaviour{HostNamespace: true},
				words:     "a namespaceSelector without podSelector that matches the namespace made for it (openshift-host-network, ovn-host-network) matches what nodes send",
				// useNamespaceAddrSet and legacyNetpolMode.
				source: "https://github.com/ovn-kubernetes/ovn-kubernetes/blob/master/go-controller/pkg/ovn/base_network_controller_policy.go",
			}},
			reads:   ovnHostNamespace,
			source:  "https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/network_security/network-policy",
			besides: ovnKubernetes(),
		},
		{
			name:     "Kube-OVN",
			agent:    agent{names: []string{"kube-ovn-cni"}, containers: []string{"cni-server"}, images: []string{"kubeovn/kube-ovn"}},
			state:    kubeOVN,
			enforces: "yes; its controller's `--enable-np=false`, which netguard does not read, would turn it off",
			source:   "https://github.com/kubeovn/kube-ovn/releases/tag/v0.5.0",
			besides:  besides{may: specified, of: unsure(specified), words: "all three, with a switch of its controller that netguard does not read"},
		},
		{
			name:     "AWS VPC CNI",
			agent:    agent{names: []string{"aws-node"}, containers: []string{"aws-node"}, images: []string{"amazon-k8s-cni", "amazon/amazon-k8s-cni"}},
			state:    awsNode,
			enforces: "only with container `aws-eks-nodeagent` running `--enable-network-policy=true`",
			differs: []difference{{
				code:      report.HostNetworkPeers,
				behaviour: policy.Behaviour{HostPeers: policy.HostPeersAlways},
				words:     "selectors match hostNetwork pods, by their node's address",
				// getMatchingPodAddresses lists pods by selector and takes every pod
				// that has an IP.
				source: "https://github.com/aws/amazon-network-policy-controller-k8s/blob/main/pkg/resolvers/endpoints.go",
			}},
			modes:   awsModes(),
			modesOf: awsModesOf,
			source:  "https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html",
		},
		{
			// Named ports and ipBlocks as specified, the latter for pods and nodes too; for
			// Windows nodes the plugin is gone since 2026-09-30.
			name:     "Azure NPM",
			agent:    agent{names: []string{"azure-npm*"}, containers: []string{"azure-npm"}, images: []string{"containernetworking/azure-npm"}},
			enforces: "yes",
			differs: []difference{{
				code:       report.ThroughNodes,
				behaviour:  policy.Behaviour{ThroughNodesOpen: true},
				words:      "ingress policies do not bind what comes through a LoadBalancer or NodePort with externalTrafficPolicy Cluster",
				recognised: true, // the plugin is on its way out
				// "Ingress network policies", limitations of Azure NPM.
				source: "https://learn.microsoft.com/azure/aks/use-network-policies",
			}},
			source: "https://learn.microsoft.com/azure/aks/use-network-policies",
		},
		{
			name: "kindnet",
			agent: agent{
				names: []string{"kindnet"}, containers: []string{"kindnet-cni"},
				images: []string{"kindest/kindnetd", "aojea/kindnetd"},
			},
			state:    kindnet,
			enforces: "as of kind 0.24 (image tag v20240813) or kindnet 1.3.0; unknown between kind 0.23 and 0.24 and for tags that are no version",
			source:   "https://github.com/kubernetes-sigs/kind/issues/842",
			besides:  besides{may: specified, of: unsure(specified), words: "which, depends on its build and flags"},
		},
		{
			name: "Weave Net",
			// Its pods run two containers, weave and weave-npc; without the latter
			// there is only the network.
			agent:    agent{names: []string{"weave-net"}, containers: []string{"weave"}, images: []string{"weaveworks/weave-kube"}},
			state:    weave,
			enforces: "only with container `weave-npc`",
			source:   "https://kubernetes.io/docs/tasks/administer-cluster/network-policy-provider/weave-network-policy/",
		},
		{
			name:     "flannel",
			agent:    agent{names: []string{"kube-flannel*"}, containers: []string{"kube-flannel"}, images: []string{"flannel/flannel", "flannel-io/flannel", "coreos/flannel"}},
			state:    flannel,
			enforces: "only with container `kube-network-policies` (chart value `netpol.enabled`)",
			source:   "https://github.com/flannel-io/flannel/blob/master/chart/kube-flannel/templates/daemonset.yaml",
			besides:  netpolBesides(),
		},
		{
			name:     "kube-network-policies",
			agent:    netpolAgent(),
			enforces: "yes",
			source:   "https://github.com/kubernetes-sigs/kube-network-policies/blob/main/install.yaml",
			besides:  netpolBesides(),
		},
		{
			name:     "k3s",
			kubelet:  "+k3s",
			enforces: "yes, unless its servers run with `--disable-network-policy` (their annotation `k3s.io/node-args`)",
			builtIn:  k3s,
			differs:  kubeRouterDiffers(),
			source:   "https://docs.k3s.io/networking/networking-services",
		},
	}
}

// netpolAgent is kube-network-policies, beside any network or as a container of
// flannel's DaemonSet.
func netpolAgent() agent {
	return agent{
		names:      []string{"kube-network-policies*"},
		containers: []string{"kube-network-policies"},
		images:     []string{"networking/kube-network-policies"},
	}
}

func podsEscape(source string) difference {
	return difference{
		code:      report.PodsInIPBlocks,
		behaviour: policy.Behaviour{PodsEscapeIPBlocks: true},
		words:     "an ipBlock never matches a pod's address",
		source:    source,
	}
}

func ownNodePoliced(source string) difference {
	return difference{
		code:      report.OwnNodeExempt,
		behaviour: policy.Behaviour{OwnNodePoliced: true},
		words:     "egress policies bind traffic from a pod to its own node",
		source:    source,
	}
}

// calicoDiffers: what a pod sends to its own host meets the pod's egress policy first, and
// then DefaultEndpointToHostAction; what the host sends to its pods is let through.
func calicoDiffers() []difference {
	return []difference{ownNodePoliced("https://docs.tigera.io/calico/latest/reference/felix/configuration")}
}

// kubeRouterDiffers holds for k3s too, which runs kube-router's controller. Both
// were seen with packets, on kube-router's iptables and nftables engines.
func kubeRouterDiffers() []difference {
	return []difference{
		// The chain's exception is --src-type LOCAL -d POD: from the node only.
		ownNodePoliced("https://github.com/cloudnativelabs/kube-router/blob/master/pkg/controllers/netpol/pod.go"),
		{
			code:      report.Hairpin,
			behaviour: policy.Behaviour{HairpinPoliced: true},
			words:     "policies bind a pod that reaches itself through a Service",
			// The translated source is no pod's, "will have problem with network policies".
			source: "https://github.com/cloudnativelabs/kube-router/issues/9",
		},
		{
			code:      report.LooseNames,
			behaviour: policy.Behaviour{LooseNames: true},
			words: "a rule for pods whose ports are all names that none of the destinations declares opens every port; in egress to anywhere a name stands for " +
				"the numbers that pods of the policy's namespace give it, and in egress to an ipBlock for none",
			// processIngressRules and processEgressRules: without ports that were resolved, the rule is appended without any.
			source:     "https://github.com/cloudnativelabs/kube-router/blob/master/pkg/controllers/netpol/policy.go",
			recognised: true,
		},
		{
			code:      report.BeforeMasquerade,
			behaviour: policy.Behaviour{BeforeMasquerade: true},
			words:     "through external addresses and node ports, the policies of pods on the node that takes the packet see the client's own address",
			// Pods' chains hang in FORWARD, and kube-proxy masquerades in POSTROUTING. Seen with packets.
			source:     "https://github.com/cloudnativelabs/kube-router/blob/master/pkg/controllers/netpol/pod.go",
			recognised: true,
		},
		{
			code:      report.DirectionsMixed,
			behaviour: policy.Behaviour{DirectionsMixed: true},
			words:     "between two pods that one policy selects for both directions, a rule of either direction lets the connection out and in",
			// networkPolicyChainName: one chain for the rules of both directions.
			source:     "https://github.com/cloudnativelabs/kube-router/blob/master/pkg/controllers/netpol/policy.go",
			recognised: true,
		},
	}
}
