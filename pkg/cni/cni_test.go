package cni

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// daemonSet is namespace/name and its containers: name, image, arguments.
func daemonSet(name string, containers ...snapshot.Container) *snapshot.Workload {
	namespace, name, _ := strings.Cut(name, "/")
	return &snapshot.Workload{
		Kind: "DaemonSet", Name: snapshot.Name{Namespace: namespace, Name: name}, Containers: containers,
	}
}

func container(name, image string, args ...string) snapshot.Container {
	return snapshot.Container{Name: name, Image: image, Args: args}
}

// cluster is a snapshot in which the DaemonSets were read.
func cluster(change func(*snapshot.Builder), sets ...*snapshot.Workload) *snapshot.Snapshot {
	b := snapshot.NewBuilder(nil)
	b.Read(daemonSets())
	for _, w := range sets {
		b.AddWorkload(w)
	}
	if change != nil {
		change(b)
	}
	return b.Snapshot()
}

// The agents as their projects' manifests and charts declare them.
func ciliumSet() *snapshot.Workload {
	return daemonSet("kube-system/cilium",
		container("cilium-agent", "quay.io/cilium/cilium:v1.18.2@sha256:858f807ea4e20e85e3ea3240a762e1f4b29f1cb5bbd0463b8aa77e7b097c0667",
			"--config-dir=/tmp/cilium/config-map"))
}

func ciliumEnvoySet() *snapshot.Workload {
	return daemonSet("kube-system/cilium-envoy", container("cilium-envoy", "quay.io/cilium/cilium-envoy:v1.34.7"))
}

func calicoSet() *snapshot.Workload {
	return daemonSet("calico-system/calico-node", container("calico-node", "quay.io/calico/node:v3.30.2"))
}

func flannelSet(more ...snapshot.Container) *snapshot.Workload {
	return daemonSet("kube-flannel/kube-flannel-ds", append([]snapshot.Container{
		container("kube-flannel", "ghcr.io/flannel-io/flannel:v0.27.2", "--ip-masq", "--kube-subnet-mgr"),
	}, more...)...)
}

func netpolContainer() snapshot.Container {
	return container("kube-network-policies", "registry.k8s.io/networking/kube-network-policies:v0.9.1",
		"/bin/netpol", "--hostname-override=$(MY_NODE_NAME)", "--v=2", "--nfqueue-id=98")
}

func awsSet(more ...snapshot.Container) *snapshot.Workload {
	return daemonSet("kube-system/aws-node", append([]snapshot.Container{
		container("aws-node", "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.1"),
	}, more...)...)
}

func awsAgent(enabled ...string) snapshot.Container {
	return container("aws-eks-nodeagent",
		"602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon/aws-network-policy-agent:v1.2.6",
		append([]string{"--enable-ipv6=false", "--enable-cloudwatch-logs=false", "--metrics-bind-addr=:8162"}, enabled...)...)
}

func kindnetSet(image string, args ...string) *snapshot.Workload {
	return daemonSet("kube-system/kindnet", container("kindnet-cni", image, args...))
}

func kubeRouterSet(args ...string) *snapshot.Workload {
	return daemonSet("kube-system/kube-router", container("kube-router", "docker.io/cloudnativelabs/kube-router", args...))
}

func ciliumConfigMap(data map[string]string) func(*snapshot.Builder) {
	return func(b *snapshot.Builder) {
		b.AddConfigMap(snapshot.Name{Namespace: "kube-system", Name: "cilium-config"}, data)
		b.Read(ciliumConfig(ciliumSet()))
	}
}

func nodes(versions ...string) func(*snapshot.Builder) {
	return func(b *snapshot.Builder) {
		for i, v := range versions {
			b.AddNode(&snapshot.Node{Name: "node-" + string(rune('a'+i)), KubeletVersion: v})
		}
		b.Read(snapshot.Need{Resource: snapshot.Nodes})
	}
}

