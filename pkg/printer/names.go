package printer

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// The kinds of an End that are no kinds of the API.
const (
	kindLabels    = "Labels"
	kindAddresses = "Addresses"
	kindInternet  = "Internet"
)

// kindNode without a name is several nodes, or those that are not known.
const kindNode = "Node"

// names writes references as users type them. The namespaces local and other
// are left out, where readers know them; the zero value writes names in full.
type names struct {
	local, other string
	// escape is what every name passes through; nil means plain.
	escape func(string) string
}

func (n names) known(namespace string) bool {
	return namespace == "" || namespace == n.local || namespace == n.other
}

func (n names) esc(s string) string {
	if n.escape != nil {
		return n.escape(s)
	}
	return plain(s)
}

// shortKind is the kind as netguard writes it in references.
func shortKind(kind string) string {
	if short := reference.Kind(kind).Short(); short != "" {
		return short
	}
	if plain(kind) != kind {
		return kind
	}
	return strings.ToLower(kind)
}

// object is a reference such as bank/deploy/frontend.
func (n names) object(kind, namespace, name string) string {
	text := n.esc(shortKind(kind)) + "/" + n.esc(name)
	if !n.known(namespace) {
		text = n.esc(namespace) + "/" + text
	}
	return text
}

// policy is the name of a policy, with its namespace unless it is local, and with its
// kind unless it is a NetworkPolicy.
func (n names) policy(p report.Object) string {
	if p.Group != "" && p.Namespace == "" {
		return n.esc(strings.ToLower(p.Kind)) + "/" + n.esc(p.Name)
	}
	if p.Group != "" {
		return n.object(p.Kind, p.Namespace, p.Name)
	}
	if n.known(p.Namespace) {
		return n.esc(p.Name)
	}
	return n.esc(p.Namespace) + "/" + n.esc(p.Name)
}

// end is the reference to an end, without its port.
func (n names) end(e report.End) string {
	switch e.Kind {
	case kindLabels:
		return n.labels(e.Labels)
	case kindAddresses:
		return n.list(e.Addresses, 3)
	case kindInternet:
		return "internet"
	case "Namespace":
		if e.Name == "" {
			return "namespaces that could not be read"
		}
	case kindNode:
		if e.Name == "" {
			return "the nodes"
		}
	}
	return n.object(e.Kind, e.Namespace, e.Name)
}

// question is an end as it was asked for, with its port.
func (n names) question(e report.End) string {
	text := n.end(e)
	if e.Kind == kindLabels && e.Namespace != "" {
		text += " (in namespace " + n.esc(e.Namespace) + ")"
	}
	if e.Port == "" {
		return text
	}
	if e.Kind == kindAddresses && strings.Contains(text, ":") {
		text = "[" + text + "]"
	}
	return text + ":" + n.esc(e.Port)
}

func (n names) labels(set map[string]string) string {
	pairs := make([]string, 0, len(set))
	for _, key := range slices.Sorted(maps.Keys(set)) {
		pairs = append(pairs, n.esc(key+"="+set[key]))
	}
	return strings.Join(pairs, ",")
}

// members is what an answer is about: all of an end, or 2 of 3 pods of it. Where not
// all pods were read, nobody knows of how many.
func (n names) members(m report.Members) string {
	e, some := m.End, m.Count < m.Total
	switch {
	case m.Others:
		return n.others([]report.Members{m}, 0)
	case m.Incomplete && e.Kind == "Namespace":
		return "any pod of " + n.end(e)
	case m.Incomplete:
		return "some pods of " + n.end(e)
	}
	switch e.Kind {
	case kindInternet:
		if len(e.Addresses) > 0 {
			return "internet (" + n.list(e.Addresses, 3) + ")"
		}
		return "internet"
	case kindNode:
		switch {
		case some:
			return fmt.Sprintf("%d of %d nodes", m.Count, m.Total)
		case m.Count > 1:
			return fmt.Sprintf("each of %d nodes", m.Count)
		}
		return n.end(e)
	case kindAddresses:
		return n.end(e)
	case kindLabels:
		text := "pods " + n.labels(e.Labels)
		if !n.known(e.Namespace) {
			text += " in namespace " + n.esc(e.Namespace)
		}
		if some {
			return fmt.Sprintf("%d of %d %s", m.Count, m.Total, text)
		}
		return text
	case "Namespace":
		if some {
			return fmt.Sprintf("%d of %d pods of %s", m.Count, m.Total, n.end(e))
		}
		return "every pod of " + n.end(e)
	case "Service":
		if some {
			return fmt.Sprintf("%d of %d pods behind %s", m.Count, m.Total, n.end(e))
		}
		return n.end(e)
	default:
		if some {
			return fmt.Sprintf("%d of %d pods of %s", m.Count, m.Total, n.end(e))
		}
		return n.end(e)
	}
}

// list joins escaped texts with commas, up to a limit (0: all of them).
func (n names) list(all []string, limit int) string {
	shown, more := all, ""
	if limit > 0 && len(all) > limit+1 {
		shown, more = all[:limit], fmt.Sprintf(" and %d more", len(all)-limit)
	}
	out := make([]string, 0, len(shown))
	for _, s := range shown {
		out = append(out, n.esc(s))
	}
	return strings.Join(out, ", ") + more
}

func same(s string) string { return s }

// port is one port as asked for and as the pod has it: 80 → 8080/TCP (http).
func (n names) port(p report.PortMapping) string {
	pod := n.podPort(p)
	switch {
	case p.Service == 0, p.Service == p.Pod:
		return pod
	case p.Pod == 0:
		return fmt.Sprintf("%d/%s", p.Service, n.esc(string(p.Protocol)))
	default:
		return fmt.Sprintf("%d → %s", p.Service, pod)
	}
}

// podPort is the port at the pod alone.
func (n names) podPort(p report.PortMapping) string {
	protocol := n.esc(string(p.Protocol))
	switch {
	case p.Pod == 0 && p.PodPortName != "":
		return n.esc(p.PodPortName) + "/" + protocol
	case p.Pod == 0:
		return "any " + protocol + " port"
	case p.PodPortName != "":
		return fmt.Sprintf("%d/%s (%s)", p.Pod, protocol, n.esc(p.PodPortName))
	default:
		return strconv.Itoa(int(p.Pod)) + "/" + protocol
	}
}

// ports lists ports, up to a limit (0: all).
func (n names) ports(all []report.PortMapping, limit int) string {
	texts := make([]string, 0, len(all))
	for _, p := range all {
		if text := n.port(p); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return names{escape: same}.list(texts, limit)
}
