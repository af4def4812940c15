package report

// Outcome is whether an intent holds.
type Outcome string

// Outcomes.
const (
	// Holds: everything is as the intent says.
	Holds Outcome = "Holds"
	// Broken: something is not, with proof.
	Broken Outcome = "Broken"
	// Undecided: something that it depends on is not known.
	Undecided Outcome = "Undecided"
)

// Verification is which intents hold.
type Verification struct {
	Header `json:",inline"`
	// Enforcement says whether anything enforces policies.
	Enforcement Enforcement `json:"enforcement"`
	// Results are the intents, in the order in which they were written.
	Results []IntentResult `json:"results"`
	// Gaps are what could not be read.
	Gaps []Gap `json:"gaps,omitempty"`
}

// IntentResult is what became of one intent.
type IntentResult struct {
	// Name of the intent, or what it says in short.
	Name string `json:"name"`
	// Outcome of it.
	Outcome Outcome `json:"outcome"`
	// Expect is allow, deny, unknown, only or works.
	Expect string `json:"expect"`
	// Connections counts the pairs of ends that were asked about.
	Connections int `json:"connections"`
	// Failures are the pairs that are not as they should be, up to a limit.
	Failures []IntentFailure `json:"failures,omitempty"`
	// More counts failures beyond those listed.
	More int `json:"more,omitempty"`
	// Problem says why nothing could be asked: an end that does not exist.
	Problem string `json:"problem,omitempty"`
	// File and Line of the intent.
	File string `json:"file"`
	// Line in File.
	Line int `json:"line"`
}

// IntentFailure is a pair of ends that is not as an intent says.
type IntentFailure struct {
	// From is the source.
	From End `json:"from"`
	// To is the target.
	To End `json:"to"`
	// Verdict on it.
	Verdict Verdict `json:"verdict"`
	// Partly: replicas or addresses differ: some are allowed, and some not.
	Partly bool `json:"partly,omitempty"`
	// Reason for the verdict.
	Reason Reason `json:"reason,omitempty"`
	// Detail is what the reason is about, as a Hop has it.
	Detail string `json:"detail,omitempty"`
	// DecidedBy are the rules that admit, or the policies that isolate.
	DecidedBy []RuleRef `json:"decidedBy,omitempty"`
	// Fix makes it as the intent says, where a change of policies does.
	Fix *Fix `json:"fix,omitempty"`
}