// k3sNodes are an agent and a server of k3s, which runs with these arguments.
func k3sNodes(args ...string) func(*snapshot.Builder) {
	return func(b *snapshot.Builder) {
		b.AddNode(&snapshot.Node{Name: "agent-a", KubeletVersion: "v1.33.4+k3s1", K3sArgs: []string{"agent"}})
		b.AddNode(&snapshot.Node{Name: "server-a", KubeletVersion: "v1.33.4+k3s1", K3sArgs: args})
		b.Read(snapshot.Need{Resource: snapshot.Nodes})
	}
}

func TestDetect(t *testing.T) {
	const yes, no, unknown = report.EnforcedYes, report.EnforcedNo, report.EnforcedUnknown
	tests := map[string]struct {
		in       *snapshot.Snapshot
		name     string
		enforced report.Enforced
		// evidence is a part of it; the object comes first.
		evidence  string
		behaviour policy.Behaviour
	}{
		"nothing":  {in: cluster(nil), enforced: unknown},
		"not read": {in: &snapshot.Snapshot{}, enforced: unknown},

		"Cilium, default": {
			in: cluster(ciliumConfigMap(map[string]string{"enable-policy": "default"}), ciliumSet(), ciliumEnvoySet()), name: "Cilium", enforced: yes,
			evidence:  "daemonset kube-system/cilium (configmap kube-system/cilium-config: enable-policy=default)",
			behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Cilium, always": {
			in: cluster(ciliumConfigMap(map[string]string{"enable-policy": "always"}), ciliumSet()), name: "Cilium", enforced: yes,
			evidence: "enable-policy=always", behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Cilium, never": {
			in: cluster(ciliumConfigMap(map[string]string{"enable-policy": "never"}), ciliumSet()), name: "Cilium", enforced: no,
			evidence:  "daemonset kube-system/cilium (configmap kube-system/cilium-config: enable-policy=never)",
			behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Cilium, never by argument": {
			in:   cluster(nil, daemonSet("kube-system/cilium", container("cilium-agent", "quay.io/cilium/cilium:v1.9.8", "--enable-policy", "never"))),
			name: "Cilium", enforced: no, evidence: "argument --enable-policy=never", behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Cilium, audit mode": {
			in: cluster(ciliumConfigMap(map[string]string{"enable-policy": "default", "policy-audit-mode": "true"}), ciliumSet()), name: "Cilium", enforced: no,
			evidence: "policy-audit-mode=true", behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Cilium without NetworkPolicy": {
			in: cluster(ciliumConfigMap(map[string]string{"enable-k8s-networkpolicy": "false"}), ciliumSet()), name: "Cilium", enforced: no,
			evidence: "enable-k8s-networkpolicy=false", behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Cilium, ConfigMap not read": {
			in: cluster(nil, ciliumSet()), name: "Cilium", enforced: yes,
			evidence: "was not read; enable-policy is taken to be default", behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Cilium, no ConfigMap": {
			in: cluster(func(b *snapshot.Builder) { b.ReadEverything() }, ciliumSet()), name: "Cilium", enforced: yes,
			evidence: "no configmap kube-system/cilium-config", behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Cilium from a mirror": {
			in:   cluster(nil, daemonSet("cilium/cilium", container("agent", "registry.example:5000/mirror/cilium/cilium:v1.18.2"))),
			name: "Cilium", enforced: yes, evidence: "configmap cilium/cilium-config was not read", behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Cilium, ipBlocks match nodes": {
			in:   cluster(ciliumConfigMap(map[string]string{"policy-cidr-match-mode": "nodes"}), ciliumSet()),
			name: "Cilium", enforced: yes, evidence: "configmap kube-system/cilium-config", behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Cilium, ipBlocks match all": {
			in:   cluster(ciliumConfigMap(map[string]string{"policy-cidr-match-mode": "nodes pods"}), ciliumSet()),
			name: "Cilium", enforced: yes, evidence: "configmap kube-system/cilium-config", behaviour: policy.Behaviour{OwnNodePoliced: true},
		},
		"AWS VPC CNI, strict": {
			in: cluster(nil, daemonSet("kube-system/aws-node",
				snapshot.Container{Name: "aws-node", Image: "amazon-k8s-cni:v1.20.1", Env: []string{"NETWORK_POLICY_ENFORCING_MODE=STRICT"}}, awsAgent("--enable-network-policy=true"))),
			name: "AWS VPC CNI", enforced: yes, evidence: "daemonset kube-system/aws-node",
			behaviour: policy.Behaviour{HostPeers: policy.HostPeersAlways, UnpolicedDenied: true},
		},
		"Azure NPM": {
			in:   cluster(nil, daemonSet("kube-system/azure-npm", container("azure-npm", "mcr.microsoft.com/containernetworking/azure-npm:v1.5.0"))),
			name: "Azure NPM", enforced: yes, evidence: "daemonset kube-system/azure-npm", behaviour: policy.Behaviour{ThroughNodesOpen: true},
		},
		"GKE Dataplane V2": {
			in:   cluster(nil, daemonSet("kube-system/anetd", container("cilium-agent", "gke.gcr.io/cilium/cilium:v1.14.2-gke.7"))),
			name: "GKE Dataplane V2", enforced: yes, evidence: "daemonset kube-system/anetd", behaviour: policy.Behaviour{PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true},
		},
		"Calico": {in: cluster(nil, calicoSet()), name: "Calico", enforced: yes, behaviour: policy.Behaviour{OwnNodePoliced: true}, evidence: "daemonset calico-system/calico-node"},
		"Calico, RKE2": {
			in:   cluster(nil, daemonSet("kube-system/calico-node", container("calico-node", "docker.io/rancher/hardened-calico:v3.32.0"))),
			name: "Calico", enforced: yes, behaviour: policy.Behaviour{OwnNodePoliced: true}, evidence: "daemonset kube-system/calico-node",
		},
		"Canal": {
			in: cluster(nil, daemonSet("kube-system/canal", container("calico-node", "docker.io/calico/node:v3.30.2"),
				container("kube-flannel", "docker.io/flannel/flannel:v0.24.4"))),
			name: "Canal", enforced: yes, behaviour: policy.Behaviour{OwnNodePoliced: true}, evidence: "daemonset kube-system/canal",
		},
		"Canal, RKE2": {
			in: cluster(nodes("v1.33.4+rke2r1"), daemonSet("kube-system/rke2-canal", container("calico-node", "rancher/hardened-calico:v3.30.2"),
				container("kube-flannel", "rancher/hardened-flannel:v0.27.2"))),
			name: "Canal", enforced: yes, behaviour: policy.Behaviour{OwnNodePoliced: true}, evidence: "daemonset kube-system/rke2-canal",
		},
		"Antrea": {
			in: cluster(nil, daemonSet("kube-system/antrea-agent", container("antrea-agent", "antrea/antrea-agent-ubuntu:v2.4.0"),
				container("antrea-ovs", "antrea/antrea-agent-ubuntu:v2.4.0"))),
			name: "Antrea", enforced: yes, evidence: "daemonset kube-system/antrea-agent",
		},
		"kube-router": {
			in: cluster(nil, kubeRouterSet("--run-router=true", "--run-firewall=true", "--run-service-proxy=false")), name: "kube-router", enforced: yes,
			evidence:  "daemonset kube-system/kube-router (argument --run-firewall=true)",
			behaviour: policy.Behaviour{OwnNodePoliced: true, HairpinPoliced: true, BeforeMasquerade: true, LooseNames: true, DirectionsMixed: true},
		},
		"kube-router without firewall": {
			in: cluster(nil, kubeRouterSet("--run-router=true", "--run-firewall=false")), name: "kube-router", enforced: no,
			evidence: "--run-firewall=false", behaviour: policy.Behaviour{OwnNodePoliced: true, HairpinPoliced: true, BeforeMasquerade: true, LooseNames: true, DirectionsMixed: true},
		},
		"k3s": {
			in: cluster(nodes("v1.33.4", "v1.33.4+k3s1")), name: "k3s", enforced: yes,
			evidence:  "node node-b (kubelet v1.33.4+k3s1; its servers' --disable-network-policy was not read)",
			behaviour: policy.Behaviour{OwnNodePoliced: true, HairpinPoliced: true, BeforeMasquerade: true, LooseNames: true, DirectionsMixed: true},
		},
		"k3s, its server's arguments": {
			in: cluster(k3sNodes("server", "--tls-san", "k3s.example.org")), name: "k3s", enforced: yes,
			evidence:  "node agent-a (kubelet v1.33.4+k3s1; server server-a runs without --disable-network-policy)",
			behaviour: policy.Behaviour{OwnNodePoliced: true, HairpinPoliced: true, BeforeMasquerade: true, LooseNames: true, DirectionsMixed: true},
		},
		"k3s, switched off": {
			in: cluster(k3sNodes("server", "--flannel-backend", "none", "--disable-network-policy")), name: "k3s", enforced: no,
			evidence:  "server server-a runs with --disable-network-policy",
			behaviour: policy.Behaviour{OwnNodePoliced: true, HairpinPoliced: true, BeforeMasquerade: true, LooseNames: true, DirectionsMixed: true},
		},
		"k3s, switched off in its configuration file": {
			in: cluster(k3sNodes("server", "--disable-network-policy", "true", "--token", "********")), name: "k3s", enforced: no,
			evidence:  "server server-a runs with --disable-network-policy",
			behaviour: policy.Behaviour{OwnNodePoliced: true, HairpinPoliced: true, BeforeMasquerade: true, LooseNames: true, DirectionsMixed: true},
		},
		"k3s, switched on": {
			in: cluster(k3sNodes("server", "--disable-network-policy=false")), name: "k3s", enforced: yes,
			evidence:  "server server-a runs without --disable-network-policy",
			behaviour: policy.Behaviour{OwnNodePoliced: true, HairpinPoliced: true, BeforeMasquerade: true, LooseNames: true, DirectionsMixed: true},
		},
		"k3s, switched off for one's own flannel": {
			in: cluster(k3sNodes("server", "--disable-network-policy"), flannelSet()), name: "flannel", enforced: no,
			evidence: "beside k3s: node agent-a (kubelet v1.33.4+k3s1; server server-a runs with --disable-network-policy)",
		},
		"k3s beside one's own flannel": {
			in: cluster(k3sNodes("server"), flannelSet()), name: "k3s", enforced: yes,
			evidence:  "runs without --disable-network-policy), beside flannel",
			behaviour: policy.Behaviour{OwnNodePoliced: true, HairpinPoliced: true, BeforeMasquerade: true, LooseNames: true, DirectionsMixed: true},
		},
		"k3s with Calico": {in: cluster(nodes("v1.33.4+k3s1"), calicoSet()), name: "Calico", enforced: yes, behaviour: policy.Behaviour{OwnNodePoliced: true}, evidence: "daemonset calico-system/calico-node"},
		"k3s while the DaemonSets are unread": {
			in: func() *snapshot.Snapshot {
				b := snapshot.NewBuilder(nil)
				nodes("v1.33.4+k3s1")(b)
				return b.Snapshot()
			}(),
			enforced: unknown,
		},
		"k3s with one's own flannel": {
			in: cluster(nodes("v1.33.4+k3s1"), flannelSet()), name: "k3s", enforced: unknown,
			evidence:  "its servers' --disable-network-policy was not read), beside flannel",
			behaviour: policy.Behaviour{OwnNodePoliced: true, HairpinPoliced: true, BeforeMasquerade: true, LooseNames: true, DirectionsMixed: true},
		},
		"plain Kubernetes nodes": {in: cluster(nodes("v1.33.4")), enforced: unknown},
		"OVN-Kubernetes": {
			in: cluster(nil, daemonSet("ovn-kubernetes/ovnkube-node", container("nb-ovsdb", "ghcr.io/ovn-kubernetes/ovn-kubernetes/ovn-kube-ubuntu:master"),
				container("ovnkube-controller", "ghcr.io/ovn-kubernetes/ovn-kubernetes/ovn-kube-ubuntu:master"))),
			name: "OVN-Kubernetes", enforced: yes, evidence: "daemonset ovn-kubernetes/ovnkube-node",
			behaviour: policy.Behaviour{HostPeers: policy.HostPeersWithPodSelector, HostNamespace: true},
		},
		"OpenShift": {
			in: cluster(nil, daemonSet("openshift-ovn-kubernetes/ovnkube-node",
				container("ovn-controller", "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:0000"),
				container("ovnkube-controller", "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:0000"))),
			name: "OVN-Kubernetes", enforced: yes, evidence: "daemonset openshift-ovn-kubernetes/ovnkube-node",
			behaviour: policy.Behaviour{HostPeers: policy.HostPeersWithPodSelector, HostNamespace: true},
		},
		"Kube-OVN": {
			in:   cluster(nil, daemonSet("kube-system/kube-ovn-cni", container("cni-server", "docker.io/kubeovn/kube-ovn:v1.14.5", "--enable-mirror=false"))),
			name: "Kube-OVN", enforced: yes, evidence: "daemonset kube-system/kube-ovn-cni",
		},
		"AWS, enabled": {
			in: cluster(nil, awsSet(awsAgent("--enable-network-policy=true"))), name: "AWS VPC CNI", enforced: yes,
			evidence:  "daemonset kube-system/aws-node (container aws-eks-nodeagent: --enable-network-policy=true)",
			behaviour: policy.Behaviour{HostPeers: policy.HostPeersAlways},
		},
		"AWS, disabled": {
			in: cluster(nil, awsSet(awsAgent("--enable-network-policy=false"))), name: "AWS VPC CNI", enforced: no,
			evidence: "--enable-network-policy=false", behaviour: policy.Behaviour{HostPeers: policy.HostPeersAlways},
		},
		"AWS, no argument": {
			in: cluster(nil, awsSet(awsAgent())), name: "AWS VPC CNI", enforced: no,
			evidence: "no argument --enable-network-policy", behaviour: policy.Behaviour{HostPeers: policy.HostPeersAlways},
		},
		"AWS, last argument wins": {
			in: cluster(nil, awsSet(awsAgent("--enable-network-policy=false", "--enable-network-policy"))), name: "AWS VPC CNI", enforced: yes,
			evidence: "--enable-network-policy=true", behaviour: policy.Behaviour{HostPeers: policy.HostPeersAlways},
		},
		"AWS, no agent": {
			in: cluster(nil, awsSet()), name: "AWS VPC CNI", enforced: no,
			evidence: "no container aws-eks-nodeagent", behaviour: policy.Behaviour{HostPeers: policy.HostPeersAlways},
		},
		"AWS and Calico": {
			in: cluster(nil, awsSet(awsAgent("--enable-network-policy=false")), calicoSet()), name: "Calico", enforced: yes, behaviour: policy.Behaviour{OwnNodePoliced: true},
			evidence: "daemonset calico-system/calico-node, beside AWS VPC CNI: daemonset kube-system/aws-node (container",
		},
		"kind 0.24": {
			in: cluster(nil, kindnetSet("docker.io/kindest/kindnetd:v20240813-c6f155d6")), name: "kindnet", enforced: yes, evidence: "v20240813-c6f155d6"},
		"kind, later": {
			in: cluster(nil, kindnetSet("docker.io/kindest/kindnetd:v20250512-df8de77b")), name: "kindnet", enforced: yes, evidence: "v20250512"},
		"kind 0.23": {
			in: cluster(nil, kindnetSet("docker.io/kindest/kindnetd:v20240513-cd2ac642")), name: "kindnet", enforced: no, evidence: "v20240513"},
		"kind between": {
			in: cluster(nil, kindnetSet("docker.io/kindest/kindnetd:v20240726")), name: "kindnet", enforced: unknown, evidence: "does not show"},
		"kindnet 1.3": {
			in: cluster(nil, kindnetSet("ghcr.io/aojea/kindnetd:v1.8.2")), name: "kindnet", enforced: yes, evidence: "v1.8.2"},
		"kindnet 1.2": {
			in: cluster(nil, kindnetSet("ghcr.io/aojea/kindnetd:v1.2.0")), name: "kindnet", enforced: no, evidence: "v1.2.0"},
		"kindnet stable": {
			in: cluster(nil, kindnetSet("ghcr.io/aojea/kindnetd:stable")), name: "kindnet", enforced: unknown, evidence: "does not show"},
		"kindnet with the flag": {
			in: cluster(nil, kindnetSet("ghcr.io/aojea/kindnetd:stable", "--network-policy=true")), name: "kindnet", enforced: yes, evidence: "--network-policy=true"},
		"kube-network-policies": {
			in: cluster(nil, daemonSet("kube-system/kube-network-policies", netpolContainer())), name: "kube-network-policies", enforced: yes,
			evidence: "daemonset kube-system/kube-network-policies"},
		"flannel": {
			in: cluster(nil, flannelSet()), name: "flannel", enforced: no,
			evidence: "daemonset kube-flannel/kube-flannel-ds (no container kube-network-policies)"},
		"flannel of old": {
			in:   cluster(nil, daemonSet("kube-system/kube-flannel-ds-amd64", container("kube-flannel", "quay.io/coreos/flannel:v0.12.0-amd64"))),
			name: "flannel", enforced: no, evidence: "daemonset kube-system/kube-flannel-ds-amd64"},
		"flannel with netpol": {
			in: cluster(nil, flannelSet(netpolContainer())), name: "flannel", enforced: yes, evidence: "(container kube-network-policies)"},
		"flannel and kube-network-policies": {
			in: cluster(nil, flannelSet(), daemonSet("kube-system/kube-network-policies", netpolContainer())), name: "kube-network-policies", enforced: yes,
			evidence: "daemonset kube-system/kube-network-policies, beside flannel: daemonset kube-flannel/kube-flannel-ds"},
		"flannel and Calico": {
			in: cluster(nil, flannelSet(), calicoSet()), name: "Calico", enforced: yes, behaviour: policy.Behaviour{OwnNodePoliced: true}, evidence: "beside flannel"},
		"flannel and a kindnet of unknown age": {
			in: cluster(nil, flannelSet(), kindnetSet("kindest/kindnetd:latest")), name: "kindnet", enforced: unknown, evidence: "beside flannel"},
		"Weave Net": {
			in:   cluster(nil, daemonSet("kube-system/weave-net", container("weave", "weaveworks/weave-kube:2.8.1"), container("weave-npc", "weaveworks/weave-npc:2.8.1"))),
			name: "Weave Net", enforced: yes, evidence: "(container weave-npc)"},
		"Weave Net without npc": {
			in:   cluster(nil, daemonSet("kube-system/weave-net", container("weave", "weaveworks/weave-kube:2.8.1"))),
			name: "Weave Net", enforced: no, evidence: "(no container weave-npc)"},

		"a user's DaemonSet called cilium": {
			in: cluster(nil, daemonSet("dev/cilium", container("web", "nginx:1.29"))), enforced: unknown},
		"a user's DaemonSet called calico-node beside flannel": {
			in:   cluster(nil, flannelSet(), daemonSet("dev/calico-node", container("app", "example.org/notcalico/node:1"))),
			name: "flannel", enforced: no, evidence: "daemonset kube-flannel/kube-flannel-ds"},
		"a debug DaemonSet with Cilium's image": {
			in: cluster(nil, daemonSet("dev/cilium-debug", container("shell", "quay.io/cilium/cilium:v1.18.2"))), enforced: unknown},
		"a Deployment like Cilium": {
			in: cluster(func(b *snapshot.Builder) {
				w := *ciliumSet()
				w.Kind = "Deployment"
				b.AddWorkload(&w)
			}), enforced: unknown},
		"Cilium's Envoy alone": {in: cluster(nil, ciliumEnvoySet()), enforced: unknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := Detect(tt.in)
			if got.Name != tt.name || got.Enforced != tt.enforced {
				t.Errorf("got %q enforced %s, want %q enforced %s", got.Name, got.Enforced, tt.name, tt.enforced)
			}
			got.Behaviour.Ignores = 0 // TestDialects
			if got.Behaviour != tt.behaviour {
				t.Errorf("behaviour %+v, want %+v", got.Behaviour, tt.behaviour)
			}
			if !strings.Contains(got.Evidence, tt.evidence) || (tt.evidence == "") != (got.Evidence == "") {
				t.Errorf("evidence %q, want %q", got.Evidence, tt.evidence)
			}
			if (got.Source == "") != (got.Name == "") {
				t.Errorf("%q has source %q", got.Name, got.Source)
			}
			if got.Gap != nil {
				t.Errorf("gap %+v in a cluster that was read", got.Gap)
			}
			sameOfKept(t, tt.in)
		})
	}
}

