package cmd

import (
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Exit statuses, as every --help says.
const (
	// ExitYes: reachable, no differences, nothing to report; or a complete report.
	ExitYes = 0
	// ExitNo: no, with proof.
	ExitNo = 1
	// ExitError: usage, not found, API or file failure.
	ExitError = 2
	// ExitUndecided: something needed could not be read or is not modelled.
	ExitUndecided = 3
)

// The long help of every command ends with its exit statuses: of one that reports,
// of can-reach, which answers, and of all together; some have words of their own.
const (
	reportExit = `

Exit status:
  0  the report is complete, whatever the verdicts in it
  2  error: usage, not found, API or file failure
  3  undecided: something needed could not be read or is not modelled`

	auditExit = `

Exit status:
  0  nothing was found that --fail-on counts
  1  something was, with proof
  2  error: usage, not found, API or file failure
  3  undecided: nothing was found, and something needed could not be read`

	verifyExit = `

Exit status:
  0  every intent holds
  1  one is broken, with proof
  2  error: usage, a file that cannot be read, API failure
  3  undecided: none is broken, and of some it is not known whether they hold`

	answerExit = `

Exit status:
  0  yes: reachable
  1  no, with proof
  2  error: usage, not found, API or file failure
  3  undecided: something needed could not be read or is not modelled`

	anyExit = `

Exit status:
  0  yes: reachable, or the report is complete
  1  no, with proof (can-reach, diff, audit, verify, probe, scaffold only)
  2  error: usage, not found, API or file failure
  3  undecided: something needed could not be read or is not modelled`
)

// statusError carries an exit status that is an answer, not an error: nothing
// is printed for it.
type statusError int

func (statusError) Error() string { return "" }

// answered maps a verdict to the exit status of a yes-or-no question.
func answered(v report.Verdict) error {
	switch v {
	case report.Allowed:
		return nil
	case report.Denied:
		return statusError(ExitNo)
	default:
		return statusError(ExitUndecided)
	}
}

// complete maps whether a report is complete to its exit status.
func complete(ok bool) error {
	if ok {
		return nil
	}
	return statusError(ExitUndecided)
}
