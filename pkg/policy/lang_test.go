package policy

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Cases of testdata are written in a small language, a line each:
//
//	case SENTENCE                        begins a case; nothing of the one before is left
//	tier [ordered] else deny|pass        a tier; those that follow are asked later
//	policy NAMESPACE/NAME [RANK]         a policy of the tier
//	allow|deny|pass PEERS [on PORTS]     a rule of the policy; PEERS and PORTS are joined by "or"
//	behaviour NAME                       what the network plugin does, by the field's name
//	end NAME KIND …                      an end, by a name
//	NAME -> NAME PORT: VERDICT [RULE]    what ingress policies of the second say about the first
//	NAME => NAME PORT: VERDICT [RULE]    what egress policies of the first say about the second
//	NAME -> NAME: SET [SET]              on all ports: what is let through for certain, and possibly
//
// A peer is "any", or some of "ns SELECTOR", "pod SELECTOR" (a SELECTOR is {} or
// k=v,…) and "cidr CIDR[!EXCEPT…]". A port is PROTOCOL, PROTOCOL/PORT or
// PROTOCOL/FIRST-LAST; a PORT may be a name. An end is one of "pod NAMESPACE",
// "host", "outside CIDR" and "elsewhere", then "k=v" labels, "ns:k=v" labels of its
// namespace, "ip:ADDRESS", "NAME:PROTOCOL/PORT" declared ports, and "partial",
// "partial-ns" and "ports-unknown" for what was not read of it.
type language struct {
	t         *testing.T
	stack     Stack
	ends      map[string]*Endpoint
	behaviour Behaviour
}

func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		l := &language{t: t}
		for i, line := range strings.Split(string(text), "\n") {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			if err := l.line(line); err != nil {
				t.Errorf("%s:%d: %s: %v", file, i+1, line, err)
			}
		}
	}
}

func (l *language) line(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	words := strings.Fields(rest)
	switch verb {
	case "case":
		*l = language{t: l.t, ends: map[string]*Endpoint{}}
	case "tier":
		tier := Tier{Ordered: slices.Contains(words, "ordered"), Else: Deny}
		if words[len(words)-1] == "pass" {
			tier.Else = Pass
		}
		l.stack = append(l.stack, tier)
	case "policy":
		namespace, name, _ := strings.Cut(words[0], "/")
		p := &Policy{Name: snapshot.Name{Namespace: namespace, Name: name}}
		if len(words) > 1 {
			rank, err := strconv.Atoi(words[1])
			if err != nil {
				return err
			}
			p.Rank = int32(rank)
		}
		tier := &l.stack[len(l.stack)-1]
		tier.Policies = append(tier.Policies, p)
	case "allow", "deny", "pass":
		return l.rule(map[string]Action{"allow": Allow, "deny": Deny, "pass": Pass}[verb], rest)
	case "behaviour":
		switch rest {
		case "PodsEscapeIPBlocks":
			l.behaviour.PodsEscapeIPBlocks = true
		case "HostPeersAlways":
			l.behaviour.HostPeers = HostPeersAlways
		case "HostPeersWithPodSelector":
			l.behaviour.HostPeers = HostPeersWithPodSelector
		default:
			return fmt.Errorf("no such behaviour")
		}
	case "end":
		return l.end(words)
	default:
		return l.expect(line)
	}
	return nil
}

func (l *language) rule(action Action, text string) error {
	tier := &l.stack[len(l.stack)-1]
	p := tier.Policies[len(tier.Policies)-1]
	peers, ports, on := strings.Cut(text, " on ")
	r := Rule{Action: action, AnyPeer: peers == "any", AnyPort: !on, Path: "rule " + strconv.Itoa(len(p.Ingress.Rules)+1)}
	if !r.AnyPeer {
		for i, text := range strings.Split(peers, " or ") {
			peer, err := l.peer(p.Namespace, strings.Fields(text))
			if err != nil {
				return err
			}
			peer.Path = fmt.Sprintf("%s.from[%d]", r.Path, i)
			peer.Complete()
			r.Peers = append(r.Peers, peer)
		}
	}
	if on {
		for _, text := range strings.Split(ports, " or ") {
			port, err := portClause(text)
			if err != nil {
				return err
			}
			r.Ports = append(r.Ports, port)
		}
	}
	tier.Denies = tier.Denies || action == Deny
	p.Ingress.Rules = append(p.Ingress.Rules, r)
	p.Egress.Rules = append(p.Egress.Rules, r)
	return nil
}

func (l *language) peer(home string, words []string) (Peer, error) {
	out := Peer{Home: home}
	for len(words) > 1 {
		what, value := words[0], words[1]
		words = words[2:]
		switch what {
		case "ns", "pod":
			s, err := selector.Compile(&metav1.LabelSelector{MatchLabels: labels(value)})
			if err != nil {
				return out, err
			}
			if what == "ns" {
				out.Namespaces = &s
			} else {
				out.Pods = &s
			}
		case "cidr":
			parts := strings.Split(value, "!")
			out.Block = &IPBlock{CIDR: netip.MustParsePrefix(parts[0])}
			for _, e := range parts[1:] {
				out.Block.Except = append(out.Block.Except, netip.MustParsePrefix(e))
			}
		default:
			return out, fmt.Errorf("%q is no peer", what)
		}
	}
	return out, nil
}

