package printer

import (
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/reference"
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
	// option is the setting of a controller that decides.
	option string
}

// reason is why a hop or an answer has its verdict.
func (n names) reason(c cause) string {
	detail := n.esc(c.detail)
	switch c.reason {
	case report.NotIsolated:
		if c.subject == "it" {
			return "no policy restricts its " + strings.ToLower(string(c.hop))
		}
		return "no policy restricts " + c.subject
	case report.RuleAllows:
		return n.rules(c.rules)
	case report.NoRuleAllows:
		return n.restricted(c)
	case report.RuleDenies:
		return "denied by " + n.rules(c.rules)
	case report.NotPoliced:
		return n.notPoliced(c)
	case report.SamePod:
		return "a pod always reaches itself"
	case report.SameNode:
		if c.detail != "" {
			return "where it runs on node " + detail + ": a node and its own pods always reach each other"
		}
		return "a node and its own pods always reach each other"
	case report.PodFinished:
		return "the pod has finished"
	case report.PodPending:
		return "the pod is still pending and has no address"
	case report.NoAddress:
		return "the pod has no IP address"
	case report.NoPods:
		switch {
		case c.detail == "":
			return "no pod stands behind it"
		case c.hop == report.HopService:
			return "no pod has the labels that the Service selects: " + detail
		default:
			return detail + " has no pods"
		}
	case report.NoEndpoints:
		return "the Service has no endpoint that is ready" + inParens(detail)
	case report.ServicePortMissing:
		if c.detail == "" {
			return "the Service has no such port"
		}
		return "the Service has no such port; it has " + detail
	case report.TargetPortMissing:
		return "the Service's targetPort " + detail + " is a name that no container of its pods declares"
	case report.TargetPortProtocol:
		return "the containers of its pods declare port " + detail
	case report.TargetPortEnded:
		return "the Service's targetPort " + detail + " is declared by an init container only, which has ended by the time the pod serves"
	case report.EndpointHostNames:
		return "EndpointSlice " + detail + " holds host names, and nothing sends a Service's traffic to those"
	case report.EndpointFamily:
		return "the Service's EndpointSlices hold no address of its own IP family (" + detail + ")"
	case report.EndpointPortUnset:
		return "the port in EndpointSlice " + detail + " has no number, and is passed over"
	case report.EndpointPortName:
		return "its endpoints serve no port of that name: the port is " + detail
	case report.EndpointPodMissing:
		return "pod " + detail + " does not exist here, so its policies are not known; whose the address is now is not known either"
	case report.OtherServiceProxy:
		return "the label service.kubernetes.io/service-proxy-name leaves the Service to " + detail + ", which netguard does not know"
	case report.OutAndBack:
		return "the load balancer's own address " + detail + " (ipMode: Proxy): traffic leaves the cluster and comes back"
	case report.TranslatedStale:
		return "the Service passes it on to its pods; pod " + detail + " no longer has that address"
	case report.SourceUnknown:
		return "it comes by way of " + detail + ", and which source address the policies see then is not known"
	case report.PortNameMissing:
		return "no container of the pod declares a port named " + detail
	case report.NoLocalEndpoint:
		return "the traffic policy is Local and the node has no endpoint of the Service" + inParens(detail)
	case report.NoCommonIPFamily:
		return "one end has IPv4 addresses only, the other IPv6 only"
	case report.NotExposed:
		return "the Service has no address outside the cluster" + inParens(detail)
	case report.SourceRangeDenied:
		if detail != "" {
			return "spec.loadBalancerSourceRanges keeps the client from the load balancer; the Service's NodePort " + detail + " is not closed by it"
		}
		return "spec.loadBalancerSourceRanges of the Service leaves the client out"
	case report.Translated:
		return "the Service passes it on to its pods"
	case report.NotRead:
		return n.notRead(c.needs)
	case report.NotModelled:
		if c.detail == "" {
			return "policies of a kind that netguard does not evaluate may decide this"
		}
		return detail + " may decide this, and netguard does not evaluate policies of that kind"
	case report.LabelUnknown:
		return "it depends on the value of a label that the pods' controller makes up, and that is not known"
	case report.NamespaceUndeclared:
		return "it depends on the labels of a namespace that no file declares: add its Namespace to the files"
	case report.PolicyUnclear:
		return "what a policy says here is not known: " + detail
	case report.SamePriority:
		return detail + " have the same priority and answer differently: which of them is asked first is not defined"
	case report.AddressUnknown:
		return "an ipBlock decides, and the address is not known"
	case report.PortUnknown:
		return "it depends on the port, and that is not known"
	case report.NodeUnknown:
		return "it depends on which node the pod runs on, and that is not known"
	case report.LeavesCluster:
		if c.detail == "" {
			return "the path leaves the cluster"
		}
		return "the way leads to " + detail + ", outside of what the cluster's API describes"
	case report.NoPeerMatches:
		return "its traffic comes from " + orElse(detail, "outside") + ", which no peer of a NetworkPolicy can name"
	case report.NoOwnLabels:
		if c.detail == "" {
			return "its pods have only generated labels, so that no policy can select them"
		}
		return "its pods have no labels of their own: a policy for them would select " + detail + ", too"
	case report.NameLookup:
		return "whether the name can be looked up is not known"
	case report.PluginDenies:
		return "no policy applies to " + orElse(c.subject, "the pod") + ", and the network plugin then denies it" + inParens(detail)
	case report.NetworkIsolated:
		return "the ends are on networks that are kept apart" + inParens(detail)
	case report.NetworkPluginDecides:
		if c.detail != "" {
			return "network plugins differ here, and " + n.notRead([]string{c.detail}) + ", which would tell which one this is (--network-plugin says it, too)"
		}
		return "network plugins differ here, and --strict leaves this Unknown"
	default:
		return n.doorReason(c)
	}
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
		return "policies restrict " + c.subject + ", and no rule allows it"
	case 1:
		return "no rule of " + n.policy(policies[0]) + " allows it"
	case 2:
		return "no rule of " + n.policy(policies[0]) + " or " + n.policy(policies[1]) + " allows it"
	default:
		return fmt.Sprintf("no rule of %s or %d more policies allows it", n.policy(policies[0]), len(policies)-1)
	}
}

