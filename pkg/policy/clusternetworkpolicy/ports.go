package clusternetworkpolicy

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/fields"
)

// protocolOf compiles an item of protocols (v1alpha2), which has one key.
func protocolOf(o *fields.Object) []policy.Port {
	defer o.Done()
	if o.Len() != 1 {
		o.Fail(o.Path, "has not exactly one of tcp, udp, sctp and destinationNamedPort")
		return nil
	}
	if o.Has("destinationNamedPort") {
		return named(o, o.Text("destinationNamedPort"))
	}
	for _, protocol := range connset.Protocols() {
		of := o.Sub(strings.ToLower(string(protocol)))
		if of == nil {
			continue
		}
		out := policy.Port{Path: of.Path, Protocol: protocol}
		if port := of.Sub("destinationPort"); port != nil {
			number, one := port.Number("number")
			ranged := port.Sub("range")
			switch {
			case one == (ranged != nil):
				o.Fail(port.Path, "has not exactly one of number and range")
			case one:
				out.First, out.Last = numbers(port, "number", number, number)
			default:
				out.First, out.Last = between(ranged)
			}
			port.Done()
		}
		of.Done()
		return []policy.Port{out}
	}
	return nil
}

// portOf compiles an item of ports (v1alpha1).
func portOf(o *fields.Object) []policy.Port {
	defer o.Done()
	if o.Len() != 1 {
		o.Fail(o.Path, "has not exactly one of portNumber, namedPort and portRange")
		return nil
	}
	if o.Has("namedPort") {
		return named(o, o.Text("namedPort"))
	}
	out := policy.Port{Path: o.Path}
	switch number, ranged := o.Sub("portNumber"), o.Sub("portRange"); {
	case number != nil:
		out.Protocol = protocol(number)
		n, _ := number.Number("port")
		out.First, out.Last = numbers(number, "port", n, n)
		number.Done()
	case ranged != nil:
		out.Protocol = protocol(ranged)
		out.First, out.Last = between(ranged)
	default:
		return nil
	}
	return []policy.Port{out}
}

// protocol is a field that defaults to TCP.
func protocol(o *fields.Object) connset.Protocol {
	switch text := o.Text("protocol"); text {
	case "":
		return connset.TCP
	case "TCP", "UDP", "SCTP":
		return connset.Protocol(text)
	default:
		o.Fail(o.At("protocol"), "is %q, none of TCP, UDP, SCTP", text)
		return connset.TCP
	}
}

// between is a range of ports.
func between(o *fields.Object) (first, last uint16) {
	start, _ := o.Number("start")
	end, _ := o.Number("end")
	first, last = numbers(o, "start", start, end)
	o.Done()
	return first, last
}

func numbers(o *fields.Object, key string, first, last int64) (from, to uint16) {
	if first < 1 || last < first || last > 65535 {
		o.Fail(o.At(key), "is no port, or the end before it")
		return 0, 0
	}
	return uint16(first), uint16(last)
}

// named is a port that containers of the destination declare by a name, whatever its
// protocol.
func named(o *fields.Object, name string) []policy.Port {
	if name == "" {
		o.Fail(o.Path, "is an empty name")
		return nil
	}
	var out []policy.Port
	for _, p := range connset.Protocols() {
		out = append(out, policy.Port{Path: o.Path, Protocol: p, Name: name})
	}
	return out
}
