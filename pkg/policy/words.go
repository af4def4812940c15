package policy

import (
	"encoding/binary"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// AppendWords appends what the policy's rules of one direction say, each in its
// place. A podSelector alone says that it is at home, not where. Of an end outside
// of their namespaces, policies with the same words make the same, and their
// evidence differs in their names, places and homes alone.
func (p *Policy) AppendWords(b []byte, d report.Direction) []byte {
	rules := p.In(d).Rules
	b = binary.AppendUvarint(b, uint64(len(rules)))
	for i := range rules {
		r := &rules[i]
		b = appendWord(append(b, byte(r.Action)), r.Unclear)
		b = binary.AppendUvarint(b, uint64(len(r.Peers)))
		for j := range r.Peers {
			b = r.Peers[j].appendWords(b)
		}
		b = binary.AppendUvarint(b, uint64(len(r.Ports)))
		for j := range r.Ports {
			port := &r.Ports[j]
			b = appendWord(appendWord(b, string(port.Protocol)), port.Name)
			b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, port.First), port.Last)
		}
	}
	return b
}

func (p *Peer) appendWords(b []byte) []byte {
	if p.Block != nil {
		return appendWord(append(b, 'b'), p.text)
	}
	if p.NoHosts || p.Nobody || p.Networks != nil || p.Nodes != nil || p.Unclear != "" {
		b = appendWord(append(b, 'o'), p.key)
	}
	b = append(b, 's')
	for _, s := range []*selector.Selector{p.Namespaces, p.Pods} {
		if s == nil {
			b = append(b, 0)
			continue
		}
		all := s.Requirements()
		b = binary.AppendUvarint(b, uint64(len(all)+1))
		for i := range all {
			b = appendWord(appendWord(b, all[i].Path), all[i].String())
		}
	}
	return b
}

// appendWord appends a text and where it ends.
func appendWord(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}
