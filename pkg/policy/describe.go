package policy

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// describe is the peer in short, in the API's own words.
func (p *Peer) describe() string {
	if p.Block != nil {
		return p.Block.String()
	}
	var parts []string
	switch {
	case p.Nobody:
		return "{}"
	case p.Networks != nil:
		networks := make([]string, len(p.Networks))
		for i, n := range p.Networks {
			networks[i] = n.String()
		}
		return "networks " + strings.Join(networks, ",")
	case p.Nodes != nil:
		return "nodes " + orBraces(p.Nodes.Selector)
	case p.Unclear != "" && !p.Labelled():
		return "not known"
	}
	if p.Namespaces != nil {
		parts = append(parts, field(p.NamespacesAt, "namespaceSelector")+" "+orBraces(*p.Namespaces))
	}
	if p.Pods != nil {
		parts = append(parts, field(p.PodsAt, "podSelector")+" "+orBraces(*p.Pods))
	}
	return strings.Join(parts, " and ")
}

// field is the last part of a path, or another one where there is none.
func field(path, other string) string {
	return cmp.Or(path[strings.LastIndexByte(path, '.')+1:], other)
}

func orBraces(s selector.Selector) string {
	if s.Empty() {
		return "{}"
	}
	return s.String()
}

// String is the block in short: ipBlock 10.0.0.0/8 except 10.1.0.0/16.
func (b *IPBlock) String() string {
	text := "ipBlock " + b.CIDR.String()
	for i, e := range b.Except {
		if i == 0 {
			text += " except "
		} else {
			text += ","
		}
		text += e.String()
	}
	return text
}

// describe is the port in short: TCP 80, TCP http, UDP 8000-9000, SCTP.
func (p *Port) describe() string {
	switch {
	case p.Name != "":
		return fmt.Sprintf("%s %s", p.Protocol, p.Name)
	case p.First == 0:
		return string(p.Protocol)
	case p.First == p.Last:
		return fmt.Sprintf("%s %d", p.Protocol, p.First)
	default:
		return fmt.Sprintf("%s %d-%d", p.Protocol, p.First, p.Last)
	}
}

// String is the peer in short.
func (p *Peer) String() string { return p.text }

// String is the port in short.
func (p *Port) String() string { return p.text }

// Key tells peers apart: those with the same key match the same.
func (p *Peer) Key() string { return p.key }

// Complete makes what follows from the other fields, once, when a dialect has set
// them.
func (p *Peer) Complete() {
	p.text = p.describe()
	p.key = p.text
	if !p.Addressed() && p.Namespaces == nil {
		p.key = p.Home + "\x00" + p.key
	}
	if p.NoHosts || p.Nobody || p.Unclear != "" {
		p.key += fmt.Sprintf("\x00%v %v %s", p.NoHosts, p.Nobody, p.Unclear)
	}
}

// Complete makes what follows from the other fields; see [Peer.Complete].
func (p *Port) Complete() {
	p.text = p.describe()
	switch {
	case p.Name != "":
	case p.First == 0:
		p.numbered = connset.AllOf(p.Protocol)
	default:
		p.numbered = connset.Of(p.Protocol, p.First, p.Last)
	}
}
