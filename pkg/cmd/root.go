package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"
)

// displayName is how the plugin is called.
const displayName = "kubectl netguard"

// Environment is what a run takes from the process besides its streams.
type Environment struct {
	// Getenv reads an environment variable.
	Getenv func(string) string
	// Width is the terminal's width in columns; 0 when standard output is none.
	Width int
	// ErrWidth is that of the terminal that standard error is; 0 when it is none.
	ErrWidth int
	// Now is the time of day, for what --watch notes; nil leaves it out.
	Now func() time.Time
	// Wait waits until the time is over, or ctx is and it returns false; nil is
	// the clock's.
	Wait func(ctx context.Context, d time.Duration) bool
}

// Main runs the command line given by args (without the program's name) and
// returns the exit status. Results go to streams.Out alone, everything else to
// streams.ErrOut.
func Main(ctx context.Context, args []string, streams genericiooptions.IOStreams, env Environment) int {
	root := NewRoot(streams, env)
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	err := root.ExecuteContext(ctx)
	var status statusError
	switch {
	case err == nil:
		return ExitYes
	case errors.As(err, &status):
		return int(status)
	default:
		fmt.Fprintf(streams.ErrOut, "error: %s\n", oneLine(err.Error())) //nolint:errcheck // nothing is left to report to
		return ExitError
	}
}

// NewRoot returns the root command.
func NewRoot(streams genericiooptions.IOStreams, env Environment) *cobra.Command {
	g := newGlobals(streams, env)
	root := &cobra.Command{
		Use:   "netguard",
		Short: "Explain why traffic can or cannot reach a workload",
		Long: templates.LongDesc(`
			Explain why traffic from a source can or cannot reach a backend: through Services and their
			endpoints to pods, as NetworkPolicies allow.

			Ends are written as [NAMESPACE/]TYPE/NAME[:PORT[/PROTOCOL]] with kubectl's names for TYPE; a bare
			NAME is a pod. A source may also be an IP or CIDR, "internet", or labels that no pod carries yet
			(app=frontend). With -f or -k, manifests are read instead of a cluster.`) + anyExit,
		Example: templates.Examples(`
			# Who can reach a Service, and why
			kubectl netguard who-can-reach svc/bankapp-service -n bank

			# Why one connection fails, and the smallest change that lets it through
			kubectl netguard explain deploy/frontend svc/bankapp-service -n bank

			# Ask the same of manifests, before they are applied
			kubectl netguard explain deploy/frontend svc/bankapp-service -n bank -f manifests/

			# A policy that lets in the Ingress's controller and the frontend, and nobody else
			kubectl netguard scaffold ingress/bankapp -n bank --allow-from deploy/frontend`),
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: displayName},
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			hint := ""
			if close := c.SuggestionsFor(args[0]); len(close) > 0 {
				hint = fmt.Sprintf("; did you mean %q?", close[0])
			}
			return usageError(c, fmt.Errorf("unknown command %q%s", args[0], hint))
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SuggestionsMinimumDistance = 3
	root.SetFlagErrorFunc(usageError)
	g.addFlags(root.PersistentFlags())
	root.AddCommand(
		newExplain(g), newCanReach(g), newWhoCanReach(g), newReachableFrom(g), newMap(g), newScaffold(g), newDiff(g), newAudit(g), newVerify(g), newProbe(g), newSnapshot(g), newVersion(g), newMCP(g),
	)
	g.registerCompletions(root)
	return root
}

// usageError says where to read on.
func usageError(c *cobra.Command, err error) error {
	return fmt.Errorf("%w; see '%s --help'", err, c.CommandPath())
}

// exactArgs is cobra's check with an error that names what is missing.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			missing := names[len(args):]
			verb := "is"
			if len(missing) > 1 {
				verb = "are"
			}
			return usageError(c, fmt.Errorf("%s %s missing", strings.Join(missing, " and "), verb))
		case len(names) == 0 && len(args) > 0:
			return usageError(c, fmt.Errorf("%q is one argument too many: %s takes none", args[0], c.Name()))
		case len(args) > len(names):
			return usageError(c, fmt.Errorf("%q is one argument too many: expected %s", args[len(names)], strings.Join(names, " ")))
		}
		return nil
	}
}

// oneLine keeps an error to one line without control characters: names in it
// may come from anywhere.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return -1
		default:
			return r
		}
	}, strings.TrimSpace(text))
}
