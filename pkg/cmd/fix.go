package cmd

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// fixOutput is --fix: the proposed change as manifests, and nothing else, on standard
// output.
type fixOutput struct{ on bool }

func (f *fixOutput) addFlag(c *cobra.Command) {
	c.Flags().BoolVar(&f.on, "fix", false, "Print only the fix, as NetworkPolicies to apply or to keep in a repository; what is there already is not touched. Exit status 1 where there is none")
}

func (f *fixOutput) validate(o *output) error {
	if f.on && (o.template != nil || o.format != printer.Text && o.format != printer.YAML) {
		return errors.New("--fix prints manifests; leave out -o, or give -o yaml")
	}
	return nil
}

// proposed are the fixes that can be printed as manifests, and whether some connection
// that is denied has none.
func proposed(source, target report.End, f *report.Fix) ([]printer.ProposedFix, bool) {
	if f == nil || len(f.Manifests) == 0 {
		return nil, true
	}
	return []printer.ProposedFix{{Source: source, Target: target, Fix: f}}, false
}

// fixReply is the answer of --fix to a verdict; nothing is proposed where something
// else than a policy is in the way.
func fixReply(fixes []printer.ProposedFix, missing bool, v report.Verdict) *reply {
	note := func(text string, status error) *reply {
		return &reply{status: status, aside: func(w io.Writer, _ printer.Options) error {
			_, err := fmt.Fprintln(w, "note: "+text)
			return err
		}}
	}
	switch {
	case v == report.Unknown:
		return note("undecided, so that no fix is proposed; leave out --fix to see why", statusError(ExitUndecided))
	case v == report.Allowed:
		return note("it is allowed, and there is nothing to fix", nil)
	case missing:
		return note("no NetworkPolicy of its own would help; leave out --fix to see what is in the way", statusError(ExitNo))
	}
	return &reply{print: func(w io.Writer, options printer.Options) error { return printer.Manifests(w, fixes, options) }}
}
