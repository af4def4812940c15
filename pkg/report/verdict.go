package report

import "fmt"

// Verdict is an answer about a connection. The zero value is Unknown: what
// nobody has proved is not known.
type Verdict uint8

// Verdicts.
const (
	Unknown Verdict = iota
	Allowed
	Denied
)

func (v Verdict) String() string {
	switch v {
	case Allowed:
		return "Allowed"
	case Denied:
		return "Denied"
	default:
		return "Unknown"
	}
}

// MarshalText gives the API form: Allowed, Denied or Unknown.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the API form.
func (v *Verdict) UnmarshalText(text []byte) error {
	switch string(text) {
	case "Allowed":
		*v = Allowed
	case "Denied":
		*v = Denied
	case "Unknown":
		*v = Unknown
	default:
		return fmt.Errorf("verdict %q is none of Allowed, Denied, Unknown", text)
	}
	return nil
}

// Both is the verdict on a connection that needs a and b: one Denied settles it,
// one Unknown leaves it open.
func Both(a, b Verdict) Verdict {
	switch {
	case a == Denied || b == Denied:
		return Denied
	case a == Unknown || b == Unknown:
		return Unknown
	default:
		return Allowed
	}
}

// Direction is a side of a connection as policies see it.
type Direction string

// Directions; the words are those of spec.policyTypes.
const (
	// Ingress: what enters a pod.
	Ingress Direction = "Ingress"
	// Egress: what leaves a pod.
	Egress Direction = "Egress"
)

// Match is the outcome of holding one clause of a policy against an endpoint.
type Match string

// Outcomes of a clause.
const (
	// Matches: it admits the connection.
	Matches Match = "Matches"
	// DoesNotMatch: it does not.
	DoesNotMatch Match = "DoesNotMatch"
	// Undetermined: something that it depends on is not known.
	Undetermined Match = "Undetermined"
)
