package conformance

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// probe is a connection attempt that the suite asks a pod for.
type probe struct {
	target   netip.AddrPort
	protocol string // TCP, UDP or SCTP
}

// String is the probe's target as netguard writes it.
func (p probe) String() string { return p.target.String() + "/" + p.protocol }

// parseProbe reads the one command that the suite runs in pods: /agnhost connect IP:PORT --timeout=3s --protocol=tcp.
func parseProbe(command []string) (probe, error) {
	unknown := func(why string) (probe, error) {
		return probe{}, fmt.Errorf("command %q is not a probe as upstream's probeConnectivity runs it: %s", command, why)
	}
	if len(command) < 3 || !slices.Equal(command[:2], []string{"/agnhost", "connect"}) {
		return unknown("want /agnhost connect")
	}
	target, err := netip.ParseAddrPort(command[2])
	if err != nil {
		return unknown(err.Error())
	}
	p := probe{target: target, protocol: "TCP"}
	for _, arg := range command[3:] {
		switch name, value, _ := strings.Cut(arg, "="); name {
		case "--timeout":
		case "--protocol":
			p.protocol = strings.ToUpper(value)
		default:
			return unknown("flag " + name)
		}
	}
	if !slices.Contains([]string{"TCP", "UDP", "SCTP"}, p.protocol) {
		return unknown("protocol " + p.protocol)
	}
	return p, nil
}
