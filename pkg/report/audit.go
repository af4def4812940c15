package report

// Severity says how much a finding exposes, or breaks.
type Severity string

// Severities, from the most serious on.
const (
	// Critical: open to the internet what must never be, or nothing is enforced at all.
	Critical Severity = "Critical"
	// High: an outage today, or what holds secrets is open to everybody inside.
	High Severity = "High"
	// Medium: a policy does something else than it was written for.
	Medium Severity = "Medium"
	// Low: a protection is missing that nothing else depends on.
	Low Severity = "Low"
	// Info: true today, and worth knowing before it changes.
	Info Severity = "Info"
)

// Severities are all of them, from the most serious on.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low, Info} }

// AtLeast tells whether a severity is as serious as another; "" is more than all.
func (s Severity) AtLeast(o Severity) bool { return s.rank() <= o.rank() }

func (s Severity) rank() int {
	for i, x := range Severities() {
		if x == s {
			return i
		}
	}
	return -1
}

// Audit is what is wrong with the policies of a cluster, or of manifests.
type Audit struct {
	Header `json:",inline"`
	// Namespace that was audited; absent is all of them.
	Namespace string `json:"namespace,omitempty"`
	// Enforcement says whether anything enforces policies.
	Enforcement Enforcement `json:"enforcement"`
	// Findings, the most serious first.
	Findings []Finding `json:"findings"`
	// Known counts findings that the baseline has already.
	Known int `json:"known,omitempty"`
	// Suppressed are findings that somebody gave a reason to leave alone.
	Suppressed []Suppressed `json:"suppressed,omitempty"`
	// Rules are the codes that were looked for.
	Rules []FindingRule `json:"rules"`
	// Gaps are what could not be read: findings may be missing.
	Gaps []Gap `json:"gaps,omitempty"`
}

// FindingRule is what a code stands for.
type FindingRule struct {
	// Code is stable: NG001.
	Code string `json:"code"`
	// Name in words, with dashes.
	Name string `json:"name"`
	// Title is what is wrong, in a few words.
	Title string `json:"title"`
	// Severity where nothing says otherwise.
	Severity Severity `json:"severity"`
	// Help is what it is, why it hurts and how to mend it, in Markdown.
	Help string `json:"help"`
	// Sources are pages that say so.
	Sources []string `json:"sources,omitempty"`
	// Others are the ids that other tools and benchmarks have for it.
	Others []string `json:"others,omitempty"`
	// Security: it opens something, rather than breaks it.
	Security bool `json:"security,omitempty"`
}

// Finding is one thing that is wrong, proven by verdicts. Its message is the
// analyser's own prose; everything in it stands in the other fields, too.
type Finding struct {
	// Code of the rule: NG001.
	Code string `json:"code"`
	// Severity of this finding.
	Severity Severity `json:"severity"`
	// Object that has to be mended.
	Object Object `json:"object"`
	// Path of the field of the object that is wrong; absent for the object as a whole.
	Path string `json:"path,omitempty"`
	// Message says what is wrong with what.
	Message string `json:"message"`
	// Ends are the workloads, Services or addresses that it concerns.
	Ends []End `json:"ends,omitempty"`
	// By are the rules and policies that decide it.
	By []RuleRef `json:"by,omitempty"`
	// Fix mends it; it has been applied to the model and evaluated again.
	Fix *Fix `json:"fix,omitempty"`
	// Advice says what to do where no change of policies alone mends it.
	Advice string `json:"advice,omitempty"`
	// Fingerprint stays the same when lines move; baselines compare it.
	Fingerprint string `json:"fingerprint"`
	// File and Line where the field stands in the manifests.
	File string `json:"file,omitempty"`
	// Line in File.
	Line int `json:"line,omitempty"`
}

// Suppressed is a finding that is left alone, and why.
type Suppressed struct {
	// Finding that is left alone.
	Finding Finding `json:"finding"`
	// Reason that was given.
	Reason string `json:"reason"`
	// Where the reason stands: the annotation's object, or the configuration file.
	Where string `json:"where"`
}
