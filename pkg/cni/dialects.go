package cni

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// implementations is where the working group lists who implements its APIs, in which
// versions; the source of every row that has no other.
const implementations = "https://github.com/kubernetes-sigs/network-policy-api/blob/main/site-src/implementations.md"

// dialects are the APIs besides NetworkPolicy whose policies a plugin enforces. Those
// that are neither enforced nor unsure change nothing in its clusters.
type dialects struct {
	enforces, unsure policy.Dialect
	// priorities is how many priorities of AdminNetworkPolicies the plugin knows, from 0;
	// 0 is all.
	priorities int32
}

// besides is what is known of a plugin's dialects.
type besides struct {
	// may are those that some version or configuration of it enforces.
	may policy.Dialect
	// of tells them for a cluster; nil where none is enforced.
	of     func(*snapshot.Snapshot, *snapshot.Workload) dialects
	words  string
	source string
}

// specified are the dialects of Kubernetes' own working group, which decide where no
// plugin is recognised.
const specified = policy.AdminPolicies | policy.ClusterPolicies

// in is what holds in a cluster.
func (b besides) in(s *snapshot.Snapshot, w *snapshot.Workload) dialects {
	if b.of == nil || w == nil {
		return dialects{}
	}
	return b.of(s, w)
}

// ignoring is the deviation of a plugin that does not enforce some dialects.
func ignoring(plugin string, some policy.Dialect, source string) Deviation {
	if source == "" {
		source = implementations
	}
	return Deviation{
		Code: report.PoliciesIgnored, Behaviour: policy.Behaviour{Ignores: some}, Plugins: []string{plugin}, Source: source,
	}
}

// unsure is said of plugins that have a switch that netguard does not read.
func unsure(some policy.Dialect) func(*snapshot.Snapshot, *snapshot.Workload) dialects {
	return func(*snapshot.Snapshot, *snapshot.Workload) dialects { return dialects{unsure: some} }
}

// ovnKubernetes knows 100 priorities: "The OVN-Kubernetes CNI supports up to 100 ANPs,
// with priority 0 to 99"; its module requires network-policy-api v0.1.5, which has no
// v1alpha2 (go-controller/go.mod).
func ovnKubernetes() besides {
	return besides{
		may: policy.AdminPolicies,
		of: func(*snapshot.Snapshot, *snapshot.Workload) dialects {
			return dialects{enforces: policy.AdminPolicies, priorities: 100}
		},
		words:  "AdminNetworkPolicy (priorities 0 to 99), BaselineAdminNetworkPolicy",
		source: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.17/html/network_security/admin-network-policy",
	}
}

// calicoBesides follows the version: AdminNetworkPolicy came with 3.29, its Baseline with
// 3.30, and 3.32 has ClusterNetworkPolicy in their place.
func calicoBesides(a agent) besides {
	return besides{
		may: specified,
		of: func(_ *snapshot.Snapshot, w *snapshot.Workload) dialects {
			switch major, minor, ok := version(a, w); {
			case !ok:
				return dialects{unsure: specified}
			case major > 3 || minor >= 32:
				return dialects{enforces: policy.ClusterPolicies}
			case minor >= 30:
				return dialects{enforces: policy.AdminPolicies}
			case minor == 29:
				return dialects{unsure: policy.AdminPolicies} // the Baseline came later
			}
			return dialects{}
		},
		words:  "3.30 and 3.31: AdminNetworkPolicy, BaselineAdminNetworkPolicy; from 3.32 on: ClusterNetworkPolicy",
		source: "https://docs.tigera.io/calico/latest/release-notes/",
	}
}

// version is that of the image by which an agent is recognised.
func version(a agent, w *snapshot.Workload) (major, minor int, ok bool) {
	c := a.container(w)
	if c == nil {
		return 0, 0, false
	}
	_, tag := splitImage(c.Image)
	return tagVersion(tag)
}

// clusterPolicySwitch turns ClusterNetworkPolicy on in Cilium, from 1.20 on; it is off by
// default (pkg/option, Documentation/cmdref).
const clusterPolicySwitch = "enable-k8s-cluster-network-policy"

func ciliumBesides() besides {
	return besides{
		may: policy.ClusterPolicies,
		of: func(s *snapshot.Snapshot, w *snapshot.Workload) dialects {
			value, given := ciliumArgument(w, clusterPolicySwitch)
			need := ciliumConfig(w)
			config, exists := s.ConfigMap(snapshot.Name{Namespace: need.Namespace, Name: need.Name})
			switch {
			case given:
			case exists:
				value = config[clusterPolicySwitch]
			case !s.Has(need):
				return dialects{unsure: policy.ClusterPolicies}
			}
			if isTrue(value) {
				return dialects{enforces: policy.ClusterPolicies}
			}
			return dialects{}
		},
		words:  "ClusterNetworkPolicy, with `" + clusterPolicySwitch + ": true`",
		source: "https://github.com/cilium/cilium/blob/main/Documentation/cmdref/cilium-agent.md",
	}
}

// netpolBesides is kube-network-policies, whose builds differ: the tag of the image
// tells which (its Makefile, image-build-npa-v1alpha2).
func netpolBesides() besides {
	return besides{
		may: specified,
		of: func(_ *snapshot.Snapshot, w *snapshot.Workload) dialects {
			c := netpolAgent().container(w)
			if c == nil {
				return dialects{}
			}
			_, tag := splitImage(c.Image)
			switch {
			case strings.HasSuffix(tag, "-npa-v1alpha2"):
				return dialects{enforces: policy.ClusterPolicies}
			case strings.HasSuffix(tag, "-npa-v1alpha1"):
				return dialects{enforces: policy.AdminPolicies}
			case tag == "":
				return dialects{unsure: specified}
			}
			for _, flag := range []string{"admin-network-policy", "baseline-admin-network-policy"} {
				if v, ok := argument(c.Args, flag); ok && isTrue(v) {
					return dialects{enforces: policy.AdminPolicies} // before v1.0
				}
			}
			return dialects{}
		},
		words:  "ClusterNetworkPolicy with an image tag in `-npa-v1alpha2`; AdminNetworkPolicy, BaselineAdminNetworkPolicy in `-npa-v1alpha1`",
		source: "https://github.com/kubernetes-sigs/kube-network-policies/blob/main/Makefile",
	}
}
