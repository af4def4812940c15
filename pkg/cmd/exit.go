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

// exitHelp ends the long help of every command.
const exitHelp = `

Exit status:
  0  yes: reachable, or the report is complete
  1  no, with proof (can-reach only)
  2  error: usage, not found, API or file failure
  3  undecided: something needed could not be read or is not modelled`

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