func (n names) notPoliced(c cause) string {
	switch c.end {
	case kindAddresses, kindInternet:
		return "no NetworkPolicy applies outside the cluster"
	case kindNode:
		return "no NetworkPolicy applies to nodes"
	case string(reference.Ingress), string(reference.Gateway):
		// Its traffic comes from outside.
		return "no NetworkPolicy applies outside the cluster"
	case "":
		return "no NetworkPolicy applies to nodes, hostNetwork pods and addresses outside"
	default:
		return "it uses its node's network (hostNetwork), which no policy binds"
	}
}

func (n names) notRead(needs []string) string {
	if len(needs) == 0 {
		return "something that it depends on could not be read"
	}
	texts, more := make([]string, 0, len(needs)), ""
	for i, need := range needs {
		if i == 2 && len(needs) > 3 {
			more = fmt.Sprintf(" or %d other resources", len(needs)-i)
			break
		}
		texts = append(texts, prose(need))
	}
	return "netguard could not " + strings.Join(texts, ", nor ") + more
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
// full for a line that shows the clause, and a hint with what a person needs to
// know who has not read the specification, or "".
func (n names) mismatch(m report.Mismatch, s sides, clause string) (brief, full, hint string) {
	want, got := n.esc(m.Want), n.esc(m.Got)
	address := orElse(got, "the "+s.peer+"'s address")
	switch m.Reason {
	case report.NamespaceDiffers:
		brief = fmt.Sprintf("its podSelector only matches pods in %s", want)
		full = fmt.Sprintf("the %s is in namespace %s", s.peer, orElse(got, "none"))
		hint = fmt.Sprintf("A podSelector alone only matches pods in the policy's own namespace, %s. "+
			"To match pods elsewhere, the same entry also needs a namespaceSelector.", want)
	case report.NamespaceLabel:
		wants, has := n.label(m)
		if m.Key == metadataName && !strings.Contains(m.Path, matchExpressions) {
			// The label that every namespace has with its own name.
			brief = "only matches namespace " + want
			full = fmt.Sprintf("the %s is in namespace %s", s.peer, orElse(got, "none"))
			break
		}
		brief = "wants namespace label " + wants + but(m, has)
		full = wanted(clause, "namespaceSelector", m, wants) + fmt.Sprintf("the %s's namespace has %s", s.peer, has)
	case report.PodLabel:
		wants, has := n.label(m)
		brief = "wants label " + wants + but(m, has)
		full = wanted(clause, "podSelector", m, wants) + fmt.Sprintf("the %s has %s", s.peer, has)
	case report.OutsideIPBlock:
		brief = address + " is not in " + want
		full = address + " is not in it"
	case report.InExcept:
		brief = address + " is excepted by " + want
		full = fmt.Sprintf("%s is in %s, which except takes out", address, want)
	case report.PodsNotInIPBlock:
		brief = "an ipBlock matches no pods here"
		full = "with this network plugin an ipBlock never matches pods"
		hint = "Name the pods by podSelector and namespaceSelector instead."
	case report.NodesNotInIPBlock:
		brief = "an ipBlock matches no nodes here"
		full = "with this network plugin an ipBlock never matches nodes"
		hint = "A NetworkPolicy cannot name a node with this network plugin; with Cilium, a CiliumNetworkPolicy with the entities host, remote-node or kube-apiserver can."
	case report.NotAPod:
		brief = "selectors match no outside address"
		full = fmt.Sprintf("the %s is no pod, and a selector only matches pods", s.peer)
		hint = "Only an ipBlock matches addresses outside the cluster."
	case report.PluginIdentity:
		brief = "no peer of a NetworkPolicy matches it"
		full = fmt.Sprintf("the %s is an identity of the network plugin, which no peer of a NetworkPolicy matches", s.peer)
		hint = "With Cilium, a CiliumNetworkPolicy with fromEntities: [ingress] can let it in; a NetworkPolicy cannot."
	case report.HostNetwork:
		brief = "selectors match no hostNetwork pod or node"
		full = fmt.Sprintf("the %s is a hostNetwork pod or a node", s.peer)
		hint = "A selector never matches those: to the network a hostNetwork pod is its node, " +
			"and only an ipBlock with the node's address can match it."
	case report.Protocol:
		brief = "allows " + want + " only"
		full = "the connection is " + got
	case report.Port:
		pods := ""
		if got != "" {
			pods = ", the pod's is " + got
		}
		brief = "allows port " + want + pods
		full = "the connection arrives at port " + got
		if !strings.HasSuffix(clause, " "+m.Want) {
			full = fmt.Sprintf("on the pod that is %s, and %s", want, full)
		}
		if m.ServicePort {
			brief = fmt.Sprintf("allows the Service's port %s", want) + pods
			hint = fmt.Sprintf("%s is the Service's port. Policies only see the pod's port, after the Service has translated it: %s.", want, got)
		}
	case report.PortName:
		brief = "no container declares port " + want
		full = fmt.Sprintf("no container of the target declares a %sport named %s", protocolOf(clause), want)
	case report.NamedPortOutside:
		brief = "port name " + want + " only has a meaning on pods"
		full = "the target has no containers that could declare that name"
		hint = "A port name is looked up on the target's containers: use the port's number."
	case report.NotANode:
		brief = "it is no node with these labels"
		full = fmt.Sprintf("the %s is no node that has the labels", s.peer)
	case report.EmptyPeer:
		brief = "the peer names nothing, and so matches nothing"
		full = "no field of the peer is one that the API knows: a rule that allows then matches nothing"
	case report.ConditionFails:
		brief = "does not satisfy " + want
		full = fmt.Sprintf("the %s does not satisfy %s", s.peer, want)
	case report.ClauseUnclear:
		brief = "it is not known what it matches"
		full = "it is not known what the clause matches: " + want
	case report.LabelsUnread:
		brief = "the namespace's labels are not known"
		full = fmt.Sprintf("the labels of the %s's namespace are not known", s.peer)
		if m.Key != "" {
			full = fmt.Sprintf("the %s's label %s is not known", s.peer, n.esc(m.Key))
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

// wanted repeats which label is wanted, where the clause has more than that one.
func wanted(clause, selector string, m report.Mismatch, wants string) string {
	if clause == selector+" "+m.Key+"="+m.Want {
		return ""
	}
	return "wants " + wants + ", "
}

// but says what there is, unless that differs between those a row is about.
func but(m report.Mismatch, has string) string {
	if m.Got == "" && !m.Absent {
		return ""
	}
	return ", has " + has
}

const (
	metadataName     = "kubernetes.io/metadata.name"
	matchExpressions = "matchExpressions["
)

// label says which label a selector wants and what there is instead.
func (n names) label(m report.Mismatch) (wants, has string) {
	key := n.esc(m.Key)
	wants, has = key+"="+n.esc(m.Want), key+"="+n.esc(m.Got)
	if strings.Contains(m.Path, matchExpressions) || m.Key == "" {
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
	differs := func(how string) string {
		if c.Applied {
			return who + ", the cluster's network plugin, decides this: with it " + how +
				"; by the specification alone it would be " + c.Otherwise.String()
		}
		return "on " + who + " the answer is " + c.Otherwise.String() + ": there " + how
	}
	switch c.Code {
	case report.PodsInIPBlocks:
		return differs("an ipBlock never matches pods")
	case report.HostNetworkPeers:
		return differs("selectors also match hostNetwork pods")
	case report.NodesInIPBlocks:
		return differs("an ipBlock never matches nodes")
	case report.HostNetworkNamespace:
		return differs("a namespaceSelector that matches the host network's namespace also matches nodes and hostNetwork pods")
	case report.DefaultDeny:
		return differs("a pod that no policy applies to is denied in both directions")
	case report.ThroughNodes:
		return differs("ingress policies do not bind what a node passes on with its own address")
	case report.OwnNodeExempt:
		return differs("policies also bind what a pod sends to its own node")
	case report.PoliciesIgnored:
		return differs("policies of this kind are not enforced")
	case report.Hairpin:
		return differs("policies also bind a pod that reaches itself through its Service")
	case report.BeforeMasquerade:
		return differs("policies of pods on the node that takes the packet see the client's own address")
	case report.DirectionsMixed:
		return differs("between pods that one policy selects, its rules of either direction count for both")
	case report.LooseNames:
		return differs("names of ports in policies are not looked up on each destination")
	case report.ServiceSource:
		return differs("pods keep their own address on the way to an external address of a Service")
	case report.InternalAddress:
		return "the load balancer is internal; whether its address is routed to the client is not in the API"
	case report.ClientAddressReplaced:
		return "by externalTrafficPolicy: Cluster a node puts its own address in the client's place: unless PROXY protocol or a header " +
			"carries the client's, the controller holds the node's against its list"
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
	case report.NewPolicy:
		return "adds networkpolicy " + n.policy(p.Policy)
	}
	return ""
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return stem + "ies"
	}
	if strings.HasSuffix(noun, "s") {
		return noun + "es"
	}
	return noun + "s"
}
