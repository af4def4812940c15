package report

// Probe is what was tried of what was predicted.
type Probe struct {
	Header `json:",inline"`
	// Source as it was asked for; absent where intents were tried.
	Source *End `json:"source,omitempty"`
	// Target as it was asked for; absent where intents were tried.
	Target *End `json:"target,omitempty"`
	// Enforcement says whether anything enforces policies.
	Enforcement Enforcement `json:"enforcement"`
	// Agreement of all tries: Disagree where one does, Inconclusive where one is.
	Agreement Agreement `json:"agreement"`
	// Tries are the connections that were tried, controls included.
	Tries []Try `json:"tries"`
	// Created are the objects that were made for it.
	Created []Created `json:"created,omitempty"`
	// Bundle is the file with what was read, for a bug report; absent where nothing disagrees.
	Bundle string `json:"bundle,omitempty"`
	// Gaps are what could not be read.
	Gaps []Gap `json:"gaps,omitempty"`
}

// Created is an object, or a container in one, that was made to try.
type Created struct {
	// Object that was made, or changed.
	Object Object `json:"object"`
	// Container that was added to it; absent where the object was made.
	Container string `json:"container,omitempty"`
	// Left: it cannot be removed, as an ephemeral container cannot, or was not.
	Left string `json:"left,omitempty"`
}

// Try is one connection that was tried.
type Try struct {
	// ID of it in the report.
	ID int `json:"id"`
	// Role of it.
	Role TryRole `json:"role"`
	// Intent that it belongs to, where intents were tried.
	Intent string `json:"intent,omitempty"`
	// Source is the pod from which it was tried; its name is empty for this machine.
	Source Object `json:"source"`
	// Target as netguard is asked about it.
	Target string `json:"target"`
	// Protocol is TCP, UDP or SCTP.
	Protocol string `json:"protocol"`
	// Host is the address, or the name, that was connected to.
	Host string `json:"host"`
	// Port that was connected to.
	Port int `json:"port"`
	// URL that was asked for, of tries through a front door.
	URL string `json:"url,omitempty"`
	// Predicted is netguard's verdict.
	Predicted Verdict `json:"predicted"`
	// Reason for it.
	Reason Reason `json:"reason,omitempty"`
	// Outcome of the try.
	Outcome TryOutcome `json:"outcome"`
	// Detail is what the client said.
	Detail string `json:"detail,omitempty"`
	// Agreement of the two.
	Agreement Agreement `json:"agreement"`
	// Meaning of it.
	Meaning Meaning `json:"meaning,omitempty"`
}

// TryRole is what a try is for.
type TryRole string

// Roles.
const (
	// RoleTarget: what was asked.
	RoleTarget TryRole = "Target"
	// RoleOpen: a connection that the prediction allows, as the control of one that fails.
	RoleOpen TryRole = "Open"
	// RoleNothing: a port that nothing serves, as the control of one that succeeds.
	RoleNothing TryRole = "Nothing"
)

// TryOutcome is what became of a try.
type TryOutcome string

// Outcomes of tries.
const (
	// TryNone: it was not tried, or nothing came back of it.
	TryNone TryOutcome = "NotTried"
	// TryOpen: connected, or a datagram was answered.
	TryOpen TryOutcome = "Open"
	// TryRefused: refused, by the other end or by who rejects for it.
	TryRefused TryOutcome = "Refused"
	// TryTimeout: nothing came back.
	TryTimeout TryOutcome = "Timeout"
	// TryReset: connected, and reset.
	TryReset TryOutcome = "Reset"
	// TryDNS: the name was not found.
	TryDNS TryOutcome = "DNS"
	// TryFailed: something else, as Detail says.
	TryFailed TryOutcome = "Failed"
	// TryUntestable: the protocol cannot be tried from there.
	TryUntestable TryOutcome = "Untestable"
)

// Agreement is whether what was predicted and what happened go together.
type Agreement string

// Agreements.
const (
	// Agree: they do.
	Agree Agreement = "Agree"
	// Disagree: they do not.
	Disagree Agreement = "Disagree"
	// Inconclusive: what happened does not tell.
	Inconclusive Agreement = "Inconclusive"
)

// Meaning is what an agreement, or its lack, stands for.
type Meaning string

// Meanings.
const (
	// NotEnforced: what policies deny got through: they are not enforced for this pod, or
	// the network plugin reads them otherwise.
	NotEnforced Meaning = "NotEnforced"
	// Dropped: what policies allow was dropped: by something that is not in the API (a
	// firewall, a security group, another policy kind), or by the plugin.
	Dropped Meaning = "Dropped"
	// NobodyListens: refused where policies allow: most often nothing listens on the port;
	// some plugins reject so, too.
	NobodyListens Meaning = "NobodyListens"
	// RefusedAsDenied: refused where policies deny: the plugin rejects, or nothing listens.
	RefusedAsDenied Meaning = "RefusedAsDenied"
	// NoControl: no connection that the prediction allows got through from the same
	// pod, so that a failure proves nothing.
	NoControl Meaning = "NoControl"
	// EverythingAnswers: a port that nothing serves was open too: a proxy (of a mesh, most
	// often) answers for everybody.
	EverythingAnswers Meaning = "EverythingAnswers"
	// MeshAnswers: the pod has a mesh's sidecar, which may accept what never arrives.
	MeshAnswers Meaning = "MeshAnswers"
	// NameNotFound: DNS did not answer, or not with an address.
	NameNotFound Meaning = "NameNotFound"
	// NoAnswer: a datagram without answer may have arrived or not.
	NoAnswer Meaning = "NoAnswer"
	// NotPredicted: netguard's verdict is Unknown; what happened stands alone.
	NotPredicted Meaning = "NotPredicted"
	// DoorFails: the front door answered that it does not get to the backend (502, 503, 504).
	DoorFails Meaning = "DoorFails"
	// CannotTry: it could not be tried; Detail says why.
	CannotTry Meaning = "CannotTry"
)