func TestDetectNamesWhatCouldNotBeRead(t *testing.T) {
	forbidden := func(n snapshot.Need) snapshot.Gap {
		return snapshot.Gap{Need: n, Reason: snapshot.GapForbidden, Message: "forbidden"}
	}
	t.Run("DaemonSets", func(t *testing.T) {
		b := snapshot.NewBuilder(nil)
		b.AddGap(forbidden(daemonSets()))
		got := Detect(b.Snapshot())
		gap := forbidden(daemonSets())
		if want := (Plugin{Enforced: report.EnforcedUnknown, Gap: &gap, Otherwise: alternatives(func(row) bool { return true })}); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		cilium, err := ByName("cilium")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(got.Otherwise, func(d Deviation) bool {
			return d.Whole && d.Behaviour.OwnNodePoliced && d.Behaviour.NodesEscapeIPBlocks && slices.Contains(d.Plugins, cilium.Name)
		}) {
			t.Errorf("that it may be Cilium, with all that Cilium does, is not among %+v", got.Otherwise)
		}
	})
	t.Run("DaemonSets, one of them known", func(t *testing.T) {
		b := snapshot.NewBuilder(nil)
		b.AddGap(forbidden(daemonSets()))
		b.AddWorkload(flannelSet())
		got := Detect(b.Snapshot())
		if got.Name != "flannel" || got.Enforced != report.EnforcedUnknown || got.Gap == nil {
			t.Errorf("got %+v: another DaemonSet may enforce", got)
		}
	})
	t.Run("Cilium's ConfigMap", func(t *testing.T) {
		need := ciliumConfig(ciliumSet())
		got := Detect(cluster(func(b *snapshot.Builder) { b.AddGap(forbidden(need)) }, ciliumSet()))
		if got.Enforced != report.EnforcedYes || got.Gap == nil || got.Gap.Need != need {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("nodes", func(t *testing.T) {
		need := snapshot.Need{Resource: snapshot.Nodes}
		got := Detect(cluster(func(b *snapshot.Builder) { b.AddGap(forbidden(need)) }))
		if got.Name != "" || got.Gap == nil || got.Gap.Need != need {
			t.Errorf("got %+v", got)
		}
	})
}

func TestNeeds(t *testing.T) {
	configMap := snapshot.Need{Resource: snapshot.ConfigMaps, Namespace: "kube-system", Name: "cilium-config"}
	allNodes := snapshot.Need{Resource: snapshot.Nodes}
	gap := func(n snapshot.Need) func(*snapshot.Builder) {
		return func(b *snapshot.Builder) { b.AddGap(snapshot.Gap{Need: n, Reason: snapshot.GapForbidden}) }
	}
	unreadable := snapshot.NewBuilder(nil)
	gap(daemonSets())(unreadable)
	tests := map[string]struct {
		in   *snapshot.Snapshot
		want []snapshot.Need
	}{
		"at first":               {&snapshot.Snapshot{}, []snapshot.Need{daemonSets()}},
		"DaemonSets forbidden":   {unreadable.Snapshot(), nil},
		"Cilium":                 {cluster(nil, ciliumSet()), []snapshot.Need{configMap}},
		"Cilium, read":           {cluster(ciliumConfigMap(nil), ciliumSet()), nil},
		"Cilium, forbidden":      {cluster(gap(configMap), ciliumSet()), nil},
		"Calico":                 {cluster(nil, calicoSet()), nil},
		"flannel":                {cluster(nil, flannelSet()), []snapshot.Need{allNodes}},
		"none known":             {cluster(nil), []snapshot.Need{allNodes}},
		"none known, nodes read": {cluster(nodes("v1.33.4")), nil},
		"none known, no nodes":   {cluster(nodes()), nil},
		"none known, forbidden":  {cluster(gap(allNodes)), nil},
		"k3s, an agent": {cluster(func(b *snapshot.Builder) {
			b.AddNode(&snapshot.Node{Name: "n1", KubeletVersion: "v1.33.4+k3s1", K3sArgs: []string{"agent"}})
			b.Read(snapshot.Need{Resource: snapshot.Nodes, Name: "n1"})
		}), []snapshot.Need{k3sServers()}},
		"k3s, servers forbidden": {cluster(func(b *snapshot.Builder) {
			b.AddNode(&snapshot.Node{Name: "n1", KubeletVersion: "v1.33.4+k3s1"})
			gap(k3sServers())(b)
		}), nil},
		"k3s, a server":           {cluster(k3sNodes("server")), nil},
		"k3s, all nodes":          {cluster(nodes("v1.33.4+k3s1")), nil},
		"k3s with Calico":         {cluster(nodes("v1.33.4+k3s1"), calicoSet()), nil},
		"files hold all there is": {cluster(func(b *snapshot.Builder) { b.ReadEverything() }), nil},
		"a pod names a node": {cluster(func(b *snapshot.Builder) {
			b.AddPod(&snapshot.Pod{Name: snapshot.Name{Namespace: "bank", Name: "a"}})
			b.AddPod(&snapshot.Pod{Name: snapshot.Name{Namespace: "bank", Name: "b"}, Node: "n1"})
		}), []snapshot.Need{{Resource: snapshot.Nodes, Name: "n1"}}},
		"one node forbidden": {cluster(func(b *snapshot.Builder) {
			b.AddPod(&snapshot.Pod{Name: snapshot.Name{Namespace: "bank", Name: "b"}, Node: "n2"})
			gap(snapshot.Need{Resource: snapshot.Nodes, Name: "n1"})(b)
		}), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Needs(tt.in); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestAPluginThatTheUserNames(t *testing.T) {
	for text, want := range map[string]policy.Behaviour{
		"calico": {OwnNodePoliced: true}, "Cilium": {PodsEscapeIPBlocks: true, NodesEscapeIPBlocks: true, OwnNodePoliced: true}, "cilium,mode=nodes": {PodsEscapeIPBlocks: true, OwnNodePoliced: true},
		"cilium,mode=nodes,mode=pods": {OwnNodePoliced: true}, "aws-vpc-cni,mode=strict": {HostPeers: policy.HostPeersAlways, UnpolicedDenied: true},
		"AWS VPC CNI": {HostPeers: policy.HostPeersAlways}, "azure-npm": {ThroughNodesOpen: true},
	} {
		p, err := ByName(text)
		if err != nil || p.Behaviour != want || p.Enforced != report.EnforcedYes {
			t.Errorf("%s: %+v, enforced %s, %v; want %+v", text, p.Behaviour, p.Enforced, err, want)
		}
		b := snapshot.NewBuilder(cluster(nil, flannelSet()))
		b.NameNetworkPlugin(text)
		if got := Detect(b.Snapshot()); got.Name != p.Name || got.Behaviour != want {
			t.Errorf("%s: detected as %s, %+v", text, got.Name, got.Behaviour)
		}
	}
	if p, err := ByName("flannel,mode=off"); err != nil || p.Enforced != report.EnforcedNo {
		t.Errorf("flannel,mode=off: %+v, %v", p, err)
	}
	for _, text := range []string{"", "calicoo", "calico,mode=strict", "calico,strict"} {
		if _, err := ByName(text); err == nil {
			t.Errorf("%q names no plugin and mode", text)
		}
	}
}

// In which mode Cilium is, its ConfigMap tells: without it both have to be reckoned with.
func TestAModeThatMayNotBeReadIsOpen(t *testing.T) {
	b := snapshot.NewBuilder(cluster(nil, ciliumSet()))
	b.AddGap(snapshot.Gap{Need: ciliumConfig(ciliumSet()), Reason: snapshot.GapForbidden, Message: "forbidden"})
	p := Detect(b.Snapshot())
	if p.Gap == nil || len(p.Otherwise) != 2 || p.Otherwise[0].Behaviour.NodesEscapeIPBlocks || p.Otherwise[1].Behaviour.PodsEscapeIPBlocks {
		t.Errorf("gap %v, otherwise %+v", p.Gap, p.Otherwise)
	}
}
