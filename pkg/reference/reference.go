package reference

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// Form is which of the ways to name an end a reference uses. It tells which fields of Reference mean something.
type Form int

const (
	// FormObject is an object of the API: Kind, Namespace and Name. Namespace is empty for cluster-scoped kinds.
	FormObject Form = iota
	// FormAddress is an address or a CIDR: Prefix. One address is a prefix of full length.
	FormAddress
	// FormInternet is every public address; package address says which those are.
	FormInternet
	// FormLabels is pods with Labels in Namespace, whether or not any exists.
	FormLabels
)

// String is "object", "address", "internet" or "labels".
func (f Form) String() string {
	switch f {
	case FormObject:
		return "object"
	case FormAddress:
		return "address"
	case FormInternet:
		return "internet"
	case FormLabels:
		return "labels"
	}
	return fmt.Sprintf("Form(%d)", int(f))
}

// Reference is one end of a connection as the user named it. Any form may carry a Port.
type Reference struct {
	Form      Form
	Kind      Kind
	Namespace string
	Name      string
	Prefix    netip.Prefix // canonical: host bits are zero, and IPv4 is never written as IPv6
	Labels    map[string]string
	Port      Port
}

// String is the reference in full, ready to paste: "bank/deploy/frontend:80/TCP", "ns/bank", "[fd00::1]:80",
// "internet:443", "bank/app=frontend,tier=web". Parse reads it as the same reference, whatever its default namespace is.
func (r Reference) String() string {
	port := ""
	if !r.Port.IsZero() {
		port = ":" + r.Port.String()
	}
	switch r.Form {
	case FormObject:
	case FormAddress:
		text := r.Prefix.String()
		if r.Prefix.IsSingleIP() {
			text = r.Prefix.Addr().String()
		}
		if port != "" && r.Prefix.Addr().Is6() {
			text = "[" + text + "]"
		}
		return text + port
	case FormInternet:
		return internet + port
	case FormLabels:
		pairs := make([]string, 0, len(r.Labels))
		for _, key := range slices.Sorted(maps.Keys(r.Labels)) {
			pairs = append(pairs, key+"="+r.Labels[key])
		}
		text := strings.Join(pairs, ",") + port
		if r.Namespace != "" {
			text = r.Namespace + "/" + text
		}
		return text
	}
	text := r.Kind.Short() + "/" + r.Name + port
	if r.Namespace != "" {
		text = r.Namespace + "/" + text
	}
	return text
}
