package query

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/model"
)

// lens is what tells parties of a question apart: two pods that it shows alike
// get the same answers, and one is evaluated for both.
type lens struct {
	// nodes: the verdict may depend on who shares a node.
	nodes bool
	// cuts: the CIDRs that policies in play name.
	cuts []netip.Prefix
}

// key identifies the class of a party.
func (l lens) key(p model.Party) string {
	var b strings.Builder
	switch {
	case p.Pod != nil:
		pod := p.Pod
		fmt.Fprintf(&b, "pod\x00%s\x00%v\x00%v\x00%s\x00", pod.Namespace, pod.HostNetwork, pod.Phase, pod.Owner.Name)
		for _, k := range slices.Sorted(maps.Keys(pod.Labels)) {
			fmt.Fprintf(&b, "%s=%s\x00", k, pod.Labels[k])
		}
		for _, port := range pod.Ports {
			fmt.Fprintf(&b, "%s/%d/%s\x00", port.Protocol, port.Port, port.Name)
		}
	case p.Node != nil:
		b.WriteString("node\x00")
	case p.External != "":
		b.WriteString("external\x00" + p.External)
	default:
		b.WriteString("block\x00" + p.Block.String())
	}
	if l.nodes || p.Host() {
		b.WriteString("\x00on " + p.NodeName())
	}
	l.place(&b, p.Addresses())
	return b.String()
}

// where is [lens.key] for parties that only their addresses tell apart.
func (l lens) where(p model.Party) string {
	var b strings.Builder
	l.place(&b, p.Addresses())
	return b.String()
}

// place writes which families the addresses have, and which cuts contain them.
func (l lens) place(b *strings.Builder, addrs []netip.Addr) {
	for _, a := range addrs {
		b.WriteString("\x00v4=")
		b.WriteString(strconv.FormatBool(a.Is4()))
		for i, c := range l.cuts {
			if c.Contains(a) {
				b.WriteByte(' ')
				b.WriteString(strconv.Itoa(i))
			}
		}
	}
}

// destinationKey identifies the class of a destination.
func (l lens) destinationKey(d model.Destination) string {
	var b strings.Builder
	b.WriteString(l.key(d.Party))
	fmt.Fprintf(&b, "\x00%v\x00%s\x00%s", d.Port, d.Broken, d.Detail)
	if d.Service != nil {
		fmt.Fprintf(&b, "\x00%s/%s", d.Service.Namespace, d.Service.Name.Name)
	}
	if l.nodes {
		fmt.Fprintf(&b, "\x00%d %s on %s %v %q %q", d.Entry, d.At, d.On, d.Spare, d.ForNodes, d.ForZones)
	}
	l.place(&b, d.Addresses)
	return b.String()
}

// fold groups items by key, in the order of each group's first item.
func fold[T any](items []T, key func(T) string) [][]T {
	index := map[string]int{}
	var out [][]T
	for _, item := range items {
		k := key(item)
		at, seen := index[k]
		if !seen {
			at = len(out)
			index[k] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], item)
	}
	return out
}
