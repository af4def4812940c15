package policy

import (
	"encoding/binary"

	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// AppendNamespaceView and AppendPodView append what a clause of selectors makes
// of a pod, which requirement fails included. Pods of which a clause makes the
// same match it, or fail it, alike under every [Behaviour]. Open tells whether
// the namespace leaves the match to the pod's labels.
func (p *Peer) AppendNamespaceView(b []byte, e *Endpoint) (view []byte, open bool) {
	if p.Conditional() {
		return append(b, 0), true
	}
	result, failed := p.matchNamespace(e)
	return appendOrdinal(append(b, byte(result)), p.Namespaces, failed.requirement), result != selector.No && p.Pods != nil
}

// AppendPodView: see [Peer.AppendNamespaceView]. Only for clauses that it calls open.
func (p *Peer) AppendPodView(b []byte, e *Endpoint) []byte {
	if p.Conditional() {
		for _, c := range []*Condition{p.Where, p.Nor} {
			if c != nil {
				b = append(b, byte(c.Labels(e)))
			}
		}
		return append(b, 3)
	}
	result, failed := p.Pods.Explain(e.Labels)
	return appendOrdinal(append(b, byte(result)), p.Pods, failed)
}

// appendOrdinal appends the place of a requirement in its selector, from 1.
func appendOrdinal(b []byte, s *selector.Selector, r *selector.Requirement) []byte {
	if s == nil || r == nil {
		return append(b, 0)
	}
	all := s.Requirements()
	at := 0
	for &all[at] != r {
		at++
	}
	return binary.AppendUvarint(b, uint64(at+1))
}
