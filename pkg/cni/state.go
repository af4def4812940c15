package cni

import (
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// state is whether a plugin enforces policies, what told, and what could not
// be read.
type state struct {
	enforced report.Enforced
	detail   string
	gap      *snapshot.Gap
}

func enforcedIf(on bool, detail string) state {
	if on {
		return state{enforced: report.EnforcedYes, detail: detail}
	}
	return state{enforced: report.EnforcedNo, detail: detail}
}

// ovnHostNamespace is the namespace as whose traffic what nodes send counts: the cluster
// network operator's on OpenShift, and upstream's otherwise (ovn-kubernetes'
// host-network-namespace).
func ovnHostNamespace(w *snapshot.Workload) snapshot.Need {
	name := "ovn-host-network"
	if strings.HasPrefix(w.Namespace, "openshift") {
		name = "openshift-host-network"
	}
	return snapshot.Need{Resource: snapshot.Namespaces, Name: name}
}

func ciliumConfig(w *snapshot.Workload) snapshot.Need {
	return snapshot.Need{Resource: snapshot.ConfigMaps, Namespace: w.Namespace, Name: "cilium-config"}
}

// cilium enforces unless told otherwise, by the agent's arguments or by the
// ConfigMap, which stands in the agent's namespace. "With never mode, policy
// enforcement is disabled on all endpoints" (policy enforcement modes);
// with policy-audit-mode "no network policy is enforced" (creating policies from
// verdicts); without enable-k8s-networkpolicy it does not watch NetworkPolicies.
//
// A ConfigMap that could not be read is taken to hold the defaults: "never" is
// set by hand, and rarely, while an unreadable kube-system is common, so Unknown
// would say of most readers' Cilium clusters that nothing is known. The evidence
// says what was assumed, and the gap what would settle it.
func cilium(s *snapshot.Snapshot, w *snapshot.Workload) state {
	need := ciliumConfig(w)
	object := "configmap " + need.Namespace + "/" + need.Name
	config, exists := s.ConfigMap(snapshot.Name{Namespace: need.Namespace, Name: need.Name})
	off := []struct{ key, value string }{
		{"enable-policy", "never"}, {"policy-audit-mode", "true"}, {"enable-k8s-networkpolicy", "false"},
	}
	for _, o := range off {
		value, given := ciliumArgument(w, o.key)
		from := "argument --" + o.key
		if !given {
			value, from = config[o.key], object+": "+o.key
		}
		if strings.EqualFold(value, o.value) {
			return enforcedIf(false, from+"="+value)
		}
	}
	out := enforcedIf(true, object+": enable-policy="+config["enable-policy"])
	switch mode, given := ciliumArgument(w, "enable-policy"); {
	case given:
		out.detail = "argument --enable-policy=" + mode
	case !exists && !s.Has(need):
		out.detail = object + " was not read; enable-policy is taken to be default"
	case !exists:
		out.detail = "no " + object + "; enable-policy is default"
	case config["enable-policy"] == "":
		out.detail = object + " leaves enable-policy at default"
	}
	out.gap = s.GapFor(need)
	return out
}

func ciliumArgument(w *snapshot.Workload, name string) (string, bool) {
	c := agent{containers: []string{"cilium-agent"}, images: []string{"cilium/cilium"}}.container(w)
	if c == nil {
		return "", false
	}
	return argument(c.Args, name)
}

// kubeRouter enforces unless --run-firewall, true by default, is off.
func kubeRouter(_ *snapshot.Snapshot, w *snapshot.Workload) state {
	for _, c := range w.Containers {
		if v, ok := argument(c.Args, "run-firewall"); ok {
			return enforcedIf(isTrue(v), "argument --run-firewall="+v)
		}
	}
	return enforcedIf(true, "")
}

func kubeOVN(*snapshot.Snapshot, *snapshot.Workload) state {
	return enforcedIf(true, "its controller's --enable-np was not read")
}

// awsNode enforces when its node agent does: --enable-network-policy is false by
// default (aws-network-policy-agent pkg/config/controller_config.go), and before
// VPC CNI 1.14 there is no agent at all.
func awsNode(_ *snapshot.Snapshot, w *snapshot.Workload) state {
	a := agent{
		containers: []string{"aws-eks-nodeagent", "aws-network-policy-agent"},
		images:     []string{"aws-network-policy-agent", "amazon/aws-network-policy-agent"},
	}
	c := a.container(w)
	if c == nil {
		return enforcedIf(false, "no container aws-eks-nodeagent")
	}
	v, ok := argument(c.Args, "enable-network-policy")
	if !ok {
		return enforcedIf(false, "container "+c.Name+": no argument --enable-network-policy")
	}
	return enforcedIf(isTrue(v), "container "+c.Name+": --enable-network-policy="+v)
}

func weave(_ *snapshot.Snapshot, w *snapshot.Workload) state {
	return withContainer(w, agent{containers: []string{"weave-npc"}, images: []string{"weaveworks/weave-npc"}})
}

func flannel(_ *snapshot.Snapshot, w *snapshot.Workload) state {
	return withContainer(w, netpolAgent())
}

// withContainer is the state of a plugin that enforces by a second container.
func withContainer(w *snapshot.Workload, a agent) state {
	if c := a.container(w); c != nil {
		return enforcedIf(true, "container "+c.Name)
	}
	return enforcedIf(false, "no container "+a.containers[0])
}

// kindnet's image tells. kind dates its tags: those up to kind 0.23's (May 2024)
// precede the change that brought policies (kubernetes-sigs/kind#3612), those
// since kind 0.24's (August 2024) have kube-network-policies built in; between
// are builds that no release carries. kindnet proper has versions, and "supports
// network policies since version v1.3.0" (kubernetes/minikube#19871). Its flag
// --network-policy goes first.
func kindnet(_ *snapshot.Snapshot, w *snapshot.Workload) state {
	c := agent{containers: []string{"kindnet-cni"}, images: []string{"kindest/kindnetd", "aojea/kindnetd"}}.container(w)
	if c == nil {
		return state{enforced: report.EnforcedUnknown}
	}
	if v, ok := argument(c.Args, "network-policy"); ok {
		return enforcedIf(isTrue(v), "argument --network-policy="+v)
	}
	detail := "image " + c.Image
	_, tag := splitImage(c.Image)
	if date, ok := tagDate(tag); ok {
		switch {
		case date <= 20240513:
			return enforcedIf(false, detail)
		case date >= 20240813:
			return enforcedIf(true, detail)
		}
	} else if major, minor, ok := tagVersion(tag); ok {
		return enforcedIf(major > 1 || major == 1 && minor >= 3, detail)
	}
	return state{enforced: report.EnforcedUnknown, detail: detail + " does not show whether it supports NetworkPolicy"}
}

// tagDate reads v20240813-c6f155d6.
func tagDate(tag string) (int, bool) {
	day, _, _ := strings.Cut(strings.TrimPrefix(tag, "v"), "-")
	n, err := strconv.Atoi(day)
	return n, err == nil && len(day) == len("20240813")
}

// tagVersion reads v1.3.0.
func tagVersion(tag string) (major, minor int, ok bool) {
	parts := strings.SplitN(strings.TrimPrefix(tag, "v"), ".", 3)
	if len(parts) < 2 {
		return 0, 0, false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return major, minor, err1 == nil && err2 == nil
}

func isTrue(value string) bool {
	on, err := strconv.ParseBool(value)
	return err == nil && on
}
