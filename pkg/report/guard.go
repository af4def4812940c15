package report

// HopGuard: what a door has of its own to keep clients out, before its controller passes
// their requests on.
const HopGuard HopKind = "Guard"

// Reasons that concern the guards of doors.
const (
	// InternalOnly: the load balancer has no address on the internet. Clients get to it
	// wherever its address is routed.
	InternalOnly Reason = "InternalOnly"
	// GuardAdmits: a list of addresses of the door has the client.
	GuardAdmits Reason = "GuardAdmits"
	// GuardDenies: a list of addresses of the door keeps the client out.
	GuardDenies Reason = "GuardDenies"
	// GuardOpen: the door has a guard whose effect is not known.
	GuardOpen Reason = "GuardOpen"
	// GuardAsked: the controller asks somebody before it passes a request on.
	GuardAsked Reason = "GuardAsked"
	// AnsweredByDoor: the controller answers requests itself, by a redirect for example.
	AnsweredByDoor Reason = "AnsweredByDoor"
)

// Codes of caveats about guards.
const (
	// InternalAddress: whether the client is where the address of an internal load
	// balancer is routed is not in the API.
	InternalAddress CaveatCode = "InternalAddress"
	// ClientAddressReplaced: a node puts its own address in the place of the client's, so
	// that the controller may hold that one against its list.
	ClientAddressReplaced CaveatCode = "ClientAddressReplaced"
)

// GuardEffect is a stable code for what a guard does.
type GuardEffect string

// Effects of guards.
const (
	// GuardInside: only clients to which its private address is routed get to the door.
	GuardInside GuardEffect = "Inside"
	// GuardAddresses: clients are let in by their addresses.
	GuardAddresses GuardEffect = "Addresses"
	// GuardAsks: the controller asks a service before it passes a request on.
	GuardAsks GuardEffect = "Asks"
	// GuardAnswers: the controller answers requests itself.
	GuardAnswers GuardEffect = "Answers"
	// GuardUnknown: there is a guard, and what it does is not known.
	GuardUnknown GuardEffect = "Unknown"
)

// GuardDoubt is a stable code for why the effect of a guard is not known.
type GuardDoubt string

// Doubts.
const (
	// DoubtInvalid: its value is none that the controller takes.
	DoubtInvalid GuardDoubt = "Invalid"
	// DoubtElsewhere: what it names is kept outside of the cluster's API.
	DoubtElsewhere GuardDoubt = "Elsewhere"
	// DoubtNotEvaluated: netguard does not evaluate what it says.
	DoubtNotEvaluated GuardDoubt = "NotEvaluated"
	// DoubtMissing: the object that it names does not exist.
	DoubtMissing GuardDoubt = "Missing"
	// DoubtUnread: the object that it names could not be read.
	DoubtUnread GuardDoubt = "Unread"
)

// Guard is what a door has of its own to decide who gets in, besides policies.
type Guard struct {
	// Object in which it is written.
	Object Object `json:"object"`
	// Field of the object, or its annotation.
	Field string `json:"field"`
	// Value that stands there.
	Value string `json:"value,omitempty"`
	// Effect that it has.
	Effect GuardEffect `json:"effect"`
	// Doubt is why the effect is not known.
	Doubt GuardDoubt `json:"doubt,omitempty"`
	// Allow are the addresses that are let in; none is everybody.
	Allow []string `json:"allow,omitempty"`
	// Deny are the addresses that are turned away.
	Deny []string `json:"deny,omitempty"`
	// Asks is the Service that the controller asks.
	Asks *Object `json:"asks,omitempty"`
	// ClientSees is the HTTP status for those who are turned away.
	ClientSees string `json:"clientSees,omitempty"`
	// Source is the controller's documentation.
	Source string `json:"source,omitempty"`
}
