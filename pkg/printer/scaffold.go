package printer

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Scaffold prints the proposed policies and nothing else: as YAML with a comment
// for each rule, or as one List in JSON, either fit for kubectl apply -f -.
func Scaffold(w io.Writer, r *report.Scaffold, o Options) error {
	return write(w, o, KindScaffold, r, o.format().scaffold)
}

// Impact prints, for eyes, what was proven of the policies: who keeps and who
// loses access, what else gets in, and what failed. It belongs on standard error.
func Impact(w io.Writer, r *report.Scaffold, o Options) error {
	o.Format = Text
	t := text{Options: o}
	var b bytes.Buffer
	if err := t.impact(&b, r); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (text) scaffold(b *bytes.Buffer, r *report.Scaffold) error {
	for i := range r.Policies {
		if i > 0 {
			b.WriteString("---\n")
		}
		if err := policyYAML(b, r, &r.Policies[i]); err != nil {
			return err
		}
	}
	return nil
}

func (yamlFormat) scaffold(b *bytes.Buffer, r *report.Scaffold) error { return text{}.scaffold(b, r) }

func (jsonFormat) scaffold(b *bytes.Buffer, r *report.Scaffold) error {
	return asJSON(b, policyList(r))
}

// objectList is a v1 List of policies.
type objectList struct {
	APIVersion string                       `json:"apiVersion"`
	Kind       string                       `json:"kind"`
	Items      []networkingv1.NetworkPolicy `json:"items"`
}

func policyList(r *report.Scaffold) objectList {
	out := objectList{"v1", "List", []networkingv1.NetworkPolicy{}}
	for i := range r.Policies {
		out.Items = append(out.Items, r.Policies[i].Policy)
	}
	return out
}

func (nameFormat) scaffold(b *bytes.Buffer, r *report.Scaffold) error {
	out := newLines(b)
	for i := range r.Policies {
		p := &r.Policies[i].Policy
		out.policy(report.Object{Kind: p.Kind, Namespace: p.Namespace, Name: p.Name})
	}
	return nil
}

// commentWidth is how wide comments in YAML get, indentation included.
const commentWidth = 100

func comment(b *bytes.Buffer, indent int, s string) {
	if s == "" {
		return
	}
	lead := strings.Repeat(" ", indent) + "# "
	for _, line := range wrap(s, commentWidth-len(lead), commentWidth-len(lead)) {
		b.WriteString(lead + line + "\n")
	}
}

// policyYAML writes one policy with its reasons as comments.
func policyYAML(b *bytes.Buffer, r *report.Scaffold, p *report.ProposedPolicy) error {
	n := names{local: p.Policy.Namespace}
	comment(b, 0, n.purpose(r, p))
	head := map[string]any{"apiVersion": p.Policy.APIVersion, "kind": p.Policy.Kind, "metadata": map[string]any{
		"name": p.Policy.Name, "namespace": p.Policy.Namespace, "annotations": p.Policy.Annotations,
	}}
	if err := indented(b, 0, head); err != nil {
		return err
	}
	b.WriteString("spec:\n")
	if err := indented(b, 2, map[string]any{"podSelector": p.Policy.Spec.PodSelector}); err != nil {
		return err
	}
	if err := indented(b, 2, map[string]any{"policyTypes": p.Policy.Spec.PolicyTypes}); err != nil {
		return err
	}
	var ingress, egress []rule
	for _, in := range p.Policy.Spec.Ingress {
		ingress = append(ingress, rule{in.From, in.Ports})
	}
	for _, out := range p.Policy.Spec.Egress {
		egress = append(egress, rule{out.To, out.Ports})
	}
	for _, t := range p.Policy.Spec.PolicyTypes {
		var err error
		switch t {
		case networkingv1.PolicyTypeIngress:
			err = rulesYAML(b, n, p, "ingress", "from", ingress)
		case networkingv1.PolicyTypeEgress:
			err = rulesYAML(b, n, p, "egress", "to", egress)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type rule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

func rulesYAML(b *bytes.Buffer, n names, p *report.ProposedPolicy, list, side string, rules []rule) error {
	if len(rules) == 0 {
		fmt.Fprintf(b, "  %s: [] # nobody\n", list)
		return nil
	}
	fmt.Fprintf(b, "  %s:\n", list)
	for i, r := range rules {
		at := fmt.Sprintf("spec.%s[%d]", list, i)
		comment(b, 2, n.ruleComment(p, at))
		lead := "  - "
		if len(r.peers) > 0 {
			fmt.Fprintf(b, "%s%s:\n", lead, side)
			lead = "    "
			for j, peer := range r.peers {
				comment(b, 4, n.ruleComment(p, fmt.Sprintf("%s.%s[%d]", at, side, j)))
				if err := indented(b, 4, []networkingv1.NetworkPolicyPeer{peer}); err != nil {
					return err
				}
			}
		}
		if len(r.ports) > 0 {
			fmt.Fprintf(b, "%sports:\n", lead)
			if err := indented(b, 4, r.ports); err != nil {
				return err
			}
		}
	}
	return nil
}

// indented writes a value as YAML behind some blanks.
func indented(b *bytes.Buffer, indent int, v any) error {
	var raw bytes.Buffer
	if err := asYAML(&raw, v); err != nil {
		return err
	}
	for line := range strings.Lines(raw.String()) {
		b.WriteString(strings.Repeat(" ", indent) + line)
	}
	return nil
}

// purpose is what a policy is for.
func (n names) purpose(r *report.Scaffold, p *report.ProposedPolicy) string {
	switch p.Purpose {
	case report.ForDefaultDeny:
		return "Every pod of the namespace is isolated: all traffic is denied unless a policy allows it."
	case report.ForSameNamespace:
		return "The pods of the namespace may talk to each other."
	case report.ForBackends:
	}
	var backends, pods []string
	for _, o := range p.Backends {
		backends = append(backends, n.object(o.Kind, o.Namespace, o.Name))
	}
	for _, m := range p.Pods {
		if text := n.members(m); !slices.Contains(backends, text) {
			pods = append(pods, text)
		}
	}
	text := "Scaffolded for " + n.end(r.Of) + " by kubectl netguard: the pods of " + strings.Join(backends, " and ")
	if len(pods) > 0 {
		text += " (" + names{escape: same}.list(pods, 4) + ")"
	}
	return text + ". All other traffic is denied unless another policy allows it."
}

// ruleComment says why a rule or a peer is there.
func (n names) ruleComment(p *report.ProposedPolicy, at string) string {
	for _, r := range p.Rules {
		if r.Path != at {
			continue
		}
		text := n.ruleWhy(r)
		if r.Detail != "" && r.Why != report.WhyOutsideAddress {
			text += " (" + n.esc(r.Detail) + ")"
		}
		return text + "."
	}
	return ""
}

func (n names) ruleWhy(r report.RuleNote) string {
	who := ""
	if r.For != nil {
		who = n.question(*r.For)
	}
	switch r.Why {
	case report.WhyDoor:
		door := ""
		if r.Door != nil {
			door = n.object(r.Door.Kind, r.Door.Namespace, r.Door.Name)
		}
		return "Allows " + door + " (its controller is " + who + ")"
	case report.WhyAsked:
		return "Asked for: " + who
	case report.WhyKept:
		return "Can connect today, and is kept: " + who
	case report.WhyDNS:
		return "The cluster's DNS, " + who
	case report.WhyNodeDNS:
		return "NodeLocal DNSCache, which answers on these addresses of each pod's own node"
	case report.WhyNodeAddress:
		return "Address of " + who + ", whose network the pod there uses: selectors do not match it. Update it when nodes change"
	case report.WhyOutsideAddress:
		return "From: " + n.esc(r.Detail)
	case report.WhySameNamespace:
		return "Every pod of this namespace"
	}
	return who
}

// impact is the short account of what the policies do.
func (t text) impact(b *bytes.Buffer, r *report.Scaffold) error {
	p, n := t.page(b), names{local: t.Namespace}
	if line := n.enforcement(r.Enforcement); line != "" {
		p.put("", 2, line)
		p.gap()
	}
	if r.Verdict != report.Allowed {
		return t.failed(p, n, r)
	}
	for i := range r.Policies {
		pol := &r.Policies[i]
		if i > 0 {
			p.gap()
		}
		verb := "proven"
		if pol.Replaces {
			verb = "proven (it replaces the policy of that name)"
		}
		ref := report.Object{Kind: "NetworkPolicy", Namespace: pol.Policy.Namespace, Name: pol.Policy.Name}
		p.put("", 2, verb+": networkpolicy "+n.policy(ref))
		for _, row := range r.Impact {
			if row.Policy == ref {
				p.put(pad("  "+impactWord(row), 12), 12, n.impactRow(row))
			}
		}
	}
	if len(r.Beside) > 0 {
		p.gap()
		p.put("", 2, "beside these pods:")
		for _, row := range r.Beside {
			p.put(pad("  "+map[report.ImpactChange]string{report.Gains: "opens", report.Loses: "closes"}[row.Change], 12), 12, n.beside(row))
		}
	}
	if len(r.Notices) > 0 {
		p.gap()
	}
	for _, notice := range r.Notices {
		if line := n.notice(notice); line != "" {
			p.put("note: ", 6, line)
		}
	}
	t.gaps(p, r.Gaps)
	return nil
}

// beside is what changes for pods that a policy is not for.
func (n names) beside(r report.BesideRow) string {
	var from []string
	for _, e := range r.From {
		from = append(from, n.node(e))
	}
	what := setText(r.Connections)
	if r.Connections.IsAll() {
		what = "every port"
	}
	return names{escape: same}.list(from, 4) + " to " + n.node(r.To) + ": " + what
}

func impactWord(r report.ImpactRow) string {
	switch r.Change {
	case report.Keeps:
		return "keeps"
	case report.Gains:
		return "gains"
	case report.Loses:
		return "loses"
	case report.StillOpen:
		return "still in"
	case report.AlsoAdmitted:
		if r.Maybe {
			return "maybe in"
		}
		return "also in"
	}
	return string(r.Change)
}

func (n names) impactRow(r report.ImpactRow) string {
	var ends []string
	for _, m := range r.Ends {
		ends = append(ends, n.members(m))
	}
	what := r.Connections.String()
	if r.Connections.IsAll() {
		what = "every port"
	}
	who := names{escape: same}.list(ends, 6)
	of := ""
	if len(r.Of) > 0 {
		var texts []string
		for _, e := range r.Of {
			texts = append(texts, n.end(e))
		}
		of = names{escape: same}.list(texts, 4)
	}
	switch {
	case r.Direction == report.Egress && of != "":
		return "the way from " + of + " to " + who + ": " + what
	case r.Direction == report.Egress:
		return "the way to " + who + ": " + what
	case of != "":
		what += " of " + of
	}
	switch text := who + ": " + what; r.Change {
	case report.StillOpen:
		if r.Undeclared {
			text += ", which no container declares"
		}
		return text + ", by networkpolicy " + n.policiesIn(r.By, 3) + ": policies add up, and a new one cannot close what another opens"
	case report.AlsoAdmitted:
		if r.Maybe {
			return text + ", if their addresses are among those admitted, which is not known"
		}
		return text + ", because a rule cannot tell it from those asked for: same labels or addresses"
	case report.Keeps, report.Loses, report.Gains:
		return text
	default:
		return text
	}
}

// failed says what keeps the policies from being printed.
func (t text) failed(p page, n names, r *report.Scaffold) error {
	word := fmt.Sprintf("No policy printed: %d of its paths cannot work whatever the policy says", len(r.Failed))
	if r.Verdict == report.Unknown {
		word = "No policy printed: it is not known whether its paths would work"
	}
	p.put("", 2, word)
	for i := range r.Failed {
		p.gap()
		x := &r.Failed[i]
		if line := n.shortFailure(x); line != "" {
			p.put("", 2, line)
			continue
		}
		if err := t.explanation(p.Buffer, x); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(r.Failed, func(x report.Explanation) bool { return x.Fix != nil }) {
		p.gap()
		p.put("", 0, "Apply the fix first, and scaffold again: it was checked together with the policies that are not printed.")
	}
	t.gaps(p, r.Gaps)
	return nil
}

// shortFailure is a failure that is no matter of policies.
func (n names) shortFailure(x *report.Explanation) string {
	if len(x.Answers) != 1 || len(x.Answers[0].Hops) != 1 {
		return ""
	}
	h := x.Answers[0].Hops[0]
	text := n.end(x.Source)
	if x.Target.Name != "" {
		text += " → " + n.end(x.Target)
	}
	if h.Reason == report.NotPoliced {
		return text + ": its pods use their node's network, or are none: no NetworkPolicy selects them"
	}
	return text + ": " + n.reason(cause{
		verdict: h.Verdict, reason: h.Reason, hop: h.Kind, subject: "it", detail: h.Detail, needs: h.Needs,
	})
}

// notice is a notice in words.
func (n names) notice(x report.Notice) string {
	var objects []string
	for _, o := range x.Objects {
		if o.Kind == "NetworkPolicy" {
			objects = append(objects, n.policy(o))
		} else {
			objects = append(objects, n.object(o.Kind, o.Namespace, o.Name))
		}
	}
	list := names{escape: same}.list(objects, 6)
	of := ""
	if x.Of != nil {
		of = n.end(*x.Of)
	}
	switch x.Code {
	case report.KubeletProbes:
		return "kubelet probes stay: a node always reaches its own pods"
	case report.NodePeers:
		return "rules name the addresses of " + list + ": they admit everything on those nodes' networks, not only the pods meant; " +
			"they go stale when such a pod moves or a node changes; and where the network plugin sends from a tunnel's address, that address is needed, too"
	case report.Scrapers:
		return list + " cannot scrape these pods any more; --allow-from with the metrics port lets it in again"
	case report.ACMESolvers:
		return "cert-manager's HTTP-01 solver pods (" + n.esc(x.Detail) + ") are called by the same front door on port 8089: " +
			"a policy that isolates them needs a rule for it"
	case report.Webhooks:
		return list + " look like admission webhooks: the API server calls them, which is no pod, so that only an ipBlock of the control plane's addresses lets it in"
	case report.AmbientMesh:
		return list + " is in Istio's ambient mesh: traffic of the mesh arrives on TCP " + n.esc(x.Detail) +
			", which rules for the pods' ports do not admit; add it to them"
	case report.OtherDoor:
		if len(objects) == 0 {
			return "what carries the traffic of " + of + " was not found; if it leads to these pods, it will be blocked (see --controller)"
		}
		return of + " leads to " + list + ", too, and will be blocked; --allow-from " + of + " lets it in"
	case report.DoorShut:
		return "clients outside do not reach " + of + " itself: networkpolicy " + list + " keeps them from its pods"
	case report.DoorAnswers:
		return of + " needs no policy: its controller answers requests itself" + inParens(n.esc(x.Detail))
	case report.OutsideBackend:
		return of + ": " + list + " leads out of the cluster or to a node's network, where no NetworkPolicy applies"
	case report.NoPolicyFor:
		return "no Service selects " + list + ": no policy is made for them; --namespace-defaults isolates them, too"
	case report.DNSNotFound:
		return "the cluster's DNS was not found: the rule for it is the convention (kube-system, k8s-app=kube-dns), and is not proven"
	case report.DoorsUnread:
		return "front doors that lead to these pods may be shut out, for netguard could not " + n.esc(x.Detail)
	case report.AllPorts:
		return "the pods of " + list + " declare no port: rules admit every TCP port"
	case report.HostNetworkOpen:
		return "endpoints of " + of + " are on their nodes' network (" + list + "): no NetworkPolicy binds them, and they stay open"
	case report.PortNotServed:
		return "no container declares " + n.esc(x.Detail) + ", which is a port of " + list + ": policies see the pods' own port, so ask for that"
	case report.NotKept:
		return of + " connects today and is not kept: its pods have only generated labels, and no rule can admit just them"
	case report.EgressOnlyDNS:
		return list + " may talk to DNS and to what --allow-to names, and to nothing else"
	}
	return ""
}

// KeepCurrent prints who would be cut off, as --keep-current takes them.
func KeepCurrent(w io.Writer, r *report.Scaffold, o Options) error {
	var b bytes.Buffer
	p, n := text{Options: o}.page(&b), names{local: o.Namespace}
	p.gap()
	if len(r.CutOff) == 0 {
		p.WriteString("nobody inside the cluster who can connect today is cut off\n")
	} else {
		p.WriteString("cut off, of those inside the cluster who can connect today:\n")
		for _, e := range r.CutOff {
			p.WriteString("  --keep-current=" + n.end(e) + "\n")
		}
		p.WriteString("--keep-current=all keeps all of them\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// policiesIn names policies in a sentence: a, b and 3 more.
func (n names) policiesIn(all []report.Object, limit int) string {
	texts := make([]string, 0, len(all))
	for _, p := range all {
		texts = append(texts, n.policy(p))
	}
	return names{escape: same}.list(texts, limit)
}
