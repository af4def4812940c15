package cmd

import (
	"errors"
	"fmt"

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

// printFixes prints the fixes of a verdict; none is proposed where something else than
// a policy is in the way.
func (g *globals) printFixes(fixes []printer.ProposedFix, missing bool, v report.Verdict, o printer.Options) error {
	switch {
	case v == report.Unknown:
		fmt.Fprintln(g.ErrOut, "note: undecided, so that no fix is proposed; leave out --fix to see why") //nolint:errcheck // a note that cannot be written is no failure
		return statusError(ExitUndecided)
	case v == report.Allowed:
		fmt.Fprintln(g.ErrOut, "note: it is allowed, and there is nothing to fix") //nolint:errcheck // as above
		return nil
	case missing:
		fmt.Fprintln(g.ErrOut, "note: no NetworkPolicy of its own would help; leave out --fix to see what is in the way") //nolint:errcheck // as above
		return statusError(ExitNo)
	}
	return printer.Manifests(g.Out, fixes, o)
}