func labels(text string) map[string]string {
	out := map[string]string{}
	if text == "{}" {
		return out
	}
	for _, pair := range strings.Split(text, ",") {
		k, v, _ := strings.Cut(pair, "=")
		out[k] = v
	}
	return out
}

func portClause(text string) (Port, error) {
	protocol, port, _ := strings.Cut(strings.TrimSpace(text), "/")
	out := Port{Protocol: connset.Protocol(protocol)}
	if port != "" {
		first, last, ranged := strings.Cut(port, "-")
		n, err := strconv.Atoi(first)
		if err != nil {
			out.Name = port
		} else if out.First, out.Last = uint16(n), uint16(n); ranged {
			n, err = strconv.Atoi(last)
			if err != nil {
				return out, err
			}
			out.Last = uint16(n)
		}
	}
	out.Complete()
	return out, nil
}

func (l *language) end(words []string) error {
	e := &Endpoint{Labels: selector.Labels{Set: map[string]string{}}, NamespaceLabels: selector.Labels{Set: map[string]string{}}}
	l.ends[words[0]] = e
	kind, words := words[1], words[2:]
	switch kind {
	case "pod":
		e.Kind, e.Namespace, words = PodEndpoint, words[0], words[1:]
	case "host":
		e.Kind = HostEndpoint
	case "hostpod":
		e.Kind, e.Namespace, words = HostEndpoint, words[0], words[1:]
	case "outside":
		e.Kind, e.Addresses, words = AddressEndpoint, address.Block{Prefix: netip.MustParsePrefix(words[0])}, words[1:]
	case "elsewhere":
		e.Kind = UnknownEndpoint
	default:
		return fmt.Errorf("%q is no kind of end", kind)
	}
	for _, w := range words {
		switch {
		case w == "partial":
			e.Labels.Partial = true
		case w == "partial-ns":
			e.NamespaceLabels.Partial = true
		case w == "ports-unknown":
			e.PortsUnknown = true
		case strings.HasPrefix(w, "ip:"):
			a := netip.MustParseAddr(w[3:])
			e.Addresses = address.Block{Prefix: netip.PrefixFrom(a, a.BitLen())}
		case strings.HasPrefix(w, "ns:"):
			k, v, _ := strings.Cut(w[3:], "=")
			e.NamespaceLabels.Set[k] = v
		case strings.Contains(w, "="):
			k, v, _ := strings.Cut(w, "=")
			e.Labels.Set[k] = v
		default:
			name, port, _ := strings.Cut(w, ":")
			clause, err := portClause(port)
			if err != nil {
				return err
			}
			e.Ports = append(e.Ports, snapshot.ContainerPort{Name: name, Protocol: clause.Protocol, Port: clause.First})
		}
	}
	return nil
}

func (l *language) expect(line string) error {
	question, want, ok := strings.Cut(line, ": ")
	if !ok {
		return fmt.Errorf("neither a verb nor an expectation")
	}
	d, arrow := report.Ingress, "->"
	if strings.Contains(question, "=>") {
		d, arrow = report.Egress, "=>"
	}
	from, to, _ := strings.Cut(question, " "+arrow+" ")
	to, port, single := strings.Cut(to, " ")
	src, dst := l.ends[from], l.ends[to]
	if src == nil || dst == nil {
		return fmt.Errorf("an end is not declared")
	}
	c := Connection{Direction: d, Subject: dst, Peer: src, Ports: connset.All()}
	if d == report.Egress {
		c.Subject, c.Peer = src, dst
	}
	got := l.stack.Against(c, l.behaviour, nil)
	if !single {
		text := got.Certain.String()
		if got.Possible != got.Certain {
			text += "; perhaps " + got.Possible.String()
		}
		if text != want {
			return fmt.Errorf("got %s", text)
		}
		return nil
	}
	clause, err := portClause(port)
	if err != nil {
		return err
	}
	return l.point(c, clause, got.Admitted, want)
}

// point asks about one port, with and without a trace, and holds the answers to what
// is said about all ports.
func (l *language) point(c Connection, port Port, all Admitted, want string) error {
	c.Ports = At(port.Protocol, port.First)
	got := l.stack.Against(c, l.behaviour, nil)
	text := got.Verdict.String()
	switch {
	case got.Rule != nil:
		text += fmt.Sprintf(" %s/%s %s", got.Policy.Namespace, got.Policy.Name.Name, got.Rule.Path)
	case got.Verdict != report.Unknown:
		text += " " + string(got.Reason)
	}
	if text != want {
		return fmt.Errorf("got %s", text)
	}
	if v := all.Verdict(c.Ports); v != got.Verdict {
		return fmt.Errorf("the set of all ports says %v", v)
	}
	trace := Trace{Protocol: port.Protocol, Port: port.First}
	if traced := l.stack.Against(c, l.behaviour, &trace); traced != got {
		return fmt.Errorf("with a trace it is %v", traced)
	}
	return nil
}
