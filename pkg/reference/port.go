package reference

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-netguard/netguard/pkg/connset"
)

// Port is the port that was asked about: a number or the name of a declared port, never both. The zero value means
// that none was asked: every port the target declares. Protocol is empty if the user did not say one, which is not the
// same as TCP: port 53 of a DNS service is then both its TCP and its UDP port.
type Port struct {
	Number   uint16
	Name     string
	Protocol connset.Protocol
}

// IsZero reports whether no port was asked.
func (p Port) IsZero() bool { return p == Port{} }

// String is "80", "http" or "53/UDP", and empty for the zero Port.
func (p Port) String() string {
	text := p.Name
	if p.Number != 0 {
		text = strconv.Itoa(int(p.Number))
	}
	if p.Protocol != "" {
		text += "/" + string(p.Protocol)
	}
	return text
}

// port reads PORT[/PROTOCOL]: what follows the colon, if there is a colon.
func (t typed) port(text string, given bool) (Port, error) {
	if !given {
		return Port{}, nil
	}
	name, protocol, hasProtocol := strings.Cut(text, "/")
	var p Port
	switch {
	case name == "":
		return Port{}, t.wrong(fmt.Sprintf("missing port after the colon in %s", t.quoted()),
			"write a number or a port name, for instance :80 or :http")
	case isNumber(name):
		number, err := strconv.ParseUint(name, 10, 16)
		if err != nil || number == 0 {
			return Port{}, t.wrong(fmt.Sprintf("port %s in %s is out of range 1-65535", abbreviate(name), t.quoted()), "")
		}
		p.Number = uint16(number)
	default: // an IANA service name, as container and Service ports have (core/v1 ContainerPort.name)
		if len(validation.IsValidPortName(name)) > 0 {
			hint := "use 1-65535, or a name of at most 15 lower case letters, digits and single inner '-'"
			if lower := strings.ToLower(name); len(validation.IsValidPortName(lower)) == 0 {
				hint = fmt.Sprintf("did you mean %q?", lower)
			}
			return Port{}, t.wrong(fmt.Sprintf("%s in %s is neither a port number nor a port name", quote(name), t.quoted()), hint)
		}
		p.Name = name
	}
	if hasProtocol {
		var err error
		if p.Protocol, err = connset.ParseProtocol(protocol); err != nil {
			return Port{}, t.wrong(fmt.Sprintf("unknown protocol %s in %s", quote(protocol), t.quoted()), "use TCP, UDP or SCTP")
		}
	}
	return p, nil
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
