package cni

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Keys and variables by which plugins are told their modes.
const (
	cidrMatchMode = "policy-cidr-match-mode"
	// EnforcingMode is read from container aws-node, not from the agent that enforces
	// (amazon-vpc-cni-k8s README, "NETWORK_POLICY_ENFORCING_MODE"; v1.17.1 and later).
	enforcingMode = "NETWORK_POLICY_ENFORCING_MODE"
)

// ciliumDiffers: "CIDR-based selectors do not match in-cluster entities (pods or nodes)";
// an API server outside the cluster they do match (Documentation/security/policy/layer3.rst,
// "IP/CIDR based").
func ciliumDiffers(source string) []difference {
	return []difference{podsEscape(source), {
		code:      report.NodesInIPBlocks,
		behaviour: policy.Behaviour{NodesEscapeIPBlocks: true},
		words:     "an ipBlock never matches a node's address",
		source:    "https://docs.cilium.io/en/stable/security/policy/language/#ip-cidr-based",
	},
		// What the local host sends is let in (--allow-localhost); what leaves for it takes a
		// rule for the entity host, which NetworkPolicy cannot say: cilium/cilium#13081.
		ownNodePoliced("https://docs.cilium.io/en/stable/security/policy/language/#entities-based"),
	}
}

// ciliumModes are the values of policy-cidr-match-mode, a list ("nodes" since 1.15,
// "pods" since 1.20: cilium/cilium#45194).
func ciliumModes() []mode {
	return []mode{{name: "nodes", undo: report.NodesInIPBlocks}, {name: "pods", undo: report.PodsInIPBlocks}}
}

// ciliumModesOf reads the list, which has blanks or commas between its values. Known
// is false where it could not be read.
func ciliumModesOf(s *snapshot.Snapshot, w *snapshot.Workload) (modes []string, known bool) {
	text, given := ciliumArgument(w, cidrMatchMode)
	if !given {
		need := ciliumConfig(w)
		config, exists := s.ConfigMap(snapshot.Name{Namespace: need.Namespace, Name: need.Name})
		if !exists && s.GapFor(need) != nil {
			return nil, false
		}
		text = config[cidrMatchMode]
	}
	for _, m := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ',' || r == ' ' }) {
		if m == "nodes" || m == "pods" {
			modes = append(modes, m)
		}
	}
	return modes, true
}

// awsModes: in strict mode a pod starts denied in both directions, and stays so as long
// as no policy applies to it; once one does, a direction that none isolates is open
// (aws-network-policy-agent controllers/policyendpoints_controller.go; amazon-vpc-cni-k8s
// README). hostNetwork pods are exempt.
func awsModes() []mode {
	return []mode{{name: "strict", differs: difference{
		code:      report.DefaultDeny,
		behaviour: policy.Behaviour{UnpolicedDenied: true},
		words:     "a pod that no policy applies to is denied in both directions",
		source:    "https://github.com/aws/amazon-vpc-cni-k8s/blob/master/README.md",
	}}}
}

func awsModesOf(_ *snapshot.Snapshot, w *snapshot.Workload) ([]string, bool) {
	for _, c := range w.Containers {
		for _, e := range c.Env {
			if name, value, _ := strings.Cut(e, "="); name == enforcingMode && strings.EqualFold(value, "strict") {
				return []string{"strict"}, true
			}
		}
	}
	return nil, true
}
