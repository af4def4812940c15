package policy

import (
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
	if p.Namespaces != nil {
		parts = append(parts, "namespaceSelector "+orBraces(*p.Namespaces))
	}
	if p.Pods != nil {
		parts = append(parts, "podSelector "+orBraces(*p.Pods))
	}
	return strings.Join(parts, " and ")
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

// Complete makes what follows from the other fields, once, when a dialect has set
// them: the text, which is also what tells peers apart.
func (p *Peer) Complete() { p.text = p.describe() }

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
