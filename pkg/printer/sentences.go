package printer

import (
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// cause is all that the sentence for a report.Reason may speak of.
type cause struct {
	verdict report.Verdict
	reason  report.Reason
	hop     report.HopKind
	// subject is who the sentence is about: "it" after its name, or "the target".
	subject string
	// end is the kind of the subject's end, where no policy can select it.
	end      string
	policies []report.Object
	rules    []report.RuleRef
	detail   string
	needs    []string
}

// reason is why a hop or an answer has its verdict.
func (n names) reason(c cause) string {
	detail := n.esc(c.detail)
	switch c.reason {
	case report.NotIsolated:
		return "no NetworkPolicy restricts what " + verb(c.hop) + " " + c.subject
	case report.RuleAllows:
		return "by " + n.rules(c.rules)
	case report.NoRuleAllows:
		return n.restricted(c)
	case report.NotPoliced:
		return n.notPoliced(c)
	case report.SamePod:
		return "a pod always reaches itself, whatever policies say"
	case report.SameNode:
		return "a node and its own pods always reach each other, whatever policies say"
	case report.PodFinished:
		return "the pod has finished"
	case report.PodPending:
		return "the pod is still pending and has no address"
	case report.NoAddress:
		return "the pod has no IP address"
	case report.NoPods:
		if c.detail == "" {
			return "no pod stands behind it"
		}
		return "no pod has the labels that the Service selects: " + detail
	case report.NoEndpoints:
		return "the Service has no endpoint that is ready" + inParens(detail)
	case report.ServicePortMissing:
		if c.detail == "" {
			return "the Service has no such port"
		}
		return "the Service has no such port; it has " + detail
	case report.TargetPortMissing:
		return "the Service's targetPort " + detail + " is a name that no container of its pods declares"
	case report.NoLocalEndpoint:
		return "the traffic policy is Local and the node has no endpoint of the Service" + inParens(detail)
	case report.NoCommonIPFamily:
		return "one end has IPv4 addresses only, the other IPv6 only"
	case report.NotExposed:
		return "the Service has no address outside the cluster" + inParens(detail)
	case report.SourceRangeDenied:
		return "spec.loadBalancerSourceRanges of the Service leaves the client out" + inParens(detail)
	case report.Translated:
		return "the Service passes it on to its pods"
	case report.NotRead:
		return n.notRead(c.needs)
	case report.NotModelled:
		if c.detail == "" {
			return "policies of a kind that netguard does not evaluate may decide this"
		}
		return detail + " may decide this, and netguard does not evaluate policies of that kind"
	case report.AddressUnknown:
		return "an ipBlock decides, and the address is not known"
	case report.PortUnknown:
		return "it depends on the port, and that is not known"
	case report.NodeUnknown:
		return "it depends on which node the pod runs on, and that is not known"
	case report.LeavesCluster:
		if c.detail == "" {
			return "the way leaves what the cluster's API describes"
		}
		return "the way leads to " + detail + ", outside of what the cluster's API describes"
	case report.NetworkPluginDecides:
		return "network plugins differ here, and --strict takes no side"
	}
	return ""
}

func verb(hop report.HopKind) string {
	if hop == report.HopEgress {
		return "leaves"
	}
	return "enters"
}

func inParens(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func (n names) rules(rules []report.RuleRef) string {
	if len(rules) == 0 {
		return "a rule of a NetworkPolicy"
	}
	text := n.policy(rules[0].Policy)
	if rules[0].Path != "" {
		text += " " + n.esc(rules[0].Path)
	}
	if more := len(rules) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more %s", more, plural(more, "rule"))
	}
	return text
}

func (n names) restricted(c cause) string {
	policies := c.policies
	if len(policies) == 0 {
		for _, r := range c.rules {
			policies = append(policies, r.Policy)
		}
	}
	switch len(policies) {
	case 0:
		return "NetworkPolicies restrict what " + verb(c.hop) + " " + c.subject + ", and no rule allows this"
	case 1:
		return "restricted by " + n.policy(policies[0]) + ", and none of its rules allows this"
	default:
		return fmt.Sprintf("restricted by %s, and none of their rules allows this", n.policies(policies, 2))
	}
}

func (n names) notPoliced(c cause) string {
	switch c.end {
	case kindAddresses, kindInternet:
		return "no NetworkPolicy applies outside the cluster"
	case "Node":
		return "no NetworkPolicy applies to nodes"
	case "":
		return "no NetworkPolicy applies to nodes, hostNetwork pods and addresses outside"
	default:
		return "no NetworkPolicy applies to " + c.subject + ": with hostNetwork it shares its node's network"
	}
}

func (n names) notRead(needs []string) string {
	if len(needs) == 0 {
		return "something that it depends on could not be read"
	}
	texts := make([]string, 0, len(needs))
	for _, need := range needs {
		texts = append(texts, prose(need))
	}
	return "netguard could not read what decides it: " + strings.Join(texts, "; ")
}

// sides names the two ends of a connection as a rule sees them: in ingress
// rules the peer is the source, in egress rules it is the target.
type sides struct{ peer, pod string }

func sidesOf(d report.HopKind) sides {
	if d == report.HopEgress {
		return sides{peer: "target", pod: "source"}
	}
	return sides{peer: "source", pod: "target"}
}

// mismatch is why a clause does not match, in two lengths: brief for a table,
// full with what a person needs to know who has not read the specification.
// Hint is a second sentence, or "".
func (n names) mismatch(m report.Mismatch, s sides, clause string) (brief, full, hint string) {
	want, got := n.esc(m.Want), n.esc(m.Got)
	switch m.Reason {
	case report.NamespaceDiffers:
		brief = fmt.Sprintf("its podSelector only matches pods in %s", want)
		full = fmt.Sprintf("the %s is in namespace %s", s.peer, got)
		hint = fmt.Sprintf("A podSelector alone only matches pods in the policy's own namespace, %s. "+
			"To match pods elsewhere, the same entry also needs a namespaceSelector.", want)
		if got == "" {
			full = "the " + s.peer + " is in no namespace"
		}
	case report.NamespaceLabel:
		wants, has := n.label(m)
		brief = "wants namespace label " + wants + ", has " + has
		full = fmt.Sprintf("wants namespace label %s, the namespace of the %s has %s", wants, s.peer, has)
	case report.PodLabel:
		wants, has := n.label(m)
		brief = "wants label " + wants + ", has " + has
		full = fmt.Sprintf("wants label %s, the %s has %s", wants, s.peer, has)
	case report.OutsideIPBlock:
		brief = orElse(got, "the address") + " is not in " + want
		full = orElse(got, "the address of the "+s.peer) + " is not in " + want
	case report.InExcept:
		brief = orElse(got, "the address") + " is excepted by " + want
		full = fmt.Sprintf("%s is in %s, which except takes out of the block", orElse(got, "the address of the "+s.peer), want)
	case report.PodsNotInIPBlock:
		brief = "an ipBlock matches no pods here"
		full = "with this network plugin an ipBlock never matches pods"
		hint = "Name the pods by podSelector and namespaceSelector instead."
	case report.NotAPod:
		brief = "selectors match no outside address"
		full = fmt.Sprintf("a selector matches pods only, and the %s is an address outside", s.peer)
		hint = "Only an ipBlock matches addresses outside the cluster."
	case report.HostNetwork:
		brief = "selectors match no hostNetwork pod or node"
		full = fmt.Sprintf("a selector never matches nodes or hostNetwork pods, and the %s is one", s.peer)
		hint = "To the network a hostNetwork pod is its node; only an ipBlock with the node's address can match it."
	case report.Protocol:
		brief = "allows " + want + ", not " + got
		full = fmt.Sprintf("allows %s, the connection is %s", want, got)
	case report.Port:
		brief = fmt.Sprintf("allows port %s, the pod's is %s", want, got)
		full = fmt.Sprintf("allows port %s, the connection arrives at the pod's port %s", want, got)
		if m.ServicePort {
			brief = fmt.Sprintf("allows the Service's port %s, the pod's is %s", want, got)
			hint = fmt.Sprintf("%s is the Service's port. Policies only see the pod's port, after the Service has translated it: %s.", want, got)
		}
	case report.PortName:
		brief = "no container declares port " + want
		full = fmt.Sprintf("no container of the target pod declares a %sport named %s", protocolOf(clause), want)
	case report.NamedPortOutside:
		brief = "port name " + want + " only has a meaning on pods"
		full = fmt.Sprintf("the port name %s is looked up on the target's containers, and the target has none", want)
		hint = "Use the port's number."
	case report.LabelsUnread:
		brief = "the namespace's labels could not be read"
		full = fmt.Sprintf("the labels of the %s's namespace could not be read", s.peer)
		if m.Key != "" {
			full = fmt.Sprintf("the label %s could not be read", n.esc(m.Key))
		}
	case report.AddressUnread:
		brief = "the address is not known"
		full = fmt.Sprintf("the address of the %s is not known", s.peer)
	case report.PortUnread:
		brief = "only port " + want
		full = fmt.Sprintf("allows port %s, and the target's port is not known", want)
	}
	return brief, full, hint
}

// label says which label a selector wants and what there is instead.
func (n names) label(m report.Mismatch) (wants, has string) {
	key := n.esc(m.Key)
	wants, has = key+"="+n.esc(m.Want), key+"="+n.esc(m.Got)
	if strings.Contains(m.Path, "matchExpressions[") {
		wants = n.esc(m.Want)
	}
	if m.Absent {
		has = "no label " + key
	}
	return wants, has
}

func protocolOf(clause string) string {
	protocol, _, ok := strings.Cut(clause, " ")
	if !ok {
		return ""
	}
	return plain(protocol) + " "
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// caveat says what other network plugins answer, and why.
func (n names) caveat(c report.Caveat) string {
	who := "other network plugins"
	if len(c.Plugins) > 0 {
		who = n.list(c.Plugins, 0)
	}
	on := "on " + who + " the answer is " + c.Otherwise.String() + ": "
	if c.Applied {
		on = who + ", the cluster's network plugin, decides this; by the specification alone it would be " + c.Otherwise.String() + ": "
	}
	switch c.Code {
	case report.PodsInIPBlocks:
		return on + "there an ipBlock never matches pods"
	case report.HostNetworkPeers:
		return on + "there selectors also match hostNetwork pods"
	case report.OwnNodeExempt:
		return on + "there policies also bind what a pod sends to its own node"
	case report.Hairpin:
		return on + "there policies also bind a pod that reaches itself through its Service"
	case report.RoutedOutside:
		return "policies allow it; whether anything routes that address to the pod is not in the API"
	}
	return ""
}

// change says what a patch does to its rule.
func (n names) change(p report.Patch) string {
	rule := n.esc(p.Rule)
	switch p.Change {
	case report.AddPort:
		return "adds a port to " + rule
	case report.ReplacePort:
		return "replaces the port in " + rule
	case report.AddPeer:
		return "adds a peer to " + rule
	case report.AddRule:
		return "adds the rule " + rule
	}
	return ""
}

// enforcement is the line about whether policies bind at all, or "".
func (n names) enforcement(e report.Enforcement) string {
	plugin := n.esc(e.Plugin) + inParens(n.esc(e.Evidence))
	switch e.Enforced {
	case report.EnforcedNo:
		return "NOT ENFORCED: " + plugin + " does not enforce NetworkPolicy. " +
			"The verdicts say what the policies ask for; traffic flows regardless."
	case report.EnforcedUnknown, "":
		if e.Plugin == "" {
			return ""
		}
		return "Note: whether " + plugin + " enforces NetworkPolicy here is not known."
	case report.EnforcedYes:
	}
	return ""
}

// gap says what could not be read, and what would help.
func (n names) gap(g report.Gap) string {
	message := ""
	if g.Message != "" {
		message = ": " + prose(g.Message)
	}
	switch g.Reason {
	case "Forbidden":
		return "netguard may not " + prose(g.Needs) + ": ask for that permission"
	case "Invalid":
		return "cannot be evaluated" + orElse(message, ": "+prose(g.Needs))
	default:
		return "could not " + prose(g.Needs) + message
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
