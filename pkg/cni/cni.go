// Package cni recognises the cluster's network plugin and says what it does
// where the NetworkPolicy API leaves the choice to plugins.
package cni

import (
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Plugin is a recognised network plugin, or the zero value when none was.
type Plugin struct {
	// Name as people know it: Calico, Cilium, AWS VPC CNI. "" when none was recognised.
	Name string
	// Enforced says whether it enforces NetworkPolicy.
	Enforced report.Enforced
	// Evidence is the object that told: daemonset kube-system/cilium.
	Evidence string
	// Source is where the behaviour is documented.
	Source    string
	Behaviour policy.Behaviour
}

// Needs are the reads by which plugins are recognised.
func Needs() []snapshot.Need {
	return []snapshot.Need{{Resource: snapshot.DaemonSets}}
}

// Detect recognises the network plugin.
func Detect(_ *snapshot.Snapshot) Plugin { return Plugin{Enforced: report.EnforcedUnknown} }

// Deviation is a behaviour in which some plugins differ from the specification
// as the upstream suite tests it.
type Deviation struct {
	Code      report.CaveatCode
	Behaviour policy.Behaviour
	Plugins   []string
	Source    string
}

// Deviations are the documented ones that can change a verdict.
func Deviations() []Deviation {
	return []Deviation{
		{Code: report.PodsInIPBlocks, Behaviour: policy.Behaviour{PodsEscapeIPBlocks: true}, Plugins: []string{"Cilium"},
			Source: "https://docs.cilium.io/en/stable/network/kubernetes/policy/"},
	}
}
